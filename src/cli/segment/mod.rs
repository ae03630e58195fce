//! `fishrig segment`: a batch of pictures, resumed where it stopped.
//!
//! * [`pictures`]: from paths to a list of pictures; [`batch`]: the workers and what is printed; [`picture`]: one picture's whole way;
//!   [`result`]: what is known of it afterwards, `NAME_segment.json`; [`shard`]: one of several parts of the list; [`bgnn`]: BGNN's own call.

mod batch;
mod bgnn;
mod picture;
pub(super) mod pictures;
mod result;
mod shard;

use std::path::PathBuf;

use anyhow::bail;

use super::batch::workers;
use super::half_precision::HalfPrecision;
use super::output_file::OutputFolder;
use super::{Outcome, make_folder, model, say};
use crate::analysis::{Analyser, AnalysisSettings};
use crate::frame::{DecodeOptions, Limits};
use crate::network::NetworkSettings;
use batch::Batch;
use shard::Shard;

pub(super) use picture::read_file;

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
    #[arg(long, conflicts_with_all = ["output", "cropped", "json", "jobs", "again", "shard"])]
    bgnn: bool,
    /// Pictures worked on at a time; 0 for one a processor.
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    jobs: usize,
    /// Only part I of N of the pictures, from 1/N to N/N, by their names: machines that share an archive each take one, into one folder.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Do again what is there already.
    #[arg(long)]
    again: bool,
    /// Write a line of JSON for each picture to stdout.
    #[arg(long)]
    json: bool,
    /// A network bundle's folder; without it the network that is built in.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    half_precision: HalfPrecision,
    /// Refuse pictures of more megapixels.
    #[arg(long, default_value_t = Limits::default().megapixels, value_name = "MP", value_parser = parse_megapixels)]
    megapixels: f64,
}

fn parse_megapixels(text: &str) -> Result<f64, String> {
    let allowed = |megapixels: &f64| (0.1..=1000.0).contains(megapixels);
    let megapixels = text.parse().ok().filter(allowed);
    megapixels.ok_or_else(|| "allowed is 0.1 to 1000".to_owned())
}

pub(super) fn run(args: SegmentArgs) -> anyhow::Result<Outcome> {
    let limits = Limits {
        megapixels: args.megapixels,
        ..Limits::default()
    };
    let processors = NetworkSettings::default().threads;
    let jobs = match (args.bgnn, args.jobs) {
        (true, _) => 1,
        (false, jobs) => workers(jobs),
    };
    let bundle = model::open_bundle(args.bundle.as_deref())?;
    // Threads are better spent on pictures than inside one network run.
    let threads = (processors / jobs).max(1);
    let network = args.half_precision.load(&bundle, threads)?;
    let analyser = Analyser::new(network, AnalysisSettings::default());
    if args.bgnn {
        let [input, output] = args.images.as_slice() else {
            bail!("--bgnn takes exactly two paths: the crop and the mask to write");
        };
        return bgnn::run(&analyser, limits, input, output);
    }
    make_folder(&args.output)?;
    let (mut pictures, mut refused) = pictures::collect(&args.images, args.cropped);
    // All of them, whichever part is wanted: another part's inputs are no place for results either.
    let outputs = OutputFolder::protecting(pictures.iter().map(|p| p.path.as_path()));
    if let Some(shard) = args.shard {
        let all = pictures.len();
        (pictures, refused) = shard.of(pictures, refused);
        say(&format!("part {shard}: {} of {all} pictures", pictures.len()));
    }
    let batch = Batch {
        outputs,
        folder: args.output,
        cropped: args.cropped,
        again: args.again,
        options: DecodeOptions {
            limits,
            ..DecodeOptions::default()
        },
        analyser,
    };
    batch::run(&batch, &pictures, &refused, jobs, args.json)
}
