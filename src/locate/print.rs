//! Print: thin strokes, dark on bright or bright on dark.

use super::plane::Plane;
use super::reduced::Reduced;
use super::sheets::Sheet;

/// Widest stroke is twice this and one, in pixels of the small copy.
pub const STROKE_RADIUS: usize = 3;

/// Least contrast of ink, in levels.
pub const INK: u8 = 16;

/// Where thin strokes are: the step in brightness between each pixel and what surrounds it.
pub struct Strokes {
    /// Strokes darker than what surrounds them: ink on paper.
    pub dark: Plane<u8>,
    /// Strokes of either kind; a black ruler has white print.
    pub any: Plane<u8>,
}

impl Strokes {
    /// Finds the strokes of a picture.
    pub fn of(picture: &Reduced) -> Self {
        // Red and blue print show best in different channels; the darkest channel holds both.
        let [red, green, blue] = &picture.channels;
        let darkest = red.with(green, u8::min).with(blue, u8::min);
        let (closed, opened) = (darkest.closed(STROKE_RADIUS), darkest.opened(STROKE_RADIUS));
        // Closing never makes a pixel darker, and opening never brighter.
        let dark = closed.with(&darkest, u8::wrapping_sub);
        let bright = darkest.with(&opened, u8::wrapping_sub);
        let any = dark.with(&bright, u8::max);
        Self { dark, any }
    }

    /// Share of a sheet's pixels that are strokes; its rim is left out, since its edge is a stroke too.
    pub fn share(&self, sheet: &Sheet) -> f32 {
        let bounds = sheet.tilted.bounds(self.any.size());
        let (mut ink, mut all) = (0, 0);
        for y in bounds.top as usize..bounds.bottom as usize {
            for x in bounds.left as usize..bounds.right as usize {
                if sheet.holds(x, y, -4.0) {
                    all += 1;
                    ink += u32::from(self.any.at(x, y) >= INK);
                }
            }
        }
        ink as f32 / all.max(1) as f32
    }
}
