//! `fishrig eval`: how well masks fit labels.
//!
//! * [`predict`]: the mask of one picture, from a network or made before;
//!   [`picture`]: one picture's score; [`words`], [`files`]: the table for people, JSON, the list and the sheet.

mod files;
mod picture;
mod predict;
mod words;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::half_precision::HalfPrecision;
use super::label_args::{LabelArgs, WrongSizeArg, is_wrong_size};
use super::label_pairs::{Material, PairArgs};
use super::output_file::OutputFolder;
use super::parallel::in_parallel;
use super::sheet_file::WorstRows;
use super::{Outcome, progress, say};
use crate::evaluate::{BOUNDARY_SHARE, Bootstrap, Summary};
use crate::labels::Library;
use crate::network::NetworkSettings;
use crate::traits::{Trait, TraitSet};
use picture::{Item, Scoring};
use predict::Predictor;

/// Score masks against labels: the reference's IoU, boundary IoU, each trait, with intervals.
///
/// Runs the network on each labelled picture, or takes the masks in --predictions. Pictures and labels belong together whose names are the same
/// without _crop, _cropped, _mask, _labels, _segmented, _traits; or as the table --pairs says; or as NAME.json beside the label NAME_labels.png
/// says (picture, crop_box_xywh). A label covers its box, or all of the picture: a whole frame needs a box, or --locate with a label of the frame.
/// Labels are PNG files with class ids 0 to 12 (indexed or grey), BGNN's colours, or 16-bit trait bits; .nrrd and .nii.gz label maps; LabelMe or
/// COCO JSON; CVAT XML (docs/labels.md).
///
/// A trait that the network never learnt, or that the labeller did not draw (not_labelled in NAME.json), is left out of the scores.
#[derive(Debug, clap::Args)]
pub(super) struct EvalArgs {
    #[command(flatten)]
    pairs: PairArgs,
    /// Score the masks in this folder, or this file of many, and run no network: of segment, or in any form that labels may have.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["bundle", "locate", "half_precision"])]
    predictions: Option<PathBuf>,
    /// A network bundle's folder; without it the network that is built in.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    half_precision: HalfPrecision,
    /// Find the fish in the whole picture as segment does, and show the network that, not the labelled part.
    #[arg(long)]
    locate: bool,
    /// Score the masks as measuring takes them: one head, one trunk, one eye in the head, the fins that belong to them, no specks, holes or gaps
    /// (docs/measuring.md).
    #[arg(long)]
    clean_up: bool,
    /// The size at which masks are compared: the label's (what a user gets; networks of different sizes can be compared) or the network's (as
    /// the reference's training scripts do).
    #[arg(long, value_name = "SIZE", value_enum, default_value_t = At::Label)]
    at: At,
    /// Score exactly these traits, whatever network and labels say (BGNN names with commas between, or all).
    #[arg(long, value_name = "LIST", value_parser = parse_traits)]
    traits: Option<TraitSet>,
    #[command(flatten)]
    reading: LabelArgs,
    /// What to do about a label that is not as large as its picture, or the box in it.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = WrongSizeArg::Stretch)]
    wrong_size: WrongSizeArg,
    /// Take also labels that say that their picture is no photograph.
    #[arg(long)]
    drawings: bool,
    /// Boundary IoU looks this share of the picture's diagonal inward.
    #[arg(long, value_name = "SHARE", default_value_t = BOUNDARY_SHARE, value_parser = parse_share)]
    boundary: f64,
    /// How often specimens are drawn for intervals.
    #[arg(long, value_name = "N", default_value_t = Bootstrap::default().draws, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    draws: u32,
    /// Seed of the draws.
    #[arg(long, value_name = "N", default_value_t = Bootstrap::default().seed)]
    seed: u64,
    /// Write JSON: all numbers, and all pictures, the worst first.
    #[arg(long)]
    json: bool,
    /// Write a table of all pictures, the worst first, to this CSV file.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Write a picture sheet (image, label, mask, where they differ; the worst first) to this PNG file; further pages to FILE-2.png and so on.
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Most rows of the sheet.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=1000))]
    sheet_rows: u16,
    /// Pictures worked on at a time; 0 for one a processor.
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    jobs: usize,
}

