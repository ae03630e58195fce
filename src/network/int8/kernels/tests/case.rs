//! Drawn convolutions of one row, and how kernels run them.

use proptest::prelude::*;

use super::super::*;

/// Numbers that look drawn and are the same each time.
pub(super) fn numbers(seed: u64) -> impl FnMut() -> u32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    }
}

/// What is added to results.
#[derive(Debug, Clone, Copy)]
pub(super) enum Added {
    Nothing,
    /// A row each of whose pixels counts for `1 << shift` results.
    Row {
        shift: u32,
    },
    /// The row's own floats.
    Own,
}

/// One convolution of one row with everything that a kernel may be asked for.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub seed: u64,
    pub pixels: usize,
    pub outputs: usize,
    pub inputs: usize,
    pub side: usize,
    pub stride: usize,
    pub added: Added,
    pub floats: bool,
    pub bytes: bool,
    pub quantize: bool,
    /// How often it is computed.
    pub repeats: usize,
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let shape = (
        1usize..40,
        1usize..70,
        1usize..40,
        prop_oneof![Just(1usize), Just(3), Just(5)],
        1usize..3,
    );
    let extras = (
        prop_oneof![
            Just(Added::Nothing),
            (0u32..3).prop_map(|shift| Added::Row { shift }),
            Just(Added::Own)
        ],
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    (any::<u64>(), shape, extras).prop_map(|(seed, (pixels, outputs, inputs, side, stride), extras)| Case {
        seed,
        pixels,
        outputs,
        inputs,
        side,
        stride,
        added: extras.0,
        floats: extras.1 || !extras.2 || matches!(extras.0, Added::Own),
        bytes: extras.2,
        quantize: extras.3,
        repeats: 1,
    })
}

/// Dense convolutions of bytes with many inputs and results, as tiles compute them.
pub(super) fn wide_cases() -> impl Strategy<Value = Case> {
    // Numbers of inputs that tiles divide evenly, and any.
    let inputs = prop_oneof![(4usize..38).prop_map(|sixteenths| 16 * sixteenths), 64usize..600];
    let shape = (
        1usize..121,
        1usize..121,
        inputs,
        prop_oneof![Just(1usize), Just(3)],
        1usize..3,
    );
    (cases(), shape).prop_map(|(case, (pixels, outputs, inputs, side, stride))| Case {
        pixels,
        outputs,
        inputs,
        side,
        stride,
        ..case
    })
}

/// Zeros where a result of a narrow group has weights for its block's other groups: [`Grouping::Groups`].
fn clear_other_groups<W: Default>(weights: &mut [W], taps: usize, group: usize) {
    let inputs = group.max(LANES);
    for (at, weight) in weights.iter_mut().enumerate() {
        let (output, input) = (at / (taps * inputs), at % inputs);
        if group < LANES && output % LANES / group != input / group {
            *weight = W::default();
        }
    }
}

/// What a kernel gave.
#[derive(Debug, PartialEq)]
pub(super) struct Results {
    float_bits: Vec<u32>,
    bytes: Vec<u8>,
}

impl Results {
    /// The floats.
    pub(super) fn floats(&self) -> impl Iterator<Item = f32> {
        self.float_bits.iter().copied().map(f32::from_bits)
    }
}

impl Case {
    fn float(&self, value: u32) -> f32 {
        (value % 20001) as f32 / 5000.0 - 2.0
    }

    /// The offsets of the taps in a map whose rows are `pitch` long.
    fn taps(&self, channels: usize) -> (Vec<usize>, usize) {
        let columns = (self.pixels - 1) * self.stride + self.side;
        let taps = (0..self.side * self.side).map(|tap| (tap / self.side * columns + tap % self.side) * channels);
        (taps.collect(), columns * self.side * channels)
    }

    fn run(&self, stride: usize, call: impl Fn(Epilogue, &mut Row)) -> Results {
        let mut next = numbers(self.seed ^ 7);
        let multiplier: Vec<f32> = (0..stride).map(|_| self.float(next()) / 300.0).collect();
        let addend: Vec<f32> = (0..stride).map(|_| self.float(next()) * 40.0).collect();
        let epilogue = Epilogue {
            multiplier: &multiplier,
            addend: &addend,
            // Also such as are no whole bytes, and half-way between two.
            low: [0.0, 10.5, 11.3, f32::NEG_INFINITY][next() as usize % 4],
            high: [200.0, 199.5, 198.7, f32::INFINITY][next() as usize % 4],
            quantize: self.quantize.then_some(Quantize {
                inverse: 0.73,
                zero: 11.0,
            }),
        };
        let residual: Vec<f32> = (0..self.pixels * stride).map(|_| self.float(next()) * 9.0).collect();
        let mut floats: Vec<f32> = (0..self.pixels * stride).map(|_| self.float(next()) * 9.0).collect();
        let mut bytes = vec![0u8; self.pixels * stride];
        let mut row = Row {
            pixels: self.pixels,
            stride,
            floats: self.floats.then_some(&mut floats),
            bytes: self.bytes.then_some(&mut bytes),
            residual: match self.added {
                Added::Nothing => None,
                Added::Row { shift } => Some(Residual::Other {
                    floats: &residual,
                    shift,
                }),
                Added::Own => Some(Residual::Own),
            },
        };
        for _ in 0..self.repeats {
            call(epilogue, &mut row);
        }
        let float_bits = floats.iter().map(|value| value.to_bits()).collect();
        Results { float_bits, bytes }
    }

