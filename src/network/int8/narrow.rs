//! What a row of a convolution in half precision reads, as halves.
//!
//! Maps stay floats, which sums, depthwise convolutions and the head read as well. Narrowing what a row reads costs little beside the products that it is
//! read for: each value is read for all results of a pixel.

use std::cell::RefCell;

use super::aligned::Aligned;
use super::kernels::{HalfKernels, Reads};

/// Halves of one row of a convolution, and where its taps are among them.
#[derive(Default)]
struct Scratch {
    halves: Aligned<u16>,
    taps: Vec<usize>,
}

/// A window and how far it goes.
pub(super) struct Window {
    /// Rows of taps.
    pub lines: usize,
    /// Results of the row.
    pub pixels: usize,
    /// Inputs of each tap, of all blocks.
    pub inputs: usize,
}

/// Calls `work` with halves of what a row reads, in scratch of this thread, which is allocated once.
pub(super) fn narrowed(kernels: &dyn HalfKernels, reads: &Reads<f32>, window: &Window, work: impl FnOnce(&Reads<u16>)) {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    let columns = reads.taps.len() / window.lines;
    // From the first tap of the first result to the last input of the last one's.
    let length = |line: &[usize]| (window.pixels - 1) * reads.step + line[columns - 1] - line[0] + window.inputs;
    let lines = reads.taps.chunks_exact(columns);
    SCRATCH.with_borrow_mut(|Scratch { halves, taps }| {
        let wanted = lines.clone().map(length).sum();
        if halves.len() < wanted {
            *halves = Aligned::zeros(wanted);
        }
        taps.clear();
        let mut end = 0;
        for line in lines {
            let begin = end;
            end += length(line);
            let from = reads.first + line[0];
            kernels.narrow(&reads.map[from..from + end - begin], &mut halves[begin..end]);
            taps.extend(line.iter().map(|tap| begin + tap - line[0]));
        }
        work(&Reads {
            map: &halves[..end],
            first: 0,
            step: reads.step,
            taps,
        });
    });
}
