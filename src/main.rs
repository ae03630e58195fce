//! The `fishrig` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fishrig::cli::main()
}
