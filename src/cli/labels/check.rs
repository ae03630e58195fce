//! `fishrig labels check`: what is in label files.

use std::io::Write;

use super::source::{Read, SourceArgs};
use crate::cli::Outcome;

/// Read labels and say what is in them, picture by picture; nothing is written.
///
/// Named and counted are labels that can't be read, classes that are no traits, labels of another size than their picture's, and pictures without a
/// label.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArgs {
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let line = |read: Read| {
        Ok(match args.source.json_wanted() {
            true => read.json().to_string(),
            false => read.words(),
        })
    };
    let tally = args
        .source
        .each(line, |line| Ok(writeln!(std::io::stdout(), "{line}")?))?;
    Ok(tally.outcome("labels read"))
}
