//! Colour and fine relief of the skin: markings, scales, gill cover, mouth.

use super::scales;
use crate::render::light::{Light, bell, mix, scaled, smoothstep};
use crate::render::noise::Noise;
use crate::render::plan::{PigmentPlan, Scales, SpecimenPlan};

/// A place on the body.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyPlace {
    /// Body coordinates.
    pub x: f32,
    pub y: f32,
    /// Relative height: -1 at the back, 1 at the belly.
    pub v: f32,
    /// Half the body's depth here.
    pub half: f32,
    /// Distance behind the gill cover's edge.
    pub behind_gill: f32,
    /// Distance before the trunk's rear end.
    pub before_end: f32,
    /// Height below the mouth's cut, if the place is about as far forward as the mouth.
    pub mouth: Option<f32>,
    /// Whether it belongs to the head.
    pub head: bool,
}

/// The skin of a specimen.
pub(super) struct Skin<'a> {
    plan: &'a SpecimenPlan,
    pigment: &'a PigmentPlan,
    patches: Noise,
    grain: Noise,
    marks: Noise,
    scale_own: Noise,
    half_depth: f32,
}

impl<'a> Skin<'a> {
    pub fn new(plan: &'a SpecimenPlan) -> Self {
        let seed = plan.pigment.seed;
        Self {
            plan,
            pigment: &plan.pigment,
            patches: Noise::new(seed ^ 0x1001),
            grain: Noise::new(seed ^ 0x2002),
            marks: Noise::new(seed ^ 0x3003),
            scale_own: Noise::new(seed ^ 0x4004),
            half_depth: plan.body.depth as f32 / 2.0,
        }
    }

    /// Albedo and height (in body units, added to the body's roundness).
    pub fn at(&self, place: &BodyPlace) -> (Light, f32) {
        let grain = self.grain.cloud(place.x * 55.0, place.y * 55.0, 3);
        let patches = self.patches.cloud(place.x * 9.0, place.y * 14.0, 4);
        let fine = self.grain.at(place.x * 260.0, place.y * 260.0);
        let mut albedo = self.ground_colour(place, patches);
        let mut dark = self.markings(place, patches) + self.cells(place);
        let mut rise = 0.0008 * grain + self.pigment.wear * 0.0012 * patches.abs();
        if let Some((scales, scale)) = self.scale_at(place) {
            let on_back = smoothstep(0.75, -0.35, place.v);
            dark += scales.rim * scale.rim * (0.2 + 0.8 * on_back) * (0.9 + 0.35 * grain);
            dark += 0.5 * scales.variety * scale.own * (0.35 + 0.65 * on_back);
            albedo = scaled(albedo, 1.0 + 0.14 * (scale.bulge - 0.5));
            rise += scales.spacing * 0.085 * scales.relief * scale.bulge;
        }
        if place.head || place.behind_gill < 0.03 {
            let (relief, shadow) = self.head_relief(place, grain);
            rise += relief;
            dark += shadow;
        }
        dark += 0.05 * fine + 0.065 * grain - self.pigment.mottling * 0.9 * patches;
        if self.pigment.wear > 0.2 {
            let bare = smoothstep(
                0.75,
                1.3,
                self.patches.cloud(place.x * 21.0 + 40.0, place.y * 30.0, 3) + 0.3 * place.v,
            );
            albedo = mix(albedo, self.pigment.belly, bare * self.pigment.wear * 0.7);
            rise -= 0.002 * bare * self.pigment.wear;
        }
        // Black pigment passes a little more red than blue.
        let dark = dark.max(-0.6);
        let mut skin = albedo;
        for (channel, strength) in skin.iter_mut().zip([1.0, 1.12, 1.22]) {
            *channel = (*channel * (-dark * strength).exp()).clamp(0.002, 0.97);
        }
        (skin, rise)
    }

