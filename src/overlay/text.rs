//! Measuring, shortening, wrapping and drawing text.

use std::borrow::Cow;

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;

use super::characters::shown;
use super::font::{Face, Glyph, Glyphs, SMALLEST_SMOOTH};

/// A typeface in a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    face: Face,
    capital: u32,
}

/// Rows above and below a baseline.
#[derive(Default, Clone, Copy)]
struct Reach {
    above: u32,
    below: u32,
}

/// How much of each pixel is covered by ink, 0 to 255; row by row.
pub(super) struct Coverage {
    pub size: Size,
    pub ink: Vec<u8>,
}

impl TextStyle {
    /// Text whose capitals are `capital` pixels high; below 10 they are 8, the smallest that can be read.
    pub fn new(face: Face, capital: u32) -> Self {
        Self {
            face,
            capital: if capital < SMALLEST_SMOOTH { 8 } else { capital },
        }
    }

    /// Height of a capital letter in pixels.
    pub fn capital(self) -> u32 {
        self.capital
    }

    /// The next smaller size, or `None` from the smallest.
    pub fn smaller(self) -> Option<Self> {
        (self.capital > 8).then(|| Self::new(self.face, self.capital - 1))
    }

    /// Pixels from one baseline to the next.
    pub fn line_height(self) -> u32 {
        match self.face {
            Face::Regular | Face::Bold => (self.capital * 3).div_ceil(2),
            // Strokes and brackets reach further than letters.
            Face::Mono => (self.capital * 9).div_ceil(5),
        }
    }

    /// Columns that the text takes.
    pub fn width(self, words: &str) -> u32 {
        let glyphs = self.glyphs();
        let scale = self.scale();
        let advance: f32 = shown(words).map(|c| glyphs.glyph(c).advance).sum();
        (advance * scale).ceil() as u32
    }

    /// The rectangle that the ink of a line with its baseline's left end at `at` may touch.
    pub fn bounds(self, words: &str, at: Point) -> Rectangle {
        let reach = self.reach(words);
        Rectangle::new(
            Point::new(at.x, at.y - reach.above as i32),
            Size::new(self.width(words), reach.above + reach.below),
        )
    }

    /// How far the words reach from the baseline; nothing below it without descenders.
    fn reach(self, words: &str) -> Reach {
        let scale = self.scale();
        let glyphs = self.glyphs();
        let whole = |rows: f32| (rows * scale).ceil().max(0.0) as u32;
        shown(words)
            .map(|c| glyphs.glyph(c))
            .fold(Reach::default(), |reach, glyph| Reach {
                above: reach.above.max(whole(-glyph.top as f32)),
                below: reach.below.max(whole(glyph.top as f32 + glyph.height as f32)),
            })
    }

    /// The baseline that puts capitals in the middle of a row.
    pub(super) fn middle_baseline(self, row: Rectangle) -> i32 {
        row.top_left.y + (row.size.height as i32 + self.capital as i32) / 2
    }

