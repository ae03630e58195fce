//! `fishrig model compare`: how far the masks of two networks differ, and what each costs.

mod times;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use image::RgbImage;
use serde_json::json;

use super::open_bundle;
use crate::analysis::crop_of;
use crate::cli::half_precision::HalfPrecision;
use crate::cli::output_file::OutputFolder;
use crate::cli::scores::{self, counted, names};
use crate::cli::segment::pictures::{Picture, collect, without_masks};
use crate::cli::segment::read_file;
use crate::cli::sheet_file::{self, WorstRows};
use crate::cli::{Outcome, progress, say};
use crate::evaluate::sheet::{Row, Sheet, panel};
use crate::evaluate::{BOUNDARY_SHARE, Bootstrap, PictureScore, Summary};
use crate::frame::{DecodeOptions, Frame};
use crate::locate::{LocateSettings, locate};
use crate::network::{Bundle, NetworkSettings, TraitNetwork};
use crate::traits::{Palette, TraitMask, TraitSet};
use times::Times;

/// Compare two networks on the same pictures: masks trait by trait, time, size.
///
/// The masks of B are scored against those of A, at the size of A's input, in the traits that both have learnt. Times are taken in turns, A first
/// on every other picture, so that whatever else the machine does hits both.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CompareArgs {
    /// The bundle's folder to compare with, for example the float network.
    a: PathBuf,
    /// The bundle's folder whose masks are scored, for example the int8 network.
    b: PathBuf,
    /// Pictures, or folders of pictures; whole frames, in which the fish is found first.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    frames: Vec<PathBuf>,
    /// The pictures are crops of one fish each.
    #[arg(long)]
    cropped: bool,
    /// Threads of each run.
    #[arg(long, value_name = "N", default_value_t = NetworkSettings::default().threads as u8, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Compute what B has in floats in half precision; A may be the same bundle.
    #[arg(long)]
    half_precision: bool,
    /// Write JSON: all numbers, and all pictures, the worst first.
    #[arg(long)]
    json: bool,
    /// Write a picture sheet (image, A, B, where they differ; the worst first) to this PNG file; further pages to FILE-2.png and so on.
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Most rows of the sheet.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=1000))]
    sheet_rows: u16,
}

/// Both networks run at least this often, on however few pictures.
const LEAST_RUNS: usize = 6;

/// One of the two networks.
struct Side {
    bundle: Bundle,
    network: TraitNetwork,
}

impl Side {
    fn load(folder: &Path, threads: u8, half_precision: HalfPrecision) -> anyhow::Result<Self> {
        let bundle = open_bundle(Some(folder))?;
        let network = half_precision.load(&bundle, usize::from(threads))?;
        Ok(Self { bundle, network })
    }

    fn name(&self) -> String {
        let manifest = self.bundle.manifest();
        let halves = self.network.half_precision();
        let halves = halves.map(|format| format!(" in {format}")).unwrap_or_default();
        format!("{} {}{halves}", manifest.name, manifest.version)
    }

    fn bytes(&self) -> u64 {
        self.bundle.network_bytes()
    }

    fn timed(&self, crop: &RgbImage) -> anyhow::Result<(TraitMask, Duration)> {
        let start = Instant::now();
        let mask = self.network.segment(crop)?.mask;
        Ok((mask, start.elapsed()))
    }
}

