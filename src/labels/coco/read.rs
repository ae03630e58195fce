//! Reading COCO's JSON.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::labels::drawn::{Counts, Drawn, Outline, Shape};
use crate::labels::fill::{Corner, is_place};
use crate::labels::{Form, LabelsError};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    annotations: Vec<Annotation>,
    #[serde(default)]
    categories: Vec<Category>,
}

/// Ids are whole numbers; some programs write texts.
#[derive(Deserialize, Clone, PartialEq, Eq, Hash)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

#[derive(Deserialize)]
struct Image {
    id: Id,
    file_name: String,
    width: i64,
    height: i64,
}

#[derive(Deserialize)]
struct Category {
    id: Id,
    name: String,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: Id,
    category_id: Id,
    #[serde(default)]
    segmentation: Option<Segmentation>,
}

/// Polygons, or run lengths. What it is, its first character tells; an untagged enum would keep every number as a value of any kind first.
enum Segmentation {
    Code { size: [i64; 2], counts: Counts },
    Polygons(Vec<Vec<f64>>),
}

impl<'de> Deserialize<'de> for Segmentation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Segmentation;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of polygons, or size and counts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Segmentation, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Segmentation::Polygons)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Segmentation, A::Error> {
                #[derive(Deserialize)]
                struct Code {
                    size: [i64; 2],
                    counts: FileCounts,
                }
                let Code { size, counts } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Segmentation::Code { size, counts: counts.0 })
            }
        }
        from.deserialize_any(Either)
    }
}

struct FileCounts(Counts);

impl<'de> Deserialize<'de> for FileCounts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = FileCounts;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of run lengths, or their text")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<FileCounts, A::Error> {
                let lengths = Deserialize::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(FileCounts(Counts::Plain(lengths)))
            }

            fn visit_str<E>(self, text: &str) -> Result<FileCounts, E> {
                Ok(FileCounts(Counts::Text(text.to_owned())))
            }
        }
        from.deserialize_any(Either)
    }
}

/// The pictures of a file with their shapes, in the file's order.
pub(in crate::labels) fn read(text: &[u8]) -> Result<Vec<Drawn>, LabelsError> {
    let file: File = serde_json::from_slice(text).map_err(|e| damaged(e.to_string()))?;
    let names: HashMap<Id, Arc<str>> = (file.categories.into_iter().map(|c| (c.id, Arc::from(c.name)))).collect();
    let mut places = HashMap::new();
    let mut pictures = Vec::new();
    for image in file.images {
        if places.insert(image.id.clone(), pictures.len()).is_some() {
            return Err(damaged(format!("two pictures have the id {}", image.id)));
        }
        pictures.push(Drawn {
            picture: image.file_name,
            claimed: (image.width, image.height),
            shapes: Vec::new(),
        });
    }
    for (number, annotation) in file.annotations.into_iter().enumerate() {
        let picture = places
            .get(&annotation.image_id)
            .and_then(|place| pictures.get_mut(*place));
        let picture = picture.ok_or_else(|| {
            let id = &annotation.image_id;
            damaged(format!(
                "annotation {} is one of picture {id}, which is not there",
                number + 1
            ))
        })?;
        let class = names.get(&annotation.category_id).cloned();
        let class = class.unwrap_or_else(|| Arc::from(format!("category {}", annotation.category_id)));
        let outline = outline(annotation.segmentation)
            .map_err(|reason| damaged(format!("annotation {} ({class:?}): {reason}", number + 1)))?;
        picture.shapes.push(Shape {
            class,
            z_order: 0,
            outline,
        });
    }
    Ok(pictures)
}

fn outline(segmentation: Option<Segmentation>) -> Result<Outline, String> {
    let polygons = match segmentation {
        Some(Segmentation::Code {
            size: [height, width],
            counts,
        }) => {
            return Ok(Outline::Columns {
                size: (width, height),
                counts,
            });
        }
        Some(Segmentation::Polygons(polygons)) if !polygons.is_empty() => polygons,
        _ => return Ok(Outline::NoArea("box".into())),
    };
    let polygon = |numbers: Vec<f64>| {
        if !numbers.len().is_multiple_of(2) || numbers.len() < 6 {
            return Err(format!("a polygon of {} numbers", numbers.len()));
        }
        if !numbers.iter().all(|v| is_place(*v)) {
            return Err("a point of it lies far outside of every picture".to_owned());
        }
        Ok(numbers.as_chunks::<2>().0.to_vec())
    };
    let polygons: Result<Vec<Vec<Corner>>, String> = polygons.into_iter().map(polygon).collect();
    Ok(Outline::Polygons(polygons?))
}

fn damaged(reason: String) -> LabelsError {
    LabelsError::Damaged {
        form: Form::Coco,
        reason,
    }
}
