//! The learning layers on burn: probabilities, the reference's Dice loss, gradients, Adam.

use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, Optimizer};
use burn::tensor::module::{conv2d, interpolate, max_pool2d};
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::TrainError;
use super::calibration::Reliability;
use super::layers::{Layer, Layers, Operator};
use super::processor::contained;
use crate::evaluate::reference::{LOSS_EPSILON, Sums};

/// Pictures of one step.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// Pictures.
    pub count: usize,
    /// Each feature of all pictures, one picture after another.
    pub features: Vec<Vec<f32>>,
    /// 1 where a class is labelled, pictures×classes×height×width.
    pub truth: Vec<f32>,
    /// 0 for a class about which a picture's label says nothing, else 1; pictures×classes.
    pub scored: Vec<f32>,
}

/// A learning tensor with what Adam knows of it.
struct Weight {
    shape: Vec<usize>,
    /// Flat: one kind of tensor for all.
    values: Tensor<1>,
    adam: Option<AdamState<1>>,
}

/// How a network tells a batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Scores {
    /// The reference's Dice loss.
    pub loss: f64,
    /// The reference's IoU of each picture.
    pub ious: Vec<f64>,
    /// How often it is right.
    pub reliability: Reliability,
}

impl Scores {
    /// The mean over pictures, as the reference's epochs have it.
    pub fn mean_iou(&self) -> f64 {
        self.ious.iter().sum::<f64>() / self.ious.len() as f64
    }
}

/// Values of a parameter and Adam's two moments of it, as they are kept in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Kept {
    pub values: Vec<f32>,
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

impl Kept {
    /// Whether all of it are numbers.
    pub fn is_finite(&self) -> bool {
        let mut all = self.values.iter().chain(&self.first).chain(&self.second);
        all.all(|value| value.is_finite())
    }
}

/// The layers that learn.
pub(super) struct Engine {
    /// Without gradients.
    device: Device,
    layers: Layers,
    weights: Vec<Weight>,
    adam: Adam,
    /// Steps taken.
    steps: usize,
}

/// The sums of which loss and IoU are made, as in [`Sums`](crate::evaluate::reference::Sums).
struct Overlap {
    shared: Tensor<1>,
    predicted: Tensor<1>,
    truth: Tensor<1>,
}

impl Overlap {
    fn of(probabilities: &Tensor<4>, truth: &Tensor<4>) -> Self {
        Self {
            shared: total(probabilities.clone() * truth.clone()),
            predicted: total(probabilities.clone()),
            truth: total(truth.clone()),
        }
    }

    /// Dice with β = 1: twice the shared over both, with what the reference adds.
    fn dice_loss(self) -> Tensor<1> {
        let both = self.predicted + self.truth;
        let score = self.shared.mul_scalar(2.0).add_scalar(LOSS_EPSILON) / both.add_scalar(LOSS_EPSILON);
        score.neg().add_scalar(1.0)
    }
}

/// The sum of all values, plane by plane, so that its last bits depend on nothing. flex adds up more than four million values at once in pieces as its threads
/// come by (burn-flex 0.22.1, src/ops/reduce.rs, `sum_f32_parallel`), and a training would not go on after a kill to the same end.
fn total(maps: Tensor<4>) -> Tensor<1> {
    let [pictures, classes, height, width] = maps.dims();
    maps.reshape([pictures * classes, height * width]).sum_dim(1).sum()
}

fn engine_failed(error: impl std::fmt::Display) -> TrainError {
    TrainError::Engine(error.to_string())
}

impl Engine {
    /// The layers on a device without gradients.
    ///
    /// # Errors
    /// [`TrainError::Engine`].
    pub fn new(layers: Layers, device: Device) -> Result<Self, TrainError> {
        contained(|| Self::on(layers, device))
    }

    fn on(layers: Layers, device: Device) -> Self {
        let learning = device.clone().autodiff();
        let weight = |p: &super::layers::Parameter| Weight {
            shape: p.shape.clone(),
            values: flat(&p.values, &learning).set_require_grad(p.learns),
            adam: None,
        };
        Self {
            weights: layers.parameters.iter().map(weight).collect(),
            // Adam's own small number is 1e-8 in torch, 1e-5 in burn.
            adam: AdamConfig::new().with_epsilon(1e-8).build(),
            steps: 0,
            device,
            layers,
        }
    }

    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Steps taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// One step: the loss before it. `dropped` holds a factor for each channel of each picture before the last convolution, or nothing.
    ///
    /// # Errors
    /// [`TrainError::Engine`].
    pub fn step(&mut self, batch: Batch, rate: f64, dropped: &[f32]) -> Result<f64, TrainError> {
        contained(|| self.learn(batch, rate, dropped))?
    }

