//! The program as users have it, with the requests that only tests make.

use std::process::ExitCode;

fn main() -> ExitCode {
    image_scripts_ls::cli::main()
}
