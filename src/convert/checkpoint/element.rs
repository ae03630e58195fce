//! Types of elements.

use std::fmt;

use half::{bf16, f16};

/// Type of a tensor's elements, in the file; all are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// IEEE 754, 64 bits.
    Float64,
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 16 bits.
    Float16,
    /// The upper half of a 32-bit float.
    BFloat16,
    /// Signed, 64 bits.
    Int64,
    /// Signed, 32 bits.
    Int32,
    /// Signed, 16 bits.
    Int16,
    /// Signed, 8 bits.
    Int8,
    /// Unsigned, 8 bits.
    UInt8,
    /// One byte, 0 or 1.
    Bool,
}

impl ElementType {
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Self::Float64 | Self::Int64 => 8,
            Self::Float32 | Self::Int32 => 4,
            Self::Float16 | Self::BFloat16 | Self::Int16 => 2,
            Self::Int8 | Self::UInt8 | Self::Bool => 1,
        }
    }

    /// Appends the elements in `bytes`, rounded to the nearest 32-bit float; bytes after the last whole element are left out.
    pub(super) fn extend(self, values: &mut Vec<f32>, bytes: &[u8]) {
        match self {
            Self::Float64 => extend_with(values, bytes, |b| f64::from_le_bytes(b) as f32),
            Self::Float32 => extend_with(values, bytes, f32::from_le_bytes),
            Self::Float16 => extend_with(values, bytes, |b| f16::from_le_bytes(b).to_f32()),
            Self::BFloat16 => extend_with(values, bytes, |b| bf16::from_le_bytes(b).to_f32()),
            Self::Int64 => extend_with(values, bytes, |b| i64::from_le_bytes(b) as f32),
            Self::Int32 => extend_with(values, bytes, |b| i32::from_le_bytes(b) as f32),
            Self::Int16 => extend_with(values, bytes, |b| i16::from_le_bytes(b).into()),
            Self::Int8 => extend_with(values, bytes, |b| i8::from_le_bytes(b).into()),
            Self::UInt8 | Self::Bool => extend_with(values, bytes, |b| u8::from_le_bytes(b).into()),
        }
    }
}

fn extend_with<const N: usize>(values: &mut Vec<f32>, bytes: &[u8], convert: impl Fn([u8; N]) -> f32) {
    values.extend(bytes.as_chunks().0.iter().map(|&element| convert(element)));
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Float64 => "float64",
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::BFloat16 => "bfloat16",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Int16 => "int16",
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Bool => "bool",
        })
    }
}
