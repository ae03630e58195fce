//! What a commit costs beside writing and syncing the same bytes as plain files. `cargo bench --bench store`
//!
//! The frame is of 24 megapixels, the crop of 2400 by 540 pixels, as a slender fish across half of the frame's width gives.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::fs;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use fishrig::frame::{Frame, Orientation, PixelBox, Size};
use fishrig::identify::RecordId;
use fishrig::locate::HeadSide;
use fishrig::store::{FishDraft, NetworkIdentity, RecordDraft, Store, StoreSettings};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// Something with gradients and texture, so that JPEG has work to do.
fn picture(size: Size) -> RgbImage {
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let texture = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 28;
        let v = (x / 16 + y / 9 + texture) as u8;
        Rgb([v, v / 2 + 60, 200 - v / 2])
    })
}

fn draft() -> RecordDraft {
    let size = Size::new(6000, 4000);
    let crop_box = PixelBox::new(1000, 1500, 3400, 2040);
    let mut frame = Vec::new();
    JpegEncoder::new_with_quality(&mut frame, 92)
        .encode_image(&picture(size))
        .unwrap();
    let mut mask = TraitMask::empty(crop_box.size());
    for y in 40..500 {
        for x in 60..2340 {
            let which = if x < 500 { Trait::Head } else { Trait::Trunk };
            mask.set(x, y, TraitSet::EMPTY.with(which));
        }
    }
    RecordDraft {
        id: RecordId::new("bench").unwrap(),
        identity: None,
        frame: Frame::from_file_bytes(frame, None).unwrap(),
        picture: size,
        orientation: Orientation::UPRIGHT,
        fish: Some(FishDraft {
            bounds: PixelBox::new(1060, 1540, 3340, 2000),
            crop_box,
            head: HeadSide::Left,
            crop: picture(crop_box.size()),
            mask,
            confidence: [Some(0.9); Trait::COUNT],
            not_assessed: TraitSet::EMPTY,
            network: NetworkIdentity {
                name: "bench".to_owned(),
                version: "1".to_owned(),
                sha256: "0".repeat(64),
                half_precision: None,
            },
        }),
        label: None,
        ruler: None,
        findings: None,
        collection: String::new(),
        station: String::new(),
        operator: String::new(),
        note: String::new(),
        trigger: "button".to_owned(),
        clock_synchronized: None,
        settings_sha256: "0".repeat(64),
        timings_ms: Default::default(),
        overlay_jpeg: None,
        further_files: Vec::new(),
    }
}

/// The files of `directory`, written and synced one by one without any protocol.
fn write_plainly(files: &[(std::ffi::OsString, Vec<u8>)], directory: &Path) {
    fs::create_dir(directory).unwrap();
    for (name, content) in files {
        let path = directory.join(name);
        fs::write(&path, content).unwrap();
        fs::File::open(&path).unwrap().sync_all().unwrap();
    }
}

fn commit(c: &mut Criterion) {
    let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut store = Store::open(StoreSettings {
        floor_bytes: 0,
        ..StoreSettings::at(root.path().join("records"))
    })
    .unwrap();
    let draft = draft();
    let first = store.commit(&draft).unwrap().directory;
    let files: Vec<_> = fs::read_dir(first)
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.file_name(), fs::read(e.path()).unwrap()))
        .collect();

    let mut group = c.benchmark_group("one record on this disk");
    group.sample_size(10);
    group.bench_function("committed", |b| b.iter(|| store.commit(&draft).unwrap()));
    let mut n = 0;
    group.bench_function("the same bytes as plain files, each synced", |b| {
        b.iter_batched(
            || {
                n += 1;
                root.path().join(n.to_string())
            },
            |directory| write_plainly(&files, &directory),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, commit);
criterion_main!(benches);
