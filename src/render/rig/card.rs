//! Flat things on the ground: where they lie and how they get into the picture.

use crate::frame::{PixelBox, Size};
use crate::render::curve::{Point, point};
use crate::render::light::{BLACK, scaled};
use crate::render::specimen::Optics;

/// A label or ruler; places on it are in pixels from its upper left corner, before it is turned.
pub(super) trait Card {
    /// Width and height in pixels.
    fn extent(&self) -> (f64, f64);
    /// The stuff at a place.
    fn at(&self, x: f64, y: f64) -> Optics;
}

/// Where a card lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CardPlace {
    /// Its upper left corner in the picture.
    pub corner: Point,
    /// Its turn in radians, clockwise.
    pub turn: f64,
}

/// Samples along each side of a pixel.
const SAMPLES: u32 = 3;

impl CardPlace {
    /// The picture position of a place on the card.
    pub fn to_picture(self, x: f64, y: f64) -> Point {
        let (sin, cos) = self.turn.sin_cos();
        self.corner + point(x * cos - y * sin, x * sin + y * cos)
    }

    fn to_card(self, p: Point) -> (f64, f64) {
        let (sin, cos) = self.turn.sin_cos();
        let q = p - self.corner;
        (q.x * cos + q.y * sin, q.y * cos - q.x * sin)
    }

    /// Least and greatest coordinates of the card's corners.
    pub fn reach(self, extent: (f64, f64)) -> (Point, Point) {
        let corners = [(0.0, 0.0), (extent.0, 0.0), (0.0, extent.1), extent].map(|(x, y)| self.to_picture(x, y));
        corners.into_iter().fold((corners[0], corners[0]), |(low, high), p| {
            (
                point(low.x.min(p.x), low.y.min(p.y)),
                point(high.x.max(p.x), high.y.max(p.y)),
            )
        })
    }
}

/// A card as it lies in a window of the picture.
pub(super) struct LaidCard {
    /// The part of the picture that the card may touch.
    pub window: PixelBox,
    /// For each pixel of the window the mean stuff, and the share of the pixel that is card.
    pub pixels: Vec<(Optics, f32)>,
}

/// Lays a card; `None` if none of it is in the window.
pub(super) fn lay(card: &dyn Card, place: CardPlace, window: PixelBox) -> Option<LaidCard> {
    let extent = card.extent();
    let (low, high) = place.reach(extent);
    let clip = |v: f64| v.clamp(0.0, f64::from(u32::MAX)) as u32;
    let around = PixelBox::new(
        clip(low.x.floor()),
        clip(low.y.floor()),
        clip(high.x.ceil()),
        clip(high.y.ceil()),
    );
    let window = around.intersection(&window)?;
    let mut pixels = Vec::with_capacity(window.area() as usize);
    let all = (SAMPLES * SAMPLES) as f32;
    for y in window.top..window.bottom {
        for x in window.left..window.right {
            let (mut passed, mut sent, mut inside) = (BLACK, BLACK, 0u32);
            for k in 0..SAMPLES * SAMPLES {
                let offset = |i: u32| (f64::from(i) + 0.5) / f64::from(SAMPLES);
                let at = point(f64::from(x) + offset(k % SAMPLES), f64::from(y) + offset(k / SAMPLES));
                let (u, v) = place.to_card(at);
                let on = (0.0..extent.0).contains(&u) && (0.0..extent.1).contains(&v);
                let stuff = if on { card.at(u, v) } else { Optics::CLEAR };
                inside += u32::from(on);
                for c in 0..3 {
                    passed[c] += stuff.passed[c];
                    sent[c] += stuff.sent[c];
                }
            }
            let stuff = Optics {
                passed: scaled(passed, 1.0 / all),
                sent: scaled(sent, 1.0 / all),
            };
            pixels.push((stuff, inside as f32 / all));
        }
    }
    Some(LaidCard { window, pixels })
}

impl LaidCard {
    /// The tight box of all pixels of which at least half are card; `None` if there is no such pixel.
    pub fn bounds(&self) -> Option<PixelBox> {
        let size: Size = self.window.size();
        let mut around: Option<PixelBox> = None;
        for (i, (_, share)) in self.pixels.iter().enumerate() {
            if *share >= 0.5 {
                let (x, y) = (
                    self.window.left + i as u32 % size.width,
                    self.window.top + i as u32 / size.width,
                );
                let pixel = PixelBox::new(x, y, x + 1, y + 1);
                around = Some(around.map_or(pixel, |b| b.union(&pixel)));
            }
        }
        around
    }
}
