//! Print: thin strokes, dark on bright or bright on dark.

use super::plane::Plane;
use super::reduced::Reduced;
use super::sheets::Sheet;

/// Widest stroke is twice this and one, in pixels of the small copy.
const STROKE_RADIUS: usize = 3;

/// Where thin strokes are: the step in brightness between each pixel and what surrounds it.
pub fn strokes(picture: &Reduced) -> Plane<u8> {
    // Red and blue print show best in different channels; the darkest channel holds both.
    let [red, green, blue] = &picture.channels;
    let darkest = Plane::from_fn(picture.size(), |x, y| {
        red.at(x, y).min(green.at(x, y)).min(blue.at(x, y))
    });
    let (closed, opened) = (darkest.closed(STROKE_RADIUS), darkest.opened(STROKE_RADIUS));
    Plane::from_fn(picture.size(), |x, y| {
        let here = darkest.at(x, y);
        (closed.at(x, y) - here).max(here - opened.at(x, y))
    })
}

/// Share of a sheet's pixels that are strokes of at least `contrast` levels; its rim is left out, since its edge is a stroke too.
pub fn share(strokes: &Plane<u8>, sheet: &Sheet, contrast: u8) -> f32 {
    let bounds = sheet.tilted.bounds(strokes.size());
    let (mut ink, mut all) = (0, 0);
    for y in bounds.top as usize..bounds.bottom as usize {
        for x in bounds.left as usize..bounds.right as usize {
            if sheet.holds(x, y, -4.0) {
                all += 1;
                ink += u32::from(strokes.at(x, y) >= contrast);
            }
        }
    }
    ink as f32 / all.max(1) as f32
}
