//! What happened in the epochs: a table and a picture.

use embedded_graphics::geometry::{Point, Size as Extent};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;
use serde::{Deserialize, Serialize};

use crate::display::Canvas;
use crate::frame::Size;
use crate::overlay::{Face, Screen, TextStyle};

/// What an epoch gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochScore {
    /// From 1.
    pub epoch: usize,
    /// Adam's rate.
    pub rate: f64,
    /// Mean Dice loss of the training pictures, altered and with channels dropped, while the network learnt.
    pub loss: f64,
    /// Mean Dice loss of the validation pictures.
    pub validation_loss: f64,
    /// Mean over the validation pictures of the reference's IoU.
    pub validation_iou: f64,
    /// How long it took.
    pub seconds: f64,
    /// No epoch before it had a higher IoU, nor the network that the training began with.
    pub best: bool,
}

/// The epochs as CSV.
pub(super) fn table(scores: &[EpochScore]) -> Vec<u8> {
    let mut text = String::from("epoch,rate,loss,validation_loss,validation_iou,seconds,best\n");
    for s in scores {
        text += &format!(
            "{},{},{:.6},{:.6},{:.6},{:.1},{}\n",
            s.epoch, s.rate, s.loss, s.validation_loss, s.validation_iou, s.seconds, s.best
        );
    }
    text.into_bytes()
}

const PAGE: Rgb888 = Rgb888::new(250, 250, 248);
const TEXT: Rgb888 = Rgb888::new(20, 22, 26);
const QUIET: Rgb888 = Rgb888::new(92, 98, 106);
const RULE: Rgb888 = Rgb888::new(216, 219, 222);
/// Blue and orange, which colour-blind eyes tell apart (Okabe and Ito 2008).
const TRAINING: Rgb888 = Rgb888::new(0, 114, 178);
const VALIDATION: Rgb888 = Rgb888::new(213, 94, 0);

const SIZE: Size = Size::new(1120, 480);
const MARGIN: u32 = 24;
/// Columns for the numbers left of a panel.
const NUMBERS: u32 = 52;
const HEAD: u32 = 108;
const FOOT: u32 = 48;

/// The curves as a PNG: losses at the left, IoU at the right. `start` is the IoU before the first epoch.
pub(super) fn picture(scores: &[EpochScore], start: f64, name: &str) -> Vec<u8> {
    let mut canvas = Canvas::new(SIZE);
    let screen = drawn(scores, start, name);
    let Ok(()) = screen.paint(&mut canvas);
    let mut png = std::io::Cursor::new(Vec::new());
    // Writing to memory does not fail.
    let _ = canvas.into_picture().write_to(&mut png, image::ImageFormat::Png);
    png.into_inner()
}

fn drawn(scores: &[EpochScore], start: f64, name: &str) -> Screen<'static> {
    let mut screen = Screen::new(Extent::new(SIZE.width, SIZE.height));
    screen.fill(rectangle(0, 0, SIZE.width, SIZE.height), PAGE);
    let bold = TextStyle::new(Face::Bold, 16);
    let room = SIZE.width - 2 * MARGIN;
    screen.text(
        &format!("Training of {name}"),
        point(MARGIN, MARGIN + 16),
        room,
        bold,
        TEXT,
        PAGE,
    );
    let best = scores.iter().rfind(|s| s.best);
    let words = match best {
        Some(best) => format!(
            "{} epochs; best: epoch {} with validation IoU {:.4} (before training {start:.4})",
            scores.len(),
            best.epoch,
            best.validation_iou
        ),
        None => format!(
            "{} epochs; none better than before training (validation IoU {start:.4})",
            scores.len()
        ),
    };
    screen.text(&words, point(MARGIN, MARGIN + 38), room, small(), QUIET, PAGE);

    let width = (SIZE.width - 2 * MARGIN - 2 * NUMBERS - MARGIN) / 2;
    let height = SIZE.height - HEAD - FOOT;
    let left = Panel {
        area: (MARGIN + NUMBERS, HEAD, width, height),
        epochs: scores.len(),
    };
    let right = Panel {
        area: (2 * MARGIN + 2 * NUMBERS + width, HEAD, width, height),
        epochs: scores.len(),
    };
    let curve = |of: fn(&EpochScore) -> f64| scores.iter().map(|s| (s.epoch, of(s))).collect::<Vec<_>>();
    let losses = [
        ("training loss", TRAINING, curve(|s| s.loss)),
        ("validation loss", VALIDATION, curve(|s| s.validation_loss)),
    ];
    left.draw(&mut screen, &losses, None);
    let mut ious = curve(|s| s.validation_iou);
    ious.insert(0, (0, start));
    right.draw(
        &mut screen,
        &[("validation IoU", VALIDATION, ious)],
        best.map(|b| (b.epoch, b.validation_iou)),
    );
    screen
}

