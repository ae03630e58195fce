//! Writes pictures to look at into `target/overlay-gallery/`: every state at every size, with drawn and, where the shared data are
//! there, photographed specimens. `cargo test --test overlay gallery -- --ignored`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fishrig::display::Canvas;
use fishrig::frame::{DecodeOptions, Frame, PixelBox, Size};
use fishrig::overlay::{self, Annotations, FishBox, TraitLayer, View};
use fishrig::traits::{Palette, Trait, TraitMask, TraitSet};

use crate::scene;

const SIZES: [Size; 9] = [
    Size::new(240, 320),
    Size::new(320, 240),
    Size::new(800, 480),
    Size::new(1280, 720),
    Size::new(1920, 1080),
    Size::new(1024, 600),
    Size::new(480, 800),
    Size::new(160, 128),
    Size::new(480, 320),
];

fn gallery() -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/overlay-gallery");
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn drawn(view: &View, size: Size) -> Canvas {
    let mut canvas = Canvas::new(size);
    let Ok(()) = overlay::draw(view, &mut canvas);
    canvas
}

#[test]
#[ignore = "writes pictures: cargo test --test overlay gallery -- --ignored"]
fn every_state_at_every_size() {
    for (name, view) in scene::every_state() {
        for size in SIZES {
            let canvas = drawn(&view, size);
            canvas
                .picture()
                .save(gallery().join(format!("{size}_{name}.png")))
                .unwrap();
        }
    }
}

#[test]
#[ignore = "writes pictures: cargo test --test overlay gallery -- --ignored"]
fn error_pages() {
    for size in SIZES {
        let mut canvas = Canvas::new(size);
        let Ok(()) = overlay::draw_error_page(&scene::error_page(), &mut canvas);
        canvas
            .picture()
            .save(gallery().join(format!("{size}_error_page.png")))
            .unwrap();
    }
}

#[test]
#[ignore = "writes pictures: cargo test --test overlay gallery -- --ignored"]
fn annotated_pictures() {
    for width in [200, 640, 1600] {
        let picture = overlay::annotated_picture(&scene::picture(), &scene::annotations(), Palette::Bgnn, width);
        picture.save(gallery().join(format!("annotated_{width}.png"))).unwrap();
    }
}

#[test]
#[ignore = "writes pictures: cargo test --test overlay gallery -- --ignored"]
fn photographs() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    if !Path::new(data).exists() {
        eprintln!("SKIPPED: no shared data, so no photographs in the gallery");
        return;
    }
    for name in [
        "INHS_FISH_54082",
        "INHS_FISH_52399",
        "INHS_FISH_011196",
        "JFBM-FISH-0048705",
        "INHS_FISH_59689",
    ] {
        let view = photographed(Path::new(data), name);
        let frame = view.preview.as_deref().unwrap();
        let picture = overlay::annotated_picture(frame, &view.annotations, Palette::Bgnn, 1200);
        picture
            .save(gallery().join(format!("photo_annotated_{name}.png")))
            .unwrap();
        for (state, of) in scene::every_state() {
            if name != "INHS_FISH_54082" && state != "found" {
                continue;
            }
            let view = View {
                preview: of.preview.is_some().then(|| view.preview.clone()).flatten(),
                annotations: if of.annotations.traits.is_some() {
                    view.annotations.clone()
                } else {
                    of.annotations.clone()
                },
                ..of
            };
            for size in SIZES {
                let canvas = drawn(&view, size);
                canvas
                    .picture()
                    .save(gallery().join(format!("photo_{size}_{name}_{state}.png")))
                    .unwrap();
            }
        }
    }
}

/// Pixels per centimetre, counted by hand; some number where that was not done.
fn scale_of(data: &Path, file: &str) -> f64 {
    let scales: serde_json::Value =
        serde_json::from_slice(&fs::read(data.join("frames/scales.json")).unwrap()).unwrap();
    scales["frames"][file]["px_per_cm"].as_f64().unwrap_or(100.0)
}

/// A view of a photograph with its hand label.
fn photographed(data: &Path, name: &str) -> View {
    let bytes = fs::read(data.join(format!("frames/{name}.jpg"))).unwrap();
    let frame = Frame::from_file_bytes(bytes, None)
        .unwrap()
        .decode(&DecodeOptions::default())
        .unwrap()
        .rgb;
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(data.join(format!("labels/{name}.json"))).unwrap()).unwrap();
    let rectangle = |v: &serde_json::Value| {
        let n: Vec<u32> = v
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_f64().unwrap() as u32)
            .collect();
        PixelBox::new(n[0], n[1], n[0] + n[2], n[1] + n[3])
    };
    let crop = rectangle(&json["crop_box_xywh"]);
    let labels = image::open(data.join(format!("labels/{name}_labels.png")))
        .unwrap()
        .into_luma8();
    let bits = labels.pixels().map(|p| match p[0] {
        0 => 0,
        class => 1u16 << (class - 1),
    });
    let mask = TraitMask::from_bits(labels.dimensions().into(), bits.collect()).unwrap();
    let regions: serde_json::Value =
        serde_json::from_slice(&fs::read(data.join("frames/regions.json")).unwrap()).unwrap();
    let file = format!("{name}.jpg");
    let images = regions["images"].as_array().unwrap();
    let id = images.iter().find(|i| i["file_name"] == file).unwrap()["id"].clone();
    let region = |category: u32| {
        let all = regions["annotations"].as_array().unwrap();
        let found = all.iter().find(|a| a["image_id"] == id && a["category_id"] == category);
        found.map(|a| rectangle(&a["bbox"]))
    };
    let mut confidence = scene::annotations().traits.unwrap().confidence;
    confidence[Trait::AdiposeFin.channel()] = Some(0.62);
    View {
        annotations: Annotations {
            picture: frame.dimensions().into(),
            fish: region(1).map(|bounds| FishBox {
                bounds,
                cut_by_edge: false,
            }),
            further_fish: Vec::new(),
            label: region(3),
            ruler: region(2),
            measured: Some(scene::measured(&mask.resized(crop.size()), crop, scale_of(data, &file))),
            traits: Some(TraitLayer {
                mask: Arc::new(mask),
                crop,
                confidence,
                not_assessed: TraitSet::from_bits(0b0111_0000_0000),
            }),
        },
        preview: Some(Arc::new(frame)),
        ..scene::view()
    }
}
