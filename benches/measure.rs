//! Time of measuring a mask of a crop's own size, on one core: `cargo bench --bench measure`.
//!
//! A published mask is used where the shared data are there, and a drawn one always; both as 3000x1200 pixels.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fishrig::frame::{PixelBox, Size};
use fishrig::locate::HeadSide;
use fishrig::measure::bgnn::{self, Painted};
use fishrig::measure::specimen::{self, Subject};
use fishrig::render::{RigScene, SceneSettings};
use fishrig::traits::{TraitMask, TraitSet, label_picture};

const SIZE: Size = Size::new(3000, 1200);

fn drawn() -> TraitMask {
    let settings = SceneSettings::random(Size::new(1200, 800), 7);
    let scene = RigScene::new(settings).expect("a scene of that size can be drawn");
    scene.draw_crop(SIZE).expect("a crop of that size can be drawn").mask
}

fn published() -> Option<TraitMask> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/reference/morphology/INHS_142865_segmented.png"
    );
    let (mask, _) = label_picture::read(&std::fs::read(path).ok()?, None).expect("a mask in BGNN's colours");
    Some(mask.resized(SIZE))
}

fn bench(c: &mut Criterion) {
    let mut masks = vec![("drawn", drawn())];
    match published() {
        Some(mask) => masks.push(("INHS_142865", mask)),
        None => eprintln!("SKIPPED: no masks in ../shared/reference/morphology"),
    }
    for (name, mask) in &masks {
        c.bench_function(&format!("measure/bgnn {name} 3000x1200"), |b| {
            b.iter(|| bgnn::analyse(&Painted::from(black_box(mask))))
        });
        let subject = Subject {
            mask,
            resolution: SIZE,
            not_assessed: TraitSet::EMPTY,
            crop_box: PixelBox::whole(SIZE),
            head: HeadSide::Unknown,
        };
        c.bench_function(&format!("measure/specimen {name} 3000x1200"), |b| {
            b.iter(|| specimen::measure(black_box(&subject), None))
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = bench
}
criterion_main!(benches);
