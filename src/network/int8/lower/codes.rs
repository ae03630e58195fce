//! Lowering of what turns floats into bytes and bytes into floats.

use tract_onnx::pb::NodeProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::super::steps::{Clamp, Code, Form, Map, MapId, Step, Term, Work};
use super::super::view::View;
use super::{Lowering, Outcome, State};

impl Lowering<'_> {
    /// The floats that a map of bytes stands for.
    pub(super) fn dequantized(&mut self, map: MapId) -> MapId {
        if let Some(floats) = self.floats_of.get(&map) {
            return *floats;
        }
        let shape = self.result.maps[map].shape;
        self.result.maps.push(Map {
            shape,
            floats: true,
            bytes: None,
            border: 0,
        });
        let output = self.result.maps.len() - 1;
        let work = Work::Sum {
            terms: vec![Term::of(map, Form::Bytes)],
            offset: None,
            clamp: Clamp::NONE,
        };
        self.result.steps.push(Step {
            name: format!("dequantized map {map}"),
            work,
            output,
        });
        self.floats_of.insert(map, output);
        output
    }

    pub(super) fn quantized(&mut self, tensor: &str, code: Code, name: &str) -> Outcome<State> {
        let (map, _) = self.ready(tensor)?;
        if self.result.maps[map].bytes == Some(code) {
            return Ok(State::Ready(map, Form::Bytes));
        }
        // It has bytes of another code already.
        let input = self.floats(tensor)?;
        let shape = self.result.maps[input].shape;
        self.result.maps.push(Map {
            shape,
            floats: false,
            bytes: Some(code),
            border: 0,
        });
        let output = self.result.maps.len() - 1;
        let work = Work::Sum {
            terms: vec![Term::of(input, Form::Floats)],
            offset: None,
            clamp: Clamp::NONE,
        };
        self.result.steps.push(Step {
            name: name.to_owned(),
            work,
            output,
        });
        Ok(State::Ready(output, Form::Bytes))
    }
}

/// Scale and zero point of a node that quantizes or dequantizes bytes.
pub(super) fn code_of(view: &View, node: &NodeProto) -> Outcome<Code> {
    let name = |at: usize| node.input.get(at).map_or("", String::as_str);
    let scale = view.float(name(1)).filter(|scale| scale.is_finite() && *scale > 0.0);
    let unsigned = view.data_type(name(2)) == Some(DataType::Uint8);
    match (scale, view.integers(name(2)).as_deref()) {
        (Some(scale), Some(&[zero])) if unsigned => Ok(Code {
            scale,
            zero: zero as u8,
        }),
        _ => Err("its activations are not unsigned bytes with one scale".to_owned()),
    }
}
