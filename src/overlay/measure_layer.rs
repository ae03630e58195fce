//! Lengths, landmarks and a scale bar on the picture.
//!
//! Lengths stand beside the fish as on a technical drawing: standard and total length below the belly, head length above the back, each along the
//! body's axis. What finds no free place is left out, but for the standard length; nothing lies on the face.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::boxes::placed;
use super::dimension::{Dimensions, Side, Where};
use super::font::Face;
use super::layout::Measures;
use super::screen::Screen;
use super::text::TextStyle;
use super::theme;
use super::view::{Annotations, MeasureLayer};
use crate::frame::{PixelBox, Point as Place, Size};
use crate::measure::Quantity;

/// A fish shorter than this on the screen has no lengths beside it.
const LEAST_LENGTH: f64 = 40.0;
/// A shorter one has its standard length alone.
const ALL_LENGTHS: f64 = 260.0;
/// An eye has marks of its own from so many of their diameters on.
const EYE_IN_MARKS: f64 = 4.0;

/// Puts lengths, landmarks and the scale bar into `picture`; `taken` are the places of words. Gives back which places it took.
pub(super) fn compose(
    screen: &mut Screen,
    found: &Annotations,
    picture: Rectangle,
    taken: &[Rectangle],
    measures: &Measures,
) -> Vec<Rectangle> {
    let Some(layer) = &found.measured else {
        return Vec::new();
    };
    let shown = Shown { layer, found, picture };
    let mut occupied: Vec<Rectangle> = taken.to_vec();
    occupied.extend(shown.beside());
    let words_before = occupied.len();
    if let Some(body) = shown.body() {
        lengths(screen, &shown, &body, measures, &mut occupied);
        marks(screen, &shown, &body, measures);
    }
    scale_bar(screen, &shown, measures, &mut occupied);
    occupied.split_off(words_before)
}

/// What is measured, and the screen that it is shown on.
struct Shown<'a> {
    layer: &'a MeasureLayer,
    found: &'a Annotations,
    picture: Rectangle,
}

impl Shown<'_> {
    fn place(&self, bounds: &PixelBox) -> Rectangle {
        let size = Size::new(self.picture.size.width, self.picture.size.height);
        let at = placed(bounds, self.found.picture, size);
        Rectangle::new(at.top_left + self.picture.top_left, at.size)
    }

    /// Pixels of the screen for one of the frame.
    fn magnification(&self) -> f64 {
        f64::from(self.picture.size.width) / f64::from(self.found.picture.width.max(1))
    }

    /// Where a point of the crop lies on the screen.
    fn on_screen(&self, p: Place) -> Place {
        let along = |p: f64, crop: u32, shown: u32, frame: u32, start: i32| {
            (p + 0.5 + f64::from(crop)) * f64::from(shown) / f64::from(frame.max(1)) + f64::from(start)
        };
        let (at, size, frame) = (self.picture.top_left, self.picture.size, self.found.picture);
        Place {
            x: along(p.x, self.layer.crop.left, size.width, frame.width, at.x),
            y: along(p.y, self.layer.crop.top, size.height, frame.height, at.y),
        }
    }

    /// What lies beside the fish.
    fn beside(&self) -> Vec<Rectangle> {
        let found = self.found;
        let beside = found.label.iter().chain(&found.ruler).chain(&found.further_fish);
        beside.map(|b| self.place(b)).collect()
    }

    /// The body's axis on the screen, and how far the fish reaches to either side of it.
    fn body(&self) -> Option<Where> {
        let measured = &self.layer.measurements;
        let [snout, end] = measured
            .lines
            .get(&Quantity::StandardLength)?
            .map(|p| self.on_screen(p));
        let depth = measured
            .lines
            .get(&Quantity::BodyDepth)
            .map(|line| line.map(|p| self.on_screen(p)));
        let mut at = Where::new(snout, end, depth)?;
        if let Some(traits) = &self.found.traits {
            let size = traits.mask.size();
            let crop = traits.crop;
            let step = (size.width.max(size.height) / 256).max(1);
            for y in (0..size.height).step_by(step as usize) {
                for x in (0..size.width).step_by(step as usize) {
                    if !traits.mask.get(x, y).is_empty() {
                        let in_crop = Place {
                            x: f64::from(x) * f64::from(crop.width()) / f64::from(size.width),
                            y: f64::from(y) * f64::from(crop.height()) / f64::from(size.height),
                        };
                        at.reach_to(self.on_screen(in_crop));
                    }
                }
            }
        }
        Some(at)
    }

    /// For example `SL 8.52 cm`, or pixels where there is no scale.
    fn words(&self, quantity: Quantity, short: &str, uncertain: bool) -> Option<String> {
        let reading = self.layer.measurements.values.get(&quantity)?;
        Some(match reading.specimen {
            Some(length) if uncertain => format!("{short} {}", length.words(quantity.unit())),
            Some(length) => format!("{short} {} {}", length.rounded().value, quantity.unit()),
            None => format!("{short} {:.0} {}", reading.picture.value, quantity.picture_unit()),
        })
    }
}

