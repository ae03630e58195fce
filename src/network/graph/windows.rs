//! Shapes of results: operators that move a window over rows and columns, and those that change a picture's size.

use super::operators::{Call, Ruled};
use super::tensor::Known;
use super::value::{Value, one};

/// Rows or columns of a kernel.
const KERNEL_MAX: i64 = 64;
/// How far a window moves, or its values lie apart.
const STEP_MAX: i64 = 64;
/// How much one Resize enlarges rows or columns.
const ENLARGE_MAX: f32 = 64.0;

/// A picture's sides.
struct Picture {
    channels: usize,
    sides: [usize; 2],
}

fn picture(value: &Value) -> Result<Picture, String> {
    match value.shape[..] {
        [1, channels, rows, columns] if channels > 0 && rows > 0 && columns > 0 => Ok(Picture {
            channels,
            sides: [rows, columns],
        }),
        _ => Err(format!("its input {:?} is not 1×channels×rows×columns", value.shape)),
    }
}

/// How a window moves.
struct Window {
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    /// Before rows, before columns, after rows, after columns.
    pads: [usize; 4],
    /// `SAME_UPPER` or `SAME_LOWER`: as many results as strides fit in.
    same: bool,
    ceil: bool,
}

impl Window {
    fn read(call: &Call<'_>, kernel: [usize; 2]) -> Result<Self, String> {
        let attributes = &call.attributes;
        let same = match attributes.word("auto_pad", "NOTSET")? {
            "NOTSET" | "VALID" => false,
            "SAME_UPPER" | "SAME_LOWER" => true,
            other => return Err(format!("auto_pad = {other:?} is not known")),
        };
        let pads = match attributes.ints("pads")? {
            None => [0; 4],
            Some(&[a, b, c, d]) => {
                let pads = [a, b, c, d];
                if pads.iter().any(|p| !(0..=KERNEL_MAX * STEP_MAX).contains(p)) {
                    return Err(format!("pads = {pads:?} are out of range"));
                }
                pads.map(|p| p as usize)
            }
            Some(other) => return Err(format!("pads = {other:?} are not four numbers")),
        };
        if attributes.ints("pads")?.is_some() && attributes.word("auto_pad", "NOTSET")? != "NOTSET" {
            return Err("it states both pads and auto_pad".to_owned());
        }
        Ok(Self {
            kernel,
            strides: attributes.pair("strides", [1, 1], 1..=STEP_MAX)?,
            dilations: attributes.pair("dilations", [1, 1], 1..=STEP_MAX)?,
            pads,
            same,
            ceil: attributes.int("ceil_mode", 0)? != 0,
        })
    }

