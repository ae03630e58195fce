//! `fishrig model quantize`: from a float bundle to an int8 one, and a report on what that cost.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use crate::analysis::crop_of;
use crate::cli::output_file::OutputFolder;
use crate::cli::segment::{pictures, read_file};
use crate::cli::{Outcome, progress, say, sheet_file};
use crate::convert::quantize::{
    Comparison, PICTURES_ADVISED, Picture, QuantizationReport, QuantizeSettings, Quantized, RangeMethod, Step, quantize,
};
use crate::convert::{check_target, onnx, write_bundle};
use crate::evaluate::sheet::{Row, Sheet, panel};
use crate::frame::{DecodeOptions, Frame, PixelBox, Size};
use crate::locate::{LocateSettings, locate};
use crate::network::{Bundle, Manifest, NetworkSettings, read_message};
use crate::traits::{Palette, TraitSet};

/// Make an int8 bundle of a float one, and report what that costs.
///
/// The pictures are used to learn which values pass between the layers; a quarter of them is held out to compare the masks of both networks.
/// Layers that cost too much accuracy stay in float.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct QuantizeArgs {
    /// The float bundle's folder.
    bundle: PathBuf,
    /// Pictures to calibrate with, or folders of them: whole frames, or crops of one fish each; 8 or more.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    calibrate: Vec<PathBuf>,
    /// The pictures are crops of one fish each.
    #[arg(long)]
    cropped: bool,
    /// Use at most so many of the pictures, spread over all of them; each takes about 2 MB of memory, and time.
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=1000))]
    pictures: u16,
    /// Folder of the new bundle; by default the float bundle's with "-int8" at its end.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Replace a bundle that is there already.
    #[arg(long)]
    replace: bool,
    /// How the range of a layer's values is chosen.
    #[arg(long, value_enum, default_value_t = Range::Percentile)]
    range: Range,
    /// The percentile of --range percentile; 100 keeps the extremes.
    #[arg(long, default_value_t = 99.999, value_name = "P", value_parser = parse_percentile)]
    percentile: f64,
    /// The most that the network may weigh, in MB of 1,000,000 bytes; by default 8 % more than with all layers in int8.
    #[arg(long, value_name = "MB", value_parser = parse_megabytes)]
    size_limit: Option<u64>,
    /// Keep this layer, or all of this block, in float, whatever is measured; may be given several times.
    #[arg(long, value_name = "NAME")]
    keep_float: Vec<String>,
    /// Do not measure which layers had better stay in float: quicker, and all are int8.
    #[arg(long)]
    no_sensitivity: bool,
    /// Threads of a network run; 0 for one a processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// Write the report as JSON to stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Range {
    /// Leave out the rarest values, see --percentile.
    Percentile,
    /// The range with the least mean squared error.
    Mse,
}

fn parse_percentile(text: &str) -> Result<f64, String> {
    let percentile = text.parse().ok().filter(|p| (90.0..=100.0).contains(p));
    percentile.ok_or_else(|| "allowed is 90 to 100".to_owned())
}

fn parse_megabytes(text: &str) -> Result<u64, String> {
    let megabytes = text.parse().ok().filter(|m: &f64| (0.001..=1000.0).contains(m));
    let megabytes = megabytes.ok_or_else(|| "allowed is 0.001 to 1000".to_owned())?;
    Ok((megabytes * 1e6) as u64)
}

pub(super) fn run(args: QuantizeArgs) -> anyhow::Result<Outcome> {
    let output = args.output.clone().unwrap_or_else(|| int8_folder(&args.bundle));
    check_target(&output, args.replace)?;
    let (model, manifest) = read_bundle(&args.bundle)?;
    let (pictures, all_read) = read_pictures(&args, &manifest)?;
    if (2..PICTURES_ADVISED).contains(&pictures.len()) {
        say(&format!(
            "only {} pictures to calibrate with; {PICTURES_ADVISED} or more are advised, and none is held out for the report",
            pictures.len()
        ));
    }
    let quantized = quantize(
        model,
        &manifest,
        &pictures,
        &settings(&args),
        &mut Bars::default().step(),
    )?;
    let Quantized {
        model,
        manifest,
        report,
        comparisons,
    } = quantized;
    let manifest = write_bundle(&output, model, manifest, args.replace)?;
    write_report(&output, &report, &comparisons, &pictures, &manifest)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", words(&report))?;
        writeln!(
            out,
            "\nwritten to {}: the bundle, report.txt, report.json, report.png",
            output.display()
        )?;
    }
    Ok(if all_read { Outcome::Done } else { Outcome::SomeFailed })
}