fn lengths(screen: &mut Screen, shown: &Shown, body: &Where, measures: &Measures, occupied: &mut Vec<Rectangle>) {
    let length = body.length();
    if length < LEAST_LENGTH || measures.panel == 0 {
        return;
    }
    let large = TextStyle::new(Face::Bold, (measures.legend_text * 4 / 5).max(measures.small_text));
    let small = TextStyle::new(Face::Bold, measures.small_text);
    let has_room = length >= ALL_LENGTHS;
    let mut dimensions = Dimensions {
        picture: shown.picture,
        line: measures.outline,
        body: *body,
        occupied,
    };
    let uncertain = length >= 2.0 * ALL_LENGTHS;
    if let Some(words) = shown.words(Quantity::StandardLength, "SL", uncertain) {
        dimensions.beside(screen, (0.0, length), &words, large, [Side::Belly, Side::Back], true);
    }
    if !has_room {
        return;
    }
    let along = |quantity: Quantity| {
        let line = shown.layer.measurements.lines.get(&quantity)?;
        Some(line.map(|p| body.along(shown.on_screen(p))))
    };
    for (quantity, short, sides) in [
        (Quantity::TotalLength, "TL", [Side::Belly, Side::Back]),
        (Quantity::HeadLength, "HL", [Side::Back, Side::Belly]),
    ] {
        if let (Some([from, to]), Some(words)) = (along(quantity), shown.words(quantity, short, false)) {
            dimensions.beside(screen, (from, to), &words, small, sides, false);
        }
    }
    let depth = shown.layer.measurements.lines.get(&Quantity::BodyDepth);
    if let (Some(line), Some(words)) = (depth, shown.words(Quantity::BodyDepth, "BD", false)) {
        dimensions.across(screen, line.map(|p| shown.on_screen(p)), &words, small, &face(shown));
    }
}

/// The rectangle around the head.
fn face(shown: &Shown) -> Rectangle {
    let marks = [1, 2, 12, 13]
        .into_iter()
        .filter_map(|n| shown.layer.measurements.landmarks.get(&n));
    let corners = marks
        .map(|p| shown.on_screen(*p))
        .map(|p| Point::new(p.x as i32, p.y as i32));
    let around = corners.fold(None, |around: Option<(Point, Point)>, p| {
        Some(around.map_or((p, p), |(low, high)| (low.component_min(p), high.component_max(p))))
    });
    around.map_or(Rectangle::zero(), |(low, high)| Rectangle::with_corners(low, high))
}

/// A dot at each landmark, at those of the eye only where they don't hide it.
fn marks(screen: &mut Screen, shown: &Shown, body: &Where, measures: &Measures) {
    if body.length() < ALL_LENGTHS || measures.panel == 0 {
        return;
    }
    let diameter = 2 * measures.outline + 3;
    let eye = shown.layer.measurements.lines.get(&Quantity::EyeDiameter);
    let eye = eye.map_or(0.0, |line| {
        let [a, b] = line.map(|p| shown.on_screen(p));
        (a.x - b.x).hypot(a.y - b.y)
    });
    for (number, mark) in &shown.layer.measurements.landmarks {
        if (14..=18).contains(number) && eye < EYE_IN_MARKS * f64::from(diameter) {
            continue;
        }
        let at = shown.on_screen(*mark);
        screen.dot(Point::new(at.x.round() as i32, at.y.round() as i32), diameter);
    }
}

