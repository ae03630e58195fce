//! A batch of files: workers, a line about each file in their order, and what failed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use indicatif::ProgressBar;

use super::{progress, say, words_of};
use crate::network::NetworkSettings;

/// A path that gave nothing to work on, and why.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) path: PathBuf,
    pub(super) reason: anyhow::Error,
}

/// How a batch is worked on, and how it speaks.
pub(super) struct Manner {
    /// Workers.
    pub(super) jobs: usize,
    /// Lines of JSON instead of words.
    pub(super) json: bool,
    /// What the files are, for the progress bar.
    pub(super) unit: &'static str,
}

/// The number of workers that `--jobs N` means; 0 is one a processor.
pub(super) fn workers(jobs: usize) -> usize {
    let processors = NetworkSettings::default().threads;
    match jobs {
        0 => processors,
        jobs => jobs.min(processors * 4),
    }
}

/// Works on all `items`, and prints for each, in their order, the line that `line` makes of its result. Gives the number of those that failed,
/// the refused included; each is named.
///
/// # Errors
/// Where stdout does not take a line, and what `line` objects to; the rest is not begun then.
pub(super) fn run<I: Sync, R: Send>(
    items: &[I],
    refused: &[Refused],
    manner: &Manner,
    path: impl Fn(&I) -> &Path,
    work: impl Fn(&I) -> anyhow::Result<R> + Sync,
    mut line: impl FnMut(R) -> anyhow::Result<String>,
) -> anyhow::Result<usize> {
    let bar = progress::bar(items.len(), manner.unit, false);
    let mut failed = 0;
    for Refused { path, reason } in refused {
        failed += 1;
        say_failure(&bar, path, reason, manner.json)?;
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // One result for each worker may wait, so that a slow reader of our output bounds the work that is ahead of it.
        let (send, receive) = mpsc::sync_channel(manner.jobs);
        for _ in 0..manner.jobs {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    if send.send((index, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (item, result) in items.iter().zip(in_order(receive)) {
            match result {
                Ok(result) => {
                    let line = line(result)?;
                    bar.suspend(|| write_line(&line))?;
                }
                Err(error) => {
                    failed += 1;
                    say_failure(&bar, path(item), &error, manner.json)?;
                }
            }
            bar.inc(1);
        }
        anyhow::Ok(())
    })?;
    bar.finish_and_clear();
    Ok(failed)
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
        let words = words_of(error);
        say(&format!("{}: {words}", path.display()));
        if json {
            let line = serde_json::json!({ "picture": path.to_string_lossy(), "error": words });
            write_line(&line.to_string())?;
        }
        Ok(())
    })
}

fn write_line(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// The path of an output: `ending` after its name.
pub(super) fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut file: OsString = name.file_name().unwrap_or_default().to_owned();
    file.push(ending);
    name.with_file_name(file)
}

/// How many went which way, in words; what did not happen is left out, but for the first.
pub(super) fn tally_words(counts: &[(usize, &str)]) -> String {
    let said = counts
        .iter()
        .enumerate()
        .filter(|(i, (count, _))| *i == 0 || *count > 0);
    let words: Vec<_> = said.map(|(_, (count, what))| format!("{count} {what}")).collect();
    words.join(", ")
}
