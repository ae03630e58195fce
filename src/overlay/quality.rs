//! The line below the picture that says whether it is good: a colour, the same as a symbol, and the words of what is wrong, the worst first.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Measures};
use super::screen::Screen;
use super::text::TextStyle;
use super::theme::Tone;
use crate::measure::quality::{Quality, Verdict};

/// Between complaints.
const DOT: &str = "  \u{b7}  ";

/// Cuts the line off the bottom of the picture's area and fills it; nothing where nothing was judged, and on the smallest displays where all is well.
pub(super) fn compose(screen: &mut Screen, quality: &Quality, picture: &mut Rectangle, measures: &Measures) {
    let worst = quality.worst();
    let (tone, icon) = match worst {
        Verdict::Unknown => return,
        Verdict::Good => (Tone::Good, Icon::Check),
        Verdict::Doubtful => (Tone::Warning, Icon::Attention),
        Verdict::Bad => (Tone::Error, Icon::Cross),
    };
    let is_tiny = measures.panel == 0;
    if is_tiny && worst == Verdict::Good {
        return;
    }
    let style = TextStyle::new(Face::Bold, measures.detail * 11 / 10);
    let height = (style.capital() * 2).min(picture.size.height / 3);
    let line = layout::take_bottom(picture, height);
    let gap = if is_tiny { 0 } else { measures.margin / 2 };
    layout::take_bottom(picture, gap);
    screen.fill(line, tone.ground());
    let mut row = line;
    let pad = style.capital() / 2;
    layout::take_left(&mut row, pad);
    layout::take_right(&mut row, pad);
    let side = style.capital() * 3 / 2;
    let square = layout::centred_square(layout::take_left(&mut row, side), side);
    screen.icon(icon, square, tone.text(), tone.ground());
    layout::take_left(&mut row, pad);
    let words = words(quality, |words| style.width(words) <= row.size.width);
    let at = Point::new(row.top_left.x, style.middle_baseline(row));
    screen.text(&words, at, row.size.width, style, tone.text(), tone.ground());
}

/// The complaints that have room, and how many more there are.
fn words(quality: &Quality, fits: impl Fn(&str) -> bool) -> String {
    let complaints: Vec<&str> = quality
        .with(Verdict::Bad)
        .chain(quality.with(Verdict::Doubtful))
        .map(|check| check.words.as_str())
        .collect();
    let Some((worst, others)) = complaints.split_first() else {
        return "Picture is good".to_owned();
    };
    let worst = capitalized(worst);
    let shown = |count: usize| {
        let mut words = worst.clone();
        for other in &others[..count] {
            words.push_str(DOT);
            words.push_str(other);
        }
        match others.len() - count {
            0 => words,
            more => format!("{words}  +{more}"),
        }
    };
    let fitting = (0..=others.len()).rev().map(shown).find(|words| fits(words));
    // The worst alone is shortened where even it has no room.
    fitting.unwrap_or(worst)
}

fn capitalized(words: &str) -> String {
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::quality::{Check, CheckName};

    fn quality(outcomes: &[(CheckName, Verdict, &str)]) -> Quality {
        let check = |(name, verdict, words): &(CheckName, Verdict, &str)| Check {
            name: *name,
            value: None,
            unit: String::new(),
            caution: None,
            limit: None,
            verdict: *verdict,
            words: (*words).to_owned(),
        };
        Quality {
            checks: outcomes.iter().map(check).collect(),
            ..Quality::default()
        }
    }

    #[test]
    fn the_worst_comes_first_and_what_has_no_room_is_counted() {
        let three = quality(&[
            (CheckName::FishCount, Verdict::Good, "one fish"),
            (CheckName::Tilt, Verdict::Doubtful, "slightly tilted"),
            (CheckName::Focus, Verdict::Bad, "out of focus"),
            (CheckName::Label, Verdict::Bad, "no label"),
        ]);
        let within = |most: usize| words(&three, |words| words.chars().count() <= most);
        assert_eq!(within(99), "Out of focus  ·  no label  ·  slightly tilted");
        assert_eq!(within(30), "Out of focus  ·  no label  +1");
        assert_eq!(within(16), "Out of focus  +2");
        assert_eq!(within(3), "Out of focus");
        let good = quality(&[(CheckName::Tilt, Verdict::Good, "level")]);
        assert_eq!(words(&good, |_| true), "Picture is good");
    }
}
