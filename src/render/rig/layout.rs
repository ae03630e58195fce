//! Where fish, label and ruler lie, as people lay them: fish above, ruler below, label to the right, nothing on the fish.

use super::card::{Card, CardPlace};
use super::ground::Ground;
use super::label::Label;
use super::ruler::{Ruler, RulerStyle};
use super::settings::{Heading, SceneSettings};
use crate::render::curve::{Point, point};
use crate::render::dice::{Dice, Generator, generator};
use crate::render::plan::SpecimenPlan;
use crate::render::specimen::Placement;

/// A rectangle in pixels, not bound to the picture.
#[derive(Debug, Clone, Copy)]
struct Area {
    low: Point,
    high: Point,
}

impl Area {
    fn overlaps(&self, other: &Self, margin: f64) -> bool {
        self.low.x < other.high.x + margin
            && other.low.x < self.high.x + margin
            && self.low.y < other.high.y + margin
            && other.low.y < self.high.y + margin
    }
}

/// Everything that lies in a scene.
pub(super) struct Layout {
    pub fish: Vec<(SpecimenPlan, Placement)>,
    pub label: Option<(Label, CardPlace)>,
    pub ruler: Option<(Ruler, CardPlace)>,
    pub pixels_per_centimetre: f64,
}

/// A standard length in centimetres that suits the form and a rig's field of view, for a fish that is `share` of the picture long.
fn length_in_field(plan: &SpecimenPlan, share: f64, ground: Ground, rng: &mut Generator) -> f64 {
    let field = match ground {
        Ground::LightTable => rng.between(16.0, 22.0),
        Ground::Board => rng.between(22.0, 30.0),
        Ground::Bench => rng.between(25.0, 38.0),
        Ground::Tank => rng.between(18.0, 28.0),
    };
    let per_field_cm = share * plan.body.tail_base;
    let (shortest, longest) = plan.form.standard_lengths();
    (per_field_cm * field)
        .clamp(0.75 * shortest, 1.3 * longest)
        .max(per_field_cm * LEAST_FIELD_CM)
}

/// The picture is at least this many centimetres wide: rigs are not closer to their specimens, and a ruler must fit in.
const LEAST_FIELD_CM: f64 = 15.0;

impl Layout {
    pub fn new(settings: &SceneSettings) -> Self {
        let rng = &mut generator(settings.seed, super::LAYOUT_STREAM);
        let (width, height) = (f64::from(settings.size.width), f64::from(settings.size.height));
        let mut plan = match settings.form {
            Some(form) => SpecimenPlan::of(form, settings.seed, settings.lighting()),
            None => SpecimenPlan::random(settings.seed, settings.lighting()),
        };
        let alone = settings.label.is_none() && settings.ruler.is_none();
        let mut placement = Placement {
            middle: point(0.0, 0.0),
            scale: settings.fish_share * width,
            turn: settings.tilt_degrees.to_radians(),
            mirrored: settings.heading == Heading::Right,
        };
        let (low, high) = placement.extent(&plan);
        let room = point(width * 0.94, height * if alone { 0.92 } else { 0.55 });
        placement.scale *= (room.x / (high.x - low.x)).min(room.y / (high.y - low.y)).min(1.0);
        plan.standard_length_cm = length_in_field(&plan, placement.scale / width, settings.ground, rng);
        let pixels_per_centimetre = placement.scale * plan.body.tail_base / plan.standard_length_cm;
        let mut layout = Self {
            fish: Vec::new(),
            label: None,
            ruler: None,
            pixels_per_centimetre,
        };
        let mut taken = Vec::new();
        if settings.fish > 0 {
            placement.middle = place_first(&placement, &plan, settings, alone, rng);
            taken.push(area(&placement, &plan));
            layout.fish.push((plan, placement));
        }
        layout.place_label(settings, &mut taken, rng);
        layout.place_ruler(settings, &mut taken, rng);
        for _ in 1..settings.fish {
            layout.place_another(settings, &mut taken, rng);
        }
        layout
    }

    fn place_label(&mut self, settings: &SceneSettings, taken: &mut Vec<Area>, rng: &mut Generator) {
        let Some(style) = settings.label else { return };
        let (width, height) = (f64::from(settings.size.width), f64::from(settings.size.height));
        let form = self
            .fish
            .first()
            .map_or(crate::render::plan::BodyForm::Minnow, |(plan, _)| plan.form);
        let label = Label::new(
            style,
            form,
            settings.lighting(),
            width.min(height * 1.6) * rng.between(0.35, 0.44),
            rng,
        );
        let (w, h) = label.extent();
        let (fish_right, fish_bottom) = taken.first().map_or((0.0, 0.0), |a| (a.high.x, a.high.y));
        let beside = fish_right + 0.03 * width + 0.82 * w < width && !settings.ruler_on_label;
        let corner = if beside {
            point(
                (fish_right + 0.03 * width).max(rng.between(0.54, 0.62) * width),
                rng.between(0.03, 0.16) * height,
            )
        } else {
            let top = (fish_bottom + 0.02 * height).max(rng.between(0.4, 0.48) * height);
            point(rng.between(0.5, 0.57) * width, top.min(height - 0.45 * h))
        };
        let place = CardPlace {
            corner,
            turn: rng.around_zero(0.5).to_radians(),
        };
        let (low, high) = place.reach((w, h));
        taken.push(Area { low, high });
        self.label = Some((label, place));
    }

