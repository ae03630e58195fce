//! The live picture with the traits and rectangles on it.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Dimensions, Point};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;
use image::RgbImage;

use super::layout;
use super::scale;
use super::theme;
use super::view::{Annotations, TraitLayer};
use crate::display::Canvas;
use crate::frame::{PixelBox, Size};
use crate::traits::{Palette, Rgb, Trait, TraitSet};

/// Share of a trait's colour in its area, in hundredths.
const COLOUR_SHARE: u32 = 40;

/// The order in which traits cover each other on the screen: what is small lies on what is large, so that everything can be seen. (BGNN's
/// files are painted in channel order, in which the trunk would cover all.)
const FROM_BELOW: [Trait; Trait::COUNT] = [
    Trait::Trunk,
    Trait::Head,
    Trait::DorsalFin,
    Trait::CaudalFin,
    Trait::AnalFin,
    Trait::PelvicFin,
    Trait::PectoralFin,
    Trait::AdiposeFin,
    Trait::CaudalFinRay,
    Trait::AltFinRay,
    Trait::AltFinSpine,
    Trait::Eye,
];

/// A picture and what is to be drawn on it.
#[derive(Debug, Clone, Copy)]
pub struct PictureLayer<'a> {
    /// The picture.
    pub picture: &'a RgbImage,
    /// What was found in it.
    pub annotations: &'a Annotations,
    /// Colours of the traits.
    pub palette: Palette,
    /// Width of lines in pixels of the screen.
    pub line: u32,
}

impl PictureLayer<'_> {
    /// The picture in the size at which it is shown, annotated.
    pub fn render(&self, size: Size) -> RgbImage {
        let mut shown = scale::for_display(self.picture, size);
        if let Some(traits) = &self.annotations.traits {
            paint_traits(&mut shown, traits, self.annotations.picture, self.palette, self.line);
        }
        let mut canvas = Canvas::from(shown);
        self.draw_boxes(&mut canvas, size);
        canvas.into_picture()
    }

    fn draw_boxes(&self, canvas: &mut Canvas, size: Size) {
        let found = self.annotations;
        let place = |b: &PixelBox| placed(b, found.picture, size);
        for beside in [&found.label, &found.ruler].into_iter().flatten() {
            outline(canvas, place(beside), theme::BOX, self.line + 1, Stroke::Whole);
        }
        for fish in &found.further_fish {
            outline(canvas, place(fish), theme::BOX_ATTENTION, self.line + 1, Stroke::Dashed);
        }
        if let Some(fish) = &found.fish {
            let colour = if fish.cut_by_edge {
                theme::BOX_ATTENTION
            } else {
                theme::BOX
            };
            outline(canvas, place(&fish.bounds), colour, 2 * self.line + 1, Stroke::Corners);
        }
    }
}

/// Where a rectangle of a picture lies in the shown copy of it.
pub fn placed(bounds: &PixelBox, picture: Size, shown: Size) -> Rectangle {
    let along = |v: u32, from: u32, to: u32| (f64::from(v) * f64::from(to) / f64::from(from.max(1))).round() as i32;
    let (left, right) = (
        along(bounds.left, picture.width, shown.width),
        along(bounds.right, picture.width, shown.width),
    );
    let (top, bottom) = (
        along(bounds.top, picture.height, shown.height),
        along(bounds.bottom, picture.height, shown.height),
    );
    Rectangle::new(
        Point::new(left, top),
        embedded_graphics::geometry::Size::new((right - left).max(1) as u32, (bottom - top).max(1) as u32),
    )
}

/// Lays the traits over the shown picture: their areas translucent, their borders in full colour.
fn paint_traits(shown: &mut RgbImage, layer: &TraitLayer, picture: Size, palette: Palette, line: u32) {
    let size = Size::from(shown.dimensions());
    let columns = Mapping::new(
        layer.crop.left,
        layer.crop.right,
        layer.mask.size().width,
        picture.width,
        size.width,
    );
    let rows = Mapping::new(
        layer.crop.top,
        layer.crop.bottom,
        layer.mask.size().height,
        picture.height,
        size.height,
    );
    let uppermost = uppermost_table();
    let (width, height) = (columns.source.len(), rows.source.len());
    if width == 0 || height == 0 {
        return;
    }
    // A rim of `line` pixels without traits around the area spares the search for borders its own borders.
    let rim = line as usize;
    let stride = width + 2 * rim;
    let mut traits = vec![0u8; stride * (height + 2 * rim)];
    for (to, y) in traits.chunks_exact_mut(stride).skip(rim).zip(&rows.source) {
        let from = layer.mask.row(*y);
        for (to, x) in to[rim..].iter_mut().zip(&columns.source) {
            *to = uppermost[usize::from(from[*x as usize])];
        }
    }
    let row_bytes = size.width as usize * 3;
    let bytes = shown.as_flat_samples_mut().samples;
    for y in 0..height {
        let start = (rows.first as usize + y) * row_bytes + columns.first as usize * 3;
        for (x, pixel) in bytes[start..start + width * 3].chunks_exact_mut(3).enumerate() {
            let at = (y + rim) * stride + x + rim;
            let Some(which) = Trait::from_channel(usize::from(traits[at]).wrapping_sub(1)) else {
                continue;
            };
            let colour = palette.colour(which);
            if is_border(&traits, at, stride, rim) {
                pixel.copy_from_slice(&colour);
            } else {
                blend(pixel, colour);
            }
        }
    }
}

