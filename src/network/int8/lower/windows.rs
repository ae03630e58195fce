//! Lowering of what reads windows of a map: convolutions, pooling, enlargements.

use tract_onnx::pb::NodeProto;

use super::super::kernels::LANES;
use super::super::steps::{Alignment, Convolution, Form, POOLED_MAX, Term, Work};
use super::super::view::{int, ints, words};
use super::{Lowering, Outcome, State};

impl Lowering<'_> {
    pub(super) fn convolution(&mut self, node: &NodeProto) -> Outcome<State> {
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

    pub(super) fn max_pool(&mut self, node: &NodeProto) -> Outcome<State> {
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
        if k as usize > POOLED_MAX {
            return Err(format!("its windows have more than {POOLED_MAX} rows"));
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

    pub(super) fn resized(&mut self, node: &NodeProto) -> Outcome<State> {
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
}

/// Which kernels a convolution runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// One group.
    Dense,
    /// Several groups, whose blocks of [`LANES`] channels read whole groups.
    Grouped,
    /// Each channel its own group.
    Depthwise,
}

impl Kind {
    pub(in super::super) fn of(
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
