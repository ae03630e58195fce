//! Operators that arrange values anew, or make shapes of them (ONNX, `docs/Operators.md`).

use super::operators::{Call, Ruled};
use super::tensor::{self, Known};
use super::value::{KNOWN_MAX, RANK_MAX, Value, broadcast_shape, one, one_known};

/// The axis counted from the front.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let from_front = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(from_front)
        .ok()
        .filter(|a| *a < rank)
        .ok_or_else(|| format!("axis {axis} is not one of {rank}"))
}

/// Axes from an attribute (old operator sets) or from the second input.
fn axes(call: &Call<'_>, rank: usize) -> Result<Option<Vec<usize>>, String> {
    let stated = match (call.attributes.ints("axes")?, call.optional(1)) {
        (Some(axes), None) => Some(axes),
        (None, Some(input)) => Some(input.ints()?),
        (None, None) => None,
        (Some(_), Some(_)) => return Err("it states its axes twice".to_owned()),
    };
    let Some(stated) = stated else { return Ok(None) };
    let mut found: Vec<usize> = stated.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?;
    found.sort_unstable();
    if found.windows(2).any(|w| w[0] == w[1]) {
        return Err("it names an axis twice".to_owned());
    }
    Ok(Some(found))
}

pub(super) fn reduce(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let axes = axes(call, x.shape.len())?.unwrap_or_else(|| (0..x.shape.len()).collect());
    let keep = call.attributes.int("keepdims", 1)? != 0;
    let sides = x
        .shape
        .iter()
        .enumerate()
        .filter_map(|(i, side)| match (axes.contains(&i), keep) {
            (false, _) => Some(*side),
            (true, true) => Some(1),
            (true, false) => None,
        });
    one(sides.collect())
}

pub(super) fn squeeze(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let axes = axes(call, x.shape.len())?.ok_or("it does not state its axes")?;
    if axes.iter().any(|a| x.shape[*a] != 1) {
        return Err(format!("it drops sides of {:?} that are not 1", x.shape));
    }
    let sides = x.shape.iter().enumerate().filter(|(i, _)| !axes.contains(i));
    one_known(sides.map(|(_, side)| *side).collect(), x.known.clone())
}

pub(super) fn unsqueeze(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let more = match (call.attributes.ints("axes")?, call.optional(1)) {
        (Some(axes), None) => axes.len(),
        (None, Some(input)) => input.ints()?.len(),
        _ => return Err("it does not state its axes once".to_owned()),
    };
    let rank = x.shape.len() + more;
    if rank > RANK_MAX {
        return Err(format!("its result would have {rank} sides"));
    }
    let axes = axes(call, rank)?.unwrap_or_default();
    let mut sides = x.shape.iter();
    let shape = (0..rank).map(|i| {
        if axes.contains(&i) {
            1
        } else {
            sides.next().copied().unwrap_or(1)
        }
    });
    one_known(shape.collect(), x.known.clone())
}

pub(super) fn transpose(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let rank = x.shape.len();
    let order = match call.attributes.ints("perm")? {
        Some(order) => order.to_vec(),
        None => (0..rank as i64).rev().collect(),
    };
    let mut seen: Vec<usize> = order.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?;
    let shape = seen.iter().map(|a| x.shape[*a]).collect();
    seen.sort_unstable();
    if !seen.iter().copied().eq(0..rank) || order.iter().any(|a| *a < 0) {
        return Err(format!("its order {order:?} does not name each of {rank} axes once"));
    }
    one(shape)
}

pub(super) fn flatten(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let at = axis(call.attributes.int("axis", 1)?, x.shape.len() + 1)?;
    let product = |sides: &[usize]| sides.iter().try_fold(1usize, |n, s| n.checked_mul(*s));
    let (front, rear) = x.shape.split_at(at.min(x.shape.len()));
    match (product(front), product(rear)) {
        (Some(front), Some(rear)) => one(vec![front, rear]),
        _ => Err("its result is too large".to_owned()),
    }
}

