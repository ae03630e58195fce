//! Operators that compute value by value or channel by channel (ONNX, `docs/Operators.md`).

use super::arrange::axis;
use super::operators::{Call, Ruled};
use super::tensor::Known;
use super::value::{broadcast_shape, one, one_known};

pub(super) fn same(call: &Call<'_>) -> Ruled {
    one(call.input(0)?.shape.clone())
}

pub(super) fn identity(call: &Call<'_>) -> Ruled {
    let input = call.input(0)?;
    one_known(input.shape.clone(), input.known.clone())
}

pub(super) fn dropout(call: &Call<'_>) -> Ruled {
    // The third input says whether one trains.
    match call.optional(2) {
        Some(_) => Err("it is exported for training; call model.eval() before the export".to_owned()),
        None => same(call),
    }
}

pub(super) fn clip(call: &Call<'_>) -> Ruled {
    for limit in [1, 2].into_iter().filter_map(|i| call.optional(i)) {
        if !limit.constant || limit.count() != 1 {
            return Err("its limits are no single constants".to_owned());
        }
    }
    same(call)
}

pub(super) fn softmax(call: &Call<'_>) -> Ruled {
    axis(call.attributes.int("axis", -1)?, call.input(0)?.shape.len())?;
    same(call)
}

pub(super) fn p_relu(call: &Call<'_>) -> Ruled {
    let (x, slope) = (call.input(0)?, call.input(1)?);
    if broadcast_shape(&x.shape, &slope.shape)? != x.shape {
        return Err(format!("its slope {:?} does not fit {:?}", slope.shape, x.shape));
    }
    same(call)
}

pub(super) fn batch_normalization(call: &Call<'_>) -> Ruled {
    if call.attributes.int("training_mode", 0)? != 0 {
        return Err("it is exported for training; call model.eval() before the export".to_owned());
    }
    per_channel(call, 1..5, 2)
}

pub(super) fn instance_normalization(call: &Call<'_>) -> Ruled {
    per_channel(call, 1..3, 3)
}

fn per_channel(call: &Call<'_>, parameters: std::ops::Range<usize>, rank_min: usize) -> Ruled {
    let x = call.input(0)?;
    if x.shape.len() < rank_min {
        return Err(format!("its input {:?} has too few sides", x.shape));
    }
    for index in parameters {
        let parameter = call.input(index)?;
        if !parameter.is_vector_of(x.shape[1]) || !parameter.constant {
            return Err(format!(
                "its input {index} is not one constant for each of {} channels",
                x.shape[1]
            ));
        }
    }
    same(call)
}

/// QuantizeLinear and DequantizeLinear: one scale, or one for each channel; the zero points likewise.
pub(super) fn quantize(call: &Call<'_>) -> Ruled {
    let (x, scale) = (call.input(0)?, call.input(1)?);
    let per_channel = || {
        let axis = axis(call.attributes.int("axis", 1)?, x.shape.len())?;
        Ok::<bool, String>(scale.is_vector_of(x.shape[axis]))
    };
    let single = scale.count() == 1 && scale.shape.len() <= 1;
    if !scale.constant || !(single || per_channel()?) {
        return Err(format!(
            "its scale {:?} is no constant of one value, or of one for each channel",
            scale.shape
        ));
    }
    if let Some(Known::Floats(scales)) = &scale.known
        && scales.iter().any(|s| !s.is_finite() || *s <= 0.0)
    {
        return Err("its scale is not above 0".to_owned());
    }
    if let Some(zero) = call.optional(2)
        && (!zero.constant || zero.count() != scale.count())
    {
        return Err("its zero points are no constants, or not as many as its scales".to_owned());
    }
    if call.attributes.int("block_size", 0)? != 0 {
        return Err("it quantizes in blocks, which fishrig does not run".to_owned());
    }
    same(call)
}

// Broadcasting.

pub(super) fn broadcast(call: &Call<'_>) -> Ruled {
    one(broadcast_shape(&call.input(0)?.shape, &call.input(1)?.shape)?)
}

fn arithmetic(call: &Call<'_>, ints: fn(i64, i64) -> Option<i64>, floats: fn(f32, f32) -> f32) -> Ruled {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let shape = broadcast_shape(&a.shape, &b.shape)?;
    let count = a.count().max(b.count()) as usize;
    let known = match (&a.known, &b.known) {
        // Vectors of one length, or one value with a vector: in larger ranks nobody computes sizes.
        (Some(a), Some(b)) if shape.len() <= 1 => match (a, b) {
            (Known::Ints(a), Known::Ints(b)) => {
                let pairs = (0..count).map(|i| ints(*pick(a, i)?, *pick(b, i)?));
                pairs.collect::<Option<_>>().map(Known::Ints)
            }
            (Known::Floats(a), Known::Floats(b)) => {
                let pairs = (0..count).map(|i| Some(floats(*pick(a, i)?, *pick(b, i)?)));
                pairs.collect::<Option<_>>().map(Known::Floats)
            }
            _ => return Err("it computes with two kinds of number".to_owned()),
        },
        _ => None,
    };
    one_known(shape, known)
}

fn pick<T>(values: &[T], index: usize) -> Option<&T> {
    values.get(if values.len() == 1 { 0 } else { index })
}

pub(super) fn add(call: &Call<'_>) -> Ruled {
    arithmetic(call, i64::checked_add, |a, b| a + b)
}

pub(super) fn sub(call: &Call<'_>) -> Ruled {
    arithmetic(call, i64::checked_sub, |a, b| a - b)
}

pub(super) fn mul(call: &Call<'_>) -> Ruled {
    arithmetic(call, i64::checked_mul, |a, b| a * b)
}

pub(super) fn div(call: &Call<'_>) -> Ruled {
    let divisor = call.input(1)?;
    if let Some(Known::Ints(divisors)) = &divisor.known
        && divisors.contains(&0)
    {
        return Err("it divides by zero".to_owned());
    }
    arithmetic(call, i64::checked_div, |a, b| a / b)
}

pub(super) fn floor(call: &Call<'_>) -> Ruled {
    let input = call.input(0)?;
    let known = match &input.known {
        Some(Known::Floats(values)) => Some(Known::Floats(values.iter().map(|v| v.floor()).collect())),
        _ => None,
    };
    one_known(input.shape.clone(), known)
}

pub(super) fn cast(call: &Call<'_>) -> Ruled {
    const FLOAT: i64 = 1;
    const WHOLE: [i64; 2] = [6, 7];
    let input = call.input(0)?;
    let to = call.attributes.int("to", 0)?;
    let known = match &input.known {
        Some(Known::Ints(v)) if to == FLOAT => Some(Known::Floats(v.iter().map(|v| *v as f32).collect())),
        Some(Known::Floats(v)) if WHOLE.contains(&to) => Some(Known::Ints(v.iter().map(|v| *v as i64).collect())),
        Some(Known::Ints(v)) if WHOLE.contains(&to) => Some(Known::Ints(v.clone())),
        known if to == FLOAT => known.clone(),
        _ if WHOLE.contains(&to) => None,
        _ => {
            return Err(format!(
                "it makes values of type {to}, which fishrig does not run; export in float32"
            ));
        }
    };
    one_known(input.shape.clone(), known)
}
