//! The tensors that an architecture must have, and how those of a file differ.

use super::architecture::{LAYERS, Shapes};
use super::error::Misfit;
use super::{Scope, Untrained};

/// Units of the segmentation branches of p5, p4, p3, p2: 3, 2, 1 and 0 doublings, and one unit where nothing is doubled.
pub(super) const UNITS: [usize; 4] = [3, 2, 1, 1];
/// Values of a batch norm, one for each channel.
const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// An architecture whose sides are known as far as the tensors that should state them are there.
#[derive(Debug)]
pub(super) struct Draft {
    scope: Scope,
    pub stem: Option<usize>,
    pub layers: [Vec<DraftBlock>; LAYERS],
    pub pyramid: Option<usize>,
    pub segmentation: Option<usize>,
    pub classes: Option<usize>,
}

#[derive(Debug)]
pub(super) struct DraftBlock {
    pub name: String,
    pub input: Option<usize>,
    pub width: Option<usize>,
    pub per_group: Option<usize>,
    pub output: Option<usize>,
    pub hidden: Option<usize>,
    pub stride: usize,
    pub downsample: bool,
}

/// A side of a tensor.
#[derive(Debug, Clone, Copy)]
enum Side {
    Known(usize),
    /// The tensor that would state it is missing.
    Unknown,
    /// Any number that divides this one.
    Divisor(usize),
}

impl From<Option<usize>> for Side {
    fn from(side: Option<usize>) -> Self {
        side.map_or(Self::Unknown, Self::Known)
    }
}

struct Expected {
    name: String,
    shape: Vec<Side>,
    optional: bool,
}

impl Draft {
    pub(super) fn read(shapes: &Shapes<'_>, scope: Scope, blocks: [usize; LAYERS], untrained: &Untrained) -> Self {
        let of = |name: &str, rank, axis| side(shapes, name, rank, axis);
        let stem = of("encoder.layer0.conv1.weight", 4, 0).or(of("encoder.layer0.bn1.weight", 1, 0));
        let mut input = stem;
        let mut index = 0;
        let layers = blocks.map(|count| {
            index += 1;
            // A layer without any block is missed as its first block.
            let layer: Vec<DraftBlock> = (0..count.max(1))
                .map(|number| {
                    let name = format!("encoder.layer{index}.{number}");
                    let stride = if number == 0 && index > 1 { 2 } else { 1 };
                    let block = DraftBlock::read(shapes, name, input, stride);
                    input = block.output;
                    block
                })
                .collect();
            layer
        });
        let (pyramid, segmentation, classes) = match scope {
            Scope::Whole => (
                of("decoder.p5.weight", 4, 0).or(of("decoder.p5.bias", 1, 0)),
                of("decoder.seg_blocks.0.block.0.block.0.weight", 4, 0).or(of(
                    "decoder.seg_blocks.0.block.0.block.1.weight",
                    1,
                    0,
                )),
                of("segmentation_head.0.weight", 4, 0).or(of("segmentation_head.0.bias", 1, 0)),
            ),
            Scope::Encoder => (
                Some(Untrained::PYRAMID),
                Some(Untrained::SEGMENTATION),
                Some(untrained.classes),
            ),
        };
        Self {
            scope,
            stem,
            layers,
            pyramid,
            segmentation,
            classes,
        }
    }

    /// Every tensor that is missing, too many, or of another shape, in the order of the network, then of the names.
    pub(super) fn misfits(&self, shapes: &Shapes<'_>) -> Vec<Misfit> {
        let expected = self.expected();
        let mut misfits = Vec::new();
        for tensor in &expected {
            let name = self.name_in_file(&tensor.name);
            match shapes.get(&tensor.name) {
                Some(found) if tensor.fits(found) => {}
                Some(found) => misfits.push(Misfit::Shape {
                    name,
                    found: found.to_vec(),
                    expected: tensor.words(),
                }),
                None if tensor.optional => {}
                None => misfits.push(Misfit::Missing {
                    name,
                    expected: tensor.words(),
                }),
            }
        }
        let known: std::collections::HashSet<&str> = expected.iter().map(|t| t.name.as_str()).collect();
        let surplus = shapes.iter().filter(|(name, _)| !known.contains(name.as_str()));
        misfits.extend(surplus.map(|(name, found)| Misfit::Surplus {
            name: self.name_in_file(name),
            found: found.to_vec(),
        }));
        misfits
    }

    fn name_in_file(&self, name: &str) -> String {
        match self.scope {
            Scope::Whole => name.to_owned(),
            Scope::Encoder => name.trim_start_matches("encoder.").to_owned(),
        }
    }

    fn expected(&self) -> Vec<Expected> {
        let mut list = List(Vec::new());
        list.conv("encoder.layer0.conv1", [self.stem.into(), Side::Known(3)], 7);
        list.batch_norm("encoder.layer0.bn1", self.stem);
        for block in self.layers.iter().flatten() {
            block.expect(&mut list);
        }
        match self.scope {
            Scope::Whole => self.expect_decoder(&mut list),
            Scope::Encoder => {
                // The classifier's last layer, which has no part in segmentation.
                let features = self.layers[LAYERS - 1].last().and_then(|b| b.output);
                list.optional("encoder.last_linear.weight", vec![Side::Unknown, features.into()]);
                list.optional("encoder.last_linear.bias", vec![Side::Unknown]);
            }
        }
        list.0
    }

