//! `image-scripts-ls`: hands over to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    image_scripts_ls::cli::main()
}
