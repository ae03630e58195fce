//! What the pictures show.

use anyhow::{anyhow, bail};
use image::RgbImage;

use crate::frame::Size;
use crate::locate::{LocateSettings, locate};
use crate::measure::scale::calibration::{Board, CalibratedScale, Residual, from_boards};
use crate::measure::scale::{self, Calibration, Scale, ScaleSettings};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    names: Vec<String>,
    boards: Vec<Board>,
    ruler: Option<(Size, Scale)>,
    /// Pictures that told nothing.
    pub(super) failed: usize,
}

impl Seen {
    pub(super) fn look_at_board(&mut self, picture: &RgbImage, name: String, board: Size) -> anyhow::Result<String> {
        let found = Board::find(picture, board.width, board.height)?;
        let told = format!("{} corners", found.places.len());
        if let Some(first) = self.boards.first().filter(|first| first.picture != found.picture) {
            bail!(
                "is {}, the first picture {}; all must have the size that the station uses",
                found.picture,
                first.picture
            );
        }
        self.boards.push(found);
        self.names.push(name);
        Ok(told)
    }

    pub(super) fn look_at_ruler(&mut self, picture: &RgbImage, name: String) -> anyhow::Result<String> {
        let ruler = locate(picture, &LocateSettings::default()).ruler;
        let found = scale::find(picture, ruler, &ScaleSettings::default())?;
        let row = found.rows.first().ok_or_else(|| anyhow!("no ticks"))?;
        let told = format!("{} ticks over {:.1} cm", row.ticks, row.centimetres);
        self.ruler = Some((Size::from(picture.dimensions()), found));
        self.names.push(name);
        Ok(told)
    }

    /// The calibration from all that was seen.
    pub(super) fn calibration(self, square_mm: Option<f64>) -> anyhow::Result<Calibration> {
        let (size, target, scale, distortion, residual) = match (&self.ruler, square_mm) {
            (Some((size, scale)), _) => (*size, "a ruler".to_owned(), of_ruler(scale), None, residual_of(scale)),
            (None, Some(square_mm)) => {
                let Some(first) = self.boards.first() else {
                    bail!("no picture shows the whole checkerboard; nothing was written");
                };
                let fit = from_boards(&self.boards, square_mm / 10.0)?;
                let [columns, rows] = first.corners;
                let target = format!("a checkerboard of {columns}x{rows} inner corners, squares of {square_mm} mm");
                (first.picture, target, fit.scale, Some(fit.distortion), fit.residual)
            }
            (None, None) => bail!("no picture shows a ruler whose ticks can be counted; nothing was written"),
        };
        Ok(Calibration {
            format: Calibration::FORMAT,
            made: jiff::Timestamp::now(),
            target,
            pictures: self.names,
            size: [size.width, size.height],
            scale,
            distortion,
            residual,
        })
    }
}

fn of_ruler(scale: &Scale) -> CalibratedScale {
    CalibratedScale {
        pixels_per_cm: scale.pixels_per_cm.value,
        uncertainty: scale.pixels_per_cm.uncertainty,
        place: [scale.place.x, scale.place.y],
        gradient: scale.gradient,
        gradient_uncertainty: scale.gradient_uncertainty,
    }
}

/// How far the ticks lie beside even rows; the lens is not part of it.
fn residual_of(scale: &Scale) -> Residual {
    let ticks: u32 = scale.rows.iter().map(|row| row.ticks).sum();
    let squares: f64 = scale
        .rows
        .iter()
        .map(|row| row.scatter_px.powi(2) * f64::from(row.ticks))
        .sum();
    let px = (squares / f64::from(ticks.max(1))).sqrt();
    Residual {
        straight_lens_px: px,
        px,
        points: ticks,
    }
}
