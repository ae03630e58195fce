//! What several integration tests need.

use std::path::PathBuf;

/// A folder of the shared data beside the checkout, or `None`, said loudly, where it is absent.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no ../shared/{folder} beside the checkout; this test compares with real data there");
    None
}
