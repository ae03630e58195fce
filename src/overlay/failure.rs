//! Something is wrong: the whole screen says what, and what to do.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::layout::{self, Measures};
use super::screen::Screen;
use super::text::TextStyle;
use super::words::Message;

/// Icon, headline and cure below each other, in the middle of the height.
pub(super) fn compose(screen: &mut Screen, message: &Message, area: Rectangle, measures: &Measures) {
    let (on, colour) = (message.tone.ground(), message.tone.text());
    let area = layout::inset(area, 2 * measures.margin);
    let width = area.size.width;
    let headline =
        TextStyle::new(Face::Bold, measures.headline * 5 / 4).fitted(&message.headline, width, measures.detail);
    let headlines = headline.wrapped(&message.headline, width, 2);
    let cure = TextStyle::new(Face::Regular, measures.detail * 11 / 10);

    let headline_rows = headlines.len() as u32 * headline.line_height() + measures.margin;
    let icon = measures.icon * 5 / 4;
    let with_icon = area.size.height >= icon + headline_rows + 3 * cure.line_height();
    let above = if with_icon { icon + measures.margin } else { 0 };
    let room = area.size.height.saturating_sub(above + headline_rows + cure.capital());
    let cures = cure.wrapped(message.detail.words(), width, (room / cure.line_height()) as usize);

    let height = above + headline_rows + cures.len() as u32 * cure.line_height();
    let mut rest = area;
    layout::take_top(&mut rest, area.size.height.saturating_sub(height) / 2);
    if with_icon {
        let row = layout::take_top(&mut rest, icon);
        let square = Rectangle::new(row.top_left, embedded_graphics::geometry::Size::new(icon, icon));
        screen.icon(message.icon, square, colour, on);
        layout::take_top(&mut rest, measures.margin);
    }
    for line in &headlines {
        let row = layout::take_top(&mut rest, headline.line_height());
        let at = Point::new(row.top_left.x, headline.middle_baseline(row));
        screen.text(line, at, width, headline, colour, on);
    }
    layout::take_top(&mut rest, measures.margin);
    for line in &cures {
        let row = layout::take_top(&mut rest, cure.line_height());
        let at = Point::new(row.top_left.x, cure.middle_baseline(row));
        screen.text(line, at, width, cure, message.tone.second_text(), on);
    }
}
