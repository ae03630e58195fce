//! The screen of a running station: strip, picture, panel, bar.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::icon::Icon;
use super::layout::{self, Layout, Measures, SizeClass};
use super::picture::PictureLayer;
use super::screen::Screen;
use super::theme::{self, Tone};
use super::view::{State, View};
use super::{bar, failure, identity, loupe, measure_layer, panel, quality, strip, tags, words};
use crate::frame::Size;

/// The colours of the parts around the picture. All turn green for a moment when a record is saved.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    pub ground: Rgb888,
    pub panel: Rgb888,
    pub quiet: Rgb888,
}

impl Surroundings {
    const DARK: Self = Self {
        ground: theme::GROUND,
        panel: theme::PANEL,
        quiet: theme::QUIET,
    };

    fn of(tone: Tone) -> Self {
        Self {
            ground: tone.ground(),
            panel: tone.ground(),
            quiet: tone.second_text(),
        }
    }
}

/// Everything that is to be seen of a view on a display of that size.
pub fn compose(view: &View, size: Size) -> Screen<'_> {
    let measures = SizeClass::of(size).measures_for(size);
    let message = words::message(view);
    let picture_size = view.preview.as_ref().map(|p| Size::from(p.dimensions()));
    let whole = Rectangle::new(
        Point::zero(),
        embedded_graphics::geometry::Size::new(size.width, size.height),
    );
    let mut screen = Screen::new(whole.size);
    if message.tone == Tone::Error {
        let parts = Layout::wrong(size, &measures, picture_size);
        let around = Surroundings::of(Tone::Error);
        screen.fill(whole, around.ground);
        strip::compose(&mut screen, view, parts.strip, &measures, Surroundings::DARK);
        picture(&mut screen, view, parts.picture, &measures);
        failure::compose(&mut screen, &message, parts.bar, &measures);
        return screen;
    }
    let parts = Layout::running(size, &measures, picture_size);
    let just_saved = matches!(view.state, State::Saved { just_now: true, .. });
    let around = if just_saved {
        Surroundings::of(Tone::Good)
    } else {
        Surroundings::DARK
    };
    screen.fill(whole, around.ground);
    strip::compose(&mut screen, view, parts.strip, &measures, around);
    let mut place = parts.picture;
    identity::compose(&mut screen, &view.next_id, &mut place, &measures);
    if let Some(checked) = &view.quality {
        quality::compose(&mut screen, checked, &mut place, &measures);
    }
    picture(&mut screen, view, place, &measures);
    if just_saved {
        let mark = layout::centred_square(parts.panel, parts.panel.size.width * 9 / 10);
        screen.icon(Icon::Check, mark, theme::TEXT, around.ground);
    } else {
        panel::compose(&mut screen, view, parts.panel, &measures, around);
    }
    bar::compose(&mut screen, view, &message, parts.bar, &measures);
    screen
}

fn picture<'a>(screen: &mut Screen<'a>, view: &'a View, area: Rectangle, measures: &Measures) {
    let Some(preview) = &view.preview else {
        screen.fill(area, theme::BEHIND_PICTURE);
        let side = area.size.height / 3;
        screen.icon(
            Icon::Camera,
            layout::centred_square(area, side),
            theme::RULE,
            theme::BEHIND_PICTURE,
        );
        return;
    };
    let place = layout::fitted(preview.dimensions().into(), area);
    let layer = PictureLayer {
        picture: preview,
        annotations: &view.annotations,
        palette: view.palette,
        line: measures.outline,
        part: None,
    };
    screen.picture(place, layer);
    let mut words = tags::compose(screen, &view.annotations, place, measures);
    words.extend(measure_layer::compose(
        screen,
        &view.annotations,
        place,
        &words,
        measures,
    ));
    loupe::compose(screen, layer, place, &words, measures);
}
