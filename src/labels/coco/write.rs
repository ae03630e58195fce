//! Writing COCO's JSON.

use serde_json::{Value, json};

use crate::frame::PixelBox;
use crate::labels::{Shapes, rle, trace};
use crate::traits::{Trait, TraitMask, TraitSet};

/// Labels on their way into one file.
#[derive(Debug, Default)]
pub(in crate::labels) struct Collection {
    images: Vec<Value>,
    /// As text: masks are large, and the texts of numbers are smaller than values.
    annotations: Vec<String>,
}

impl Collection {
    /// Adds a picture's label; `picture` is its path as the tool is to find it.
    pub(in crate::labels) fn add(&mut self, picture: &str, mask: &TraitMask, shapes: Shapes) {
        let image = self.images.len() + 1;
        self.images.push(json!({
            "id": image,
            "file_name": picture,
            "width": mask.size().width,
            "height": mask.size().height,
        }));
        let columns = rle::transposed(mask);
        let counts = mask.pixel_counts();
        for which in mask.present().iter() {
            let whole = PixelBox::whole(mask.size());
            let around = mask.bounding_box(TraitSet::EMPTY.with(which)).unwrap_or(whole);
            let segmentation = match shapes {
                Shapes::Masks => {
                    let lengths = rle::column_lengths_of(&columns, which, whole, mask.size());
                    json!({"size": [whole.height(), whole.width()], "counts": rle::compressed(&lengths)})
                }
                Shapes::Polygons { tolerance } => {
                    let polygons = trace::polygons(mask, which, tolerance);
                    let flat: Vec<Vec<f64>> = polygons
                        .into_iter()
                        .map(|p| p.into_iter().flatten().collect())
                        .collect();
                    json!(flat)
                }
            };
            let annotation = json!({
                "id": self.annotations.len() + 1,
                "image_id": image,
                "category_id": which.channel() + 1,
                "bbox": [around.left, around.top, around.width(), around.height()],
                "area": counts[which.channel()],
                "iscrowd": 0,
                "segmentation": segmentation,
            });
            self.annotations.push(annotation.to_string());
        }
    }

    /// The file.
    pub(in crate::labels) fn finish(self) -> String {
        let category = |t: Trait| json!({"id": t.channel() + 1, "name": t.bgnn_name(), "supercategory": "trait"});
        let categories = Trait::ALL.map(category);
        let lines = |items: &[Value]| items.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n");
        format!(
            "{{\n\"info\": {},\n\"licenses\": [],\n\"images\": [\n{}\n],\n\"categories\": [\n{}\n],\n\"annotations\": [\n{}\n]\n}}\n",
            json!({"description": concat!("written by fishrig ", env!("CARGO_PKG_VERSION"))}),
            lines(&self.images),
            lines(&categories),
            self.annotations.join(",\n"),
        )
    }
}
