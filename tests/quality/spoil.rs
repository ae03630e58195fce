//! Photographs spoilt in known ways: each flips one check.

use fishrig::frame::{PixelBox, Size};
use fishrig::locate::Scene;
use fishrig::measure::quality::CheckName;
use image::{Rgb, RgbImage, imageops};

/// A way of spoiling a picture.
pub struct Spoil {
    pub name: &'static str,
    /// Checks of which at least one must not find it good any more.
    pub flips: &'static [CheckName],
    /// Checks that may follow: a fish whose head is cut off shows no eye.
    pub follows: &'static [CheckName],
    pub spoil: fn(&RgbImage, &Scene) -> Option<RgbImage>,
}

use CheckName as Name;

const fn spoil(
    name: &'static str,
    flips: &'static [CheckName],
    follows: &'static [CheckName],
    spoil: fn(&RgbImage, &Scene) -> Option<RgbImage>,
) -> Spoil {
    Spoil {
        name,
        flips,
        follows,
        spoil,
    }
}

pub const SPOILS: [Spoil; 16] = [
    // Ticks that are blurred or cut through can't be counted.
    spoil("blurred", &[Name::Focus], &[Name::Ruler], |p, _| {
        Some(imageops::blur(p, 2.0))
    }),
    spoil("moved", &[Name::Focus], &[Name::Ruler], |p, _| Some(moved(p))),
    spoil("darkened", &[Name::Brightness], &[Name::Shadows], |p, _| {
        Some(levels(p, |v| v * 0.4))
    }),
    spoil("brightened", &[Name::Brightness], &[], |p, _| {
        Some(levels(p, |v| 130.0 + v * 0.49))
    }),
    // White papers vanish on a white ground, and pale fins with them.
    spoil(
        "overexposed",
        &[Name::Highlights],
        &[Name::Brightness, Name::Ruler, Name::Label, Name::PartsMissing],
        |p, _| Some(levels(p, |v| v * 2.5)),
    ),
    spoil("tinted", &[Name::ColourCast], &[], |p, _| Some(tinted(p))),
    spoil("tail cut", &[Name::Cut], &[Name::PartsMissing, Name::Ruler], |p, s| {
        Some(cut(p, fish(s)?, true))
    }),
    spoil(
        "head cut",
        &[Name::Cut],
        &[Name::PartsMissing, Name::Background, Name::Ruler],
        |p, s| Some(cut(p, fish(s)?, false)),
    ),
    // What was under the fish is painted over, and the seam can pass for a further fish; it does for bent fish too.
    spoil(
        "turned",
        &[Name::Tilt],
        &[Name::FishCount, Name::Covered, Name::PartsMissing],
        |p, s| turned(p, fish(s)?, 28.0),
    ),
    spoil("two fish", &[Name::FishCount], &[], |p, s| Some(doubled(p, fish(s)?))),
    spoil(
        "hand over it",
        &[Name::Covered],
        &[
            Name::Cut,
            Name::Curvature,
            Name::FishCount,
            Name::PartsMissing,
            Name::Background,
            Name::Tilt,
        ],
        |p, s| Some(hand(p, fish(s)?)),
    ),
    spoil(
        "bent",
        &[Name::Curvature],
        &[Name::FishCount, Name::Cut, Name::Tilt],
        |p, s| Some(bent(p, fish(s)?, 0.1)),
    ),
    spoil("mirrored", &[Name::HeadSide], &[], |p, _| {
        Some(imageops::flip_horizontal(p))
    }),
    spoil("no ruler", &[Name::Ruler], &[], |p, s| painted_over(p, s, s.ruler?)),
    spoil("no label", &[Name::Label], &[], |p, s| painted_over(p, s, s.label?)),
    spoil(
        "lit from the side",
        &[Name::Background],
        &[Name::Brightness, Name::Label, Name::Ruler],
        |p, _| Some(lit_from_the_side(p)),
    ),
];

fn fish(scene: &Scene) -> Option<PixelBox> {
    scene.fish.as_ref().map(|f| f.bounds)
}

fn levels(picture: &RgbImage, curve: impl Fn(f32) -> f32) -> RgbImage {
    let mut out = picture.clone();
    for value in out.iter_mut() {
        *value = curve(f32::from(*value)).clamp(0.0, 255.0) as u8;
    }
    out
}

