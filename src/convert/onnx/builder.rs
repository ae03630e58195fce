//! Putting a graph together, node by node.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    type_proto,
};

/// The operator set that fishrig writes: the last before tract stops testing (18), and what `torch.onnx.export` of torch 2.0 writes.
const OPERATOR_SET: i64 = 17;
/// The file version that goes with operator set 17.
const IR_VERSION: i64 = 8;

/// Nodes and initializers of a graph that grows from its input to its output.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
}

impl GraphBuilder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a constant; gives its name back.
    pub fn initializer(&mut self, tensor: TensorProto) -> String {
        let name = tensor.name.clone();
        self.initializers.push(tensor);
        name
    }

    /// Adds a node with one output, which bears the node's name; gives that name back.
    pub fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&str],
        attributes: Vec<tract_onnx::pb::AttributeProto>,
    ) -> String {
        self.nodes.push(NodeProto {
            op_type: operator.to_owned(),
            name: name.to_owned(),
            input: inputs.iter().map(|i| (*i).to_owned()).collect(),
            output: vec![name.to_owned()],
            attribute: attributes,
            ..NodeProto::default()
        });
        name.to_owned()
    }

    /// The finished model with one float32 input and one float32 output, by name and shape.
    pub fn finish(self, input: (&str, &[usize]), output: (&str, &[usize])) -> ModelProto {
        ModelProto {
            ir_version: IR_VERSION,
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: OPERATOR_SET,
            }],
            producer_name: "fishrig".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(GraphProto {
                name: "trait network".to_owned(),
                node: self.nodes,
                initializer: self.initializers,
                input: vec![float_value(input.0, input.1)],
                output: vec![float_value(output.0, output.1)],
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        }
    }
}

/// A float32 value of fixed shape, as inputs and outputs of a graph are.
pub fn float_value(name: &str, shape: &[usize]) -> ValueInfoProto {
    let dimension = |side: &usize| Dimension {
        value: Some(dimension::Value::DimValue(*side as i64)),
        ..Dimension::default()
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(type_proto::Tensor {
                elem_type: DataType::Float as i32,
                shape: Some(TensorShapeProto {
                    dim: shape.iter().map(dimension).collect(),
                }),
            })),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

/// Attributes of a node.
pub mod attribute {
    use tract_onnx::pb::AttributeProto;
    use tract_onnx::pb::attribute_proto::AttributeType;

    fn of(name: &str, kind: AttributeType) -> AttributeProto {
        AttributeProto {
            name: name.to_owned(),
            r#type: kind as i32,
            ..AttributeProto::default()
        }
    }

    /// An integer.
    pub fn int(name: &str, value: i64) -> AttributeProto {
        AttributeProto {
            i: value,
            ..of(name, AttributeType::Int)
        }
    }

    /// Several integers.
    pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
        AttributeProto {
            ints: values.to_vec(),
            ..of(name, AttributeType::Ints)
        }
    }

    /// A float.
    pub fn float(name: &str, value: f32) -> AttributeProto {
        AttributeProto {
            f: value,
            ..of(name, AttributeType::Float)
        }
    }

    /// A word.
    pub fn string(name: &str, value: &str) -> AttributeProto {
        AttributeProto {
            s: value.as_bytes().to_vec(),
            ..of(name, AttributeType::String)
        }
    }
}
