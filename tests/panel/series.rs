//! How much goes over the bus for a recorded series, drawn by the station's own screen.

use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fishrig::analysis::{Analyser as TraitAnalyser, AnalysisSettings};
use fishrig::display::{Canvas, Display, DisplayError, FitSettings, Rotation, SpiPanelDisplay, SpiPanelSettings};
use fishrig::frame::{DecodeOptions, Frame, Size};
use fishrig::identify::NextIdStatus;
use fishrig::input::TriggerSettings;
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use fishrig::station::{
    Analyser, Counts, FrameAnalyser, LiveAnalysis, Message, OverlayScreen, Phase, Rates, Screen, ScreenSettings,
    Severity, Shown, Status, Topic,
};
use fishrig::traits::Palette;
use image::{ImageFormat, RgbImage, imageops};
use jiff::tz::TimeZone;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::shared;
use crate::glass::{Glass, NoDelay};
use crate::pictures::{expected, on_glass};

/// Pictures a second times seconds that a specimen lies there; at a real bench it lies there ten times as long.
const FRAMES_PER_SPECIMEN: usize = 20;
/// Width of a camera's preview.
const PREVIEW_WIDTH: u32 = 640;
/// The most that may go over the bus, as a share of whole pictures.
const LIMIT: f64 = 0.25;

/// By how many levels of 255 a pixel on the glass may be off for some pictures.
const VISIBLE: u8 = 32;

/// A specimen's picture as a camera's preview shows it, and what the network says of it.
struct Specimen {
    picture: RgbImage,
    analysis: LiveAnalysis,
}

fn specimens() -> Option<Vec<Specimen>> {
    let folder = shared("data/frames")?;
    let network = TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::default()).unwrap();
    let mut analyser = FrameAnalyser::new(
        TraitAnalyser::new(network, AnalysisSettings::default()),
        DecodeOptions::default(),
    );
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jpg"))
        .collect();
    files.sort();
    Some(
        files
            .iter()
            .map(|file| {
                let picture = image::open(file).unwrap().into_rgb8();
                let height = picture.height() * PREVIEW_WIDTH / picture.width();
                let picture = imageops::thumbnail(&picture, PREVIEW_WIDTH, height);
                let analysis = analyser.analyse(&frame(&picture, 0)).unwrap().analysis;
                Specimen { picture, analysis }
            })
            .collect(),
    )
}

fn frame(picture: &RgbImage, sequence: u64) -> Frame {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Tiff).unwrap();
    let frame = Frame::from_file_bytes(bytes.into_inner(), None).unwrap();
    Frame { sequence, ..frame }
}

/// Noise of a normal distribution, drawn once and dealt out by dice.
struct Noise {
    values: [i16; 256],
    dice: ChaCha8Rng,
}

impl Noise {
    fn new(sigma: f32) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(10);
        // A sum of twelve even numbers is as good as normal.
        let values = std::array::from_fn(|_| {
            let sum: f32 = (0..12).map(|_| dice.random::<f32>()).sum();
            (sigma * (sum - 6.0)).round() as i16
        });
        Self { values, dice }
    }

    fn on(&mut self, picture: &RgbImage) -> RgbImage {
        let mut thrown = vec![0; picture.as_raw().len()];
        self.dice.fill_bytes(&mut thrown);
        let mut picture = picture.clone();
        for (level, thrown) in picture.iter_mut().zip(thrown) {
            *level = (i16::from(*level) + self.values[usize::from(thrown)]).clamp(0, 255) as u8;
        }
        picture
    }
}

fn screen_settings() -> ScreenSettings {
    ScreenSettings {
        station: "bench 1".into(),
        palette: Palette::Bgnn,
        time_zone: TimeZone::UTC,
        trigger: TriggerSettings::default(),
        has_button: false,
        warn_celsius: 80.0,
        decode: DecodeOptions::default(),
        floor_bytes: 0,
        records_before: 0,
        measurements: true,
    }
}

