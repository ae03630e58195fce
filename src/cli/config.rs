//! `fishrig config`: the configuration file.

use std::io::Write;
use std::path::PathBuf;

use super::Outcome;
use crate::config::{Configuration, DEFAULT_FILE};
use crate::identify::PickList;

/// Write or check a configuration file.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Write a file to begin with to stdout: every key with its default and what it means.
    Default,
    /// Say whether a file holds, and what is wrong where.
    Check {
        /// The file.
        #[arg(default_value = "station.toml")]
        file: PathBuf,
    },
}

pub(super) fn run(command: ConfigCommand) -> anyhow::Result<Outcome> {
    let mut out = std::io::stdout().lock();
    match command {
        ConfigCommand::Default => out.write_all(DEFAULT_FILE.as_bytes())?,
        ConfigCommand::Check { file } => {
            let configuration = Configuration::read(&file)?;
            if let Some(list) = &configuration.identify.pick_list {
                let list = PickList::read(list, &configuration.identify)?;
                writeln!(out, "{}", words_about(&list))?;
                for line in list.unusable() {
                    writeln!(out, "  {line}")?;
                }
            }
            writeln!(out, "{}: holds", file.display())?;
        }
    }
    Ok(Outcome::Done)
}

/// How many entries a pick list has.
pub(super) fn words_about(list: &PickList) -> String {
    match list.unusable_count() {
        0 => format!("pick list: {} entries", list.len()),
        n => format!("pick list: {} entries; {n} lines can't be used:", list.len()),
    }
}
