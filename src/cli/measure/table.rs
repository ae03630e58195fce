//! The table of a run: one row a mask.
//!
//! First what Morphology-analysis writes, under its own names and with its own word `None`; then this program's own measurements, whose columns end
//! with their units.

use serde_json::Value;

use super::result::MaskResult;
use crate::measure::bgnn::KNOWN;
use crate::measure::{Dimension, Measured, Quantity};

/// The table as far as it is written.
pub(super) struct Table {
    writer: csv::Writer<Vec<u8>>,
    has_header: bool,
}

/// The keys of `_morphology.json` but for the base name.
const MORPHOLOGY: [&str; 15] = [
    "SL_bbox", "SL_lm", "HL_bbox", "HL_lm", "pOD_bbox", "pOD_lm", "ED_bbox", "ED_lm", "HH_lm", "EA_m", "HA_m",
    "FA_pca", "FA_lm", "scale", "unit",
];

impl Default for Table {
    fn default() -> Self {
        Self {
            writer: csv::Writer::from_writer(Vec::new()),
            has_header: false,
        }
    }
}

impl Table {
    /// Adds a mask's row.
    pub(super) fn add(&mut self, result: &MaskResult) -> csv::Result<()> {
        self.begin()?;
        self.writer.write_record(row(result))
    }

    /// The file; a header alone where no mask was measured.
    pub(super) fn into_file(mut self) -> anyhow::Result<Vec<u8>> {
        self.begin()?;
        Ok(self.writer.into_inner()?)
    }

    fn begin(&mut self) -> csv::Result<()> {
        if !self.has_header {
            self.writer.write_record(header())?;
            self.has_header = true;
        }
        Ok(())
    }
}

fn header() -> Vec<String> {
    let mut names: Vec<String> = ["base_name", "picture", "width_px", "height_px"]
        .map(str::to_owned)
        .into();
    for which in KNOWN {
        names.push(format!("{}_number", which.bgnn_name()));
        names.push(format!("{}_percentage", which.bgnn_name()));
    }
    names.extend(MORPHOLOGY.map(str::to_owned));
    for quantity in Quantity::ALL {
        let mut both = |unit: &str| {
            names.push(format!("{}_{unit}", quantity.key()));
            names.push(format!("{}_{unit}_uncertainty", quantity.key()));
        };
        both(quantity.picture_unit());
        if quantity.dimension() != Dimension::Angle {
            both(quantity.unit());
        }
    }
    names.extend(["notes", "morphology_analysis_crash"].map(str::to_owned));
    names
}

fn row(result: &MaskResult) -> Vec<String> {
    let mut row = vec![
        result.base_name.clone(),
        result.picture.display().to_string(),
        result.size.width.to_string(),
        result.size.height.to_string(),
    ];
    for which in KNOWN {
        let found = result.presence.as_ref().map(|file| &file[which.bgnn_name()]);
        row.extend(["number", "percentage"].map(|key| cell(found.map(|f| &f[key]))));
    }
    row.extend(MORPHOLOGY.map(|key| cell(result.morphology.as_ref().map(|file| &file[key]))));
    for quantity in Quantity::ALL {
        let reading = result.measurements.values.get(&quantity);
        row.extend(numbers(reading.map(|r| r.picture)));
        if quantity.dimension() != Dimension::Angle {
            row.extend(numbers(reading.and_then(|r| r.specimen)));
        }
    }
    row.push(result.notes.join("; "));
    row.push(result.crash.clone().unwrap_or_default());
    row
}

/// A value of a BGNN file as it stands there; empty where there is no file.
fn cell(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(word)) => word.clone(),
        Some(other) => other.to_string(),
    }
}

fn numbers(measured: Option<Measured>) -> [String; 2] {
    match measured {
        Some(m) => [m.value.to_string(), m.uncertainty.to_string()],
        None => Default::default(),
    }
}