pub(super) fn run(args: CompareArgs) -> anyhow::Result<Outcome> {
    let a = Side::load(&args.a, args.threads, HalfPrecision::default())?;
    let wanted = args.half_precision;
    let b = Side::load(&args.b, args.threads, HalfPrecision { wanted })?;
    let not_assessed = |side: &Side| side.bundle.manifest().not_assessed();
    let left_out = not_assessed(&a).union(not_assessed(&b));
    let scored = TraitSet::from_bits(!left_out.bits());
    if scored.is_empty() {
        bail!(
            "{} and {} have learnt no trait in common: there is nothing to compare",
            a.name(),
            b.name()
        );
    }
    let (pictures, refused) = collect(&args.frames, args.cropped);
    let pictures = without_masks(pictures);
    let comparison = Comparison {
        a: &a,
        b: &b,
        scored,
        cropped: args.cropped,
        rounds: LEAST_RUNS.div_ceil(pictures.len().max(1)),
        rows_wanted: args.sheet.is_some(),
    };
    let mut result = Compared {
        failed: refused
            .iter()
            .map(|r| (r.path.clone(), format!("{:#}", r.reason)))
            .collect(),
        scores: Vec::new(),
        times: Times::default(),
    };
    let mut rows = WorstRows::new(usize::from(args.sheet_rows));
    let bar = progress::bar(pictures.len(), "pictures", args.json);
    for picture in &pictures {
        match comparison.of(picture, &mut result.times) {
            Ok((score, row)) => {
                rows.add(score.iou(), row);
                result.scores.push(score);
            }
            Err(error) => result.failed.push((picture.path.clone(), format!("{error:#}"))),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    for (path, reason) in &result.failed {
        say(&format!("{}: {reason}", path.display()));
    }
    result.scores.sort_by(PictureScore::worst_first);
    let summary = Summary::of(&result.scores, Bootstrap::default()).context("no picture could be compared")?;

    if let Some(path) = &args.sheet {
        let bundles = [&args.a, &args.b].map(|folder| folder.join("network.onnx"));
        let inputs = pictures
            .iter()
            .map(|p| p.path.as_path())
            .chain(bundles.iter().map(PathBuf::as_path));
        let outputs = OutputFolder::protecting(inputs);
        for page in sheet_file::write(path, &sheet(&comparison, &summary, rows), &outputs)? {
            say(&format!("sheet: {}", page.display()));
        }
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &result.json(&comparison, &summary))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", result.words(&comparison, &summary, left_out))?;
    }
    Ok(if result.failed.is_empty() {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// What is compared, and how.
struct Comparison<'a> {
    a: &'a Side,
    b: &'a Side,
    scored: TraitSet,
    cropped: bool,
    /// Runs of each network on each picture.
    rounds: usize,
    rows_wanted: bool,
}

impl Comparison<'_> {
    /// Runs both networks on a picture.
    fn of(&self, picture: &Picture, times: &mut Times) -> anyhow::Result<(PictureScore, Option<Row>)> {
        let crop = self.crop(picture)?;
        if times.runs() == 0 {
            // The first run of a network packs weights and fills caches.
            self.a.timed(&crop)?;
            self.b.timed(&crop)?;
        }
        let (mut first, mut second) = self.in_turn(&crop, times)?;
        for _ in 1..self.rounds {
            (first, second) = self.in_turn(&crop, times)?;
        }
        let name = picture.name.to_string_lossy();
        let resized = second.resized(first.size());
        let score = PictureScore::of((&name, &name), &resized, &first, self.scored, BOUNDARY_SHARE)?;
        let row = self.rows_wanted.then(|| self.row(&score, &crop, &first, &second));
        Ok((score, row))
    }

    /// Both masks, A's first whichever network ran first.
    fn in_turn(&self, crop: &RgbImage, times: &mut Times) -> anyhow::Result<(TraitMask, TraitMask)> {
        let ((first, of_a), (second, of_b)) = if times.runs().is_multiple_of(2) {
            let a = self.a.timed(crop)?;
            (a, self.b.timed(crop)?)
        } else {
            let b = self.b.timed(crop)?;
            (self.a.timed(crop)?, b)
        };
        times.push(of_a, of_b);
        Ok((first, second))
    }

    fn crop(&self, picture: &Picture) -> anyhow::Result<RgbImage> {
        let frame = Frame::from_file_bytes(read_file(&picture.path)?, None)?;
        let whole = frame.decode(&DecodeOptions::default())?.rgb;
        if self.cropped {
            return Ok(whole);
        }
        let scene = locate(&whole, &LocateSettings::default());
        let fish = scene
            .fish
            .context("no fish found; --cropped takes a picture of nothing but a fish")?;
        let part = fish.crop(scene.picture);
        Ok(crop_of(&whole, part))
    }

    fn row(&self, score: &PictureScore, crop: &RgbImage, first: &TraitMask, second: &TraitMask) -> Row {
        let mut lines = vec![format!("boundary IoU {:.3}", score.boundary_iou())];
        lines.extend(scores::worst_traits(score, 4));
        Row {
            name: score.name.clone(),
            score: format!("IoU {:.3}", score.iou()),
            lines,
            panels: vec![
                panel::picture(crop),
                panel::traits(crop, first, Palette::Bgnn),
                panel::traits(crop, second, Palette::Bgnn),
                panel::difference(crop, first, second, self.scored),
            ],
        }
    }

    fn heading(&self, summary: &Summary) -> String {
        let pictures = counted(summary.pictures, "picture");
        format!("A {}, B {}, {pictures}", self.a.name(), self.b.name())
    }
}

struct Compared {
    /// The worst first.
    scores: Vec<PictureScore>,
    failed: Vec<(PathBuf, String)>,
    times: Times,
}

impl Compared {
    fn words(&self, comparison: &Comparison, summary: &Summary, left_out: TraitSet) -> String {
        let Comparison { a, b, .. } = comparison;
        let share = b.bytes() as f64 / a.bytes() as f64;
        let mut text = format!("{}; B's masks against A's\n\n", comparison.heading(summary));
        text += &scores::over_all(summary);
        text += &scores::by_trait(summary, "B", "A");
        text += &scores::worst(self.scores.iter());
        if let Some([of_a, of_b, ratio]) = self.times.medians() {
            text += &format!(
                "time   A {:.1} ms, B {:.1} ms (medians of {} runs); B / A {ratio:.2} (median of runs in turn)\n",
                of_a * 1e3,
                of_b * 1e3,
                self.times.runs()
            );
        }
        text += &format!(
            "size   A {} bytes, B {} bytes; B / A {share:.3}\n",
            a.bytes(),
            b.bytes()
        );
        if !left_out.is_empty() {
            text += &format!("not compared, since A or B never learnt them: {}\n", names(left_out));
        }
        for doubt in scores::doubts(summary) {
            text += &format!("{doubt}\n");
        }
        if !self.failed.is_empty() {
            text += &format!(
                "{} could not be compared, see above\n",
                counted(self.failed.len(), "picture")
            );
        }
        text
    }

    fn json(&self, comparison: &Comparison, summary: &Summary) -> serde_json::Value {
        let medians = self.times.medians();
        let median = |which: usize| medians.map(|medians| medians[which]);
        let side = |side: &Side, seconds: Option<f64>| {
            let manifest = side.bundle.manifest();
            json!({
                "bundle": side.bundle.origin(),
                "name": manifest.name,
                "version": manifest.version,
                "sha256": manifest.sha256,
                "bytes": side.bytes(),
                "median_seconds": seconds,
            })
        };
        let failed = self.failed.iter().map(|(path, error)| {
            json!({
                "picture": path.to_string_lossy(),
                "error": error,
            })
        });
        json!({
            "a": side(comparison.a, median(0)),
            "b": side(comparison.b, median(1)),
            "time_ratio": median(2),
            "runs": self.times.runs(),
            "cropped": comparison.cropped,
            "summary": summary,
            "pictures": self.scores.iter().map(|score| scores::json(score, "a")).collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
        })
    }
}

fn sheet(comparison: &Comparison, summary: &Summary, rows: WorstRows) -> Sheet {
    let a = format!("A: {}", comparison.a.name());
    let b = format!("B: {}", comparison.b.name());
    let mut sheet = Sheet::new(comparison.heading(summary), &["image", &a, &b, "difference"]);
    sheet_file::name_traits(&mut sheet, summary);
    sheet_file::explain_differences(&mut sheet, "A", "B");
    for row in rows.into_worst_first() {
        sheet.push(row);
    }
    sheet_file::say_means(&mut sheet, summary);
    sheet
}
