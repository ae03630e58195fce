//! The 13 measurements.

use serde::Serialize;

use super::landmarks::{CleanTraits, Landmark, Landmarks};
use super::pieces::{self, Pieces};
use super::{Crash, python};
use crate::traits::Trait;
use crate::traits::components::{Connectivity, of_runs};

/// The measurements, in pixels of the turned mask and degrees; what is not measurable is `None`. Names are those of the file in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Values {
    /// Width of the box around head and trunk.
    pub sl_bbox: Option<u32>,
    /// Landmarks 1 to 6, two decimals.
    pub sl_lm: Option<f64>,
    /// Width of the box around the head.
    pub hl_bbox: Option<u32>,
    /// Landmarks 1 to 12, two decimals.
    pub hl_lm: Option<f64>,
    /// From the left edge of the head's box to that of the eye's; negative where the eye's lies further left.
    pub pod_bbox: Option<i64>,
    /// Landmarks 1 to 14, two decimals.
    pub pod_lm: Option<f64>,
    /// Width of the box around the eye.
    pub ed_bbox: Option<u32>,
    /// Landmarks 14 to 15, two decimals.
    pub ed_lm: Option<f64>,
    /// Pixels of the head in the column of the eye's centre.
    pub hh_lm: Option<u32>,
    /// Area of the eye, holes filled.
    pub ea_m: Option<u64>,
    /// Area of the head, holes (as a rule the eye) filled.
    pub ha_m: Option<u64>,
    /// Angle of the turned fish in degrees, two decimals: near 0.
    pub fa_pca: f64,
    /// Angle of the line from landmark 1 to landmark 6 in degrees, two decimals; positive where the tail lies lower.
    pub fa_lm: Option<f64>,
}

impl Values {
    /// `all_measure_*` of the original.
    pub(super) fn of(level: &Pieces, traits: &CleanTraits, landmarks: &Landmarks, angle: f64) -> Result<Self, Crash> {
        let head = traits.clean(Trait::Head);
        let eye = traits.clean(Trait::Eye);
        let between = |a: usize, b: usize| Some(distance(landmarks.get(a)?, landmarks.get(b)?));
        Ok(Self {
            sl_bbox: body_width(level)?,
            sl_lm: between(1, 6),
            hl_bbox: head.map(|region| region.bounds.width()),
            hl_lm: between(1, 12),
            pod_bbox: head
                .zip(eye)
                .map(|(head, eye)| i64::from(eye.bounds.left) - i64::from(head.bounds.left)),
            pod_lm: between(1, 14),
            ed_bbox: eye.map(|region| region.bounds.width()),
            ed_lm: between(14, 15),
            hh_lm: landmarks.get(18).map(|centre| head_depth(traits, centre)).transpose()?,
            ea_m: eye.map(|region| region.area),
            ha_m: head.map(|region| region.area),
            fa_pca: angle,
            fa_lm: landmarks
                .get(1)
                .zip(landmarks.get(6))
                .map(|(snout, tail)| slope(snout, tail)),
        })
    }
}

/// Width of the clean region of head and trunk together; `None` where either is missing.
fn body_width(level: &Pieces) -> Result<Option<u32>, Crash> {
    if level.runs(Trait::Head).is_empty() || level.runs(Trait::Trunk).is_empty() {
        return Ok(None);
    }
    let runs = level.head_and_trunk();
    let body = pieces::clean(&runs, of_runs(runs.clone(), Connectivity::Eight)).ok_or(Crash::BodyInPieces)?;
    Ok(Some(body.bounds.width()))
}

fn head_depth(traits: &CleanTraits, eye_centre: Landmark) -> Result<u32, Crash> {
    let head = traits.clean(Trait::Head).ok_or(Crash::EyeWithoutHead)?;
    let crosses = |start: u32, end: u32| (start..end).contains(&eye_centre.column);
    match head.runs.iter().filter(|run| crosses(run.start, run.end)).count() {
        0 => Err(Crash::EyeBesideHead),
        pixels => Ok(pixels as u32),
    }
}

fn distance(a: Landmark, b: Landmark) -> f64 {
    let (rows, columns) = (a.row.abs_diff(b.row), a.column.abs_diff(b.column));
    let squared = u64::from(rows).pow(2) + u64::from(columns).pow(2);
    python::round((squared as f64).powf(0.5), 2)
}

fn slope(from: Landmark, to: Landmark) -> f64 {
    let rows = f64::from(to.row) - f64::from(from.row);
    let columns = f64::from(to.column) - f64::from(from.column);
    python::round(rows.atan2(columns) * (180.0 / std::f64::consts::PI), 2)
}
