//! libtorch through tch.

use tch::{Kind, Tensor};

use crate::material::{self, GROUPS, Parameter, RATE, UNITS};

pub struct Engine {
    weights: Vec<Tensor>,
    moments: Vec<(Tensor, Tensor)>,
    features: Vec<Tensor>,
    labels: Tensor,
    batch: usize,
}

fn tensor(p: Parameter) -> Tensor {
    let shape: Vec<i64> = p.shape.iter().map(|&n| n as i64).collect();
    Tensor::from_slice(&p.values).reshape(shape)
}

impl Engine {
    pub fn new(batch: usize, threads: usize) -> Self {
        tch::set_num_threads(threads as i32);
        let weights: Vec<Tensor> = material::parameters().into_iter().map(|p| tensor(p).set_requires_grad(true)).collect();
        Self {
            moments: weights.iter().map(|w| (w.detach().zeros_like(), w.detach().zeros_like())).collect(),
            weights,
            features: material::features(batch).into_iter().map(tensor).collect(),
            labels: tensor(material::labels(batch)),
            batch,
        }
    }

    fn loss(&self, step: u32) -> Tensor {
        let w = &self.weights;
        let mut pyramid: Vec<Tensor> = Vec::new();
        for (k, level) in self.features.iter().rev().enumerate() {
            let lateral = level.conv2d(&w[2 * k], Some(&w[2 * k + 1]), [1, 1], [0, 0], [1, 1], 1);
            let next = match pyramid.last() {
                None => lateral,
                Some(above) => above.upsample_nearest2d(size(above, 2), None, None) + lateral,
            };
            pyramid.push(next);
        }
        let mut at = 8;
        let mut merged: Option<Tensor> = None;
        for (branch, level) in pyramid.into_iter().enumerate() {
            let mut x = level;
            for _ in 0..UNITS[branch] {
                x = x.conv2d(&w[at], None::<Tensor>, [1, 1], [1, 1], [1, 1], 1);
                x = x.group_norm(GROUPS as i64, Some(&w[at + 1]), Some(&w[at + 2]), 1e-5, false).relu();
                if branch < 3 {
                    x = x.upsample_bilinear2d(size(&x, 2), true, None, None);
                }
                at += 3;
            }
            merged = Some(match merged {
                None => x,
                Some(sum) => sum + x,
            });
        }
        let x = merged.expect("four branches") * tensor(material::dropout(self.batch, step));
        let logits = x.conv2d(&w[at], Some(&w[at + 1]), [1, 1], [0, 0], [1, 1], 1);
        let p = logits.upsample_bilinear2d(size(&logits, 4), true, None, None).sigmoid();
        let tp = (&p * &self.labels).sum(Kind::Float);
        let both = p.sum(Kind::Float) + self.labels.sum(Kind::Float);
        1.0 - (tp * 2.0 + 1.0) / (both + 1.0)
    }

    pub fn step(&mut self, step: u32) -> f32 {
        let loss = self.loss(step);
        let gradients = Tensor::run_backward(&[&loss], &self.weights, false, false);
        tch::no_grad(|| {
            let t = (step + 1) as i32;
            let (first, second) = (1.0 - 0.9f64.powi(t), 1.0 - 0.999f64.powi(t));
            for ((w, (m, v)), g) in self.weights.iter_mut().zip(&mut self.moments).zip(&gradients) {
                *m = &*m * 0.9 + g * 0.1;
                *v = &*v * 0.999 + g.square() * 0.001;
                let update = (&*m / first) / ((&*v / second).sqrt() + 1e-8) * RATE;
                let _ = w.subtract_(&update);
            }
        });
        loss.double_value(&[]) as f32
    }
}

fn size(x: &Tensor, factor: i64) -> [i64; 2] {
    let shape = x.size();
    [shape[2] * factor, shape[3] * factor]
}
