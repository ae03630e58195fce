//! The `fishrig` program; everything is in the library.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: fishrig::allocator::Allocator = fishrig::allocator::Allocator;

fn main() -> ExitCode {
    fishrig::cli::main()
}
