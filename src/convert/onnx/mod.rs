//! ONNX files as protobuf messages: reading, building, writing.
//!
//! The message types are those of tract-onnx, so that what is written here is what tract reads. Values of weights are kept in
//! `raw_data` (little-endian), the form that every ONNX program writes.

mod builder;
mod file;
mod tensor;

pub use builder::{GraphBuilder, attribute, float_value};
pub use file::{MODEL_BYTES_MAX, decode, encoded_len, read, write};
pub use tensor::{
    dims, f32_count, f32_tensor, f32_values, i8_tensor, i32_tensor, i64_tensor, integer_values, scalar_f32, scalar_u8,
    shape_of,
};
pub use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType,
};
