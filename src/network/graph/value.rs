//! Results as the checks know them: a shape, and the values where those may decide sizes.

use super::operators::Ruled;
use super::tensor::Known;

/// Sides of a result.
pub(super) const RANK_MAX: usize = 8;
/// Values of a result that are kept because they may decide sizes.
pub(super) const KNOWN_MAX: usize = 64;

/// A result: its shape, its values where they are few and known without a picture, and whether it follows from weights alone.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub shape: Vec<usize>,
    pub known: Option<Known>,
    pub constant: bool,
}

impl Value {
    pub(super) fn of(shape: Vec<usize>) -> Self {
        Self {
            shape,
            known: None,
            constant: false,
        }
    }

    pub(super) fn constant(shape: Vec<usize>, known: Option<Known>) -> Self {
        Self {
            shape,
            known,
            constant: true,
        }
    }

    /// Number of values; the largest number where it overflows.
    pub(super) fn count(&self) -> u64 {
        self.shape.iter().fold(1, |n, side| n.saturating_mul(*side as u64))
    }

    pub(super) fn ints(&self) -> Result<&[i64], String> {
        match &self.known {
            Some(Known::Ints(ints)) => Ok(ints),
            _ => {
                Err("it needs sizes that the file does not fix: export the network with a fixed input size".to_owned())
            }
        }
    }

    /// Of one side, and of that length.
    pub(super) fn is_vector_of(&self, length: usize) -> bool {
        self.shape == [length]
    }
}

pub(super) fn one(shape: Vec<usize>) -> Ruled {
    Ok((vec![Value::of(shape)], 0))
}

pub(super) fn one_known(shape: Vec<usize>, known: Option<Known>) -> Ruled {
    let known = known.filter(|k| match k {
        Known::Ints(v) => v.len() <= KNOWN_MAX,
        Known::Floats(v) => v.len() <= KNOWN_MAX,
    });
    let value = Value {
        known,
        ..Value::of(shape)
    };
    Ok((vec![value], 0))
}

pub(super) fn broadcast_shape(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], index: usize| (index + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|index| match (side(a, index), side(b, index)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(format!("its inputs {a:?} and {b:?} do not fit")),
        })
        .collect()
}
