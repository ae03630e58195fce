//! A network's graph cut in two: what stays as it is, and the layers that learn.
//!
//! A parameter is a weight or bias of a convolution, or a gain or shift of channels behind a normalization. A node learns if it has a parameter
//! that is not frozen, or reads something that learns. All others are frozen; the tensors that lead from them to the learning nodes are the
//! features. Batch norms are in the convolutions of every bundle that fishrig makes, and stay there.

use std::collections::{HashMap, HashSet};

use super::TrainError;
use super::settings::Freeze;
use crate::convert::onnx::{self, ModelProto, NodeProto, TensorProto};
use crate::network::graph;

/// A weight, bias, gain or shift of the learning layers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
    /// It is not frozen; a frozen one may lie behind layers that learn.
    pub learns: bool,
}

/// An operator on batches of maps, pictures×channels×height×width. Numbers of parameters are indices in [`Layers::parameters`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operator {
    Convolution {
        weight: usize,
        bias: Option<usize>,
        stride: [usize; 2],
        padding: [usize; 2],
        dilation: [usize; 2],
        groups: usize,
    },
    /// Mean 0 and variance 1 in each of so many groups of channels.
    GroupNorm {
        groups: usize,
        epsilon: f64,
    },
    /// Times a parameter with one value a channel.
    Gain(usize),
    /// Plus a parameter with one value a channel.
    Shift(usize),
    Relu,
    Clip {
        least: f32,
        most: f32,
    },
    Sigmoid,
    Add,
    Multiply,
    /// The mean of each channel.
    GlobalAverage,
    /// The largest value in windows without padding; the last may hang over the edge.
    MaxPool {
        side: [usize; 2],
        stride: [usize; 2],
        overhanging: bool,
    },
    NearestResize([usize; 2]),
    BilinearResize {
        size: [usize; 2],
        /// The corners' centres are kept in place; else those of the whole picture.
        align_corners: bool,
    },
}

/// An operator, the slots that it reads, and the one that it fills.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    pub operator: Operator,
    pub inputs: Vec<usize>,
    pub output: usize,
}

/// The learning layers of a network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layers {
    /// Name and shape (channels, height, width) of each feature; they fill the first slots.
    pub features: Vec<(String, [usize; 3])>,
    pub layers: Vec<Layer>,
    pub parameters: Vec<Parameter>,
    /// How many slots there are.
    pub slots: usize,
    /// The slot of the probabilities.
    pub output: usize,
    /// The layer of the last convolution, before which channels are dropped in training.
    pub head: Option<usize>,
}

impl Layers {
    /// The learning layers of `model`, a float network.
    ///
    /// # Errors
    /// [`TrainError::Graph`]: an operator or an attribute that can't be trained, nothing to train, or nothing frozen where something should be.
    pub fn of(model: &ModelProto, freeze: &Freeze) -> Result<Self, TrainError> {
        let refused = TrainError::Graph;
        let summary = graph::check(model).map_err(|e| refused(e.to_string()))?;
        let shapes = graph::shapes(model).map_err(|e| refused(e.to_string()))?;
        let graph = model
            .graph
            .as_ref()
            .ok_or_else(|| refused("it holds no graph".to_owned()))?;
        let constants: HashMap<&str, &TensorProto> = graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
        let learning = learning_nodes(&graph.node, &constants, freeze);
        if learning.is_empty() {
            return Err(refused(format!("every layer is frozen ({freeze})")));
        }
        if let Freeze::Prefix(prefix) = freeze
            && !constants.keys().any(|name| name.starts_with(prefix.as_str()))
        {
            return Err(refused(format!(
                "no weight's name begins with {prefix:?}, so nothing would be frozen; give the beginning of the names by --freeze, or --freeze none"
            )));
        }
        let mut cut = Cut {
            shapes: &shapes,
            constants: &constants,
            freeze,
            slots: HashMap::new(),
            grouped: HashMap::new(),
            parameter_of: HashMap::new(),
            layers: Self {
                features: Vec::new(),
                layers: Vec::new(),
                parameters: Vec::new(),
                slots: 0,
                output: 0,
                head: None,
            },
        };
        cut.add_features(&graph.node, &learning)?;
        for node in learning.iter().map(|index| &graph.node[*index]) {
            cut.add(node)
                .map_err(|reason| refused(format!("{} ({}): {reason}", node.name, node.op_type)))?;
        }
        let output = cut.slots.get(summary.output.0.as_str());
        cut.layers.output = *output.ok_or_else(|| refused("its output does not learn".to_owned()))?;
        let convolves = |layer: &Layer| matches!(layer.operator, Operator::Convolution { .. });
        cut.layers.head = cut.layers.layers.iter().rposition(convolves);
        Ok(cut.layers)
    }

