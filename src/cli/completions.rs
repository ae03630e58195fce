//! `fishrig completions`: completion scripts for shells.

use clap_complete::Shell;

use super::Outcome;

/// Write a completion script for a shell to stdout.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: CompletionsArgs, mut command: clap::Command) -> anyhow::Result<Outcome> {
    clap_complete::generate(args.shell, &mut command, "fishrig", &mut std::io::stdout());
    Ok(Outcome::Done)
}