/// Whether another value lies within `reach` pixels along a row or column.
fn is_border(traits: &[u8], at: usize, stride: usize, reach: usize) -> bool {
    let here = traits[at];
    (1..=reach).any(|d| {
        traits[at - d] != here
            || traits[at + d] != here
            || traits[at - d * stride] != here
            || traits[at + d * stride] != here
    })
}

fn blend(pixel: &mut [u8], colour: Rgb) {
    for (to, colour) in pixel.iter_mut().zip(colour) {
        *to = ((u32::from(*to) * (100 - COLOUR_SHARE) + u32::from(colour) * COLOUR_SHARE + 50) / 100) as u8;
    }
}

/// For each set of traits the number of the one that is seen, from 1; 0 for none.
fn uppermost_table() -> Vec<u8> {
    let mut table = vec![0u8; usize::from(TraitSet::ALL.bits()) + 1];
    for which in FROM_BELOW {
        for (bits, uppermost) in table.iter_mut().enumerate() {
            if TraitSet::from_bits(bits as u16).contains(which) {
                *uppermost = which.channel() as u8 + 1;
            }
        }
    }
    table
}

/// Which pixels of the screen a mask covers along one axis, and which of its pixels each of them shows.
struct Mapping {
    first: u32,
    source: Vec<u32>,
}

impl Mapping {
    /// The mask of `mask` pixels lies over `from..to` of a picture of `picture` pixels that is shown in `shown`.
    fn new(from: u32, to: u32, mask: u32, picture: u32, shown: u32) -> Self {
        let mut first = 0;
        let mut source = Vec::new();
        if from < to && mask > 0 {
            for position in 0..shown {
                let in_picture = (f64::from(position) + 0.5) * f64::from(picture) / f64::from(shown);
                let in_mask = (in_picture - f64::from(from)) / f64::from(to - from) * f64::from(mask);
                if in_mask >= 0.0 && in_mask < f64::from(mask) {
                    if source.is_empty() {
                        first = position;
                    }
                    source.push(in_mask as u32);
                }
            }
        }
        Self { first, source }
    }
}

/// How a rectangle is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Stroke {
    Whole,
    Dashed,
    Corners,
}

/// A rectangle's outline, moved inwards where it would leave the canvas.
fn outline(canvas: &mut Canvas, area: Rectangle, colour: Rgb888, width: u32, stroke: Stroke) {
    let area = layout::inset(canvas.bounding_box(), width).intersection(&area);
    for piece in pieces(area, width, stroke) {
        let Ok(()) = canvas.fill_solid(&piece, colour);
    }
}

/// The rectangles that make up an outline, outside `area`.
fn pieces(area: Rectangle, width: u32, stroke: Stroke) -> Vec<Rectangle> {
    let w = width as i32;
    let (left, top) = (area.top_left.x - w, area.top_left.y - w);
    let (across, down) = (area.size.width as i32 + 2 * w, area.size.height as i32 + 2 * w);
    let rectangle = |x: i32, y: i32, width: i32, height: i32| {
        Rectangle::new(
            Point::new(x, y),
            embedded_graphics::geometry::Size::new(width.max(0) as u32, height.max(0) as u32),
        )
    };
    let mut out = Vec::new();
    let spans = |length: i32| -> Vec<(i32, i32)> {
        match stroke {
            Stroke::Whole => vec![(0, length)],
            Stroke::Corners => {
                let corner = (length / 5).clamp(w, 12 * w);
                vec![(0, corner), (length - corner, length)]
            }
            Stroke::Dashed => {
                let dash = 6 * w;
                (0..length)
                    .step_by(2 * dash as usize)
                    .map(|s| (s, (s + dash).min(length)))
                    .collect()
            }
        }
    };
    for (start, end) in spans(across) {
        out.push(rectangle(left + start, top, end - start, w));
        out.push(rectangle(left + start, top + down - w, end - start, w));
    }
    for (start, end) in spans(down) {
        out.push(rectangle(left, top + start, w, end - start));
        out.push(rectangle(left + across - w, top + start, w, end - start));
    }
    out
}
