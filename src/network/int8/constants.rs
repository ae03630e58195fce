//! Constants of a graph as convolutions take them: floats, and bytes with a scale, which the file holds behind a node that dequantizes them.

use tract_onnx::pb::NodeProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::view::{View, int};

/// How a constant is dequantized: one scale and zero point for each channel of its first axis, or one for all.
struct Dequantizing<'a> {
    /// The constant's name.
    values: &'a str,
    scales: Vec<f32>,
    /// As many as scales; none means zeros.
    zeros: Vec<i64>,
}

impl<'a> View<'a> {
    /// The node that dequantizes a constant into this tensor.
    fn dequantizer(&self, tensor: &str) -> Option<&'a NodeProto> {
        let (_, maker) = self.maker(tensor)?;
        (maker.op_type == "DequantizeLinear" && self.is_constant(&maker.input[0])).then_some(maker)
    }

    fn dequantizing(&self, tensor: &str) -> Option<Dequantizing<'a>> {
        let node = self.dequantizer(tensor)?;
        let scales = self.floats(node.input.get(1)?)?;
        let zeros = node.input.get(2).map_or(Some(vec![]), |name| self.integers(name))?;
        let shape = self.shape(tensor);
        let first_axis = shape.len() == 1 || int(node, "axis", 1) == 0;
        let fits = scales.len() == 1 || first_axis && shape.first() == Some(&scales.len());
        (fits && (zeros.is_empty() || zeros.len() == scales.len())).then_some(Dequantizing {
            values: &node.input[0],
            scales,
            zeros,
        })
    }

    /// The shape of a tensor that is constant or dequantized from a constant; else an empty one.
    pub(super) fn constant_shape(&self, tensor: &str) -> &'a [usize] {
        let constant = self.is_constant(tensor) || self.dequantizer(tensor).is_some();
        if constant { self.shape(tensor) } else { &[] }
    }

    /// Whether there are [`constant_floats`](Self::constant_floats), without making them.
    pub(super) fn has_constant_floats(&self, tensor: &str) -> bool {
        self.data_type(tensor) == Some(DataType::Float) || self.dequantizing(tensor).is_some()
    }

    /// Constant floats, also those of a constant that is dequantized.
    pub(super) fn constant_floats(&self, tensor: &str) -> Option<Vec<f32>> {
        if let Some(floats) = self.floats(tensor) {
            return Some(floats);
        }
        let Dequantizing { values, scales, zeros } = self.dequantizing(tensor)?;
        let values = self.integers(values)?;
        let per_scale = (values.len() / scales.len()).max(1);
        let value = |(at, value): (usize, &i64)| {
            let channel = (at / per_scale).min(scales.len() - 1);
            (*value - zeros.get(channel).copied().unwrap_or(0)) as f32 * scales[channel]
        };
        Some(values.iter().enumerate().map(value).collect())
    }

    /// Whether there are [`constant_bytes`](Self::constant_bytes), without making them.
    pub(super) fn has_constant_bytes(&self, tensor: &str) -> bool {
        self.dequantizing(tensor).is_some_and(|dequantizing| {
            self.data_type(dequantizing.values) == Some(DataType::Int8)
                && dequantizing.zeros.iter().all(|zero| *zero == 0)
        })
    }

    /// Constant signed bytes around 0, and the scale of each channel of their first axis.
    pub(super) fn constant_bytes(&self, tensor: &str) -> Option<(Vec<i8>, Vec<f32>)> {
        let Dequantizing {
            values,
            mut scales,
            zeros,
        } = self.dequantizing(tensor)?;
        if scales.len() == 1 {
            scales = vec![scales[0]; *self.shape(tensor).first()?];
        }
        zeros
            .iter()
            .all(|zero| *zero == 0)
            .then_some((self.signed_bytes(values)?, scales))
    }
}
