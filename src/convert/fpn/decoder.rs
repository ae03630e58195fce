//! The feature pyramid, its segmentation branches, and the head (segmentation_models_pytorch 0.2.1, `fpn/decoder.py`, `base/heads.py`).

use super::architecture::LAYERS;
use super::error::FpnError;
use super::expected::UNITS;
use super::layers::{Enlarge, Kernel, Layers, Map};
use super::tensors::Tensors;
use super::{Architecture, Weights};

/// Groups of every GroupNorm.
pub(super) const GROUPS: usize = 32;
/// The head works at a quarter of the picture's size.
const HEAD_FACTOR: usize = 4;

/// The probabilities, at the picture's size, from the encoder's four results.
pub(super) fn build<W: Weights>(
    layers: &mut Layers,
    tensors: &mut Tensors<'_, W>,
    architecture: &Architecture,
    levels: &[Map; LAYERS],
) -> Result<Map, FpnError> {
    let mut decoder = Decoder {
        layers,
        tensors,
        architecture,
    };
    let [c2, c3, c4, c5] = levels;
    let p5 = decoder.lateral("decoder.p5", c5)?;
    let p4 = decoder.level("decoder.p4", &p5, c4)?;
    let p3 = decoder.level("decoder.p3", &p4, c3)?;
    let p2 = decoder.level("decoder.p2", &p3, c2)?;
    let mut merged: Option<Map> = None;
    for (branch, level) in [p5, p4, p3, p2].iter().enumerate() {
        let map = decoder.branch(branch, level)?;
        merged = Some(match merged {
            None => map,
            Some(sum) => decoder.layers.add(&format!("decoder.merge.{branch}"), &sum, &map),
        });
    }
    decoder.head(&merged.expect("there are four branches"))
}

struct Decoder<'a, 'w, W> {
    layers: &'a mut Layers,
    tensors: &'a mut Tensors<'w, W>,
    architecture: &'a Architecture,
}

impl<W: Weights> Decoder<'_, '_, W> {
    /// The level above, doubled, and this level's lateral.
    fn level(&mut self, name: &str, above: &Map, level: &Map) -> Result<Map, FpnError> {
        let doubled = self
            .layers
            .enlarge(&format!("{name}.upsample"), above, Enlarge::NearestTwice)?;
        let lateral = self.lateral(&format!("{name}.skip_conv"), level)?;
        Ok(self.layers.add(name, &doubled, &lateral))
    }

    fn lateral(&mut self, name: &str, level: &Map) -> Result<Map, FpnError> {
        let (output, input) = (self.architecture.pyramid, level.channels);
        let weight = self
            .tensors
            .take_or_draw(&format!("{name}.weight"), |d| d.kaiming(output * input, input))?;
        let bias = self
            .tensors
            .take_or_draw(&format!("{name}.bias"), |_| vec![0.0; output])?;
        self.layers.conv(name, level, &kernel(1, weight, output, Some(bias)))
    }

    /// Convolution, GroupNorm, ReLU and doubling until a quarter of the picture's size is reached.
    fn branch(&mut self, branch: usize, level: &Map) -> Result<Map, FpnError> {
        let output = self.architecture.segmentation;
        let mut x = level.clone();
        for unit in 0..UNITS[branch] {
            let name = format!("decoder.seg_blocks.{branch}.block.{unit}");
            let of = |part: &str| format!("{name}.block.{part}");
            let incoming = x.channels * 3 * 3;
            let draw_weight = |d: &mut super::untrained::Drawn| d.kaiming(output * incoming, incoming);
            let weight = self.tensors.take_or_draw(&of("0.weight"), draw_weight)?;
            x = self.layers.conv(&of("0"), &x, &kernel(3, weight, output, None))?;
            let gain = self.tensors.take_or_draw(&of("1.weight"), |_| vec![1.0; output])?;
            let shift = self.tensors.take_or_draw(&of("1.bias"), |_| vec![0.0; output])?;
            x = self.layers.group_norm(&of("1"), &x, GROUPS, &gain, &shift);
            x = self.layers.relu(&of("2"), &x);
            // p2's branch has its one unit at full size already.
            if branch + 1 < UNITS.len() {
                x = self
                    .layers
                    .enlarge(&format!("{name}.upsample"), &x, Enlarge::Bilinear(2))?;
            }
        }
        Ok(x)
    }

    /// Logits at a quarter of the size, enlarged, then probabilities: the other order gives other values.
    fn head(&mut self, merged: &Map) -> Result<Map, FpnError> {
        let (output, input) = (self.architecture.classes, merged.channels);
        let draw_weight = |d: &mut super::untrained::Drawn| d.xavier(output * input, input, output);
        let weight = self.tensors.take_or_draw("segmentation_head.0.weight", draw_weight)?;
        let bias = self
            .tensors
            .take_or_draw("segmentation_head.0.bias", |_| vec![0.0; output])?;
        let logits = self
            .layers
            .conv("segmentation_head.0", merged, &kernel(1, weight, output, Some(bias)))?;
        let logits = self
            .layers
            .enlarge("segmentation_head.1", &logits, Enlarge::Bilinear(HEAD_FACTOR))?;
        Ok(self.layers.probabilities(&logits))
    }
}

fn kernel(side: usize, weight: Vec<f32>, output: usize, bias: Option<Vec<f32>>) -> Kernel {
    Kernel {
        output,
        side,
        stride: 1,
        groups: 1,
        weight,
        bias,
    }
}
