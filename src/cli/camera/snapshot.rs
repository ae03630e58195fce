//! `fishrig camera snapshot`: one picture into a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::parse_device;
use crate::cli::output_file::OutputFolder;
use crate::cli::{Outcome, parse_size, say};
use crate::config::Configuration;
use crate::frame::{DecodeOptions, Frame, FrameFormat, Limits, Size, with_huffman_tables};
use crate::source::v4l::{DeviceChoice, FORMAT_NAMES, FourCc, V4lCamera, V4lSettings};
use crate::source::{Source, SourceSettings};

#[derive(Debug, Args)]
pub(in crate::cli) struct SnapshotArgs {
    /// `first`, a path such as /dev/video0, or a name in /dev/v4l/by-id
    #[arg(value_parser = parse_device)]
    device: Option<DeviceChoice>,
    /// The file to write: .jpg keeps what a camera gives as MJPG, .png takes any format
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Wanted columns x rows; the nearest that the camera offers is taken
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    size: Option<Size>,
    /// The pixel format, for example YUYV
    #[arg(long, value_parser = parse_format)]
    format: Option<FourCc>,
    /// Take size, format and controls from the [source] of this configuration, where no option says otherwise
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Frames that are passed over first, while exposure settles
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1000))]
    skip: u32,
}

fn parse_format(text: &str) -> Result<FourCc, String> {
    FourCc::named(text).ok_or_else(|| format!("{text:?} is no format that fishrig reads; those are {FORMAT_NAMES}"))
}

/// One picture.
pub(super) fn run(args: &SnapshotArgs) -> anyhow::Result<Outcome> {
    let (settings, limits) = camera_settings(args)?;
    let wants_jpeg = wants_jpeg(&args.output)?;
    let mut camera = V4lCamera::open(&settings, &limits)?;
    say(&camera.describe());
    for note in camera.notes() {
        say(&note);
    }
    let frame = take(&mut camera, args.skip)?;
    let file = file_of(&frame, wants_jpeg, &limits)?;
    OutputFolder::protecting([]).write(&args.output, &file)?;
    say(&format!("{}: {} bytes", args.output.display(), file.len()));
    Ok(Outcome::Done)
}

/// The configuration's camera, changed by what the options say.
fn camera_settings(args: &SnapshotArgs) -> anyhow::Result<(V4lSettings, Limits)> {
    let configuration = match &args.config {
        Some(file) => Configuration::read(file)?,
        None => Configuration::default(),
    };
    let mut settings = match configuration.source {
        SourceSettings::V4l(settings) => settings,
        SourceSettings::Replay(_) => V4lSettings::default(),
    };
    if let Some(device) = &args.device {
        settings.device = device.clone();
    }
    settings.size = args.size.unwrap_or(settings.size);
    settings.format = args.format.or(settings.format);
    SourceSettings::V4l(settings.clone()).check()?;
    Ok((settings, configuration.limits))
}

fn wants_jpeg(output: &Path) -> anyhow::Result<bool> {
    let extension = output.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" => Ok(true),
        "png" => Ok(false),
        _ => bail!("{}: end the name in .jpg or .png", output.display()),
    }
}

/// The frame after `skip` good ones.
fn take(camera: &mut V4lCamera, skip: u32) -> anyhow::Result<Frame> {
    let mut left = skip;
    loop {
        match camera.next() {
            Ok(Some(frame)) if left == 0 => return Ok(frame),
            Ok(_) => left = left.saturating_sub(1),
            Err(error) if error.passes() => say(&error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn file_of(frame: &Frame, wants_jpeg: bool, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    if wants_jpeg {
        if frame.format != FrameFormat::Jpeg {
            bail!("the camera gives raw pixels, which a .jpg would blur; write a .png, or choose --format MJPG");
        }
        return Ok(with_huffman_tables(&frame.bytes).into_owned());
    }
    let decoded = frame.decode(&DecodeOptions {
        limits: *limits,
        ..DecodeOptions::default()
    })?;
    let (width, height) = decoded.rgb.dimensions();
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&decoded.rgb, width, height, ExtendedColorType::Rgb8)
        .context("the picture can't be written as PNG")?;
    Ok(file)
}