pub(super) fn reshape(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let wanted = call.input(1)?.ints()?;
    if call.attributes.int("allowzero", 0)? != 0 && wanted.contains(&0) {
        return Err("it makes a side of length 0".to_owned());
    }
    if wanted.len() > RANK_MAX {
        return Err(format!("its result would have {} sides", wanted.len()));
    }
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (index, side) in wanted.iter().enumerate() {
        shape.push(match side {
            -1 if open.is_none() => {
                open = Some(index);
                1
            }
            0 => *x.shape.get(index).ok_or("it keeps a side that is not there")?,
            side => usize::try_from(*side).map_err(|_| format!("its shape {wanted:?} has negative sides"))?,
        });
    }
    let rest = Value::of(shape.clone()).count();
    if let Some(index) = open
        && rest > 0
        && x.count().is_multiple_of(rest)
    {
        shape[index] = (x.count() / rest) as usize;
    }
    if Value::of(shape.clone()).count() != x.count() {
        return Err(format!("its input {:?} does not fill its shape {wanted:?}", x.shape));
    }
    one_known(shape, x.known.clone())
}

pub(super) fn expand(call: &Call<'_>) -> Ruled {
    let wanted: Vec<usize> = sizes(call.input(1)?.ints()?)?;
    one(broadcast_shape(&call.input(0)?.shape, &wanted)?)
}

pub(super) fn constant_of_shape(call: &Call<'_>) -> Ruled {
    let shape = sizes(call.input(0)?.ints()?)?;
    let known = match call.attributes.tensor("value")? {
        None => None,
        Some(value) => {
            let value = tensor::check(value)?;
            if value.shape.iter().product::<usize>() != 1 {
                return Err("its value is not one value".to_owned());
            }
            value.known
        }
    };
    let count = Value::of(shape.clone()).count();
    let known = match known {
        Some(Known::Ints(v)) if count <= KNOWN_MAX as u64 => Some(Known::Ints(vec![v[0]; count as usize])),
        _ => None,
    };
    one_known(shape, known)
}

/// Sides that a network asks for.
fn sizes(ints: &[i64]) -> Result<Vec<usize>, String> {
    let side = |n: &i64| usize::try_from(*n).ok().filter(|n| (1..=1 << 24).contains(n));
    if ints.len() > RANK_MAX {
        return Err(format!("its result would have {} sides", ints.len()));
    }
    ints.iter()
        .map(side)
        .collect::<Option<_>>()
        .ok_or_else(|| format!("it asks for the shape {ints:?}"))
}

pub(super) fn shape(call: &Call<'_>) -> Ruled {
    let sides: Vec<i64> = call.input(0)?.shape.iter().map(|s| *s as i64).collect();
    let rank = sides.len();
    if call.attributes.int("start", 0)? != 0 || call.attributes.int("end", rank as i64)? != rank as i64 {
        return Err("it takes part of a shape, which fishrig does not run".to_owned());
    }
    one_known(vec![rank], Some(Known::Ints(sides)))
}

pub(super) fn constant(call: &Call<'_>) -> Ruled {
    let value = call.attributes.tensor("value")?.ok_or("it holds no tensor")?;
    let value = tensor::check(value)?;
    one_known(value.shape, value.known)
}

pub(super) fn concat(call: &Call<'_>) -> Ruled {
    let first = call.input(0)?;
    let at = axis(call.attributes.int("axis", 0)?, first.shape.len())?;
    let mut shape = first.shape.clone();
    shape[at] = 0;
    let mut known = Some(Vec::new());
    for index in 0..call.inputs.len() {
        let part = call.input(index)?;
        let others = |s: &[usize]| {
            s.iter()
                .enumerate()
                .filter(|(i, _)| *i != at)
                .map(|(_, n)| *n)
                .collect::<Vec<_>>()
        };
        if part.shape.len() != shape.len() || others(&part.shape) != others(&shape) {
            return Err(format!("its inputs {:?} and {:?} do not fit", first.shape, part.shape));
        }
        shape[at] = shape[at].checked_add(part.shape[at]).ok_or("its result is too large")?;
        known = match (known, &part.known) {
            (Some(mut all), Some(Known::Ints(ints))) if shape.len() == 1 => {
                all.extend_from_slice(ints);
                Some(all)
            }
            _ => None,
        };
    }
    one_known(shape, known.map(Known::Ints))
}

