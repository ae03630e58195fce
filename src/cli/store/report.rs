//! `fishrig store report`: a page about the records for a browser.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Root;
use crate::cli::Outcome;
use crate::report::{self, Period, Progress, ReportSettings, Reported};
use crate::store::Archive;

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    root: Root,
    /// The page to write, outside of the record folder
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    /// Only the records of one day, for example 2026-11-24
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with_all = ["since", "until"])]
    day: Option<Date>,
    /// Only records of that day and later ones
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Only records of that day and earlier ones
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<Date>,
    /// Also show voided records
    #[arg(long)]
    voided: bool,
    /// The most pictures in the page; with fewer than there are records, those with a bad check come first, then the newest
    #[arg(long, value_name = "N", default_value_t = 500)]
    thumbnails: usize,
    /// Replace the page if it is there
    #[arg(long)]
    replace: bool,
}

/// Writes the page and says what is in it.
///
/// # Errors
/// Where the store can't be read or the page can't be written.
pub(super) fn report(args: &ReportArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let period = match args.day {
        Some(day) => Period::day(day),
        None => Period::new(args.since, args.until).context("--since is a later day than --until")?,
    };
    let settings = ReportSettings {
        period,
        voided: args.voided,
        thumbnails: args.thumbnails,
        replace: args.replace,
        made: Timestamp::now(),
    };
    let archive = Archive::open(&args.root.root)?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {percent} %, {eta} left")?);
    let reported = report::write(&archive, &settings, &args.output, &mut |Progress { done, all }| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let Reported {
        records,
        voided,
        pictures,
        damaged,
    } = reported?;
    for (place, problem) in &damaged {
        writeln!(out, "{}/{}: DAMAGED: {problem}", place.day, place.id)?;
    }
    let path = args.output.display();
    writeln!(
        out,
        "{records} records and {pictures} pictures in {path}; left out: {voided} voided; damaged: {}",
        damaged.len()
    )?;
    Ok(if damaged.is_empty() {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}
