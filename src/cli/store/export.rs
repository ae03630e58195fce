//! `fishrig store export`: records laid out for other programs, compared, and a word on whether their disk may be taken out.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, Root, bar};
use crate::cli::label_args::{OverlapsArg, ShapesArgs, TargetArg};
use crate::store::Archive;
use crate::store::export::{self, Copied, Exported, Progress, Selection, bgnn::Tree, labels::Manner};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    root: Root,
    /// How to lay them out
    #[arg(long, value_enum)]
    layout: Layout,
    /// Also export voided records (records does so always)
    #[arg(long)]
    voided: bool,
    /// Where the pictures will be published: what comes before DAY/ID/FILE (dwca, fish-air)
    #[arg(long, value_name = "URL", default_value = "")]
    media_url: String,
    /// What labels to write (labels)
    #[arg(long, value_name = "FORMAT", value_enum, required_if_eq("layout", "labels"))]
    form: Option<TargetArg>,
    #[command(flatten)]
    shapes: ShapesArgs,
    /// What pixels of several traits keep (labels): all, or the one that BGNN's painting shows
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OverlapsArg::Keep)]
    overlaps: OverlapsArg,
    /// Where to: a folder for bgnn, minnows, fish-air, nrrd, labels and records, a new file for the others
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Images, Metadata, Cropped, Segmented, Morphology: the folders of BGNN's workflow
    Bgnn,
    /// The same as Minnow_Segmented_Traits has them: all but Morphology below segmentation
    Minnows,
    /// multimedia.csv, imageQualityMetadata.csv and meta.xml: the tables of Fish-AIR
    FishAir,
    /// A Darwin Core Archive: one zip with occurrences, multimedia and measurements
    Dwca,
    /// One JSON file with run-length encoded masks, landmarks and measurements
    Coco,
    /// One table, a row for each record
    Csv,
    /// One table, a row for each measurement
    CsvLong,
    /// One segmentation (.seg.nrrd) a record, for 3D Slicer
    Nrrd,
    /// Crops with their masks as labels of the format --form, to be corrected in a labelling program
    Labels,
    /// The records as they are: a copy that is a store itself
    Records,
}

pub(super) fn export(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let archive = Archive::open(&args.root.root)?;
    let selection = Selection { voided: args.voided };
    let bar = bar(&archive)?;
    let progress = &mut |step| show(&bar, step);
    let (to, media) = (&args.output, args.media_url.as_str());
    let exported = match args.layout {
        Layout::Bgnn => export::bgnn::export(&archive, selection, Tree::Core, to, progress),
        Layout::Minnows => export::bgnn::export(&archive, selection, Tree::Minnows, to, progress),
        Layout::FishAir => export::fish_air::export(&archive, selection, media, to, progress),
        Layout::Dwca => export::dwca::export(&archive, selection, media, to, progress),
        Layout::Coco => export::coco::export(&archive, selection, to, progress),
        Layout::Csv => export::csv::export(&archive, selection, to, progress),
        Layout::CsvLong => export::csv_long::export(&archive, selection, to, progress),
        Layout::Nrrd => export::nrrd::export(&archive, selection, to, progress),
        Layout::Labels => export::labels::export(&archive, selection, args.manner()?, to, progress),
        Layout::Records => export::records::export(&archive, to, progress),
    };
    bar.finish_and_clear();
    let Exported {
        records,
        voided,
        skipped,
        failed,
        copied,
    } = exported?;
    for (place, reason) in &skipped {
        writeln!(out, "{}/{}: left out: {reason}", place.day, place.id)?;
    }
    for (place, reason) in &failed {
        writeln!(out, "{}/{}: FAILED: {reason}", place.day, place.id)?;
    }
    let left_out = skipped.len();
    let path = args.output.display();
    writeln!(
        out,
        "{records} records in {path}; left out: {voided} voided, {left_out} others; failed: {}",
        failed.len()
    )?;
    writeln!(out, "{}", compared(&copied))?;
    if let Some(mount) = export::removable(to, archive.root()) {
        match failed.len() {
            0 => writeln!(out, "safe to remove: {}", mount.display())?,
            n => writeln!(
                out,
                "NOT ALL is on {}: {n} records are missing there, see above; what is there is safe",
                mount.display()
            )?,
        }
    }
    Ok(if failed.is_empty() {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

impl ExportArgs {
    fn manner(&self) -> anyhow::Result<Manner> {
        let target = self.form.context("--layout labels needs --form")?.target();
        Ok(Manner {
            target,
            shapes: self.shapes.shapes(target),
            overlaps: self.overlaps.overlaps(),
        })
    }
}

fn compared(copied: &Copied) -> String {
    let files = match copied.files {
        1 => "1 file was".to_owned(),
        n => format!("{n} files were"),
    };
    format!(
        "{files} read back and found the same ({:.1} MB); checksums: {}",
        copied.bytes as f64 / 1e6,
        copied.checksums.display()
    )
}

/// Records while writing, then files while reading back.
fn show(bar: &ProgressBar, step: Progress) {
    match step {
        Progress::Record | Progress::Compared => bar.inc(1),
        Progress::Comparing(files) => {
            bar.set_length(files as u64);
            bar.set_position(0);
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files read back, {eta} left") {
                bar.set_style(style);
            }
        }
    }
}
