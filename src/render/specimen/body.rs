//! Trunk and head: shape of the surface, skin, and the light through and from it.

use super::canvas::{Canvas, Optics};
use super::placement::Placement;
use super::relief;
use super::skin::{BodyPlace, Skin};
use crate::render::curve::point;
use crate::render::light::{Light, mix, product, scaled, smoothstep, through};
use crate::render::noise::Noise;
use crate::render::plan::{Lighting, SpecimenPlan};
use crate::traits::{Trait, TraitSet};

/// Skin of one sample.
#[derive(Clone, Copy)]
struct Sample {
    albedo: Light,
    /// Share of the greatest thickness.
    thick: f32,
    gloss: f32,
    /// How much of the caudal fin's base shows through, 0 to 1.
    fades: f32,
    head: bool,
}

/// Lays head and trunk over what is on the canvas.
pub(super) fn draw(plan: &SpecimenPlan, lighting: Lighting, placement: &Placement, canvas: &mut Canvas) {
    let count = canvas.size.pixels() as usize;
    let mut height = vec![f32::NAN; count];
    let mut samples: Vec<Option<Sample>> = vec![None; count];
    let outline = OutlineTest::new(plan);
    let skin = Skin::new(plan);
    for y in 0..canvas.size.height {
        for x in 0..canvas.size.width {
            let p = placement.to_body(&plan.body, point(f64::from(x) + 0.5, f64::from(y) + 0.5));
            let Some(place) = outline.inside(p.x, p.y) else {
                continue;
            };
            let index = canvas.index(x, y);
            let (albedo, rise) = skin.at(&place);
            let round = (1.0 - place.v * place.v).max(0.0).sqrt();
            height[index] = (place.half * 0.62 * round + rise) * placement.scale as f32;
            samples[index] = Some(Sample {
                albedo,
                thick: round * (0.35 + 0.65 * (place.half / plan.body.depth as f32 * 2.0).min(1.0)),
                gloss: skin.gloss_at(&place) * smoothstep(0.004, 0.03, place.before_end),
                fades: 0.75 * smoothstep(0.013, 0.0, place.before_end),
                head: place.head,
            });
        }
    }
    let lamp = Lamp::new(plan, lighting);
    let head = TraitSet::EMPTY.with(Trait::Head);
    let trunk = TraitSet::EMPTY.with(Trait::Trunk);
    for y in 0..canvas.size.height {
        for x in 0..canvas.size.width {
            let index = canvas.index(x, y);
            let Some(sample) = &samples[index] else { continue };
            let stuff = lamp.on(sample, relief::shade(&height, canvas.size, x, y));
            let stuff = stuff.faded(canvas.optics[index], sample.fades);
            canvas.put(index, stuff, if sample.head { head } else { trunk });
        }
    }
}

/// Which places are body.
struct OutlineTest<'a> {
    plan: &'a SpecimenPlan,
    edge: Noise,
}

impl<'a> OutlineTest<'a> {
    fn new(plan: &'a SpecimenPlan) -> Self {
        Self {
            plan,
            edge: Noise::new(plan.pigment.seed ^ 0x0ED6E),
        }
    }

    fn inside(&self, x: f64, y: f64) -> Option<BodyPlace> {
        let body = &self.plan.body;
        if x <= 0.0 || x >= body.tail_base + 0.03 {
            return None;
        }
        let rough =
            self.edge.cloud(x as f32 * 22.0, if y < 0.0 { 0.0 } else { 9.0 }, 3) * 0.0011 * (x as f32 * 20.0).min(1.0);
        let (top, bottom) = (body.top(x) - f64::from(rough), body.bottom(x) + f64::from(rough));
        let half = (bottom - top) / 2.0;
        if half <= 1e-4 {
            return None;
        }
        let v = (y - (top + bottom) / 2.0) / half;
        if v.abs() >= 1.0 || x >= body.trunk_end(v) {
            return None;
        }
        let mouth = body.mouth;
        let cut = y - (body.snout * 0.9 + x * mouth.slope);
        let open = mouth.gape * (1.0 - x / (mouth.length * 0.7)).max(0.0);
        if cut.abs() < open / 2.0 {
            return None;
        }
        let behind_edge = x - body.gill_cover.edge(v);
        Some(BodyPlace {
            x: x as f32,
            y: y as f32,
            v: v as f32,
            half: half as f32,
            behind_gill: behind_edge as f32,
            before_end: (body.trunk_end(v) - x) as f32,
            mouth: (x < mouth.length * 1.3).then_some(cut as f32),
            head: behind_edge < 0.0,
        })
    }
}

/// The rig's light on the body.
struct Lamp {
    from_below: bool,
    thickness: f32,
}

impl Lamp {
    fn new(plan: &SpecimenPlan, lighting: Lighting) -> Self {
        Self {
            from_below: lighting == Lighting::FromBelow,
            thickness: plan.pigment.thickness,
        }
    }

    fn on(&self, sample: &Sample, shade: relief::Shade) -> Optics {
        let albedo = sample.albedo;
        if self.from_below {
            // Tissue yellows what passes: the light that comes through is warmer than the light sent back.
            let tissue = product(albedo, [0.96, 0.92, 0.8]);
            let layers = self.thickness * (0.5 + 0.62 * sample.thick);
            let passed = scaled(
                through(tissue, layers),
                0.52 - 0.14 * smoothstep(0.2, 0.9, sample.thick),
            );
            let sent = scaled(albedo, 0.30 * shade.diffuse);
            let shine = 0.10 * sample.gloss * shade.shine;
            Optics {
                passed,
                sent: sent.map(|v| v + shine),
            }
        } else {
            let lit = scaled(albedo, 0.9 * shade.diffuse.powf(1.35));
            let shine = 0.75 * sample.gloss * shade.shine;
            Optics {
                passed: [0.0; 3],
                sent: mix(lit, [0.95, 0.97, 1.0], shine.min(1.0)),
            }
        }
    }
}
