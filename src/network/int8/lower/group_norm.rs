//! Lowering of group normalization, which takes five nodes.

use super::super::steps::{Form, Map, Normalization, Shape, Step, Term, Work};
use super::super::view::{float, name_of};
use super::{Lowering, Outcome, State};

impl Lowering<'_> {
    /// `Reshape → InstanceNormalization → Reshape → Mul → Add`, which is how group normalization is written below operator set 18.
    pub(super) fn group_norm(&mut self, index: usize) -> Outcome<()> {
        let view = self.view;
        let mut nodes = vec![index];
        let kinds = ["Reshape", "InstanceNormalization", "Reshape", "Mul", "Add"];
        for kind in &kinds[1..] {
            let output = &view.nodes[nodes[nodes.len() - 1]].output[0];
            match view.readers(output) {
                &[next] if view.nodes[next].op_type == *kind && self.joins(output) => nodes.push(next),
                _ => return Err("it is no part of a group normalization".to_owned()),
            }
        }
        if nodes
            .iter()
            .any(|node| !self.made_inside.contains(view.nodes[*node].output[0].as_str()))
        {
            return Err("a part of its group normalization is not fused".to_owned());
        }
        let [reshape, normalize, _, scale, add] = nodes[..] else {
            unreachable!("five kinds");
        };
        let tensor = view.nodes[reshape].input[0].as_str();
        let shape = self.shape(tensor)?;
        let output = view.nodes[add].output[0].as_str();
        let groups = match *view.shape(&view.nodes[reshape].output[0]) {
            [1, groups, _] if groups > 0 && shape.channels.is_multiple_of(groups) => groups,
            ref other => return Err(format!("{other:?} are no groups of channels")),
        };
        let inner = |at: usize| view.floats(view.nodes[normalize].input.get(at).map_or("", String::as_str));
        let plain = inner(1).is_some_and(|v| v.iter().all(|x| *x == 1.0))
            && inner(2).is_some_and(|v| v.iter().all(|x| *x == 0.0));
        if !plain || self.shape(output)? != shape {
            return Err("it normalizes with scales of its own".to_owned());
        }
        let constant = |node: usize| {
            let mut constants = view.nodes[node].input.iter().filter_map(|input| view.floats(input));
            constants.rfind(|values| values.len() == shape.channels)
        };
        let (Some(weight), Some(bias)) = (constant(scale), constant(add)) else {
            return Err("it has not one weight and one bias for each channel".to_owned());
        };
        let input = self.floats(tensor)?;
        let one_pixel = Map {
            shape: Shape {
                height: 1,
                width: 1,
                ..shape
            },
            floats: true,
            bytes: None,
            border: 0,
        };
        let factor = self.result.maps.len();
        let offset = factor + 1;
        self.result.maps.extend([one_pixel.clone(), one_pixel]);
        let epsilon = float(&view.nodes[normalize], "epsilon", 1e-5);
        let work = Work::GroupNorm {
            input,
            offset,
            normalization: Normalization {
                groups,
                epsilon,
                weight,
                bias,
            },
        };
        self.result.steps.push(Step {
            name: name_of(&view.nodes[add]).to_owned(),
            work,
            output: factor,
        });
        let term = Term {
            factor: Some(factor),
            ..Term::of(input, Form::Floats)
        };
        let state = State::Sum {
            terms: vec![term],
            offset: Some(offset),
            clamp: None,
        };
        self.states.insert(output.to_owned(), state);
        self.done.extend(nodes);
        Ok(())
    }
}
