//! From rows of ticks to the scale of the frame.

use image::RgbImage;

use super::ruler::{self, Read};
use super::{Distortion, Scale, ScaleMethod, TickRow};
use crate::frame::{PixelBox, Point};
use crate::measure::Measured;

/// What a printed or moulded ruler is wrong by, and what reading its ticks can't see: a share of the scale.
const PRINT: f64 = 0.001;
/// Usual change of the scale over a frame's width, by a camera that does not look quite straight down.
const USUAL_GROWTH: f64 = 0.02;
/// Growth over a frame's width that a bevel of 6 degrees feigns, where the camera is 1.2 frame widths away.
const BEVEL: f64 = 0.08;
/// Share of a growth that may be different far from the ruler.
const FAR: f64 = 0.3;

/// The scale that a ruler tells, in pixels that are free of `distortion`.
pub(super) fn from_ruler(picture: &RgbImage, part: PixelBox, distortion: Option<Distortion>) -> Option<Scale> {
    let mut reads = ruler::read(picture, part);
    if let Some(distortion) = distortion {
        for read in &mut reads {
            read.row = read.row.moved(|p| distortion.straighten(p));
        }
    }
    let first = reads.first()?;
    let values: Vec<Measured> = reads.iter().map(Read::pixels_per_cm).collect();
    let usual = USUAL_GROWTH / f64::from(picture.width().max(picture.height()));
    let place = middle(reads.iter().map(|r| r.row.spacing.middle));
    let along = weighted(reads.iter().map(|r| r.row.spacing.growth), usual);
    let bevel = BEVEL / f64::from(picture.width().max(picture.height()));
    let lean = reads.iter().filter_map(|r| across(r, bevel));
    let rows_apart = reads.get(1).map(|second| {
        // From the first row to the second, at right angles to the first.
        let (a, b) = (&first.row.spacing, &second.row.spacing);
        let apart = (b.middle.y - a.middle.y) * a.direction.x - (b.middle.x - a.middle.x) * a.direction.y;
        let share = values[1].value / values[0].value - 1.0;
        let print = 1.5 * PRINT;
        Measured::new(
            share / apart,
            values[0].relative().hypot(values[1].relative()).hypot(print) / apart.abs(),
        )
    });
    let across = weighted(lean.chain(rows_apart), usual);
    let value = values.iter().map(|v| v.value).sum::<f64>() / values.len() as f64;
    let fit = values.iter().map(|v| v.uncertainty).sum::<f64>() / values.len() as f64;
    let uneven = reads.iter().map(|r| r.row.spacing.unevenness).sum::<f64>() / reads.len() as f64;
    let direction = first.row.spacing.direction;
    let in_frame = |a: f64, b: f64| [a * direction.x - b * direction.y, a * direction.y + b * direction.x];
    let gradient = in_frame(along.value, across.value).map(|g| g * value);
    let spread = [
        (along.uncertainty * direction.x).hypot(across.uncertainty * direction.y) * value,
        (along.uncertainty * direction.y).hypot(across.uncertainty * direction.x) * value,
    ];
    Some(Scale {
        pixels_per_cm: Measured::new(value, fit.hypot(PRINT * value).hypot(uneven * value)),
        place,
        gradient,
        gradient_uncertainty: spread,
        method: method(&reads),
        rows: reads.iter().filter_map(Read::tick_row).collect(),
        distortion,
        notes: Vec::new(),
    })
}

/// The mean of several values of a growth, weighted by their uncertainty, and drawn towards 0 as far as it is both uncertain and unusual.
fn weighted(values: impl Iterator<Item = Measured>, usual: f64) -> Measured {
    let (mut sum, mut weights) = (0.0, 0.0);
    for value in values {
        // Paper and print are never quite square, which a row takes for perspective.
        let uncertainty = value.uncertainty.hypot(0.2 * usual);
        let weight = 1.0 / (uncertainty * uncertainty);
        sum += value.value * weight;
        weights += weight;
    }
    if weights == 0.0 {
        return Measured::new(0.0, usual);
    }
    let (mean, variance) = (sum / weights, 1.0 / weights);
    // A change that is not clearly larger than its uncertainty is not believed.
    let share = mean.powi(4) / (mean.powi(4) + (2.0 * variance.sqrt()).powi(4)).max(f64::MIN_POSITIVE);
    let usual = usual * usual;
    let doubted = variance * usual / (variance + usual);
    // That it stays the same far from the ruler is not known: perspective grows, and a lens bends.
    let uncertainty = (share * variance + (1.0 - share) * doubted)
        .sqrt()
        .hypot(FAR * share * mean);
    Measured::new(share * mean, uncertainty)
}

/// How the spacing grows across a row of a ruler's edge, by its ticks' lean.
///
/// Ticks of a moulded ruler stand on a bevel that comes nearer to the camera with each millimetre from the edge, which looks like perspective;
/// whether this ruler has one is not known.
fn across(read: &Read, bevel: f64) -> Option<Measured> {
    let growth = read.row.growth_across?;
    if read.division.is_none() {
        return Some(growth);
    }
    Some(Measured::new(
        growth.value - read.row.towards * bevel,
        growth.uncertainty.hypot(bevel),
    ))
}

fn middle(points: impl Iterator<Item = Point> + Clone) -> Point {
    let count = points.clone().count().max(1) as f64;
    let (x, y) = points.fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point {
        x: x / count,
        y: y / count,
    }
}

fn method(reads: &[Read]) -> ScaleMethod {
    let has = |method| reads.iter().any(|r| r.method() == method);
    match (has(ScaleMethod::MetricTicks), has(ScaleMethod::InchTicks)) {
        (true, true) => ScaleMethod::MetricAndInchTicks,
        (true, false) => ScaleMethod::MetricTicks,
        (false, true) => ScaleMethod::InchTicks,
        (false, false) => ScaleMethod::ScaleBar,
    }
}

impl Read {
    fn pixels_per_cm(&self) -> Measured {
        let spacing = self.row.spacing.value;
        Measured::new(spacing.value / self.centimetres, spacing.uncertainty / self.centimetres)
    }

    fn method(&self) -> ScaleMethod {
        match self.division {
            None => ScaleMethod::ScaleBar,
            Some(division) if division.is_inch() => ScaleMethod::InchTicks,
            Some(_) => ScaleMethod::MetricTicks,
        }
    }

    fn tick_row(&self) -> Option<TickRow> {
        let (first, last) = (self.row.ticks.first()?, self.row.ticks.last()?);
        Some(TickRow {
            method: self.method(),
            first: first.at,
            last: last.at,
            ticks: self.row.ticks.len() as u32,
            centimetres: f64::from(self.row.intervals()) * self.centimetres,
            scatter_px: self.row.spacing.scatter,
        })
    }
}
