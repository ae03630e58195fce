//! A screen as a list of what is on it, which can be read (by tests) and painted (by anything that embedded-graphics draws on).

use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::{DrawTarget, DrawTargetExt};
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::primitives::{
    Circle, Line, Primitive, PrimitiveStyle, PrimitiveStyleBuilder, Rectangle, StrokeAlignment,
};

use super::icon::Icon;
use super::picture::PictureLayer;
use super::text::{Coverage, TextStyle};
use super::theme;

/// Something on the screen.
#[derive(Debug, Clone)]
pub enum Item<'a> {
    /// A filled rectangle.
    Fill {
        /// Where.
        area: Rectangle,
        /// Its colour.
        colour: Rgb888,
    },
    /// A line of text.
    Text {
        /// The words, shortened to what has room.
        words: String,
        /// Left end of the baseline.
        at: Point,
        /// Typeface and size.
        style: TextStyle,
        /// Colour of the text.
        colour: Rgb888,
        /// Colour behind it.
        on: Rgb888,
    },
    /// An icon.
    Icon {
        /// Which.
        icon: Icon,
        /// A square.
        area: Rectangle,
        /// Colour of the icon.
        colour: Rgb888,
        /// Colour behind it.
        on: Rgb888,
    },
    /// A straight line.
    Line {
        /// One end.
        from: Point,
        /// The other end.
        to: Point,
        /// Pixels across.
        width: u32,
        /// Its colour.
        colour: Rgb888,
    },
    /// A landmark: a pale dot in a dark rim.
    Dot {
        /// Its middle.
        at: Point,
        /// With the rim.
        diameter: u32,
    },
    /// A picture with its annotations.
    Picture {
        /// Where; has the picture's aspect.
        area: Rectangle,
        /// The picture.
        layer: PictureLayer<'a>,
    },
}

impl Item<'_> {
    /// The rectangle that the item may touch.
    pub fn bounds(&self) -> Rectangle {
        match self {
            Self::Fill { area, .. } | Self::Icon { area, .. } | Self::Picture { area, .. } => *area,
            Self::Text { words, at, style, .. } => style.bounds(words, *at),
            Self::Line { from, to, width, .. } => {
                let rim = Point::new_equal(*width as i32);
                Rectangle::with_corners(from.component_min(*to) - rim, from.component_max(*to) + rim)
            }
            Self::Dot { at, diameter } => Rectangle::with_center(*at, Size::new_equal(*diameter)),
        }
    }
}

/// Everything on a screen, from below.
#[derive(Debug, Clone)]
pub struct Screen<'a> {
    size: Size,
    items: Vec<Item<'a>>,
}

impl<'a> Screen<'a> {
    /// An empty screen.
    pub(crate) fn new(size: Size) -> Self {
        Self {
            size,
            items: Vec::new(),
        }
    }

    /// What is on it, from below.
    pub fn items(&self) -> &[Item<'a>] {
        &self.items
    }

    /// All lines of text, in the order in which they are painted.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match item {
            Item::Text { words, .. } => Some(words.as_str()),
            _ => None,
        })
    }

    /// Paints everything.
    ///
    /// # Errors
    /// The target's own.
    pub fn paint<D>(&self, target: &mut D) -> Result<(), D::Error>
    where
        D: DrawTarget<Color = Rgb888>,
    {
        let whole = Rectangle::new(Point::zero(), self.size);
        let mut target = target.clipped(&whole);
        for item in &self.items {
            match item {
                Item::Fill { area, colour } => target.fill_solid(area, *colour)?,
                Item::Text {
                    words,
                    style,
                    colour,
                    on,
                    ..
                } => paint_ink(
                    &mut target,
                    item.bounds().top_left,
                    &style.coverage(words),
                    *colour,
                    *on,
                )?,
                Item::Icon { icon, area, colour, on } => paint_ink(
                    &mut target,
                    area.top_left,
                    &icon.coverage(area.size.width),
                    *colour,
                    *on,
                )?,
                Item::Line {
                    from,
                    to,
                    width,
                    colour,
                } => Line::new(*from, *to)
                    .into_styled(PrimitiveStyle::with_stroke(*colour, *width))
                    .draw(&mut target)?,
                Item::Dot { at, diameter } => {
                    let style = PrimitiveStyleBuilder::new()
                        .fill_color(theme::TEXT)
                        .stroke_color(theme::GROUND)
                        .stroke_width(1 + diameter / 6)
                        .stroke_alignment(StrokeAlignment::Inside)
                        .build();
                    Circle::with_center(*at, *diameter)
                        .into_styled(style)
                        .draw(&mut target)?;
                }
                Item::Picture { area, layer } => {
                    let shown = layer.render(crate::frame::Size::new(area.size.width, area.size.height));
                    let colours = shown.pixels().map(|p| Rgb888::new(p[0], p[1], p[2]));
                    target.fill_contiguous(area, colours)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn fill(&mut self, area: Rectangle, colour: Rgb888) {
        if !area.is_zero_sized() {
            self.items.push(Item::Fill { area, colour });
        }
    }

    pub(super) fn icon(&mut self, icon: Icon, area: Rectangle, colour: Rgb888, on: Rgb888) {
        if !area.is_zero_sized() {
            self.items.push(Item::Icon { icon, area, colour, on });
        }
    }

    pub(crate) fn line(&mut self, from: Point, to: Point, width: u32, colour: Rgb888) {
        self.items.push(Item::Line {
            from,
            to,
            width,
            colour,
        });
    }

    pub(super) fn dot(&mut self, at: Point, diameter: u32) {
        self.items.push(Item::Dot { at, diameter });
    }

    pub(crate) fn picture(&mut self, area: Rectangle, layer: PictureLayer<'a>) {
        if !area.is_zero_sized() {
            self.items.push(Item::Picture { area, layer });
        }
    }

    /// A line of text, shortened to `width` columns; its baseline's left end at `at`.
    pub(crate) fn text(&mut self, words: &str, at: Point, width: u32, style: TextStyle, colour: Rgb888, on: Rgb888) {
        let words = style.shortened(words, width).into_owned();
        if !words.is_empty() {
            self.items.push(Item::Text {
                words,
                at,
                style,
                colour,
                on,
            });
        }
    }

    /// A line of text that ends at `at`.
    pub(crate) fn text_to(&mut self, words: &str, at: Point, width: u32, style: TextStyle, colour: Rgb888, on: Rgb888) {
        let words = style.shortened(words, width);
        let left = at - Point::new(style.width(&words) as i32, 0);
        self.text(&words, left, width, style, colour, on);
    }
}

/// Paints ink of one colour on a ground of another.
fn paint_ink<D>(target: &mut D, at: Point, coverage: &Coverage, colour: Rgb888, on: Rgb888) -> Result<(), D::Error>
where
    D: DrawTarget<Color = Rgb888>,
{
    let mixed = |ink: u8| {
        let mix =
            |a: u8, b: u8| ((u32::from(a) * u32::from(ink) + u32::from(b) * (255 - u32::from(ink)) + 127) / 255) as u8;
        Rgb888::new(
            mix(colour.r(), on.r()),
            mix(colour.g(), on.g()),
            mix(colour.b(), on.b()),
        )
    };
    let width = coverage.size.width.max(1) as usize;
    let pixels = coverage.ink.iter().enumerate().filter(|(_, ink)| **ink > 0);
    target.draw_iter(pixels.map(|(i, ink)| {
        let place = Point::new((i % width) as i32, (i / width) as i32);
        Pixel(at + place, mixed(*ink))
    }))
}
