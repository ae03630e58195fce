//! Label files of other programs. What is accepted is the same when it is written in any format that keeps every bit, and read again.
#![no_main]

use fishrig::labels::{Document, LabelsError, Reading, Shapes, Target, Unknown, encoded};
use libfuzzer_sys::fuzz_target;

/// Pictures of a file that are painted.
const PICTURES: usize = 3;

/// The largest mask that is written again, in pixels.
const PIXELS: u64 = 1 << 16;

fuzz_target!(|file: &[u8]| {
    let document = match Document::of(file.to_vec()) {
        Ok(document) => document,
        Err(error) => return told(&error),
    };
    let skip = Reading {
        unknown: Unknown::Skip,
        ..Reading::default()
    };
    let named: Vec<_> = document.pictures().take(PICTURES).map(|picture| Some(picture.stem)).collect();
    for within in named.into_iter().chain([None]) {
        let mask = match document.label(within.as_deref(), &skip, None) {
            Ok(label) => label.mask,
            Err(error) => {
                told(&error);
                continue;
            }
        };
        if mask.size().pixels() > PIXELS {
            continue;
        }
        for (target, shapes) in [
            (Target::SegNrrd, Shapes::Masks),
            (Target::LabelMe, Shapes::Polygons { tolerance: 0.0 }),
            (Target::Cvat, Shapes::Masks),
            (Target::Coco, Shapes::Masks),
        ] {
            let written = encoded(target, &mask, "x.jpg", shapes).expect("a mask can be written");
            let again = Document::of(written).expect("what was written is a label file");
            // Pictures without a shape have no label.
            if !mask.present().is_empty() {
                let again = again.label(None, &Reading::default(), None).expect("what was written can be read");
                assert!(again.mask == mask);
            }
        }
    }
});

fn told(error: &LabelsError) {
    assert!(!error.to_string().is_empty());
}
