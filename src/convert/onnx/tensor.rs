//! Tensors of an ONNX file: to values and back.

use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};

fn tensor(name: &str, shape: &[usize], kind: DataType, raw_data: Vec<u8>) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims(shape),
        data_type: kind as i32,
        raw_data,
        ..TensorProto::default()
    }
}

/// A shape in the protobuf's own integers.
pub fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|d| *d as i64).collect()
}

/// A float32 tensor, row-major.
pub fn f32_tensor(name: &str, shape: &[usize], values: &[f32]) -> TensorProto {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, shape, DataType::Float, bytes)
}

/// An int8 tensor, row-major.
pub fn i8_tensor(name: &str, shape: &[usize], values: &[i8]) -> TensorProto {
    let bytes = values.iter().map(|v| v.cast_unsigned()).collect();
    tensor(name, shape, DataType::Int8, bytes)
}

/// An int32 tensor, row-major.
pub fn i32_tensor(name: &str, shape: &[usize], values: &[i32]) -> TensorProto {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, shape, DataType::Int32, bytes)
}

/// An int64 tensor, row-major.
pub fn i64_tensor(name: &str, shape: &[usize], values: &[i64]) -> TensorProto {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, shape, DataType::Int64, bytes)
}

/// A float32 scalar (rank 0).
pub fn scalar_f32(name: &str, value: f32) -> TensorProto {
    f32_tensor(name, &[], &[value])
}

/// A uint8 scalar (rank 0).
pub fn scalar_u8(name: &str, value: u8) -> TensorProto {
    tensor(name, &[], DataType::Uint8, vec![value])
}

/// The tensor's shape; `None` if a side is negative or the number of elements overflows.
pub fn shape_of(tensor: &TensorProto) -> Option<Vec<usize>> {
    let shape: Vec<usize> = tensor
        .dims
        .iter()
        .map(|d| usize::try_from(*d).ok())
        .collect::<Option<_>>()?;
    shape
        .iter()
        .try_fold(1usize, |n, d| n.checked_mul(*d))
        .filter(|n| *n <= isize::MAX as usize / 8)?;
    Some(shape)
}

/// How many values a float32 tensor holds; `None` if it is of another type, lies in another file, or holds another number of values
/// than its shape says.
pub fn f32_count(tensor: &TensorProto) -> Option<usize> {
    let count = shape_of(tensor)?.iter().product::<usize>();
    let external = tensor.data_location == Some(DataLocation::External as i32);
    if tensor.data_type != DataType::Float as i32 || external {
        return None;
    }
    let bytes = match tensor.raw_data.len() {
        0 => tensor.float_data.len() * size_of::<f32>(),
        raw => raw,
    };
    (bytes == count * size_of::<f32>()).then_some(count)
}

/// The values of a float32 tensor, row-major; `None` where [`f32_count`] gives none.
pub fn f32_values(tensor: &TensorProto) -> Option<Vec<f32>> {
    f32_count(tensor)?;
    if tensor.raw_data.is_empty() {
        return Some(tensor.float_data.clone());
    }
    let (quads, _) = tensor.raw_data.as_chunks::<4>();
    Some(quads.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// The values of a uint8, int8 or int32 tensor, row-major; `None` if it is of another type, lies in another file, or holds another number of values
/// than its shape says.
pub fn integer_values(tensor: &TensorProto) -> Option<Vec<i32>> {
    let count = shape_of(tensor)?.iter().product::<usize>();
    let kind = DataType::try_from(tensor.data_type).ok()?;
    if tensor.data_location == Some(DataLocation::External as i32) {
        return None;
    }
    let raw = tensor.raw_data.as_slice();
    let values: Vec<i32> = match kind {
        DataType::Int8 | DataType::Uint8 | DataType::Int32 if raw.is_empty() => tensor.int32_data.clone(),
        DataType::Int8 => raw.iter().map(|b| i32::from(b.cast_signed())).collect(),
        DataType::Uint8 => raw.iter().map(|b| i32::from(*b)).collect(),
        DataType::Int32 => {
            let (quads, rest) = raw.as_chunks::<4>();
            quads
                .iter()
                .filter(|_| rest.is_empty())
                .map(|b| i32::from_le_bytes(*b))
                .collect()
        }
        _ => return None,
    };
    (values.len() == count).then_some(values)
}
