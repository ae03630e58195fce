//! What a file does not say about its network, and the manifest that comes of it.

use serde::Deserialize;

use crate::convert::ConvertError;
use crate::frame::Size;
use crate::network::{InputSpec, Manifest, OutputSpec, Quantization, ResizeFilter, ValueRange};
use crate::traits::Trait;

/// Normalization of the published network: that of ImageNet.
const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const STD: [f64; 3] = [0.229, 0.224, 0.225];
/// Input of the published network.
pub(super) const PUBLISHED_SIZE: Size = Size::new(800, 320);
/// A pixel has a trait above this probability.
const THRESHOLD: f32 = 0.5;
/// Where nobody has said anything.
const NOT_STATED: &str = "not stated";

/// What a person says about a network, from the command line or a sidecar; everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// BGNN name of the trait in each output channel.
    pub classes: Option<Vec<String>>,
    /// Classes that the network never learnt.
    pub untrained: Option<Vec<String>>,
    /// Columns of the input.
    pub width: Option<u32>,
    /// Rows of the input.
    pub height: Option<u32>,
    /// How a byte becomes a number.
    pub range: Option<ValueRange>,
    /// Subtracted from each of red, green, blue.
    pub mean: Option<[f64; 3]>,
    /// Then divided by.
    pub std: Option<[f64; 3]>,
    /// What an ONNX network gives.
    pub output: Option<OutputKind>,
    /// One sentence on what it is.
    pub description: Option<String>,
    /// What it was trained on.
    pub training: Option<String>,
    /// Terms of the weights.
    pub licence: Option<String>,
}

/// What a network's output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// From 0 to 1.
    Probabilities,
    /// Any number; a sigmoid makes probabilities of them, and is added.
    Logits,
}

impl Statements {
    /// These, and where they are silent, `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        // Width and height are one statement.
        let (width, height) = match (self.width, self.height) {
            (None, None) => (others.width, others.height),
            ours => ours,
        };
        Self {
            classes: self.classes.or(others.classes),
            untrained: self.untrained.or(others.untrained),
            width,
            height,
            range: self.range.or(others.range),
            mean: self.mean.or(others.mean),
            std: self.std.or(others.std),
            output: self.output.or(others.output),
            description: self.description.or(others.description),
            training: self.training.or(others.training),
            licence: self.licence.or(others.licence),
        }
    }

    /// The input's size, if it is stated.
    ///
    /// # Errors
    /// Width without height, or the reverse.
    pub fn size(&self) -> Result<Option<Size>, ConvertError> {
        match (self.width, self.height) {
            (None, None) => Ok(None),
            (Some(width), Some(height)) => Ok(Some(Size::new(width, height))),
            _ => Err(ConvertError::Statement(
                "width and height must both be stated".to_owned(),
            )),
        }
    }

    /// The classes of a network with `channels` outputs. `published` says that twelve channels are those of the published network.
    pub(super) fn classes(&self, channels: usize, published: bool) -> Result<Vec<String>, ConvertError> {
        let names = || Trait::ALL.map(Trait::bgnn_name).join(",");
        match &self.classes {
            Some(classes) if classes.len() == channels => Ok(classes.clone()),
            Some(classes) => Err(ConvertError::Statement(format!(
                "{} classes are stated, and the network has {channels} output channels; state one for each channel, in their order",
                classes.len()
            ))),
            None if published && channels == Trait::COUNT => Ok(Trait::ALL.map(|t| t.bgnn_name().to_owned()).to_vec()),
            None => Err(ConvertError::Statement(format!(
                "the network has {channels} output channels, and nothing says which traits they are: add --classes with {channels} names \
                 in the order of the channels, separated by commas; the traits are {}",
                names()
            ))),
        }
    }
}

/// All that a manifest says about how a network is used.
pub(super) struct Facts {
    pub size: Size,
    pub classes: Vec<String>,
    pub untrained: Vec<String>,
    pub quantization: Quantization,
    pub description: String,
    pub statements: Statements,
}

impl Facts {
    pub(super) fn manifest(self, name: String, sha256_of_file: &str, origin: String) -> Result<Manifest, ConvertError> {
        let Statements {
            range,
            mean,
            std,
            description,
            training,
            licence,
            ..
        } = self.statements;
        let or_not_stated = |words: Option<String>| words.unwrap_or_else(|| NOT_STATED.to_owned());
        let manifest = Manifest {
            format: 1,
            name,
            // The maker's own number is in none of these files; the same file is always the same version.
            version: sha256_of_file.chars().take(12).collect(),
            description: description.unwrap_or(self.description),
            sha256: String::new(),
            quantization: self.quantization,
            input: InputSpec {
                width: self.size.width,
                height: self.size.height,
                resize: ResizeFilter::PillowBilinear,
                range: range.unwrap_or(ValueRange::UnitIfAboveOne),
                mean: mean.unwrap_or(MEAN),
                std: std.unwrap_or(STD),
            },
            output: OutputSpec {
                classes: self.classes,
                untrained: self.untrained,
                threshold: THRESHOLD,
            },
            origin,
            training: or_not_stated(training),
            licence: or_not_stated(licence),
        };
        manifest.check().map_err(ConvertError::Statement)?;
        Ok(manifest)
    }
}
