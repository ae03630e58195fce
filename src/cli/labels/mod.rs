//! `fishrig labels`: labels of other programs, looked at and converted.
//!
//! * [`source`]: what labels there are, and one of them read; [`check`], [`convert`]: the commands.

mod check;
mod convert;
mod source;

use super::Outcome;

/// Look at the labels of labelling programs, and convert them.
#[derive(Debug, clap::Subcommand)]
pub(super) enum LabelsCommand {
    Check(check::CheckArgs),
    Convert(convert::ConvertArgs),
}

pub(super) fn run(command: LabelsCommand) -> anyhow::Result<Outcome> {
    match command {
        LabelsCommand::Check(args) => check::run(&args),
        LabelsCommand::Convert(args) => convert::run(&args),
    }
}
