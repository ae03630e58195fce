//! Real frames with known regions, and the same frames spoilt in known ways.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use fishrig::frame::{PixelBox, Size};
use fishrig::locate::HeadSide;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// A picture and what lies in it.
#[derive(Clone)]
pub struct Known {
    pub name: String,
    pub picture: RgbImage,
    pub fish: Option<PixelBox>,
    pub cut_by_edge: bool,
    pub further_fish: usize,
    pub ruler: Option<PixelBox>,
    pub label: Option<PixelBox>,
    pub head: HeadSide,
}

fn shared(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(path)
}

fn json(path: &str) -> Option<serde_json::Value> {
    serde_json::from_str(&std::fs::read_to_string(shared(path)).ok()?).ok()
}

/// The whole frames with their hand-drawn boxes; `None`, said loudly, where the shared data are absent.
pub fn frames() -> Option<Vec<Known>> {
    let Some(regions) = json("frames/regions.json") else {
        eprintln!("SKIPPED: no frames in ../shared/data/frames");
        return None;
    };
    let frames = regions["images"].as_array().unwrap().iter().map(|image| {
        let name = image["file_name"].as_str().unwrap();
        let region = |category: u64| {
            let found = regions["annotations"]
                .as_array()
                .unwrap()
                .iter()
                .find(|a| a["image_id"] == image["id"] && a["category_id"] == category)?;
            let b: Vec<u32> = found["bbox"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_f64().unwrap() as u32)
                .collect();
            Some(PixelBox::new(b[0], b[1], b[0] + b[2], b[1] + b[3]))
        };
        Known {
            name: name.trim_end_matches(".jpg").to_owned(),
            picture: image::open(shared("frames").join(name)).unwrap().to_rgb8(),
            fish: region(1),
            cut_by_edge: false,
            further_fish: 0,
            ruler: region(2),
            label: region(3),
            head: HeadSide::Left,
        }
    });
    Some(frames.collect())
}

