//! The command line, one file a subcommand: words into calls, results into words.
//!
//! Exit codes: 0 all done, 1 some items failed (each was named), 2 wrong usage or configuration. Results go to stdout, progress and logs to stderr.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{CommandFactory, Parser, Subcommand};

use crate::frame::Size;

mod batch;
mod calibrate;
mod camera;
mod completions;
mod config;
mod demo;
mod doctor;
mod eval;
mod half_precision;
mod label_args;
mod label_pairs;
mod labels;
mod manual;
mod measure;
mod model;
mod output_file;
mod parallel;
mod progress;
mod render;
mod run;
mod scores;
mod segment;
mod sheet_file;
mod store;
#[cfg(feature = "train")]
mod train;

/// How a command ended that was understood and could begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Some items failed; each was named.
    SomeFailed,
}

/// Fish digitization station: captures, segments twelve traits on the device, shows them, keeps records.
#[derive(Debug, Parser)]
#[command(name = "fishrig", version, max_term_width = 100)]
struct Arguments {
    /// Say more on stderr; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = 900)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Run(run::RunArgs),
    Segment(segment::SegmentArgs),
    Measure(measure::MeasureArgs),
    Store(store::StoreArgs),
    #[command(subcommand)]
    Model(model::ModelCommand),
    Calibrate(calibrate::CalibrateArgs),
    #[command(subcommand)]
    Camera(camera::CameraCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Doctor(doctor::DoctorArgs),
    Eval(eval::EvalArgs),
    #[command(subcommand)]
    Labels(labels::LabelsCommand),
    #[cfg(feature = "train")]
    Train(Box<train::TrainArgs>),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    Train(LeftOut),
    Render(render::RenderArgs),
    Completions(completions::CompletionsArgs),
    Manual(manual::ManualArgs),
}

/// Train a network further; not in this build
#[cfg(not(feature = "train"))]
#[derive(Debug, clap::Args)]
struct LeftOut {
    /// Whatever was asked for
    #[allow(dead_code, reason = "taken, so that the answer is not about its form")]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.verbose);
    let outcome = match arguments.command {
        Command::Demo(args) => demo::run(args),
        Command::Run(args) => run::run(args),
        Command::Segment(args) => segment::run(args),
        Command::Measure(args) => measure::run(args),
        Command::Store(args) => store::run(args),
        Command::Model(command) => model::run(command),
        Command::Calibrate(args) => calibrate::run(args),
        Command::Camera(command) => camera::run(command),
        Command::Config(command) => config::run(command),
        Command::Doctor(args) => doctor::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Labels(command) => labels::run(command),
        #[cfg(feature = "train")]
        Command::Train(args) => train::run(*args),
        #[cfg(not(feature = "train"))]
        Command::Train(_) => Err(anyhow!(
            "this build leaves out training, whose engine is larger than the station; a build with --features train has it (docs/training.md)"
        )),
        Command::Render(args) => render::run(args),
        Command::Completions(args) => completions::run(args, Arguments::command()),
        Command::Manual(args) => manual::run(args, Arguments::command()),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("fishrig: {}", words_of(&error)));
            ExitCode::from(2)
        }
    }
}

/// `fishrig … | head` closes our stdout early; that is the reader's decision, not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The error and its causes; a cause that the error before it has told already is left out.
fn words_of(error: &anyhow::Error) -> String {
    let mut words = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !words.contains(&cause) {
            words += ": ";
            words += &cause;
        }
    }
    words
}

/// Makes a folder for results, and those above it.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    use std::io::ErrorKind::{AlreadyExists, NotADirectory, ReadOnlyFilesystem};
    std::fs::create_dir_all(folder).map_err(|error| {
        let folder = folder.display();
        match error.kind() {
            AlreadyExists | NotADirectory => {
                anyhow!("{folder} is or lies in a file, where a folder is wanted; name another")
            }
            ReadOnlyFilesystem => anyhow!("{folder} is on a read-only disk; name a folder on another"),
            _ => anyhow!("the folder {folder} can't be made: {error}"),
        }
    })
}

/// A size as the command line has it, for example `800x320`.
fn parse_size(text: &str) -> Result<Size, String> {
    let sides = text
        .split_once(['x', 'X'])
        .and_then(|(w, h)| Some(Size::new(w.parse().ok()?, h.parse().ok()?)));
    sides.ok_or_else(|| format!("{text:?} is no size; write columns x rows, for example 800x320"))
}

/// A line on stderr. `eprintln!` would panic where the terminal is gone, for example with its network connection.
fn say(line: &str) {
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn start_log(verbose: u8) {
    let default = match verbose {
        0 => "fishrig=warn,fishrig::operator=info",
        1 => "fishrig=info",
        _ => "fishrig=debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("FISHRIG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        // It would report by `eprintln!` that stderr is gone, and so end the station with a panic.
        .log_internal_errors(false)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_cause_is_told_once() {
        let path = std::path::PathBuf::from("records");
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = crate::store::StoreError::Read {
            path,
            source: missing(),
        };
        let told = error.to_string();
        assert_eq!(words_of(&error.into()), told);
        let words = words_of(&Err::<(), _>(missing()).context("a.jpg").unwrap_err());
        assert_eq!(words, format!("a.jpg: {}", missing()));
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
        fn check(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(
                !about.is_empty() && !about.ends_with('.'),
                "{}: {about:?}",
                command.get_name()
            );
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(
                    !help.is_empty() && !help.ends_with('.'),
                    "{} {}: {help:?}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}
