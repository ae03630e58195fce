//! COCO JSON: pictures, and an annotation for each trait that is present.
//!
//! A mask is a *compressed* run-length code of the whole upright frame, as `pycocotools.mask.decode` takes it: runs down the columns,
//! background first, lengths as signed differences in base 32 (cocodataset/cocoapi, `common/maskApi.c`, `rleToString`). The fish is an
//! annotation of the category `fish` with its box as a polygon, its eighteen landmarks as keypoints in pixels of the upright frame (visibility 2,
//! or 0 where a landmark is missing), and what was measured in `measurements`, with units. `file_name` is the frame's path below the store's root.
//! A trait that the network never learnt has no annotation and is listed in the picture's `not_assessed`.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::facts::{self, LANDMARKS};
use super::single_file::one_file;
use super::{ExportError, Exported, Outcome, Progress, Selection, each_record, mask_of};
use crate::frame::{PixelBox, Size};
use crate::labels::rle;
use crate::measure::{Findings, Measured};
use crate::store::layout::Place;
use crate::store::record::{FishFacts, Record};
use crate::store::{Archive, Storage};
use crate::traits::{Trait, TraitMask, TraitSet};

/// The category number of a fish; a trait has its channel plus 1.
const FISH_CATEGORY: usize = Trait::COUNT + 1;

/// Writes the JSON to a new file `path`. `progress` is called once for each record in the store.
///
/// # Errors
/// See [`ExportError`]; records that can't be read are in [`Exported::failed`] and not in the file.
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    path: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let (mut exported, copied) = one_file(path, archive.root(), progress, |out, progress| {
        // Masks are large and written at once; what is said about a picture is small and kept for the end.
        let mut images = Vec::new();
        let mut annotations = 0;
        let fail = || ExportError::write(path);
        write!(out, "{{\n\"annotations\": [").map_err(fail())?;
        let exported = each_record(archive, selection, progress, |place, record| {
            let mask = record.fish.as_ref().map(|fish| mask_of(archive, place, record, fish));
            let (mask, findings) = match (mask.transpose(), facts::findings(archive, place, record)) {
                (Ok(mask), Ok(findings)) => (mask, findings),
                (Err(problem), _) | (_, Err(problem)) => return Ok(Outcome::Failed(problem)),
            };
            let image_id = images.len() + 1;
            images.push(image(place, record, image_id));
            if let (Some(fish), Some(mask)) = (&record.fish, &mask) {
                for mut annotation in annotations_of(fish, mask, findings.as_ref(), record.frame.upright) {
                    annotations += 1;
                    annotation["id"] = annotations.into();
                    annotation["image_id"] = image_id.into();
                    let comma = if annotations == 1 { "" } else { "," };
                    write!(out, "{comma}\n{annotation}").map_err(fail())?;
                }
            }
            Ok(Outcome::Done)
        })?;
        let lines = |items: Vec<Value>| items.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n");
        let info = json!({"description": concat!("exported by fishrig ", env!("CARGO_PKG_VERSION"))});
        write!(
            out,
            "\n],\n\"images\": [\n{}\n],\n\"categories\": [\n{}\n],\n\"licenses\": [],\n\"info\": {info}\n}}\n",
            lines(images),
            lines(categories()),
        )
        .map_err(fail())?;
        Ok(exported)
    })?;
    exported.copied = copied;
    Ok(exported)
}

fn categories() -> Vec<Value> {
    let of_trait = |t: Trait| json!({"id": t.channel() + 1, "name": t.bgnn_name(), "supercategory": "trait"});
    let mut categories: Vec<Value> = Trait::ALL.into_iter().map(of_trait).collect();
    categories.push(json!({
        "id": FISH_CATEGORY,
        "name": "fish",
        "supercategory": "fish",
        "keypoints": LANDMARKS,
        "skeleton": [],
    }));
    categories
}

fn image(place: &Place, record: &Record, image_id: usize) -> Value {
    let not_assessed = record.fish.as_ref().map_or(TraitSet::EMPTY, |f| f.not_assessed);
    json!({
        "id": image_id,
        "file_name": format!("{}/{}/{}", place.day, place.id, record.frame.file),
        "width": record.frame.upright.width,
        "height": record.frame.upright.height,
        "date_captured": record.times.captured_utc.to_string(),
        "record": record.id,
        "specimen": record.specimen,
        "voided": record.voided,
        "exif_orientation": record.frame.exif_orientation,
        "not_assessed": not_assessed.iter().map(Trait::bgnn_name).collect::<Vec<_>>(),
    })
}

/// `x, y, visibility` of each landmark in the upright frame, and how many there are.
fn keypoints(fish: &FishFacts, findings: Option<&Findings>) -> (Vec<Value>, usize) {
    let landmarks = findings.and_then(|f| f.measurements.as_ref()).map(|m| &m.landmarks);
    let (left, top) = (f64::from(fish.crop_box.left), f64::from(fish.crop_box.top));
    let mut numbers = Vec::with_capacity(3 * LANDMARKS.len());
    let mut known = 0;
    for number in 1..=LANDMARKS.len() as u8 {
        match landmarks.and_then(|all| all.get(&number)) {
            Some(point) => {
                known += 1;
                numbers.extend([json!(left + point.x), json!(top + point.y), json!(2)]);
            }
            None => numbers.extend([json!(0), json!(0), json!(0)]),
        }
    }
    (numbers, known)
}

/// What was measured, with units, by the keys of `<id>_measurements.json`.
fn measurements(findings: Option<&Findings>) -> Value {
    let told = |m: Measured, unit: &str| json!({"value": m.value, "uncertainty": m.uncertainty, "unit": unit});
    facts::readings(findings)
        .map(|(quantity, reading)| {
            let value = match reading.specimen {
                Some(specimen) => told(specimen, quantity.unit()),
                None => told(reading.picture, quantity.picture_unit()),
            };
            (quantity.key().to_owned(), value)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Without `id` and `image_id`.
fn annotations_of(fish: &FishFacts, mask: &TraitMask, findings: Option<&Findings>, picture: Size) -> Vec<Value> {
    let b = fish.bounds;
    let (keypoints, num_keypoints) = keypoints(fish, findings);
    let mut annotations = vec![json!({
        "category_id": FISH_CATEGORY,
        "bbox": [b.left, b.top, b.width(), b.height()],
        "area": b.area(),
        "iscrowd": 0,
        "segmentation": [[b.left, b.top, b.right, b.top, b.right, b.bottom, b.left, b.bottom]],
        "keypoints": keypoints,
        "num_keypoints": num_keypoints,
        "measurements": measurements(findings),
    })];
    let columns = rle::transposed(mask);
    let counts = mask.pixel_counts();
    for which in mask.present().iter() {
        let around = mask
            .bounding_box(TraitSet::EMPTY.with(which))
            .unwrap_or(PixelBox::new(0, 0, 0, 0));
        let (left, top) = (fish.crop_box.left + around.left, fish.crop_box.top + around.top);
        annotations.push(json!({
            "category_id": which.channel() + 1,
            "bbox": [left, top, around.width(), around.height()],
            "area": counts[which.channel()],
            "iscrowd": 0,
            "segmentation": {
                "size": [picture.height, picture.width],
                "counts": rle::compressed(&rle::column_lengths_of(&columns, which, fish.crop_box, picture)),
            },
            "confidence": fish.confidence[which.channel()],
        }));
    }
    annotations
}