/// The pictures of a single fish with the box around their hand-made trait labels.
pub fn crops() -> Option<Vec<Known>> {
    let Ok(files) = std::fs::read_dir(shared("labels")) else {
        eprintln!("SKIPPED: no labels in ../shared/data/labels");
        return None;
    };
    let mut names: Vec<String> = files
        .filter_map(|f| f.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    let crops = names.iter().filter_map(|name| {
        let about = json(&format!("labels/{name}.json"))?;
        let path = about["picture"].as_str()?;
        if !path.starts_with("crops/") {
            return None;
        }
        let labels = image::open(shared(&format!("labels/{name}_labels.png")))
            .unwrap()
            .to_luma8();
        let crop: Vec<f64> = about["crop_box_xywh"]
            .as_array()?
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect();
        let (kx, ky) = (
            crop[2] / f64::from(labels.width()),
            crop[3] / f64::from(labels.height()),
        );
        let mut bounds: Option<PixelBox> = None;
        for (x, y, _) in labels.enumerate_pixels().filter(|(_, _, p)| p.0[0] > 0) {
            let pixel = PixelBox::new(x, y, x + 1, y + 1);
            bounds = Some(bounds.map_or(pixel, |b| b.union(&pixel)));
        }
        let b = bounds?;
        Some(Known {
            name: name.clone(),
            picture: image::open(shared(path)).unwrap().to_rgb8(),
            fish: Some(PixelBox::new(
                (crop[0] + f64::from(b.left) * kx) as u32,
                (crop[1] + f64::from(b.top) * ky) as u32,
                (crop[0] + f64::from(b.right) * kx) as u32,
                (crop[1] + f64::from(b.bottom) * ky) as u32,
            )),
            cut_by_edge: false,
            further_fish: 0,
            ruler: None,
            label: None,
            head: if about["side"] == "right" {
                HeadSide::Right
            } else {
                HeadSide::Left
            },
        })
    });
    Some(crops.collect())
}

impl Known {
    fn size(&self) -> Size {
        self.picture.dimensions().into()
    }

    /// The same at `width` columns.
    pub fn at_width(&self, width: u32) -> Self {
        let k = f64::from(width) / f64::from(self.picture.width());
        let height = (f64::from(self.picture.height()) * k).round() as u32;
        let scaled = |b: PixelBox| {
            let s = |v: u32| (f64::from(v) * k).round() as u32;
            PixelBox::new(s(b.left), s(b.top), s(b.right), s(b.bottom))
        };
        Self {
            picture: imageops::resize(&self.picture, width, height, FilterType::Triangle),
            ..self.mapped(|b| Some(scaled(b)))
        }
    }

    /// The same picture with every box changed, or dropped.
    fn mapped(&self, map: impl Fn(PixelBox) -> Option<PixelBox>) -> Self {
        Self {
            fish: self.fish.and_then(&map),
            ruler: self.ruler.and_then(&map),
            label: self.label.and_then(&map),
            ..self.clone()
        }
    }

    /// The same boxes, every level changed.
    fn levels(&self, change: impl Fn(f32, usize) -> f32) -> Self {
        let mut changed = self.clone();
        for pixel in changed.picture.pixels_mut() {
            for (c, level) in pixel.0.iter_mut().enumerate() {
                *level = change(f32::from(*level), c).round().clamp(0.0, 255.0) as u8;
            }
        }
        changed
    }

    pub fn mirrored(&self) -> Self {
        let width = self.picture.width();
        let mut mirrored = self.mapped(|b| Some(PixelBox::new(width - b.right, b.top, width - b.left, b.bottom)));
        imageops::flip_horizontal_in_place(&mut mirrored.picture);
        mirrored.head = if self.head == HeadSide::Left {
            HeadSide::Right
        } else {
            HeadSide::Left
        };
        mirrored
    }

    fn upside_down(&self) -> Self {
        let height = self.picture.height();
        let mut turned = self.mapped(|b| Some(PixelBox::new(b.left, height - b.bottom, b.right, height - b.top)));
        imageops::flip_vertical_in_place(&mut turned.picture);
        turned
    }

    /// Turned about the centre; what lies outside repeats the nearest pixel, the fish's box becomes the box around its turned ellipse.
    fn turned(&self, degrees: f32) -> Self {
        let (w, h) = (self.picture.width() as f32, self.picture.height() as f32);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let map = |b: PixelBox, is_ellipse: bool| {
            let (cx, cy) = (
                (b.left + b.right) as f32 / 2.0 - w / 2.0,
                (b.top + b.bottom) as f32 / 2.0 - h / 2.0,
            );
            let (a, e) = (b.width() as f32 / 2.0, b.height() as f32 / 2.0);
            let centre = (cx * cos - cy * sin + w / 2.0, cx * sin + cy * cos + h / 2.0);
            let half = if is_ellipse {
                ((a * cos).hypot(e * sin), (a * sin).hypot(e * cos))
            } else {
                ((a * cos).abs() + (e * sin).abs(), (a * sin).abs() + (e * cos).abs())
            };
            let cut = |v: f32, limit: f32| v.clamp(0.0, limit) as u32;
            Some(PixelBox::new(
                cut(centre.0 - half.0, w),
                cut(centre.1 - half.1, h),
                cut(centre.0 + half.0, w),
                cut(centre.1 + half.1, h),
            ))
        };
        let picture = RgbImage::from_fn(self.picture.width(), self.picture.height(), |x, y| {
            let (dx, dy) = (x as f32 - w / 2.0, y as f32 - h / 2.0);
            let (sx, sy) = (dx * cos + dy * sin + w / 2.0, -dx * sin + dy * cos + h / 2.0);
            *self
                .picture
                .get_pixel(sx.clamp(0.0, w - 1.0) as u32, sy.clamp(0.0, h - 1.0) as u32)
        });
        Self {
            picture,
            fish: self.fish.and_then(|b| map(b, true)),
            ..self.mapped(|b| map(b, false))
        }
    }

    fn jpeg(&self, quality: u8) -> Self {
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode_image(&self.picture)
            .unwrap();
        Self {
            picture: image::load_from_memory(&bytes).unwrap().to_rgb8(),
            ..self.clone()
        }
    }

    /// The part of the picture inside `window`.
    fn cut_out(&self, window: PixelBox) -> Self {
        let picture =
            imageops::crop_imm(&self.picture, window.left, window.top, window.width(), window.height()).to_image();
        let map = |b: PixelBox| {
            let i = b.intersection(&window)?;
            (i.area() * 4 > b.area()).then(|| {
                PixelBox::new(
                    i.left - window.left,
                    i.top - window.top,
                    i.right - window.left,
                    i.bottom - window.top,
                )
            })
        };
        Self {
            picture,
            ..self.mapped(map)
        }
    }

    /// The frame cut through the fish so that `share` of it is left, from the left or the right.
    fn cut_fish(&self, share: f32, keep_left: bool) -> Self {
        let fish = self.fish.unwrap();
        let size = self.size();
        let kept = (fish.width() as f32 * share) as u32;
        let window = if keep_left {
            PixelBox::new(0, 0, fish.left + kept, size.height)
        } else {
            PixelBox::new(fish.right - kept, 0, size.width, size.height)
        };
        Self {
            cut_by_edge: true,
            ..self.cut_out(window)
        }
    }

    /// Paints `region` over as if nothing lay there: between the ground on its sides, as far as these are free.
    fn painted_over(&self, region: PixelBox, others: &[PixelBox]) -> Self {
        let mut cleared = self.clone();
        let (w, h) = (self.picture.width(), self.picture.height());
        let r = PixelBox::new(
            region.left.saturating_sub(6),
            region.top.saturating_sub(6),
            (region.right + 6).min(w),
            (region.bottom + 6).min(h),
        );
        let free = |x: i64, y: i64| {
            let inside = x >= 0 && y >= 0 && x < i64::from(w) && y < i64::from(h);
            inside
                && !others.iter().any(|o| {
                    x + 6 >= i64::from(o.left)
                        && x < i64::from(o.right) + 6
                        && y + 6 >= i64::from(o.top)
                        && y < i64::from(o.bottom) + 6
                })
        };
        let smoothed = |x: i64, y: i64, along_x: bool| {
            let mut sum = [0.0f32; 3];
            let mut count = 0.0;
            for d in -6..=6 {
                for e in -1..=1 {
                    let (px, py) = if along_x { (x + d, y + e) } else { (x + e, y + d) };
                    if free(px, py) {
                        let p = self.picture.get_pixel(px as u32, py as u32).0;
                        sum = [0, 1, 2].map(|c| sum[c] + f32::from(p[c]));
                        count += 1.0;
                    }
                }
            }
            (count > 0.0).then(|| sum.map(|s| s / count))
        };
        let (l, t, rt, b) = (
            i64::from(r.left),
            i64::from(r.top),
            i64::from(r.right),
            i64::from(r.bottom),
        );
        let above: Vec<_> = (l..rt).map(|x| smoothed(x, t - 2, true)).collect();
        let below: Vec<_> = (l..rt).map(|x| smoothed(x, b + 2, true)).collect();
        let before: Vec<_> = (t..b).map(|y| smoothed(l - 2, y, false)).collect();
        let after: Vec<_> = (t..b).map(|y| smoothed(rt + 2, y, false)).collect();
        let mut state = 1u32;
        for y in r.top..r.bottom {
            for x in r.left..r.right {
                let (i, j) = ((x - r.left) as usize, (y - r.top) as usize);
                let mut sum = [0.0; 3];
                let mut weights = 0.0;
                let sides = [
                    (above[i], j as f32 + 1.0),
                    (below[i], (r.bottom - y) as f32),
                    (before[j], i as f32 + 1.0),
                    (after[j], (r.right - x) as f32),
                ];
                for (colour, distance) in sides {
                    if let Some(colour) = colour {
                        let weight = 1.0 / distance;
                        sum = [0, 1, 2].map(|c| sum[c] + weight * colour[c]);
                        weights += weight;
                    }
                }
                if weights > 0.0 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let grain = (state >> 24) as f32 / 128.0 - 1.0;
                    cleared
                        .picture
                        .put_pixel(x, y, Rgb(sum.map(|s| (s / weights + grain).clamp(0.0, 255.0) as u8)));
                }
            }
        }
        cleared
    }

    fn without_fish(&self) -> Self {
        let others: Vec<PixelBox> = self.ruler.into_iter().chain(self.label).collect();
        Self {
            fish: None,
            ..self.painted_over(self.fish.unwrap(), &others)
        }
    }

    fn without_ruler(&self) -> Self {
        let overlaps = |l: PixelBox| self.ruler.is_some_and(|r| r.intersection(&l).is_some());
        let both = self.label.is_some_and(overlaps);
        let others: Vec<PixelBox> = self
            .fish
            .into_iter()
            .chain(if both { None } else { self.label })
            .collect();
        let cleared = self.painted_over(self.ruler.unwrap(), &others);
        // Where the ruler lay over the label its paper is gone too: then the label may be found or not.
        Self {
            ruler: None,
            label: if both { None } else { self.label },
            ..cleared
        }
    }

    fn without_papers(&self) -> Self {
        let fish: Vec<PixelBox> = self.fish.into_iter().collect();
        let both: Vec<PixelBox> = fish.iter().copied().chain(self.ruler).collect();
        let label_cleared = self.painted_over(self.label.unwrap(), &both);
        let cleared = label_cleared.painted_over(self.ruler.unwrap(), &fish);
        let again = cleared.painted_over(self.label.unwrap(), &fish);
        Self {
            ruler: None,
            label: None,
            ..again
        }
    }

    fn patch(&self, b: PixelBox) -> RgbImage {
        imageops::crop_imm(&self.picture, b.left, b.top, b.width(), b.height()).to_image()
    }

    /// Lays a patch down; of each pixel the darker one shows, as things on a light table do.
    fn lay(&mut self, patch: &RgbImage, left: i64, top: i64) {
        for (x, y, pixel) in patch.enumerate_pixels() {
            let (px, py) = (left + i64::from(x), top + i64::from(y));
            if px >= 0 && py >= 0 && px < i64::from(self.picture.width()) && py < i64::from(self.picture.height()) {
                let under = self.picture.get_pixel_mut(px as u32, py as u32);
                under.0 = [0, 1, 2].map(|c| under.0[c].min(pixel.0[c]));
            }
        }
    }

    /// The label moved so that its left side touches or overlaps the fish's tail by `overlap` pixels.
    fn label_at_fish(&self, overlap: i64) -> Self {
        let (fish, label) = (self.fish.unwrap(), self.label.unwrap());
        let patch = self.patch(label);
        if self.ruler.is_some_and(|r| r.intersection(&label).is_some()) {
            // The patch would show half a ruler.
            return Self {
                name: String::new(),
                ..self.clone()
            };
        }
        let others: Vec<PixelBox> = self.fish.into_iter().chain(self.ruler).collect();
        let mut moved = self.painted_over(label, &others);
        let left = i64::from(fish.right) - overlap;
        let top = i64::from(fish.top);
        moved.lay(&patch, left, top);
        let (w, h) = (i64::from(self.picture.width()), i64::from(self.picture.height()));
        moved.label = Some(PixelBox::new(
            left as u32,
            top as u32,
            (left + i64::from(label.width())).min(w) as u32,
            (top + i64::from(label.height())).min(h) as u32,
        ));
        moved
    }

    /// The fish taken out and laid down again at `scale`, head to the other side if `flip`, at the given centre.
    fn relaid(&self, scale: f32, flip: bool, keep: bool) -> Self {
        let fish = self.fish.unwrap();
        let patch = self.patch(fish.grown(0.02, self.size()));
        let mut small = imageops::resize(
            &patch,
            ((patch.width() as f32 * scale) as u32).max(1),
            ((patch.height() as f32 * scale) as u32).max(1),
            FilterType::Triangle,
        );
        if flip {
            imageops::flip_horizontal_in_place(&mut small);
        }
        let mut relaid = if keep { self.clone() } else { self.without_fish() };
        let Some((left, top)) = self.free_place(small.width() + 8, small.height() + 8, keep) else {
            return Self {
                name: String::new(),
                ..relaid
            };
        };
        relaid.lay(&small, i64::from(left) + 4, i64::from(top) + 4);
        let margin = (small.width() as f32 * 0.02, small.height() as f32 * 0.02);
        if keep {
            relaid.further_fish = 1;
        } else {
            relaid.fish = Some(PixelBox::new(
                left + 4 + margin.0 as u32,
                top + 4 + margin.1 as u32,
                left + 4 + small.width() - margin.0 as u32,
                top + 4 + small.height() - margin.1 as u32,
            ));
            if flip {
                relaid.head = if self.head == HeadSide::Left {
                    HeadSide::Right
                } else {
                    HeadSide::Left
                };
            }
        }
        relaid
    }

    /// A place of that size clear of everything.
    fn free_place(&self, width: u32, height: u32, fish_stays: bool) -> Option<(u32, u32)> {
        let taken: Vec<PixelBox> = self
            .ruler
            .into_iter()
            .chain(self.label)
            .chain(self.fish.filter(|_| fish_stays))
            .collect();
        let (w, h) = (self.picture.width(), self.picture.height());
        for top in (12..h.saturating_sub(height + 12)).step_by(16) {
            for left in (12..w.saturating_sub(width + 12)).step_by(16) {
                let place = PixelBox::new(left, top, left + width, top + height);
                if taken
                    .iter()
                    .all(|t| t.grown(0.03, self.size()).intersection(&place).is_none())
                {
                    return Some((left, top));
                }
            }
        }
        None
    }

    /// Dark walls on the left, right and top, with a bright reflection on one.
    fn in_tank(&self) -> Self {
        let mut tank = self.clone();
        let (w, h) = (self.picture.width(), self.picture.height());
        let wall = (w / 40).min(self.fish.unwrap().left.saturating_sub(6).max(4));
        for (x, y, pixel) in tank.picture.enumerate_pixels_mut() {
            let tilted = wall + y * wall / h / 3;
            if x < tilted || x + wall > w || y < wall / 2 {
                let shine = if x > wall / 3 && x < wall / 2 && y > h / 3 {
                    120
                } else {
                    0
                };
                pixel.0 = [30 + shine, 34 + shine, 40 + shine];
            }
        }
        tank
    }

    /// The picture scaled down and laid on a wider ground of its own, so that the fish is small.
    fn noisy(&self, amplitude: f32) -> Self {
        let mut state = 7u32;
        let mut noisy = self.clone();
        for pixel in noisy.picture.pixels_mut() {
            for level in &mut pixel.0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let grain = ((state >> 16) as f32 / 32768.0 - 1.0) * amplitude;
                *level = (f32::from(*level) + grain).clamp(0.0, 255.0) as u8;
            }
        }
        noisy
    }
}

