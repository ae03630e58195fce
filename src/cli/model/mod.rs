//! `fishrig model`: what one can do with trait networks; one file an action.

use std::path::Path;

use super::Outcome;
use crate::network::Bundle;

mod bench;
mod compare;
mod import;
mod inspect;
mod operator_table;
mod quantize;
mod spread;

/// Look at trait networks, and compare them.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ModelCommand {
    Import(Box<import::ImportArgs>),
    Inspect(inspect::InspectArgs),
    Quantize(quantize::QuantizeArgs),
    Bench(bench::BenchArgs),
    Compare(compare::CompareArgs),
}

pub(super) fn run(command: ModelCommand) -> anyhow::Result<Outcome> {
    match command {
        ModelCommand::Import(args) => import::run(*args),
        ModelCommand::Inspect(args) => inspect::run(args),
        ModelCommand::Quantize(args) => quantize::run(args),
        ModelCommand::Bench(args) => bench::run(args),
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
