//! `fishrig demo`: the main job on frames that the program draws itself; no camera, no display, no file to fetch.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;

use super::Outcome;
use crate::analysis::Analyser;
use crate::config::Configuration;
use crate::display::{Canvas, Display, DisplaySettings, Kept, PngDisplay, PngSettings, WindowSettings};
use crate::frame::{DecodeOptions, Frame, PixelBox, Size};
use crate::health::ClockTrust;
use crate::measure::quality::Admitted;
use crate::measure::{Findings, Quantity};
use crate::network::{Bundle, TraitNetwork};
use crate::overlay::{self, Annotations, State, View};
use crate::render::{BodyForm, RigFrame, RigScene, demo_scenes};
use crate::source::{ReplaySettings, SourceSettings};
use crate::station::{Circumstances, FrameAnalysis, RecordKeeper, live};
use crate::store::{Committed, StoreSettings};
use crate::traits::{Trait, TraitMask, TraitSet};

/// Show the main job on drawn frames: find the fish, segment it, keep records, write overlay pictures.
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Folder for frames, records and screens; made if need be. A second run adds to it.
    #[arg(short, long, default_value = "fishrig-demo", value_name = "DIR")]
    output: PathBuf,
    /// Show the live station in a desktop window instead: each drawn frame stays for six seconds, and the station takes it by itself. Needs a
    /// program that was built with the feature "window".
    #[arg(long)]
    window: bool,
}

/// Size of the screens that the demo draws, that of the usual 7 inch panel.
const SCREEN: Size = Size::new(800, 480);

/// The rays and spines, which the built-in network never learnt, are left out of the comparison with the drawn masks.
const NEVER_LEARNT: TraitSet = TraitSet::EMPTY
    .with(Trait::CaudalFinRay)
    .with(Trait::AltFinRay)
    .with(Trait::AltFinSpine);

pub(super) fn run(args: DemoArgs) -> anyhow::Result<Outcome> {
    let configuration = configuration(&args.output);
    if args.window {
        return run_live(configuration, &args.output);
    }
    let bundle = Bundle::builtin();
    let network = TraitNetwork::load(&bundle, &configuration.network)?;
    super::make_folder(&args.output)?;
    let mut demo = Demo {
        keeper: RecordKeeper::open(&configuration, &network)?,
        screens: PngDisplay::open(&PngSettings {
            directory: args.output.join("screens"),
            size: SCREEN,
            kept: Kept::default(),
        })?,
        frames: args.output.join("frames"),
        analyser: Analyser::new(network, configuration.analysis.clone()),
    };
    let scenes = demo_scenes();
    writeln!(
        stdout(),
        "fishrig {}: {} drawn frames, network {}, no camera needed",
        env!("CARGO_PKG_VERSION"),
        scenes.len(),
        bundle.manifest().name
    )?;
    let mut agreements = Vec::new();
    for (number, scene) in scenes.into_iter().enumerate() {
        agreements.extend(demo.show(number + 1, &RigScene::new(scene)?)?);
    }
    let found = agreements.len();
    let mean = agreements.iter().sum::<f64>() / found.max(1) as f64;
    writeln!(
        stdout(),
        "\n{found} fish found and segmented; their masks agree with the drawn ones to {mean:.2} (mean IoU).\n\
         records   {}\nscreens   {}\nframes    {}\n\
         Next: fishrig store report --root {0} (a page for your browser), or on your own photographs: fishrig segment FOLDER",
        configuration.store.root.display(),
        args.output.join("screens").display(),
        demo.frames.display(),
    )?;
    Ok(Outcome::Done)
}

/// The station itself, on the drawn frames, in a window.
fn run_live(mut configuration: Configuration, output: &Path) -> anyhow::Result<Outcome> {
    let frames = output.join("frames");
    for (number, scene) in demo_scenes().into_iter().enumerate() {
        write_frame(&frames, number + 1, &RigScene::new(scene)?.draw())?;
    }
    configuration.source = SourceSettings::Replay(ReplaySettings {
        path: frames,
        frames_per_second: Some(10.0),
        repeat: 60,
        looping: false,
    });
    configuration.display = DisplaySettings::Window(WindowSettings::default());
    configuration.trigger.auto_still_seconds = Some(1.5);
    // Some of the drawn frames have faults, to show how they are found.
    configuration.analysis.measure.quality.auto = Admitted::All;
    configuration.station.operator = "demo".to_owned();
    let counts = live::prepare(&configuration)?.run()?;
    writeln!(
        stdout(),
        "{} records in {}",
        counts.saved,
        configuration.store.root.display()
    )?;
    Ok(Outcome::Done)
}

