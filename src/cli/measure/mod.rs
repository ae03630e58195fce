//! `fishrig measure`: from segmented pictures to numbers, resumed where it stopped.
//!
//! * [`masks`]: from paths to a list of masks with their names and metadata; [`mask`]: one mask's whole way; [`read`]: a mask's file;
//!   [`result`]: what is known of it afterwards, `NAME_measure.json`; [`table`]: the CSV.

mod mask;
mod masks;
mod read;
mod result;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use super::batch::{self, Manner, workers};
use super::label_args::LabelArgs;
use super::output_file::OutputFolder;
use super::{Outcome, make_folder, say};
use crate::labels::Library;
use mask::{Item, Job};
use masks::Mask;
use table::Table;

/// Measure segmented pictures: presence, landmarks, lengths.
///
/// Masks are NAME_segmented.png (BGNN's colours) or NAME_traits.png (16-bit, bit k for trait k+1), also as palette PNG or TIFF; where a folder has
/// both of a NAME, NAME_traits is taken. Masks that were corrected by hand are measured as they come: NAME_labels.png (class ids), .nrrd and .nii.gz
/// label maps, LabelMe or COCO JSON, CVAT XML. For each mask it writes NAME_presence.json, NAME_landmark.json and NAME_morphology.json, equal to the output of
/// BGNN's Morphology-analysis and absent where that program crashes, and NAME_measure.json with this program's own measurements. The scale comes
/// from NAME.json or NAME_metadata.json beside the mask. What is there already, for the same mask and metadata, is not done again.
#[derive(Debug, clap::Args)]
pub(super) struct MeasureArgs {
    /// Masks, or folders of masks.
    #[arg(required = true, value_name = "MASK")]
    masks: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(short, long, default_value = "measured", value_name = "DIR")]
    output: PathBuf,
    /// Also write a table with a row for each mask.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Folder of the metadata files, if they do not lie beside the masks.
    #[arg(long, value_name = "DIR")]
    metadata: Option<PathBuf>,
    #[command(flatten)]
    reading: LabelArgs,
    /// Measure the mask as it is, with its specks, pin holes, gaps in the body and fins that hang in the air. BGNN's files never leave them out.
    #[arg(long)]
    no_clean_up: bool,
    /// Also write NAME_landmark.png: the turned mask with its landmarks.
    #[arg(long)]
    landmark_pictures: bool,
    /// Masks worked on at a time; 0 for one a processor.
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    jobs: usize,
    /// Do again what is there already.
    #[arg(long)]
    again: bool,
    /// Write a line of JSON for each mask to stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: MeasureArgs) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    if let Some(folder) = args.metadata.as_ref().filter(|folder| !folder.is_dir()) {
        anyhow::bail!("--metadata {}: is no folder", folder.display());
    }
    make_folder(&args.output)?;
    let (masks, refused) = masks::collect(&args.masks, args.metadata.as_deref());
    let inputs = masks.iter().flat_map(|m| [Some(&m.path), m.metadata.as_ref()]);
    let job = Job {
        outputs: OutputFolder::protecting(inputs.flatten().map(PathBuf::as_path)),
        folder: args.output,
        library: Library::new(args.reading.reading()?),
        read_with: args.reading.words(),
        clean_up: !args.no_clean_up,
        landmark_pictures: args.landmark_pictures,
        again: args.again,
    };
    let manner = Manner {
        jobs: workers(args.jobs),
        json: args.json,
        unit: "masks",
    };
    let (mut measured, mut resumed) = (0, 0);
    let mut table = Table::default();
    let work = |mask: &Mask| mask::measure(&job, mask);
    let failed = batch::run(
        &masks,
        &refused,
        &manner,
        |m| &m.path,
        work,
        |item: Item| {
            *if item.resumed { &mut resumed } else { &mut measured } += 1;
            if args.csv.is_some() {
                table.add(&item.result)?;
            }
            Ok(match args.json {
                true => serde_json::to_string(&item.result)?,
                false => item.words(),
            })
        },
    )?;
    if let Some(path) = &args.csv {
        job.outputs.write(path, &table.into_file()?)?;
    }
    let words = batch::tally_words(&[(measured, "measured"), (resumed, "done before"), (failed, "failed")]);
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("{words} in {}, {seconds:.1} s", job.folder.display()));
    Ok(if failed == 0 {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}
