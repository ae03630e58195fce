//! The `fishrig` program; everything is in the library.

use std::process::ExitCode;

/// A network allocates and frees megabytes with every operator. glibc keeps the holes, in an arena for each thread: 430 MB resident where 180 MB
/// are in use. This one gives them back, and is no slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fishrig::cli::main()
}
