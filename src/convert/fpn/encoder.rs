//! SE-ResNeXt: stem and four layers of bottlenecks (pretrainedmodels 0.7.4, `models/senet.py`, class `SEResNeXtBottleneck`).

use super::architecture::LAYERS;
use super::batch_norm::folded;
use super::error::FpnError;
use super::layers::{Kernel, Layers, Map};
use super::tensors::Tensors;
use super::{Architecture, Block, Weights};

/// The results of layers 1 to 4, at a quarter to a 32nd of the picture's size.
pub(super) fn build<W: Weights>(
    layers: &mut Layers,
    tensors: &mut Tensors<'_, W>,
    architecture: &Architecture,
) -> Result<[Map; LAYERS], FpnError> {
    let mut encoder = Encoder { layers, tensors };
    let picture = encoder.layers.input();
    let kernel = Shape {
        output: architecture.stem,
        incoming: 3,
        side: 7,
        stride: 2,
        groups: 1,
    };
    let x = encoder.conv_norm("encoder.layer0.conv1", "encoder.layer0.bn1", &picture, &kernel)?;
    let x = encoder.layers.relu("encoder.layer0.relu1", &x);
    let mut x = encoder.layers.max_pool("encoder.layer0.pool", &x);
    let mut levels = Vec::with_capacity(LAYERS);
    for (layer, blocks) in architecture.layers.iter().enumerate() {
        for (number, block) in blocks.iter().enumerate() {
            x = encoder.block(&format!("encoder.layer{}.{number}", layer + 1), &x, block)?;
        }
        levels.push(x.clone());
    }
    Ok(levels.try_into().expect("one result for each layer"))
}

struct Encoder<'a, 'w, W> {
    layers: &'a mut Layers,
    tensors: &'a mut Tensors<'w, W>,
}

/// A convolution's weight without its values.
struct Shape {
    output: usize,
    incoming: usize,
    side: usize,
    stride: usize,
    groups: usize,
}

impl Shape {
    fn pointwise(input: usize, output: usize, stride: usize) -> Self {
        Self {
            output,
            incoming: input,
            side: 1,
            stride,
            groups: 1,
        }
    }
}

impl<W: Weights> Encoder<'_, '_, W> {
    fn block(&mut self, name: &str, input: &Map, block: &Block) -> Result<Map, FpnError> {
        let of = |part: &str| format!("{name}.{part}");
        let shape = Shape::pointwise(block.input, block.width, 1);
        let x = self.conv_norm(&of("conv1"), &of("bn1"), input, &shape)?;
        let x = self.layers.relu(&of("relu1"), &x);
        let shape = Shape {
            output: block.width,
            incoming: block.width / block.groups,
            side: 3,
            stride: block.stride,
            groups: block.groups,
        };
        let x = self.conv_norm(&of("conv2"), &of("bn2"), &x, &shape)?;
        let x = self.layers.relu(&of("relu2"), &x);
        let shape = Shape::pointwise(block.width, block.output, 1);
        let x = self.conv_norm(&of("conv3"), &of("bn3"), &x, &shape)?;
        let x = self.squeeze_excite(&of("se_module"), &x)?;
        let shortcut = if block.downsample {
            let shape = Shape::pointwise(block.input, block.output, block.stride);
            self.conv_norm(&of("downsample.0"), &of("downsample.1"), input, &shape)?
        } else {
            input.clone()
        };
        let sum = self.layers.add(&of("add"), &x, &shortcut);
        Ok(self.layers.relu(&of("relu3"), &sum))
    }

    /// Each channel times a factor from 0 to 1 that all channels' means decide.
    fn squeeze_excite(&mut self, name: &str, x: &Map) -> Result<Map, FpnError> {
        let of = |part: &str| format!("{name}.{part}");
        let means = self.layers.global_average(&of("avg_pool"), x);
        let hidden = self.conv_bias(&of("fc1"), &means)?;
        let hidden = self.layers.relu(&of("relu"), &hidden);
        let factors = self.conv_bias(&of("fc2"), &hidden)?;
        let factors = self.layers.sigmoid(&of("sigmoid"), &factors);
        Ok(self.layers.scale(name, x, &factors))
    }

    fn conv_norm(&mut self, conv: &str, norm: &str, input: &Map, shape: &Shape) -> Result<Map, FpnError> {
        let per_output = shape.incoming * shape.side * shape.side;
        let (weight, bias) = folded(self.tensors, conv, norm, per_output)?;
        let kernel = Kernel {
            output: shape.output,
            side: shape.side,
            stride: shape.stride,
            groups: shape.groups,
            weight,
            bias: Some(bias),
        };
        self.layers.conv(conv, input, &kernel)
    }

    /// A 1×1 convolution with a bias of its own.
    fn conv_bias(&mut self, name: &str, input: &Map) -> Result<Map, FpnError> {
        let weight = self.tensors.take(&format!("{name}.weight"))?;
        let bias = self.tensors.take(&format!("{name}.bias"))?;
        let kernel = Kernel {
            output: bias.len(),
            side: 1,
            stride: 1,
            groups: 1,
            weight,
            bias: Some(bias),
        };
        self.layers.conv(name, input, &kernel)
    }
}