    /// How many values learn.
    pub fn values(&self) -> usize {
        self.parameters
            .iter()
            .filter(|p| p.learns)
            .map(|p| p.values.len())
            .sum()
    }

    /// The parameters behind whose layer only enlargements and the last sigmoid come: divided by a temperature, they divide all logits by it.
    pub fn logit_parameters(&self) -> Option<Vec<usize>> {
        let head = self.head?;
        let harmless = |layer: &Layer| {
            let operator = &layer.operator;
            matches!(
                operator,
                Operator::NearestResize(_) | Operator::BilinearResize { .. } | Operator::Sigmoid
            )
        };
        let (behind, last) = (&self.layers[head + 1..], self.layers.last()?);
        let sigmoids = behind
            .iter()
            .filter(|layer| layer.operator == Operator::Sigmoid)
            .count();
        match self.layers[head].operator {
            Operator::Convolution { weight, bias, .. }
                if behind.iter().all(harmless) && sigmoids == 1 && last.operator == Operator::Sigmoid =>
            {
                Some(std::iter::once(weight).chain(bias).collect())
            }
            _ => None,
        }
    }

    /// The model with other values of the parameters, in their order.
    ///
    /// # Panics
    /// If they are not as many.
    pub fn written_into(&self, model: &ModelProto, values: &[Vec<f32>]) -> ModelProto {
        assert_eq!(values.len(), self.parameters.len());
        let mut model = model.clone();
        let by_name: HashMap<&str, usize> = (self.parameters.iter().enumerate())
            .map(|(index, p)| (p.name.as_str(), index))
            .collect();
        let weights = model.graph.as_mut().map(|graph| &mut graph.initializer);
        for weight in weights.into_iter().flatten() {
            if let Some(index) = by_name.get(weight.name.as_str()) {
                *weight = onnx::f32_tensor(&weight.name, &self.parameters[*index].shape, &values[*index]);
            }
        }
        model
    }
}

/// The names of the parameters that a node has; whatever else it reads is a map or a constant.
fn parameters_of<'a>(node: &'a NodeProto, constants: &HashMap<&str, &TensorProto>) -> Vec<&'a str> {
    let several = |name: &&str| {
        constants
            .get(name)
            .and_then(|t| onnx::f32_count(t))
            .is_some_and(|n| n > 1)
    };
    let among = |range: std::ops::Range<usize>| {
        let inputs = node
            .input
            .get(range.start..node.input.len().min(range.end))
            .unwrap_or(&[]);
        inputs.iter().map(String::as_str)
    };
    match node.op_type.as_str() {
        "Conv" => among(1..3).filter(|name| constants.contains_key(name)).collect(),
        "Mul" | "Add" => among(0..2).filter(several).collect(),
        _ => Vec::new(),
    }
}

/// Indices of the nodes that learn, in order.
fn learning_nodes(nodes: &[NodeProto], constants: &HashMap<&str, &TensorProto>, freeze: &Freeze) -> Vec<usize> {
    let mut learns: HashSet<&str> = HashSet::new();
    let mut found = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let own = parameters_of(node, constants).iter().any(|name| !freeze.holds(name));
        if own || node.input.iter().any(|input| learns.contains(input.as_str())) {
            learns.extend(node.output.iter().map(String::as_str));
            found.push(index);
        }
    }
    found
}

/// The graph as it is cut.
struct Cut<'a> {
    shapes: &'a HashMap<String, Vec<usize>>,
    constants: &'a HashMap<&'a str, &'a TensorProto>,
    freeze: &'a Freeze,
    slots: HashMap<&'a str, usize>,
    /// Maps that were reshaped so that each group of channels is one: the slot, and the number of groups.
    grouped: HashMap<&'a str, (usize, usize)>,
    parameter_of: HashMap<&'a str, usize>,
    layers: Layers,
}

impl<'a> Cut<'a> {
    fn add_features(&mut self, nodes: &'a [NodeProto], learning: &[usize]) -> Result<(), TrainError> {
        let mut made: HashSet<&str> = HashSet::new();
        for node in learning.iter().map(|index| &nodes[*index]) {
            for input in node.input.iter().map(String::as_str) {
                let known = input.is_empty() || made.contains(input) || self.constants.contains_key(input);
                if known || self.slots.contains_key(input) {
                    continue;
                }
                let shape = self.map_shape(input).map_err(TrainError::Graph)?;
                let slot = self.new_slot(input);
                debug_assert_eq!(slot, self.layers.features.len());
                self.layers.features.push((input.to_owned(), shape));
            }
            made.extend(node.output.iter().map(String::as_str));
        }
        Ok(())
    }

