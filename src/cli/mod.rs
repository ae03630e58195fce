//! The command line, one file a subcommand: words into calls, results into words.
//!
//! Exit codes: 0 all done, 1 some items failed (each was named), 2 wrong usage or configuration. Results go to stdout, progress and logs to stderr.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

mod completions;
mod config;
mod demo;
mod doctor;
mod model;
mod output_file;
mod progress;
mod render;
mod run;
mod segment;
mod store;

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
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Run(run::RunArgs),
    Segment(segment::SegmentArgs),
    Store(store::StoreArgs),
    #[command(subcommand)]
    Model(model::ModelCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Doctor(doctor::DoctorArgs),
    Render(render::RenderArgs),
    Completions(completions::CompletionsArgs),
}

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.verbose);
    let outcome = match arguments.command {
        Command::Demo(args) => demo::run(args),
        Command::Run(args) => run::run(args),
        Command::Segment(args) => segment::run(args),
        Command::Store(args) => store::run(args),
        Command::Model(command) => model::run(command),
        Command::Config(command) => config::run(command),
        Command::Doctor(args) => doctor::run(args),
        Command::Render(args) => render::run(args),
        Command::Completions(args) => completions::run(args, Arguments::command()),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fishrig: {error:#}");
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
        .init();
}
