//! `fishrig segment`: a batch of pictures, resumed where it stopped.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, bail};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::output_file::OutputFolder;
use super::pictures::{self, Picture, Refused};
use super::{Outcome, bgnn, model, progress};
use crate::analysis::{Analyser, Analysis, Specimen};
use crate::frame::{DecodeOptions, Frame, Limits, PixelBox, Size};
use crate::locate::{HeadSide, LocateSettings};
use crate::network::{NetworkSettings, TraitNetwork};
use crate::overlay::{Annotations, annotated_picture};
use crate::traits::{Palette, Trait, label_picture};

/// Segment pictures: whole frames, in which the fish is found first, or crops.
///
/// For each picture NAME it writes NAME_segmented.png (BGNN's colours), NAME_traits.png (16-bit, bit k for trait k+1), NAME_cropped.jpg (the
/// fish, from whole frames), NAME_overlay.jpg and NAME_segment.json. What is there already, for the same picture and network, is not done again.
#[derive(Debug, clap::Args)]
pub(super) struct SegmentArgs {
    /// Pictures, or folders of pictures.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(short, long, default_value = "segmented", value_name = "DIR")]
    output: PathBuf,
    /// The pictures are crops of one fish each.
    #[arg(long)]
    cropped: bool,
    /// Do what BGNN's segmentation_main_rescale_origin.py does: IMAGE is one crop and one output file.
    #[arg(long, conflicts_with_all = ["output", "cropped", "json", "jobs", "again"])]
    bgnn: bool,
    /// Pictures worked on at a time; 0 for one a processor.
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    jobs: usize,
    /// Do again what is there already.
    #[arg(long)]
    again: bool,
    /// Write a line of JSON for each picture to stdout.
    #[arg(long)]
    json: bool,
    /// A network bundle's folder; without it the network that is built in.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// Refuse pictures of more megapixels.
    #[arg(long, default_value_t = Limits::default().megapixels, value_name = "MP")]
    megapixels: f64,
}

pub(super) fn run(args: SegmentArgs) -> anyhow::Result<Outcome> {
    let limits = Limits {
        megapixels: args.megapixels,
        ..Limits::default()
    };
    let processors = NetworkSettings::default().threads;
    let jobs = match (args.bgnn, args.jobs) {
        (true, _) => 1,
        (false, 0) => processors,
        (false, jobs) => jobs.min(processors * 4),
    };
    let bundle = model::open_bundle(args.bundle.as_deref())?;
    // Threads are better spent on pictures than inside one network run.
    let threads = (processors / jobs).max(1);
    let network = TraitNetwork::load(&bundle, &NetworkSettings { threads })?;
    let analyser = Analyser::new(network, LocateSettings::default());
    if args.bgnn {
        let [input, output] = args.images.as_slice() else {
            bail!("--bgnn takes exactly two paths: the crop and the mask to write");
        };
        return bgnn::run(&analyser, limits, input, output);
    }
    let (pictures, refused) = pictures::collect(&args.images, args.cropped);
    let batch = Batch {
        outputs: OutputFolder::protecting(pictures.iter().map(|p| p.path.as_path()))?,
        folder: args.output,
        cropped: args.cropped,
        again: args.again,
        options: DecodeOptions {
            limits,
            ..DecodeOptions::default()
        },
        analyser,
    };
    run_batch(&batch, &pictures, &refused, jobs, args.json)
}

/// Columns of an overlay picture, unless the picture itself has fewer.
const OVERLAY_WIDTH: u32 = 1600;

/// What is the same for all pictures of a batch.
struct Batch {
    outputs: OutputFolder,
    folder: PathBuf,
    cropped: bool,
    again: bool,
    options: DecodeOptions,
    analyser: Analyser,
}

/// What is known of one picture afterwards; the content of `NAME_segment.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PictureResult {
    /// The picture's path as given.
    picture: PathBuf,
    /// SHA-256 of the picture's file.
    sha256: String,
    /// Whether the picture was taken as a crop.
    cropped: bool,
    /// Name and SHA-256 of the network.
    network: NetworkName,
    /// Pixels of the upright picture.
    size: Size,
    /// EXIF orientation that was applied to make it upright.
    orientation: u8,
    /// Boxes in the upright picture; absent where there is none.
    fish: Option<PixelBox>,
    head: Option<HeadSide>,
    /// The fish goes on beyond the frame's edge.
    cut_by_edge: bool,
    /// Fish beside the one that was segmented.
    further_fish: Vec<PixelBox>,
    label: Option<PixelBox>,
    ruler: Option<PixelBox>,
    /// The part that the network saw.
    crop: Option<PixelBox>,
    /// Each trait: pixels and mean probability, or that it was not assessed. Empty where there is no fish.
    traits: serde_json::Map<String, serde_json::Value>,
    /// Files written, relative to the output folder.
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct NetworkName {
    name: String,
    sha256: String,
}

