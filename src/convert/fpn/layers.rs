//! The operators of the network, on a graph that grows; each knows the shape of its result.

use super::error::FpnError;
use super::{INPUT, OUTPUT};
use crate::convert::onnx::{GraphBuilder, ModelProto, attribute, f32_tensor, i64_tensor};
use crate::frame::Size;

/// Values of one layer's result; the published network's largest has 4 million.
const VALUES_MAX: u64 = 1 << 28;

/// What a layer gives: the name of its node and output, and its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    pub name: String,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

/// Weight (output × input / groups × side × side), bias if there is one, and how the kernel moves.
pub(super) struct Kernel {
    pub output: usize,
    pub side: usize,
    pub stride: usize,
    pub groups: usize,
    pub weight: Vec<f32>,
    pub bias: Option<Vec<f32>>,
}

/// How a map is enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enlarge {
    /// Each value repeated twice in both directions.
    NearestTwice,
    /// Linear by a whole factor, the corners' centres kept in place (`align_corners=True`).
    Bilinear(usize),
}

pub(super) struct Layers {
    graph: GraphBuilder,
    input: Map,
    macs: u64,
}

impl Layers {
    pub(super) fn new(size: Size) -> Result<Self, FpnError> {
        Self::with_input(Map {
            name: INPUT.to_owned(),
            channels: 3,
            height: size.height as usize,
            width: size.width as usize,
        })
    }

    fn with_input(input: Map) -> Result<Self, FpnError> {
        Ok(Self {
            graph: GraphBuilder::new(),
            input: checked(input)?,
            macs: 0,
        })
    }

    /// The picture.
    pub(super) fn input(&self) -> Map {
        self.input.clone()
    }

    /// Multiply-adds of the convolutions so far.
    pub(super) fn macs(&self) -> u64 {
        self.macs
    }

    pub(super) fn finish(self, output: &Map) -> ModelProto {
        let shape = |map: &Map| [1, map.channels, map.height, map.width];
        let (input, output) = (
            (self.input.name.as_str(), shape(&self.input)),
            (output.name.as_str(), shape(output)),
        );
        self.graph.finish((input.0, &input.1), (output.0, &output.1))
    }

    /// A convolution; padding keeps the size at stride 1 (the kernel's side is odd).
    pub(super) fn conv(&mut self, name: &str, input: &Map, kernel: &Kernel) -> Result<Map, FpnError> {
        let pad = kernel.side / 2;
        let reach = |length: usize| (length + 2 * pad - kernel.side) / kernel.stride + 1;
        let output = checked(Map {
            name: name.to_owned(),
            channels: kernel.output,
            height: reach(input.height),
            width: reach(input.width),
        })?;
        let incoming = input.channels / kernel.groups;
        let shape = [kernel.output, incoming, kernel.side, kernel.side];
        let weight = f32_tensor(&format!("{name}.weight"), &shape, &kernel.weight);
        let mut inputs = vec![input.name.clone(), self.graph.initializer(weight)];
        if let Some(bias) = &kernel.bias {
            let bias = f32_tensor(&format!("{name}.bias"), &[kernel.output], bias);
            inputs.push(self.graph.initializer(bias));
        }
        let (side, stride, pad) = (kernel.side as i64, kernel.stride as i64, pad as i64);
        let attributes = vec![
            attribute::ints("dilations", &[1, 1]),
            attribute::int("group", kernel.groups as i64),
            attribute::ints("kernel_shape", &[side, side]),
            attribute::ints("pads", &[pad; 4]),
            attribute::ints("strides", &[stride, stride]),
        ];
        self.graph.node("Conv", name, &names(&inputs), attributes);
        self.macs += (kernel.weight.len() * output.height * output.width) as u64;
        Ok(output)
    }

    /// The encoder's pooling: 3×3 windows at stride 2 without padding, the last of which may hang over the edge (`ceil_mode`), where nothing
    /// is taken from outside.
    pub(super) fn max_pool(&mut self, name: &str, input: &Map) -> Map {
        let attributes = vec![
            attribute::int("ceil_mode", 1),
            attribute::ints("kernel_shape", &[3, 3]),
            attribute::ints("pads", &[0; 4]),
            attribute::ints("strides", &[2, 2]),
        ];
        let reach = |length: usize| length.saturating_sub(3).div_ceil(2) + 1;
        Map {
            name: self.graph.node("MaxPool", name, &[&input.name], attributes),
            channels: input.channels,
            height: reach(input.height),
            width: reach(input.width),
        }
    }

    pub(super) fn relu(&mut self, name: &str, input: &Map) -> Map {
        self.unary("Relu", name, input)
    }

    pub(super) fn sigmoid(&mut self, name: &str, input: &Map) -> Map {
        self.unary("Sigmoid", name, input)
    }

