//! Convolutions made ready: weights in the kernels' order, and what follows a sum in as few operations as its results allow.

use std::ops::Range;

use super::aligned::Aligned;
use super::kernels::{
    self, DenseBytes, DenseFloats, DenseHalves, Depthwise, Epilogue, Grouping, HalfKernels, Kernels, LANES, Quantize,
    Reads, Row, padded,
};
use super::lower::Kind;
use super::memory::Place;
use super::narrow::{Window, narrowed};
use super::steps::{Clamp, Code, Convolution, Form};
use super::view::View;

/// A convolution of one map to another, ready to run row by row.
#[derive(Debug)]
pub(super) struct Prepared {
    kernels: &'static dyn Kernels,
    kind: Kind,
    weights: Packed,
    /// From the first tap of a result to each tap.
    taps: Vec<usize>,
    /// Where the first tap of the first result of row 0 begins.
    first: usize,
    /// The first line, with its border, that row 0 reads, how many each row reads, and how far the next row's are.
    first_line: usize,
    lines: usize,
    line_step: usize,
    /// From one row of results to the next, in the input.
    row_step: usize,
    /// From one result to the next, in the input.
    step: usize,
    start: Vec<i32>,
    multiplier: Vec<f32>,
    addend: Vec<f32>,
    clamp: Clamp,
    quantize: Option<Quantize>,
    /// Input channels that a block of results reads of a tap.
    inputs: usize,
    grouping: Grouping,
    side: usize,
    /// Multiply-adds of the convolution.
    pub macs: u64,
}