/// What the machine says in the life of the specimen with that number: it is looked at, taken, saved.
fn status(number: usize, step: usize) -> Status {
    let is_saving = (8..11).contains(&step);
    let is_saved = step >= 11;
    let saved = (number + usize::from(is_saved)) as u64;
    let id = format!("{saved:06}");
    Status {
        phase: if is_saving { Phase::Saving } else { Phase::Ready },
        message: is_saved.then(|| Message {
            severity: Severity::Info,
            topic: Topic::Saved { id: id.clone() },
            text: format!("saved {id}"),
        }),
        message_is_new: is_saved && step < 16,
        auto: None,
        source: "camera".into(),
        counts: Counts {
            saved,
            ..Counts::default()
        },
        waiting: usize::from(is_saving),
        waiting_max: 4,
        last_id: (saved > 0).then_some(id),
        held_back: None,
        next_id: NextIdStatus::default(),
        operator: "Ada".into(),
        note: String::new(),
        typing: None,
        help: false,
        measurements_switched: false,
        has_source: true,
        has_display: Some(true),
        lost_switches: Vec::new(),
        health: None,
        records_left: None,
    }
}

/// A panel that remembers what it was told to show.
struct Watched {
    panel: SpiPanelDisplay,
    last: Arc<Mutex<Option<Canvas>>>,
}

impl Display for Watched {
    fn name(&self) -> String {
        self.panel.name()
    }

    fn size(&self) -> Size {
        self.panel.size()
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        *self.last.lock().unwrap() = Some(canvas.clone());
        self.panel.show(canvas)
    }
}

/// Shows the series on any display; `each` is called after every picture.
fn play(specimens: &[Specimen], sigma: f32, display: Box<dyn Display>, mut each: impl FnMut()) {
    let mut noise = Noise::new(sigma);
    let mut screen = OverlayScreen::new(display, screen_settings());
    let mut sequence = 0;
    for (number, specimen) in specimens.iter().enumerate() {
        for step in 0..FRAMES_PER_SPECIMEN {
            let frame = frame(&noise.on(&specimen.picture), sequence);
            sequence += 1;
            // The network's result comes half a second later.
            let analysed = if step < 5 { number.checked_sub(1) } else { Some(number) };
            let rates = Rates {
                source: 9.8 + 0.1 * (step / 5) as f64,
                analysis: 1.6,
                preview: 9.9 - 0.1 * (step / 5) as f64,
                latency: Duration::from_millis(610),
            };
            let shown = Shown {
                frame: Some(&frame),
                analysis: analysed.map(|n| &specimens[n].analysis),
                status: &status(number, step),
                rates: &rates,
            };
            screen.show(&shown).unwrap();
            each();
        }
    }
}

/// The share of whole pictures that goes over the bus, commands and the panel's start included.
fn share(specimens: &[Specimen], sigma: f32, settings: &SpiPanelSettings) -> f64 {
    let glass = Glass::new(settings.model.memory());
    let panel = SpiPanelDisplay::start(settings, glass.wires(4096), NoDelay).unwrap();
    let size = panel.size();
    let last = Arc::default();
    let watched = Watched {
        panel,
        last: Arc::clone(&last),
    };
    let mut pictures = 0;
    play(specimens, sigma, Box::new(watched), || {
        pictures += 1;
        if pictures % 16 == 0 {
            let last: &Mutex<Option<Canvas>> = &last;
            let wanted = expected(last.lock().unwrap().as_ref().unwrap(), settings.fit.rotation, true);
            let seen = on_glass(&glass, settings);
            let most = wanted
                .iter()
                .zip(seen.iter())
                .map(|(a, b)| a.abs_diff(*b))
                .max()
                .unwrap();
            assert!(
                most <= VISIBLE,
                "picture {pictures}: a pixel on the glass is {most} levels off"
            );
        }
    });
    let whole = f64::from(size.width * size.height * 2) * f64::from(pictures);
    glass.controller().bytes as f64 / whole
}

#[test]
fn a_recorded_series_takes_a_quarter_of_whole_pictures_at_most() {
    let Some(specimens) = specimens() else { return };
    for rotation in [Rotation::None, Rotation::Quarter] {
        let settings = SpiPanelSettings {
            fit: FitSettings { rotation, size: None },
            ..SpiPanelSettings::default()
        };
        let size = rotation.turned(settings.glass());
        for sigma in [0.0, 2.0] {
            let share = share(&specimens, sigma, &settings);
            println!(
                "{size}, camera noise of {sigma} levels: {:.1} % of whole pictures, {:.0} bytes a picture",
                100.0 * share,
                share * f64::from(size.width * size.height * 2)
            );
            assert!(share <= LIMIT, "{size}, noise {sigma}: {share}");
        }
    }
}