/// One way to spoil a frame.
pub type Spoil = fn(&Known) -> Known;

/// All ways to spoil a frame, with their names.
pub const SPOILS: &[(&str, Spoil)] = &[
    ("as it is", |k| k.clone()),
    ("mirrored", |k| k.mirrored()),
    ("upside down", |k| k.upside_down()),
    ("turned 2", |k| k.turned(2.0)),
    ("turned -2", |k| k.turned(-2.0)),
    ("turned 5", |k| k.turned(5.0)),
    ("turned -8", |k| k.turned(-8.0)),
    ("brightness 0.6", |k| k.levels(|v, _| v * 0.6)),
    ("brightness 1.2", |k| k.levels(|v, _| v * 1.2)),
    ("gamma 0.6", |k| k.levels(|v, _| 255.0 * (v / 255.0).powf(0.6))),
    ("gamma 1.7", |k| k.levels(|v, _| 255.0 * (v / 255.0).powf(1.7))),
    ("contrast 0.5", |k| k.levels(|v, _| 128.0 + (v - 128.0) * 0.5)),
    ("contrast 0.25", |k| k.levels(|v, _| 140.0 + (v - 128.0) * 0.25)),
    ("warm light", |k| k.levels(|v, c| v * [1.0, 0.9, 0.72][c])),
    ("blur 1.5", |k| Known {
        picture: imageops::blur(&k.picture, 1.5),
        ..k.clone()
    }),
    ("blur 3", |k| Known {
        picture: imageops::blur(&k.picture, 3.0),
        ..k.clone()
    }),
    ("noise 12", |k| k.noisy(12.0)),
    ("noise 30", |k| k.noisy(30.0)),
    ("JPEG 30", |k| k.jpeg(30)),
    ("JPEG 10", |k| k.jpeg(10)),
    ("600 wide", |k| k.at_width(600)),
    ("1900 wide", |k| k.at_width(1900)),
    ("cut at the tail", |k| k.cut_fish(0.7, true)),
    ("cut at the head", |k| k.cut_fish(0.7, false)),
    ("label touches", |k| k.label_at_fish(0)),
    ("label overlaps", |k| k.label_at_fish(30)),
    ("no ruler", |k| k.without_ruler()),
    ("no papers", |k| k.without_papers()),
    ("no fish", |k| k.without_fish()),
    ("empty", |k| k.without_papers().without_fish()),
    ("in a tank", |k| k.in_tank()),
    ("fish half size", |k| k.relaid(0.5, true, false)),
    ("fish of 5 %", |k| {
        k.relaid(
            0.053 * k.picture.width() as f32 / k.fish.unwrap().width() as f32,
            false,
            false,
        )
    }),
    ("second fish", |k| k.relaid(0.4, true, true)),
];
