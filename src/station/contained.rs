//! Panics kept where they happen.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic in it becomes an error with the panic's words.
///
/// The station's threads run code that meets pictures, networks, disks and displays from outside. A defect there costs one frame, not the station.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "without words".into());
        Err(format!("internal error, please report it: {words}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        assert_eq!(contained(|| Ok(1)), Ok(1));
        assert_eq!(contained::<()>(|| Err("no".into())), Err("no".into()));
        let number = 7;
        let error = contained::<()>(|| panic!("unexpected {number}")).unwrap_err();
        assert!(error.ends_with("unexpected 7"), "{error}");
    }
}
