//! Where ids come from, and what of it is taken.

use std::path::PathBuf;

use thiserror::Error;

use super::{AcceptPattern, IdSource, IdentifyError, RecordId};

/// Where ids come from.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentifySettings {
    /// The sources that are asked, the most trusted first; each at most once, at least one. Without the counter every specimen must be identified by another.
    pub sources: Vec<IdSource>,
    /// The forms that a catalogue number may have; none: whatever is a usable name. The counter's ids are not compared.
    pub accept: Vec<AcceptPattern>,
    /// What is taken off the beginning of a payload before that, for example the address in a QR code; the longest that fits.
    pub strip: Vec<String>,
    /// The list of specimens that are to be photographed; default none.
    pub pick_list: Option<PickListSettings>,
    /// The hand scanner that is a keyboard (evdev): its path, or a part of its name; default none.
    pub scanner: Option<String>,
    /// A scan takes the picture at once.
    pub scan_triggers: bool,
}

/// A pick list's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickListSettings {
    /// A CSV file.
    pub path: PathBuf,
    /// The column that holds the ids, by its name in the first line.
    pub column: String,
}

impl PickListSettings {
    /// The column of the ids where none is named: Darwin Core's term.
    pub const COLUMN: &str = "catalogNumber";
}

impl Default for IdentifySettings {
    fn default() -> Self {
        let all = IdSource::ALL.into_iter();
        Self {
            sources: all.filter(|source| source.is_built_in()).collect(),
            accept: Vec::new(),
            strip: Vec::new(),
            pick_list: None,
            scanner: None,
            scan_triggers: false,
        }
    }
}

/// Why a payload is no catalogue number; the words complete "it …".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Nothing but spaces, or nothing behind the prefix.
    #[error("is empty")]
    Empty,
    /// Characters that no one can read.
    #[error("holds control characters")]
    Control,
    /// Longer than any number.
    #[error("has {0} bytes, no catalogue number is that long")]
    TooLong(usize),
    /// Not of the form that the configuration wants.
    #[error("is not of the form {0}")]
    Form(String),
    /// No name for a record.
    #[error("can't name a record: it {0}")]
    Unusable(&'static str),
    /// Two codes, and both could be it.
    #[error("is one of two: the label also bears {0}")]
    Several(String),
}

/// Longer payloads are no ids whatever is taken off them.
const MAX_ID_PAYLOAD: usize = 500;

