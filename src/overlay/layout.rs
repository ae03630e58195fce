//! Where the parts of the screen go: one set of measures for each size class.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use crate::frame::Size;

/// Displays of about the same size share their measures; what a display has beyond them goes to the live picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeClass {
    /// Too small for more than picture and state.
    Tiny,
    /// From 320x240: a 2.8 inch panel.
    Small,
    /// From 800x480: the usual 7 inch panel.
    Panel,
    /// From 1280x720.
    Desk,
    /// From 1920x1080.
    Wall,
}

/// Measures of a size class in pixels; sizes of text are heights of capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// Between parts and at the edges.
    pub margin: u32,
    /// Height of the strip on top; 0 for none.
    pub strip: u32,
    /// Text in the strip.
    pub strip_text: u32,
    /// Height of the bar with the state.
    pub bar: u32,
    /// The few words of the state.
    pub headline: u32,
    /// The sentence below them.
    pub detail: u32,
    /// Side of the state's icon.
    pub icon: u32,
    /// Least width of the panel with the legend; 0 for none. It takes half as much again where the picture does not need it.
    pub panel: u32,
    /// Whether the rates are in the strip rather than in the panel.
    pub rates_in_strip: bool,
    /// Names of traits.
    pub legend_text: u32,
    /// Largest distance between two lines of the legend.
    pub legend_row: u32,
    /// Rates and what else may be small.
    pub small_text: u32,
    /// Width of the outlines of traits.
    pub outline: u32,
}

impl SizeClass {
    /// The largest class whose sides fit, whichever way the display is turned.
    pub fn of(size: Size) -> Self {
        let (long, short) = (size.width.max(size.height), size.width.min(size.height));
        match (long, short) {
            (1920.., 1080..) => Self::Wall,
            (1280.., 720..) => Self::Desk,
            (800.., 480..) => Self::Panel,
            (320.., 240..) => Self::Small,
            _ => Self::Tiny,
        }
    }

    /// The measures for a display of that size in this class: an upright one has room below the picture.
    pub fn measures_for(self, size: Size) -> Measures {
        let mut measures = self.measures();
        if size.height > size.width && self != Self::Tiny && self != Self::Small {
            measures.rates_in_strip = false;
            measures.bar = measures.bar * 4 / 3;
        }
        measures
    }

    fn measures(self) -> Measures {
        match self {
            Self::Tiny => Measures {
                margin: 2,
                strip: 0,
                strip_text: 8,
                bar: 16,
                headline: 10,
                detail: 8,
                icon: 10,
                panel: 0,
                rates_in_strip: true,
                legend_text: 8,
                legend_row: 11,
                small_text: 8,
                outline: 1,
            },
            Self::Small => Measures {
                margin: 4,
                strip: 14,
                strip_text: 8,
                bar: 56,
                headline: 20,
                detail: 10,
                icon: 36,
                panel: 108,
                rates_in_strip: true,
                legend_text: 8,
                legend_row: 12,
                small_text: 8,
                outline: 1,
            },
            Self::Panel => Measures {
                margin: 10,
                strip: 30,
                strip_text: 12,
                bar: 108,
                headline: 40,
                detail: 23,
                icon: 76,
                panel: 232,
                rates_in_strip: true,
                legend_text: 17,
                legend_row: 34,
                small_text: 10,
                outline: 1,
            },
            Self::Desk => Measures {
                margin: 14,
                strip: 42,
                strip_text: 16,
                bar: 150,
                headline: 56,
                detail: 32,
                icon: 104,
                panel: 344,
                rates_in_strip: false,
                legend_text: 21,
                legend_row: 42,
                small_text: 14,
                outline: 2,
            },
            Self::Wall => Measures {
                margin: 20,
                strip: 60,
                strip_text: 22,
                bar: 214,
                headline: 80,
                detail: 46,
                icon: 150,
                panel: 512,
                rates_in_strip: false,
                legend_text: 31,
                legend_row: 62,
                small_text: 20,
                outline: 2,
            },
        }
    }
}

/// The parts of the screen; a part that has no room is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Station, operator, note, clock; or what deserves attention.
    pub strip: Rectangle,
    /// The live picture.
    pub picture: Rectangle,
    /// What was found: regions, traits, rates.
    pub panel: Rectangle,
    /// The state.
    pub bar: Rectangle,
}

