//! The operators that a network may have.

use super::attributes::Attributes;
use super::value::Value;
use super::windows;
use super::{arrange, elementwise, products};

/// A node with its inputs.
pub(super) struct Call<'a> {
    pub attributes: Attributes<'a>,
    pub inputs: Vec<Option<&'a Value>>,
    /// How many results the node names.
    pub outputs: usize,
}

impl<'a> Call<'a> {
    /// An input that must be there.
    pub(super) fn input(&self, index: usize) -> Result<&'a Value, String> {
        self.optional(index)
            .ok_or_else(|| format!("its input {index} is missing"))
    }

    /// An input that may be left out.
    pub(super) fn optional(&self, index: usize) -> Option<&'a Value> {
        self.inputs.get(index).copied().flatten()
    }
}

/// The results' shapes, and the multiply-adds.
pub(super) type Ruled = Result<(Vec<Value>, u64), String>;

/// An operator: least and most inputs, what its results are, and whether it may work on weights alone.
pub(super) struct Operator {
    name: &'static str,
    inputs: std::ops::RangeInclusive<usize>,
    rule: fn(&Call<'_>) -> Ruled,
    on_weights: OnWeights,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnWeights {
    Allowed,
    /// Costly; on weights alone it would be run while loading.
    Refused,
}

impl Operator {
    pub(super) fn run(&self, call: &Call<'_>) -> Ruled {
        if !self.inputs.contains(&call.inputs.len()) {
            return Err(format!(
                "it has {} inputs, expected {} to {}",
                call.inputs.len(),
                self.inputs.start(),
                self.inputs.end()
            ));
        }
        let constant = call.inputs.iter().flatten().all(|value| value.constant);
        if constant && self.on_weights == OnWeights::Refused {
            return Err("it works on weights alone; simplify the network before the export".to_owned());
        }
        let (mut values, macs) = (self.rule)(call)?;
        if values.len() != call.outputs {
            return Err(format!(
                "it names {} results, fishrig runs it with {}",
                call.outputs,
                values.len()
            ));
        }
        for value in &mut values {
            value.constant = constant;
        }
        Ok((values, macs))
    }
}

pub(super) fn find(name: &str) -> Option<&'static Operator> {
    TABLE.iter().find(|o| o.name == name)
}

const fn light(name: &'static str, least: usize, most: usize, rule: fn(&Call<'_>) -> Ruled) -> Operator {
    Operator {
        name,
        inputs: least..=most,
        rule,
        on_weights: OnWeights::Allowed,
    }
}

const fn heavy(name: &'static str, least: usize, most: usize, rule: fn(&Call<'_>) -> Ruled) -> Operator {
    Operator {
        on_weights: OnWeights::Refused,
        ..light(name, least, most, rule)
    }
}

const TABLE: &[Operator] = &[
    light("Abs", 1, 1, elementwise::same),
    light("Add", 2, 2, elementwise::add),
    heavy("AveragePool", 1, 1, windows::pool),
    light("BatchNormalization", 5, 5, elementwise::batch_normalization),
    light("Cast", 1, 1, elementwise::cast),
    light("Clip", 1, 3, elementwise::clip),
    light("Concat", 1, 64, arrange::concat),
    light("Constant", 0, 0, arrange::constant),
    light("ConstantOfShape", 1, 1, arrange::constant_of_shape),
    heavy("Conv", 2, 3, windows::conv),
    heavy("ConvTranspose", 2, 3, windows::conv_transpose),
    heavy("DepthToSpace", 1, 1, windows::depth_to_space),
    light("DequantizeLinear", 2, 3, elementwise::quantize),
    light("Div", 2, 2, elementwise::div),
    light("Dropout", 1, 3, elementwise::dropout),
    light("Elu", 1, 1, elementwise::same),
    light("Erf", 1, 1, elementwise::same),
    light("Exp", 1, 1, elementwise::same),
    light("Expand", 2, 2, arrange::expand),
    light("Flatten", 1, 1, arrange::flatten),
    light("Floor", 1, 1, elementwise::floor),
    light("Gather", 2, 2, arrange::gather),
    heavy("Gemm", 2, 3, products::gemm),
    heavy("GlobalAveragePool", 1, 1, windows::global_pool),
    heavy("GlobalMaxPool", 1, 1, windows::global_pool),
    light("HardSigmoid", 1, 1, elementwise::same),
    light("HardSwish", 1, 1, elementwise::same),
    light("Identity", 1, 1, elementwise::identity),
    heavy("InstanceNormalization", 3, 3, elementwise::instance_normalization),
    light("LeakyRelu", 1, 1, elementwise::same),
    light("Log", 1, 1, elementwise::same),
    heavy("MatMul", 2, 2, products::mat_mul),
    light("Max", 2, 2, elementwise::broadcast),
    heavy("MaxPool", 1, 1, windows::pool),
    light("Min", 2, 2, elementwise::broadcast),
    light("Mul", 2, 2, elementwise::mul),
    light("Neg", 1, 1, elementwise::same),
    light("PRelu", 2, 2, elementwise::p_relu),
    heavy("Pad", 2, 3, windows::pad),
    light("Pow", 2, 2, elementwise::broadcast),
    light("QuantizeLinear", 2, 3, elementwise::quantize),
    light("Reciprocal", 1, 1, elementwise::same),
    heavy("ReduceMax", 1, 2, arrange::reduce),
    heavy("ReduceMean", 1, 2, arrange::reduce),
    heavy("ReduceSum", 1, 2, arrange::reduce),
    light("Relu", 1, 1, elementwise::same),
    light("Reshape", 2, 2, arrange::reshape),
    heavy("Resize", 1, 4, windows::resize),
    light("Shape", 1, 1, arrange::shape),
    light("Sigmoid", 1, 1, elementwise::same),
    light("Slice", 3, 5, arrange::slice),
    heavy("Softmax", 1, 1, elementwise::softmax),
    light("Softplus", 1, 1, elementwise::same),
    light("Split", 1, 2, arrange::split),
    light("Sqrt", 1, 1, elementwise::same),
    light("Squeeze", 1, 2, arrange::squeeze),
    light("Sub", 2, 2, elementwise::sub),
    light("Tanh", 1, 1, elementwise::same),
    light("Transpose", 1, 1, arrange::transpose),
    light("Unsqueeze", 1, 2, arrange::unsqueeze),
];

/// Names of the operators that a network may have.
pub const OPERATORS: [&str; TABLE.len()] = {
    let mut names = [""; TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        names[index] = TABLE[index].name;
        index += 1;
    }
    names
};