    fn learn(&mut self, batch: Batch, rate: f64, dropped: &[f32]) -> Result<f64, TrainError> {
        let loss = self.loss(batch, dropped);
        let value = f64::from(loss.clone().into_scalar::<f32>());
        if !value.is_finite() {
            return Ok(value);
        }
        let mut gradients = loss.backward();
        for (weight, _) in self
            .weights
            .iter_mut()
            .zip(&self.layers.parameters)
            .filter(|(_, p)| p.learns)
        {
            // A parameter that led nowhere has no gradient, and stays.
            let Some(gradient) = weight.values.grad_remove(&mut gradients) else {
                continue;
            };
            let (next, adam) = self
                .adam
                .step(rate, weight.values.clone().inner(), gradient, weight.adam.take());
            weight.adam = adam;
            weight.values = Tensor::from_inner(next).require_grad();
        }
        self.device.sync().map_err(engine_failed)?;
        self.steps += 1;
        Ok(value)
    }

    /// The Dice loss of a batch, which can be followed backward.
    fn loss(&self, mut batch: Batch, dropped: &[f32]) -> Tensor<1> {
        let device = self.device.clone().autodiff();
        let weights: Vec<Tensor<1>> = self.weights.iter().map(|w| w.values.clone()).collect();
        let probabilities = self.probabilities(&weights, &mut batch, dropped, &device);
        let (probabilities, truth) = self.scored(probabilities, &batch, &device);
        Overlap::of(&probabilities, &truth).dice_loss()
    }

    /// How a batch is told, with probabilities above `threshold` counting as present.
    ///
    /// # Errors
    /// [`TrainError::Engine`].
    pub fn scores(&self, mut batch: Batch, threshold: f32) -> Result<Scores, TrainError> {
        let probabilities = contained(|| {
            let weights: Vec<Tensor<1>> = self.weights.iter().map(|w| w.values.clone().inner()).collect();
            host(
                self.probabilities(&weights, &mut batch, &[], &self.device)
                    .flatten(0, 3),
            )
        })?;
        let pixels = batch.truth.len() / batch.scored.len();
        let planes = probabilities.chunks_exact(pixels).zip(batch.truth.chunks_exact(pixels));
        let classes = batch.scored.len() / batch.count;
        let nothing = || Sums {
            shared: 0.0,
            predicted: 0.0,
            truth: 0.0,
        };
        let mut scores = Scores::default();
        let (mut soft, mut hard) = (nothing(), vec![nothing(); batch.count]);
        for (index, (plane, truth)) in planes.enumerate().filter(|(index, _)| batch.scored[*index] == 1.0) {
            let hard = &mut hard[index / classes];
            for (p, t) in plane.iter().zip(truth) {
                let (above, labelled) = (*p > threshold, *t == 1.0);
                soft.predicted += f64::from(*p);
                hard.predicted += f64::from(u8::from(above));
                if labelled {
                    soft.shared += f64::from(*p);
                    soft.truth += 1.0;
                    hard.truth += 1.0;
                    hard.shared += f64::from(u8::from(above));
                }
                if *p > 0.5 {
                    scores.reliability.count(*p, labelled);
                }
            }
        }
        scores.loss = soft.dice_loss();
        scores.ious = hard.iter().map(Sums::iou).collect();
        Ok(scores)
    }

    /// Probabilities and labels with zeros where a label says nothing.
    fn scored(&self, probabilities: Tensor<4>, batch: &Batch, device: &Device) -> (Tensor<4>, Tensor<4>) {
        let [pictures, classes, ..] = probabilities.dims();
        let truth = map(&batch.truth, probabilities.dims(), device);
        if batch.scored.iter().all(|s| *s == 1.0) {
            return (probabilities, truth);
        }
        let scored = map(&batch.scored, [pictures, classes, 1, 1], device);
        (probabilities * scored.clone(), truth * scored)
    }

    /// Takes the features out of the batch, and no map stays longer than somebody reads it: those of eight pictures are a quarter of a gigabyte.
    fn probabilities(&self, weights: &[Tensor<1>], batch: &mut Batch, dropped: &[f32], device: &Device) -> Tensor<4> {
        let mut slots: Vec<Option<Tensor<4>>> = vec![None; self.layers.slots];
        let features = std::mem::take(&mut batch.features);
        for ((slot, values), (_, [channels, height, width])) in
            slots.iter_mut().zip(features).zip(&self.layers.features)
        {
            let shape = [batch.count, *channels, *height, *width];
            *slot = Some(Tensor::from_data(TensorData::new(values, shape), device));
        }
        let mut readers = vec![0; self.layers.slots];
        for slot in self.layers.layers.iter().flat_map(|layer| &layer.inputs) {
            readers[*slot] += 1;
        }
        readers[self.layers.output] += 1;
        for (index, layer) in self.layers.layers.iter().enumerate() {
            let mut read = |slot: &usize| {
                readers[*slot] -= 1;
                let map = match readers[*slot] {
                    0 => slots[*slot].take(),
                    _ => slots[*slot].clone(),
                };
                map.expect("layers are in the order in which they read each other")
            };
            let mut inputs: Vec<Tensor<4>> = layer.inputs.iter().map(&mut read).collect();
            if self.layers.head == Some(index) && !dropped.is_empty() {
                let [pictures, channels, ..] = inputs[0].dims();
                let factors = map(dropped, [pictures, channels, 1, 1], device);
                inputs[0] = inputs[0].clone() * factors;
            }
            slots[layer.output] = Some(self.run(layer, inputs, weights));
        }
        slots[self.layers.output].take().expect("the output is some layer's")
    }