    /// How far the kernel reaches along an axis.
    fn reach(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    fn results(&self, axis: usize, length: usize) -> Result<usize, String> {
        let stride = self.strides[axis];
        if self.same {
            return Ok(length.div_ceil(stride));
        }
        let padded = length + self.pads[axis] + self.pads[axis + 2];
        let room = padded
            .checked_sub(self.reach(axis))
            .ok_or_else(|| format!("its window is larger than its input of {length} and the padding"))?;
        if !self.ceil {
            return Ok(room / stride + 1);
        }
        let results = room.div_ceil(stride) + 1;
        // A window that would begin beyond input and padding is left out.
        let begins = (results - 1) * stride;
        Ok(if begins >= length + self.pads[axis] {
            results - 1
        } else {
            results
        })
    }
}

/// The kernel's sides from a weight, which the attribute must repeat if it is there.
fn kernel_of(call: &Call<'_>, weight: [usize; 2]) -> Result<[usize; 2], String> {
    let stated = call.attributes.pair("kernel_shape", weight, 1..=KERNEL_MAX)?;
    let range = 1..=KERNEL_MAX as usize;
    if stated != weight || !weight.iter().all(|side| range.contains(side)) {
        return Err(format!(
            "its kernel is {weight:?}, kernel_shape says {stated:?}; sides go from 1 to {KERNEL_MAX}"
        ));
    }
    Ok(stated)
}

fn groups(call: &Call<'_>) -> Result<usize, String> {
    let groups = call.attributes.int("group", 1)?;
    usize::try_from(groups)
        .ok()
        .filter(|g| *g > 0)
        .ok_or_else(|| format!("group = {groups} is not above 0"))
}

fn check_bias(call: &Call<'_>, channels: usize) -> Result<(), String> {
    match call.optional(2) {
        Some(bias) if !bias.is_vector_of(channels) => Err(format!(
            "its bias {:?} is not one for each of {channels} channels",
            bias.shape
        )),
        _ => Ok(()),
    }
}

pub(super) fn conv(call: &Call<'_>) -> Ruled {
    let x = picture(call.input(0)?)?;
    let [output, incoming, rows, columns] = call.input(1)?.shape[..] else {
        return Err("its weight has not four sides".to_owned());
    };
    let groups = groups(call)?;
    if incoming.checked_mul(groups) != Some(x.channels) || output == 0 || !output.is_multiple_of(groups) {
        return Err(format!(
            "{output} output and {} input channels do not fit a weight for {incoming} in each of {groups} groups",
            x.channels
        ));
    }
    check_bias(call, output)?;
    let window = Window::read(call, kernel_of(call, [rows, columns])?)?;
    let shape = vec![
        1,
        output,
        window.results(0, x.sides[0])?,
        window.results(1, x.sides[1])?,
    ];
    let per_value = (incoming * rows * columns) as u64;
    let macs = Value::of(shape.clone()).count().saturating_mul(per_value);
    Ok((vec![Value::of(shape)], macs))
}

pub(super) fn conv_transpose(call: &Call<'_>) -> Ruled {
    let x = picture(call.input(0)?)?;
    let weight = call.input(1)?;
    let [incoming, per_group, rows, columns] = weight.shape[..] else {
        return Err("its weight has not four sides".to_owned());
    };
    let groups = groups(call)?;
    let channels = per_group
        .checked_mul(groups)
        .filter(|c| *c > 0 && incoming == x.channels && incoming.is_multiple_of(groups));
    let channels = channels.ok_or("its channels and groups do not fit its weight")?;
    check_bias(call, channels)?;
    let window = Window::read(call, kernel_of(call, [rows, columns])?)?;
    if window.same || call.attributes.ints("output_shape")?.is_some() {
        return Err("it states the size of its result, not its pads, which fishrig does not run".to_owned());
    }
    let more = call.attributes.pair("output_padding", [0, 0], 0..=STEP_MAX)?;
    let side = |axis: usize| {
        let full = (x.sides[axis] - 1) * window.strides[axis] + more[axis] + window.reach(axis);
        let cut = window.pads[axis] + window.pads[axis + 2];
        full.checked_sub(cut).filter(|n| *n > 0).ok_or("its pads leave nothing")
    };
    let shape = vec![1, channels, side(0)?, side(1)?];
    let macs = weight.count().saturating_mul((x.sides[0] * x.sides[1]) as u64);
    Ok((vec![Value::of(shape)], macs))
}

pub(super) fn pool(call: &Call<'_>) -> Ruled {
    let x = picture(call.input(0)?)?;
    let kernel = call.attributes.pair("kernel_shape", [0, 0], 1..=KERNEL_MAX)?;
    if kernel == [0, 0] {
        return Err("it states no kernel_shape".to_owned());
    }
    let window = Window::read(call, kernel)?;
    if (0..4).any(|i| window.pads[i] >= window.reach(i % 2)) {
        return Err("its pads are as large as its window".to_owned());
    }
    one(vec![
        1,
        x.channels,
        window.results(0, x.sides[0])?,
        window.results(1, x.sides[1])?,
    ])
}

pub(super) fn global_pool(call: &Call<'_>) -> Ruled {
    one(vec![1, picture(call.input(0)?)?.channels, 1, 1])
}

pub(super) fn depth_to_space(call: &Call<'_>) -> Ruled {
    let x = picture(call.input(0)?)?;
    let block = call.attributes.int("blocksize", 0)?;
    let block = usize::try_from(block)
        .ok()
        .filter(|b| (1..=16).contains(b) && x.channels.is_multiple_of(b * b));
    let block = block.ok_or("its blocksize does not divide its channels")?;
    one(vec![
        1,
        x.channels / (block * block),
        x.sides[0] * block,
        x.sides[1] * block,
    ])
}

pub(super) fn pad(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    if let Some(value) = call.optional(2)
        && (value.count() != 1 || !value.constant)
    {
        return Err("its value is no single constant".to_owned());
    }
    let mode = call.attributes.word("mode", "constant")?;
    let Some(Known::Ints(pads)) = &call.input(1)?.known else {
        return Err("its pads are not fixed in the file".to_owned());
    };
    if !["constant", "reflect", "edge"].contains(&mode) || pads.len() != 2 * x.shape.len() {
        return Err("its mode or its pads are not known".to_owned());
    }
    let (before, after) = pads.split_at(x.shape.len());
    let sides = x.shape.iter().zip(before).zip(after).map(|((side, before), after)| {
        let both = [*before, *after].map(|p| usize::try_from(p).ok().filter(|p| *p <= 4096));
        let [Some(before), Some(after)] = both else { return None };
        // A reflection can't reach beyond the picture.
        let inside = mode != "reflect" || before.max(after) < *side;
        inside.then(|| side + before + after)
    });
    one(sides
        .collect::<Option<_>>()
        .ok_or_else(|| format!("its pads {pads:?} are out of range"))?)
}

pub(super) fn resize(call: &Call<'_>) -> Ruled {
    let x = picture(call.input(0)?)?;
    let attributes = &call.attributes;
    let how = attributes.word("coordinate_transformation_mode", "half_pixel")?;
    let mode = attributes.word("mode", "nearest")?;
    let known = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"].contains(&how)
        && ["nearest", "linear"].contains(&mode);
    if !known || attributes.int("antialias", 0)? != 0 || attributes.ints("axes")?.is_some() {
        return Err(format!(
            "fishrig does not run it with {mode} and {how}, or with antialias or axes"
        ));
    }
    let empty = |value: &&Value| value.count() > 0;
    let scales = call.optional(2).filter(empty).map(|v| v.known.as_ref());
    let sizes = call.optional(3).filter(empty).map(|v| v.known.as_ref());
    let sides = match (scales, sizes) {
        (Some(Some(Known::Floats(scales))), None) => match scales[..] {
            [1.0, 1.0, rows, columns] => [(rows, x.sides[0]), (columns, x.sides[1])].map(|(scale, side)| {
                (scale > 0.0 && scale <= ENLARGE_MAX).then(|| (side as f32 * scale).floor() as usize)
            }),
            _ => [None, None],
        },
        (None, Some(Some(Known::Ints(sizes)))) => match sizes[..] {
            [1, channels, rows, columns] if channels == x.channels as i64 => {
                [(rows, 0), (columns, 1)].map(|(n, axis)| {
                    let limit = x.sides[axis].saturating_mul(ENLARGE_MAX as usize);
                    usize::try_from(n).ok().filter(|n| *n <= limit)
                })
            }
            _ => [None, None],
        },
        _ => return Err("its size is not fixed in the file: export the network with a fixed input size".to_owned()),
    };
    match sides {
        [Some(rows), Some(columns)] if rows > 0 && columns > 0 => one(vec![1, x.channels, rows, columns]),
        _ => Err(format!(
            "it changes more than rows and columns, or them by more than {ENLARGE_MAX}"
        )),
    }
}
