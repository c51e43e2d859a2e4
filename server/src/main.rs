//! `image-scripts-ls`: hands over to the command line.

use std::process::ExitCode;

/// Reading a checkout makes millions of small values on all threads at once, and a statically linked
/// program has an allocator that is not made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    image_scripts_ls::cli::main()
}