    /// Channels, height and width of a map.
    fn map_shape(&self, name: &str) -> Result<[usize; 3], String> {
        match self.shapes.get(name).map(Vec::as_slice) {
            Some([1, channels, height, width]) => Ok([*channels, *height, *width]),
            other => Err(format!("{name} is no map of channels×height×width: {other:?}")),
        }
    }

    fn new_slot(&mut self, name: &'a str) -> usize {
        let slot = self.layers.slots;
        self.layers.slots += 1;
        self.slots.insert(name, slot);
        slot
    }

    fn slot(&self, name: &str) -> Result<usize, String> {
        let found = self.slots.get(name).copied();
        found.ok_or_else(|| format!("it reads {name}, which is no map here"))
    }

    fn parameter(&mut self, name: &'a str) -> Result<usize, String> {
        if let Some(index) = self.parameter_of.get(name) {
            return Ok(*index);
        }
        let tensor = self
            .constants
            .get(name)
            .ok_or_else(|| format!("{name} is no weight of the file"))?;
        let no_float = || format!("{name} is no float32 tensor; train the float bundle, not the quantized one");
        let parameter = Parameter {
            name: name.to_owned(),
            shape: onnx::shape_of(tensor).ok_or_else(no_float)?,
            values: onnx::f32_values(tensor).ok_or_else(no_float)?,
            learns: !self.freeze.holds(name),
        };
        self.layers.parameters.push(parameter);
        let index = self.layers.parameters.len() - 1;
        self.parameter_of.insert(name, index);
        Ok(index)
    }

    /// A constant of few numbers.
    fn numbers(&self, name: &str) -> Option<Vec<f32>> {
        onnx::f32_values(self.constants.get(name)?)
    }

    fn push(&mut self, operator: Operator, inputs: Vec<usize>, node: &'a NodeProto) {
        let output = self.new_slot(&node.output[0]);
        self.layers.layers.push(Layer {
            operator,
            inputs,
            output,
        });
    }

    fn add(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let input = |index: usize| node.input.get(index).map_or("", String::as_str);
        let first = input(0);
        match node.op_type.as_str() {
            "Conv" => {
                let operator = self.convolution(node)?;
                let map = self.slot(first)?;
                self.push(operator, vec![map], node);
            }
            "Relu" => self.unary(Operator::Relu, node)?,
            "Sigmoid" => self.unary(Operator::Sigmoid, node)?,
            "Clip" => {
                let bound = |index: usize, default: f32| match input(index) {
                    "" => Ok(default),
                    name => self.numbers(name).and_then(|v| v.first().copied()).ok_or("its bounds are not constant"),
                };
                let (least, most) = (bound(1, f32::MIN)?, bound(2, f32::MAX)?);
                self.unary(Operator::Clip { least, most }, node)?;
            }
            "Add" | "Mul" => self.two(node)?,
            "GlobalAveragePool" => self.unary(Operator::GlobalAverage, node)?,
            "MaxPool" => {
                if ints(node, "pads").iter().any(|p| *p != 0) || ints(node, "dilations").iter().any(|d| *d != 1) {
                    return Err("padding and dilation of this operator are not trained".to_owned());
                }
                let operator = Operator::MaxPool {
                    side: pair(&ints(node, "kernel_shape"))?,
                    stride: pair_or_one(node, "strides")?,
                    overhanging: int(node, "ceil_mode") == 1,
                };
                self.unary(operator, node)?;
            }
            "Resize" => {
                let [_, height, width] = self.map_shape(&node.output[0])?;
                let [_, rows, columns] = self.map_shape(first)?;
                let size = [height, width];
                let whole = height.is_multiple_of(rows) && width.is_multiple_of(columns);
                let operator = match (word(node, "mode"), word(node, "coordinate_transformation_mode")) {
                    ("nearest", "asymmetric") if whole => Operator::NearestResize(size),
                    ("linear", "align_corners") => Operator::BilinearResize {
                        size,
                        align_corners: true,
                    },
                    ("linear", "half_pixel" | "pytorch_half_pixel" | "") => Operator::BilinearResize {
                        size,
                        align_corners: false,
                    },
                    (mode, place) => return Err(format!("mode {mode:?} with {place:?} is not trained")),
                };
                self.unary(operator, node)?;
            }
            "Reshape" => self.reshape(node)?,
            "InstanceNormalization" => self.instance_norm(node)?,
            _ => return Err("this operator is not trained; leave its part frozen (--freeze with the beginning of its weights' names)".to_owned()),
        }
        Ok(())
    }

    fn unary(&mut self, operator: Operator, node: &'a NodeProto) -> Result<(), String> {
        let map = self.slot(&node.input[0])?;
        self.push(operator, vec![map], node);
        Ok(())
    }

