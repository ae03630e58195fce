//! From ONNX nodes to [`Steps`]: what the nodes of an island compute together, with as few maps as that takes.
//!
//! A node does not become a step at once. Its result stays an expression (a convolution, a sum) for as long as the next node can join it, and
//! becomes a map when somebody reads it who can't: so `DequantizeLinear → Conv → Add → Relu → QuantizeLinear` is one step. Which forms a map is
//! kept in follows from its readers: bytes for those that quantize it, floats for all others.
//!
//! Here is how expressions become maps; [`codes`], [`sums`], [`windows`] and [`group_norm`] say what each operator makes of them. Where a map is wanted
//! for its own means alone, [`factors`] does without it.

mod codes;
mod factors;
mod group_norm;
mod sums;
mod windows;

use std::collections::{HashMap, HashSet};

use self::codes::code_of;
pub(super) use self::windows::Kind;
use super::steps::{Alignment, Clamp, Convolution, Form, Map, MapId, Output, Shape, Step, Steps, Term, Work};
use super::units;
use super::view::{View, name_of};

/// A node that can't be fused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub node: usize,
    pub reason: String,
}

/// What is known of a tensor.
#[derive(Debug, Clone)]
enum State {
    /// It is this map in this form.
    Ready(MapId, Form),
    /// A convolution that may take more in.
    Convolution {
        input: MapId,
        form: Form,
        convolution: Box<Convolution>,
        residual: Option<Term>,
        clamp: Option<Clamp>,
    },
    /// A sum that may take more in.
    Sum {
        terms: Vec<Term>,
        offset: Option<MapId>,
        clamp: Option<Clamp>,
    },
    /// A bilinear enlargement, which may stay one until the result leaves.
    Enlarged {
        input: MapId,
        factor: usize,
        alignment: Alignment,
    },
    /// A sigmoid, which may stay one until the result leaves.
    Probabilities {
        input: MapId,
        enlarge: Option<(usize, Alignment)>,
    },
}

/// The steps of the nodes `island` (in the order of the file), whose results `wanted` are read outside.
///
/// # Errors
/// The first node that this pass does not understand.
pub(super) fn lower(view: &View, island: &[usize], wanted: &HashSet<&str>) -> Result<Steps, Refusal> {
    let mut lowering = Lowering {
        view,
        wanted,
        made_inside: island
            .iter()
            .flat_map(|node| &view.nodes[*node].output)
            .map(String::as_str)
            .collect(),
        states: HashMap::new(),
        floats_of: HashMap::new(),
        done: HashSet::new(),
        result: Steps::default(),
    };
    for &node in island {
        if !lowering.done.contains(&node) {
            let refused = |reason| Refusal { node, reason };
            lowering.node(node).map_err(refused)?;
        }
    }
    for &node in island {
        for tensor in view.nodes[node]
            .output
            .iter()
            .filter(|tensor| wanted.contains(tensor.as_str()))
        {
            let refused = |reason| Refusal { node, reason };
            lowering.leave(tensor).map_err(refused)?;
        }
    }
    factors::into_convolutions(&mut lowering.result, view);
    units::make_late(&mut lowering.result);
    lowering.borders();
    Ok(lowering.result)
}

struct Lowering<'a> {
    view: &'a View<'a>,
    wanted: &'a HashSet<&'a str>,
    made_inside: HashSet<&'a str>,
    states: HashMap<String, State>,
    /// Maps of floats that were made of maps of bytes.
    floats_of: HashMap<MapId, MapId>,
    /// Nodes that an earlier one has taken with it.
    done: HashSet<usize>,
    result: Steps,
}

type Outcome<T> = Result<T, String>;

impl<'a> Lowering<'a> {
    fn node(&mut self, index: usize) -> Outcome<()> {
        let view = self.view;
        let node = &view.nodes[index];
        let input = |at: usize| node.input.get(at).map_or("", String::as_str);
        let [output] = node.output.as_slice() else {
            return Err(format!("it has {} results", node.output.len()));
        };
        match node.op_type.as_str() {
            "Constant" => return Ok(()),
            "DequantizeLinear" if view.is_constant(input(0)) => return Ok(()),
            _ => {}
        }
        let state = match node.op_type.as_str() {
            "Conv" => self.convolution(node)?,
            "QuantizeLinear" => self.quantized(input(0), code_of(view, node)?, name_of(node))?,
            "DequantizeLinear" => {
                let code = code_of(view, node)?;
                match self.state(input(0))? {
                    State::Ready(map, Form::Bytes) if self.result.maps[map].bytes == Some(code) => {
                        State::Ready(map, Form::Bytes)
                    }
                    _ => return Err("what it reads was not quantized with the same scale".to_owned()),
                }
            }
            "Relu" => self.clamped(
                input(0),
                Clamp {
                    low: 0.0,
                    ..Clamp::NONE
                },
            )?,
            "Clip" => {
                let bound = |at: usize, default: f32| match input(at) {
                    "" => Ok(default),
                    name => view.float(name).ok_or("its bounds are not constant"),
                };
                let clamp = Clamp {
                    low: bound(1, f32::NEG_INFINITY)?,
                    high: bound(2, f32::INFINITY)?,
                };
                self.clamped(input(0), clamp)?
            }
            "Add" => self.sum(input(0), input(1))?,
            "Mul" => self.product(input(0), input(1))?,
            "Resize" => self.resized(node)?,
            "Sigmoid" => {
                let (input, enlarge) = match self.state(input(0))? {
                    State::Enlarged {
                        input,
                        factor,
                        alignment,
                    } if self.joins(&node.input[0]) => (input, Some((factor, alignment))),
                    _ => (self.floats(input(0))?, None),
                };
                State::Probabilities { input, enlarge }
            }
            "MaxPool" => self.max_pool(node)?,
            "GlobalAveragePool" => {
                let input = self.floats(input(0))?;
                let form = Form::Floats;
                self.made(output, Work::Mean { input, form })?
            }
            "Reshape" => return self.group_norm(index),
            other => return Err(format!("{other} is not fused")),
        };
        self.states.insert(output.clone(), state);
        Ok(())
    }