/// Writes a frame as a camera would give it, a JPEG file; its name and content.
fn write_frame(folder: &Path, number: usize, drawn: &RigFrame) -> anyhow::Result<(String, Vec<u8>)> {
    let form = drawn.fish.first().map_or("empty", |f| BodyForm::name(f.form));
    let name = format!("demo_{number}_{form}");
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 93).encode_image(&drawn.picture)?;
    super::make_folder(folder)?;
    let path = folder.join(format!("{name}.jpg"));
    std::fs::write(&path, &jpeg).with_context(|| path.display().to_string())?;
    Ok((name, jpeg))
}

fn configuration(output: &Path) -> Configuration {
    let defaults = Configuration::default();
    let mut configuration = Configuration {
        store: StoreSettings {
            root: output.join("records"),
            // A demo on a nearly full laptop should still run.
            floor_bytes: 0,
            ..defaults.store
        },
        ..defaults
    };
    configuration.station.name = "demo".to_owned();
    configuration.id.pattern = "DEMO_{counter:04}".parse().expect("the demo's pattern is valid");
    configuration
}

struct Demo {
    analyser: Analyser,
    keeper: RecordKeeper,
    screens: PngDisplay,
    frames: PathBuf,
}

impl Demo {
    /// Draws a frame and takes it the station's whole way; gives the agreement with the drawn mask where a fish was found.
    fn show(&mut self, number: usize, scene: &RigScene) -> anyhow::Result<Option<f64>> {
        let drawn = scene.draw();
        let form = drawn.fish.first().map_or("empty", |f| BodyForm::name(f.form));
        let (name, jpeg) = write_frame(&self.frames, number, &drawn)?;
        let frame = Frame::from_file_bytes(jpeg, Some(name))?;
        let analysed = FrameAnalysis::of(&frame, &DecodeOptions::default(), &self.analyser)?;
        let Some(specimen) = &analysed.analysis.specimen else {
            writeln!(stdout(), "{number}  {form:<10} no fish found")?;
            return Ok(None);
        };
        let agreement = agreement(&specimen.mask, &drawn, specimen.crop_box);
        let record = self.keeper.keep(
            &frame,
            Some(&analysed),
            Circumstances {
                operator: "demo",
                note: "drawn, not photographed",
                trigger: None,
                same_specimen_as: None,
                identified: None,
                clock: ClockTrust::Unknown,
            },
        )?;
        self.show_screen(&analysed, &record)?;
        let timings = analysed.analysis.timings;
        writeln!(
            stdout(),
            "{number}  {form:<10} {} traits, agreement {agreement:.2}; {}; located in {:.0} ms, segmented in {:.0} ms, measured in {:.0} ms; saved {} in {:.0} ms",
            specimen.present().len(),
            length_words(&analysed.analysis.findings, &drawn),
            timings.locate.as_secs_f64() * 1e3,
            timings.network.as_secs_f64() * 1e3,
            (timings.scale + timings.measure).as_secs_f64() * 1e3,
            record.id,
            record.seconds * 1e3,
        )?;
        Ok(Some(agreement))
    }

    fn show_screen(&mut self, analysed: &FrameAnalysis, record: &Committed) -> anyhow::Result<()> {
        let view = View {
            station: "demo".to_owned(),
            operator: Some("demo".to_owned()),
            preview: Some(Arc::new(analysed.small.clone())),
            annotations: Annotations::from(&analysed.analysis),
            quality: Some(analysed.analysis.findings.quality.clone()),
            state: State::Saved {
                id: record.id.to_string(),
                just_now: false,
            },
            records: self.keeper.store().count() as u64,
            ..View::default()
        };
        let mut canvas = Canvas::new(SCREEN);
        overlay::draw(&view, &mut canvas)?;
        self.screens.show(&canvas)?;
        Ok(())
    }
}

/// The standard length, and the one that was drawn.
fn length_words(findings: &Findings, drawn: &RigFrame) -> String {
    let values = findings.measurements.as_ref().map(|m| &m.values);
    let length = values.and_then(|v| v.get(&Quantity::StandardLength)?.specimen);
    match (length, drawn.fish.first()) {
        (Some(length), Some(fish)) => format!(
            "standard length {} (drawn {:.2})",
            length.words(Quantity::StandardLength.unit()),
            fish.standard_length_cm
        ),
        _ => "no length".to_owned(),
    }
}

/// Pooled IoU of a mask with the drawn one in the same part of the frame, over the traits that the network has learnt.
fn agreement(mask: &TraitMask, drawn: &RigFrame, part: PixelBox) -> f64 {
    let learnt = |bits: u16| bits & !NEVER_LEARNT.bits();
    let found = mask.bits().iter().map(|b| learnt(*b)).collect();
    let truth = (part.top..part.bottom)
        .flat_map(|y| &drawn.mask.row(y)[part.left as usize..part.right as usize])
        .map(|b| learnt(*b))
        .collect();
    let of = |bits| TraitMask::from_bits(part.size(), bits);
    match (of(found), of(truth)) {
        (Some(found), Some(truth)) => found.iou(&truth).unwrap_or(0.0),
        _ => 0.0,
    }
}
