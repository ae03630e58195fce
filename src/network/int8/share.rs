//! Pieces of maps shared out to threads.

use rayon::iter::Either;
use rayon::prelude::*;

/// Results of a convolution without edges that a thread computes at once.
pub(super) const RUN_PIXELS: usize = 96;
/// The same where something is added: what is brought for that is still in the first cache when it is added.
pub(super) const RUN_PIXELS_ADDED: usize = 48;

/// A slice in pieces of one length, the last of which may be shorter; or no slice, whose pieces are nothing.
pub(super) struct Pieces<'a, T> {
    values: Option<&'a mut [T]>,
    length: usize,
}

impl<'a, T: Send> Pieces<'a, T> {
    pub(super) fn new(values: Option<&'a mut [T]>, length: usize) -> Self {
        Self { values, length }
    }

    pub(super) fn none() -> Self {
        Self::new(None, 1)
    }

    fn count(&self) -> usize {
        self.values
            .as_ref()
            .map_or(0, |values| values.len().div_ceil(self.length))
    }

    fn parallel(self, count: usize) -> impl IndexedParallelIterator<Item = Option<&'a mut [T]>> {
        match self.values {
            Some(values) => Either::Left(values.par_chunks_mut(self.length).map(Some)),
            None => Either::Right((0..count).into_par_iter().map(|_| None)),
        }
    }

    /// The first `count` pieces, one after the other.
    pub(super) fn serial(self, count: usize) -> impl Iterator<Item = Option<&'a mut [T]>> {
        match self.values {
            Some(values) => Either::Left(values.chunks_mut(self.length).map(Some)),
            None => Either::Right((0..count).map(|_| None)),
        }
    }
}

/// Calls `make` for each piece of all slices together, with its index; on the threads of the pool in which it runs, if `parallel`. Slices have as
/// many pieces as the first that is there, or more.
pub(super) fn share(
    parallel: bool,
    floats: Pieces<f32>,
    bytes: Pieces<u8>,
    totals: Pieces<f32>,
    make: impl Fn(usize, Option<&mut [f32]>, Option<&mut [u8]>, Option<&mut [f32]>) + Sync,
) {
    let count = [floats.count(), bytes.count(), totals.count()]
        .into_iter()
        .find(|count| *count > 0)
        .unwrap_or(0);
    if parallel {
        let pieces = floats
            .parallel(count)
            .zip(bytes.parallel(count))
            .zip(totals.parallel(count));
        pieces
            .enumerate()
            .for_each(|(index, ((floats, bytes), totals))| make(index, floats, bytes, totals));
    } else {
        let pieces = floats.serial(count).zip(bytes.serial(count)).zip(totals.serial(count));
        pieces
            .enumerate()
            .for_each(|(index, ((floats, bytes), totals))| make(index, floats, bytes, totals));
    }
}

/// [`share`] of one slice of floats.
pub(super) fn share_floats(parallel: bool, values: &mut [f32], length: usize, make: impl Fn(usize, &mut [f32]) + Sync) {
    share(
        parallel,
        Pieces::new(Some(values), length),
        Pieces::none(),
        Pieces::none(),
        |index, values, _, _| {
            if let Some(values) = values {
                make(index, values);
            }
        },
    );
}

/// Calls `work` with scratch of this thread, which is allocated once.
pub(super) fn with_scratch(length: usize, work: impl FnOnce(&mut [f32])) {
    thread_local! {
        static SCRATCH: std::cell::RefCell<Vec<f32>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < length {
            scratch.resize(length, 0.0);
        }
        work(&mut scratch[..length]);
    });
}
