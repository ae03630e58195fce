//! Batch norm as part of the convolution before it.

use super::Weights;
use super::error::FpnError;
use super::tensors::Tensors;

/// Added to each variance; torch's default, which every batch norm of the network has.
const EPSILON: f64 = 1e-5;

/// Weight and bias of convolution `conv` (without a bias of its own) with batch norm `norm` folded in: `w·g/√(v+ε)` and `b − m·g/√(v+ε)`,
/// computed in float64.
pub(super) fn folded<W: Weights>(
    tensors: &mut Tensors<'_, W>,
    conv: &str,
    norm: &str,
    per_output: usize,
) -> Result<(Vec<f32>, Vec<f32>), FpnError> {
    let mut weight = tensors.take(&format!("{conv}.weight"))?;
    let gain = tensors.take(&format!("{norm}.weight"))?;
    let mut bias = tensors.take(&format!("{norm}.bias"))?;
    let mean = tensors.statistics(&format!("{norm}.running_mean"))?;
    let name = format!("{norm}.running_var");
    let variance = tensors.statistics(&name)?;
    if variance.iter().any(|v| *v < 0.0) {
        return Err(FpnError::NegativeVariance { name });
    }
    for (channel, kernel) in weight.chunks_exact_mut(per_output).enumerate() {
        let scale = f64::from(gain[channel]) / (f64::from(variance[channel]) + EPSILON).sqrt();
        for w in kernel {
            *w = (f64::from(*w) * scale) as f32;
        }
        bias[channel] = (f64::from(bias[channel]) - f64::from(mean[channel]) * scale) as f32;
    }
    // A finite weight may still leave the range of float32 on being scaled.
    for (values, name) in [(&weight, conv), (&bias, norm)] {
        if values.iter().any(|v| !v.is_finite()) {
            let name = format!("{name}.weight");
            return Err(FpnError::NotFinite { name });
        }
    }
    Ok((weight, bias))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::convert::fpn::{Scope, Untrained};

    /// A 1×1 convolution that changes nothing, and a batch norm: weight, bias, mean, variance.
    pub(crate) struct IdentityThenNorm {
        shapes: Vec<(&'static str, Vec<usize>)>,
        values: Vec<Vec<f32>>,
    }

    impl IdentityThenNorm {
        pub(crate) fn new(channels: usize, norm: [Vec<f32>; 4]) -> Self {
            let identity = (0..channels * channels).map(|i| if i % (channels + 1) == 0 { 1.0 } else { 0.0 });
            let names = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"];
            let mut shapes = vec![("conv.weight", vec![channels, channels, 1, 1])];
            shapes.extend(names.map(|name| (name, vec![channels])));
            let mut values = vec![identity.collect()];
            values.extend(norm);
            Self { shapes, values }
        }

        pub(crate) fn try_folded(&self) -> Result<(Vec<f32>, Vec<f32>), FpnError> {
            let untrained = Untrained { seed: 0, classes: 1 };
            let mut tensors = Tensors::new(self, Scope::Whole, &untrained);
            folded(&mut tensors, "conv", "bn", self.shapes[0].1[0])
        }

        pub(crate) fn folded(&self) -> (Vec<f32>, Vec<f32>) {
            self.try_folded().unwrap()
        }
    }

    impl Weights for IdentityThenNorm {
        fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
            self.shapes.iter().map(|(name, shape)| (*name, shape.as_slice()))
        }

        fn read(&self, name: &str) -> Result<Vec<f32>, String> {
            let index = self.shapes.iter().position(|(n, _)| *n == name);
            Ok(self.values[index.ok_or("is missing")?].clone())
        }
    }

    fn norm(gain: f32, mean: f32, variance: f32) -> IdentityThenNorm {
        IdentityThenNorm::new(1, [gain, 0.5, mean, variance].map(|v| vec![v]))
    }

    #[test]
    fn values_that_no_training_gives_are_named() {
        assert!(norm(1.0, 0.0, 0.0).try_folded().is_ok());
        for (bad, tensor) in [
            (norm(1.0, 0.0, -1.0), "bn.running_var"),
            (norm(1.0, f32::NAN, 1.0), "bn.running_mean"),
            (norm(f32::MAX, 0.0, 0.0), "conv.weight"),
        ] {
            let error = bad.try_folded().unwrap_err().to_string();
            assert!(error.contains(tensor), "{error}");
        }
    }
}
