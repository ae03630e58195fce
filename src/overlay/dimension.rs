//! Lines beside a fish that say how long it is, as on a technical drawing.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::screen::Screen;
use super::text::TextStyle;
use super::theme;
use crate::frame::Point as Place;

/// A side of the fish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Back,
    Belly,
}

/// Where a fish lies on the screen: its axis, and how far it reaches to either side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Where {
    snout: Place,
    backwards: Place,
    ventral: Place,
    length: f64,
    /// Least and greatest distance from the axis, negative towards the back.
    reach: (f64, f64),
}

impl Where {
    /// From snout to end; `depth` is a line from back to belly. `None` where snout and end are one.
    pub fn new(snout: Place, end: Place, depth: Option<[Place; 2]>) -> Option<Self> {
        let (dx, dy) = (end.x - snout.x, end.y - snout.y);
        let length = dx.hypot(dy);
        if length < 1.0 {
            return None;
        }
        let backwards = Place {
            x: dx / length,
            y: dy / length,
        };
        let square = Place {
            x: -backwards.y,
            y: backwards.x,
        };
        let downwards = depth.map_or(square.y, |[back, belly]| {
            (belly.x - back.x) * square.x + (belly.y - back.y) * square.y
        });
        let sign = if downwards < 0.0 { -1.0 } else { 1.0 };
        Some(Self {
            snout,
            backwards,
            ventral: Place {
                x: sign * square.x,
                y: sign * square.y,
            },
            length,
            reach: (0.0, 0.0),
        })
    }

    /// Snout to end in pixels of the screen.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// How far behind the snout a point lies along the axis.
    pub fn along(&self, p: Place) -> f64 {
        (p.x - self.snout.x) * self.backwards.x + (p.y - self.snout.y) * self.backwards.y
    }

    /// Lets the fish reach to that point.
    pub fn reach_to(&mut self, p: Place) {
        let t = (p.x - self.snout.x) * self.ventral.x + (p.y - self.snout.y) * self.ventral.y;
        self.reach = (self.reach.0.min(t), self.reach.1.max(t));
    }

    fn point(&self, s: f64, t: f64) -> Point {
        let along = |snout: f64, backwards: f64, ventral: f64| (snout + s * backwards + t * ventral).round() as i32;
        Point::new(
            along(self.snout.x, self.backwards.x, self.ventral.x),
            along(self.snout.y, self.backwards.y, self.ventral.y),
        )
    }
}

/// Draws dimensions and keeps what place they took.
pub(super) struct Dimensions<'a> {
    pub picture: Rectangle,
    pub line: u32,
    pub body: Where,
    pub occupied: &'a mut Vec<Rectangle>,
}

/// Rows beside the fish that are tried.
const ROWS: i32 = 3;
/// Places along a line at which it is looked at for what it crosses.
const STEPS: u32 = 24;

