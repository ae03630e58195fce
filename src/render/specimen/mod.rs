//! Draws one specimen: its light through and from every place, and its traits.
//!
//! Nothing here knows the ground. A place of the specimen passes a share of the light from below and sends back light from above, so that
//! the same drawing lies on a light table (where fins glow) or on a bench (where they veil the ground).
//!
//! The order is that of a real fish on its side: fins behind the body's edge, body, fins on the body, eye, barbels. Each sample keeps the
//! traits of what lies on top, so traits exclude each other, except rays and spines, which are drawn with their fin's bit set too.

mod barbels;
mod body;
mod canvas;
mod eye;
mod fin;
mod mesh;
mod placement;
mod relief;
mod scales;
mod skin;

use crate::frame::{PixelBox, Size};

use super::plan::{BodyForm, Lighting, SpecimenPlan};
pub(crate) use canvas::{Layer, Optics};
pub(crate) use placement::Placement;

/// Samples that a specimen should have along its length, so that rays and scales come out smooth.
const SAMPLES_ALONG: f64 = 1300.0;

/// Draws the specimen where it lies in a picture of this size; `None` if no part of it is in the picture.
pub(crate) fn draw(plan: &SpecimenPlan, lighting: Lighting, placement: &Placement, picture: Size) -> Option<Layer> {
    let (low, high) = placement.extent(plan);
    // Barbels reach beyond body and fins.
    let margin = if plan.form == BodyForm::Catfish {
        0.35 * plan.body.head_length * placement.scale
    } else {
        2.0
    };
    let clip = |v: f64, limit: u32| v.clamp(0.0, f64::from(limit)) as u32;
    let window = PixelBox::new(
        clip(low.x - margin, picture.width),
        clip(low.y - margin, picture.height),
        clip((high.x + margin).ceil() + 1.0, picture.width),
        clip((high.y + margin).ceil() + 1.0, picture.height),
    );
    if window.area() == 0 {
        return None;
    }
    // Edges need two samples a pixel; beyond that size it would cost too much memory and a pixel is finer than any ray.
    let fewest = if placement.scale < 2500.0 { 2.0 } else { 1.0 };
    let samples = (SAMPLES_ALONG / placement.scale).round().clamp(fewest, 4.0) as u32;
    let mut canvas = canvas::Canvas::clear(window, samples);
    let sampled = placement.sampled(window.left, window.top, samples);
    let draw_fins = |over_body: bool, canvas: &mut canvas::Canvas| {
        for fin in plan.fins.iter().filter(|fin| fin.over_body == over_body) {
            fin::draw(fin, plan, lighting, &sampled, canvas);
        }
    };
    draw_fins(false, &mut canvas);
    body::draw(plan, lighting, &sampled, &mut canvas);
    draw_fins(true, &mut canvas);
    eye::draw(plan, lighting, &sampled, &mut canvas);
    if plan.form == BodyForm::Catfish {
        barbels::draw(plan, lighting, &sampled, &mut canvas);
    }
    Some(canvas.resolve())
}
