//! `fishrig camera list`: every video device, and why some are no cameras.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::{Outcome, say};
use crate::frame::Size;
use crate::source::v4l::{Identity, Listed, Offer, OfferedSize, Rates, list};

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Every video device of this machine.
pub(super) fn run(args: &ListArgs) -> anyhow::Result<Outcome> {
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
        "device": device.node,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::v4l::{FourCc, Unfit};

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
}
