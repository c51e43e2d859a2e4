//! Lines on standard error.

use std::fmt;
use std::io::{self, Write};

use syntax::escape::escape_control;

/// Writes a line for whoever looks for what went wrong. Never fails: stderr may be closed.
pub(super) fn log(line: fmt::Arguments<'_>) {
    let line = line.to_string();
    let line = escape_control(&line);
    let _ = writeln!(io::stderr(), "image-scripts-ls: {line}");
}
