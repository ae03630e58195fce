//! `fishrig model`: what one can do with trait networks; one file an action.

use std::path::Path;

use super::Outcome;
use crate::network::Bundle;

mod compare;
mod inspect;

/// Look at trait networks, and compare them.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ModelCommand {
    Inspect(inspect::InspectArgs),
    Compare(compare::CompareArgs),
}

pub(super) fn run(command: ModelCommand) -> anyhow::Result<Outcome> {
    match command {
        ModelCommand::Inspect(args) => inspect::run(args),
        ModelCommand::Compare(args) => compare::run(args),
    }
}

/// The bundle in `folder`, or the built-in one.
pub(super) fn open_bundle(folder: Option<&Path>) -> anyhow::Result<Bundle> {
    Ok(match folder {
        Some(folder) => Bundle::open(folder)?,
        None => Bundle::builtin(),
    })
}
