//! Locating in drawn frames of every kind of rig, whose boxes are known exactly.

use fishrig::frame::{PixelBox, Size};
use fishrig::locate::{LocateSettings, locate};
use fishrig::render::{RigScene, SceneSettings};

const FRAMES: u64 = 40;

fn overlap(found: Option<PixelBox>, known: PixelBox) -> f64 {
    found.map_or(0.0, |found| found.iou(&known))
}

/// Mean overlap, and how many overlaps are at least `least`.
fn summary(overlaps: &[f64], least: f64) -> (f64, usize) {
    let good = overlaps.iter().filter(|overlap| **overlap >= least).count();
    (overlaps.iter().sum::<f64>() / overlaps.len() as f64, good)
}

#[test]
fn drawn_frames() {
    let (mut fish, mut ruler, mut label) = (Vec::new(), Vec::new(), Vec::new());
    let (mut further, mut on_paper) = (0, 0);
    for seed in 9000..9000 + FRAMES {
        let drawn = RigScene::new(SceneSettings::random(Size::new(900, 600), seed))
            .expect("random settings can be drawn")
            .draw();
        let found = locate(&drawn.picture, &LocateSettings::default());
        let bounds = found.fish.as_ref().map(|f| f.bounds);
        let best = drawn.fish.iter().map(|known| overlap(bounds, known.bounds));
        fish.push(best.fold(0.0, f64::max));
        let papers: Vec<PixelBox> = drawn
            .label
            .into_iter()
            .chain(drawn.ruler.as_ref().map(|r| r.bounds))
            .collect();
        on_paper += papers.iter().filter(|paper| overlap(bounds, **paper) > 0.5).count();
        further += found.further_fish.len().saturating_sub(drawn.fish.len() - 1);
        ruler.extend(drawn.ruler.map(|known| overlap(found.ruler, known.bounds)));
        label.extend(drawn.label.map(|known| overlap(found.label, known)));
        println!(
            "{seed}: fish {:.2}, ruler {:?}, label {:?}",
            fish[fish.len() - 1],
            ruler.last(),
            label.last()
        );
    }
    let (fish_mean, fish_good) = summary(&fish, 0.8);
    let (ruler_mean, ruler_good) = summary(&ruler, 0.6);
    let (label_mean, label_good) = summary(&label, 0.6);
    println!(
        "fish {fish_mean:.3} {fish_good}/{}, ruler {ruler_mean:.3} {ruler_good}/{}, label {label_mean:.3} {label_good}/{}, \
         false further fish {further}, fish on paper {on_paper}",
        fish.len(),
        ruler.len(),
        label.len()
    );
    assert!(
        ruler.len() >= 30 && label.len() >= 30,
        "too few papers are drawn to judge by"
    );
    assert!(fish_mean >= 0.9 && fish_good * 100 >= 90 * fish.len());
    assert!(ruler_mean >= 0.8 && ruler_good * 100 >= 85 * ruler.len());
    assert!(label_mean >= 0.85 && label_good * 100 >= 85 * label.len());
    assert!(further <= 1 && on_paper <= 1);
}
