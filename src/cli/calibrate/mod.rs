//! `fishrig calibrate`: scale and lens of a camera from pictures of a checkerboard or a ruler.

mod sheet;
mod target;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use super::output_file::OutputFolder;
use super::segment::read_file;
use super::{Outcome, parse_size, progress, say};
use crate::frame::{DecodeOptions, Frame, Size};

/// Find the scale and the lens's distortion of a fixed camera, from pictures of a ruler or a checkerboard.
///
/// The checkerboard or ruler lies where specimens lie. A checkerboard tells the lens too; further pictures of it, moved about and tilted, tell it better,
/// and the scale is that of the first. `calibration = "FILE"` in the [measure] of the configuration takes what is found.
#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// Pictures of one size; one picture of a ruler, or one to thirty of a checkerboard
    #[arg(required = true, num_args = 1..=30, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
    /// The pictures show a checkerboard with so many inner corners (where four squares meet), columns x rows, for example 9x6
    #[arg(long, value_name = "COLSxROWS", value_parser = parse_board, requires = "square_mm")]
    checkerboard: Option<Size>,
    /// Side of the checkerboard's squares in millimetres
    #[arg(long, value_name = "MM", value_parser = parse_square, requires = "checkerboard")]
    square_mm: Option<f64>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "calibration.toml")]
    output: PathBuf,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

fn parse_board(text: &str) -> Result<Size, String> {
    let size = parse_size(text)?;
    let allowed = 3..=60;
    if allowed.contains(&size.width) && allowed.contains(&size.height) {
        Ok(size)
    } else {
        Err(format!(
            "{text:?} is no checkerboard; allowed are 3 to 60 inner corners along each side"
        ))
    }
}

fn parse_square(text: &str) -> Result<f64, String> {
    let side = text.parse::<f64>().ok().filter(|side| (0.1..=1000.0).contains(side));
    side.ok_or_else(|| format!("{text:?} is no side of a square; allowed are 0.1 to 1000 mm"))
}

/// Reads the pictures, finds what they show, writes the file.
pub(super) fn run(args: CalibrateArgs) -> anyhow::Result<Outcome> {
    let bar = progress::bar(args.pictures.len(), "pictures", args.json);
    let mut seen = target::Seen::default();
    for path in &args.pictures {
        let told = match look(path, &args, &mut seen) {
            Ok(told) => told,
            // One picture of several may be bad; the others are enough.
            Err(error) if args.pictures.len() > 1 => {
                seen.failed += 1;
                format!("{error:#}")
            }
            Err(error) => return Err(error.context(path.display().to_string())),
        };
        bar.suspend(|| say(&format!("{}: {told}", path.display())));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let failed = seen.failed;
    let calibration = seen.calibration(args.square_mm)?;
    OutputFolder::protecting(args.pictures.iter().map(PathBuf::as_path))
        .write(&args.output, calibration.to_file().as_bytes())?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&calibration)?)?;
    } else {
        writeln!(out, "{}", sheet::words(&calibration, &args.output))?;
    }
    Ok(if failed == 0 {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// Looks at one picture; a few words about it.
fn look(path: &std::path::Path, args: &CalibrateArgs, seen: &mut target::Seen) -> anyhow::Result<String> {
    let decoded = Frame::from_file_bytes(read_file(path)?, None)?.decode(&DecodeOptions::default())?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match args.checkerboard {
        Some(board) => seen.look_at_board(&decoded.rgb, name, board),
        None if args.pictures.len() > 1 => {
            bail!(
                "several pictures need a checkerboard; give one picture of a ruler, or --checkerboard and --square-mm"
            )
        }
        None => seen.look_at_ruler(&decoded.rgb, name),
    }
    .context("tells no scale")
}
