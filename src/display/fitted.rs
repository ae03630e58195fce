//! The station's canvas on a screen that is mounted turned, or that has more pixels than are wanted.

use super::{Canvas, Display, DisplayError, DisplayEvent};
use crate::frame::Size;

/// By how much a picture is turned, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// Not at all.
    #[default]
    None,
    /// A quarter clockwise.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarters clockwise, one quarter counter-clockwise.
    ThreeQuarters,
}

impl Rotation {
    /// From degrees clockwise: 0, 90, 180 or 270.
    pub fn from_degrees(degrees: u32) -> Option<Self> {
        match degrees {
            0 => Some(Self::None),
            90 => Some(Self::Quarter),
            180 => Some(Self::Half),
            270 => Some(Self::ThreeQuarters),
            _ => None,
        }
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        matches!(self, Self::Quarter | Self::ThreeQuarters)
    }

    /// A size after turning.
    pub fn turned(self, size: Size) -> Size {
        if self.swaps_sides() {
            Size::new(size.height, size.width)
        } else {
            size
        }
    }
}

/// How the canvas lies on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FitSettings {
    /// By how much the picture is turned on the screen; default not at all.
    pub rotation: Rotation,
    /// Columns and rows that are drawn, magnified by the largest whole number that fits, in the middle of black. Default: all of the screen's.
    pub size: Option<Size>,
}

/// Where each pixel of a canvas goes on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placement {
    canvas: Size,
    screen: Size,
    rotation: Rotation,
    /// Screen pixels for each canvas pixel, in each direction.
    factor: u32,
    /// Upper left corner of the picture on the screen.
    left: u32,
    top: u32,
}

impl Placement {
    /// `None` where the canvas is larger than the screen.
    pub(super) fn new(fit: FitSettings, screen: Size) -> Option<Self> {
        let upright = fit.rotation.turned(screen);
        let canvas = fit.size.unwrap_or(upright);
        let factor = (upright.width / canvas.width.max(1)).min(upright.height / canvas.height.max(1));
        if factor == 0 {
            return None;
        }
        let shown = fit
            .rotation
            .turned(Size::new(canvas.width * factor, canvas.height * factor));
        Some(Self {
            canvas,
            screen,
            rotation: fit.rotation,
            factor,
            left: (screen.width - shown.width) / 2,
            top: (screen.height - shown.height) / 2,
        })
    }

    fn changes_nothing(&self) -> bool {
        self.canvas == self.screen && self.rotation == Rotation::None
    }

    /// Draws `canvas` where it belongs on `screen`; the rest is left alone. Both have the sizes that this was made for.
    pub(super) fn place(&self, canvas: &Canvas, screen: &mut Canvas) {
        let (width, height) = (self.canvas.width as usize, self.canvas.height as usize);
        // The canvas pixel of the picture's first row and column, and the steps to the next column and to the next row.
        let (start, column_step, row_step) = match self.rotation {
            Rotation::None => (0, 1, width as isize),
            Rotation::Quarter => ((height - 1) * width, -(width as isize), 1),
            Rotation::Half => (height * width - 1, -1, -(width as isize)),
            Rotation::ThreeQuarters => (width - 1, width as isize, -1),
        };
        let shown = self.rotation.turned(self.canvas);
        let factor = self.factor as usize;
        let span = self.left as usize * 3..(self.left as usize + shown.width as usize * factor) * 3;
        let pixels = canvas.picture().as_raw();
        let stride = self.screen.width as usize * 3;
        let first_row = self.top as usize * stride;
        let area = &mut screen.bytes_mut()[first_row..first_row + shown.height as usize * factor * stride];
        let mut row_start = start as isize;
        for rows in area.chunks_exact_mut(stride * factor) {
            let (first, copies) = rows.split_at_mut(stride);
            let mut at = row_start;
            for block in first[span.clone()].chunks_exact_mut(3 * factor) {
                let pixel = &pixels[at as usize * 3..][..3];
                for copy in block.chunks_exact_mut(3) {
                    copy.copy_from_slice(pixel);
                }
                at += column_step;
            }
            for copy in copies.chunks_exact_mut(stride) {
                copy[span.clone()].copy_from_slice(&first[span.clone()]);
            }
            row_start += row_step;
        }
    }
}

/// Turns and magnifies for another display.
struct Fitted<D> {
    display: D,
    placement: Placement,
    screen: Canvas,
}

