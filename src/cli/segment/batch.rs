//! The workers of a batch, and what is printed about each picture.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use indicatif::ProgressBar;

use super::picture::{self, Item};
use super::pictures::{Picture, Refused};
use crate::analysis::Analyser;
use crate::cli::output_file::OutputFolder;
use crate::cli::{Outcome, progress};
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
                    if send.send((index, picture::segment(batch, picture))).is_err() {
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
            let line = serde_json::json!({ "picture": path.to_string_lossy(), "error": format!("{error:#}") });
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
