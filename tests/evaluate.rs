//! The metric against the numbers that the reference's own package gave.

use fishrig::evaluate::Agreement;
use fishrig::evaluate::reference::Sums;
use fishrig::frame::Size;
use fishrig::traits::{Trait, TraitMask, TraitSet};
use serde::Deserialize;

mod common;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// Batch, class, row, column.
    shape: [usize; 4],
    prediction: Vec<f32>,
    truth: Vec<f32>,
    iou_threshold_half: f64,
    iou_no_threshold: f64,
    f_score_threshold_half: f64,
    dice_loss: f64,
}

/// A little over the relative step of float32, in which the reference adds.
fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 3e-7 * theirs.abs().max(1e-3)
}

fn cases() -> Option<Vec<Case>> {
    let file = common::shared("reference")?.join("metric_cases.json");
    let cases: Cases = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(cases.cases.len(), 14);
    Some(cases.cases)
}

#[test]
fn metric_and_loss_are_the_reference_s() {
    for case in cases().unwrap_or_default() {
        let soft = Sums::soft(&case.prediction, &case.truth).unwrap();
        let hard = Sums::above(0.5, &case.prediction, &case.truth).unwrap();
        for (what, ours, theirs) in [
            ("IoU above 0.5", hard.iou(), case.iou_threshold_half),
            ("IoU", soft.iou(), case.iou_no_threshold),
            ("F-score above 0.5", hard.f_score(), case.f_score_threshold_half),
            ("Dice loss", soft.dice_loss(), case.dice_loss),
        ] {
            assert!(close(ours, theirs), "{}, {what}: {ours} and {theirs}", case.name);
        }
    }
}

/// The same loss from planes of probabilities and a mask, class by class.
#[test]
fn probabilities_against_a_mask_give_the_same_loss() {
    for case in cases().unwrap_or_default().iter().filter(|case| case.shape[0] == 1) {
        let [_, classes, rows, columns] = case.shape;
        let size = Size::new(columns as u32, rows as u32);
        let pixels = rows * columns;
        let bit = |class: usize, pixel: usize| u16::from(case.truth[class * pixels + pixel] > 0.5) << class;
        let bits = (0..pixels).map(|pixel| (0..classes).map(|class| bit(class, pixel)).sum());
        let truth = TraitMask::from_bits(size, bits.collect()).unwrap();
        let traits = &Trait::ALL[..classes];
        let of = |scored| Sums::of_probabilities(&case.prediction, traits, &truth, scored).unwrap();
        let loss = of(TraitSet::ALL).dice_loss();
        assert!(close(loss, case.dice_loss), "{}: {loss}", case.name);
        let by_trait: f64 = traits.iter().map(|t| of(TraitSet::EMPTY.with(*t)).shared).sum();
        assert!((by_trait - of(TraitSet::ALL).shared).abs() < 1e-9);
        assert_eq!(
            Sums::of_probabilities(&case.prediction[1..], traits, &truth, TraitSet::ALL),
            None
        );
    }
}

#[test]
fn masks_give_what_their_probabilities_give() {
    for case in cases().unwrap_or_default() {
        let [pictures, classes, rows, columns] = case.shape;
        let size = Size::new(columns as u32, rows as u32);
        let mask = |values: &[f32], picture: usize| {
            let pixels = rows * columns;
            let bit = |class: usize, pixel: usize| values[(picture * classes + class) * pixels + pixel] > 0.5;
            let bits = (0..pixels).map(|pixel| (0..classes).map(|class| u16::from(bit(class, pixel)) << class).sum());
            TraitMask::from_bits(size, bits.collect()).unwrap()
        };
        let pooled: Agreement = (0..pictures)
            .map(|picture| Agreement::of(&mask(&case.prediction, picture), &mask(&case.truth, picture)).unwrap())
            .sum();
        let (iou, f_score) = (pooled.iou(), pooled.sums().f_score());
        assert!(close(iou, case.iou_threshold_half), "{}: {iou}", case.name);
        assert!(close(f_score, case.f_score_threshold_half), "{}: {f_score}", case.name);
    }
}
