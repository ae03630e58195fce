//! What the activations of a network are like on real pictures.

use std::collections::HashMap;

use image::RgbImage;

use super::graph::FloatGraph;
use super::histogram::{Affine, Histogram, RangeMethod};
use crate::convert::ConvertError;
use crate::network::{InputSpec, Manifest, NetworkSettings, ObservedNetwork, ValueRange};

/// Histograms of the tensors that convolutions read.
#[derive(Debug)]
pub struct Calibration {
    names: Vec<String>,
    histograms: Vec<Histogram>,
    /// Rows × columns of each tensor.
    positions: Vec<usize>,
}

impl Calibration {
    /// Runs the float network on every crop and counts what its convolutions read; `done` is called after each crop.
    ///
    /// # Errors
    /// [`ConvertError::Network`] if the network does not load or run, [`ConvertError::NotQuantized`] if an activation is not finite.
    pub fn run(
        graph: &FloatGraph,
        manifest: &Manifest,
        settings: &NetworkSettings,
        crops: &[&RgbImage],
        mut done: impl FnMut(),
    ) -> Result<Self, ConvertError> {
        let names = graph.activations();
        let mut histograms = vec![Histogram::default(); names.len()];
        let mut positions = vec![0; names.len()];
        let network = ObservedNetwork::load(&graph.model, manifest, &manifest.name, settings, &names)?;
        let mut not_finite = None;
        for crop in crops {
            network.run(crop, |index, shape, values| {
                positions[index] = shape.iter().skip(2).product();
                if !histograms[index].add(values) {
                    not_finite.get_or_insert(index);
                }
            })?;
            done();
        }
        if let Some(index) = not_finite {
            return Err(ConvertError::NotQuantized {
                reason: format!(
                    "values of {} are not finite on a picture; the weights are damaged",
                    names[index]
                ),
            });
        }
        Ok(Self {
            names,
            histograms,
            positions,
        })
    }

    /// The code of each activation that is to be quantized.
    ///
    /// Those with a single position (squeeze-and-excite reads means over the whole picture) are left out: there is no time to win. The network's input
    /// has the range that pixels can have, whatever the pictures.
    pub fn codes(&self, graph: &FloatGraph, input: &InputSpec, method: RangeMethod) -> HashMap<String, Affine> {
        let each = self.names.iter().zip(&self.histograms).zip(&self.positions);
        each.filter(|(_, positions)| **positions > 1)
            .map(|((name, histogram), _)| {
                let code = if name == graph.input() {
                    pixel_code(input)
                } else {
                    histogram.affine(method)
                };
                (name.clone(), code)
            })
            .collect()
    }
}

/// The code that covers every value that a pixel can become.
fn pixel_code(input: &InputSpec) -> Affine {
    let brightest = match input.range {
        ValueRange::Unit | ValueRange::UnitIfAboveOne => 1.0,
    };
    let ends = input.mean.iter().zip(&input.std);
    let low = ends
        .clone()
        .map(|(mean, std)| (0.0 - mean) / std)
        .fold(f64::INFINITY, f64::min);
    let high = ends
        .map(|(mean, std)| (brightest - mean) / std)
        .fold(f64::NEG_INFINITY, f64::max);
    Affine::covering(low as f32, high as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Bundle;

    #[test]
    fn bytes_are_the_built_in_network_s_input_codes() {
        let manifest = Bundle::builtin().manifest().clone();
        let code = pixel_code(&manifest.input);
        assert_eq!((code.scale, code.zero_point), (1.0 / 255.0, 0));
    }
}
