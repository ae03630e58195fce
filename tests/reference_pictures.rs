//! Input and output handling against the reference's own pictures (`../shared/reference`), byte for byte.

mod common;

use common::shared;
use fishrig::frame::{DecodeOptions, Frame, Size, resize};
use fishrig::traits::{Palette, Trait, TraitMask, TraitSet, label_picture, paint};
use image::RgbImage;

fn png(path: &std::path::Path) -> RgbImage {
    image::open(path).unwrap().into_rgb8()
}

#[test]
fn resizing_equals_pillow_on_noise_at_every_kind_of_factor() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/resized");
    let noise = png(&folder.join("noise_61x47.png"));
    let from = Size::from(noise.dimensions());
    let pixels: Vec<[u8; 3]> = noise.pixels().map(|p| p.0).collect();
    for (width, height) in [(160, 64), (20, 9), (61, 9), (30, 47), (1, 1), (7, 90)] {
        let size = Size::new(width, height);
        let bilinear = resize::bilinear(&noise, size);
        assert!(
            bilinear == png(&folder.join(format!("bilinear_{size}.png"))),
            "bilinear to {size}"
        );
        let nearest = resize::nearest(&pixels, from, size).concat();
        let theirs = png(&folder.join(format!("nearest_{size}.png")));
        assert!(nearest == theirs.into_raw(), "nearest to {size}");
    }
}

#[test]
fn resizing_a_crop_equals_the_reference_up_to_the_jpeg_decoder() {
    let Some(reference) = shared("reference") else { return };
    for name in ["crop", "crop2"] {
        let bytes = std::fs::read(reference.join(format!("{name}.jpg"))).unwrap();
        let crop = Frame::from_file_bytes(bytes, None)
            .unwrap()
            .decode(&DecodeOptions::default())
            .unwrap()
            .rgb;
        let ours = resize::bilinear(&crop, Size::new(800, 320));
        let theirs = png(&reference.join(format!("{name}_800x320.png")));
        let differences = ours.as_raw().iter().zip(theirs.as_raw()).map(|(a, b)| a.abs_diff(*b));
        let sum: u64 = differences.clone().map(u64::from).sum();
        // From a PNG of the decoded crop all bytes are equal (checked with libjpeg-turbo's pixels); the JPEG decoders round differently.
        assert!(differences.max() <= Some(2), "{name}");
        assert!((sum as f64) < 0.1 * theirs.as_raw().len() as f64, "{name}");
    }
}

#[test]
fn resizing_a_mask_equals_the_published_bilinear_one() {
    let Some(reference) = shared("reference") else { return };
    let ours = resize::bilinear(
        &png(&reference.join("published_mask_no_rescale.png")),
        Size::new(800, 214),
    );
    assert!(ours == png(&reference.join("published_mask_rescale.png")));
}

#[test]
fn resizing_equals_pillow_on_the_reference_s_own_cases() {
    let Some(reference) = shared("reference") else { return };
    let text = std::fs::read_to_string(reference.join("op_cases.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = all["pictures"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let bytes = |key: &str| -> Vec<u8> { serde_json::from_value(case[key].clone()).unwrap() };
        let size = |key: &str| Size::from(serde_json::from_value::<(u32, u32)>(case[key].clone()).unwrap());
        let (from, to) = (size("from"), size("to"));
        let ours = match case["filter"].as_str().unwrap() {
            "BILINEAR" => {
                let picture = RgbImage::from_raw(from.width, from.height, bytes("input")).unwrap();
                resize::bilinear(&picture, to).into_raw()
            }
            "NEAREST" => resize::nearest(bytes("input").as_chunks::<3>().0, from, to).concat(),
            other => panic!("no test for the filter {other}"),
        };
        assert!(ours == bytes("output"), "{} from {from} to {to}", case["filter"]);
    }
}

#[test]
fn painting_equals_the_published_label_picture() {
    let Some(reference) = shared("reference") else { return };
    let published = png(&reference.join("published_mask_no_rescale.png"));
    let mask = label_picture::from_bgnn(&published).unwrap();
    assert!(paint::bgnn(&mask) == published);
    let counts = mask.pixel_counts();
    // The table "Published outputs for the crops" of reference.md.
    let expected = [5325, 1238, 16994, 2730, 4618, 1686, 13307, 2278, 0, 0, 0, 72994];
    assert_eq!(counts, expected);
}

#[test]
fn later_channels_are_painted_over_earlier_ones() {
    let mut mask = TraitMask::empty(Size::new(12, 12));
    for (row, low) in Trait::ALL.into_iter().enumerate() {
        for (column, high) in Trait::ALL.into_iter().enumerate() {
            mask.set(column as u32, row as u32, TraitSet::EMPTY.with(low).with(high));
        }
    }
    let painted = paint::bgnn(&mask);
    for (x, y, pixel) in painted.enumerate_pixels() {
        let later = Trait::ALL[x.max(y) as usize];
        assert_eq!(pixel.0, Palette::Bgnn.colour(later));
    }
}
