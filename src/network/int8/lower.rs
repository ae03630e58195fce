//! From ONNX nodes to [`Steps`]: what the nodes of an island compute together, with as few maps as that takes.
//!
//! A node does not become a step at once. Its result stays an expression (a convolution, a sum) for as long as the next node can join it, and
//! becomes a map when somebody reads it who can't: so `DequantizeLinear → Conv → Add → Relu → QuantizeLinear` is one step. Which forms a map is
//! kept in follows from its readers: bytes for those that quantize it, floats for all others.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::NodeProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::kernels::LANES;
use super::steps::{
    Alignment, Clamp, Code, Convolution, Form, Map, MapId, Output, Shape, Step, Steps, TERMS_MAX, Term, Work,
};
use super::view::{View, float, int, ints, name_of, words};

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
                self.made(output, Work::Mean { input })?
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

    /// The floats that a map of bytes stands for.
    fn dequantized(&mut self, map: MapId) -> MapId {
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
        let term = Term {
            map,
            form: Form::Bytes,
            shift: 0,
            factor: None,
        };
        let work = Work::Sum {
            terms: vec![term],
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

    fn quantized(&mut self, tensor: &str, code: Code, name: &str) -> Outcome<State> {
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
        let term = Term {
            map: input,
            form: Form::Floats,
            shift: 0,
            factor: None,
        };
        let work = Work::Sum {
            terms: vec![term],
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

    fn clamped(&mut self, tensor: &str, clamp: Clamp) -> Outcome<State> {
        let joins = self.joins(tensor);
        Ok(match self.state(tensor)? {
            State::Convolution {
                input,
                form,
                convolution,
                residual,
                clamp: None,
            } if joins => State::Convolution {
                input,
                form,
                convolution,
                residual,
                clamp: Some(clamp),
            },
            State::Sum {
                terms,
                offset,
                clamp: None,
            } if joins => State::Sum {
                terms,
                offset,
                clamp: Some(clamp),
            },
            _ => State::Sum {
                terms: vec![self.term(tensor)?],
                offset: None,
                clamp: Some(clamp),
            },
        })
    }

    /// A tensor as a term of a sum; its map is made now.
    fn term(&mut self, tensor: &str) -> Outcome<Term> {
        let (map, form) = self.ready(tensor)?;
        Ok(Term {
            map,
            form,
            shift: 0,
            factor: None,
        })
    }

    /// The terms of a tensor that only a sum reads and that is a sum itself; otherwise its map as the only term.
    fn terms(&mut self, tensor: &str) -> Outcome<(Vec<Term>, Option<MapId>)> {
        let joins = self.joins(tensor);
        match self.state(tensor)? {
            State::Sum {
                terms,
                offset,
                clamp: None,
            } if joins => Ok((terms, offset)),
            _ => Ok((vec![self.term(tensor)?], None)),
        }
    }

    fn sum(&mut self, a: &str, b: &str) -> Outcome<State> {
        if self.shape(a)? != self.shape(b)? {
            return Err("its terms differ in shape".to_owned());
        }
        // The later of two convolutions takes the other as its residual.
        for (first, second) in [(a, b), (b, a)] {
            let joins = self.joins(second);
            if let State::Convolution {
                input,
                form,
                convolution,
                residual: None,
                clamp: None,
            } = self.state(second)?
                && joins
                && first != second
            {
                let (terms, offset) = self.terms(first)?;
                let [term] = terms[..] else {
                    break;
                };
                if term.form == Form::Floats && term.factor.is_none() && offset.is_none() {
                    let residual = Some(term);
                    return Ok(State::Convolution {
                        input,
                        form,
                        convolution,
                        residual,
                        clamp: None,
                    });
                }
                break;
            }
        }
        let (mut terms, first_offset) = self.terms(a)?;
        let (more, second_offset) = self.terms(b)?;
        if first_offset.is_some() && second_offset.is_some() {
            return Err("both its terms are normalized".to_owned());
        }
        terms.extend(more);
        if terms.len() > TERMS_MAX {
            return Err(format!("it adds more than {TERMS_MAX} maps"));
        }
        Ok(State::Sum {
            terms,
            offset: first_offset.or(second_offset),
            clamp: None,
        })
    }

    /// A map times one factor for each channel.
    fn product(&mut self, a: &str, b: &str) -> Outcome<State> {
        let (map, factor) = if self.shape(b)?.height == 1 && self.shape(b)?.width == 1 {
            (a, b)
        } else {
            (b, a)
        };
        let shape = self.shape(factor)?;
        if (shape.height, shape.width, shape.channels) != (1, 1, self.shape(map)?.channels) {
            return Err("it is not a map times one factor for each channel".to_owned());
        }
        let factor = Some(self.floats(factor)?);
        let term = Term {
            factor,
            ..self.term(map)?
        };
        Ok(State::Sum {
            terms: vec![term],
            offset: None,
            clamp: None,
        })
    }

    fn resized(&mut self, node: &NodeProto) -> Outcome<State> {
        let (tensor, output) = (node.input[0].as_str(), node.output[0].as_str());
        let (small, large) = (self.shape(tensor)?, self.shape(output)?);
        let factor = large.height / small.height.max(1);
        let whole = large.height == factor * small.height && large.width == factor * small.width;
        if !whole || factor == 0 || small.channels != large.channels {
            return Err("it does not enlarge by a whole factor".to_owned());
        }
        let transformation = words(node, "coordinate_transformation_mode", "half_pixel");
        match (
            words(node, "mode", "nearest"),
            transformation,
            words(node, "nearest_mode", "round_prefer_floor"),
        ) {
            ("nearest", "asymmetric", "floor") if factor.is_power_of_two() => {
                let term = self.term(tensor)?;
                let shift = term.shift + factor.ilog2();
                Ok(State::Sum {
                    terms: vec![Term { shift, ..term }],
                    offset: None,
                    clamp: None,
                })
            }
            ("linear", "align_corners" | "half_pixel" | "pytorch_half_pixel", _) => {
                let alignment = if transformation == "align_corners" {
                    Alignment::Corners
                } else {
                    Alignment::HalfPixel
                };
                Ok(State::Enlarged {
                    input: self.floats(tensor)?,
                    factor,
                    alignment,
                })
            }
            (mode, transformation, _) => Err(format!("resizing {mode} with {transformation} is not fused")),
        }
    }

    fn max_pool(&mut self, node: &NodeProto) -> Outcome<State> {
        let (kernel, strides, pads) = (ints(node, "kernel_shape"), ints(node, "strides"), ints(node, "pads"));
        let default = ints(node, "dilations").iter().all(|d| *d == 1) && words(node, "auto_pad", "NOTSET") == "NOTSET";
        let (&[k, k2], &[s, s2]) = (kernel, strides) else {
            return Err("its window or stride is not given".to_owned());
        };
        let pad = pads.first().copied().unwrap_or(0);
        let square = k == k2 && s == s2 && pads.iter().take(2).all(|p| *p == pad);
        if !default || !square || k < 1 || s < 1 || !(0..k).contains(&pad) {
            return Err("its windows are not square, or are spread".to_owned());
        }
        let input = self.floats(&node.input[0])?;
        let work = Work::MaxPool {
            input,
            kernel: k as usize,
            stride: s as usize,
            pad: pad as usize,
        };
        self.made(&node.output[0], work)
    }

    /// `Reshape → InstanceNormalization → Reshape → Mul → Add`, which is how group normalization is written below operator set 18.
    fn group_norm(&mut self, index: usize) -> Outcome<()> {
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
            groups,
            epsilon,
            weight,
            bias,
        };
        self.result.steps.push(Step {
            name: name_of(&view.nodes[add]).to_owned(),
            work,
            output: factor,
        });
        let term = Term {
            map: input,
            form: Form::Floats,
            shift: 0,
            factor: Some(factor),
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

    fn convolution(&mut self, node: &NodeProto) -> Outcome<State> {
        let input = |at: usize| node.input.get(at).map_or("", String::as_str);
        let &[outputs, per_group, rows, columns] = self.view.constant_shape(input(1)) else {
            return Err("its weights are not constant, or not of two dimensions".to_owned());
        };
        let (from, to) = (self.shape(input(0))?, self.shape(&node.output[0])?);
        let groups = usize::try_from(int(node, "group", 1)).unwrap_or(0);
        let pair = |name: &str, default: usize| match *ints(node, name) {
            [] => Ok([default; 2]),
            [y, x, ..] if y >= 0 && x >= 0 => Ok([y as usize, x as usize]),
            _ => Err(format!("its {name} are not whole")),
        };
        let (strides, dilations, pads) = (pair("strides", 1)?, pair("dilations", 1)?, pair("pads", 0)?);
        let plain = dilations == [1, 1] && words(node, "auto_pad", "NOTSET") == "NOTSET";
        let fits = groups > 0
            && per_group * groups == from.channels
            && outputs == to.channels
            && outputs.is_multiple_of(groups);
        let padded = pads[0] < rows && pads[1] < columns && strides[0] > 0 && strides[1] > 0;
        if !plain || !fits || !padded {
            return Err("its windows are spread or padded in a way that is not fused".to_owned());
        }
        Kind::of(groups, per_group, outputs, [rows, columns], strides)?;
        let bias = match input(2) {
            "" => vec![0.0; outputs],
            name => self
                .view
                .constant_floats(name)
                .filter(|bias| bias.len() == outputs)
                .ok_or("its bias is not constant")?,
        };
        let (map, form) = self.ready(input(0))?;
        let (map, form) = match form {
            Form::Bytes if self.view.has_constant_bytes(input(1)) => (map, form),
            _ if !self.view.has_constant_floats(input(1)) => {
                return Err("its weights are of a kind that is not fused".to_owned());
            }
            Form::Bytes => (self.dequantized(map), Form::Floats),
            Form::Floats => (map, form),
        };
        let convolution = Convolution {
            weights: input(1).to_owned(),
            bias,
            outputs,
            inputs: from.channels,
            groups,
            kernel: [rows, columns],
            strides,
            pads,
        };
        Ok(State::Convolution {
            input: map,
            form,
            convolution: Box::new(convolution),
            residual: None,
            clamp: None,
        })
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

/// Which kernels a convolution runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One group.
    Dense,
    /// Several groups, whose blocks of [`LANES`] channels read whole groups.
    Grouped,
    /// Each channel its own group.
    Depthwise,
}

impl Kind {
    pub(super) fn of(
        groups: usize,
        inputs_of_group: usize,
        outputs: usize,
        kernel: [usize; 2],
        strides: [usize; 2],
    ) -> Outcome<Self> {
        let outputs_of_group = outputs / groups;
        if groups == 1 {
            return Ok(Self::Dense);
        }
        if inputs_of_group == 1 && outputs_of_group == 1 {
            let known = matches!(kernel, [3, 3] | [5, 5]) && matches!(strides, [1, 1] | [2, 2]);
            return known
                .then_some(Self::Depthwise)
                .ok_or_else(|| format!("a depthwise convolution of {kernel:?} at strides {strides:?} is not fused"));
        }
        let whole = LANES.is_multiple_of(outputs_of_group) || outputs_of_group.is_multiple_of(LANES);
        let same =
            inputs_of_group == outputs_of_group && inputs_of_group.is_multiple_of(4) && outputs.is_multiple_of(LANES);
        (whole && same)
            .then_some(Self::Grouped)
            .ok_or_else(|| format!("groups of {inputs_of_group} and {outputs_of_group} channels are not fused"))
    }
}

/// Scale and zero point of a node that quantizes or dequantizes bytes.
fn code_of(view: &View, node: &NodeProto) -> Outcome<Code> {
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
