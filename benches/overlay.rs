//! How long a screen takes: `cargo bench --bench overlay --profile dev`.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use fishrig::display::Canvas;
use fishrig::frame::{PixelBox, Size};
use fishrig::overlay::{self, Annotations, FishBox, State, TraitLayer, View};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use image::{Rgb, RgbImage};

/// A preview of 1280x720 with a mask of 640x256 that has every trait, in vertical bands.
fn view() -> View {
    let picture = Size::new(1280, 720);
    let fish = PixelBox::new(160, 120, 1100, 500);
    let mut mask = TraitMask::empty(Size::new(640, 256));
    for y in 20..236 {
        for x in 20..620 {
            let which = Trait::ALL[(x / 50) as usize % Trait::COUNT];
            mask.set(x, y, TraitSet::EMPTY.with(which).with(Trait::Trunk));
        }
    }
    View {
        station: "Bench 2".to_owned(),
        clock: "14:05".to_owned(),
        operator: Some("Marisol".to_owned()),
        preview: Some(Arc::new(RgbImage::from_fn(picture.width, picture.height, |x, y| {
            Rgb([(x % 256) as u8, (y % 256) as u8, ((x + y) % 256) as u8])
        }))),
        annotations: Annotations {
            picture,
            fish: Some(FishBox {
                bounds: fish,
                cut_by_edge: false,
            }),
            further_fish: vec![PixelBox::new(40, 600, 300, 700)],
            label: Some(PixelBox::new(800, 520, 1200, 700)),
            ruler: Some(PixelBox::new(320, 620, 780, 700)),
            traits: Some(TraitLayer {
                mask: Arc::new(mask),
                crop: fish,
                confidence: [Some(0.9); Trait::COUNT],
                not_assessed: TraitSet::EMPTY,
            }),
            measured: None,
        },
        state: State::FishFound {
            hint: "Press SPACE to save".to_owned(),
        },
        ..View::default()
    }
}

fn screens(criterion: &mut Criterion) {
    let view = view();
    let mut group = criterion.benchmark_group("overlay");
    for (width, height) in [(320, 240), (800, 480), (1280, 720), (1920, 1080)] {
        let size = Size::new(width, height);
        let mut canvas = Canvas::new(size);
        group.bench_function(format!("view/{size}"), |b| {
            b.iter(|| {
                let Ok(()) = overlay::draw(&view, &mut canvas);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, screens);
criterion_main!(benches);