    /// What is known of a tensor; one from outside becomes an input.
    fn state(&mut self, tensor: &str) -> Outcome<State> {
        if let Some(state) = self.states.get(tensor) {
            return Ok(state.clone());
        }
        if self.made_inside.contains(tensor) || self.view.is_constant(tensor) {
            return Err(format!("it reads {tensor:?}, which is no map"));
        }
        let (map, form) = self.new_map(tensor)?;
        self.result.inputs.push((tensor.to_owned(), map));
        let state = State::Ready(map, form);
        self.states.insert(tensor.to_owned(), state.clone());
        Ok(state)
    }

    fn shape(&self, tensor: &str) -> Outcome<Shape> {
        match *self.view.shape(tensor) {
            [1, channels, height, width] => Ok(Shape {
                height,
                width,
                channels,
            }),
            ref other => Err(format!("{tensor:?} is {other:?}, not 1×channels×height×width")),
        }
    }

    /// The map of a tensor in the forms that its readers want, and the form in which others get it.
    fn new_map(&mut self, tensor: &str) -> Outcome<(MapId, Form)> {
        let (mut floats, mut bytes) = (self.wanted.contains(tensor), None);
        for reader in self.view.readers(tensor) {
            let node = &self.view.nodes[*reader];
            match (node.op_type.as_str(), bytes) {
                ("QuantizeLinear", None) => bytes = Some(code_of(self.view, node)?),
                ("QuantizeLinear", Some(code)) if code_of(self.view, node)? == code => {}
                _ => floats = true,
            }
        }
        floats |= bytes.is_none();
        let shape = self.shape(tensor)?;
        self.result.maps.push(Map {
            shape,
            floats,
            bytes,
            border: 0,
        });
        let form = if floats { Form::Floats } else { Form::Bytes };
        Ok((self.result.maps.len() - 1, form))
    }

    /// Whether only one node reads this tensor, so that it need not become a map.
    fn joins(&self, tensor: &str) -> bool {
        self.view.readers(tensor).len() == 1 && !self.wanted.contains(tensor)
    }

    /// A step makes the map of this tensor.
    fn made(&mut self, tensor: &str, work: Work) -> Outcome<State> {
        let (output, form) = self.new_map(tensor)?;
        let step = Step {
            name: tensor.to_owned(),
            work,
            output,
        };
        self.result.steps.push(step);
        Ok(State::Ready(output, form))
    }

    /// The map of a tensor, made now if it is not there yet.
    fn ready(&mut self, tensor: &str) -> Outcome<(MapId, Form)> {
        let work = match self.state(tensor)? {
            State::Ready(map, form) => return Ok((map, form)),
            State::Convolution {
                input,
                form,
                convolution,
                residual,
                clamp,
            } => Work::Convolve {
                input,
                form,
                convolution: *convolution,
                factor: None,
                residual,
                clamp: clamp.unwrap_or(Clamp::NONE),
            },
            State::Sum { terms, offset, clamp } => Work::Sum {
                terms,
                offset,
                clamp: clamp.unwrap_or(Clamp::NONE),
            },
            State::Enlarged {
                input,
                factor,
                alignment,
            } => Work::Enlarge {
                input,
                factor,
                alignment,
            },
            State::Probabilities { input, enlarge: None } => Work::Sigmoid { input },
            State::Probabilities { enlarge: Some(_), .. } => {
                return Err("its enlarged probabilities are read again".to_owned());
            }
        };
        let state = self.made(tensor, work)?;
        self.states.insert(tensor.to_owned(), state.clone());
        match state {
            State::Ready(map, form) => Ok((map, form)),
            _ => unreachable!("a step makes a map"),
        }
    }

    /// The map of a tensor as floats.
    fn floats(&mut self, tensor: &str) -> Outcome<MapId> {
        match self.ready(tensor)? {
            (map, Form::Floats) => Ok(map),
            (map, Form::Bytes) => Ok(self.dequantized(map)),
        }
    }

    /// A tensor that is read outside of the island.
    fn leave(&mut self, tensor: &str) -> Outcome<()> {
        let (map, enlarge, sigmoid) = match self.state(tensor)? {
            State::Probabilities { input, enlarge } if self.view.readers(tensor).is_empty() => (input, enlarge, true),
            State::Enlarged {
                input,
                factor,
                alignment,
            } if self.view.readers(tensor).is_empty() => (input, Some((factor, alignment)), false),
            _ => (self.floats(tensor)?, None, false),
        };
        self.result.outputs.push(Output {
            tensor: tensor.to_owned(),
            map,
            enlarge,
            sigmoid,
        });
        Ok(())
    }

    /// Each map gets the border that its convolutions read.
    fn borders(&mut self) {
        for step in &self.result.steps {
            if let Work::Convolve { input, convolution, .. } = &step.work {
                let output = self.result.maps[step.output].shape;
                let map = &mut self.result.maps[*input];
                let beyond = |length: usize, made: usize, axis: usize| {
                    let end = (made - 1) * convolution.strides[axis] + convolution.kernel[axis];
                    end.saturating_sub(convolution.pads[axis] + length)
                };
                let below = beyond(map.shape.height, output.height, 0);
                let right = beyond(map.shape.width, output.width, 1);
                map.border = map
                    .border
                    .max(convolution.pads[0])
                    .max(convolution.pads[1])
                    .max(below)
                    .max(right);
            }
        }
    }
}