/// The display behind a fit; the display itself where there is nothing to turn or to magnify.
///
/// # Errors
/// [`DisplayError::DoesNotFit`].
pub(super) fn fitted<D: Display + 'static>(display: D, fit: FitSettings) -> Result<Box<dyn Display>, DisplayError> {
    let size = display.size();
    let Some(placement) = Placement::new(fit, size) else {
        return Err(DisplayError::DoesNotFit {
            display: display.name(),
            wanted: fit.size.unwrap_or(size),
            available: fit.rotation.turned(size),
            turned: fit.rotation.swaps_sides(),
        });
    };
    if placement.changes_nothing() {
        return Ok(Box::new(display));
    }
    Ok(Box::new(Fitted {
        display,
        placement,
        screen: Canvas::new(size),
    }))
}

impl<D: Display> Display for Fitted<D> {
    fn name(&self) -> String {
        self.display.name()
    }

    fn size(&self) -> Size {
        self.placement.canvas
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        self.placement.place(canvas, &mut self.screen);
        self.display.show(&self.screen)
    }

    fn events(&mut self) -> Vec<DisplayEvent> {
        self.display.events()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::MemoryDisplay;
    use proptest::prelude::*;

    /// A canvas in which each pixel is another.
    fn counted(size: Size) -> Canvas {
        let mut n = 0u32;
        let mut canvas = Canvas::new(size);
        for byte in canvas.bytes_mut().chunks_exact_mut(3) {
            n += 1;
            byte.copy_from_slice(&n.to_le_bytes()[..3]);
        }
        canvas
    }

    /// The same pixel by pixel: magnified and put on black as the operator sees it, then the whole turned by quarters.
    fn slowly(canvas: &Canvas, rotation: Rotation, screen: Size) -> Canvas {
        let upright = rotation.turned(screen);
        let size = canvas.size();
        let factor = (1..).take_while(|f| f * size.width <= upright.width && f * size.height <= upright.height);
        let factor = factor.last().unwrap();
        let spare = Size::new(
            upright.width - factor * size.width,
            upright.height - factor * size.height,
        );
        // Half of an odd rest goes to the screen's own upper left, whichever corner of the upright picture that is.
        let before = |spare: u32, is_reversed: bool| if is_reversed { spare - spare / 2 } else { spare / 2 };
        let (x_reversed, y_reversed) = match rotation {
            Rotation::None => (false, false),
            Rotation::Quarter => (false, true),
            Rotation::Half => (true, true),
            Rotation::ThreeQuarters => (true, false),
        };
        let mut seen = image::RgbImage::new(upright.width, upright.height);
        for y in 0..factor * size.height {
            for x in 0..factor * size.width {
                let pixel = *canvas.picture().get_pixel(x / factor, y / factor);
                seen.put_pixel(
                    before(spare.width, x_reversed) + x,
                    before(spare.height, y_reversed) + y,
                    pixel,
                );
            }
        }
        Canvas::from(match rotation {
            Rotation::None => seen,
            Rotation::Quarter => image::imageops::rotate90(&seen),
            Rotation::Half => image::imageops::rotate180(&seen),
            Rotation::ThreeQuarters => image::imageops::rotate270(&seen),
        })
    }

    proptest! {
        #[test]
        fn turning_and_magnifying_are_those_of_the_slow_way(
            degrees in prop::sample::select(vec![0u32, 90, 180, 270]),
            width in 1u32..40, height in 1u32..40, wanted_width in 1u32..40, wanted_height in 1u32..40, native: bool,
        ) {
            let rotation = Rotation::from_degrees(degrees).unwrap();
            let screen = Size::new(width, height);
            let upright = rotation.turned(screen);
            let size = (!native).then(|| Size::new(wanted_width.min(upright.width), wanted_height.min(upright.height)));
            let memory = MemoryDisplay::new(screen, 1);
            let mut display = fitted(memory.clone(), FitSettings { rotation, size }).unwrap();
            prop_assert_eq!(display.size(), size.unwrap_or(upright));
            let canvas = counted(display.size());
            display.show(&canvas).unwrap();
            let shown = memory.shown().pop().unwrap();
            prop_assert!(shown == slowly(&canvas, rotation, screen));
        }
    }

    #[test]
    fn a_canvas_larger_than_the_screen_is_refused_in_words() {
        let fit = FitSettings {
            rotation: Rotation::Quarter,
            size: Some(Size::new(320, 240)),
        };
        let refused = fitted(MemoryDisplay::new(Size::new(320, 240), 1), fit);
        let words = refused.err().unwrap().to_string();
        assert!(
            words.contains("320x240") && words.contains("240x320, turned") && words.contains("\"auto\""),
            "{words}"
        );
    }
}