fn int8_folder(bundle: &Path) -> PathBuf {
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = name.strip_suffix("-float").unwrap_or(&name);
    bundle.with_file_name(format!("{stem}-int8"))
}

/// The bundle's message and manifest.
fn read_bundle(folder: &Path) -> anyhow::Result<(onnx::ModelProto, Manifest)> {
    let bundle = Bundle::open(folder)?;
    Ok((read_message(&bundle)?, bundle.manifest().clone()))
}

fn settings(args: &QuantizeArgs) -> QuantizeSettings {
    let default = QuantizeSettings::default();
    QuantizeSettings {
        range: match args.range {
            Range::Percentile => RangeMethod::Percentile(args.percentile),
            Range::Mse => RangeMethod::MeanSquaredError,
        },
        size_limit: args.size_limit,
        sensitivity: !args.no_sensitivity,
        keep_float: args.keep_float.iter().cloned().collect::<BTreeSet<_>>(),
        network: match args.threads {
            0 => NetworkSettings::default(),
            threads => NetworkSettings::on_threads(threads.min(64)),
        },
        ..default
    }
}

/// The crops of the pictures, as far as they can be read, and whether all could.
fn read_pictures(args: &QuantizeArgs, manifest: &Manifest) -> anyhow::Result<(Vec<Picture>, bool)> {
    let cropped = args.cropped;
    let (found, refused) = pictures::collect(&args.calibrate, cropped);
    let mut found = pictures::without_masks(found);
    let (all, most) = (found.len(), usize::from(args.pictures));
    if all > most {
        say(&format!(
            "{most} of the {all} pictures are used, spread over all; --pictures takes more"
        ));
        let chosen = |index: usize| index * most / all != (index + 1) * most / all;
        found = found
            .into_iter()
            .enumerate()
            .filter(|(i, _)| chosen(*i))
            .map(|(_, p)| p)
            .collect();
    }
    for refused in &refused {
        say(&format!("{}: {:#}", refused.path.display(), refused.reason));
    }
    let bar = progress::bar(found.len(), "pictures", false);
    let mut read = Vec::new();
    for picture in &found {
        let name = picture
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match read_crop(&picture.path, cropped) {
            Ok((crop, located)) => {
                if !located && !cropped {
                    let line = format!("{}: no fish found; taken whole, as a crop", picture.path.display());
                    bar.suspend(|| say(&line));
                }
                read.push(Picture::new(name, &crop, manifest));
            }
            Err(error) => bar.suspend(|| say(&format!("{}: {error:#}", picture.path.display()))),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let all = refused.is_empty() && read.len() == found.len();
    Ok((read, all))
}

/// The crop of a picture's fish, and whether the fish was found; the whole picture where it was not, or was not looked for.
fn read_crop(path: &Path, cropped: bool) -> anyhow::Result<(image::RgbImage, bool)> {
    let picture = Frame::from_file_bytes(read_file(path)?, None)?
        .decode(&DecodeOptions::default())?
        .rgb;
    let size = Size::from(picture.dimensions());
    let fish = match cropped {
        true => None,
        false => locate(&picture, &LocateSettings::default()).fish,
    };
    let part = fish.as_ref().map_or(PixelBox::whole(size), |fish| fish.crop(size));
    Ok((crop_of(&picture, part), fish.is_some()))
}

/// One bar after another, as the steps come.
#[derive(Default)]
struct Bars {
    bar: Option<ProgressBar>,
}

impl Bars {
    fn step(mut self) -> impl FnMut(Step) {
        move |step| match (step, &self.bar) {
            (Step::Begin(what, count), _) => self.bar = Some(progress::bar(count, what, false)),
            (Step::Done(item), Some(bar)) => {
                bar.set_message(item);
                bar.inc(1);
            }
            (Step::Done(_), None) => {}
        }
    }
}

fn write_report(
    folder: &Path,
    report: &QuantizationReport,
    comparisons: &[Comparison],
    pictures: &[Picture],
    manifest: &Manifest,
) -> anyhow::Result<()> {
    let files = OutputFolder::protecting([]);
    files.write(&folder.join("report.txt"), words(report).as_bytes())?;
    files.write(&folder.join("report.json"), &serde_json::to_vec_pretty(report)?)?;
    let sheet = sheet(report, comparisons, pictures, manifest);
    sheet_file::write(&folder.join("report.png"), &sheet, &files)?;
    Ok(())
}

/// The worst pictures are shown; more rows would only weigh.
const SHEET_ROWS: usize = 40;

fn sheet(report: &QuantizationReport, comparisons: &[Comparison], pictures: &[Picture], manifest: &Manifest) -> Sheet {
    let mut sheet = Sheet::new(
        format!("{} against {}", report.int8_name, report.float_name),
        &["image", "float", "int8", "difference"],
    );
    sheet.note(scope(report));
    let shown = comparisons.iter().fold(TraitSet::EMPTY, |all, c| {
        all.union(c.float.present()).union(c.int8.present())
    });
    sheet.traits(shown, Palette::Bgnn);
    sheet.key(panel::ONLY_FIRST, "difference: only in float");
    sheet.key(panel::ONLY_SECOND, "difference: only in int8");
    sheet.key(panel::OTHER_TRAIT, "difference: in both, as different traits");
    for comparison in comparisons.iter().take(SHEET_ROWS) {
        let picture = &pictures[comparison.picture];
        let crop = picture.crop();
        let lines = report
            .traits
            .iter()
            .filter_map(|t| crate::traits::Trait::from_bgnn_name(t.name));
        let lines = lines.filter_map(|t| Some(format!("{} {:.3}", t.label(), comparison.agreement.iou_of(t)?)));
        sheet.push(Row {
            name: picture.name.clone(),
            score: format!("IoU {:.4}", comparison.agreement.iou()),
            lines: lines.collect(),
            panels: vec![
                panel::picture(crop),
                panel::traits(crop, &comparison.float, Palette::Bgnn),
                panel::traits(crop, &comparison.int8, Palette::Bgnn),
                panel::difference(crop, &comparison.float, &comparison.int8, manifest_traits(manifest)),
            ],
        });
    }
    sheet
}

fn manifest_traits(manifest: &Manifest) -> TraitSet {
    manifest.classes().unwrap_or_default().into_iter().collect()
}

/// Which pictures the scores are of, in a sentence.
fn scope(report: &QuantizationReport) -> String {
    let held_out = match report.held_out {
        true => "that were not used to calibrate",
        false => "that were also used to calibrate, so the scores flatter",
    };
    format!(
        "int8 against float masks on {} pictures {held_out}, each with its mirror image",
        report.pictures.len()
    )
}

/// Layers that gain less are counted and not listed.
const TOLD_GAIN: f64 = 0.001;

/// The report as text.
fn words(report: &QuantizationReport) -> String {
    let mut text = String::new();
    // Writing to a String never fails.
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!("{} from {}", report.int8_name, report.float_name));
    line(String::new());
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    line(format!(
        "size        {:.2} MB, float {:.2} MB",
        megabytes(report.int8_bytes),
        megabytes(report.float_bytes)
    ));
    line(format!(
        "time        {:.3} s a run, float {:.3} s (medians of alternating runs, here and now)",
        report.int8_seconds, report.float_seconds
    ));
    line(format!(
        "calibrated  on {} pictures and their mirror images; ranges by {}",
        report.calibrated_on.len(),
        report.ranges
    ));
    line(format!("in float    {}", list_or_none(&report.float_layers)));
    line(String::new());
    line(format!("{}:", scope(report)));
    line(format!("  IoU of all traits pooled   {:.4}", report.iou));
    line(format!("  mean over pictures         {:.4}", report.mean_iou));
    line(String::new());
    line("  trait             IoU     pixels in float".to_owned());
    for score in &report.traits {
        line(format!(
            "  {:<15} {:>6.4}  {:>12}",
            score.name, score.iou, score.float_pixels
        ));
    }
    line(String::new());
    line("  picture, worst first".to_owned());
    for picture in &report.pictures {
        line(format!("  {:.4}  {}", picture.iou, picture.name));
    }
    if !report.sensitivity.is_empty() {
        line(String::new());
        line("  what one layer alone in float gains, of IoU on the first calibration pictures, and its part of the multiply-adds".to_owned());
        let (told, others): (Vec<_>, Vec<_>) = report
            .sensitivity
            .iter()
            .partition(|layer| layer.kept_in_float || layer.gain >= TOLD_GAIN);
        for layer in told {
            let kept = if layer.kept_in_float { "  kept in float" } else { "" };
            line(format!(
                "  {:+.4}  {:<40} {:>9} weights {:>5.1} %{kept}",
                layer.gain,
                layer.layer,
                layer.weights,
                100.0 * layer.share
            ));
        }
        if !others.is_empty() {
            line(format!(
                "  {} others gain less than {TOLD_GAIN} each; report.json has them",
                others.len()
            ));
        }
    }
    text
}

fn list_or_none(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    }
}
