//! The three files, byte for byte as Python's `json.dump` writes them.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value, json};

use super::metadata_scale::MetadataScale;
use super::{KNOWN, Morphology, Values, python};

/// The content of the three files of one mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BgnnFiles {
    /// `<base_name>_presence.json`.
    pub presence: Vec<u8>,
    /// `<base_name>_landmark.json`.
    pub landmark: Vec<u8>,
    /// `<base_name>_morphology.json`.
    pub morphology: Vec<u8>,
}

/// The three files. `base_name` is what the mask's file has before its last underscore; `metadata` is what its metadata file says, if there is one.
pub fn files(morphology: &Morphology, base_name: &str, metadata: Option<&MetadataScale>) -> BgnnFiles {
    let none = MetadataScale::none();
    let scale = metadata.unwrap_or(&none);
    BgnnFiles {
        presence: written(&presence(morphology, base_name, metadata.is_some(), scale)),
        landmark: written(&morphology.landmarks),
        morphology: written(&values(&morphology.values, base_name, scale)),
    }
}

fn presence(morphology: &Morphology, base_name: &str, has_metadata: bool, scale: &MetadataScale) -> Value {
    let mut file = Map::new();
    file.insert("base_name".to_owned(), base_name.into());
    for (which, found) in KNOWN.iter().zip(morphology.presence) {
        // Of an absent trait the share is the whole number 0.
        let percentage = match found.number {
            0 => json!(0),
            _ => json!(found.percentage),
        };
        let found = json!({ "number": found.number, "percentage": percentage });
        file.insert(which.bgnn_name().to_owned(), found);
    }
    let ruler = json!({
        "presence": if has_metadata { "yes" } else { "no" },
        "scale": scale.written(),
        "unit": scale.unit,
    });
    file.insert("ruler".to_owned(), ruler);
    file.into()
}

fn values(values: &Values, base_name: &str, scale: &MetadataScale) -> Value {
    json!({
        "base_name": base_name,
        "SL_bbox": or_none(values.sl_bbox),
        "SL_lm": or_none(values.sl_lm),
        "HL_bbox": or_none(values.hl_bbox),
        "HL_lm": or_none(values.hl_lm),
        "pOD_bbox": or_none(values.pod_bbox),
        "pOD_lm": or_none(values.pod_lm),
        "ED_bbox": or_none(values.ed_bbox),
        "ED_lm": or_none(values.ed_lm),
        "HH_lm": or_none(values.hh_lm),
        // Floats, as scikit-image has given areas since 0.20.
        "EA_m": or_none(values.ea_m.map(|area| area as f64)),
        "HA_m": or_none(values.ha_m.map(|area| area as f64)),
        "FA_pca": values.fa_pca,
        "FA_lm": or_none(values.fa_lm),
        "scale": scale.written(),
        "unit": scale.unit,
    })
}

/// What is not known is a word, not null.
fn or_none(value: Option<impl Into<Value>>) -> Value {
    value.map_or_else(|| "None".into(), Into::into)
}

fn written(content: &impl Serialize) -> Vec<u8> {
    let mut file = Vec::new();
    content
        .serialize(&mut Serializer::with_formatter(&mut file, PythonFormatter))
        .expect("numbers and words, written to memory");
    file
}

/// Spaces, floats and escapes as `json.dump` has them by default.
struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(python::repr(value).as_bytes())
    }

    /// Everything beyond printable ASCII is escaped, in UTF-16 units.
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut units = [0; 2];
        for character in fragment.chars() {
            if (' '..='~').contains(&character) {
                write!(writer, "{character}")?;
            } else {
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by `json.dumps` of CPython 3.11.
    #[test]
    fn text_is_escaped_as_python_does() {
        let value = json!({ "é\u{7f}𝄞\"\\\n\u{1}/": [1, 2.0, "None", 1e-5] });
        let text = String::from_utf8(written(&value)).unwrap();
        assert_eq!(
            text,
            r#"{"\u00e9\u007f\ud834\udd1e\"\\\n\u0001/": [1, 2.0, "None", 1e-05]}"#
        );
    }
}
