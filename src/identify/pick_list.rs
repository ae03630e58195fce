//! The list of specimens that are to be photographed, from a CSV file.
//!
//! The first line names the columns; one of them holds the ids, the others are kept for the record. Commas, semicolons and tabs between values are told apart by that
//! line. What can't be used of a list is named, and the rest goes on; what is too large for any list is refused.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use super::{IdentifyError, IdentifySettings, PickListSettings, RecordId};

/// Largest file that is read.
const MAX_BYTES: u64 = 16 << 20;
/// Most entries.
const MAX_ENTRIES: usize = 200_000;
/// Most columns.
const MAX_COLUMNS: usize = 100;
/// Longest value of another column that is kept for the record, in bytes; what is beyond it is cut off.
const MAX_VALUE: usize = 1000;
/// So many lines that can't be used are named.
const MAX_NAMED: usize = 20;

/// A pick list that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PickList {
    /// Names of the columns.
    header: Vec<String>,
    entries: Vec<Entry>,
    /// Places in `entries` by ids as file systems without case see them.
    by_id: HashMap<String, usize>,
    unusable: Vec<String>,
    unusable_count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    id: RecordId,
    /// The id as it stands in the list.
    payload: String,
    /// One a column, as far as the line has them.
    values: Vec<String>,
}

/// When and how large a file was when it was read; another stamp is another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    /// The file's stamp; `None` where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            changed: metadata.modified().ok(),
            bytes: metadata.len(),
        })
    }
}

