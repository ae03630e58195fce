//! How values and landmarks stand in a file: every number with its unit beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Reading;
use crate::frame::Point;
use crate::measure::{Measured, Quantity};

/// The unit of everything that lies in the picture.
const PIXELS: &str = "px";

/// `{"value": 12.5, "uncertainty": 0.1, "unit": "cm"}`.
#[derive(Serialize, Deserialize)]
struct WithUnit {
    #[serde(flatten)]
    measured: Measured,
    unit: String,
}

#[derive(Serialize, Deserialize)]
struct ReadingForm {
    picture: WithUnit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    specimen: Option<WithUnit>,
}

/// `{"x": 12.5, "y": 3.0, "unit": "px"}`.
#[derive(Serialize, Deserialize)]
struct PointForm {
    #[serde(flatten)]
    point: Point,
    unit: String,
}

/// Of [`Measurements::values`](super::Measurements::values).
pub(super) mod values {
    use super::{
        BTreeMap, Deserialize, Deserializer, Quantity, Reading, ReadingForm, Serialize, Serializer, WithUnit, expect,
    };

    pub fn serialize<S: Serializer>(values: &BTreeMap<Quantity, Reading>, to: S) -> Result<S::Ok, S::Error> {
        let form = |(quantity, reading): (&Quantity, &Reading)| {
            let with = |measured, unit: &str| WithUnit {
                measured,
                unit: unit.to_owned(),
            };
            let form = ReadingForm {
                picture: with(reading.picture, quantity.picture_unit()),
                specimen: reading.specimen.map(|m| with(m, quantity.unit())),
            };
            (*quantity, form)
        };
        values.iter().map(form).collect::<BTreeMap<_, _>>().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Quantity, Reading>, D::Error> {
        let forms = BTreeMap::<Quantity, ReadingForm>::deserialize(from)?;
        let reading = |(quantity, form): (Quantity, ReadingForm)| {
            expect(&form.picture.unit, quantity.picture_unit(), quantity.key())?;
            if let Some(specimen) = &form.specimen {
                expect(&specimen.unit, quantity.unit(), quantity.key())?;
            }
            let reading = Reading {
                picture: form.picture.measured,
                specimen: form.specimen.map(|m| m.measured),
            };
            Ok((quantity, reading))
        };
        forms.into_iter().map(reading).collect()
    }
}

/// Of [`Measurements::landmarks`](super::Measurements::landmarks).
pub(super) mod landmarks {
    use super::{
        BTreeMap, Deserialize, Deserializer, PIXELS, Point, PointForm, Serialize, Serializer, expect, in_pixels,
    };

    pub fn serialize<S: Serializer>(points: &BTreeMap<u8, Point>, to: S) -> Result<S::Ok, S::Error> {
        let form: BTreeMap<u8, PointForm> = points.iter().map(|(number, p)| (*number, in_pixels(*p))).collect();
        form.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<u8, Point>, D::Error> {
        let forms = BTreeMap::<u8, PointForm>::deserialize(from)?;
        let point = |(number, form): (u8, PointForm)| {
            expect(&form.unit, PIXELS, "landmark")?;
            Ok((number, form.point))
        };
        forms.into_iter().map(point).collect()
    }
}

/// Of [`Measurements::lines`](super::Measurements::lines).
pub(super) mod lines {
    use super::{
        BTreeMap, Deserialize, Deserializer, PIXELS, Point, PointForm, Quantity, Serialize, Serializer, expect,
        in_pixels,
    };

    pub fn serialize<S: Serializer>(lines: &BTreeMap<Quantity, [Point; 2]>, to: S) -> Result<S::Ok, S::Error> {
        let form: BTreeMap<Quantity, [PointForm; 2]> = lines
            .iter()
            .map(|(quantity, ends)| (*quantity, ends.map(in_pixels)))
            .collect();
        form.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Quantity, [Point; 2]>, D::Error> {
        let forms = BTreeMap::<Quantity, [PointForm; 2]>::deserialize(from)?;
        let line = |(quantity, ends): (Quantity, [PointForm; 2])| {
            for end in &ends {
                expect(&end.unit, PIXELS, quantity.key())?;
            }
            Ok((quantity, ends.map(|end| end.point)))
        };
        forms.into_iter().map(line).collect()
    }
}

fn in_pixels(point: Point) -> PointForm {
    PointForm {
        point,
        unit: PIXELS.to_owned(),
    }
}

fn expect<E: serde::de::Error>(found: &str, unit: &str, of: &str) -> Result<(), E> {
    if found == unit {
        return Ok(());
    }
    Err(E::custom(format!(
        "{of} is in `{found}`; this fishrig reads `{unit}` there"
    )))
}
