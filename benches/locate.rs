//! Time of locating in a decoded frame of 24 megapixels, on one core: `cargo bench --bench locate`.
//!
//! The real frame is used where the shared data are there, and a drawn one of the same size always.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fishrig::locate::{LocateSettings, locate};
use image::{Rgb, RgbImage};

fn drawn() -> RgbImage {
    RgbImage::from_fn(6016, 4016, |x, y| {
        let (u, v) = ((f64::from(x) - 2000.0) / 1400.0, (f64::from(y) - 1500.0) / 480.0);
        let in_fish = u * u + v * v < 1.0;
        let in_ruler = (1000..4700).contains(&x) && (2700..3700).contains(&y);
        let in_tick = in_ruler && y < 2850 && x % 36 < 9;
        let shade = ((x ^ y) & 7) as u8;
        if in_fish {
            Rgb([70 + shade, 50 + shade, 20])
        } else if in_tick {
            Rgb([30, 40, 120])
        } else if in_ruler {
            Rgb([190, 185, 188])
        } else {
            Rgb([236 + shade, 238 + shade, 232 + shade])
        }
    })
}

fn bench(c: &mut Criterion) {
    let settings = LocateSettings::default();
    let drawn = drawn();
    c.bench_function("locate/drawn 24 megapixels", |b| {
        b.iter(|| locate(black_box(&drawn), &settings))
    });
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/data/frames/INHS_FISH_100314.jpg"
    );
    match image::open(path) {
        Ok(picture) => {
            let picture = picture.to_rgb8();
            c.bench_function("locate/INHS_FISH_100314", |b| {
                b.iter(|| locate(black_box(&picture), &settings))
            });
        }
        Err(_) => eprintln!("SKIPPED: no frames in ../shared/data/frames"),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = bench
}
criterion_main!(benches);
