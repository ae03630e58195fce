//! Why tensors make no network.

use std::fmt;

use thiserror::Error;

use crate::frame::Size;

/// The most tensors that one message names.
const NAMED_MAX: usize = 20;

/// Why tensors make no FPN.
#[derive(Debug, Error, PartialEq)]
pub enum FpnError {
    /// Nothing in the file looks like this kind of network.
    #[error(
        "these are not the tensors of an FPN on SE-ResNeXt, nor of its encoder: there is no layer0.conv1.weight among the {count}{}; \
         fishrig builds that network alone: export another one as ONNX and import that",
        such_as(examples)
    )]
    OtherNetwork {
        /// Number of tensors.
        count: usize,
        /// Some of their names.
        examples: Vec<String>,
    },
    /// Tensors that are missing, too many, or of another shape.
    #[error("the tensors do not fit an FPN on SE-ResNeXt: {}", listed(misfits))]
    Misfits {
        /// All of them.
        misfits: Vec<Misfit>,
    },
    /// A tensor with no values, or with more than any real network has.
    #[error(
        "tensor {name} has the shape {}; a side is 1 to {side_max}, and all tensors together have at most {values_max} values",
        shape_words(shape)
    )]
    TooLarge {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Longest side allowed.
        side_max: usize,
        /// Most values allowed.
        values_max: usize,
    },
    /// More blocks than any real network has.
    #[error("{name} would be block {index} of its layer; a layer has at most {limit}")]
    TooDeep {
        /// A tensor of that block.
        name: String,
        /// The block's number.
        index: usize,
        /// Blocks allowed.
        limit: usize,
    },
    /// A relative with strides elsewhere.
    #[error(
        "{name} joins all channels: this encoder is an SE-ResNet and no SE-ResNeXt (its tensors have the same names, its strides lie elsewhere); \
         export the network as ONNX and import that"
    )]
    NotGrouped {
        /// The 3×3 convolution's weight.
        name: String,
    },
    /// The segmentation branches can't be normalized.
    #[error(
        "the segmentation branches are {width} channels wide, which 32 groups do not divide: segmentation_models_pytorch makes no such network"
    )]
    GroupNorm {
        /// Channels.
        width: usize,
    },
    /// The picture's size does not go through the pyramid.
    #[error(
        "the input size {size} does not fit this network: width and height must be multiples of 32, for example 800x320"
    )]
    Size {
        /// Width and height.
        size: Size,
    },
    /// The network would need more memory than any real one does.
    #[error("{name}: its result would have {values} values, more than {limit}: choose a smaller --size")]
    TooWide {
        /// The layer.
        name: String,
        /// Values.
        values: u64,
        /// Most values allowed.
        limit: u64,
    },
    /// A tensor can't be read.
    #[error("tensor {name}: {reason}")]
    Unreadable {
        /// The tensor.
        name: String,
        /// Why.
        reason: String,
    },
    /// A tensor holds infinities or no numbers.
    #[error("tensor {name} holds values that are no finite numbers: the file is damaged, or training had failed")]
    NotFinite {
        /// The tensor.
        name: String,
    },
    /// Batch norm statistics that can't be.
    #[error("tensor {name} holds negative variances: the file is damaged")]
    NegativeVariance {
        /// The tensor.
        name: String,
    },
}

/// One tensor that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// It should be there.
    Missing {
        /// Its name.
        name: String,
        /// The shape that it should have.
        expected: String,
    },
    /// It should not be there.
    Surplus {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// It has another shape.
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: String,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, expected } => write!(f, "missing: {name}, {expected}"),
            Self::Surplus { name, found } => write!(f, "unknown: {name}, {}", shape_words(found)),
            Self::Shape { name, found, expected } => {
                write!(f, "misshapen: {name} is {}, expected {expected}", shape_words(found))
            }
        }
    }
}

/// A shape in words, for example `64×3×7×7`.
pub(super) fn shape_words(shape: &[usize]) -> String {
    match shape {
        [] => "a single value".to_owned(),
        sides => sides.iter().map(ToString::to_string).collect::<Vec<_>>().join("×"),
    }
}

fn listed(misfits: &[Misfit]) -> String {
    let count = |kind: fn(&Misfit) -> bool| misfits.iter().filter(|m| kind(m)).count();
    let mut words = format!(
        "{} missing, {} unknown, {} misshapen",
        count(|m| matches!(m, Misfit::Missing { .. })),
        count(|m| matches!(m, Misfit::Surplus { .. })),
        count(|m| matches!(m, Misfit::Shape { .. })),
    );
    for misfit in misfits.iter().take(NAMED_MAX) {
        words += &format!("\n  {misfit}");
    }
    if misfits.len() > NAMED_MAX {
        words += &format!("\n  and {} more", misfits.len() - NAMED_MAX);
    }
    words
}

fn such_as(examples: &[String]) -> String {
    match examples {
        [] => String::new(),
        some => format!(" (such as {})", some.join(", ")),
    }
}
