//! Writing CVAT's XML.

use quick_xml::escape::escape;

use crate::frame::PixelBox;
use crate::labels::{Shapes, rle, trace};
use crate::traits::{Palette, Trait, TraitMask, TraitSet};

/// Labels on their way into one file.
#[derive(Debug, Default)]
pub(in crate::labels) struct Collection {
    pictures: String,
    count: usize,
}

impl Collection {
    /// Adds a picture's label; `picture` is its name in the task.
    pub(in crate::labels) fn add(&mut self, picture: &str, mask: &TraitMask, shapes: Shapes) {
        let (width, height) = (mask.size().width, mask.size().height);
        self.line(&format!(
            "  <image id=\"{}\" name=\"{}\" width=\"{width}\" height=\"{height}\">",
            self.count,
            escape(picture)
        ));
        // CVAT shows the higher ones on top, as BGNN's painting does the later channels.
        for (z_order, which) in mask.present().iter().enumerate() {
            let common = format!("label=\"{}\" source=\"file\" occluded=\"0\"", which.bgnn_name());
            match shapes {
                Shapes::Masks => {
                    let part = mask
                        .bounding_box(TraitSet::EMPTY.with(which))
                        .unwrap_or(PixelBox::new(0, 0, 1, 1));
                    let counts = rle::row_lengths(mask, which, part);
                    let counts = counts.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
                    let (left, top, width, height) = (part.left, part.top, part.width(), part.height());
                    self.line(&format!(
                        "    <mask {common} rle=\"{counts}\" left=\"{left}\" top=\"{top}\" width=\"{width}\" height=\"{height}\" z_order=\"{z_order}\"></mask>"
                    ));
                }
                Shapes::Polygons { tolerance } => {
                    for polygon in trace::polygons(mask, which, tolerance) {
                        let points = polygon
                            .iter()
                            .map(|[x, y]| format!("{x:.2},{y:.2}"))
                            .collect::<Vec<_>>()
                            .join(";");
                        self.line(&format!(
                            "    <polygon {common} points=\"{points}\" z_order=\"{z_order}\"></polygon>"
                        ));
                    }
                }
            }
        }
        self.line("  </image>");
        self.count += 1;
    }

    /// The file.
    pub(in crate::labels) fn finish(self) -> String {
        let label = |which: Trait| {
            let [r, g, b] = Palette::Bgnn.colour(which);
            let name = which.bgnn_name();
            format!(
                "        <label><name>{name}</name><color>#{r:02x}{g:02x}{b:02x}</color><type>any</type><attributes></attributes></label>\n"
            )
        };
        let labels: String = Trait::ALL.map(label).concat();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n      <size>{}</size>\n      \
             <mode>annotation</mode>\n      <labels>\n{labels}      </labels>\n    </task>\n  </meta>\n{}</annotations>\n",
            self.count, self.pictures
        )
    }

    fn line(&mut self, line: &str) {
        self.pictures.push_str(line);
        self.pictures.push('\n');
    }
}