#[derive(Debug)]
enum Packed {
    Floats(Aligned<f32>),
    Halves(Aligned<u16>, &'static dyn HalfKernels),
    Bytes(Aligned<i8>),
}

/// What a convolution multiplies with its weights.
#[derive(Debug, Clone, Copy)]
pub(super) enum Products {
    /// The floats of a map.
    Floats,
    /// Its floats, narrowed by these kernels.
    Halves(&'static dyn HalfKernels),
    /// Its bytes.
    Bytes,
}

/// Results of a pixel from which on it pays to narrow what they read. A network's last convolution has fewer and stays in floats: no later layer would
/// even out what rounding does to its results.
const HALVES_FROM: usize = 32;

/// The greatest weight in half precision, float16's greatest number: where one is beyond, floats stay.
const HALVES_MOST: f32 = 65_504.0;

impl Products {
    /// Of a map that is read in this form, where there are `halves`.
    pub(super) fn of(
        form: Form,
        convolution: &Convolution,
        output: &Place,
        halves: Option<&'static dyn HalfKernels>,
    ) -> Self {
        let many = convolution.outputs >= HALVES_FROM && output.height * output.width > 1;
        // Of narrower groups and single channels a block reads too little for what it narrows.
        let of_group = convolution.inputs / convolution.groups;
        let is_wide = convolution.groups == 1 || of_group >= LANES;
        let pays = many && is_wide && of_group.is_multiple_of(2);
        match (form, halves) {
            (Form::Bytes, _) => Self::Bytes,
            (Form::Floats, Some(halves)) if pays => Self::Halves(halves),
            (Form::Floats, _) => Self::Floats,
        }
    }
}

/// From a float to a byte.
pub(super) fn quantize(code: Code) -> Quantize {
    Quantize {
        inverse: 1.0 / code.scale,
        zero: f32::from(code.zero),
    }
}

impl Prepared {
    /// `view` has the weights; `input` and `output` are where the maps lie; `adds` tells whether something is added before the clamp.
    ///
    /// # Errors
    /// Sums that could leave 32 bits, or a scale that is no number.
    pub(super) fn new(
        convolution: &Convolution,
        view: &View,
        kernels: &'static dyn Kernels,
        products: Products,
        [input, output]: [&Place; 2],
        adds: bool,
        clamp: Clamp,
    ) -> Result<Self, String> {
        let Convolution {
            outputs,
            inputs,
            groups,
            kernel: [rows, columns],
            strides,
            pads,
            ..
        } = *convolution;
        let per_group = inputs / groups;
        let kind = Kind::of(groups, per_group, outputs, [rows, columns], strides)?;
        // Columns of a window whose channels lie side by side in memory are one tap with as many inputs.
        let run = kind == Kind::Dense && input.stride == inputs;
        let (tap_columns, inputs_of_tap) = if run { (1, columns * inputs) } else { (columns, inputs) };
        let taps: Vec<usize> = (0..rows * tap_columns)
            .map(|tap| tap / tap_columns * input.pitch() + tap % tap_columns * input.stride)
            .collect();
        let grouping = match kind {
            Kind::Grouped => Grouping::Groups {
                outputs: per_group,
                inputs: per_group,
            },
            Kind::Dense | Kind::Depthwise => Grouping::Whole,
        };
        let inputs_of_block = match kind {
            Kind::Dense => inputs_of_tap,
            Kind::Grouped => per_group.max(LANES),
            Kind::Depthwise => 1,
        };
        let layout = Layout {
            kind,
            outputs,
            per_group,
            taps: rows * columns,
            side: columns,
            tap_count: taps.len(),
            inputs_of_block,
        };
        let stride = padded(outputs);
        let (mut start, mut multiplier, mut addend) = (vec![0; stride], vec![0f32; stride], vec![0f32; stride]);
        addend[..outputs].copy_from_slice(&convolution.bias);
        let gone = "its weights are gone";
        let weights = match products {
            Products::Floats | Products::Halves(_) => {
                let values = view.constant_floats(&convolution.weights).ok_or(gone)?;
                multiplier[..outputs].fill(1.0);
                let fit = || values.iter().all(|weight| weight.abs() <= HALVES_MOST);
                match products {
                    Products::Halves(kernels) if fit() => {
                        Packed::Halves(Aligned::of(&layout.halves(&values, kernels)), kernels)
                    }
                    _ => Packed::Floats(Aligned::of(&layout.floats(&values))),
                }
            }
            Products::Bytes => {
                let (values, scales) = view.constant_bytes(&convolution.weights).ok_or(gone)?;
                let code = input.code.ok_or("its input has no bytes")?;
                let products = rows * columns * per_group;
                // The sum of so many products of 255 and -128, twice: of the products themselves and of what the zero point takes away.
                if products > i32::MAX as usize / (2 * 255 * 128) {
                    return Err(format!("{products} products of a sum are more than 32 bits hold"));
                }
                for (output, weights) in values.chunks_exact(products).enumerate() {
                    let sum: i32 = weights.iter().map(|w| i32::from(*w)).sum();
                    start[output] = -i32::from(code.zero) * sum;
                    multiplier[output] = code.scale * scales[output];
                }
                Packed::Bytes(Aligned::of(&layout.bytes(&values, kernels)))
            }
        };
        let mut prepared = Self {
            kernels,
            kind,
            weights,
            taps,
            first: (input.border - pads[0]) * input.pitch() + (input.border - pads[1]) * input.stride,
            first_line: input.border - pads[0],
            lines: rows,
            line_step: strides[0],
            row_step: strides[0] * input.pitch(),
            step: strides[1] * input.stride,
            start,
            multiplier,
            addend,
            clamp,
            quantize: output.code.map(quantize),
            inputs: inputs_of_block,
            grouping,
            side: columns,
            macs: (output.height * output.width * outputs * per_group * rows * columns) as u64,
        };
        if output.floats.is_none() && !adds {
            prepared.count_in_steps();
        }
        if prepared
            .multiplier
            .iter()
            .chain(&prepared.addend)
            .any(|value| !value.is_finite())
        {
            return Err("its scales or biases are no numbers".to_owned());
        }
        Ok(prepared)
    }

    /// Where only bytes are kept and nothing is added, the scale of the result goes into everything that comes before it.
    fn count_in_steps(&mut self) {
        let Some(Quantize { inverse, zero }) = self.quantize.take() else {
            return;
        };
        for multiplier in &mut self.multiplier {
            *multiplier *= inverse;
        }
        for addend in &mut self.addend {
            *addend = *addend * inverse + zero;
        }
        self.clamp = Clamp {
            low: (self.clamp.low * inverse + zero).max(0.0),
            high: (self.clamp.high * inverse + zero).min(255.0),
        };
    }