    fn place_ruler(&mut self, settings: &SceneSettings, taken: &mut Vec<Area>, rng: &mut Generator) {
        let Some(style) = settings.ruler else { return };
        let (width, height) = (f64::from(settings.size.width), f64::from(settings.size.height));
        let longest = match style {
            RulerStyle::Tan => rng.pick(&[9, 9, 12, 15]),
            RulerStyle::Black => 10,
            RulerStyle::White => 20,
        };
        let share = if self.label.is_some() { 0.52 } else { 0.85 };
        let fitting = (share * width / self.pixels_per_centimetre - 0.6)
            .floor()
            .clamp(1.0, 30.0) as u32;
        let ruler = Ruler::new(
            style,
            settings.lighting(),
            self.pixels_per_centimetre,
            longest.min(fitting),
            rng,
        );
        let (w, h) = ruler.extent();
        let fish_bottom = taken
            .first()
            .filter(|_| !self.fish.is_empty())
            .map_or(0.0, |a| a.high.y);
        let mut corner = point(
            rng.between(0.04, 0.2) * width,
            (fish_bottom + 0.03 * height)
                .max(rng.between(0.6, 0.66) * height)
                .min(height - h - 0.02 * height),
        );
        if let Some((label, place)) = &self.label {
            let (low, high) = place.reach(label.extent());
            if settings.ruler_on_label {
                corner.x = low.x + rng.between(0.06, 0.13) * width - w;
                corner.y = corner.y.max(low.y + 0.1 * height).min(high.y - 0.3 * h);
            } else if high.y > corner.y {
                corner.x = corner.x.min(low.x - 0.02 * width - w);
            }
        }
        let place = CardPlace {
            corner,
            turn: rng.around_zero(0.6).to_radians(),
        };
        let (low, high) = place.reach((w, h));
        taken.push(Area { low, high });
        self.ruler = Some((ruler, place));
    }

    /// A further, smaller fish wherever there is room; left out if there is none.
    fn place_another(&mut self, settings: &SceneSettings, taken: &mut Vec<Area>, rng: &mut Generator) {
        let (width, height) = (f64::from(settings.size.width), f64::from(settings.size.height));
        let Some(first) = self.fish.first().map(|(_, placement)| placement.scale) else {
            return;
        };
        let seed = u64::from(rng.seed());
        let mut plan = match settings.form {
            Some(form) => SpecimenPlan::of(form, seed, settings.lighting()),
            None => SpecimenPlan::random(seed, settings.lighting()),
        };
        for attempt in 0..160 {
            let mut placement = Placement {
                middle: point(rng.between(0.05, 0.95) * width, rng.between(0.05, 0.95) * height),
                scale: first * rng.between(0.6, 0.9) * 0.85f64.powi(attempt / 16),
                turn: rng.around_zero(8.0).to_radians(),
                mirrored: rng.chance(0.3),
            };
            let here = area(&placement, &plan);
            let inside = here.low.x > 0.01 * width
                && here.low.y > 0.01 * height
                && here.high.x < 0.99 * width
                && here.high.y < 0.99 * height;
            if inside && !taken.iter().any(|other| here.overlaps(other, 0.015 * width)) {
                plan.standard_length_cm = placement.scale * plan.body.tail_base / self.pixels_per_centimetre;
                taken.push(here);
                placement.turn = placement.turn.clamp(-0.5, 0.5);
                self.fish.push((plan, placement));
                return;
            }
        }
    }
}

fn area(placement: &Placement, plan: &SpecimenPlan) -> Area {
    let (low, high) = placement.extent(plan);
    Area { low, high }
}

/// The middle of the first fish.
fn place_first(
    placement: &Placement,
    plan: &SpecimenPlan,
    settings: &SceneSettings,
    alone: bool,
    rng: &mut Generator,
) -> Point {
    let (width, height) = (f64::from(settings.size.width), f64::from(settings.size.height));
    let (low, high) = placement.extent(plan);
    let (half, offset) = ((high - low) * 0.5, (high + low) * 0.5);
    let aim = if alone {
        point(rng.between(0.45, 0.55) * width, rng.between(0.45, 0.55) * height)
    } else if settings.fish_share < 0.5 {
        point(rng.between(0.27, 0.34) * width, rng.between(0.22, 0.32) * height)
    } else {
        point(rng.between(0.38, 0.5) * width, rng.between(0.22, 0.32) * height)
    };
    let margin = 0.025 * width.min(height);
    let keep = |v: f64, half: f64, limit: f64| v.max(half + margin).min((limit - half - margin).max(half + margin));
    let mut middle = point(keep(aim.x, half.x, width), keep(aim.y, half.y, height));
    if settings.cut_by_edge {
        middle.x = if rng.chance(0.5) {
            half.x * rng.between(0.3, 0.8)
        } else {
            width - half.x * rng.between(0.3, 0.8)
        };
    }
    middle - offset
}
