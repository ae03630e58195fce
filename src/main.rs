//! The `fishrig` program; everything is in the library.

fn main() {}