impl Dimensions<'_> {
    /// A line beside the fish along its axis, from and to so many pixels behind the snout. What finds no free place is left out, unless it
    /// `must` be there: then only its words are, as near as they can be.
    pub fn beside(
        &mut self,
        screen: &mut Screen,
        (from, to): (f64, f64),
        words: &str,
        style: TextStyle,
        sides: [Side; 2],
        must: bool,
    ) {
        let plate = plate(words, style);
        let pitch = f64::from(plate.height) * 1.25;
        let tried = sides.into_iter().flat_map(|side| (0..ROWS).map(move |row| (side, row)));
        let places: Vec<(f64, Rectangle)> = tried
            .map(|(side, row)| {
                let distance = pitch * (f64::from(row) + 0.75);
                let t = match side {
                    Side::Back => self.body.reach.0 - distance,
                    Side::Belly => self.body.reach.1 + distance,
                };
                let outwards = if side == Side::Back { -1.0 } else { 1.0 };
                (t, self.plate_at(from, to, t, outwards, plate))
            })
            .collect();
        let line_is_free = |t: f64| {
            let along = (0..=STEPS).map(|i| from + (to - from) * f64::from(i) / f64::from(STEPS));
            let mut points = along.map(|s| self.body.point(s, t));
            points.all(|p| self.picture.contains(p) && !self.occupied.iter().any(|o| o.contains(p)))
        };
        let free = places
            .iter()
            .find(|(t, plate)| line_is_free(*t) && self.is_free(plate))
            .copied();
        if let Some((t, plate)) = free {
            self.draw_line(screen, [self.body.point(from, t), self.body.point(to, t)]);
            self.draw_words(screen, words, plate, style);
        } else if must {
            let inside = places.iter().map(|(_, plate)| self.moved_inside(*plate));
            if let Some(plate) = inside.into_iter().find(|plate| self.is_free(plate)) {
                self.draw_words(screen, words, plate, style);
            }
        }
    }

    /// The words on the line's middle; beyond it where they would hide most of the line.
    fn plate_at(
        &self,
        from: f64,
        to: f64,
        t: f64,
        outwards: f64,
        plate: embedded_graphics::geometry::Size,
    ) -> Rectangle {
        let hides_line = f64::from(plate.width) > 0.7 * (to - from);
        let beyond = if hides_line {
            f64::from(plate.height / 2 + 2 * self.line + 4)
        } else {
            0.0
        };
        Rectangle::with_center(self.body.point((from + to) / 2.0, t + outwards * beyond), plate)
    }

    /// A line across the fish with its words on the middle, unless they would lie on the face or on other words.
    pub fn across(&mut self, screen: &mut Screen, ends: [Place; 2], words: &str, style: TextStyle, face: &Rectangle) {
        let [from, to] = ends.map(|p| Point::new(p.x.round() as i32, p.y.round() as i32));
        let plate = Rectangle::with_center((from + to) / 2, plate(words, style));
        let fits = f64::from(plate.size.height) * 2.5 < f64::from((to - from).x).hypot(f64::from((to - from).y));
        if fits && self.is_free(&plate) && face.intersection(&plate).is_zero_sized() {
            self.draw_line(screen, [from, to]);
            self.draw_words(screen, words, plate, style);
        }
    }

    fn is_free(&self, plate: &Rectangle) -> bool {
        let inside = self.picture.intersection(plate) == *plate;
        inside && self.occupied.iter().all(|o| o.intersection(plate).is_zero_sized())
    }

    fn moved_inside(&self, plate: Rectangle) -> Rectangle {
        let (low, room) = (self.picture.top_left, self.picture.size.saturating_sub(plate.size));
        let high = low + Point::new(room.width as i32, room.height as i32);
        Rectangle::new(plate.top_left.component_max(low).component_min(high), plate.size)
    }

    /// A line with a stroke across each end, pale in a dark rim: seen on paper as on a black ground.
    fn draw_line(&self, screen: &mut Screen, ends: [Point; 2]) {
        let [from, to] = ends;
        let step = to - from;
        let length = f64::from(step.x).hypot(f64::from(step.y)).max(1.0);
        let half = f64::from(2 * self.line + 3);
        let tick = Point::new(
            (-f64::from(step.y) / length * half).round() as i32,
            (f64::from(step.x) / length * half).round() as i32,
        );
        let strokes = [[from, to], [from - tick, from + tick], [to - tick, to + tick]];
        for (colour, width) in [(theme::GROUND, self.line + 2), (theme::TEXT, self.line)] {
            for [a, b] in strokes {
                screen.line(a, b, width, colour);
            }
        }
    }

    fn draw_words(&mut self, screen: &mut Screen, words: &str, plate: Rectangle, style: TextStyle) {
        screen.fill(plate, theme::GROUND);
        let left = plate.top_left.x + (plate.size.width - style.width(words)) as i32 / 2;
        let at = Point::new(left, style.middle_baseline(plate));
        screen.text(words, at, plate.size.width, style, theme::TEXT, theme::GROUND);
        self.occupied.push(plate);
    }
}

fn plate(words: &str, style: TextStyle) -> embedded_graphics::geometry::Size {
    let pad = (style.capital() * 2 / 5).max(2);
    embedded_graphics::geometry::Size::new(style.width(words) + 2 * pad, style.capital() + 2 * pad)
}
