//! burn, on any of its devices.

use burn::optim::{Adam, AdamConfig, Optimizer};
use burn::tensor::module::{conv2d, interpolate};
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::material::{self, GROUPS, Parameter, RATE, SEGMENTATION, UNITS};

/// The device of a name, if this build has it.
pub fn device(name: &str) -> Option<Device> {
    match name {
        #[cfg(feature = "flex")]
        "burn-flex" => Some(Device::flex()),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated, reason = "measured all the same")]
        "burn-ndarray" => Some(Device::ndarray()),
        #[cfg(feature = "burn-libtorch")]
        #[allow(deprecated, reason = "measured all the same")]
        "burn-libtorch" => Some(Device::libtorch()),
        #[cfg(feature = "wgpu")]
        "burn-wgpu" => Some(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        _ => None,
    }
}

enum Weight {
    Map(Tensor<4>, Option<<Adam as Optimizer>::State<4>>),
    Row(Tensor<1>, Option<<Adam as Optimizer>::State<1>>),
}

pub struct Engine {
    device: Device,
    /// Whether linear interpolation is two products with constant matrices, since the backend has no gradient of its own (ndarray).
    by_matrices: bool,
    adam: Adam,
    weights: Vec<Weight>,
    features: Vec<Tensor<4>>,
    labels: Tensor<4>,
    batch: usize,
}

fn map(p: Parameter, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(p.values, p.shape), device)
}

impl Engine {
    pub fn new(plain: Device, batch: usize, by_matrices: bool) -> Self {
        let device = plain.autodiff();
        let weights = material::parameters()
            .into_iter()
            .map(|p| match p.shape.len() {
                4 => Weight::Map(map(p, &device).require_grad(), None),
                _ => {
                    let row: Tensor<1> = Tensor::from_data(TensorData::new(p.values, p.shape), &device);
                    Weight::Row(row.require_grad(), None)
                }
            })
            .collect();
        Self {
            adam: AdamConfig::new().with_epsilon(1e-8).build(),
            weights,
            features: material::features(batch).into_iter().map(|p| map(p, &device)).collect(),
            labels: map(material::labels(batch), &device),
            batch,
            device,
            by_matrices,
        }
    }

    fn map(&self, i: usize) -> Tensor<4> {
        match &self.weights[i] {
            Weight::Map(tensor, _) => tensor.clone(),
            Weight::Row(..) => unreachable!("not a map: {i}"),
        }
    }

    fn row(&self, i: usize) -> Tensor<1> {
        match &self.weights[i] {
            Weight::Row(tensor, _) => tensor.clone(),
            Weight::Map(..) => unreachable!("not a row: {i}"),
        }
    }

    fn bilinear(&self, x: Tensor<4>, factor: usize) -> Tensor<4> {
        if !self.by_matrices {
            return enlarge(x, factor, InterpolateMode::Bilinear);
        }
        let [batch, channels, height, width] = x.dims();
        let matrix = |side: usize| -> Tensor<2> {
            let values = material::interpolation(side, side * factor);
            Tensor::from_data(TensorData::new(values, [side * factor, side]), &self.device)
        };
        let wide: Tensor<2> = x.reshape([batch * channels * height, width]).matmul(matrix(width).transpose());
        let wide: Tensor<3> = wide.reshape([batch * channels, height, width * factor]);
        let high = matrix(height).unsqueeze::<3>().matmul(wide);
        high.reshape([batch, channels, height * factor, width * factor])
    }

    fn loss(&self, step: u32) -> Tensor<1> {
        let mut pyramid: Vec<Tensor<4>> = Vec::new();
        for (k, level) in self.features.iter().rev().enumerate() {
            let lateral = conv2d(level.clone(), self.map(2 * k), Some(self.row(2 * k + 1)), ConvOptions::new([1, 1], [0, 0], [1, 1], 1));
            let next = match pyramid.last() {
                None => lateral,
                Some(above) => enlarge(above.clone(), 2, InterpolateMode::Nearest) + lateral,
            };
            pyramid.push(next);
        }
        let mut at = 8;
        let mut merged: Option<Tensor<4>> = None;
        for (branch, level) in pyramid.into_iter().enumerate() {
            let mut x = level;
            for _ in 0..UNITS[branch] {
                x = conv2d(x, self.map(at), None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
                x = activation::relu(group_norm(x, self.row(at + 1), self.row(at + 2)));
                if branch < 3 {
                    x = self.bilinear(x, 2);
                }
                at += 3;
            }
            merged = Some(match merged {
                None => x,
                Some(sum) => sum + x,
            });
        }
        let x = merged.expect("four branches") * map(material::dropout(self.batch, step), &self.device);
        let logits = conv2d(x, self.map(at), Some(self.row(at + 1)), ConvOptions::new([1, 1], [0, 0], [1, 1], 1));
        let p = activation::sigmoid(self.bilinear(logits, 4));
        // fp = sum(p) - tp, fn = sum(t) - tp
        let tp = (p.clone() * self.labels.clone()).sum();
        let both = p.sum() + self.labels.clone().sum();
        (tp.mul_scalar(2.0).add_scalar(1.0) / both.add_scalar(1.0)).neg().add_scalar(1.0)
    }

    pub fn step(&mut self, step: u32) -> f32 {
        let loss = self.loss(step);
        let value: f32 = loss.clone().into_scalar();
        let mut gradients = loss.backward();
        for weight in &mut self.weights {
            match weight {
                Weight::Map(tensor, state) => {
                    let gradient = tensor.grad_remove(&mut gradients).expect("every weight is used");
                    let (next, kept) = self.adam.step(RATE, tensor.clone().inner(), gradient, state.take());
                    *state = kept;
                    *tensor = Tensor::from_inner(next).require_grad();
                }
                Weight::Row(tensor, state) => {
                    let gradient = tensor.grad_remove(&mut gradients).expect("every weight is used");
                    let (next, kept) = self.adam.step(RATE, tensor.clone().inner(), gradient, state.take());
                    *state = kept;
                    *tensor = Tensor::from_inner(next).require_grad();
                }
            }
        }
        self.device.sync().expect("the device answers");
        value
    }
}

fn enlarge(x: Tensor<4>, factor: usize, mode: InterpolateMode) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    interpolate(x, InterpolateOptions::new(mode).with_output_size([height * factor, width * factor]))
}

fn group_norm(x: Tensor<4>, gain: Tensor<1>, shift: Tensor<1>) -> Tensor<4> {
    let shape = x.dims();
    let x: Tensor<3> = x.reshape([shape[0], GROUPS, shape[1] / GROUPS * shape[2] * shape[3]]);
    let centred = x.clone() - x.mean_dim(2);
    let deviation = centred.clone().powi_scalar(2).mean_dim(2).add_scalar(1e-5).sqrt();
    let x: Tensor<4> = (centred / deviation).reshape(shape);
    x * gain.reshape([1, SEGMENTATION, 1, 1]) + shift.reshape([1, SEGMENTATION, 1, 1])
}