    /// The network's last node.
    pub(super) fn probabilities(&mut self, logits: &Map) -> Map {
        self.unary("Sigmoid", OUTPUT, logits)
    }

    fn unary(&mut self, operator: &str, name: &str, input: &Map) -> Map {
        let name = self.graph.node(operator, name, &[&input.name], vec![]);
        Map { name, ..input.clone() }
    }

    /// The mean of each channel, 1×1.
    pub(super) fn global_average(&mut self, name: &str, input: &Map) -> Map {
        Map {
            name: self.graph.node("GlobalAveragePool", name, &[&input.name], vec![]),
            channels: input.channels,
            height: 1,
            width: 1,
        }
    }

    /// The sum of two maps of one shape.
    pub(super) fn add(&mut self, name: &str, a: &Map, b: &Map) -> Map {
        let name = self.graph.node("Add", name, &[&a.name, &b.name], vec![]);
        Map { name, ..a.clone() }
    }

    /// A map times one factor for each of its channels.
    pub(super) fn scale(&mut self, name: &str, map: &Map, factors: &Map) -> Map {
        let name = self.graph.node("Mul", name, &[&map.name, &factors.name], vec![]);
        Map { name, ..map.clone() }
    }

    pub(super) fn enlarge(&mut self, name: &str, input: &Map, how: Enlarge) -> Result<Map, FpnError> {
        let (factor, attributes) = match how {
            Enlarge::NearestTwice => (
                2,
                vec![
                    attribute::string("coordinate_transformation_mode", "asymmetric"),
                    attribute::string("mode", "nearest"),
                    attribute::string("nearest_mode", "floor"),
                ],
            ),
            Enlarge::Bilinear(factor) => (
                factor,
                vec![
                    attribute::string("coordinate_transformation_mode", "align_corners"),
                    attribute::string("mode", "linear"),
                ],
            ),
        };
        let output = checked(Map {
            name: name.to_owned(),
            channels: input.channels,
            height: input.height * factor,
            width: input.width * factor,
        })?;
        let factors = [1.0, 1.0, factor as f32, factor as f32];
        let scales = self
            .graph
            .initializer(f32_tensor(&format!("{name}.scales"), &[4], &factors));
        self.graph.node("Resize", name, &[&input.name, "", &scales], attributes);
        Ok(output)
    }

    /// GroupNorm as `torch.onnx.export` writes it below operator set 18: each group as one channel through InstanceNormalization, then
    /// weight and bias of each channel.
    pub(super) fn group_norm(&mut self, name: &str, input: &Map, groups: usize, weight: &[f32], bias: &[f32]) -> Map {
        let Map {
            channels,
            height,
            width,
            ..
        } = *input;
        let of = |part: &str| format!("{name}.{part}");
        let grouped = [1, groups as i64, (channels / groups * height * width) as i64];
        let whole = [1, channels as i64, height as i64, width as i64];
        let per_channel = [channels, 1, 1];
        let mut constant = |tensor| self.graph.initializer(tensor);
        let grouped = constant(i64_tensor(&of("grouped_shape"), &[3], &grouped));
        let whole = constant(i64_tensor(&of("whole_shape"), &[4], &whole));
        let ones = constant(f32_tensor(&of("ones"), &[groups], &vec![1.0; groups]));
        let zeros = constant(f32_tensor(&of("zeros"), &[groups], &vec![0.0; groups]));
        let weight = constant(f32_tensor(&of("weight"), &per_channel, weight));
        let bias = constant(f32_tensor(&of("bias"), &per_channel, bias));
        let mut node = |operator: &str, part: &str, inputs: &[&str], attributes| {
            self.graph.node(operator, &of(part), inputs, attributes)
        };
        let x = node("Reshape", "grouped", &[&input.name, &grouped], vec![]);
        let epsilon = vec![attribute::float("epsilon", 1e-5)];
        let x = node("InstanceNormalization", "normalized", &[&x, &ones, &zeros], epsilon);
        let x = node("Reshape", "whole", &[&x, &whole], vec![]);
        let x = node("Mul", "scaled", &[&x, &weight], vec![]);
        let name = self.graph.node("Add", name, &[&x, &bias], vec![]);
        Map { name, ..input.clone() }
    }
}

fn checked(map: Map) -> Result<Map, FpnError> {
    let sides = [map.channels, map.height, map.width];
    let values = sides.iter().fold(1u64, |n, side| n.saturating_mul(*side as u64));
    if values > VALUES_MAX {
        return Err(FpnError::TooWide {
            name: map.name,
            values,
            limit: VALUES_MAX,
        });
    }
    Ok(map)
}

fn names(inputs: &[String]) -> Vec<&str> {
    inputs.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod chained_layers;
#[cfg(test)]
mod drawn;
#[cfg(test)]
mod excited_layers;
#[cfg(test)]
mod int8_layers;
#[cfg(test)]
mod merged_layers;
#[cfg(test)]
mod op_cases;
