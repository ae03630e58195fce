//! `NAME.json` beside a label `NAME_labels.png`: what the labeller says about it.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::PairError;
use crate::frame::PixelBox;
use crate::traits::{Trait, TraitSet};

/// The most that such a file may weigh, in bytes; those with all polygons have some hundred thousand.
const BYTES_MAX: u64 = 64 << 20;

/// What a label's JSON file says; other keys are passed over, and so is a file with none of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Sidecar {
    /// The picture, relative to the folder that holds the labels' folder, or to the labels' folder.
    pub picture: Option<PathBuf>,
    /// Left, top, width and height of the labelled part in that picture.
    crop_box_xywh: Option<[u32; 4]>,
    /// BGNN names of traits that were not drawn.
    #[serde(default)]
    not_labelled: Vec<String>,
    /// What kind of picture it is; a photograph where nothing is said.
    medium: Option<String>,
}

impl Sidecar {
    /// The JSON file beside a label whose stem is `stem`; a default one where there is none.
    ///
    /// # Errors
    /// [`PairError::Sidecar`] if it is there and no such JSON, or names a trait that does not exist; [`PairError::Read`].
    pub fn beside(label: &Path, stem: &str) -> Result<Self, PairError> {
        let path = label.with_file_name(format!("{stem}.json"));
        // LabelMe's labels are called so themselves.
        if path == label || !path.is_file() {
            return Ok(Self::default());
        }
        let read = || {
            let mut bytes = Vec::new();
            std::fs::File::open(&path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|source| PairError::Read {
            path: path.clone(),
            source,
        })?;
        let wrong = |reason| PairError::Sidecar {
            path: path.clone(),
            reason,
        };
        let sidecar: Self = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        sidecar.checked_traits().map_err(wrong)?;
        Ok(sidecar)
    }

    fn checked_traits(&self) -> Result<TraitSet, String> {
        let known = |name: &String| {
            Trait::from_bgnn_name(name).ok_or_else(|| {
                format!(
                    "not_labelled: {name:?} is no trait; they are {}",
                    Trait::ALL.map(Trait::bgnn_name).join(", ")
                )
            })
        };
        self.not_labelled.iter().map(known).collect()
    }

    /// Traits that were not drawn.
    pub fn not_labelled(&self) -> TraitSet {
        let known = self.not_labelled.iter().filter_map(|name| Trait::from_bgnn_name(name));
        known.collect()
    }

    /// The labelled part of the picture; `None` for all of it.
    pub fn area(&self) -> Option<PixelBox> {
        let [left, top, width, height] = self.crop_box_xywh?;
        Some(PixelBox::new(
            left,
            top,
            left.saturating_add(width),
            top.saturating_add(height),
        ))
    }

    /// What the picture is, where that is no photograph.
    pub fn no_photograph(&self) -> Option<&str> {
        self.medium
            .as_deref()
            .filter(|medium| !medium.trim().eq_ignore_ascii_case("photograph"))
    }

    /// Whether `file` is the picture that is meant, by its name.
    pub fn is_of(&self, file: &Path) -> bool {
        let meant = self.picture.as_deref().and_then(Path::file_stem);
        meant.is_some() && meant == file.file_stem()
    }
}
