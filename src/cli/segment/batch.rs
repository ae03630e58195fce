//! What is the same for all pictures of a batch, and what is said of them.

use std::path::PathBuf;
use std::time::Instant;

use super::picture::{self, Item};
use super::pictures::Picture;
use crate::analysis::Analyser;
use crate::cli::batch::{self, Manner, Refused};
use crate::cli::output_file::OutputFolder;
use crate::cli::{Outcome, say};
use crate::frame::DecodeOptions;

/// What is the same for all pictures of a batch.
pub(super) struct Batch {
    pub(super) outputs: OutputFolder,
    pub(super) folder: PathBuf,
    /// The pictures are crops of one fish each.
    pub(super) cropped: bool,
    /// Do again what is there already.
    pub(super) again: bool,
    pub(super) options: DecodeOptions,
    pub(super) analyser: Analyser,
}

#[derive(Default)]
struct Tally {
    segmented: usize,
    without_fish: usize,
    resumed: usize,
    failed: usize,
}

/// Works on all pictures with `jobs` workers; prints a line for each in their order.
pub(super) fn run(
    batch: &Batch,
    pictures: &[Picture],
    refused: &[Refused],
    jobs: usize,
    json: bool,
) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let mut tally = Tally::default();
    let manner = Manner {
        jobs,
        json,
        unit: "pictures",
    };
    let work = |picture: &Picture| picture::segment(batch, picture);
    tally.failed = batch::run(
        pictures,
        refused,
        &manner,
        |p| &p.path,
        work,
        |item: Item| {
            tally.count(&item);
            Ok(match json {
                true => serde_json::to_string(&item.result)?,
                false => item.words(),
            })
        },
    )?;
    say(&format!(
        "{} in {}, {:.1} s",
        tally.words(),
        batch.folder.display(),
        start.elapsed().as_secs_f64()
    ));
    Ok(if tally.failed == 0 {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
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
        batch::tally_words(&[
            (self.segmented, "segmented"),
            (self.without_fish, "without a fish"),
            (self.resumed, "done before"),
            (self.failed, "failed"),
        ])
    }
}
