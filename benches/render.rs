//! Time to draw a frame and a crop. Run with `cargo bench --bench render`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fishrig::frame::Size;
use fishrig::render::{RigScene, SceneSettings};

fn draw(c: &mut Criterion) {
    let mut group = c.benchmark_group("render");
    group.sample_size(10);
    for (name, size) in [
        ("frame 1200x800", Size::new(1200, 800)),
        ("frame 2400x1600", Size::new(2400, 1600)),
    ] {
        let scene = RigScene::new(SceneSettings::random(size, 5)).expect("settings within their ranges");
        group.bench_function(name, |b| b.iter(|| black_box(scene.draw())));
    }
    let scene = RigScene::new(SceneSettings::random(Size::new(1200, 800), 5)).expect("settings within their ranges");
    group.bench_function("crop 640x256", |b| {
        b.iter(|| black_box(scene.draw_crop(Size::new(640, 256)).is_ok()))
    });
    group.finish();
}

criterion_group!(benches, draw);
criterion_main!(benches);