    /// The text if it fits into `width` columns, else as many of its characters as do with an ellipsis after them.
    pub fn shortened(self, words: &str, width: u32) -> Cow<'_, str> {
        if self.width(words) <= width {
            return Cow::Borrowed(words);
        }
        Cow::Owned(self.cut(words, width))
    }

    /// The text if it fits into `width` columns, else its beginning and its end with an ellipsis between them.
    pub fn shortened_in_the_middle(self, words: &str, width: u32) -> String {
        let ellipsis = self.width(ELLIPSIS);
        if self.width(words) <= width {
            return words.to_owned();
        }
        let room = width.saturating_sub(ellipsis);
        let end: Vec<char> = self.fitting(words.chars().rev(), room / 2);
        let end: String = end.into_iter().rev().collect();
        let start: String = self
            .fitting(words.chars(), room.saturating_sub(self.width(&end)))
            .into_iter()
            .collect();
        self.shortened(&format!("{start}{ELLIPSIS}{end}"), width).into_owned()
    }

    /// As many characters as fit before an ellipsis.
    fn cut(self, words: &str, width: u32) -> String {
        let ellipsis = self.width(ELLIPSIS);
        if ellipsis > width {
            return String::new();
        }
        let kept: String = self.fitting(words.chars(), width - ellipsis).into_iter().collect();
        format!("{}{ELLIPSIS}", kept.trim_end())
    }

    /// The first of the characters, as many as fit into `width` columns.
    fn fitting(self, characters: impl Iterator<Item = char>, width: u32) -> Vec<char> {
        let mut room = width as f32 / self.scale();
        let fits = |c: &char| {
            let advance: f32 = shown(c.encode_utf8(&mut [0; 4]))
                .map(|c| self.glyphs().glyph(c).advance)
                .sum();
            room -= advance;
            room >= 0.0
        };
        characters.take_while(fits).collect()
    }

    /// The text in lines of at most `width` columns, broken between words (within a word only where it is wider than a line), at most
    /// `lines` of them; what is left over is shown by an ellipsis.
    pub fn wrapped(self, text: &str, width: u32, lines: usize) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for paragraph in text.lines() {
            if out.len() > lines {
                break;
            }
            self.wrap_paragraph(paragraph, width, lines + 1, &mut out);
        }
        if out.len() > lines {
            out.truncate(lines);
            if let Some(last) = out.last_mut() {
                *last = self.cut(last, width);
            }
        }
        out
    }

    fn wrap_paragraph(self, paragraph: &str, width: u32, lines: usize, out: &mut Vec<String>) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&longer) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                out.push(std::mem::take(&mut line));
            }
            line = self.break_word(word, width, lines, out);
            if out.len() >= lines {
                return;
            }
        }
        out.push(line);
    }

    /// Pushes full lines of a word that is wider than a line and returns its rest.
    fn break_word(self, word: &str, width: u32, lines: usize, out: &mut Vec<String>) -> String {
        let mut line = String::new();
        for c in word.chars() {
            line.push(c);
            if self.width(&line) > width && line.chars().nth(1).is_some() {
                line.pop();
                out.push(std::mem::replace(&mut line, c.to_string()));
                if out.len() >= lines {
                    return String::new();
                }
            }
        }
        line
    }

    /// Lines as they stand, spaces kept, cut into pieces of `width` columns where they are longer; at most `lines` of them, an ellipsis for
    /// what is left over. For the monospaced face.
    pub fn pieces(self, text: &str, width: u32, lines: usize) -> Vec<String> {
        let in_a_line = (width / self.width("m").max(1)).max(1) as usize;
        let mut out = Vec::new();
        for line in text.lines() {
            let characters: Vec<char> = line.chars().collect();
            if characters.is_empty() {
                out.push(String::new());
            }
            out.extend(
                characters
                    .chunks(in_a_line)
                    .map(|piece| piece.iter().collect::<String>()),
            );
            if out.len() > lines {
                break;
            }
        }
        if out.len() > lines {
            out.truncate(lines);
            if let Some(last) = out.last_mut() {
                *last = self.cut(last, width);
            }
        }
        out
    }

    /// The largest style from this one down to `smallest` in which the text fits into `width` columns; `smallest` if none does.
    pub fn fitted(self, words: &str, width: u32, smallest: u32) -> Self {
        let mut style = self;
        while style.capital > smallest && style.width(words) > width {
            match style.smaller() {
                Some(smaller) => style = smaller,
                None => break,
            }
        }
        style
    }

    /// The ink of a line in the rectangle that [`Self::bounds`] gives.
    pub(super) fn coverage(self, words: &str) -> Coverage {
        let reach = self.reach(words);
        let size = Size::new(self.width(words), reach.above + reach.below);
        let mut coverage = Coverage {
            size,
            ink: vec![0; size.width as usize * size.height as usize],
        };
        let glyphs = self.glyphs();
        let mut pen = 0.0;
        for c in shown(words) {
            let glyph = glyphs.glyph(c);
            self.ink_glyph(glyph, (pen, reach.above as f32), &mut coverage);
            pen += glyph.advance * self.scale();
        }
        coverage
    }

    /// Adds one glyph with its origin at `pen`, column and row.
    fn ink_glyph(self, glyph: &Glyph, pen: (f32, f32), coverage: &mut Coverage) {
        let scale = self.scale();
        let left = pen.0 + glyph.left as f32 * scale;
        let top = pen.1 + glyph.top as f32 * scale;
        // Looking through a window of more than two font pixels rounds the font's steps; steepening makes the edge sharp again.
        let window = (1.0 / scale).max(if self.capital < SMALLEST_SMOOTH { 1.0 } else { 2.4 });
        let steepness = (window * scale / 1.2).max(1.0);
        let half = window / 2.0;
        let columns = pixels(left, glyph.width as f32 * scale, coverage.size.width);
        for y in pixels(top, glyph.height as f32 * scale, coverage.size.height) {
            let row = (y as f32 + 0.5 - top) / scale;
            for x in columns.clone() {
                let column = (x as f32 + 0.5 - left) / scale;
                let ink =
                    glyph.ink_between((column - half, row - half), (column + half, row + half)) / (window * window);
                let ink = ((ink - 0.5) * steepness + 0.5).clamp(0.0, 1.0);
                let pixel = &mut coverage.ink[y as usize * coverage.size.width as usize + x as usize];
                *pixel = (*pixel).max((ink * 255.0 + 0.5) as u8);
            }
        }
    }

    fn glyphs(self) -> &'static Glyphs {
        Glyphs::of(self.face, self.capital)
    }

    fn scale(self) -> f32 {
        if self.capital < SMALLEST_SMOOTH {
            1.0
        } else {
            self.capital as f32 / self.glyphs().capital
        }
    }
}