impl PickList {
    /// Reads a list's file; ids are made of its payloads as `settings` say.
    ///
    /// # Errors
    /// [`IdentifyError::PickList`].
    pub fn read(list: &PickListSettings, settings: &IdentifySettings) -> Result<Self, IdentifyError> {
        let fail = |problem: String| IdentifyError::PickList {
            path: list.path.clone(),
            problem,
        };
        let mut content = Vec::new();
        File::open(&list.path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut content))
            .map_err(|error| fail(format!("can't be read: {error}")))?;
        Self::from_bytes(&content, &list.column, settings).map_err(fail)
    }

    /// A list from the content of its file.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence about the file.
    pub fn from_bytes(content: &[u8], column: &str, settings: &IdentifySettings) -> Result<Self, String> {
        if content.len() as u64 > MAX_BYTES {
            return Err(format!("is larger than {} MB, no pick list is", MAX_BYTES >> 20));
        }
        let text =
            std::str::from_utf8(content).map_err(|_| "is no text in UTF-8; save it as \"CSV UTF-8\"".to_owned())?;
        let (delimiter, header, at) = header(text, column)?;
        let mut list = Self {
            header,
            ..Self::default()
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for line in reader.records() {
            let line = line.map_err(|error| format!("can't be read as CSV: {error}"))?;
            let number = line.position().map_or(0, csv::Position::line);
            let payload = line.get(at).unwrap_or_default();
            if payload.is_empty() {
                // Spreadsheets write lines of nothing but delimiters.
                if line.iter().any(|value| !value.is_empty()) {
                    list.pass_over(format!("line {number} has no {column}"));
                }
                continue;
            }
            match settings.id_of(payload) {
                Ok(id) => {
                    if list.by_id.contains_key(&id.folded()) {
                        list.pass_over(format!("line {number}: {id} is there already"));
                        continue;
                    }
                    if list.entries.len() == MAX_ENTRIES {
                        return Err(format!("has more than {MAX_ENTRIES} entries; divide it"));
                    }
                    list.by_id.insert(id.folded(), list.entries.len());
                    list.entries.push(Entry {
                        id,
                        payload: payload.to_owned(),
                        values: line
                            .iter()
                            .take(MAX_COLUMNS)
                            .map(|v| v[..v.floor_char_boundary(MAX_VALUE)].to_owned())
                            .collect(),
                    });
                }
                Err(unfit) => {
                    let shown = &payload[..payload.floor_char_boundary(60)];
                    list.pass_over(format!("line {number}: {shown:?} {unfit}"));
                }
            }
        }
        if list.entries.is_empty() && list.unusable_count > 0 {
            return Err(format!("has no usable entry: {}", list.unusable.join("; ")));
        }
        Ok(list)
    }

    fn pass_over(&mut self, words: String) {
        self.unusable_count += 1;
        if self.unusable.len() < MAX_NAMED {
            self.unusable.push(words);
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The lines that can't be used, the first twenty in words.
    pub fn unusable(&self) -> &[String] {
        &self.unusable
    }

    /// How many lines can't be used.
    pub fn unusable_count(&self) -> usize {
        self.unusable_count
    }

    /// The id of an entry, counted from 0.
    pub fn id(&self, at: usize) -> Option<&RecordId> {
        self.entries.get(at).map(|entry| &entry.id)
    }

    /// What stands in the id's column of an entry.
    pub fn payload(&self, at: usize) -> Option<&str> {
        self.entries.get(at).map(|entry| entry.payload.as_str())
    }

    /// Which entry has an id; case does not matter.
    pub fn position(&self, id: &RecordId) -> Option<usize> {
        self.by_id.get(&id.folded()).copied()
    }

    /// The columns of an entry that hold something, by name.
    pub fn columns(&self, at: usize) -> BTreeMap<String, String> {
        let values = self
            .entries
            .get(at)
            .map(|entry| entry.values.as_slice())
            .unwrap_or_default();
        let named = self
            .header
            .iter()
            .zip(values)
            .filter(|(name, value)| !name.is_empty() && !value.is_empty());
        named.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The entry that somebody looks for: whose id is `text`, else the first behind `after` (and then from the beginning) that has it anywhere, whatever the case.
    pub fn find(&self, text: &str, after: Option<usize>) -> Option<usize> {
        let wanted = text.trim().to_lowercase();
        if wanted.is_empty() || self.is_empty() {
            return None;
        }
        if let Some(at) = self.by_id.get(&wanted) {
            return Some(*at);
        }
        let start = after.map_or(0, |at| at + 1);
        let has_it = |at: &usize| {
            self.entries[*at]
                .values
                .iter()
                .any(|value| value.to_lowercase().contains(&wanted))
        };
        (0..self.len()).map(|step| (start + step) % self.len()).find(has_it)
    }
}

/// The delimiter of a list, the names of its columns, and which of them holds the ids.
fn header(text: &str, column: &str) -> Result<(u8, Vec<String>, usize), String> {
    let mut seen = Vec::new();
    for delimiter in [b',', b';', b'\t'] {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| format!("can't be read as CSV: {error}"))?;
        if header.len() > MAX_COLUMNS {
            return Err(format!("has more than {MAX_COLUMNS} columns, no pick list has"));
        }
        let names: Vec<String> = header
            .iter()
            .map(|name| name[..name.floor_char_boundary(MAX_VALUE)].to_owned())
            .collect();
        if let Some(at) = names.iter().position(|name| name.eq_ignore_ascii_case(column.trim())) {
            return Ok((delimiter, names, at));
        }
        if names.len() > seen.len() {
            seen = names;
        }
    }
    let seen = seen.join(", ");
    let seen = &seen[..seen.floor_char_boundary(200)];
    Err(format!(
        "has no column {column:?} in its first line, but {seen:?}; correct that line or identify.column"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> Result<PickList, String> {
        PickList::from_bytes(text.as_bytes(), "catalogNumber", &IdentifySettings::default())
    }

    const FISHES: &str = "\u{feff}catalogNumber,scientificName,tank\n\
        INHS 1,Notropis atherinoides,\"a, b\"\n\
        INHS 2,Lepomis cyanellus,\n\
        \n\
        ,,\n\
        INHS 3,\"Esox \"\"americanus\"\"\",c\n";

    #[test]
    fn a_list_of_a_spreadsheet() {
        let comma = list(FISHES).unwrap();
        assert_eq!(comma.len(), 3);
        assert_eq!(comma.id(2).unwrap().as_str(), "INHS 3");
        let columns = comma.columns(0);
        assert_eq!(columns["scientificName"], "Notropis atherinoides");
        assert_eq!(columns["tank"], "a, b");
        assert_eq!(comma.columns(1).len(), 2, "an empty value is no value");
        assert_eq!(comma.columns(2)["scientificName"], "Esox \"americanus\"");
        assert_eq!(comma.unusable_count(), 0);
        for delimiter in [";", "\t"] {
            let text = FISHES.replace("a, b", "a/b").replace(',', delimiter);
            assert_eq!(list(&text).unwrap().len(), 3, "{delimiter:?}");
        }
    }

    #[test]
    fn entries_are_found() {
        let fishes = list(FISHES).unwrap();
        assert_eq!(fishes.find("inhs 2", None), Some(1));
        assert_eq!(fishes.find("esox", None), Some(2));
        assert_eq!(fishes.find("inhs", Some(0)), Some(1));
        assert_eq!(fishes.find("inhs", Some(2)), Some(0), "from the beginning again");
        assert_eq!(fishes.find("salmo", None), None);
        assert_eq!(fishes.find(" ", None), None);
        assert_eq!(fishes.position(&"inhs 3".parse().unwrap()), Some(2));
    }

    #[test]
    fn what_can_not_be_used_is_named_and_the_rest_goes_on() {
        let odd = list("CatalogNumber,n\nA/1,x\nB,y\nb,z\n,w\n").unwrap();
        assert_eq!(odd.len(), 1);
        insta::assert_snapshot!(odd.unusable().join("\n"), @r#"
        line 2: "A/1" can't name a record: it holds one of / \ : * ? " < > |
        line 4: b is there already
        line 5 has no catalogNumber
        "#);
        insta::assert_snapshot!(list("id,name\n1,x\n").unwrap_err(), @r#"has no column "catalogNumber" in its first line, but "id, name"; correct that line or identify.column"#);
        insta::assert_snapshot!(list("catalogNumber\na:b\n").unwrap_err(), @r#"has no usable entry: line 2: "a:b" can't name a record: it holds one of / \ : * ? " < > |"#);
        assert!(PickList::from_bytes(b"catalogNumber\n\xff\n", "catalogNumber", &IdentifySettings::default()).is_err());
        assert!(list(&format!("{}catalogNumber\n", "a,".repeat(200))).is_err());
        assert_eq!(list("catalogNumber\n").unwrap().len(), 0, "a list may be empty yet");
    }

    #[test]
    fn long_values_are_cut_and_a_file_that_is_no_list_is_refused() {
        let long = list(&format!("catalogNumber,n\nA,{}\n", "ü".repeat(900))).unwrap();
        assert_eq!(long.columns(0)["n"].len(), 1000);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, vec![b'a'; 17 << 20]).unwrap();
        let settings = PickListSettings {
            path,
            column: "id".into(),
        };
        let error = PickList::read(&settings, &IdentifySettings::default()).unwrap_err();
        assert!(error.to_string().contains("larger than 16 MB"), "{error}");
    }

    proptest! {
        #[test]
        fn every_entry_is_found_by_its_id(rows in proptest::collection::vec(("F[A-Za-z]{1,3}[0-9]{1,3}", "[ -~]{0,12}"), 0..30)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["catalogNumber", "note"]).unwrap();
            for (id, note) in &rows {
                writer.write_record([id, note]).unwrap();
            }
            let read = PickList::from_bytes(&writer.into_inner().unwrap(), "catalognumber", &IdentifySettings::default()).unwrap();
            let mut known: Vec<String> = Vec::new();
            for (id, note) in &rows {
                if known.contains(&id.to_lowercase()) {
                    continue;
                }
                known.push(id.to_lowercase());
                let at = read.find(id, None).unwrap();
                prop_assert_eq!(at, known.len() - 1);
                prop_assert_eq!(read.id(at).unwrap().as_str(), id);
                let columns = read.columns(at);
                prop_assert_eq!(columns.get("note").map_or("", |n| n), note.trim());
            }
            prop_assert_eq!(read.len() + read.unusable_count(), rows.len());
        }

        #[test]
        fn no_bytes_panic(content in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut with_header = b"catalogNumber,b\n".to_vec();
            with_header.extend(&content);
            let _ = PickList::from_bytes(&content, "catalogNumber", &IdentifySettings::default());
            let _ = PickList::from_bytes(&with_header, "catalogNumber", &IdentifySettings::default());
        }
    }
}