impl Layout {
    /// The parts on a display of that size while the station runs; `picture` is the size of the live picture.
    pub fn running(size: Size, measures: &Measures, picture: Option<Size>) -> Self {
        let m = measures.margin;
        let (strip, mut rest) = Self::below_strip(size, measures);
        let bar = take_bottom(&mut rest, measures.bar.min(size.height / 2));
        let mut rest = inset(rest, m);
        let panel = if measures.panel == 0 {
            Rectangle::zero()
        } else if size.width >= size.height {
            let needed = picture.map_or(rest.size.width, |p| fitted(p, rest).size.width);
            let spare = rest.size.width.saturating_sub(needed + m);
            let panel = take_right(&mut rest, spare.clamp(measures.panel, measures.panel * 3 / 2));
            take_right(&mut rest, m);
            panel
        } else {
            // Upright: a picture of 3:2 above, the panel below.
            let spare = rest.size.height.saturating_sub(rest.size.width * 2 / 3 + m);
            let below = spare.max(measures.panel);
            let panel = take_bottom(&mut rest, below);
            take_bottom(&mut rest, m);
            panel
        };
        Self {
            strip,
            picture: rest,
            panel,
            bar,
        }
    }

    /// The parts while something is wrong: the state takes all but the strip and, where there is one, a small picture.
    pub fn wrong(size: Size, measures: &Measures, picture: Option<Size>) -> Self {
        let (strip, mut rest) = Self::below_strip(size, measures);
        let picture = picture.filter(|_| measures.panel > 0).map_or(Rectangle::zero(), |_| {
            let place = if size.width >= size.height {
                take_right(&mut rest, size.width * 2 / 5)
            } else {
                take_bottom(&mut rest, size.height * 3 / 10)
            };
            inset(place, 2 * measures.margin)
        });
        Self {
            strip,
            picture,
            panel: Rectangle::zero(),
            bar: rest,
        }
    }

    fn below_strip(size: Size, measures: &Measures) -> (Rectangle, Rectangle) {
        let mut rest = part(Point::zero(), size.width, size.height);
        let strip = take_top(&mut rest, measures.strip);
        (strip, rest)
    }
}

/// Cuts rows off the top of `area` and returns them.
pub fn take_top(area: &mut Rectangle, rows: u32) -> Rectangle {
    let rows = rows.min(area.size.height);
    let taken = part(area.top_left, area.size.width, rows);
    area.top_left.y += rows as i32;
    area.size.height -= rows;
    taken
}

/// Cuts rows off the bottom of `area` and returns them.
pub fn take_bottom(area: &mut Rectangle, rows: u32) -> Rectangle {
    let rows = rows.min(area.size.height);
    area.size.height -= rows;
    part(
        area.top_left + Point::new(0, area.size.height as i32),
        area.size.width,
        rows,
    )
}

/// Cuts columns off the left of `area` and returns them.
pub fn take_left(area: &mut Rectangle, columns: u32) -> Rectangle {
    let columns = columns.min(area.size.width);
    let taken = part(area.top_left, columns, area.size.height);
    area.top_left.x += columns as i32;
    area.size.width -= columns;
    taken
}

/// Cuts columns off the right of `area` and returns them.
pub fn take_right(area: &mut Rectangle, columns: u32) -> Rectangle {
    let columns = columns.min(area.size.width);
    area.size.width -= columns;
    part(
        area.top_left + Point::new(area.size.width as i32, 0),
        columns,
        area.size.height,
    )
}

/// `area` less `margin` on each side.
pub fn inset(area: Rectangle, margin: u32) -> Rectangle {
    let (columns, rows) = (margin.min(area.size.width / 2), margin.min(area.size.height / 2));
    part(
        area.top_left + Point::new(columns as i32, rows as i32),
        area.size.width - 2 * columns,
        area.size.height - 2 * rows,
    )
}

/// A square of `side` pixels in the middle of `area`, smaller where it would not fit.
pub fn centred_square(area: Rectangle, side: u32) -> Rectangle {
    let side = side.min(area.size.width).min(area.size.height);
    part(
        area.top_left
            + Point::new(
                (area.size.width - side) as i32 / 2,
                (area.size.height - side) as i32 / 2,
            ),
        side,
        side,
    )
}

/// The largest rectangle of the aspect of `picture` in the middle of `area`; empty where either is.
pub fn fitted(picture: Size, area: Rectangle) -> Rectangle {
    let (width, height) = (u64::from(area.size.width), u64::from(area.size.height));
    if picture.pixels() == 0 || width * height == 0 {
        return part(area.top_left, 0, 0);
    }
    let (across, down) = (u64::from(picture.width), u64::from(picture.height));
    let nearest = |a: u64, b: u64| ((a + b / 2) / b).max(1);
    let (columns, rows) = if width * down <= height * across {
        (width, nearest(width * down, across).min(height))
    } else {
        (nearest(height * across, down).min(width), height)
    };
    part(
        area.top_left + Point::new((width - columns) as i32 / 2, (height - rows) as i32 / 2),
        columns as u32,
        rows as u32,
    )
}

fn part(top_left: Point, width: u32, height: u32) -> Rectangle {
    Rectangle::new(top_left, embedded_graphics::geometry::Size::new(width, height))
}
