//! Slices that begin at a cache line, so that a vector of sixteen floats never lies in two.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the longest vector.
const LINE: usize = 64;

/// A slice on the heap whose first value begins a cache line.
#[derive(Debug, Default)]
pub(super) struct Aligned<T> {
    values: Vec<T>,
    begin: usize,
    length: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// So many zeros.
    pub(super) fn zeros(length: usize) -> Self {
        let values = vec![T::default(); length + LINE / size_of::<T>()];
        // A vector that is moved or kept keeps its place on the heap.
        let begin = values.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        Self { values, begin, length }
    }

    /// A copy of these values.
    pub(super) fn of(values: &[T]) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned.copy_from_slice(values);
        aligned
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.begin..self.begin + self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.begin..self.begin + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_a_line_wherever_it_is_moved() {
        let mut kept = Vec::new();
        for length in [0, 1, 15, 16, 17, 1000] {
            kept.push(Aligned::of(&vec![7f32; length]));
            assert!(
                kept.iter()
                    .all(|aligned| aligned.is_empty() || aligned.as_ptr().addr().is_multiple_of(LINE))
            );
            assert!(kept.iter().all(|aligned| aligned.iter().all(|value| *value == 7.0)));
        }
        assert_eq!(Aligned::<u8>::zeros(9).len(), 9);
    }
}
