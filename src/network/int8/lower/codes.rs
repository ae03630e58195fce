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
        let floats = Map {
            floats: true,
            bytes: None,
            border: 0,
            ..self.result.maps[map].clone()
        };
        let output = self.recoded(map, Form::Bytes, floats, format!("dequantized map {map}"));
        self.floats_of.insert(map, output);
        output
    }

    /// A tensor in bytes of this code; a step named `name` makes them if its map has others already.
    pub(super) fn quantized(&mut self, tensor: &str, code: Code, name: &str) -> Outcome<State> {
        let (map, _) = self.ready(tensor)?;
        if self.result.maps[map].bytes == Some(code) {
            return Ok(State::Ready(map, Form::Bytes));
        }
        // It has bytes of another code already.
        let input = self.floats(tensor)?;
        let bytes = Map {
            floats: false,
            bytes: Some(code),
            border: 0,
            ..self.result.maps[input].clone()
        };
        let output = self.recoded(input, Form::Floats, bytes, name.to_owned());
        Ok(State::Ready(output, Form::Bytes))
    }

    /// A step that writes a map anew as another: a sum of one term.
    fn recoded(&mut self, map: MapId, form: Form, other: Map, name: String) -> MapId {
        self.result.maps.push(other);
        let output = self.result.maps.len() - 1;
        let work = Work::Sum {
            terms: vec![Term::of(map, form)],
            offset: None,
            clamp: Clamp::NONE,
        };
        self.result.steps.push(Step { name, work, output });
        output
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
