//! `manifest.toml` of a bundle.

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::traits::{Trait, TraitSet};

/// What a bundle says about its network. Size and normalization come from here alone, never from the code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file's format; 1.
    pub format: u32,
    /// The bundle's name, for records and people.
    pub name: String,
    /// The network's version, a date or number that its maker chose.
    pub version: String,
    /// One sentence on what it is.
    pub description: String,
    /// SHA-256 of `network.onnx`, 64 hexadecimal digits.
    pub sha256: String,
    /// How the weights are stored.
    pub quantization: Quantization,
    /// What the network expects.
    pub input: InputSpec,
    /// What it gives.
    pub output: OutputSpec,
    /// Where the weights come from.
    pub origin: String,
    /// What it was trained on, and how well it does; free words.
    pub training: String,
    /// Terms of the weights.
    pub licence: String,
}

/// How weights and activations are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantization {
    /// 32-bit floating point.
    None,
    /// 8-bit integers with QuantizeLinear and DequantizeLinear around each operator.
    Int8Qdq,
}

/// The network's input: 1×3×height×width, RGB, float32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Columns; the crop is stretched to them.
    pub width: u32,
    /// Rows; the crop is stretched to them.
    pub height: u32,
    /// How the crop is brought to that size.
    pub resize: ResizeFilter,
    /// How a byte becomes a number.
    pub range: ValueRange,
    /// Subtracted from each of red, green, blue.
    pub mean: [f64; 3],
    /// Then divided by.
    pub std: [f64; 3],
}

impl InputSpec {
    /// Columns and rows.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

/// How the crop is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResizeFilter {
    /// Pillow's antialiased bilinear filter in 8 bits.
    PillowBilinear,
}

/// How a byte becomes a number before mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueRange {
    /// Byte / 255.
    Unit,
    /// Byte / 255 only if some byte of the picture is above 1, as `preprocess_input` of segmentation_models_pytorch 0.2.1 does.
    UnitIfAboveOne,
}

/// The network's output: 1×classes×height×width, probabilities, at the input's size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// BGNN name of the trait in each channel, in channel order.
    pub classes: Vec<String>,
    /// Classes that the network never learnt; shown and stored as not assessed, never as absent.
    pub untrained: Vec<String>,
    /// A trait is present above this probability; exactly at it, it is absent.
    pub threshold: f32,
}

/// The most that a manifest may weigh, in bytes; a real one has about one thousand.
pub(super) const MANIFEST_BYTES_MAX: u64 = 64 << 10;

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// A sentence that says which key is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks everything but the hash.
    ///
    /// # Errors
    /// A sentence that says which key is wrong and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!(
                "format = {} is not known; this program reads format = 1",
                self.format
            ));
        }
        let sides = 32..=4096;
        if !sides.contains(&self.input.width) || !sides.contains(&self.input.height) {
            return Err(format!(
                "input: {} is not a size from 32x32 to 4096x4096",
                self.input.size()
            ));
        }
        if self.input.mean.iter().any(|m| !m.is_finite()) || self.input.std.iter().any(|s| !s.is_finite() || *s <= 0.0)
        {
            return Err("input: mean must be finite and std above 0".to_owned());
        }
        if !(self.output.threshold > 0.0 && self.output.threshold < 1.0) {
            return Err(format!(
                "output: threshold = {} is not between 0 and 1",
                self.output.threshold
            ));
        }
        let classes = self.classes()?;
        if classes.is_empty() {
            return Err("output: classes is empty".to_owned());
        }
        if let Some(twice) = classes.iter().enumerate().find(|(i, c)| classes[..*i].contains(c)) {
            return Err(format!("output: classes names {:?} twice", twice.1.bgnn_name()));
        }
        if let Some(stray) = self.output.untrained.iter().find(|n| !self.output.classes.contains(n)) {
            return Err(format!(
                "output: untrained names {stray:?}, which is not among the classes"
            ));
        }
        Ok(())
    }

    /// The trait of each output channel.
    ///
    /// # Errors
    /// The first class that is no trait's BGNN name.
    pub fn classes(&self) -> Result<Vec<Trait>, String> {
        let known = || Trait::ALL.map(Trait::bgnn_name).join(", ");
        self.output
            .classes
            .iter()
            .map(|name| {
                Trait::from_bgnn_name(name)
                    .ok_or_else(|| format!("output: class {name:?} is no trait; the traits are {}", known()))
            })
            .collect()
    }

    /// The traits about which this network can say nothing: those that it never learnt, and those that it has no channel for.
    pub fn not_assessed(&self) -> TraitSet {
        let learnt = |t: &Trait| {
            let name = t.bgnn_name();
            let among = |names: &[String]| names.iter().any(|n| n == name);
            among(&self.output.classes) && !among(&self.output.untrained)
        };
        Trait::ALL.into_iter().filter(|t| !learnt(t)).collect()
    }
}
