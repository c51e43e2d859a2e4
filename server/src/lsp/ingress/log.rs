//! Lines on standard error.

use std::fmt;
use std::io::{self, Write};

/// Writes a line for whoever looks for what went wrong. Never fails: stderr may be closed.
pub(super) fn log(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "image-scripts-ls: {line}");
}
