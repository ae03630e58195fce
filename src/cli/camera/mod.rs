//! `fishrig camera`: which cameras there are, what they let be set, and a picture to look at.

mod controls;
mod list;
mod snapshot;

use clap::Subcommand;

use super::Outcome;
use crate::source::v4l::DeviceChoice;

/// Look at cameras: list them, show their controls, take a picture.
#[derive(Debug, Subcommand)]
pub(super) enum CameraCommand {
    /// List every video device, with formats and sizes, or why it does not fit
    List(list::ListArgs),
    /// Show the controls of a camera, ready to be put under [source.controls]
    Controls(controls::ControlsArgs),
    /// Take one picture and write it into a file
    Snapshot(snapshot::SnapshotArgs),
}

pub(super) fn run(command: CameraCommand) -> anyhow::Result<Outcome> {
    match command {
        CameraCommand::List(args) => list::run(&args),
        CameraCommand::Controls(args) => controls::run(&args),
        CameraCommand::Snapshot(args) => snapshot::run(&args),
    }
}

fn parse_device(text: &str) -> Result<DeviceChoice, String> {
    let allowed = "write first, a path such as /dev/video0, or a name in /dev/v4l/by-id";
    DeviceChoice::parse(text).ok_or_else(|| format!("{text:?} is no device; {allowed}"))
}
