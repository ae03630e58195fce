//! The checks of a picture's quality on photographs, and on the same photographs spoilt in known ways.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod drawn;
mod spoil;

use std::fmt::Write;

use fishrig::analysis::{Analyser, Analysis, AnalysisSettings};
use fishrig::frame::{DecodeOptions, Frame};
use fishrig::measure::quality::{CheckName, FishAirQuality, Quality, QualitySettings, Seen, Verdict, assess};
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

/// How much worse a check's verdict is on a spoilt picture than on the picture as it was; 0 where it is no worse.
fn worsened(name: CheckName, clean: &Quality, spoilt: &Quality) -> u32 {
    let rank = |quality: &Quality| match quality.check(name).map(|c| c.verdict) {
        Some(Verdict::Bad) => 2,
        Some(Verdict::Doubtful) => 1,
        _ => 0,
    };
    let now: u32 = rank(spoilt);
    if now > rank(clean) { now } else { 0 }
}

#[test]
#[ignore = "prints the table of docs/quality.md: cargo test --test quality confusion -- --ignored --nocapture"]
fn confusion() {
    let analyser = analyser();
    let folder = std::env::var_os("FISHRIG_QUALITY_PICTURES").map(std::path::PathBuf::from);
    let mut table = vec![([(0u32, 0u32); CheckName::ALL.len()], 0u32); spoil::SPOILS.len()];
    println!("{:20}{}", "", head());
    for (name, picture) in frames() {
        let clean = analyser.whole_frame(&picture).unwrap();
        println!("== {name}\n{:20}{}", "as it is", values(quality(&clean)));
        for (spoil, (row, frames)) in spoil::SPOILS.iter().zip(&mut table) {
            let Some(spoilt) = (spoil.spoil)(&picture, &clean.scene) else {
                continue;
            };
            if let Some(folder) = &folder {
                let file = format!("{name}_{}.jpg", spoil.name.replace(' ', "_"));
                spoilt.save(folder.join(file)).unwrap();
            }
            let analysis = analyser.whole_frame(&spoilt).unwrap();
            println!("{:20}{}", spoil.name, values(quality(&analysis)));
            *frames += 1;
            for (check, (bad, doubtful)) in CheckName::ALL.into_iter().zip(row.iter_mut()) {
                match worsened(check, quality(&clean), quality(&analysis)) {
                    2 => *bad += 1,
                    1 => *doubtful += 1,
                    _ => {}
                }
            }
        }
    }
    println!("\n| spoilt | frames | found bad | found doubtful |\n|---|---|---|---|");
    for (spoil, (row, frames)) in spoil::SPOILS.iter().zip(&table) {
        let listed = |count: fn(&(u32, u32)) -> u32| {
            let counts = CheckName::ALL.into_iter().zip(row);
            let found = counts.filter(|(_, counts)| count(counts) > 0);
            let words: Vec<String> = found
                .map(|(name, counts)| format!("`{name}` {}", count(counts)))
                .collect();
            words.join(", ")
        };
        println!(
            "| {} | {frames} | {} | {} |",
            spoil.name,
            listed(|c| c.0),
            listed(|c| c.1)
        );
    }
}

#[test]
fn a_spoilt_photograph_fails_its_check_and_no_other() {
    let analyser = analyser();
    for (name, picture) in frames() {
        if !["INHS_FISH_56885", "INHS_FISH_7780"].contains(&name.as_str()) {
            continue;
        }
        let clean = analyser.whole_frame(&picture).unwrap();
        for spoil in &spoil::SPOILS {
            let Some(spoilt) = (spoil.spoil)(&picture, &clean.scene) else {
                continue;
            };
            let analysis = analyser.whole_frame(&spoilt).unwrap();
            let is_worse = |check: &CheckName| worsened(*check, quality(&clean), quality(&analysis)) > 0;
            let what = format!(
                "{name}, {}: {:?}",
                spoil.name,
                quality(&analysis).complaints(Verdict::Doubtful)
            );
            assert!(spoil.flips.iter().any(is_worse), "{what}");
            let expected = |check: &CheckName| spoil.flips.contains(check) || spoil.follows.contains(check);
            let others: Vec<_> = CheckName::ALL
                .into_iter()
                .filter(|c| is_worse(c) && !expected(c))
                .collect();
            assert!(others.is_empty(), "{what}: {others:?}");
        }
    }
}

#[test]
fn the_photographs_of_the_collections_are_good() {
    let analyser = analyser();
    // A tank's wall reflects in one; the light of the other falls off.
    let uneven = ["cefish_004537"];
    for (name, picture) in frames() {
        let analysis = analyser.whole_frame(&picture).unwrap();
        // Whether a ruler can be read is the scale's matter.
        let complaints: Vec<CheckName> = quality(&analysis)
            .checks
            .iter()
            .filter(|check| check.verdict > Verdict::Good && check.name != CheckName::Ruler)
            .map(|check| check.name)
            .collect();
        let expected: &[CheckName] = match uneven.contains(&name.as_str()) {
            true => &[CheckName::Background],
            false => &[],
        };
        assert_eq!(complaints, expected, "{name}");
        let terms = FishAirQuality::TERMS
            .into_iter()
            .zip(quality(&analysis).fish_air().values());
        let selected = [
            ("specimenView", "left"),
            ("specimenCurved", "straight"),
            ("brightness", "normal"),
            ("colorIssue", "none"),
            ("containsScaleBar", "True"),
            ("partsOverlapping", "False"),
            ("onFocus", "True"),
            ("partsMissing", "False"),
            ("allPartsVisible", "True"),
            ("uniformBackground", "True"),
        ];
        let terms: std::collections::BTreeMap<_, _> = terms.collect();
        for (term, value) in selected {
            assert_eq!(terms[term], value, "{name}: {term}");
        }
        assert_eq!(terms["partsFolded"], "", "{name}: nobody can tell");
    }
}

#[test]
#[ignore = "prints: cargo test --test quality duration -- --ignored --nocapture"]
fn duration_at_24_megapixels() {
    let Some(data) = common::shared("data/frames") else {
        return;
    };
    let frame = Frame::from_file_bytes(std::fs::read(data.join("INHS_FISH_100314.jpg")).unwrap(), None).unwrap();
    let picture = frame.decode(&DecodeOptions::default()).unwrap().rgb;
    let analysis = analyser().whole_frame(&picture).unwrap();
    let subject = analysis.specimen.as_ref().map(|s| s.subject());
    let seen = Seen {
        picture: &picture,
        scene: &analysis.scene,
        subject: subject.as_ref(),
        scale: None,
    };
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = std::time::Instant::now();
            assess(&seen, &QualitySettings::default());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "{:?}: least {:?}, median {:?}",
        picture.dimensions(),
        times[0],
        times[10]
    );
}
