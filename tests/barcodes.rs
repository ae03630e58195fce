//! Codes of other programs' encoders, photographed as a label is: tilted, in perspective, blurred, small, noisy; and pictures in which there is none.
#![cfg(feature = "barcodes")]

mod barcodes_support;

use std::path::{Path, PathBuf};

use barcodes_support::{Fixture, Photo};
use fishrig::frame::{DecodeOptions, Frame, Point};
use fishrig::identify::{Symbology, read_codes};
use image::{Rgb, RgbImage};

/// A label of 620 × 420 pixels that is all of the picture, with a code on it.
fn label(fixture: Fixture, photo: Photo) -> RgbImage {
    let mut picture = RgbImage::from_pixel(620, 420, Rgb([226, 221, 208]));
    photo.paste(&mut picture, &fixture.modules(), Point { x: 310.0, y: 210.0 });
    photo.finish(picture)
}

fn read(picture: &RgbImage) -> Vec<(Symbology, String)> {
    let codes = read_codes(picture, None);
    codes.into_iter().map(|code| (code.symbology, code.payload)).collect()
}

fn is_read(fixture: Fixture, photo: Photo) -> bool {
    let codes = read(&label(fixture, photo));
    match codes.as_slice() {
        [] => false,
        [(symbology, payload)] if *symbology == fixture.symbology() && *payload == fixture.payload() => true,
        wrong => panic!("{fixture:?} {photo:?} reads as {wrong:?}"),
    }
}

const USUAL: Photo = Photo {
    module: 5.0,
    turn: 0.0,
    lean: 0.0,
    blur: 0.6,
    noise: 3.0,
};

#[test]
fn plain_codes_of_every_encoder() {
    for fixture in Fixture::ALL {
        let module = if fixture == Fixture::Code128 { 2.0 } else { 5.0 };
        assert!(is_read(fixture, Photo { module, ..USUAL }), "{fixture:?}");
    }
}

#[test]
#[ignore = "prints how small, how far turned and how far leaning codes are read; takes minutes"]
fn report() {
    for fixture in Fixture::ALL {
        let is_linear = fixture == Fixture::Code128;
        for blur in [0.5, 1.0] {
            let modules = [1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 4.0];
            let read = modules.iter().filter(|m| !is_linear || **m < 3.0).map(|module| {
                let read = [1.0, 8.0, 33.0, 81.0].into_iter().filter(|turn| {
                    let turn = if is_linear { turn / 10.0 } else { *turn };
                    is_read(
                        fixture,
                        Photo {
                            module: *module,
                            turn,
                            blur,
                            ..USUAL
                        },
                    )
                });
                format!("{module}: {}", read.count())
            });
            println!(
                "{fixture:?}, blur {blur} px, px a module: read of 4: {}",
                read.collect::<Vec<_>>().join(", ")
            );
        }
        let module = if is_linear { 2.0 } else { 3.0 };
        let turns = (0..24).map(|k| f64::from(k) * 15.0 + 4.0);
        let missed: Vec<f64> = turns
            .filter(|turn| {
                !is_read(
                    fixture,
                    Photo {
                        turn: *turn,
                        module,
                        ..USUAL
                    },
                )
            })
            .collect();
        println!("{fixture:?}, {module} px a module: not read at turns {missed:?} of 24");
        let leans: Vec<f64> = (0..8)
            .map(|k| f64::from(k) * 10.0)
            .filter(|lean| {
                is_read(
                    fixture,
                    Photo {
                        lean: *lean,
                        module,
                        ..USUAL
                    },
                )
            })
            .collect();
        println!("{fixture:?}: read at leans {leans:?}");
    }
}

/// Photographs, which are not in this repository; none bears a code.
fn photographs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let files = ["frames", "crops"]
        .into_iter()
        .flat_map(|name| std::fs::read_dir(folder.join(name)).into_iter().flatten().flatten());
    let mut files: Vec<PathBuf> = files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "jpg"))
        .collect();
    files.sort();
    files
}

#[test]
fn nothing_is_read_in_photographs_without_codes() {
    let files = photographs();
    if files.is_empty() {
        println!("SKIPPED: no ../shared/data");
        return;
    }
    for file in files {
        let frame = Frame::from_file_bytes(std::fs::read(&file).unwrap(), None).unwrap();
        let picture = frame.decode(&DecodeOptions::default()).unwrap().rgb;
        let scene = fishrig::locate::locate(&picture, &Default::default());
        let t = std::time::Instant::now();
        assert_eq!(read(&picture), [], "{}", file.display());
        let whole = t.elapsed();
        let t = std::time::Instant::now();
        assert_eq!(read_codes(&picture, scene.label), [], "{}", file.display());
        println!(
            "{} {:?} whole {whole:?} label {:?} {:?}",
            file.display(),
            picture.dimensions(),
            scene.label.map(|l| l.size()),
            t.elapsed()
        );
    }
}