    /// Whether rows of results follow each other without a gap in the input as well, so that all of them are one row.
    pub(super) fn is_one_row(&self, input: &Place, output: &Place) -> bool {
        self.taps.len() == 1
            && self.step == input.stride
            && self.row_step == input.pitch()
            && input.border == 0
            && output.border == 0
            && (input.height, input.width) == (output.height, output.width)
    }

    /// One row of results, which begins at `column` of row `line`.
    pub(super) fn run(&self, input: Input, line: usize, column: usize, row: &mut Row) {
        self.run_scaled(self.scale(), input, line, column, row);
    }

    /// The same with another scale.
    pub(super) fn run_scaled(&self, scale: Scale, input: Input, line: usize, column: usize, row: &mut Row) {
        let first = self.first + line * self.row_step + column * self.step;
        self.compute(scale, input, first, &self.taps, row);
    }

    /// What sums are multiplied with and what is added, channel by channel.
    pub(super) fn scale(&self) -> Scale<'_> {
        Scale {
            multiplier: &self.multiplier,
            addend: &self.addend,
        }
    }

    /// Results from `column` on, the first of the row reading at each of `taps`.
    pub(super) fn run_on(&self, input: Input, column: usize, taps: &[usize], row: &mut Row) {
        self.compute(self.scale(), input, column * self.step, taps, row);
    }

    fn compute(&self, Scale { multiplier, addend }: Scale, input: Input, first: usize, taps: &[usize], row: &mut Row) {
        let epilogue = Epilogue {
            multiplier,
            addend,
            low: self.clamp.low,
            high: self.clamp.high,
            quantize: self.quantize,
        };
        let (step, start, grouping, side) = (self.step, &self.start, self.grouping, self.side);
        match (&self.weights, input) {
            (Packed::Bytes(weights), Input::Bytes(map)) => {
                let reads = Reads { map, first, step, taps };
                if self.kind == Kind::Depthwise {
                    self.kernels.depthwise_bytes(
                        &reads,
                        &Depthwise {
                            weights,
                            side,
                            start,
                            epilogue,
                        },
                        row,
                    );
                } else {
                    let quads = self.inputs.div_ceil(4);
                    self.kernels.dense_bytes(
                        &reads,
                        &DenseBytes {
                            weights,
                            quads,
                            grouping,
                            start,
                            epilogue,
                        },
                        row,
                    );
                }
            }
            (Packed::Floats(weights), Input::Floats(map)) => {
                let reads = Reads { map, first, step, taps };
                if self.kind == Kind::Depthwise {
                    self.kernels.depthwise_floats(
                        &reads,
                        &Depthwise {
                            weights,
                            side,
                            start,
                            epilogue,
                        },
                        row,
                    );
                } else {
                    self.kernels.dense_floats(
                        &reads,
                        &DenseFloats {
                            weights,
                            inputs: self.inputs,
                            grouping,
                            epilogue,
                        },
                        row,
                    );
                }
            }
            (Packed::Halves(weights, halves), Input::Floats(map)) => {
                let last_block = row.stride / LANES - 1;
                let window = Window {
                    lines: self.lines,
                    pixels: row.pixels,
                    inputs: grouping.first_input(last_block) + self.inputs,
                };
                narrowed(*halves, &Reads { map, first, step, taps }, &window, |reads| {
                    let convolution = DenseHalves {
                        weights,
                        inputs: self.inputs,
                        grouping,
                        epilogue,
                    };
                    halves.dense(reads, &convolution, row);
                });
            }
            _ => unreachable!("weights were packed for the form of the input"),
        }
    }

    /// The lines of its input, counted with the border's, that a row of results reads.
    pub(super) fn reads(&self, row: usize) -> Range<usize> {
        let begin = self.first_line + row * self.line_step;
        begin..begin + self.lines
    }

    /// Where its taps are in a ring of as many lines as it reads of its input, if the first line of its window lies in place `first` there.
    pub(super) fn taps_in_ring(&self, first: usize, input: &Place) -> Vec<usize> {
        let column = self.first % input.pitch();
        let tap =
            |tap: &usize| (first + tap / input.pitch()) % self.lines * input.pitch() + tap % input.pitch() + column;
        self.taps.iter().map(tap).collect()
    }