    pub(super) fn dense_bytes(&self, kernels: &dyn Kernels) -> Results {
        self.dense_bytes_of(kernels, padded(self.inputs))
    }

    /// Of pixels without padding, as those of a picture: they are no whole fours of bytes.
    pub(super) fn dense_bytes_of_a_picture(&self, kernels: &dyn Kernels) -> Results {
        self.dense_bytes_of(kernels, self.inputs)
    }

    fn dense_bytes_of(&self, kernels: &dyn Kernels, channels: usize) -> Results {
        let mut next = numbers(self.seed);
        let (taps, length) = self.taps(channels);
        // The last pixel's inputs are read as whole fours.
        let map: Vec<u8> = (0..length + 3).map(|_| next() as u8).collect();
        let weights: Vec<i8> = (0..self.outputs * taps.len() * self.inputs)
            .map(|_| next() as i8)
            .collect();
        let packed = kernels.pack_dense_bytes(&weights, self.outputs, taps.len(), self.inputs);
        let stride = padded(self.outputs);
        let start: Vec<i32> = (0..stride).map(|_| next() as i32 >> 16).collect();
        let reads = Reads {
            map: &map,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(stride, |epilogue, row| {
            let quads = self.inputs.div_ceil(4);
            let convolution = DenseBytes {
                weights: &packed,
                quads,
                grouping: Grouping::Whole,
                start: &start,
                epilogue,
            };
            kernels.dense_bytes(&reads, &convolution, row);
        })
    }

    /// The same shape with groups of four, eight, sixteen or thirty-two channels.
    pub(super) fn grouped_bytes(&self, kernels: &dyn Kernels) -> Results {
        let mut next = numbers(self.seed);
        let group = 4 << (self.inputs % 4);
        let channels = padded(self.outputs).next_multiple_of(32);
        let grouping = Grouping::Groups {
            outputs: group,
            inputs: group,
        };
        let inputs = group.max(LANES);
        let (taps, length) = self.taps(channels);
        let map: Vec<u8> = (0..length).map(|_| next() as u8).collect();
        let mut weights: Vec<i8> = (0..channels * taps.len() * inputs).map(|_| next() as i8).collect();
        clear_other_groups(&mut weights, taps.len(), group);
        let packed = kernels.pack_dense_bytes(&weights, channels, taps.len(), inputs);
        let start = vec![0; channels];
        let reads = Reads {
            map: &map,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(channels, |epilogue, row| {
            let convolution = DenseBytes {
                weights: &packed,
                quads: inputs / 4,
                grouping,
                start: &start,
                epilogue,
            };
            kernels.dense_bytes(&reads, &convolution, row);
        })
    }

    pub(super) fn dense_floats(&self, kernels: &dyn Kernels) -> Results {
        let mut next = numbers(self.seed);
        let channels = padded(self.inputs);
        let (taps, length) = self.taps(channels);
        let map: Vec<f32> = (0..length).map(|_| self.float(next())).collect();
        let weights: Vec<f32> = (0..self.outputs * taps.len() * self.inputs)
            .map(|_| self.float(next()))
            .collect();
        let packed = pack_dense_floats(&weights, self.outputs, taps.len(), self.inputs);
        let reads = Reads {
            map: &map,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(padded(self.outputs), |epilogue, row| {
            let convolution = DenseFloats {
                weights: &packed,
                inputs: self.inputs,
                grouping: Grouping::Whole,
                epilogue,
            };
            kernels.dense_floats(&reads, &convolution, row);
        })
    }

    /// The same numbers as [`dense_floats`](Self::dense_floats), rounded to halves.
    pub(super) fn dense_halves(&self, kernels: &dyn HalfKernels) -> Results {
        // What is read is a multiple of two inputs; here the map's padding, which has weights too.
        let inputs = self.inputs.next_multiple_of(2);
        self.halves(kernels, padded(self.inputs), self.outputs, inputs, Grouping::Whole)
    }

    /// The same shape with groups of sixteen or thirty-two channels.
    pub(super) fn grouped_halves(&self, kernels: &dyn HalfKernels) -> Results {
        let group = LANES << (self.inputs % 2);
        let channels = padded(self.outputs).next_multiple_of(32);
        let grouping = Grouping::Groups {
            outputs: group,
            inputs: group,
        };
        self.halves(kernels, channels, channels, group, grouping)
    }

    /// A block reads `inputs` of the map's `channels`.
    fn halves(
        &self,
        kernels: &dyn HalfKernels,
        channels: usize,
        outputs: usize,
        inputs: usize,
        grouping: Grouping,
    ) -> Results {
        let mut next = numbers(self.seed);
        let (taps, length) = self.taps(channels);
        let map: Vec<f32> = (0..length).map(|_| self.float(next())).collect();
        let mut halves = vec![0; length];
        kernels.narrow(&map, &mut halves);
        let weights: Vec<f32> = (0..outputs * taps.len() * inputs).map(|_| self.float(next())).collect();
        let packed = kernels.pack(&weights, outputs, taps.len(), inputs);
        let reads = Reads {
            map: &halves,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(padded(outputs), |epilogue, row| {
            let convolution = DenseHalves {
                weights: &packed,
                inputs,
                grouping,
                epilogue,
            };
            kernels.dense(&reads, &convolution, row);
        })
    }

    /// The same shape with groups of four, eight, sixteen or thirty-two channels.
    pub(super) fn grouped_floats(&self, kernels: &dyn Kernels) -> Results {
        let mut next = numbers(self.seed);
        let group = 4 << (self.inputs % 4);
        let channels = padded(self.outputs).next_multiple_of(32);
        let grouping = Grouping::Groups {
            outputs: group,
            inputs: group,
        };
        let inputs = group.max(LANES);
        let (taps, length) = self.taps(channels);
        let map: Vec<f32> = (0..length).map(|_| self.float(next())).collect();
        let mut weights: Vec<f32> = (0..channels * taps.len() * inputs)
            .map(|_| self.float(next()))
            .collect();
        clear_other_groups(&mut weights, taps.len(), group);
        let packed = pack_dense_floats(&weights, channels, taps.len(), inputs);
        let reads = Reads {
            map: &map,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(channels, |epilogue, row| {
            let convolution = DenseFloats {
                weights: &packed,
                inputs,
                grouping,
                epilogue,
            };
            kernels.dense_floats(&reads, &convolution, row);
        })
    }

    fn depthwise_side(&self) -> usize {
        self.side.max(3)
    }

    pub(super) fn depthwise_bytes(&self, kernels: &dyn Kernels) -> Results {
        let case = Self {
            side: self.depthwise_side(),
            ..self.clone()
        };
        let mut next = numbers(self.seed);
        let channels = padded(self.outputs);
        let (taps, length) = case.taps(channels);
        let map: Vec<u8> = (0..length).map(|_| next() as u8).collect();
        let weights: Vec<i8> = (0..self.outputs * taps.len()).map(|_| next() as i8).collect();
        let packed = kernels.pack_depthwise_bytes(&weights, self.outputs, case.side);
        let start: Vec<i32> = (0..channels).map(|_| next() as i32 >> 20).collect();
        let reads = Reads {
            map: &map,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(channels, |epilogue, row| {
            let convolution = Depthwise {
                weights: &packed,
                side: case.side,
                start: &start,
                epilogue,
            };
            kernels.depthwise_bytes(&reads, &convolution, row);
        })
    }

    pub(super) fn depthwise_floats(&self, kernels: &dyn Kernels) -> Results {
        let case = Self {
            side: self.depthwise_side(),
            ..self.clone()
        };
        let mut next = numbers(self.seed);
        let channels = padded(self.outputs);
        let (taps, length) = case.taps(channels);
        let map: Vec<f32> = (0..length).map(|_| self.float(next())).collect();
        let weights: Vec<f32> = (0..self.outputs * taps.len()).map(|_| self.float(next())).collect();
        let packed = pack_depthwise_floats(&weights, self.outputs, case.side);
        let start = vec![0; channels];
        let reads = Reads {
            map: &map,
            first: 0,
            step: self.stride * channels,
            taps: &taps,
        };
        self.run(channels, |epilogue, row| {
            let convolution = Depthwise {
                weights: &packed,
                side: case.side,
                start: &start,
                epilogue,
            };
            kernels.depthwise_floats(&reads, &convolution, row);
        })
    }
}
