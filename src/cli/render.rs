//! `fishrig render`: drawn frames or crops with their masks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use image::RgbImage;
use serde_json::json;

use super::parallel::in_parallel;
use super::{Outcome, progress};
use crate::frame::{PixelBox, Size};
use crate::render::{DrawnFish, Heading, RigFrame, RigScene, SceneSettings, demo_scenes};
use crate::traits::{TraitMask, label_picture};

/// Draw specimens on a rig, with exact masks.
#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    /// Folder for the pictures; made if need be
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// How many to draw
    #[arg(short = 'n', long, default_value_t = 6, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    count: u64,
    /// Seed of the first; the next ones count up from it
    #[arg(short, long, default_value_t = 0)]
    seed: u64,
    /// Columns and rows, for example 1200x800
    #[arg(long, value_name = "WxH", value_parser = super::parse_size)]
    size: Option<Size>,
    /// Draw single fish, cropped as the station crops, 640x256 unless --size says otherwise
    #[arg(long, conflicts_with = "demo")]
    crops: bool,
    /// Draw the frames of `fishrig demo`
    #[arg(long, conflicts_with_all = ["seed", "size", "count"])]
    demo: bool,
    /// File format of the pictures; masks are always PNG
    #[arg(long, value_enum, default_value_t = PictureFormat::Jpeg)]
    format: PictureFormat,
    /// Drawn at a time; 0 for one a processor
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    jobs: usize,
}

/// File format of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PictureFormat {
    /// Quality 93.
    Jpeg,
    /// Without loss.
    Png,
}

/// Draws what `args` ask for.
///
/// # Errors
/// A size that can't be drawn, or a file that can't be written.
pub(super) fn run(args: RenderArgs) -> anyhow::Result<Outcome> {
    super::make_folder(&args.output)?;
    let folder = Folder {
        path: &args.output,
        format: args.format,
    };
    if args.demo {
        for (i, settings) in demo_scenes().into_iter().enumerate() {
            folder.write_frame(&format!("demo_{:02}", i + 1), &RigScene::new(settings)?)?;
        }
        return Ok(Outcome::Done);
    }
    let seeds: Vec<u64> = (args.seed..args.seed.saturating_add(args.count)).collect();
    let threads = match args.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let bar = progress::bar(seeds.len(), if args.crops { "crops" } else { "frames" }, false);
    let mut failed = None;
    in_parallel(
        &seeds,
        threads,
        |seed| draw(&args, &folder, *seed),
        |_, drawn| {
            bar.inc(1);
            failed = failed.take().or(drawn.err());
        },
    );
    bar.finish_and_clear();
    failed.map_or(Ok(Outcome::Done), Err)
}

/// Draws and writes the specimen or frame of a seed.
fn draw(args: &RenderArgs, folder: &Folder<'_>, seed: u64) -> anyhow::Result<()> {
    let frame_size = args.size.filter(|_| !args.crops).unwrap_or(Size::new(1200, 800));
    let scene = RigScene::new(SceneSettings::random(frame_size, seed))?;
    if args.crops {
        let crop = scene.draw_crop(args.size.unwrap_or(Size::new(640, 256)))?;
        folder.write_picture(&format!("crop_{seed:06}"), &crop.picture, &crop.mask)
    } else {
        folder.write_frame(&format!("frame_{seed:06}"), &scene)
    }
}

/// Where the pictures go.
struct Folder<'a> {
    path: &'a Path,
    format: PictureFormat,
}

impl Folder<'_> {
    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.path.join(name);
        fs::write(&path, bytes).with_context(|| format!("can't write {}", path.display()))
    }

    fn write_picture(&self, stem: &str, picture: &RgbImage, mask: &TraitMask) -> anyhow::Result<()> {
        let mut file = std::io::Cursor::new(Vec::new());
        let extension = match self.format {
            PictureFormat::Jpeg => {
                picture.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 93))?;
                "jpg"
            }
            PictureFormat::Png => {
                picture.write_to(&mut file, image::ImageFormat::Png)?;
                "png"
            }
        };
        self.write(&format!("{stem}.{extension}"), file.get_ref())?;
        self.write(&format!("{stem}_segmented.png"), &label_picture::encode_bgnn(mask)?)?;
        self.write(&format!("{stem}_traits.png"), &label_picture::encode_bits(mask)?)
    }

    fn write_frame(&self, stem: &str, scene: &RigScene) -> anyhow::Result<()> {
        let frame = scene.draw();
        self.write_picture(stem, &frame.picture, &frame.mask)?;
        let truth = serde_json::to_string_pretty(&truth(scene, &frame))?;
        self.write(&format!("{stem}_truth.json"), truth.as_bytes())
    }
}

/// What is true of a frame, for `*_truth.json`.
fn truth(scene: &RigScene, frame: &RigFrame) -> serde_json::Value {
    let size = scene.settings().size;
    json!({
        "seed": scene.settings().seed,
        "width": size.width,
        "height": size.height,
        "pixels_per_centimetre": frame.pixels_per_centimetre,
        "fish": frame.fish.iter().map(|fish| fish_truth(fish, frame.pixels_per_centimetre)).collect::<Vec<_>>(),
        "label": frame.label.map(box_truth),
        "ruler": frame.ruler.as_ref().map(|ruler| json!({
            "box": box_truth(ruler.bounds),
            "first_tick": [ruler.first_tick.x, ruler.first_tick.y],
            "last_tick": [ruler.last_tick.x, ruler.last_tick.y],
            "millimetres": ruler.millimetres,
        })),
    })
}

fn fish_truth(fish: &DrawnFish, pixels_per_centimetre: f64) -> serde_json::Value {
    let landmarks = fish.truth.landmarks.iter();
    let landmarks = landmarks.map(|(number, p)| (number.to_string(), json!({ "x": p.x, "y": p.y, "unit": "px" })));
    let lengths = fish.truth.lengths.iter().map(|(quantity, pixels)| {
        let length = json!({
            "picture": { "value": pixels, "unit": quantity.picture_unit() },
            "specimen": { "value": pixels / pixels_per_centimetre, "unit": quantity.unit() },
        });
        (quantity.key().to_owned(), length)
    });
    json!({
        "box": box_truth(fish.bounds),
        "form": fish.form.name(),
        "head": match fish.heading { Heading::Left => "left", Heading::Right => "right" },
        "snout": [fish.snout.x, fish.snout.y],
        "tail_base": [fish.tail_base.x, fish.tail_base.y],
        "standard_length_cm": fish.standard_length_cm,
        "landmarks": landmarks.collect::<serde_json::Map<_, _>>(),
        "lengths": lengths.collect::<serde_json::Map<_, _>>(),
    })
}

/// Left, top, width, height.
fn box_truth(bounds: PixelBox) -> [u32; 4] {
    [bounds.left, bounds.top, bounds.width(), bounds.height()]
}
