//! `fishrig camera`: which cameras there are, what they let be set, and a picture to look at.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use serde_json::{Value, json};

use super::output_file::OutputFolder;
use super::{Outcome, parse_size, say};
use crate::config::Configuration;
use crate::frame::{DecodeOptions, Frame, FrameFormat, Limits, Size, with_huffman_tables};
use crate::source::v4l::{
    Control, DeviceChoice, FORMAT_NAMES, FourCc, Identity, Kind, Listed, Offer, OfferedSize, Rates, V4lCamera,
    V4lSettings, controls_of, list,
};
use crate::source::{Source, SourceSettings};

/// Look at cameras: list them, show their controls, take a picture.
#[derive(Debug, Subcommand)]
pub(super) enum CameraCommand {
    /// List every video device, with formats and sizes, or why it does not fit
    List(ListArgs),
    /// Show the controls of a camera, ready to be put under [source.controls]
    Controls(ControlsArgs),
    /// Take one picture and write it into a file
    Snapshot(SnapshotArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ControlsArgs {
    /// `first`, a path such as /dev/video0, or a name in /dev/v4l/by-id
    #[arg(default_value = "first", value_parser = parse_device)]
    device: DeviceChoice,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SnapshotArgs {
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

fn parse_device(text: &str) -> Result<DeviceChoice, String> {
    let allowed = "write first, a path such as /dev/video0, or a name in /dev/v4l/by-id";
    DeviceChoice::parse(text).ok_or_else(|| format!("{text:?} is no device; {allowed}"))
}

fn parse_format(text: &str) -> Result<FourCc, String> {
    FourCc::named(text).ok_or_else(|| format!("{text:?} is no format that fishrig reads; those are {FORMAT_NAMES}"))
}

pub(super) fn run(command: CameraCommand) -> anyhow::Result<Outcome> {
    match command {
        CameraCommand::List(args) => show_list(&args),
        CameraCommand::Controls(args) => show_controls(&args),
        CameraCommand::Snapshot(args) => snapshot(&args),
    }
}

fn show_list(args: &ListArgs) -> anyhow::Result<Outcome> {
    let devices = list();
    let mut out = std::io::stdout().lock();
    if args.json {
        let all: Vec<Value> = devices.iter().map(device_json).collect();
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
    } else {
        for device in &devices {
            out.write_all(device_words(device).as_bytes())?;
        }
    }
    let is_camera = |device: &Listed| matches!(&device.identity, Ok(identity) if identity.fitness.is_ok());
    if devices.iter().any(is_camera) {
        return Ok(Outcome::Done);
    }
    say(match devices.len() {
        0 => {
            "no video device: plug a camera in; a Raspberry Pi's or Jetson's own camera is told about in docs/cameras.md"
        }
        _ => {
            "none of these devices is a camera for fishrig; docs/cameras.md tells about a Raspberry Pi's and a Jetson's own camera"
        }
    });
    Ok(Outcome::SomeFailed)
}

fn device_words(device: &Listed) -> String {
    let node = device.node.display();
    let identity = match &device.identity {
        Ok(identity) => identity,
        Err(error) => return format!("{node}\n  {error}\n"),
    };
    let Identity { card, driver, bus, .. } = identity;
    let mut words = format!("{node}  {card} ({driver}, {bus})\n");
    if let Some(name) = &device.by_id {
        words += &format!("  by id: {name}\n");
    }
    if let Err(unfit) = identity.fitness {
        words += &format!("  no camera: {unfit}\n");
    }
    for (formats, sizes) in grouped(&device.offers) {
        words += &format!("  {formats}: {sizes}\n");
    }
    let unread = device.offers.iter().filter(|offer| !offer.format.is_readable());
    let unread: Vec<String> = unread.map(|offer| offer.format.to_string()).collect();
    if !unread.is_empty() {
        words += &format!("  not read by fishrig: {}\n", unread.join(" "));
    }
    words
}

/// The formats that fishrig reads, those with the same sizes together.
fn grouped(offers: &[Offer]) -> Vec<(String, String)> {
    let mut groups: Vec<(String, String)> = Vec::new();
    for offer in offers.iter().filter(|offer| offer.format.is_readable()) {
        let sizes = match offer.sizes.len() {
            0 => "sizes not told".to_owned(),
            _ => offer.sizes.iter().map(size_words).collect::<Vec<_>>().join(", "),
        };
        match groups.iter_mut().find(|(_, same)| *same == sizes) {
            Some((formats, _)) => *formats += &format!(" {}", offer.format),
            None => groups.push((offer.format.to_string(), sizes)),
        }
    }
    groups
}

/// A size with its fastest rate, for example `1920x1080@30`.
fn size_words(size: &OfferedSize) -> String {
    let fastest = match size.rates() {
        Rates::Unknown => None,
        Rates::Listed(rates) => rates.iter().copied().max_by(f64::total_cmp),
        Rates::Range { most, .. } => Some(*most),
    };
    let rate = fastest.map_or_else(String::new, |rate| format!("@{}", rounded(rate)));
    match size {
        OfferedSize::Exact(size, _) => format!("{size}{rate}"),
        OfferedSize::Range { least, most, .. } => format!("{least} to {most}{rate}"),
    }
}

fn rounded(rate: f64) -> f64 {
    (rate * 100.0).round() / 100.0
}

fn device_json(device: &Listed) -> Value {
    let (identity, problem) = match &device.identity {
        Ok(identity) => (Some(identity), identity.fitness.err().map(|unfit| unfit.to_string())),
        Err(error) => (None, Some(error.to_string())),
    };
    json!({
        "path": device.node,
        "by_id": device.by_id,
        "card": identity.map(|i| &i.card),
        "driver": identity.map(|i| &i.driver),
        "bus": identity.map(|i| &i.bus),
        "is_camera": problem.is_none(),
        "problem": problem,
        "formats": device.offers.iter().map(offer_json).collect::<Vec<_>>(),
    })
}

fn offer_json(offer: &Offer) -> Value {
    let size_json = |size: Size| json!([size.width, size.height]);
    let sizes = offer.sizes.iter().map(|offered| {
        let mut entry = match offered {
            OfferedSize::Exact(size, _) => json!({ "size": size_json(*size) }),
            OfferedSize::Range { least, most, step, .. } => {
                json!({ "least": size_json(*least), "most": size_json(*most), "step": size_json(*step) })
            }
        };
        entry["frames_per_second"] = match offered.rates() {
            Rates::Unknown => Value::Null,
            Rates::Listed(rates) => json!(rates.iter().map(|r| rounded(*r)).collect::<Vec<_>>()),
            Rates::Range { least, most } => json!({ "least": rounded(*least), "most": rounded(*most) }),
        };
        entry
    });
    json!({
        "format": offer.format.to_string(),
        "description": offer.description,
        "is_read": offer.format.is_readable(),
        "sizes": sizes.collect::<Vec<_>>(),
    })
}

fn show_controls(args: &ControlsArgs) -> anyhow::Result<Outcome> {
    let (identity, controls) = controls_of(&args.device)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let all: Vec<Value> = controls.iter().map(control_json).collect();
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
        return Ok(Outcome::Done);
    }
    writeln!(out, "# {} ({})", identity.card, identity.node.display())?;
    writeln!(out, "[source.controls]")?;
    for control in &controls {
        writeln!(out, "{}", control_line(control))?;
    }
    Ok(Outcome::Done)
}

/// A line of a configuration: the present value, then what is allowed. What can't be set is a comment.
fn control_line(control: &Control) -> String {
    let present = match (&control.kind, control.value) {
        (Kind::Button, _) => "true".to_owned(),
        (_, None) => "?".to_owned(),
        (Kind::Boolean, Some(value)) => (value != 0).to_string(),
        (Kind::Menu(entries), Some(value)) => match entries.iter().find(|(number, _)| *number == value) {
            Some((_, words)) => format!("{words:?}"),
            None => value.to_string(),
        },
        (_, Some(value)) => value.to_string(),
    };
    let is_entry = |entries: &[(i64, String)]| entries.iter().any(|(number, _)| Some(*number) == control.value);
    let can_be_set = match &control.kind {
        Kind::Button | Kind::Other => false,
        Kind::Menu(entries) => !control.read_only && is_entry(entries),
        Kind::Integer | Kind::Boolean | Kind::Bits => !control.read_only && control.value.is_some(),
    };
    let mut notes = control.allowed();
    match control.kind {
        _ if control.read_only => notes += "; can only be read",
        Kind::Boolean => notes += &format!(", after plugging in {}", control.default != 0),
        Kind::Integer => notes += &format!(", after plugging in {}", control.default),
        _ => {}
    }
    if control.inactive {
        notes += "; inactive at present";
    }
    let comment = if can_be_set { "" } else { "# " };
    format!("{comment}{} = {present} # {notes}", control.name())
}

fn control_json(control: &Control) -> Value {
    let entries = match &control.kind {
        Kind::Menu(entries) => Some(
            entries
                .iter()
                .map(|(number, words)| json!({ "number": number, "words": words }))
                .collect::<Vec<_>>(),
        ),
        _ => None,
    };
    json!({
        "name": control.name(),
        "label": control.label,
        "kind": match control.kind {
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
            Kind::Menu(_) => "menu",
            Kind::Bits => "bits",
            Kind::Button => "button",
            Kind::Other => "other",
        },
        "least": control.least,
        "most": control.most,
        "step": control.step,
        "default": control.default,
        "value": control.value,
        "entries": entries,
        "read_only": control.read_only,
        "inactive": control.inactive,
    })
}

fn snapshot(args: &SnapshotArgs) -> anyhow::Result<Outcome> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::v4l::Unfit;

    fn sizes(sizes: &[(u32, u32)], rates: &[f64]) -> Vec<OfferedSize> {
        let exact = |(w, h): &(u32, u32)| OfferedSize::Exact(Size::new(*w, *h), Rates::Listed(rates.to_vec()));
        sizes.iter().map(exact).collect()
    }

    fn device(fitness: Result<(), Unfit>, offers: Vec<Offer>) -> Listed {
        Listed {
            node: "/dev/video0".into(),
            by_id: Some("usb-Maker_Camera-video-index0".to_owned()),
            identity: Ok(Identity {
                node: "/dev/video0".into(),
                card: "Maker Camera".to_owned(),
                driver: "uvcvideo".to_owned(),
                bus: "usb-0000:01:00.0-1.2".to_owned(),
                fitness,
            }),
            offers,
        }
    }

    #[test]
    fn a_device_is_told_in_a_few_lines() {
        let offer = |format: &[u8; 4], sizes| Offer {
            format: FourCc(*format),
            description: String::new(),
            sizes,
        };
        let offers = vec![
            offer(b"MJPG", sizes(&[(1920, 1080), (640, 480)], &[15.0, 30.0])),
            offer(b"YUYV", sizes(&[(640, 480)], &[7.5])),
            offer(b"UYVY", sizes(&[(640, 480)], &[7.5])),
            offer(b"NV12", Vec::new()),
            offer(b"H264", sizes(&[(640, 480)], &[30.0])),
            offer(b"HEVC", Vec::new()),
        ];
        insta::assert_snapshot!(device_words(&device(Ok(()), offers)), @r"
        /dev/video0  Maker Camera (uvcvideo, usb-0000:01:00.0-1.2)
          by id: usb-Maker_Camera-video-index0
          MJPG: 1920x1080@30, 640x480@30
          YUYV UYVY: 640x480@7.5
          NV12: sizes not told
          not read by fishrig: H264 HEVC
        ");
        insta::assert_snapshot!(device_words(&device(Err(Unfit::Metadata), Vec::new())), @r"
        /dev/video0  Maker Camera (uvcvideo, usb-0000:01:00.0-1.2)
          by id: usb-Maker_Camera-video-index0
          no camera: gives data about frames, not frames; its camera is another node
        ");
    }

    #[test]
    fn the_lines_of_controls_are_a_configuration() {
        let line = |kind: Kind, value: Option<i64>, read_only| {
            let control = Control::for_test("White Balance, Automatic", kind, value, read_only);
            control_line(&control)
        };
        let menu = || Kind::Menu(vec![(0, "Disabled".to_owned()), (2, "60 Hz".to_owned())]);
        let lines = [
            line(Kind::Boolean, Some(1), false),
            line(Kind::Integer, Some(40), false),
            line(menu(), Some(2), false),
            line(menu(), Some(7), false),
            line(Kind::Button, None, false),
            line(Kind::Other, None, false),
            line(Kind::Integer, Some(40), true),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        white_balance_automatic = true # true or false, after plugging in false
        white_balance_automatic = 40 # 0 to 100, after plugging in 0
        white_balance_automatic = "60 Hz" # "Disabled" (0), "60 Hz" (2)
        # white_balance_automatic = 7 # "Disabled" (0), "60 Hz" (2)
        # white_balance_automatic = true # true, which presses it
        # white_balance_automatic = ? # not for fishrig to set
        # white_balance_automatic = 40 # 0 to 100; can only be read
        "#);
        for line in lines {
            let _: toml::Table = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }
}