/// What it is called, its colour, and its values by epoch.
type Curve<'a> = (&'a str, Rgb888, Vec<(usize, f64)>);

/// An area with an axis of epochs below and one of values at the left.
struct Panel {
    /// Left, top, width, height.
    area: (u32, u32, u32, u32),
    epochs: usize,
}

impl Panel {
    fn draw(&self, screen: &mut Screen, curves: &[Curve<'_>], mark: Option<(usize, f64)>) {
        let (left, top, width, height) = self.area;
        let values = curves.iter().flat_map(|(_, _, points)| points).map(|(_, value)| *value);
        let scale = Scale::over(values);
        let x = |epoch: usize| left + (width as usize * epoch / self.epochs.max(1)) as u32;
        let y = |value: f64| top + ((1.0 - scale.place(value)) * f64::from(height)).round() as u32;
        for value in scale.marks() {
            screen.fill(rectangle(left, y(value), width, 1), RULE);
            let words = scale.words(value);
            screen.text_to(&words, point(left - 8, y(value) + 4), NUMBERS, small(), QUIET, PAGE);
        }
        let every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
            .into_iter()
            .find(|n| self.epochs / n <= 8)
            .unwrap_or(5000);
        for epoch in (0..=self.epochs).step_by(every) {
            let words = epoch.to_string();
            let half = small().width(&words) / 2;
            screen.fill(rectangle(x(epoch), top + height, 1, 5), QUIET);
            screen.text(
                &words,
                point(x(epoch) - half.min(x(epoch)), top + height + 20),
                60,
                small(),
                QUIET,
                PAGE,
            );
        }
        screen.text_to(
            "epoch",
            point(left + width, top + height + 38),
            100,
            small(),
            QUIET,
            PAGE,
        );
        let mut legend = left;
        for (words, colour, points) in curves {
            for pair in points.windows(2) {
                let [(a, from), (b, to)] = pair else { continue };
                screen.line(point(x(*a), y(*from)), point(x(*b), y(*to)), 2, *colour);
            }
            if let [(epoch, value)] = points.as_slice() {
                screen.fill(rectangle(x(*epoch) - 2, y(*value) - 2, 5, 5), *colour);
            }
            screen.fill(rectangle(legend, top - 17, 14, 4), *colour);
            screen.text(words, point(legend + 20, top - 10), 200, small(), TEXT, PAGE);
            legend += 44 + small().width(words);
        }
        if let Some((epoch, value)) = mark {
            let (x, y) = (x(epoch), y(value));
            screen.fill(rectangle(x - 4, y - 4, 9, 9), VALIDATION);
            let words = format!("{value:.4}");
            let right = (x + 8 + small().width(&words)).min(left + width);
            // Above the mark, where the best of all leaves room.
            screen.text_to(&words, point(right, y - 9), 100, small(), TEXT, PAGE);
        }
    }
}

/// Round numbers around some values.
struct Scale {
    least: f64,
    step: f64,
    steps: usize,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let finite = values.filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Self {
                least: 0.0,
                step: 0.2,
                steps: 5,
            };
        }
        let wanted = ((high - low) / 5.0).max(1e-3);
        let power = 10f64.powf(wanted.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|n| n * power)
            .into_iter()
            .find(|s| *s >= wanted * 0.999)
            .unwrap_or(wanted);
        let least = (low / step).floor();
        Self {
            least: least * step,
            step,
            steps: (((high / step).ceil() - least) as usize).max(1),
        }
    }

    /// 0 at the lower end, 1 at the upper.
    fn place(&self, value: f64) -> f64 {
        ((value - self.least) / (self.step * self.steps as f64)).clamp(0.0, 1.0)
    }

    fn marks(&self) -> impl Iterator<Item = f64> {
        (0..=self.steps).map(|n| self.least + self.step * n as f64)
    }

    fn words(&self, value: f64) -> String {
        let places = (-self.step.log10().floor()).clamp(0.0, 4.0) as usize;
        format!("{value:.places$}")
    }
}