    /// Wetness at a place.
    pub fn gloss_at(&self, place: &BodyPlace) -> f32 {
        let film = self.grain.cloud(place.x * 30.0 + 17.0, place.y * 60.0, 3);
        self.pigment.gloss * smoothstep(-0.7, 1.2, film)
    }

    fn ground_colour(&self, place: &BodyPlace, patches: f32) -> Light {
        let p = self.pigment;
        let v = place.v + 0.10 * patches;
        let upper = smoothstep(p.borders[0] - 0.5, p.borders[0] + 0.5, v);
        let lower = smoothstep(p.borders[1] - 0.3, p.borders[1] + 0.3, v);
        let body = mix(mix(p.back, p.flank, upper), p.belly, lower);
        let head = mix(mix(p.back, p.head, smoothstep(-0.95, 0.05, v)), p.belly, lower * 0.65);
        let share = smoothstep(0.015, -0.02, place.behind_gill);
        mix(body, head, 0.75 * share)
    }

    /// Optical thickness of the dark markings.
    fn markings(&self, place: &BodyPlace, patches: f32) -> f32 {
        let p = self.pigment;
        let trunk = smoothstep(-0.01, 0.04, place.behind_gill);
        let mut dark = 0.0;
        if let Some(band) = p.band {
            let along = smoothstep(0.0, 0.12, place.x - self.plan.body.eye.centre.x as f32 * 0.3);
            let rough = 1.0 + 0.35 * self.marks.cloud(place.x * 40.0, place.v * 6.0, 2);
            dark += 1.5
                * band.strength
                * bell(place.v, band.height, band.width)
                * along
                * rough.max(0.0)
                * (0.55 + 0.45 * trunk);
        }
        if p.lateral_line > 0.0 {
            let height = -0.18 + 0.2 * smoothstep(0.15, 0.5, place.x);
            let pores = 0.6 + 0.4 * (place.x * 300.0).sin();
            dark += p.lateral_line
                * bell(
                    place.v,
                    height,
                    0.018 * self.half_depth.max(0.06) / place.half.max(0.02) * 2.2,
                )
                * pores
                * trunk;
        }
        if let Some(bars) = p.bars {
            let wave = (place.x * bars.count * std::f32::consts::TAU + 1.3 * patches).sin();
            dark += 1.3 * bars.strength * smoothstep(0.1, 0.75, wave) * smoothstep(0.85, 0.1, place.v) * trunk;
        }
        if let Some(stripes) = p.stripes {
            let wave = (place.v * stripes.count * 3.0 + 0.5 * patches).sin();
            dark += 1.3 * stripes.strength * smoothstep(-0.1, 0.4, wave) * (0.3 + 0.7 * trunk);
        }
        if let Some(spots) = p.spots {
            let depth = self
                .marks
                .specks(place.x * spots.cells, place.y * spots.cells, spots.share, 0.42);
            dark += 2.2 * spots.strength * smoothstep(0.15, 0.5, depth) * smoothstep(0.45, 0.0, place.v);
        }
        if p.saddles > 0.0 {
            let wave = (place.x * 22.0 + 0.8 * patches).sin();
            dark += 1.7
                * p.saddles
                * smoothstep(0.35, 0.9, wave + 0.3 * patches)
                * smoothstep(0.5, -0.5, place.v + 0.25 * patches);
        }
        if p.ear > 0.0 {
            let (dx, dy) = (place.behind_gill + 0.011, (place.v - 0.02) * place.half);
            dark += 3.2 * p.ear * smoothstep(1.25, 0.7, (dx / 0.013).hypot(dy / 0.016));
        }
        if p.tail_spot > 0.0 {
            let away = (place.x - self.plan.body.tail_base as f32 + 0.012) / 0.017;
            dark += 1.8 * p.tail_spot * (-(away * away) - (place.v / 0.5).powi(2)).exp();
        }
        dark
    }

    /// Single pigment cells, dense on the back and along the middle.
    fn cells(&self, place: &BodyPlace) -> f32 {
        let density = self.pigment.melanophores * (0.18 + 0.5 * smoothstep(0.3, -0.8, place.v));
        let depth = self.marks.specks(place.x * 240.0, place.y * 240.0, density, 0.45);
        1.0 * self.pigment.melanophores * depth.min(0.6)
    }