fn tinted(picture: &RgbImage) -> RgbImage {
    let mut out = picture.clone();
    for pixel in out.pixels_mut() {
        pixel.0[2] = (f32::from(pixel.0[2]) * 0.72) as u8;
    }
    out
}

/// Nine pixels of movement along the rows.
fn moved(picture: &RgbImage) -> RgbImage {
    let (w, h) = picture.dimensions();
    RgbImage::from_fn(w, h, |x, y| {
        let mut sum = [0u32; 3];
        for i in 0..9 {
            let at = picture.get_pixel((x + i).saturating_sub(4).min(w - 1), y);
            for (sum, value) in sum.iter_mut().zip(at.0) {
                *sum += u32::from(value);
            }
        }
        Rgb(sum.map(|s| (s / 9) as u8))
    })
}

/// The frame moved so that a fifth of the fish is outside; the rest of it is kept as far as there is room.
fn cut(picture: &RgbImage, fish: PixelBox, tail: bool) -> RgbImage {
    let (w, h) = picture.dimensions();
    if tail {
        let right = fish.right - fish.width() / 5;
        // Papers to the right of the fish come over to its left, where there is ground.
        let mut out = imageops::crop_imm(picture, 0, 0, right, h).to_image();
        let rest = imageops::crop_imm(picture, fish.right.min(w - 1), 0, w - fish.right.min(w - 1), h).to_image();
        let mut wide = RgbImage::new(out.width() + rest.width(), h);
        imageops::replace(&mut wide, &rest, 0, 0);
        imageops::replace(&mut wide, &out, i64::from(rest.width()), 0);
        out = wide;
        out
    } else {
        let left = fish.left + fish.width() / 5;
        let kept = imageops::crop_imm(picture, left, 0, w - left, h).to_image();
        let rest = imageops::crop_imm(picture, 0, 0, fish.left.max(1), h).to_image();
        let mut wide = RgbImage::new(kept.width() + rest.width(), h);
        imageops::replace(&mut wide, &kept, 0, 0);
        imageops::replace(&mut wide, &rest, i64::from(kept.width()), 0);
        wide
    }
}

/// The median of the rim of a box.
fn ground_beside(picture: &RgbImage, part: PixelBox) -> Rgb<u8> {
    let mut channels = [(); 3].map(|()| Vec::new());
    for x in part.left..part.right {
        for y in [part.top, part.bottom - 1] {
            for (channel, value) in channels.iter_mut().zip(picture.get_pixel(x, y).0) {
                channel.push(value);
            }
        }
    }
    Rgb(channels.map(|mut values| {
        values.sort_unstable();
        values[values.len() / 2]
    }))
}

fn at(picture: &RgbImage, x: f32, y: f32, outside: Rgb<u8>) -> Rgb<u8> {
    imageops::interpolate_bilinear(picture, x, y).unwrap_or(outside)
}

/// The fish alone turned, in a frame with more room around it.
fn turned(picture: &RgbImage, fish: PixelBox, degrees: f32) -> Option<RgbImage> {
    let (w, h) = picture.dimensions();
    let patch = fish.grown(0.03, Size::new(w, h));
    let crop = imageops::crop_imm(picture, patch.left, patch.top, patch.width(), patch.height()).to_image();
    let ground = ground_beside(picture, patch);
    let side = (f64::from(patch.width()).hypot(f64::from(patch.height())).ceil()) as u32;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = side as f32 / 2.0;
    let (cx, cy) = (crop.width() as f32 / 2.0, crop.height() as f32 / 2.0);
    let turned = RgbImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (x as f32 - centre, y as f32 - centre);
        at(&crop, dx * cos + dy * sin + cx, dy * cos - dx * sin + cy, ground)
    });
    let mut out = RgbImage::from_pixel(w.max(side), h + side, ground);
    imageops::replace(&mut out, &turned, 0, 0);
    let mut below = picture.clone();
    imageops::replace(
        &mut below,
        &RgbImage::from_pixel(patch.width(), patch.height(), ground),
        i64::from(patch.left),
        i64::from(patch.top),
    );
    imageops::replace(&mut out, &below, 0, i64::from(side));
    Some(out)
}

