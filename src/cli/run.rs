//! `fishrig run`: the live station.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::bail;

use super::Outcome;
use crate::station::live::prepare_from;
use crate::station::{Counts, wait_until_ready};

/// Run the station: show what the source sees, and keep a record on each trigger.
///
/// Keys: SPACE or ENTER takes a picture, + another of the same specimen, u undoes the last, o sets the operator, n the note, m switches the measurements on the picture, h shows the keys, q ends. SIGUSR1
/// takes a picture; SIGINT and SIGTERM finish the record that is being written and end.
///
/// With a broken configuration it ends with exit code 2; where no terminal is attached (as a service) it stays up, shows the reason on the
/// display, and tries again when the file changes. Exit code 1: pictures were lost, or the station itself failed and should be started again.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// The configuration file; `fishrig config default` writes one to begin with.
    #[arg(long, default_value = "station.toml", value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(args: RunArgs) -> anyhow::Result<Outcome> {
    let attended = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
    let prepared = match prepare_from(&args.config) {
        Ok(prepared) => prepared,
        Err(problem) if attended => bail!("{}\n{}", problem.page.title, problem.page.reason),
        Err(_) => match wait_until_ready(std::slice::from_ref(&args.config), || prepare_from(&args.config)) {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Ok(Outcome::Done),
            Err(error) => return Ok(failed(&error)),
        },
    };
    super::say(prepared.summary());
    if std::io::stdin().is_terminal() {
        super::say(
            "SPACE takes a picture, + another of the same specimen, u undoes the last, o sets the operator, n the note, m measurements, q ends",
        );
    }
    let counts = match prepared.run() {
        Ok(counts) => counts,
        Err(error) => return Ok(failed(&error)),
    };
    super::say(&words(&counts));
    Ok(if counts.lost == 0 {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// A fault of the station, not of its configuration: with another exit code than 2 a service manager starts it again.
fn failed(error: &dyn std::error::Error) -> Outcome {
    super::say(&format!("fishrig: {error}"));
    Outcome::SomeFailed
}

fn words(counts: &Counts) -> String {
    let mut words = format!("{} records saved", counts.saved);
    for (count, what) in [
        (counts.voided, "of them voided"),
        (counts.refused, "triggers refused"),
        (counts.without_fish, "pictures without a fish"),
        (counts.lost, "pictures lost"),
        (counts.passed_over, "frames unusable"),
    ] {
        if count > 0 {
            words += &format!(", {count} {what}");
        }
    }
    words
}
