//! Products of matrices (ONNX, `docs/Operators.md`).

use super::operators::{Call, Ruled};
use super::value::{Value, broadcast_shape};

pub(super) fn mat_mul(call: &Call<'_>) -> Ruled {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let ([a_rest @ .., rows, inner], [b_rest @ .., inner_b, columns]) = (a.shape.as_slice(), b.shape.as_slice()) else {
        return Err("its inputs are no matrices".to_owned());
    };
    if inner != inner_b {
        return Err(format!("its inputs {:?} and {:?} do not fit", a.shape, b.shape));
    }
    let mut shape = broadcast_shape(a_rest, b_rest)?;
    shape.extend([*rows, *columns]);
    let macs = Value::of(shape.clone()).count().saturating_mul(*inner as u64);
    Ok((vec![Value::of(shape)], macs))
}

pub(super) fn gemm(call: &Call<'_>) -> Ruled {
    let turned = |value: &Value, name: &str| {
        let [rows, columns] = value.shape[..] else {
            return Err(format!("its input {:?} is no matrix", value.shape));
        };
        Ok(if call.attributes.int(name, 0)? != 0 {
            [columns, rows]
        } else {
            [rows, columns]
        })
    };
    let [rows, inner] = turned(call.input(0)?, "transA")?;
    let [inner_b, columns] = turned(call.input(1)?, "transB")?;
    let shape = vec![rows, columns];
    let added = call
        .optional(2)
        .map_or(Ok(shape.clone()), |c| broadcast_shape(&c.shape, &shape))?;
    if inner != inner_b || added != shape {
        return Err("its inputs do not fit".to_owned());
    }
    let macs = Value::of(shape.clone()).count().saturating_mul(inner as u64);
    Ok((vec![Value::of(shape)], macs))
}