const ELLIPSIS: &str = "\u{2026}";

/// The pixels that `from..from + length` touches, inside `0..limit`.
fn pixels(from: f32, length: f32, limit: u32) -> std::ops::Range<u32> {
    let first = (from - 0.5).floor().max(0.0) as u32;
    let end = ((from + length + 0.5).ceil().max(0.0) as u32).min(limit);
    first..end.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STYLE: TextStyle = TextStyle {
        face: Face::Bold,
        capital: 20,
    };

    #[test]
    fn long_names_are_shortened_with_an_ellipsis() {
        let name = "Collection of Recent Fishes";
        assert_eq!(STYLE.shortened(name, 1000), name);
        let short = STYLE.shortened(name, 150);
        assert!(
            short.ends_with('…') && name.starts_with(short.trim_end_matches('…')),
            "{short}"
        );
        assert!(STYLE.width(&short) <= 150);
        assert_eq!(STYLE.shortened(name, 3), "");
    }

    #[test]
    fn long_ids_keep_their_end() {
        let id = "Field-Museum_Fishes_FMNH_000000123456789_left-side-2";
        let short = STYLE.shortened_in_the_middle(id, 300);
        assert!(
            STYLE.width(&short) <= 300 && short.starts_with("Field") && short.ends_with("side-2"),
            "{short}"
        );
        assert_eq!(STYLE.shortened_in_the_middle(id, 2000), id);
    }

    #[test]
    fn lines_break_between_words() {
        let lines = STYLE.wrapped("Change the disk, then press SPACE.\nNothing is lost.", 220, 9);
        assert_eq!(lines.join(" "), "Change the disk, then press SPACE. Nothing is lost.");
        assert!(
            lines.len() >= 3 && lines.iter().all(|l| STYLE.width(l) <= 220),
            "{lines:?}"
        );
        let two = STYLE.wrapped("Change the disk, then press SPACE.\nNothing is lost.", 220, 2);
        assert_eq!(two.len(), 2);
        assert!(two[1].ends_with('…'), "{two:?}");
    }

    #[test]
    fn a_character_that_no_font_has_is_seen_as_a_box() {
        for capital in [8, 20, 60] {
            let style = TextStyle::new(Face::Regular, capital);
            let ink: u64 = style.coverage("🐟").ink.iter().map(|i| u64::from(*i)).sum();
            assert!(ink > 255 * u64::from(capital), "{capital}");
        }
    }

    #[test]
    fn capitals_are_as_high_as_asked_for() {
        for face in [Face::Regular, Face::Bold, Face::Mono] {
            for capital in [8, 10, 13, 21, 42, 63, 100] {
                let style = TextStyle::new(face, capital);
                let coverage = style.coverage("H");
                let rows = coverage.ink.chunks_exact(coverage.size.width as usize);
                let high = rows.filter(|row| row.iter().any(|ink| *ink >= 64)).count() as i64;
                let off = high - i64::from(capital);
                assert!(off.abs() <= 1, "{face:?} {capital}: {high}");
            }
        }
    }

    proptest! {
        #[test]
        fn text_stays_within_the_width_given(text in "\\PC{0,40}", capital in 1u32..70, width in 0u32..400, lines in 1usize..5) {
            let style = TextStyle::new(Face::Regular, capital);
            prop_assert!(style.width(&style.shortened(&text, width)) <= width);
            prop_assert!(style.width(&style.shortened_in_the_middle(&text, width)) <= width);
            let wrapped = style.wrapped(&text, width, lines);
            prop_assert!(wrapped.len() <= lines);
            for line in &wrapped {
                prop_assert!(style.width(line) <= width || line.chars().count() == 1, "{:?}", line);
            }
            let coverage = style.coverage(&text);
            prop_assert_eq!(coverage.size.width, style.width(&text));
        }
    }
}