    fn scale_at(&self, place: &BodyPlace) -> Option<(Scales, scales::ScalePlace)> {
        let scales = self.pigment.scales?;
        if place.behind_gill < 0.004 {
            return None;
        }
        // Rows draw together towards the tail, though less than the body narrows.
        let across = place.v * scales.rows / 2.0 * (place.half / self.half_depth).max(0.02).powf(0.62);
        let sway = 0.12 * self.patches.at(place.x * 14.0, place.y * 14.0);
        Some((
            scales,
            scales::at(place.x / scales.spacing + sway, across + sway, self.scale_own),
        ))
    }

    /// Height and shadow of gill cover, cheek and mouth.
    fn head_relief(&self, place: &BodyPlace, grain: f32) -> (f32, f32) {
        let body = &self.plan.body;
        let length = body.head_length as f32;
        let side = smoothstep(0.97, 0.8, place.v.abs());
        let ahead = -place.behind_gill;
        // The cover stands out from the trunk; behind its edge lies a narrow dark cleft.
        let mut rise = 0.0075 * side * smoothstep(-0.003, 0.004, ahead);
        let mut dark = (0.5 * bell(ahead, -0.002, 0.003) + 0.4 * bell(ahead, -0.009, 0.009)
            - 0.22 * bell(ahead, 0.006, 0.005))
            * side;
        let from_preopercle = ahead - body.gill_cover.preopercle as f32;
        if place.v > -0.35 {
            let low = smoothstep(-0.35, 0.0, place.v) * smoothstep(0.95, 0.7, place.v);
            rise += 0.003 * low * smoothstep(-0.003, 0.003, from_preopercle);
            dark += (0.28 * bell(from_preopercle, -0.003, 0.004) - 0.12 * bell(from_preopercle, 0.005, 0.006)) * low;
        }
        // Bones of the cover fan out from its front corner; the cheek is puffed.
        if place.head {
            let fan = (place.v * 3.0 + ahead * 30.0 + 0.8 * grain).sin();
            rise += 0.0008 * fan * smoothstep(0.0, 0.02, ahead) * side;
            let (ex, ey) = (body.eye.centre.x as f32, body.eye.centre.y as f32);
            let radius = body.eye.radius as f32;
            let from_eye = ((place.x - ex).hypot(place.y - ey)) / radius;
            rise += 0.0035 * bell(from_eye, 1.22, 0.16);
            dark += 0.5 * bell(from_eye, 1.05, 0.12);
            let nostril = (place.x - (ex - radius * 1.75)).hypot((place.y - (ey - radius * 0.35)) * 0.8);
            dark += 1.2 * bell(nostril, 0.0, 0.0045 + 0.006 * length);
            rise -= 0.003 * bell(nostril, 0.0, 0.005);
        }
        if let Some(cut) = place.mouth {
            let end = smoothstep(1.0, 0.75, place.x / body.mouth.length as f32);
            let lips = body.mouth.lips as f32;
            dark += 0.95 * bell(cut, 0.0, 0.0024) * end;
            dark -= 0.2 * end * (bell(cut, -lips * 0.7, lips * 0.5) + bell(cut, lips * 0.7, lips * 0.5));
            // The upper jaw's rear end and the fold behind it.
            let fold = place.x - body.mouth.length as f32 * 0.92 + 0.6 * cut;
            dark += 0.35 * bell(fold, 0.0, 0.0035) * smoothstep(-0.012, 0.002, cut) * smoothstep(0.03, 0.015, cut);
            rise += 0.004 * end * (bell(cut, -lips * 0.6, lips * 0.5) + bell(cut, lips * 0.6, lips * 0.5))
                - 0.004 * bell(cut, 0.0, 0.003) * end;
        }
        (rise, dark)
    }
}
