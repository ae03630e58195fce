//! `fishrig completions`: completion scripts for shells.

use std::io::Write;

use clap_complete::Shell;

use super::Outcome;

/// Write a completion script for a shell to stdout.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: CompletionsArgs, mut command: clap::Command) -> anyhow::Result<Outcome> {
    // Into memory first: the generator panics where it can't write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "fishrig", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Outcome::Done)
}
