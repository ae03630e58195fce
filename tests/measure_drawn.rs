//! Measurements of drawn specimens against what is true of them: from exact masks asserted, through locating, network and scale reported.
//!
//! `cargo test --test measure_drawn -- --include-ignored --nocapture` prints the tables of `docs/measuring.md`.

use std::collections::BTreeMap;

use fishrig::analysis::{Analyser, AnalysisSettings};
use fishrig::frame::{PixelBox, Size};
use fishrig::locate::HeadSide;
use fishrig::measure::Quantity;
use fishrig::measure::specimen::{Measurements, Subject, measure};
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use fishrig::render::{BodyForm, DrawnFish, Heading, RigScene, SceneSettings};
use fishrig::traits::{TraitMask, TraitSet};

const SEEDS: u64 = 6;

/// A scene with one specimen of this form.
fn scene(form: BodyForm, seed: u64, size: Size) -> RigScene {
    let settings = SceneSettings {
        form: Some(form),
        fish: 1,
        fish_share: 0.6,
        heading: if seed.is_multiple_of(2) {
            Heading::Left
        } else {
            Heading::Right
        },
        tilt_degrees: (seed % 5) as f64 * 6.0 - 12.0,
        label: None,
        ruler: None,
        ruler_on_label: false,
        ..SceneSettings::random(size, seed)
    };
    RigScene::new(settings).unwrap()
}

/// The part of a mask.
fn cut(mask: &TraitMask, part: PixelBox) -> TraitMask {
    let rows = part.top..part.bottom;
    let bits = rows.flat_map(|y| mask.row(y)[part.left as usize..part.right as usize].to_vec());
    TraitMask::from_bits(part.size(), bits.collect()).unwrap()
}

fn from_exact_mask(mask: &TraitMask, fish: &DrawnFish) -> (Measurements, PixelBox) {
    let crop_box = fish.bounds.grown(0.025, mask.size());
    let mask = cut(mask, crop_box);
    let subject = Subject {
        mask: &mask,
        resolution: mask.size(),
        not_assessed: TraitSet::EMPTY,
        crop_box,
        head: HeadSide::Unknown,
    };
    (measure(&subject, None), crop_box)
}

/// Relative deviations by quantity, in percent.
#[derive(Default)]
struct Deviations(BTreeMap<Quantity, Vec<(f64, String)>>);

impl Deviations {
    fn note(&mut self, measured: &Measurements, fish: &DrawnFish, of: &str) {
        for (quantity, length) in &fish.truth.lengths {
            let picture = measured.values.get(quantity).map(|reading| reading.picture.value);
            self.add(*quantity, picture, *length, of);
        }
    }

    /// In centimetres.
    fn note_on_specimen(&mut self, measured: &Measurements, fish: &DrawnFish, pixels_per_cm: f64, of: &str) {
        for (quantity, length) in &fish.truth.lengths {
            let reading = measured.values.get(quantity).and_then(|reading| reading.specimen);
            self.add(*quantity, reading.map(|r| r.value), length / pixels_per_cm, of);
        }
    }

    fn add(&mut self, quantity: Quantity, measured: Option<f64>, length: f64, of: &str) {
        let deviation = measured.map_or(f64::NAN, |measured| (measured / length - 1.0) * 100.0);
        self.0.entry(quantity).or_default().push((deviation, of.to_owned()));
    }

    fn worst(&self, quantity: Quantity) -> (f64, &str) {
        let worst = self.0[&quantity]
            .iter()
            // A length that could not be measured is the worst of all.
            .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))
            .unwrap();
        (worst.0, &worst.1)
    }

    fn table(&self) {
        println!("| quantity | specimens | median | middle half | worst |");
        println!("|---|---|---|---|---|");
        for quantity in Quantity::ALL.into_iter().filter(|q| self.0.contains_key(q)) {
            let mut all: Vec<f64> = self.0[&quantity]
                .iter()
                .map(|d| d.0)
                .filter(|d| d.is_finite())
                .collect();
            all.sort_by(f64::total_cmp);
            if all.is_empty() {
                println!("| {} | 0 | | | |", quantity.name());
                continue;
            }
            let at = |share: f64| all[((all.len() - 1) as f64 * share).round() as usize];
            let (worst, of) = self.worst(quantity);
            println!(
                "| {} | {} | {:+.2} % | {:+.2} to {:+.2} % | {:+.2} % ({of}) |",
                quantity.name(),
                all.len(),
                at(0.5),
                at(0.25),
                at(0.75),
                worst
            );
        }
    }
}

#[test]
fn exact_masks_of_every_form_give_the_true_lengths() {
    let mut deviations = Deviations::default();
    for form in BodyForm::ALL {
        for seed in 0..SEEDS {
            let frame = scene(form, seed, Size::new(1600, 1000)).draw();
            let fish = &frame.fish[0];
            let (measured, _) = from_exact_mask(&frame.mask, fish);
            deviations.note(&measured, fish, &format!("{} {seed}", form.name()));
        }
    }
    deviations.table();
    for (quantity, limit) in [
        (Quantity::StandardLength, 1.0),
        (Quantity::HeadLength, 3.0),
        (Quantity::EyeDiameter, 3.0),
    ] {
        let (worst, of) = deviations.worst(quantity);
        assert!(worst.abs() <= limit, "{} is {worst:+.2} % off on {of}", quantity.key());
    }
}

/// The whole way: located, segmented by the built-in network, the scale read from the drawn ruler. Reported, since it depends on the network.
#[test]
#[ignore = "takes minutes and asserts little; prints a table of docs/measuring.md"]
fn the_whole_way_in_centimetres() {
    let network = TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::default()).unwrap();
    let analyser = Analyser::new(network, AnalysisSettings::default());
    let mut deviations = Deviations::default();
    let (mut scales, mut without_scale, mut without_fish, mut frames) = (Vec::new(), 0, 0, 0);
    for form in BodyForm::ALL {
        for seed in 100..100 + SEEDS {
            let settings = SceneSettings {
                form: Some(form),
                fish: 1,
                ..SceneSettings::random(Size::new(2400, 1600), seed)
            };
            if settings.ruler.is_none() {
                continue;
            }
            let frame = RigScene::new(settings).unwrap().draw();
            frames += 1;
            let findings = analyser.whole_frame(&frame.picture).unwrap().findings;
            match &findings.scale {
                Some(scale) => scales.push((scale.pixels_per_cm.value / frame.pixels_per_centimetre - 1.0) * 100.0),
                None => without_scale += 1,
            }
            match &findings.measurements {
                Some(measured) if findings.scale.is_some() => deviations.note_on_specimen(
                    measured,
                    &frame.fish[0],
                    frame.pixels_per_centimetre,
                    &format!("{} {seed}", form.name()),
                ),
                Some(_) => {}
                None => without_fish += 1,
            }
        }
    }
    scales.sort_by(f64::total_cmp);
    println!(
        "{frames} frames; {without_fish} without a fish; {without_scale} without a scale; scale {:+.2} to {:+.2} %",
        scales.first().unwrap(),
        scales.last().unwrap()
    );
    deviations.table();
    assert!(without_fish * 10 <= frames && without_scale * 4 <= frames);
}