fn small() -> TextStyle {
    TextStyle::new(Face::Regular, 11)
}

fn point(x: u32, y: u32) -> Point {
    Point::new(x as i32, y as i32)
}

fn rectangle(left: u32, top: u32, width: u32, height: u32) -> Rectangle {
    Rectangle::new(point(left, top), Extent::new(width, height))
}

#[cfg(test)]
mod tests {
    use embedded_graphics::pixelcolor::RgbColor;

    use super::*;

    fn scores(count: usize) -> Vec<EpochScore> {
        let epoch = |n: usize| {
            let x = n as f64;
            EpochScore {
                epoch: n,
                rate: if n <= 26 { 1e-4 } else { 1e-5 },
                loss: 0.08 + 0.5 * (-x / 6.0).exp(),
                validation_loss: 0.11 + 0.45 * (-x / 5.0).exp() + 0.004 * (x * 1.7).sin(),
                validation_iou: 0.88 - 0.6 * (-x / 5.0).exp() + 0.006 * (x * 1.7).cos(),
                seconds: 240.0,
                best: n == count.min(40),
            }
        };
        (1..=count).map(epoch).collect()
    }

    /// Pictures to look at: FISHRIG_CURVES=folder cargo test --features train curves
    #[test]
    fn curves_are_drawn_for_any_number_of_epochs() {
        let folder = std::env::var_os("FISHRIG_CURVES").map(std::path::PathBuf::from);
        for count in [0, 1, 2, 7, 60, 120] {
            let png = picture(&scores(count), 0.21, "lite0-float");
            let seen = image::load_from_memory(&png).unwrap().to_rgb8();
            assert_eq!(Size::from(seen.dimensions()), SIZE);
            let ink = seen
                .pixels()
                .filter(|p| p.0 == [VALIDATION.r(), VALIDATION.g(), VALIDATION.b()])
                .count();
            assert_eq!(count > 0, ink > 200, "{count} epochs: {ink} pixels of curves");
            if let Some(folder) = &folder {
                std::fs::write(folder.join(format!("curves_{count}.png")), png).unwrap();
            }
        }
    }

    #[test]
    fn what_a_screen_says_is_within_it() {
        for count in [0, 1, 9, 120] {
            let screen = drawn(
                &scores(count),
                0.21,
                "a name that is much longer than any name of a network should ever be, to be cut off",
            );
            let whole = rectangle(0, 0, SIZE.width, SIZE.height);
            for item in screen.items() {
                assert_eq!(item.bounds().intersection(&whole), item.bounds(), "{item:?}");
            }
        }
    }

    #[test]
    fn the_table_has_a_line_for_each_epoch() {
        let text = String::from_utf8(table(&scores(3))).unwrap();
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().nth(1).unwrap().starts_with("1,0.0001,"), "{text}");
    }
}