    fn run(&self, layer: &Layer, mut inputs: Vec<Tensor<4>>, weights: &[Tensor<1>]) -> Tensor<4> {
        let x = inputs.swap_remove(0);
        let per_channel =
            |index: usize, channels: usize| -> Tensor<4> { weights[index].clone().reshape([1, channels, 1, 1]) };
        let [pictures, channels, height, width] = x.dims();
        match &layer.operator {
            Operator::Convolution {
                weight,
                bias,
                stride,
                padding,
                dilation,
                groups,
            } => {
                let shape: [usize; 4] = self.weights[*weight]
                    .shape
                    .clone()
                    .try_into()
                    .expect("weights of maps have four sides");
                let kernel: Tensor<4> = weights[*weight].clone().reshape(shape);
                let bias = bias.map(|index| weights[index].clone());
                conv2d(x, kernel, bias, ConvOptions::new(*stride, *padding, *dilation, *groups))
            }
            Operator::GroupNorm { groups, epsilon } => {
                let grouped: Tensor<3> = x.reshape([pictures, *groups, channels / groups * height * width]);
                let centred = grouped.clone() - grouped.mean_dim(2);
                let deviation = centred.clone().powi_scalar(2).mean_dim(2).add_scalar(*epsilon).sqrt();
                (centred / deviation).reshape([pictures, channels, height, width])
            }
            Operator::Gain(index) => x * per_channel(*index, channels),
            Operator::Shift(index) => x + per_channel(*index, channels),
            Operator::Relu => activation::relu(x),
            Operator::Clip { least, most } => x.clamp(*least, *most),
            Operator::Sigmoid => activation::sigmoid(x),
            Operator::Add => x + inputs.swap_remove(0),
            Operator::Multiply => x * inputs.swap_remove(0),
            Operator::GlobalAverage => x.mean_dim(3).mean_dim(2),
            Operator::MaxPool {
                side,
                stride,
                overhanging,
            } => {
                let options = MaxPoolOptions::new(*side)
                    .with_stride(*stride)
                    .with_ceil_mode(*overhanging);
                max_pool2d(x, options)
            }
            Operator::NearestResize(size) => interpolate(
                x,
                InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(*size),
            ),
            Operator::BilinearResize { size, align_corners } => {
                let options = InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(*align_corners);
                interpolate(x, options.with_output_size(*size))
            }
        }
    }

    /// The values of the parameters, in their order.
    pub fn values(&self) -> Vec<Vec<f32>> {
        self.weights.iter().map(|w| host(w.values.clone().inner())).collect()
    }

    /// What is needed to go on from here.
    pub fn kept(&self) -> Vec<Kept> {
        let kept = |weight: &Weight| {
            let moments = weight.adam.as_ref().map(|a| &a.momentum);
            let values = |moment: Option<&Tensor<1>>| moment.map_or_else(Vec::new, |m| host(m.clone()));
            Kept {
                values: host(weight.values.clone().inner()),
                first: values(moments.map(|m| &m.moment_1)),
                second: values(moments.map(|m| &m.moment_2)),
            }
        };
        self.weights.iter().map(kept).collect()
    }

    /// Goes on from a kept state after `steps` steps.
    ///
    /// # Errors
    /// What does not fit.
    pub fn restore(&mut self, kept: &[Kept], steps: usize) -> Result<(), String> {
        if kept.len() != self.weights.len() {
            return Err(format!(
                "it has {} parameters, the network {}",
                kept.len(),
                self.weights.len()
            ));
        }
        let learning = self.device.clone().autodiff();
        for ((weight, kept), parameter) in self.weights.iter_mut().zip(kept).zip(&self.layers.parameters) {
            let count = parameter.values.len();
            let moments = [kept.first.len(), kept.second.len()];
            if kept.values.len() != count || (moments != [count; 2] && moments != [0; 2]) {
                return Err(format!(
                    "{} has {} values, the network's {count}",
                    parameter.name,
                    kept.values.len()
                ));
            }
            weight.values = flat(&kept.values, &learning).set_require_grad(parameter.learns);
            weight.adam = (moments == [count; 2]).then(|| {
                let (first, second) = (flat(&kept.first, &self.device), flat(&kept.second, &self.device));
                AdamState::new(AdaptiveMomentumState::new(steps, first, second))
            });
        }
        self.steps = steps;
        Ok(())
    }
}

fn flat(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

fn map(values: &[f32], shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn host(tensor: Tensor<1>) -> Vec<f32> {
    tensor
        .into_data()
        .try_to_vec::<f32>()
        .expect("the engine computes in float32")
}

#[cfg(test)]
mod tests;
