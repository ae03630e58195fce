//! A fused network as a list of steps over maps, before weights are packed and memory is planned.

/// A map that steps make and read, by its index.
pub(super) type MapId = usize;

/// Height, width and channels of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

/// What a byte means: `scale * (byte - zero)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Code {
    pub scale: f32,
    pub zero: u8,
}

/// A map and the forms in which it is kept: floats, bytes, or both.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Map {
    pub shape: Shape,
    pub floats: bool,
    pub bytes: Option<Code>,
    /// Pixels around the map that a convolution may read: zeros, or the byte that means 0.
    pub border: usize,
}

/// In which form a step reads a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Floats,
    Bytes,
}

/// Least and greatest value that a result may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clamp {
    pub low: f32,
    pub high: f32,
}

impl Clamp {
    /// Nothing is clamped.
    pub(super) const NONE: Self = Self {
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
    };
}

/// A convolution. Its weights are `[output][input of its group][row][column]`; they stay in the file until they are packed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Convolution {
    /// The tensor of its weights, constant floats or bytes.
    pub weights: String,
    pub bias: Vec<f32>,
    pub outputs: usize,
    pub inputs: usize,
    pub groups: usize,
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    /// Rows above, columns to the left.
    pub pads: [usize; 2],
}

impl Convolution {
    /// How many weights it has.
    pub(super) fn weights_count(&self) -> usize {
        self.outputs * self.inputs / self.groups * self.kernel[0] * self.kernel[1]
    }
}

/// One of the maps of a sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Term {
    pub map: MapId,
    pub form: Form,
    /// Each pixel counts for a square of `1 << shift` rows and columns.
    pub shift: u32,
    /// A map of one pixel: what each channel is multiplied with.
    pub factor: Option<MapId>,
}

impl Term {
    /// A map as it is.
    pub fn of(map: MapId, form: Form) -> Self {
        Self {
            map,
            form,
            shift: 0,
            factor: None,
        }
    }
}

/// Terms of one sum.
pub(super) const TERMS_MAX: usize = 8;

/// Rows and columns of the largest window of which the greatest is taken.
pub(super) const POOLED_MAX: usize = 8;

/// Where an enlarged pixel reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alignment {
    /// The outer pixels' centres stay the outermost: `i * (n - 1) / (m - 1)`.
    Corners,
    /// Areas are aligned: `(i + 0.5) * n / m - 0.5`.
    HalfPixel,
}

/// A group normalization; weight and bias have one number for each channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Normalization {
    pub groups: usize,
    pub epsilon: f32,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Work {
    /// A convolution, what each of its channels is multiplied with (a map of one pixel), what is added to it, and a clamp.
    Convolve {
        input: MapId,
        form: Form,
        convolution: Convolution,
        factor: Option<MapId>,
        residual: Option<Term>,
        clamp: Clamp,
    },
    /// A sum of maps, then one number for each channel (a map of one pixel), then a clamp.
    Sum {
        terms: Vec<Term>,
        offset: Option<MapId>,
        clamp: Clamp,
    },
    /// Bilinear enlargement by a whole factor.
    Enlarge {
        input: MapId,
        factor: usize,
        alignment: Alignment,
    },
    /// The greatest of each window; what lies outside of the map is not there.
    MaxPool {
        input: MapId,
        kernel: usize,
        stride: usize,
        pad: usize,
    },
    /// The mean of each channel.
    Mean { input: MapId, form: Form },
    /// `1 / (1 + exp(-x))` of each value.
    Sigmoid { input: MapId },
    /// What group normalization multiplies each channel with, and, in `offset`, what it adds.
    GroupNorm {
        input: MapId,
        offset: MapId,
        normalization: Normalization,
    },
}

impl Work {
    /// The maps that it reads.
    pub(super) fn reads(&self) -> Vec<MapId> {
        let of_term = |term: &Term| std::iter::once(term.map).chain(term.factor);
        match self {
            Self::Convolve {
                input,
                factor,
                residual,
                ..
            } => std::iter::once(*input)
                .chain(*factor)
                .chain(residual.iter().flat_map(of_term))
                .collect(),
            Self::Sum { terms, offset, .. } => terms.iter().flat_map(of_term).chain(*offset).collect(),
            Self::Enlarge { input, .. }
            | Self::MaxPool { input, .. }
            | Self::Mean { input, .. }
            | Self::Sigmoid { input }
            | Self::GroupNorm { input, .. } => vec![*input],
        }
    }

    /// The map whose floats it adds up over all pixels, channel by channel, if it does.
    pub(super) fn adds_up(&self) -> Option<MapId> {
        match self {
            Self::Mean {
                input,
                form: Form::Floats,
            }
            | Self::GroupNorm { input, .. } => Some(*input),
            _ => None,
        }
    }

    /// Whether it is a convolution in one group.
    pub(super) fn is_dense(&self) -> bool {
        matches!(self, Self::Convolve { convolution, .. } if convolution.groups == 1)
    }
}

/// One step: it makes the map `output`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// The ONNX node that ends it.
    pub name: String,
    pub work: Work,
    pub output: MapId,
}

impl Step {
    /// The maps that it makes.
    pub(super) fn makes(&self) -> impl Iterator<Item = MapId> {
        let second = match self.work {
            Work::GroupNorm { offset, .. } => Some(offset),
            _ => None,
        };
        std::iter::once(self.output).chain(second)
    }
}

/// Steps in the order in which they run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Steps {
    pub maps: Vec<Map>,
    pub steps: Vec<Step>,
    /// Tensors that come from outside, channel planes of floats.
    pub inputs: Vec<(String, MapId)>,
    /// Tensors that go outside, channel planes of floats.
    pub outputs: Vec<Output>,
}

impl Steps {
    /// For each map the steps that read it, by their places in the list; one that reads it twice is there twice.
    pub(super) fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.maps.len()];
        for (index, step) in self.steps.iter().enumerate() {
            for map in step.work.reads() {
                readers[map].push(index);
            }
        }
        readers
    }
}

/// A tensor that leaves as channel planes of floats.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Output {
    pub tensor: String,
    pub map: MapId,
    /// Enlarged on the way out.
    pub enlarge: Option<(usize, Alignment)>,
    /// As probabilities instead of logits.
    pub sigmoid: bool,
}
