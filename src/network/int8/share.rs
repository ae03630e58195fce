//! Pieces of maps shared out to threads.

use rayon::prelude::*;

/// Calls `make` for each piece of `length` values, with its index; on the threads of the pool in which it runs, if `parallel`.
pub(super) fn share(
    parallel: bool,
    length: usize,
    floats: Option<&mut [f32]>,
    bytes: Option<&mut [u8]>,
    make: impl Fn(usize, Option<&mut [f32]>, Option<&mut [u8]>) + Sync,
) {
    match (floats, bytes, parallel) {
        (Some(floats), Some(bytes), true) => {
            let pieces = floats
                .par_chunks_mut(length)
                .zip(bytes.par_chunks_mut(length))
                .enumerate();
            pieces.for_each(|(index, (floats, bytes))| make(index, Some(floats), Some(bytes)));
        }
        (Some(floats), None, true) => {
            let pieces = floats.par_chunks_mut(length).enumerate();
            pieces.for_each(|(index, floats)| make(index, Some(floats), None));
        }
        (None, Some(bytes), true) => {
            let pieces = bytes.par_chunks_mut(length).enumerate();
            pieces.for_each(|(index, bytes)| make(index, None, Some(bytes)));
        }
        (floats, bytes, _) => {
            let mut floats = floats.map(|floats| floats.chunks_mut(length));
            let mut bytes = bytes.map(|bytes| bytes.chunks_mut(length));
            for index in 0.. {
                let piece = (
                    floats.as_mut().and_then(Iterator::next),
                    bytes.as_mut().and_then(Iterator::next),
                );
                match piece {
                    (None, None) => break,
                    (floats, bytes) => make(index, floats, bytes),
                }
            }
        }
    }
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