/// Lengths that a bar may have, in millimetres.
const BARS: [u32; 12] = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1];
/// Longest bar in hundredths of the picture's width.
const LONGEST_BAR: f64 = 22.0;

fn scale_bar(screen: &mut Screen, shown: &Shown, measures: &Measures, occupied: &mut Vec<Rectangle>) {
    let Some(scale) = &shown.layer.scale else { return };
    let crop = shown.layer.crop;
    let middle = Place {
        x: f64::from(crop.left + crop.right) / 2.0,
        y: f64::from(crop.top + crop.bottom) / 2.0,
    };
    let per_millimetre = scale.at(middle).value / 10.0 * shown.magnification();
    let longest = f64::from(shown.picture.size.width) * LONGEST_BAR / 100.0;
    let Some(millimetres) = BARS.into_iter().find(|mm| f64::from(*mm) * per_millimetre <= longest) else {
        return;
    };
    let bar = (f64::from(millimetres) * per_millimetre).round() as u32;
    if bar < 8 {
        return;
    }
    let words = if millimetres >= 10 {
        format!("{} cm", millimetres / 10)
    } else {
        format!("{millimetres} mm")
    };
    let style = TextStyle::new(Face::Bold, measures.small_text);
    let pad = (style.capital() * 2 / 5).max(2);
    let thick = measures.outline + 2;
    let size = embedded_graphics::geometry::Size::new(
        bar.max(style.width(&words)) + 2 * pad,
        style.capital() + thick + 3 * pad,
    );
    let fish = shown.found.fish.iter().map(|fish| shown.place(&fish.bounds));
    let crop = std::iter::once(shown.place(&crop)).filter(|_| shown.found.fish.is_none());
    let taken: Vec<Rectangle> = occupied.iter().copied().chain(fish).chain(crop).collect();
    let is_free = |place: &Rectangle| taken.iter().all(|t| t.intersection(place).is_zero_sized());
    let Some(place) = corners(shown.picture, size, measures.margin.max(4))
        .into_iter()
        .find(is_free)
    else {
        return;
    };
    screen.fill(place, theme::GROUND);
    let left = place.top_left.x + (size.width - bar) as i32 / 2;
    let row = Rectangle::new(
        place.top_left,
        embedded_graphics::geometry::Size::new(size.width, style.capital() + 2 * pad),
    );
    let text = place.top_left.x + (size.width - style.width(&words)) as i32 / 2;
    let at = Point::new(text, style.middle_baseline(row));
    screen.text(&words, at, size.width, style, theme::TEXT, theme::GROUND);
    let top = place.top_left.y + (size.height - thick - pad) as i32;
    screen.fill(
        Rectangle::new(
            Point::new(left, top),
            embedded_graphics::geometry::Size::new(bar, thick),
        ),
        theme::TEXT,
    );
    occupied.push(place);
}

/// Places along the picture's edges, the corners below first.
fn corners(picture: Rectangle, size: embedded_graphics::geometry::Size, margin: u32) -> Vec<Rectangle> {
    let m = margin as i32;
    let left = picture.top_left.x + m;
    let right = picture.top_left.x + picture.size.width as i32 - size.width as i32 - m;
    let top = picture.top_left.y + m;
    let bottom = picture.top_left.y + picture.size.height as i32 - size.height as i32 - m;
    let (across, down) = ((left + right) / 2, (top + bottom) / 2);
    [
        (left, bottom),
        (right, bottom),
        (left, top),
        (right, top),
        (across, bottom),
        (across, top),
        (left, down),
        (right, down),
    ]
    .map(|(x, y)| Rectangle::new(Point::new(x, y), size))
    .into_iter()
    .filter(|place| picture.intersection(place) == *place)
    .collect()
}