/// How one picture went.
struct Item {
    result: PictureResult,
    /// The result was there already.
    resumed: bool,
}

#[derive(Default)]
struct Tally {
    segmented: usize,
    without_fish: usize,
    resumed: usize,
    failed: usize,
}

fn run_batch(
    batch: &Batch,
    pictures: &[Picture],
    refused: &[Refused],
    jobs: usize,
    json: bool,
) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let bar = progress::bar(pictures.len(), "pictures", false);
    let mut tally = Tally::default();
    for Refused { path, reason } in refused {
        tally.failed += 1;
        say_failure(&bar, path, reason, json)?;
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // One result for each worker may wait, so that a slow reader of our output bounds the work that is ahead of it.
        let (send, receive) = mpsc::sync_channel(jobs);
        for _ in 0..jobs {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(picture) = pictures.get(index) else { return };
                    if send.send((index, segment_picture(batch, picture))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (picture, item) in pictures.iter().zip(in_order(receive)) {
            match item {
                Ok(item) => {
                    tally.count(&item);
                    let line = if json {
                        serde_json::to_string(&item.result)?
                    } else {
                        item.words()
                    };
                    bar.suspend(|| write_line(&line))?;
                }
                Err(error) => {
                    tally.failed += 1;
                    say_failure(&bar, &picture.path, &error, json)?;
                }
            }
            bar.inc(1);
        }
        anyhow::Ok(())
    })?;
    bar.finish_and_clear();
    eprintln!(
        "{} in {}, {:.1} s",
        tally.words(),
        batch.folder.display(),
        start.elapsed().as_secs_f64()
    );
    Ok(if tally.failed == 0 {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// What workers send, in the order of its index, so that the number of jobs does not change what is printed.
fn in_order<T>(receive: mpsc::Receiver<(usize, T)>) -> impl Iterator<Item = T> {
    let mut early = BTreeMap::new();
    (0..).map_while(move |index| {
        loop {
            if let Some(item) = early.remove(&index) {
                return Some(item);
            }
            let (at, item) = receive.recv().ok()?;
            early.insert(at, item);
        }
    })
}

/// On stderr for people; with `--json` on stdout too, in its place among the results.
fn say_failure(bar: &ProgressBar, path: &Path, error: &anyhow::Error, json: bool) -> std::io::Result<()> {
    bar.suspend(|| {
        eprintln!("{}: {error:#}", path.display());
        if json {
            let line = serde_json::json!({ "picture": path, "error": format!("{error:#}") });
            write_line(&line.to_string())?;
        }
        Ok(())
    })
}

fn write_line(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

impl Tally {
    /// Counts a picture that went well.
    fn count(&mut self, item: &Item) {
        if item.resumed {
            self.resumed += 1;
        } else if item.result.crop.is_none() {
            self.without_fish += 1;
        } else {
            self.segmented += 1;
        }
    }

    fn words(&self) -> String {
        let mut words = format!("{} segmented", self.segmented);
        for (count, what) in [
            (self.without_fish, "without a fish"),
            (self.resumed, "done before"),
            (self.failed, "failed"),
        ] {
            if count > 0 {
                words += &format!(", {count} {what}");
            }
        }
        words
    }
}

impl Item {
    fn words(&self) -> String {
        let result = &self.result;
        let mut words = format!("{}: ", result.picture.display());
        if self.resumed {
            words += "done before; ";
        }
        if result.crop.is_none() {
            return words + "no fish found";
        }
        if let Some(fish) = &result.fish {
            words += &format!("fish {fish}, ");
        }
        match result.head {
            Some(HeadSide::Left) => words += "head left; ",
            Some(HeadSide::Right) => words += "head right; ",
            Some(HeadSide::Unknown) | None => words += "head side unknown; ",
        }
        if result.cut_by_edge {
            words += "cut by the frame's edge; ";
        }
        if !result.further_fish.is_empty() {
            words += &format!("{} further fish; ", result.further_fish.len());
        }
        let present = result.traits.iter().filter(|(_, v)| v["pixels"].as_u64() > Some(0));
        let names: Vec<_> = present.map(|(name, _)| name.replace('_', " ")).collect();
        words + &names.join(", ")
    }
}

/// The whole way of one picture: read, look whether it was done before, analyse, write.
fn segment_picture(batch: &Batch, picture: &Picture) -> anyhow::Result<Item> {
    let bytes = std::fs::read(&picture.path)?;
    let sha256: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    if !batch.again
        && let Some(result) = earlier_result(batch, picture, &sha256)
    {
        return Ok(Item { result, resumed: true });
    }
    let decoded = Frame::from_file_bytes(bytes, None)?.decode(&batch.options)?;
    let analysis = match batch.cropped {
        true => batch.analyser.crop(&decoded.rgb)?,
        false => batch.analyser.whole_frame(&decoded.rgb)?,
    };
    let files = write_pictures(batch, picture, &decoded.rgb, &analysis)?;
    let result = describe(batch, picture, sha256, decoded.orientation.exif(), &analysis, files);
    // Written last: where it is, all that it names is.
    batch
        .outputs
        .write(&result_path(batch, picture), &serde_json::to_vec_pretty(&result)?)?;
    Ok(Item { result, resumed: false })
}

fn result_path(batch: &Batch, picture: &Picture) -> PathBuf {
    batch.folder.join(with_ending(&picture.name, "_segment.json"))
}

fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut file = name.file_name().unwrap_or_default().to_owned();
    file.push(ending);
    name.with_file_name(file)
}

fn network_name(batch: &Batch) -> NetworkName {
    let manifest = batch.analyser.network().manifest();
    NetworkName {
        name: manifest.name.clone(),
        sha256: manifest.sha256.clone(),
    }
}

/// The result of an earlier run, if it is of the same picture, network and mode and all of its files are there.
fn earlier_result(batch: &Batch, picture: &Picture, sha256: &str) -> Option<PictureResult> {
    let text = std::fs::read(result_path(batch, picture)).ok()?;
    let result: PictureResult = serde_json::from_slice(&text).ok()?;
    let same = result.sha256 == sha256 && result.cropped == batch.cropped && result.network == network_name(batch);
    let there = result.files.iter().all(|file| batch.folder.join(file).is_file());
    (same && there).then_some(result)
}

fn write_pictures(
    batch: &Batch,
    picture: &Picture,
    rgb: &RgbImage,
    analysis: &Analysis,
) -> anyhow::Result<Vec<PathBuf>> {
    let annotations = Annotations::from(analysis);
    let overlay = annotated_picture(rgb, &annotations, Palette::Bgnn, OVERLAY_WIDTH.min(rgb.width()));
    let mut files = vec![("_overlay.jpg", jpeg(&overlay)?)];
    if let Some(specimen) = &analysis.specimen {
        files.push(("_segmented.png", label_picture::encode_bgnn(&specimen.mask)?));
        files.push(("_traits.png", label_picture::encode_bits(&specimen.mask)?));
        if !batch.cropped {
            files.push(("_cropped.jpg", jpeg(&specimen.crop)?));
        }
    }
    let mut written = Vec::new();
    for (ending, bytes) in files {
        let file = with_ending(&picture.name, ending);
        batch.outputs.write(&batch.folder.join(&file), &bytes)?;
        written.push(file);
    }
    Ok(written)
}

fn jpeg(picture: &RgbImage) -> anyhow::Result<Vec<u8>> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 95)
        .encode_image(picture)
        .context("a picture can't be written as JPEG")?;
    Ok(file)
}

fn describe(
    batch: &Batch,
    picture: &Picture,
    sha256: String,
    orientation: u8,
    analysis: &Analysis,
    files: Vec<PathBuf>,
) -> PictureResult {
    let scene = &analysis.scene;
    let specimen = analysis.specimen.as_ref();
    PictureResult {
        picture: picture.path.clone(),
        sha256,
        cropped: batch.cropped,
        network: network_name(batch),
        size: scene.picture,
        orientation,
        fish: scene.fish.as_ref().map(|f| f.bounds),
        head: specimen.map(|s| s.head),
        cut_by_edge: scene.fish.as_ref().is_some_and(|f| f.cut_by_edge),
        further_fish: scene.further_fish.clone(),
        label: scene.label,
        ruler: scene.ruler,
        crop: specimen.map(|s| s.crop_box),
        traits: specimen.map(describe_traits).unwrap_or_default(),
        files,
    }
}

fn describe_traits(specimen: &Specimen) -> serde_json::Map<String, serde_json::Value> {
    let pixels = specimen.mask.pixel_counts();
    let describe = |which: Trait| match specimen.not_assessed.contains(which) {
        true => serde_json::json!("not assessed"),
        false => serde_json::json!({
            "pixels": pixels[which.channel()],
            "confidence": specimen.confidence[which.channel()].map(|c| (f64::from(c) * 1000.0).round() / 1000.0),
        }),
    };
    Trait::ALL
        .iter()
        .map(|t| (t.bgnn_name().to_owned(), describe(*t)))
        .collect()
}
