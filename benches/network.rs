//! The starter network from crop to mask, float, in half precision and int8, on one thread and on two: `cargo bench --profile dev --bench network`.
//!
//! Other runtimes on the same machine in the same run: `benches/engines/compare.py`.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use fishrig::network::{Bundle, Engine, NetworkSettings, TraitNetwork};

fn bench(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crop = image::open(root.join("tests/data/starter/check_input.png"))
        .unwrap()
        .into_rgb8();
    let mut group = c.benchmark_group("network");
    for (name, engine) in [
        ("starter-float", Engine::Fused),
        ("starter-float", Engine::FusedInHalves),
        ("starter-int8", Engine::Fused),
    ] {
        let bundle = Bundle::open(&root.join("models").join(name)).unwrap();
        for threads in [1, 2] {
            let network = TraitNetwork::load(&bundle, &NetworkSettings { threads, engine }).unwrap();
            let halves = network.half_precision().map(|format| format!(" in {format}"));
            let halves = halves.unwrap_or_default();
            group.bench_function(format!("{name}{halves}, threads: {threads}"), |b| {
                b.iter(|| network.segment(black_box(&crop)).unwrap())
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = bench
}
criterion_main!(benches);
