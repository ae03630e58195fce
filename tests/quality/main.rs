//! The checks of a picture's quality on photographs, and on the same photographs spoilt in known ways.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod spoil;

use std::fmt::Write;

use fishrig::analysis::{Analyser, Analysis, AnalysisSettings};
use fishrig::frame::{DecodeOptions, Frame};
use fishrig::measure::quality::{CheckName, Quality, Verdict};
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use image::RgbImage;
use image::imageops::{self, FilterType};

fn analyser() -> Analyser {
    let network = TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::default()).unwrap();
    Analyser::new(network, AnalysisSettings::default())
}

/// The whole frames, at most 1600 columns wide.
fn frames() -> Vec<(String, RgbImage)> {
    let Some(data) = common::shared("data/frames") else {
        return Vec::new();
    };
    let mut files: Vec<_> = std::fs::read_dir(data)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "jpg"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let frame = Frame::from_file_bytes(std::fs::read(file).unwrap(), None).unwrap();
            let picture = frame.decode(&DecodeOptions::default()).unwrap().rgb;
            let (w, h) = picture.dimensions();
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let picture = match w > 1600 {
                true => imageops::resize(&picture, 1600, h * 1600 / w, FilterType::Triangle),
                false => picture,
            };
            (name, picture)
        })
        .collect()
}

fn values(quality: &Quality) -> String {
    let mut line = String::new();
    for check in &quality.checks {
        let mark = match check.verdict {
            Verdict::Unknown => '?',
            Verdict::Good => ' ',
            Verdict::Doubtful => '!',
            Verdict::Bad => 'X',
        };
        let value = check.value.map_or("-".to_owned(), |v| format!("{v:.3}"));
        write!(line, "{:>7}{mark}", value.chars().take(6).collect::<String>()).unwrap();
    }
    line
}

fn head() -> String {
    CheckName::ALL
        .iter()
        .map(|n| format!("{:>7} ", n.key().chars().take(7).collect::<String>()))
        .collect()
}

fn quality(analysis: &Analysis) -> &Quality {
    &analysis.findings.quality
}

#[test]
#[ignore = "prints: cargo test --test quality values -- --ignored --nocapture"]
fn values_of_the_photographs() {
    let analyser = analyser();
    println!("{:20}{}", "", head());
    for (name, picture) in frames() {
        let analysis = analyser.whole_frame(&picture).unwrap();
        println!(
            "{name:20}{}  {:?}",
            values(quality(&analysis)),
            analysis.timings.measure
        );
    }
}

#[test]
#[ignore = "prints: cargo test --test quality confusion -- --ignored --nocapture"]
fn confusion() {
    let analyser = analyser();
    let folder = std::env::var_os("FISHRIG_QUALITY_PICTURES").map(std::path::PathBuf::from);
    println!("{:20}{}", "", head());
    for (name, picture) in frames() {
        let clean = analyser.whole_frame(&picture).unwrap();
        println!("== {name}\n{:20}{}", "as it is", values(quality(&clean)));
        for spoil in &spoil::SPOILS {
            let Some(spoilt) = (spoil.spoil)(&picture, &clean.scene) else {
                continue;
            };
            if let Some(folder) = &folder {
                spoilt
                    .save(folder.join(format!("{name}_{}.jpg", spoil.name.replace(' ', "_"))))
                    .unwrap();
            }
            let analysis = analyser.whole_frame(&spoilt).unwrap();
            println!("{:20}{}", spoil.name, values(quality(&analysis)));
        }
    }
}
