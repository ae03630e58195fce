//! Fixing the sizes that an export has left open.

use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::{TensorShapeProto, type_proto};

use crate::convert::onnx::{ModelProto, ValueInfoProto};
use crate::frame::Size;

/// The longest side that a manifest allows.
const SIDE_MAX: i64 = 4096;

/// Makes the input 1×3×height×width: batch and channels that are open become 1 and 3, rows and columns those of `stated`.
///
/// # Errors
/// Another input than a picture; a size that is open and not stated, or fixed and stated otherwise.
pub(super) fn fix(model: &mut ModelProto, stated: Option<Size>) -> Result<Size, String> {
    let graph = model.graph.as_mut().ok_or("it holds no graph")?;
    let count = graph.input.len();
    let [input] = graph.input.as_mut_slice() else {
        return Err(format!(
            "it has {count} inputs; a trait network has one, a picture of 1×3×height×width"
        ));
    };
    let name = input.name.clone();
    let shape = shape_of(input).ok_or_else(|| format!("its input {name} is no tensor with a shape"))?;
    let sides: Vec<Option<i64>> = shape
        .dim
        .iter()
        .map(|dim| match &dim.value {
            // Some exporters write an open side as 0 or -1.
            Some(Value::DimValue(n)) if *n > 0 => Some(*n),
            _ => None,
        })
        .collect();
    let words = || {
        let side = |side: &Option<i64>| side.map_or("?".to_owned(), |n| n.to_string());
        sides.iter().map(side).collect::<Vec<_>>().join("×")
    };
    let [batch, channels, rows, columns] = sides[..] else {
        return Err(format!(
            "its input {name} is {}; a picture is 1×3×height×width",
            words()
        ));
    };
    if batch.is_some_and(|n| n != 1) || channels.is_some_and(|n| n != 3) {
        return Err(format!(
            "its input {name} is {}; a picture is 1×3×height×width: export it for one RGB picture, channels first",
            words()
        ));
    }
    let stated = stated.map(|size| [i64::from(size.height), i64::from(size.width)]);
    let fixed = match ([rows, columns], stated) {
        ([Some(rows), Some(columns)], None) => [rows, columns],
        ([rows, columns], Some(stated)) => {
            let differs = |side: Option<i64>, stated: i64| side.is_some_and(|n| n != stated);
            if differs(rows, stated[0]) || differs(columns, stated[1]) {
                return Err(format!(
                    "its input {name} is fixed at {}, and the stated size is {}x{}: leave the size out, or export it again with open sizes (dynamic_axes)",
                    words(),
                    stated[1],
                    stated[0]
                ));
            }
            stated
        }
        (_, None) => {
            return Err(format!(
                "its input {name} is {}: height and width are open; add --size with width and height, for example --size 800x320",
                words()
            ));
        }
    };
    if fixed.iter().any(|side| !(1..=SIDE_MAX).contains(side)) {
        return Err(format!(
            "its input would have {}x{} pixels; a side has at most {SIDE_MAX}",
            fixed[1], fixed[0]
        ));
    }
    for (dim, side) in shape.dim.iter_mut().zip([1, 3, fixed[0], fixed[1]]) {
        dim.value = Some(Value::DimValue(side));
    }
    Ok(Size::new(fixed[1] as u32, fixed[0] as u32))
}

fn shape_of(value: &mut ValueInfoProto) -> Option<&mut TensorShapeProto> {
    match value.r#type.as_mut()?.value.as_mut()? {
        type_proto::Value::TensorType(tensor) => tensor.shape.as_mut(),
    }
}
