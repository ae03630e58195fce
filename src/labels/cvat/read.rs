//! Reading CVAT's XML.

use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::labels::drawn::{Drawn, Outline, Shape};
use crate::labels::fill::{self, Corner, is_place};
use crate::labels::{Form, LabelsError};

/// The pictures of a file with their shapes, in the file's order.
pub(in crate::labels) fn read(text: &[u8]) -> Result<Vec<Drawn>, LabelsError> {
    let text = std::str::from_utf8(text).map_err(|e| damaged(e.to_string()))?;
    let mut reader = Reader::from_str(text);
    let mut pictures: Vec<Drawn> = Vec::new();
    let mut within_picture = false;
    let mut depth = 0usize;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|e| damaged(format!("at byte {at}: {e}")))?;
        let (element, closed) = match &event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                within_picture &= element.name().as_ref() != "image";
                continue;
            }
            Event::Eof if depth > 0 => return Err(damaged("it ends before its last element does".to_owned())),
            Event::Eof => return Ok(pictures),
            _ => continue,
        };
        depth += usize::from(!closed);
        let place = |reason: String| damaged(format!("at byte {at}: {reason}"));
        match element.name().as_ref() {
            "track" => {
                return Err(LabelsError::NotRead {
                    form: Form::Cvat,
                    what: "the format for video".to_owned(),
                    cure: "export the task as \"CVAT for images 1.1\"",
                });
            }
            "image" => {
                pictures.push(picture(&Attributes::of(element).map_err(place)?).map_err(place)?);
                within_picture = !closed;
            }
            kind if within_picture => {
                let Some(picture) = pictures.last_mut() else { continue };
                picture.shapes.extend(shape(kind, element).map_err(place)?);
            }
            _ => {}
        }
    }
}

/// The attributes of an element by name.
struct Attributes(HashMap<String, String>);

impl Attributes {
    fn of(element: &BytesStart) -> Result<Self, String> {
        let attribute = |attribute: Result<quick_xml::events::attributes::Attribute, _>| {
            let attribute = attribute.map_err(|e: quick_xml::events::attributes::AttrError| e.to_string())?;
            let name = attribute.key.as_ref().to_owned();
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|e| e.to_string())?;
            Ok((name, value.into_owned()))
        };
        element
            .attributes()
            .map(attribute)
            .collect::<Result<_, String>>()
            .map(Self)
    }

    fn text(&self, name: &str) -> Result<&str, String> {
        self.0.get(name).map(String::as_str).ok_or_else(|| format!("no {name}"))
    }

    fn whole(&self, name: &str) -> Result<i64, String> {
        let text = self.text(name)?;
        text.trim().parse().map_err(|_| format!("{name} is {text:?}"))
    }

    /// A place in the picture, or a length in it.
    fn place(&self, name: &str) -> Result<f64, String> {
        let text = self.text(name)?;
        parse_place(text).ok_or_else(|| format!("{name} is {text:?}"))
    }

    fn degrees(&self) -> Result<f64, String> {
        if self.0.contains_key("rotation") {
            self.place("rotation")
        } else {
            Ok(0.0)
        }
    }
}

fn parse_place(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|v| is_place(*v))
}

fn picture(attributes: &Attributes) -> Result<Drawn, String> {
    Ok(Drawn {
        picture: attributes.text("name")?.replace('\\', "/"),
        claimed: (attributes.whole("width")?, attributes.whole("height")?),
        shapes: Vec::new(),
    })
}

/// A shape of a picture; nothing for elements that are none.
fn shape(kind: &str, element: &BytesStart) -> Result<Option<Shape>, String> {
    if !matches!(
        kind,
        "polygon" | "box" | "ellipse" | "mask" | "polyline" | "points" | "cuboid" | "skeleton"
    ) {
        return Ok(None);
    }
    let attributes = Attributes::of(element)?;
    // The points of a skeleton are elements within it.
    let class = attributes.text("label")?.to_owned();
    let outline = outline(kind, &attributes).map_err(|reason| format!("{kind} {class:?}: {reason}"))?;
    Ok(Some(Shape {
        class: Arc::from(class),
        z_order: attributes.whole("z_order").unwrap_or(0),
        outline,
    }))
}

fn outline(kind: &str, attributes: &Attributes) -> Result<Outline, String> {
    Ok(match kind {
        "polygon" => {
            let points: Result<Vec<Corner>, String> = attributes.text("points")?.split(';').map(point).collect();
            let points = points?;
            if points.len() < 3 {
                return Err(format!("{} points", points.len()));
            }
            Outline::Polygons(vec![points])
        }
        "box" => {
            let corner = |x, y| Ok::<_, String>([attributes.place(x)?, attributes.place(y)?]);
            let corners = fill::rectangle(corner("xtl", "ytl")?, corner("xbr", "ybr")?, attributes.degrees()?);
            Outline::Polygons(vec![corners])
        }
        "ellipse" => Outline::Ellipse {
            centre: [attributes.place("cx")?, attributes.place("cy")?],
            half_axes: [attributes.place("rx")?, attributes.place("ry")?],
            degrees: attributes.degrees()?,
        },
        "mask" => Outline::Rows {
            left: attributes.whole("left")?,
            top: attributes.whole("top")?,
            width: attributes.whole("width")?,
            height: attributes.whole("height")?,
            counts: counts(attributes.text("rle")?)?,
        },
        other => Outline::NoArea(other.into()),
    })
}

fn point(text: &str) -> Result<Corner, String> {
    let numbers = text
        .split_once(',')
        .and_then(|(x, y)| Some([parse_place(x)?, parse_place(y)?]));
    numbers.ok_or_else(|| format!("{text:?} is no point"))
}

fn counts(text: &str) -> Result<Vec<u64>, String> {
    let counts = text.split(',').map(str::trim).filter(|count| !count.is_empty());
    counts
        .map(|count| count.parse().map_err(|_| format!("{count:?} is no run length")))
        .collect()
}

fn damaged(reason: String) -> LabelsError {
    LabelsError::Damaged {
        form: Form::Cvat,
        reason,
    }
}
