//! `fishrig store`: look at records, check them, hand them on, mark them.

mod report;

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;

use self::export::{ExportArgs, export};
use super::Outcome;
use crate::identify::RecordId;
use crate::store::{Archive, Checked, Foreign, Listed, Record};
use crate::traits::{Trait, TraitSet};

mod export;

/// Look at records, check them, hand them on, mark them.
#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the records, newest last
    List(ListArgs),
    /// Read every file of every record and compare it with what was saved
    Verify(VerifyArgs),
    /// Lay records out for other programs; nothing is overwritten
    Export(ExportArgs),
    /// Write a page about the records for a browser: lengths, quality, a table, pictures
    Report(report::ReportArgs),
    /// Mark records as not valid; nothing is deleted
    Void(VoidArgs),
}

#[derive(Debug, Args)]
struct Root {
    /// The folder of the records
    #[arg(long, value_name = "DIR", default_value = "records")]
    root: PathBuf,
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    root: Root,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct VerifyArgs {
    #[command(flatten)]
    root: Root,
    /// One JSON object a line, the summary last
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct VoidArgs {
    #[command(flatten)]
    root: Root,
    /// The ids of the records
    #[arg(required = true, value_name = "ID")]
    ids: Vec<RecordId>,
}

/// Runs `fishrig store …`.
///
/// # Errors
/// Where the folder can't be read, or the destination of an export can't be used.
pub(super) fn run(args: StoreArgs) -> anyhow::Result<Outcome> {
    let result = run_to(args, &mut io::stdout().lock());
    match result {
        // `fishrig store list | head` has read enough.
        Err(e)
            if e.downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(Outcome::Done)
        }
        result => result,
    }
}

fn run_to(args: StoreArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    match args.command {
        Command::List(args) => list(&args, out),
        Command::Verify(args) => verify(&args, out),
        Command::Export(args) => export(&args, out),
        Command::Report(args) => report::report(&args, out),
        Command::Void(args) => void(&args, out),
    }
}

fn list(args: &ListArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Done;
    for listed in Archive::open(&args.root.root)?.list()? {
        let Listed { place, record } = listed?;
        match record {
            Ok(record) if args.json => {
                let mut line = serde_json::to_value(&record).context("a record as JSON")?;
                line["day"] = place.day.to_string().into();
                line["directory"] = place.directory.to_string_lossy().into();
                writeln!(out, "{line}")?;
            }
            Ok(record) => writeln!(out, "{}", line_of(&record))?,
            Err(problem) => {
                outcome = Outcome::SomeFailed;
                if args.json {
                    writeln!(
                        out,
                        "{}",
                        json!({"id": place.id, "day": place.day.to_string(), "problem": problem})
                    )?;
                } else {
                    writeln!(out, "{}  {}  DAMAGED: record.toml {problem}", place.day, place.id)?;
                }
            }
        }
    }
    Ok(outcome)
}

/// One record for a person, for example `2026-11-24 13:00:05  fish-7  8 traits  VOIDED  M. Ito`.
fn line_of(record: &Record) -> String {
    let offset = jiff::tz::Offset::from_seconds(record.times.utc_offset_s).unwrap_or(jiff::tz::Offset::UTC);
    let local = offset.to_datetime(record.times.committed_utc);
    let what = match &record.fish {
        None => "no fish found".to_owned(),
        Some(fish) => {
            let present = |t: &Trait| fish.pixels[t.channel()].unwrap_or(0) > 0;
            let traits: TraitSet = Trait::ALL.into_iter().filter(present).collect();
            match traits.len() {
                1 => "1 trait".to_owned(),
                n => format!("{n} traits"),
            }
        }
    };
    let note = record.note.lines().next().unwrap_or_default();
    let voided = if record.voided { "VOIDED" } else { "" };
    let parts = [
        local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        record.id.to_string(),
        what,
    ];
    let rest = [voided, record.operator.as_str(), note];
    let parts = parts
        .iter()
        .map(String::as_str)
        .chain(rest)
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("  ")
}

fn verify(args: &VerifyArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let archive = Archive::open(&args.root.root)?;
    let progress = bar(&archive)?;
    let (mut records, mut damaged, mut foreign_things, mut bytes) = (0, 0, 0, 0);
    for place in archive.places()? {
        let checked = archive.verify(&place?);
        progress.inc(1);
        records += 1;
        damaged += usize::from(!checked.problems.is_empty());
        foreign_things += checked.foreign.len();
        bytes += checked.bytes;
        progress.suspend(|| write_checked(&checked, args.json, out))?;
    }
    progress.finish_and_clear();
    let foreign = archive.foreign()?;
    foreign_things += foreign.len();
    for thing in &foreign {
        write_foreign(thing, args.json, out)?;
    }
    if args.json {
        let summary = json!({"records": records, "damaged": damaged, "foreign": foreign_things, "bytes": bytes});
        writeln!(out, "{}", json!({ "summary": summary }))?;
    } else {
        let megabytes = bytes as f64 / 1e6;
        writeln!(
            out,
            "{records} records, {megabytes:.1} MB: {damaged} damaged, {foreign_things} things that belong to no record"
        )?;
    }
    Ok(if damaged == 0 {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

fn write_checked(checked: &Checked, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let place = &checked.place;
    if json {
        let line = json!({
            "id": place.id,
            "day": place.day.to_string(),
            "voided": checked.voided,
            "bytes": checked.bytes,
            "problems": checked.problems,
            "foreign": checked.foreign.iter().map(|f| f.path.to_string_lossy()).collect::<Vec<_>>(),
        });
        return writeln!(out, "{line}");
    }
    for problem in &checked.problems {
        writeln!(out, "{}/{}: DAMAGED: {problem}", place.day, place.id)?;
    }
    checked
        .foreign
        .iter()
        .try_for_each(|thing| write_foreign(thing, json, out))
}

fn write_foreign(thing: &Foreign, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let path = thing.path.to_string_lossy();
    if json {
        writeln!(out, "{}", json!({"foreign": path, "what": thing.what.to_string()}))
    } else {
        writeln!(out, "{path}: {}", thing.what)
    }
}

fn void(args: &VoidArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let archive = Archive::open(&args.root.root)?;
    let mut outcome = Outcome::Done;
    for id in &args.ids {
        match archive.void(id, Timestamp::now()) {
            Ok(()) => writeln!(out, "{id} is voided")?,
            Err(error) => {
                outcome = Outcome::SomeFailed;
                writeln!(out, "{error}")?;
            }
        }
    }
    Ok(outcome)
}

/// A bar over all records; hidden where standard error is no terminal.
fn bar(archive: &Archive) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(archive.places()?.count() as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {eta} left")?;
    Ok(bar.with_style(style))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        store: StoreArgs,
    }

    fn store(words: &[&str]) -> anyhow::Result<(Outcome, String)> {
        let args = Program::try_parse_from([&["store"], words].concat())?.store;
        let mut out = Vec::new();
        let outcome = run_to(args, &mut out)?;
        Ok((outcome, String::from_utf8(out).unwrap()))
    }

    #[test]
    fn an_empty_folder_is_a_store_without_records() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        assert_eq!(
            store(&["list", "--root", root]).unwrap(),
            (Outcome::Done, String::new())
        );
        let (outcome, text) = store(&["verify", "--root", root]).unwrap();
        assert_eq!(outcome, Outcome::Done);
        assert!(text.starts_with("0 records"), "{text}");
    }

    #[test]
    fn voiding_what_is_not_there_is_named_and_counts_as_failed() {
        let dir = tempfile::tempdir().unwrap();
        let (outcome, text) = store(&["void", "--root", dir.path().to_str().unwrap(), "fish-1"]).unwrap();
        assert_eq!(outcome, Outcome::SomeFailed);
        assert!(text.contains("no record fish-1"), "{text}");
    }

    #[test]
    fn wrong_words_are_refused() {
        for words in [
            &["void", "--root", "x"][..],
            &["void", "--root", "x", "../y"],
            &["export", "--root", "x"],
        ] {
            assert!(store(words).is_err(), "{words:?}");
        }
        assert!(store(&["list", "--root", "/nowhere/at/all"]).is_err());
    }
}
