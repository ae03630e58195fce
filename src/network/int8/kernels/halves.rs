//! Dense convolutions of floats in half precision: what they read and their weights are rounded to sixteen bits, in the format that the processor multiplies
//! twice as fast as floats; sums are floats again.
//!
//! Formats differ, so results do between processors, and these kernels compute only where somebody asks for them (`docs/int8.md`). In each format
//! the order of operations is fixed, and plain Rust has the same bits (`reference_halves.rs`).

use std::fmt::Debug;

use super::{Epilogue, Grouping, LANES, Reads, Row};

/// Dense convolutions in one format of half precision. A half is the sixteen bits of a number.
pub(in super::super) trait HalfKernels: Debug + Send + Sync {
    /// What a person calls the format.
    fn name(&self) -> &'static str;
    /// The nearest halves of floats, of which there are as many.
    fn narrow(&self, floats: &[f32], halves: &mut [u16]);
    /// Weights as its kernel reads them, from `weights[output][tap][input]`; the number of inputs is even.
    fn pack(&self, weights: &[f32], outputs: usize, taps: usize, inputs: usize) -> Vec<u16>;
    /// One row of a dense convolution.
    fn dense(&self, reads: &Reads<u16>, convolution: &DenseHalves, row: &mut Row);
}

/// A convolution of halves in which every result channel of a block reads the same input channels of every tap.
pub(in super::super) struct DenseHalves<'a> {
    /// By [`HalfKernels::pack`].
    pub weights: &'a [u16],
    /// Input channels that a block reads of each tap, an even number.
    pub inputs: usize,
    /// Where a block's input channels begin.
    pub grouping: Grouping,
    /// What follows the sum.
    pub epilogue: Epilogue<'a>,
}

impl DenseHalves<'_> {
    /// Stops before anything outside is read or written.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
    pub(super) fn check(&self, reads: &Reads<u16>, row: &Row) {
        let blocks = row.stride / LANES;
        row.check(&self.epilogue);
        reads.check(row.pixels, self.grouping.first_input(blocks - 1) + self.inputs);
        assert!(self.inputs.is_multiple_of(2));
        assert!(self.weights.len() == row.stride * reads.taps.len() * self.inputs);
    }
}

/// The half-precision kernels of this processor, if it has any.
pub(in super::super) fn best_halves() -> Option<&'static dyn HalfKernels> {
    #[cfg(target_arch = "x86_64")]
    return super::avx512::Bfloat16::detect();
    #[cfg(target_arch = "aarch64")]
    return super::neon::Float16::detect();
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    None
}
