//! The scale in a metadata file: what Morphology-analysis reads of it.

use serde_json::{Number, Value};
use thiserror::Error;

use super::python;

/// The scale that the metadata of a picture gives (hdr-bgnn/drexel_metadata_formatter, `dm_formatter.py`: `ruler.scale`, `ruler.unit`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataScale {
    /// Pixels of the photograph in one `unit`; `None` where the file says `"None"`.
    pub scale: Option<Number>,
    /// As a rule `cm`, or `None` as a word.
    pub unit: String,
}

/// Why a metadata file gives nothing, not even that there is no scale.
#[derive(Debug, Error)]
pub enum MetadataError {
    /// Not JSON.
    #[error("the metadata is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A key that must be there.
    #[error("the metadata has no {0}; Morphology-analysis needs it, with the word \"None\" where nothing is known")]
    Missing(&'static str),
    /// A value of the wrong kind.
    #[error("{0} of the metadata is {1}; a number or the word \"None\" is wanted for the scale, a word for the unit")]
    Kind(&'static str, String),
}

impl MetadataScale {
    /// What the metadata of a picture without a scale says.
    pub fn none() -> Self {
        Self {
            scale: None,
            unit: "None".to_owned(),
        }
    }

    /// Pixels per centimetre.
    pub fn per_cm(pixels: f64) -> Self {
        Self {
            scale: Number::from_f64(pixels),
            unit: "cm".to_owned(),
        }
    }

    /// Reads a metadata file.
    ///
    /// # Errors
    /// [`MetadataError`], where Morphology-analysis would crash on it too.
    pub fn from_file(content: &[u8]) -> Result<Self, MetadataError> {
        let metadata: Value = serde_json::from_slice(content)?;
        let ruler = metadata.get("ruler").ok_or(MetadataError::Missing("ruler"))?;
        let scale = ruler.get("scale").ok_or(MetadataError::Missing("ruler.scale"))?;
        let unit = ruler.get("unit").ok_or(MetadataError::Missing("ruler.unit"))?;
        let scale = match scale {
            Value::Number(number) => Some(number.clone()),
            Value::String(word) if word == "None" => None,
            other => return Err(MetadataError::Kind("ruler.scale", shortened(other))),
        };
        match unit {
            Value::String(unit) => Ok(Self {
                scale,
                unit: unit.clone(),
            }),
            other => Err(MetadataError::Kind("ruler.unit", shortened(other))),
        }
    }

    /// The scale as it is written: three decimals, a whole number as it is.
    pub(super) fn written(&self) -> Value {
        match &self.scale {
            None => "None".into(),
            Some(number) if number.is_f64() => python::round(number.as_f64().unwrap_or_default(), 3).into(),
            Some(whole) => whole.clone().into(),
        }
    }

    /// Pixels of the photograph in a centimetre, where that is what the file gives.
    pub fn pixels_per_cm(&self) -> Option<f64> {
        let pixels = self.scale.as_ref()?.as_f64()?;
        (self.unit == "cm" && pixels > 0.0).then_some(pixels)
    }
}

/// A value in few words: it is quoted in a message.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