    /// What it is called in a list of steps.
    pub(super) fn kind_name(&self) -> &'static str {
        match (self.kind, self.products()) {
            (Kind::Dense, Products::Bytes) => "int8 convolution",
            (Kind::Grouped, Products::Bytes) => "int8 grouped convolution",
            (Kind::Depthwise, Products::Bytes) => "int8 depthwise convolution",
            (_, Products::Halves(_)) => "half-precision convolution",
            (Kind::Dense, Products::Floats) => "float convolution",
            (Kind::Grouped, Products::Floats) => "float grouped convolution",
            (Kind::Depthwise, Products::Floats) => "float depthwise convolution",
        }
    }

    /// What it multiplies.
    pub(super) fn products(&self) -> Products {
        match self.weights {
            Packed::Floats(_) => Products::Floats,
            Packed::Halves(_, kernels) => Products::Halves(kernels),
            Packed::Bytes(_) => Products::Bytes,
        }
    }
}

/// What sums of products are multiplied with, and what is added: one for each channel, padded.
#[derive(Clone, Copy)]
pub(super) struct Scale<'a> {
    pub multiplier: &'a [f32],
    pub addend: &'a [f32],
}

impl<'a> Scale<'a> {
    /// The same with a factor for each channel, in scratch of twice as many.
    pub(super) fn times(self, factors: &[f32], scratch: &'a mut [f32]) -> Self {
        let (multiplier, addend) = scratch.split_at_mut(factors.len());
        for (to, from) in [(&mut *multiplier, self.multiplier), (&mut *addend, self.addend)] {
            for ((to, from), factor) in to.iter_mut().zip(from).zip(factors) {
                *to = from * factor;
            }
        }
        Self { multiplier, addend }
    }
}

/// A map with its border.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    Floats(&'a [f32]),
    Bytes(&'a [u8]),
}

/// How weights of a file become weights of a kernel.
struct Layout {
    kind: Kind,
    outputs: usize,
    per_group: usize,
    /// Rows times columns of the window.
    taps: usize,
    /// Columns of the window.
    side: usize,
    /// Taps as the kernel counts them.
    tap_count: usize,
    inputs_of_block: usize,
}

impl Layout {
    fn bytes(&self, values: &[i8], kernels: &dyn Kernels) -> Vec<i8> {
        match self.kind {
            Kind::Depthwise => kernels.pack_depthwise_bytes(values, self.outputs, self.side),
            _ => kernels.pack_dense_bytes(
                &self.arranged(values),
                self.outputs,
                self.tap_count,
                self.inputs_of_block,
            ),
        }
    }

    fn floats(&self, values: &[f32]) -> Vec<f32> {
        match self.kind {
            Kind::Depthwise => kernels::pack_depthwise_floats(values, self.outputs, self.side),
            _ => kernels::pack_dense_floats(
                &self.arranged(values),
                self.outputs,
                self.tap_count,
                self.inputs_of_block,
            ),
        }
    }

    fn halves(&self, values: &[f32], kernels: &dyn HalfKernels) -> Vec<u16> {
        let arranged = self.arranged(values);
        kernels.pack(&arranged, self.outputs, self.tap_count, self.inputs_of_block)
    }

    /// `[output][input][tap]` as `[output][tap][input]`, where a grouped output has zeros for the inputs of its block's other groups.
    fn arranged<W: Copy + Default>(&self, values: &[W]) -> Vec<W> {
        let inputs = self.inputs_of_block * self.tap_count / self.taps;
        let mut arranged = vec![W::default(); self.outputs * self.taps * inputs];
        for (output, weights) in values.chunks_exact(self.per_group * self.taps).enumerate() {
            // In a block of several groups, where this output's group begins.
            let begin = match self.kind {
                Kind::Grouped if self.per_group < LANES => output % LANES / self.per_group * self.per_group,
                _ => 0,
            };
            for (at, weight) in weights.iter().enumerate() {
                let (input, tap) = (at / self.taps, at % self.taps);
                arranged[(output * self.taps + tap) * inputs + begin + input] = *weight;
            }
        }
        arranged
    }
}
