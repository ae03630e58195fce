//! Names of records.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::IdentifyError;

/// The name of a record: its directory, and the first part of its files' names.
///
/// Any letters (of any script), digits and signs except those that a file system or shell somewhere on the record's way trips over:
/// no control characters, none of `/ \ : * ? " < > |`, no dot, hyphen or space first, no dot or space last, none of the device names of
/// Windows, 1 to 100 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

/// Leaves room for a repeat's suffix and for `_segmented.png` within the 255 bytes of a file name.
const MAX_BYTES: usize = 100;

const HOSTILE: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

impl RecordId {
    /// Checks a name from outside.
    ///
    /// # Errors
    /// [`IdentifyError::Unusable`] says which rule is broken.
    pub fn new(id: impl Into<String>) -> Result<Self, IdentifyError> {
        let id = id.into();
        match problem(&id) {
            None => Ok(Self(id)),
            Some(problem) => Err(IdentifyError::Unusable { id, problem }),
        }
    }

    /// The closest usable name to the name of a file: hostile signs become `_`, the rest is kept.
    ///
    /// # Errors
    /// [`IdentifyError::Unusable`] where nothing usable is left, or too much.
    pub fn from_file_name(name: &str) -> Result<Self, IdentifyError> {
        let replaced = name.replace(|c: char| HOSTILE.contains(&c) || c.is_control(), "_");
        let kept = replaced
            .trim_start_matches(['.', '-', ' '])
            .trim_end_matches(['.', ' ']);
        Self::new(kept)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the n-th record of the same specimen: `INHS_FISH_000742-2`; the first has no suffix.
    ///
    /// # Errors
    /// [`IdentifyError::Unusable`] if the suffix makes it too long.
    pub fn repeat(&self, n: u64) -> Result<Self, IdentifyError> {
        if n < 2 {
            return Ok(self.clone());
        }
        Self::new(format!("{}-{n}", self.0))
    }

    /// The name as file systems that ignore case see it; two records never share it.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// A key that sorts numbers in names by value: `fish-9` before `fish-10`.
    pub fn natural_key(&self) -> Vec<NamePart> {
        let mut parts = Vec::new();
        for c in self.0.chars() {
            match (c.to_digit(10), parts.last_mut()) {
                (Some(_), Some(NamePart::Number { digits, .. })) => digits.push(c),
                (Some(_), _) => parts.push(NamePart::Number {
                    length: 0,
                    digits: c.to_string(),
                }),
                (None, Some(NamePart::Text(text))) => text.push(c),
                (None, _) => parts.push(NamePart::Text(c.to_string())),
            }
        }
        for part in &mut parts {
            if let NamePart::Number { length, digits } = part {
                *length = digits.trim_start_matches('0').len();
            }
        }
        parts
    }
}

/// A stretch of digits or of other signs, see [`RecordId::natural_key`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamePart {
    /// Digits.
    Number {
        /// How many there are without leading zeros; compared first, so that no number is too long.
        length: usize,
        /// The digits as written.
        digits: String,
    },
    /// Anything else.
    Text(String),
}

fn problem(id: &str) -> Option<&'static str> {
    if id.is_empty() {
        return Some("is empty");
    }
    if id.len() > MAX_BYTES {
        return Some("is longer than 100 bytes");
    }
    if id.chars().any(char::is_control) {
        return Some("holds a control character");
    }
    if id.contains(HOSTILE) {
        return Some("holds one of / \\ : * ? \" < > |");
    }
    if id.starts_with(['.', '-', ' ']) {
        return Some("begins with a dot, a hyphen or a space");
    }
    if id.ends_with(['.', ' ']) {
        return Some("ends with a dot or a space");
    }
    is_windows_device(id).then_some("is the name of a device under Windows")
}

/// `CON`, `nul.txt` and their like can't be files under Windows, whatever their extension.
fn is_windows_device(id: &str) -> bool {
    let stem = id.split('.').next().unwrap_or(id).trim_end().to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        _ => {
            let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
            numbered.is_some_and(|n| n.chars().count() == 1 && n.chars().all(|c| "0123456789¹²³".contains(c)))
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RecordId {
    type Err = IdentifyError;

    fn from_str(id: &str) -> Result<Self, IdentifyError> {
        Self::new(id)
    }
}

impl TryFrom<String> for RecordId {
    type Error = IdentifyError;

    fn try_from(id: String) -> Result<Self, IdentifyError> {
        Self::new(id)
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_collections_are_taken() {
        for id in [
            "INHS_FISH_000742",
            "JFBM-FISH-0048705",
            "UF 12345 (2)",
            "Zürich.14",
            "鯉-3",
            "COM10",
            "console",
        ] {
            assert!(RecordId::new(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn names_that_would_break_a_path_are_refused() {
        let long = "x".repeat(101);
        let refused = [
            "", ".", "..", ".hidden", "-rf", " a", "a ", "a.", "a/b", "a\\b", "C:", "a\nb", "a\0b", "nul", "Con.jpg",
            "lpt1", "COM¹", "what?", &long,
        ];
        for id in refused {
            assert!(RecordId::new(id).is_err(), "{id:?}");
        }
    }

    #[test]
    fn repeats_keep_the_specimen_in_front() {
        let id = RecordId::new("a").unwrap();
        assert_eq!(id.repeat(1).unwrap().as_str(), "a");
        assert_eq!(id.repeat(2).unwrap().as_str(), "a-2");
    }

    #[test]
    fn numbers_sort_by_value() {
        let key = |id: &str| RecordId::new(id).unwrap().natural_key();
        assert!(key("fish-9") < key("fish-10"));
        assert!(key("fish-009") < key("fish-10"));
        assert!(key("fish-2") < key("fish-2-2"));
        assert!(key("a99999999999999999999999") < key("a100000000000000000000000"));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_one_safe_path_component(id in any::<String>()) {
            if let Ok(id) = RecordId::new(id) {
                let path = std::path::Path::new("/root").join(id.as_str());
                prop_assert_eq!(path.parent(), Some(std::path::Path::new("/root")));
                prop_assert_eq!(path.file_name().and_then(|n| n.to_str()), Some(id.as_str()));
                prop_assert!(id.as_str().len() + "-99999999_segmented.png".len() <= 255);
            }
        }

        #[test]
        fn a_file_name_gives_a_usable_name_or_an_error(name in "\\PC{0,40}") {
            if let Ok(id) = RecordId::from_file_name(&name) {
                prop_assert_eq!(RecordId::new(id.as_str()), Ok(id.clone()));
                prop_assert_eq!(RecordId::from_file_name(id.as_str()), Ok(id));
            }
        }

        #[test]
        fn a_usable_file_name_is_kept(name in "[A-Za-z0-9_]{1,60}") {
            if let Ok(id) = RecordId::new(name.clone()) {
                prop_assert_eq!(RecordId::from_file_name(&name), Ok(id));
            }
        }

        #[test]
        fn different_repeats_have_different_names(base in "[a-z]{1,8}(-[0-9]{1,2})?", a in 1u64..50, b in 1u64..50) {
            let base = RecordId::new(base).unwrap();
            prop_assert_eq!(base.repeat(a).unwrap() == base.repeat(b).unwrap(), a == b);
        }
    }
}
