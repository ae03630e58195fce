//! candle. It has no gradient of bilinear interpolation, so that is two products with constant matrices.

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};

use crate::material::{self, GROUPS, Parameter, RATE, SEGMENTATION, UNITS};

pub struct Engine {
    weights: Vec<Var>,
    adam: AdamW,
    features: Vec<Tensor>,
    labels: Tensor,
    batch: usize,
}

fn tensor(p: Parameter) -> Result<Tensor> {
    Tensor::from_vec(p.values, p.shape, &Device::Cpu)
}

impl Engine {
    pub fn new(batch: usize) -> Result<Self> {
        let weights: Vec<Var> =
            material::parameters().into_iter().map(|p| Var::from_tensor(&tensor(p)?)).collect::<Result<_>>()?;
        let parameters = ParamsAdamW { lr: RATE, weight_decay: 0.0, ..Default::default() };
        Ok(Self {
            adam: AdamW::new(weights.clone(), parameters)?,
            weights,
            features: material::features(batch).into_iter().map(tensor).collect::<Result<_>>()?,
            labels: tensor(material::labels(batch))?,
            batch,
        })
    }

    fn bias(x: Tensor, bias: &Tensor) -> Result<Tensor> {
        x.broadcast_add(&bias.reshape((1, (), 1, 1))?)
    }

    fn loss(&self, step: u32) -> Result<Tensor> {
        let w = &self.weights;
        let mut pyramid: Vec<Tensor> = Vec::new();
        for (k, level) in self.features.iter().rev().enumerate() {
            let lateral = Self::bias(level.conv2d(&w[2 * k], 0, 1, 1, 1)?, &w[2 * k + 1])?;
            let next = match pyramid.last() {
                None => lateral,
                Some(above) => {
                    let (_, _, height, width) = above.dims4()?;
                    (above.upsample_nearest2d(height * 2, width * 2)? + lateral)?
                }
            };
            pyramid.push(next);
        }
        let mut at = 8;
        let mut merged: Option<Tensor> = None;
        for (branch, level) in pyramid.into_iter().enumerate() {
            let mut x = level;
            for _ in 0..UNITS[branch] {
                x = x.conv2d(&w[at], 1, 1, 1, 1)?;
                x = group_norm(&x, &w[at + 1], &w[at + 2])?.relu()?;
                if branch < 3 {
                    x = bilinear(&x, 2)?;
                }
                at += 3;
            }
            merged = Some(match merged {
                None => x,
                Some(sum) => (sum + x)?,
            });
        }
        let x = merged.expect("four branches").broadcast_mul(&tensor(material::dropout(self.batch, step))?)?;
        let logits = Self::bias(x.conv2d(&w[at], 0, 1, 1, 1)?, &w[at + 1])?;
        // 1 / (1 + exp(-x)): candle_nn's sigmoid has a gradient too.
        let p = candle_nn::ops::sigmoid(&bilinear(&logits, 4)?)?;
        let tp = (&p * &self.labels)?.sum_all()?;
        let both = (p.sum_all()? + self.labels.sum_all()?)?;
        (1.0 - ((tp * 2.0)? + 1.0)?.div(&(both + 1.0)?)?)
    }

    pub fn step(&mut self, step: u32) -> Result<f32> {
        let loss = self.loss(step)?;
        let gradients = loss.backward()?;
        self.adam.step(&gradients)?;
        loss.to_scalar()
    }
}

fn group_norm(x: &Tensor, gain: &Tensor, shift: &Tensor) -> Result<Tensor> {
    let shape = x.dims().to_vec();
    let x = x.reshape((shape[0], GROUPS, ()))?;
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + 1e-5)?.sqrt()?;
    let x = centred.broadcast_div(&deviation)?.reshape(shape)?;
    x.broadcast_mul(&gain.reshape((1, SEGMENTATION, 1, 1))?)?.broadcast_add(&shift.reshape((1, SEGMENTATION, 1, 1))?)
}

fn bilinear(x: &Tensor, factor: usize) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let matrix = |input: usize| Tensor::from_vec(material::interpolation(input, input * factor), (input * factor, input), &Device::Cpu);
    let wide = x.reshape((batch * channels * height, width))?.matmul(&matrix(width)?.t()?.contiguous()?)?;
    let wide = wide.reshape((batch * channels, height, width * factor))?;
    let high = matrix(height)?.broadcast_left(batch * channels)?.contiguous()?.matmul(&wide)?;
    high.reshape((batch, channels, height * factor, width * factor))
}