/// The size at which masks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum At {
    /// The label's own.
    Label,
    /// The network's input.
    Network,
}

pub(super) fn parse_traits(text: &str) -> Result<TraitSet, String> {
    if text == "all" {
        return Ok(TraitSet::ALL);
    }
    let known = |name: &str| {
        let names = || Trait::ALL.map(Trait::bgnn_name).join(", ");
        Trait::from_bgnn_name(name.trim()).ok_or_else(|| format!("{name:?} is no trait; they are {}, or all", names()))
    };
    text.split(',').map(known).collect()
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0001..=0.5).contains(share));
    share.ok_or_else(|| "allowed is 0.0001 to 0.5".to_owned())
}

pub(super) fn run(args: EvalArgs) -> anyhow::Result<Outcome> {
    if args.predictions.is_some() && args.at == At::Network {
        bail!("--at network needs a network; masks that were made before are compared at the label's size");
    }
    if args.locate && args.at == At::Network {
        bail!("--at network does not go with --locate: the located fish and the labelled part are not the same pixels");
    }
    let labels = Library::new(args.reading.reading()?);
    let mut material = Material::gather(&args.pairs, args.predictions.is_none(), args.drawings)?;
    let processors = NetworkSettings::default().threads;
    let jobs = if args.jobs == 0 {
        processors
    } else {
        args.jobs.min(processors * 4)
    };
    let predictor = Predictor::new(&args, (processors / jobs).max(1))?;
    let scoring = Scoring {
        predictor: &predictor,
        at: args.at,
        clean_up: args.clean_up,
        chosen: args.traits,
        labels: &labels,
        wrong_size: args.wrong_size,
        boundary_share: args.boundary,
        rows_wanted: args.sheet.is_some(),
    };

    let bar = progress::bar(material.pairs.len(), "pictures", args.json);
    let mut items = Vec::new();
    let mut failed = material.failed.clone();
    let mut left_out = Vec::new();
    let mut rows = WorstRows::new(usize::from(args.sheet_rows));
    in_parallel(
        &material.pairs,
        jobs,
        |pair| scoring.score(pair),
        |pair, scored| {
            bar.inc(1);
            match scored {
                Ok((item, row)) => {
                    rows.add(item.score.iou(), row);
                    items.push(item);
                }
                Err(error) if args.wrong_size == WrongSizeArg::Skip && is_wrong_size(&error) => {
                    left_out.push((pair.clone(), error.to_string()));
                }
                Err(error) => failed.push((pair.label.clone(), format!("{error:#}"))),
            }
        },
    );
    bar.finish_and_clear();
    material.left_out.extend(left_out);
    items.sort_by(|a: &Item, b| a.score.worst_first(&b.score));

    for (path, reason) in &failed {
        say(&format!("{}: {reason}", path.display()));
    }
    let scores: Vec<_> = items.iter().map(|item| item.score.clone()).collect();
    let bootstrap = Bootstrap {
        draws: args.draws,
        seed: args.seed,
    };
    let summary = Summary::of(&scores, bootstrap).context("no picture could be scored")?;
    let report = words::Report {
        args: &args,
        predictor: &predictor,
        material: &material,
        items: &items,
        failed: &failed,
        summary: &summary,
    };
    let outputs = OutputFolder::protecting(material.inputs(&args.pairs));
    if let Some(path) = &args.list {
        outputs.write(path, &files::list(&items)?)?;
    }
    if let Some(path) = &args.sheet {
        for page in files::write_sheet(path, &report, rows.into_worst_first(), &outputs)? {
            say(&format!("sheet: {}", page.display()));
        }
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &files::json(&report))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report.words())?;
    }
    Ok(if failed.is_empty() {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}