pub(super) fn split(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let at = axis(call.attributes.int("axis", 0)?, x.shape.len())?;
    let parts = match (call.attributes.ints("split")?, call.optional(1)) {
        (Some(parts), None) => sizes_of_parts(parts)?,
        (None, Some(input)) => sizes_of_parts(input.ints()?)?,
        (None, None) if call.outputs > 0 && x.shape[at].is_multiple_of(call.outputs) => {
            vec![x.shape[at] / call.outputs; call.outputs.min(64)]
        }
        _ => return Err("it does not state its parts once".to_owned()),
    };
    if parts.iter().try_fold(0usize, |n, p| n.checked_add(*p)) != Some(x.shape[at]) {
        return Err(format!("its parts {parts:?} are not {} in sum", x.shape[at]));
    }
    let values = parts.into_iter().map(|part| {
        let mut shape = x.shape.clone();
        shape[at] = part;
        Value::of(shape)
    });
    Ok((values.collect(), 0))
}

fn sizes_of_parts(parts: &[i64]) -> Result<Vec<usize>, String> {
    let part = |n: &i64| usize::try_from(*n).ok().filter(|n| *n > 0);
    parts
        .iter()
        .map(part)
        .collect::<Option<_>>()
        .ok_or_else(|| format!("its parts {parts:?} are not above 0"))
}

pub(super) fn gather(call: &Call<'_>) -> Ruled {
    let (data, indices) = (call.input(0)?, call.input(1)?);
    let at = axis(call.attributes.int("axis", 0)?, data.shape.len())?;
    let places = indices
        .ints()?
        .iter()
        .map(|i| axis(*i, data.shape[at]))
        .collect::<Result<Vec<_>, _>>()?;
    let mut shape = data.shape.clone();
    shape.splice(at..=at, indices.shape.iter().copied());
    if shape.len() > RANK_MAX {
        return Err(format!("its result would have {} sides", shape.len()));
    }
    let known = match &data.known {
        Some(Known::Ints(ints)) if data.shape.len() == 1 => places
            .iter()
            .map(|i| ints.get(*i).copied())
            .collect::<Option<_>>()
            .map(Known::Ints),
        _ => None,
    };
    one_known(shape, known)
}

pub(super) fn slice(call: &Call<'_>) -> Ruled {
    let x = call.input(0)?;
    let (starts, ends) = (call.input(1)?.ints()?, call.input(2)?.ints()?);
    let axes: Vec<i64> = match call.optional(3) {
        Some(axes) => axes.ints()?.to_vec(),
        None => (0..starts.len() as i64).collect(),
    };
    let steps = call.optional(4).map(Value::ints).transpose()?;
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.is_some_and(|s| s.len() != starts.len()) {
        return Err("its starts, ends, axes and steps are not equally many".to_owned());
    }
    if steps.is_some_and(|s| s.iter().any(|step| *step != 1)) {
        return Err("it takes steps other than 1, which fishrig does not run".to_owned());
    }
    let mut shape = x.shape.clone();
    let mut known = x.known.clone().filter(|_| x.shape.len() == 1);
    let mut done = Vec::new();
    for (index, at) in axes.iter().enumerate() {
        let at = axis(*at, x.shape.len())?;
        if done.contains(&at) {
            return Err("it names an axis twice".to_owned());
        }
        done.push(at);
        let length = x.shape[at] as i64;
        let place = |p: i64| (if p < 0 { p.saturating_add(length) } else { p }).clamp(0, length) as usize;
        let (start, end) = (place(starts[index]), place(ends[index]));
        if start >= end {
            return Err("it takes nothing".to_owned());
        }
        shape[at] = end - start;
        known = match known {
            Some(Known::Ints(ints)) => ints.get(start..end).map(|part| Known::Ints(part.to_vec())),
            _ => None,
        };
    }
    one_known(shape, known)
}
