//! The whole way of a frame, stage by stage, with the built-in network on all processors: `cargo bench --profile dev --bench frame_to_overlay`.
//!
//! Frames of `../shared`, at the size of their file and as a camera gives them, 1920×1080 as JPEG. Each figure is the median of twenty runs. Stages
//! that need no mask are worked on beside the network, so that all of them take less than their sum. What stands beside the network is then measured alone: the
//! least processor time of twenty runs, which other work on the machine changes least.

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fishrig::analysis::{Analyser, AnalysisSettings};
use fishrig::display::Canvas;
use fishrig::frame::{DecodeOptions, Frame, Size, for_display};
use fishrig::identify::read_codes;
use fishrig::locate::locate;
use fishrig::measure::scale;
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use fishrig::overlay::{self, State, View};
use fishrig::station::{Analyser as _, FrameAnalyser, LiveAnalysis};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use rustix::time::{ClockId, clock_gettime};

const RUNS: usize = 20;
const CAMERA: Size = Size::new(1920, 1080);
const SCREEN: Size = Size::new(800, 480);
const STAGES: [&str; 9] = [
    "decode",
    "locate",
    "stretch the crop",
    "network to traits",
    "read the scale",
    "read codes",
    "measure",
    "draw the screen",
    "all, from the file",
];

fn main() {
    let frames = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/frames");
    let Ok(file) = std::fs::read(frames.join("INHS_FISH_100314.jpg")) else {
        eprintln!("SKIPPED: no frames in ../shared/data/frames");
        return;
    };
    let network = || TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::default()).unwrap();
    let whole = Analyser::new(network(), AnalysisSettings::default());
    let mut station = FrameAnalyser::new(whole, DecodeOptions::default());
    let mut medians = |file: &[u8]| medians(&mut station, &network(), file);
    let picture = image::load_from_memory(&file).unwrap().into_rgb8();
    let rows: Vec<(String, Vec<Duration>)> = vec![
        (
            format!("photograph, {}", Size::from(picture.dimensions())),
            medians(&file),
        ),
        (format!("camera, {CAMERA}"), medians(&as_from_a_camera(&picture))),
    ];
    println!("{:<20}{:>28}{:>28}", "milliseconds", rows[0].0, rows[1].0);
    for (stage, name) in STAGES.iter().enumerate() {
        let of = |row: usize| rows[row].1[stage].as_secs_f64() * 1e3;
        println!("{name:<20}{:>28.1}{:>28.1}", of(0), of(1));
    }
    println!("alone, least processor time");
    let (photograph, camera) = (alone(&file), alone(&as_from_a_camera(&picture)));
    for ((name, photograph), camera) in ALONE.iter().zip(photograph).zip(camera) {
        println!("{name:<20}{photograph:>28.1}{camera:>28.1}");
    }
}

/// The stages that stand beside the network, each by itself.
const ALONE: [&str; 3] = ["locate", "read the scale", "read codes"];

/// The least processor time of each of them in milliseconds.
fn alone(file: &[u8]) -> [f64; ALONE.len()] {
    let picture = image::load_from_memory(file).unwrap().into_rgb8();
    let scene = locate(&picture, &Default::default());
    [
        least_processor_time(|| drop(locate(&picture, &Default::default()))),
        least_processor_time(|| drop(scale::find(&picture, scene.ruler, &Default::default()))),
        least_processor_time(|| drop(read_codes(&picture, scene.label))),
    ]
}

fn least_processor_time(step: impl Fn()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let times = (0..RUNS).map(|_| {
        let begin = now();
        step();
        now() - begin
    });
    times.fold(f64::MAX, f64::min)
}

fn as_from_a_camera(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    let small = for_display(picture, CAMERA);
    JpegEncoder::new_with_quality(&mut file, 90)
        .encode_image(&small)
        .unwrap();
    file
}

/// The median time of each of the stages.
fn medians(station: &mut FrameAnalyser, network: &TraitNetwork, file: &[u8]) -> Vec<Duration> {
    let frame = Frame::from_file_bytes(file.to_vec(), None).unwrap();
    let mut canvas = Canvas::new(SCREEN);
    let mut times: [Vec<Duration>; STAGES.len()] = Default::default();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let LiveAnalysis {
            frame: analysed,
            annotations,
        } = station.analyse(&frame).unwrap().analysis;
        let analysis = begin.elapsed();
        let crop = &analysed.analysis.specimen.as_ref().unwrap().crop;
        let (_, steps) = network.segment_timed(crop).unwrap();
        let view = View {
            preview: Some(Arc::new(analysed.small.clone())),
            annotations,
            state: State::FishFound {
                hint: "Press SPACE to save".to_owned(),
            },
            ..View::default()
        };
        let begin = Instant::now();
        let Ok(()) = overlay::draw(&view, &mut canvas);
        let drawn = begin.elapsed();
        let took = analysed.analysis.timings;
        let stages = [
            analysed.decode,
            took.locate,
            steps.prepare,
            steps.network + steps.masks,
            took.scale,
            took.codes,
            took.measure,
            drawn,
            analysis + drawn,
        ];
        for (times, stage) in times.iter_mut().zip(stages) {
            times.push(stage);
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[RUNS / 2]
    };
    times.into_iter().map(median).collect()
}