/// The same fish again below the frame.
fn doubled(picture: &RgbImage, fish: PixelBox) -> RgbImage {
    let (w, h) = picture.dimensions();
    let patch = fish.grown(0.04, Size::new(w, h));
    let crop = imageops::crop_imm(picture, patch.left, patch.top, patch.width(), patch.height()).to_image();
    let room = patch.height() / 3;
    let mut out = RgbImage::from_pixel(w, h + patch.height() + 2 * room, ground_beside(picture, patch));
    imageops::replace(&mut out, picture, 0, 0);
    imageops::replace(&mut out, &crop, i64::from((w - patch.width()) / 2), i64::from(h + room));
    out
}

/// Two skin-coloured fingers from above over the middle of the fish.
fn hand(picture: &RgbImage, fish: PixelBox) -> RgbImage {
    let mut out = picture.clone();
    let width = fish.width() as f32;
    let tip_y = fish.bottom as f32 - fish.height() as f32 * 0.25;
    for (share, thick) in [(0.42f32, 0.11f32), (0.56, 0.11)] {
        let (cx, r) = (fish.left as f32 + width * share, width * thick / 2.0);
        for (x, y, pixel) in out.enumerate_pixels_mut() {
            let (dx, dy) = (x as f32 - cx, (y as f32 - tip_y).max(0.0));
            let d = dx.hypot(dy) / r;
            if d < 1.0 {
                let light = (1.0 - 0.35 * d * d) * (1.0 + 0.02 * ((x * 7 + y * 13) % 5) as f32);
                pixel.0 = [222.0, 168.0, 140.0].map(|v: f32| (v * light).min(255.0) as u8);
            }
        }
    }
    out
}

/// The fish's box bent like a bow: its ends stay, its middle is pushed up.
fn bent(picture: &RgbImage, fish: PixelBox, share: f32) -> RgbImage {
    let (w, h) = picture.dimensions();
    let rise = share * fish.width() as f32;
    let patch = fish.grown(0.03, Size::new(w, h));
    let crop = imageops::crop_imm(picture, patch.left, patch.top, patch.width(), patch.height()).to_image();
    let ground = ground_beside(picture, patch);
    let tall = patch.height() + rise.ceil() as u32 + 4;
    let bow = RgbImage::from_fn(patch.width(), tall, |x, y| {
        let u = x as f32 / patch.width() as f32;
        let up = rise * (1.0 - 4.0 * u * (1.0 - u));
        at(&crop, x as f32, y as f32 - up, ground)
    });
    let mut rest = picture.clone();
    let clear = RgbImage::from_pixel(patch.width(), patch.height(), ground);
    imageops::replace(&mut rest, &clear, i64::from(patch.left), i64::from(patch.top));
    let mut out = RgbImage::from_pixel(w, h + tall, ground);
    imageops::replace(&mut out, &rest, 0, i64::from(tall));
    imageops::replace(&mut out, &bow, i64::from(patch.left), 0);
    out
}

/// Ground over a paper; `None` where another thing lies in its box.
fn painted_over(picture: &RgbImage, scene: &Scene, paper: PixelBox) -> Option<RgbImage> {
    let size = Size::from(picture.dimensions());
    let part = paper.grown(0.02, size);
    let others = [scene.ruler, scene.label, fish(scene)];
    let overlaps = |other: &PixelBox| *other != paper && other.intersection(&part).is_some();
    if others.iter().flatten().any(overlaps) {
        return None;
    }
    let mut out = picture.clone();
    let ground = ground_beside(picture, fish(scene)?.grown(0.06, size));
    for y in part.top..part.bottom {
        for x in part.left..part.right {
            out.put_pixel(x, y, ground);
        }
    }
    Some(out)
}

/// Light from one side: it falls off to less than half across the frame.
fn lit_from_the_side(picture: &RgbImage) -> RgbImage {
    let mut out = picture.clone();
    let width = picture.width() as f32;
    for (x, _, pixel) in out.enumerate_pixels_mut() {
        let light = 1.0 - 0.6 * x as f32 / width;
        pixel.0 = pixel.0.map(|v| (f32::from(v) * light) as u8);
    }
    out
}
