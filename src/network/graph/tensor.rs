//! Weights: as long as their shape says, in this file, of a kind that fishrig's networks have.

use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};

/// Values of one weight.
const VALUES_MAX: usize = 1 << 28;
/// Sides of a weight.
const RANK_MAX: usize = 8;
/// A weight of at most so many values is looked at for sizes that later nodes need.
const KNOWN_MAX: usize = 64;

/// Values that decide sizes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    Ints(Vec<i64>),
    Floats(Vec<f32>),
}

/// A weight's shape, and its values where they are few.
#[derive(Debug, Clone)]
pub(super) struct Weight {
    pub shape: Vec<usize>,
    pub known: Option<Known>,
}

/// Checks one weight.
pub(super) fn check(tensor: &TensorProto) -> Result<Weight, String> {
    if tensor.data_location == Some(DataLocation::External as i32) || !tensor.external_data.is_empty() {
        return Err(
            "its values lie in another file, which fishrig does not open: save the network in one file \
                    (onnx.save with save_as_external_data=False)"
                .to_owned(),
        );
    }
    if tensor.segment.is_some() {
        return Err("it is in pieces, which fishrig does not join".to_owned());
    }
    let kind = DataType::try_from(tensor.data_type).map_err(|_| format!("type {} is none", tensor.data_type))?;
    let Some(width) = width_of(kind) else {
        return Err(format!(
            "values of type {} are not run; export the network in float32",
            kind.as_str_name()
        ));
    };
    let shape: Vec<usize> = tensor
        .dims
        .iter()
        .map(|side| usize::try_from(*side))
        .collect::<Result<_, _>>()
        .map_err(|_| format!("its shape {:?} has a negative side", tensor.dims))?;
    let count = shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
    let count = count.filter(|n| *n <= VALUES_MAX && shape.len() <= RANK_MAX);
    let count = count.ok_or_else(|| format!("its shape {shape:?} has more than {VALUES_MAX} values"))?;
    let typed = match kind {
        DataType::Float => tensor.float_data.len(),
        DataType::Int64 => tensor.int64_data.len(),
        _ => tensor.int32_data.len(),
    };
    let all = [
        tensor.float_data.len(),
        tensor.int32_data.len(),
        tensor.int64_data.len(),
        tensor.double_data.len(),
        tensor.uint64_data.len(),
        tensor.string_data.len(),
    ];
    let raw = &tensor.raw_data;
    let fits = if raw.is_empty() {
        typed == count && all.iter().sum::<usize>() == count
    } else {
        raw.len() == count * width && all.iter().all(|n| *n == 0)
    };
    if !fits {
        return Err(format!(
            "it has not the {count} values that its shape {shape:?} says; the file is damaged"
        ));
    }
    Ok(Weight {
        known: (count <= KNOWN_MAX).then(|| known(tensor, kind)).flatten(),
        shape,
    })
}

fn width_of(kind: DataType) -> Option<usize> {
    match kind {
        DataType::Float | DataType::Int32 => Some(4),
        DataType::Int64 => Some(8),
        DataType::Uint8 | DataType::Int8 | DataType::Bool => Some(1),
        _ => None,
    }
}

fn known(tensor: &TensorProto, kind: DataType) -> Option<Known> {
    let raw = &tensor.raw_data;
    let quads = || raw.as_chunks::<4>().0.iter();
    match kind {
        DataType::Float if raw.is_empty() => Some(Known::Floats(tensor.float_data.clone())),
        DataType::Float => Some(Known::Floats(quads().map(|b| f32::from_le_bytes(*b)).collect())),
        DataType::Int64 if raw.is_empty() => Some(Known::Ints(tensor.int64_data.clone())),
        DataType::Int64 => {
            let eights = raw.as_chunks::<8>().0.iter();
            Some(Known::Ints(eights.map(|b| i64::from_le_bytes(*b)).collect()))
        }
        DataType::Int32 if raw.is_empty() => {
            Some(Known::Ints(tensor.int32_data.iter().map(|v| i64::from(*v)).collect()))
        }
        DataType::Int32 => Some(Known::Ints(
            quads().map(|b| i64::from(i32::from_le_bytes(*b))).collect(),
        )),
        _ => None,
    }
}