impl IdentifySettings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`IdentifyError::Setting`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), IdentifyError> {
        let wrong = |key, value: String, allowed| Err(IdentifyError::Setting { key, value, allowed });
        let names = || {
            let names: Vec<&str> = self.sources.iter().map(|s| s.name()).collect();
            format!("{names:?}")
        };
        let doubled = (1..self.sources.len()).any(|i| self.sources[..i].contains(&self.sources[i]));
        if self.sources.is_empty() || doubled {
            let allowed =
                "one or more of \"barcode\", \"scanner\", \"keyboard\", \"pick-list\" and \"counter\", each once";
            return wrong("sources", names(), allowed);
        }
        if self.sources.iter().any(|source| !source.is_built_in()) {
            let allowed = "sources without \"barcode\": this fishrig was built without the feature `barcodes`";
            return wrong("sources", names(), allowed);
        }
        if self.pick_list.is_none() && self.sources == [IdSource::PickList] {
            return wrong("sources", names(), "\"pick-list\" alone only with identify.pick_list");
        }
        if let Some(list) = &self.pick_list
            && list.column.trim().is_empty()
        {
            return wrong(
                "column",
                format!("{:?}", list.column),
                "the name of a column in the list's first line",
            );
        }
        if let Some(scanner) = &self.scanner
            && scanner.trim().is_empty()
        {
            let allowed = "a path such as \"/dev/input/by-id/…-event-kbd\", or a part of the device's name";
            return wrong("scanner", format!("{scanner:?}"), allowed);
        }
        if let Some(empty) = self.strip.iter().find(|prefix| prefix.is_empty()) {
            return wrong("strip", format!("{empty:?}"), "texts that are not empty");
        }
        Ok(())
    }

    /// Whether a source is asked.
    pub fn uses(&self, source: IdSource) -> bool {
        self.sources.contains(&source)
    }

    /// Whether a picture without an id from outside is refused.
    pub fn requires_id(&self) -> bool {
        !self.uses(IdSource::Counter)
    }

    /// The id that a payload stands for.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn id_of(&self, payload: &str) -> Result<RecordId, Unfit> {
        if payload.len() > MAX_ID_PAYLOAD {
            return Err(Unfit::TooLong(payload.len()));
        }
        let text = payload.trim();
        let prefixes = self
            .strip
            .iter()
            .filter_map(|prefix| text.strip_prefix(prefix.as_str()));
        let text = prefixes.min_by_key(|rest| rest.len()).unwrap_or(text).trim();
        if text.is_empty() {
            return Err(Unfit::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(Unfit::Control);
        }
        if !self.accept.is_empty() && !self.accept.iter().any(|pattern| pattern.accepts(text)) {
            let forms: Vec<String> = self.accept.iter().map(ToString::to_string).collect();
            return Err(Unfit::Form(forms.join(" or ")));
        }
        RecordId::new(text).map_err(|error| match error {
            IdentifyError::Unusable { problem, .. } => Unfit::Unusable(problem),
            _ => Unfit::Unusable("is no usable name"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> IdentifySettings {
        IdentifySettings {
            accept: vec!["INHS-FISH-{digits}".parse().unwrap(), "INHS {digits}".parse().unwrap()],
            strip: vec![
                "https://n2t.net/".to_owned(),
                "https://n2t.net/ark:/65665/m3".to_owned(),
            ],
            ..IdentifySettings::default()
        }
    }

    #[test]
    fn payloads_become_ids_or_are_named() {
        let id = |payload: &str| settings().id_of(payload).map(|id| id.to_string());
        assert_eq!(id(" INHS-FISH-0012345\r\n").unwrap(), "INHS-FISH-0012345");
        assert_eq!(id("INHS 54082").unwrap(), "INHS 54082");
        assert_eq!(
            id("https://n2t.net/ark:/65665/m3INHS-FISH-0067890").unwrap(),
            "INHS-FISH-0067890"
        );
        assert_eq!(id("  "), Err(Unfit::Empty));
        assert_eq!(id("https://n2t.net/"), Err(Unfit::Empty));
        assert_eq!(id("INHS\u{1d}1"), Err(Unfit::Control));
        assert_eq!(id(&"0001 ".repeat(840)), Err(Unfit::TooLong(4200)));
        let form = Unfit::Form("INHS-FISH-{digits} or INHS {digits}".into());
        assert_eq!(id("5901234123457"), Err(form));
        let free = IdentifySettings::default();
        assert_eq!(
            free.id_of("INHS:Fish:1"),
            Err(Unfit::Unusable("holds one of / \\ : * ? \" < > |"))
        );
    }

    #[test]
    fn settings_that_can_not_work_are_refused() {
        let with = |sources: &[IdSource]| IdentifySettings {
            sources: sources.to_vec(),
            ..IdentifySettings::default()
        };
        assert!(IdentifySettings::default().check().is_ok());
        for (settings, key) in [
            (with(&[]), "sources"),
            (
                with(&[IdSource::Counter, IdSource::Keyboard, IdSource::Counter]),
                "sources",
            ),
            (with(&[IdSource::PickList]), "identify.pick_list"),
            (
                IdentifySettings {
                    scanner: Some(" ".into()),
                    ..IdentifySettings::default()
                },
                "scanner",
            ),
            (
                IdentifySettings {
                    strip: vec![String::new()],
                    ..IdentifySettings::default()
                },
                "strip",
            ),
        ] {
            let message = settings.check().unwrap_err().to_string();
            assert!(message.contains(key), "{message}");
        }
    }
}
