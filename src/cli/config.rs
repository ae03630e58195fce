//! `fishrig config`: the configuration file.

use std::io::Write;
use std::path::PathBuf;

use super::Outcome;
use crate::config::{Configuration, DEFAULT_FILE};

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
            Configuration::read(&file)?;
            writeln!(out, "{}: holds", file.display())?;
        }
    }
    Ok(Outcome::Done)
}