    fn convolution(&mut self, node: &'a NodeProto) -> Result<Operator, String> {
        let padding = match ints(node, "pads").as_slice() {
            [] => [0, 0],
            [top, left, bottom, right] if top == bottom && left == right => [*top as usize, *left as usize],
            other => return Err(format!("padding {other:?} that differs at both sides is not trained")),
        };
        let bias = match node.input.get(2).map(String::as_str) {
            None | Some("") => None,
            Some(name) => Some(self.parameter(name)?),
        };
        Ok(Operator::Convolution {
            weight: self.parameter(node.input.get(1).ok_or("it has no weights")?)?,
            bias,
            stride: pair_or_one(node, "strides")?,
            padding,
            dilation: pair_or_one(node, "dilations")?,
            groups: int(node, "group").max(1) as usize,
        })
    }

    /// A sum or product of two maps, or of a map and one value a channel.
    fn two(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let [a, b] = node.input.as_slice() else {
            return Err("it has not two inputs".to_owned());
        };
        let adds = node.op_type == "Add";
        let (map, other) = if self.constants.contains_key(a.as_str()) {
            (b, a)
        } else {
            (a, b)
        };
        if !self.constants.contains_key(other.as_str()) {
            let inputs = vec![self.slot(a)?, self.slot(b)?];
            self.push(if adds { Operator::Add } else { Operator::Multiply }, inputs, node);
            return Ok(());
        }
        let [channels, ..] = self.map_shape(map)?;
        let index = self.parameter(other)?;
        let shape = &self.layers.parameters[index].shape;
        if shape.iter().product::<usize>() != channels || !matches!(shape.as_slice(), [_, 1, 1] | [1, _, 1, 1]) {
            return Err(format!(
                "the constant {other} of shape {shape:?} is not one value a channel"
            ));
        }
        let map = self.slot(map)?;
        self.push(
            if adds {
                Operator::Shift(index)
            } else {
                Operator::Gain(index)
            },
            vec![map],
            node,
        );
        Ok(())
    }

    /// Group norm is exported as a reshape so that a group is one channel, instance norm, and a reshape back.
    fn reshape(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let (from, to) = (node.input[0].as_str(), node.output[0].as_str());
        if let Some((slot, _)) = self.grouped.get(from) {
            self.slots.insert(to, *slot);
            return Ok(());
        }
        let [channels, height, width] = self.map_shape(from)?;
        match self.shapes.get(to).map(Vec::as_slice) {
            Some([1, groups, length])
                if channels.is_multiple_of(*groups) && *length == channels / groups * height * width =>
            {
                let slot = self.slot(from)?;
                self.grouped.insert(to, (slot, *groups));
                Ok(())
            }
            _ => Err("only the reshapes of group norm are trained".to_owned()),
        }
    }

    fn instance_norm(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let (slot, groups) = match self.grouped.get(node.input[0].as_str()) {
            Some(found) => *found,
            None => (self.slot(&node.input[0])?, self.map_shape(&node.input[0])?[0]),
        };
        let all = |index: usize, value: f32| {
            let values = node.input.get(index).and_then(|name| self.numbers(name));
            values.is_some_and(|v| v.iter().all(|v| *v == value))
        };
        if !all(1, 1.0) || !all(2, 0.0) {
            return Err("gain and shift of groups are not trained; only those of channels behind it are".to_owned());
        }
        let epsilon = (node.attribute.iter().find(|a| a.name == "epsilon")).map_or(1e-5, |a| f64::from(a.f));
        self.push(Operator::GroupNorm { groups, epsilon }, vec![slot], node);
        let output = self.slots[node.output[0].as_str()];
        self.grouped.insert(&node.output[0], (output, groups));
        Ok(())
    }
}

fn ints(node: &NodeProto, name: &str) -> Vec<i64> {
    let found = node.attribute.iter().find(|a| a.name == name);
    found.map_or_else(Vec::new, |a| a.ints.clone())
}

fn int(node: &NodeProto, name: &str) -> i64 {
    node.attribute.iter().find(|a| a.name == name).map_or(0, |a| a.i)
}

fn word<'a>(node: &'a NodeProto, name: &str) -> &'a str {
    let found = node.attribute.iter().find(|a| a.name == name);
    found.map_or("", |a| std::str::from_utf8(&a.s).unwrap_or_default())
}

fn pair(numbers: &[i64]) -> Result<[usize; 2], String> {
    match numbers {
        [a, b] if *a > 0 && *b > 0 => Ok([*a as usize, *b as usize]),
        other => Err(format!("{other:?} are not two sizes")),
    }
}

fn pair_or_one(node: &NodeProto, name: &str) -> Result<[usize; 2], String> {
    match ints(node, name).as_slice() {
        [] => Ok([1, 1]),
        numbers => pair(numbers),
    }
}
