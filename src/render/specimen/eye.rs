//! The eye.

use super::canvas::{Canvas, Optics};
use super::placement::Placement;
use crate::render::curve::{Point, point};
use crate::render::light::{Light, bell, mix, scaled, smoothstep};
use crate::render::noise::Noise;
use crate::render::plan::{Lighting, SpecimenPlan};
use crate::traits::{Trait, TraitSet};

/// Lays the eye over the head.
pub(super) fn draw(plan: &SpecimenPlan, lighting: Lighting, placement: &Placement, canvas: &mut Canvas) {
    let eye = plan.body.eye;
    let middle = placement.to_picture(&plan.body, eye.centre);
    let reach = eye.radius * placement.scale * 1.2 + 1.0;
    let clip = |v: f64, limit: u32| v.clamp(0.0, f64::from(limit)) as u32;
    let (left, right) = (
        clip(middle.x - reach, canvas.size.width),
        clip(middle.x + reach, canvas.size.width),
    );
    let (top, bottom) = (
        clip(middle.y - reach, canvas.size.height),
        clip(middle.y + reach, canvas.size.height),
    );
    for y in top..bottom {
        for x in left..right {
            let p = placement.to_body(&plan.body, point(f64::from(x) + 0.5, f64::from(y) + 0.5));
            let step = (p - eye.centre) * (1.0 / eye.radius);
            let distance = step.length() as f32;
            if distance < 1.0 {
                let index = canvas.index(x, y);
                let stuff = Optics {
                    passed: [0.0; 3],
                    sent: colour(plan, lighting, step, distance),
                };
                canvas.lay(index, stuff, Some(TraitSet::EMPTY.with(Trait::Eye)));
            }
        }
    }
}

/// The light from a place of the eye, in radii from its middle.
fn colour(plan: &SpecimenPlan, lighting: Lighting, step: Point, distance: f32) -> Light {
    let pigment = &plan.pigment;
    let noise = Noise::new(pigment.seed ^ 0xE7E);
    let pupil_radius = plan.body.eye.pupil as f32;
    let (x, y) = (step.x as f32, step.y as f32);
    let turn = y.atan2(x);
    let strands = noise.cloud(x * 3.0, y * 3.0 + turn, 3);
    // The dome's lower half gathers the light from above.
    let shade = 0.8 + 0.35 * (0.6 * y - 0.25 * x);
    // The iris has a bright inner edge and darkens outwards; skin closes over the ball's rim.
    let ring = bell(distance, pupil_radius + 0.07, 0.06);
    let outer = smoothstep(pupil_radius + 0.05, 0.9, distance);
    let iris = scaled(
        pigment.iris,
        (0.8 + 0.12 * strands) * shade * (1.0 - 0.55 * outer) + 0.45 * ring,
    );
    // A milky lens is brightest in its middle, a clear one is a hole.
    let deep = pigment.pupil[0] < 0.05;
    let pupil = if deep {
        pigment.pupil
    } else {
        scaled(
            pigment.pupil,
            0.6 + 0.35 * bell(distance, 0.0, pupil_radius * 0.6) + 0.07 * noise.at(x * 4.0, y * 4.0),
        )
    };
    let soft = if deep { 0.05 } else { 0.11 };
    let uneven = 0.03 * noise.at(turn * 2.0, 0.0);
    let mut light = mix(
        pupil,
        iris,
        smoothstep(pupil_radius - soft, pupil_radius + soft, distance + uneven),
    );
    let skin = scaled(mix(pigment.head, pigment.back, 0.5), 0.3);
    light = mix(light, skin, 0.9 * smoothstep(0.8, 0.95, distance));
    light = mix(light, scaled(pigment.head, 0.9), 0.6 * smoothstep(0.95, 1.0, distance));
    let (ambient, shine) = match lighting {
        Lighting::FromBelow => (0.4, 0.08),
        Lighting::FromAbove => (0.82, 0.55),
    };
    light = scaled(light, ambient);
    let glint = bell(x, -0.22, 0.11) * bell(y, -0.34, 0.08) + 0.5 * bell(x, 0.2, 0.06) * bell(y, -0.3, 0.06);
    light.map(|v| v + shine * glint)
}