    fn expect_decoder(&self, list: &mut List) {
        let mut levels = self.layers.iter().rev().map(|l| l.last().and_then(|b| b.output));
        for name in ["p5", "p4.skip_conv", "p3.skip_conv", "p2.skip_conv"] {
            let name = format!("decoder.{name}");
            let level = levels.next().flatten();
            list.conv(&name, [self.pyramid.into(), level.into()], 1);
            list.push(format!("{name}.bias"), vec![self.pyramid.into()]);
        }
        for (branch, units) in UNITS.into_iter().enumerate() {
            for unit in 0..units {
                let input = if unit == 0 { self.pyramid } else { self.segmentation };
                let name = format!("decoder.seg_blocks.{branch}.block.{unit}.block");
                list.conv(&format!("{name}.0"), [self.segmentation.into(), input.into()], 3);
                list.push(format!("{name}.1.weight"), vec![self.segmentation.into()]);
                list.push(format!("{name}.1.bias"), vec![self.segmentation.into()]);
            }
        }
        list.conv(
            "segmentation_head.0",
            [self.classes.into(), self.segmentation.into()],
            1,
        );
        list.push("segmentation_head.0.bias".to_owned(), vec![self.classes.into()]);
    }
}

impl DraftBlock {
    fn read(shapes: &Shapes<'_>, name: String, input: Option<usize>, stride: usize) -> Self {
        let of = |part: &str, rank, axis| side(shapes, &format!("{name}.{part}"), rank, axis);
        let width = of("conv1.weight", 4, 0).or(of("bn1.weight", 1, 0));
        let output = of("conv3.weight", 4, 0).or(of("bn3.weight", 1, 0));
        let changes = stride > 1 || input.zip(output).is_some_and(|(i, o)| i != o);
        Self {
            input,
            width,
            per_group: of("conv2.weight", 4, 1),
            output,
            hidden: of("se_module.fc1.weight", 4, 0).or(of("se_module.fc1.bias", 1, 0)),
            stride,
            downsample: changes || shapes.contains_key(&format!("{name}.downsample.0.weight")),
            name,
        }
    }

    fn expect(&self, list: &mut List) {
        let Self {
            name,
            input,
            width,
            output,
            hidden,
            ..
        } = self;
        let of = |part: &str| format!("{name}.{part}");
        let per_group = match (self.per_group, width) {
            (Some(n), Some(w)) if w.is_multiple_of(n) => Side::Known(n),
            (_, Some(w)) => Side::Divisor(*w),
            (_, None) => Side::Unknown,
        };
        list.conv(&of("conv1"), [(*width).into(), (*input).into()], 1);
        list.batch_norm(&of("bn1"), *width);
        list.conv(&of("conv2"), [(*width).into(), per_group], 3);
        list.batch_norm(&of("bn2"), *width);
        list.conv(&of("conv3"), [(*output).into(), (*width).into()], 1);
        list.batch_norm(&of("bn3"), *output);
        list.conv(&of("se_module.fc1"), [(*hidden).into(), (*output).into()], 1);
        list.push(of("se_module.fc1.bias"), vec![(*hidden).into()]);
        list.conv(&of("se_module.fc2"), [(*output).into(), (*hidden).into()], 1);
        list.push(of("se_module.fc2.bias"), vec![(*output).into()]);
        if self.downsample {
            list.conv(&of("downsample.0"), [(*output).into(), (*input).into()], 1);
            list.batch_norm(&of("downsample.1"), *output);
        }
    }
}

struct List(Vec<Expected>);

impl List {
    fn push(&mut self, name: String, shape: Vec<Side>) {
        let optional = false;
        self.0.push(Expected { name, shape, optional });
    }

    fn optional(&mut self, name: &str, shape: Vec<Side>) {
        self.push(name.to_owned(), shape);
        if let Some(last) = self.0.last_mut() {
            last.optional = true;
        }
    }

    fn conv(&mut self, name: &str, channels: [Side; 2], kernel: usize) {
        let [output, input] = channels;
        let kernel = Side::Known(kernel);
        self.push(format!("{name}.weight"), vec![output, input, kernel, kernel]);
    }

    fn batch_norm(&mut self, name: &str, channels: Option<usize>) {
        for value in NORM {
            self.push(format!("{name}.{value}"), vec![channels.into()]);
        }
        // A counter of training steps, which files from before PyTorch 0.4 do not have.
        self.optional(&format!("{name}.num_batches_tracked"), Vec::new());
    }
}

impl Expected {
    fn fits(&self, found: &[usize]) -> bool {
        self.shape.len() == found.len()
            && self.shape.iter().zip(found).all(|(side, found)| match side {
                Side::Known(n) => n == found,
                Side::Unknown => true,
                Side::Divisor(n) => n.is_multiple_of(*found),
            })
    }

    fn words(&self) -> String {
        if self.shape.is_empty() {
            return "a single value".to_owned();
        }
        let words = self.shape.iter().map(|side| match side {
            Side::Known(n) => n.to_string(),
            Side::Unknown => "?".to_owned(),
            Side::Divisor(n) => format!("(a divisor of {n})"),
        });
        words.collect::<Vec<_>>().join("×")
    }
}

/// The side of a tensor that is there and has that rank.
fn side(shapes: &Shapes<'_>, name: &str, rank: usize, axis: usize) -> Option<usize> {
    let shape = shapes.get(name).filter(|shape| shape.len() == rank)?;
    shape.get(axis).copied()
}
