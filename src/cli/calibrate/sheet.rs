//! What was found, in words.

use std::path::Path;

use crate::measure::scale::Calibration;

/// A few lines for people.
pub(super) fn words(calibration: &Calibration, output: &Path) -> String {
    let scale = &calibration.scale;
    let [width, height] = calibration.size;
    let residual = &calibration.residual;
    let mut lines = vec![format!(
        "scale        {:.2} ± {:.2} px/cm at x {:.0}, y {:.0}, for pictures of {width}x{height}",
        scale.pixels_per_cm, scale.uncertainty, scale.place[0], scale.place[1]
    )];
    let change = |side: u32, gradient: f64| 100.0 * f64::from(side) * gradient / scale.pixels_per_cm;
    lines.push(format!(
        "perspective  {:+.2} % over the width, {:+.2} % over the height",
        change(width, scale.gradient[0]),
        change(height, scale.gradient[1])
    ));
    match &calibration.distortion {
        Some(lens) => {
            lines.push(format!(
                "lens         k1 {:+.4}, k2 {:+.4}, centre x {:.0}, y {:.0}; moves a corner of the picture by {:.1} px",
                lens.k1,
                lens.k2,
                lens.centre.x,
                lens.centre.y,
                (lens.radius * (lens.k1 + lens.k2)).abs()
            ));
            lines.push(format!(
                "fit          {:.2} px with a straight lens, {:.2} px with this one, over {} corners",
                residual.straight_lens_px, residual.px, residual.points
            ));
        }
        None => lines.push("lens         not told by a ruler; a checkerboard does".to_owned()),
    }
    lines.push(format!("written to   {}", output.display()));
    lines.join("\n")
}
