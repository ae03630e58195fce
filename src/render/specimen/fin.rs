//! A fin's membrane, rays and spines.

use super::canvas::{Canvas, Optics};
use super::mesh::{self, FinPlace};
use super::placement::Placement;
use crate::render::light::{Light, WHITE, mix, product, scaled, smoothstep, through};
use crate::render::noise::Noise;
use crate::render::plan::{FinPlan, FinTexture, Lighting, PigmentPlan, SpecimenPlan};
use crate::traits::{Trait, TraitSet};

/// Lays the fin over what is on the canvas.
pub(super) fn draw(fin: &FinPlan, plan: &SpecimenPlan, lighting: Lighting, placement: &Placement, canvas: &mut Canvas) {
    let Some(map) = mesh::map(fin, &plan.body, placement, canvas.size) else {
        return;
    };
    let shader = FinShader::new(fin, &plan.pigment, lighting);
    if fin.over_body {
        cast_shadow(&map, placement.scale, canvas);
    }
    for (i, place) in map.places.iter().enumerate() {
        let Some(place) = place else { continue };
        let (x, y) = (i as u32 % map.size.width, i as u32 / map.size.width);
        let index = canvas.index(map.left + x, map.top + y);
        let (stuff, traits) = shader.at(place);
        canvas.lay(index, stuff, Some(traits));
    }
}

/// A fin that lies on the body stands off from it a little and darkens the skin along its lower edge.
fn cast_shadow(map: &mesh::FinMap, scale: f64, canvas: &mut Canvas) {
    let reach = (scale * 0.005).round().max(1.0) as u32;
    let mut depth: Vec<u32> = vec![0; map.places.len()];
    for step in 1..=reach {
        for (i, _) in map.places.iter().enumerate().filter(|(_, place)| place.is_some()) {
            let (x, y) = (i as u32 % map.size.width + step / 2, i as u32 / map.size.width + step);
            if x < map.size.width && y < map.size.height {
                depth[(y * map.size.width + x) as usize] += 1;
            }
        }
    }
    for (i, count) in depth.into_iter().enumerate() {
        let index = canvas.index(
            map.left + i as u32 % map.size.width,
            map.top + i as u32 / map.size.width,
        );
        let on_body = canvas.traits[index].contains(Trait::Trunk) || canvas.traits[index].contains(Trait::Head);
        if count > 0 && map.places[i].is_none() && on_body {
            let dark = 1.0 - 0.45 * count as f32 / reach as f32;
            let under = canvas.optics[index];
            canvas.optics[index] = Optics {
                passed: scaled(under.passed, dark),
                sent: scaled(under.sent, dark),
            };
        }
    }
}

struct FinShader<'a> {
    fin: &'a FinPlan,
    pigment: &'a PigmentPlan,
    noise: Noise,
    /// Colour of one layer of ray, and of membrane.
    ray: Light,
    membrane: Light,
    /// What a fin on the body looks like from above.
    lit_skin: Light,
    /// Share of the light from above that a thick layer sends back.
    sends: f32,
}

impl<'a> FinShader<'a> {
    fn new(fin: &'a FinPlan, pigment: &'a PigmentPlan, lighting: Lighting) -> Self {
        let fleshy = fin.texture == FinTexture::Fleshy;
        let colour = if fleshy {
            mix(pigment.back, pigment.fin, 0.45)
        } else {
            pigment.fin
        };
        let sends = match lighting {
            Lighting::FromBelow if fin.which == Trait::PectoralFin => 0.36,
            Lighting::FromBelow => 0.16,
            Lighting::FromAbove => 0.92,
        };
        Self {
            fin,
            pigment,
            noise: Noise::new(fin.seed),
            ray: colour,
            membrane: mix(colour, WHITE, 0.16),
            sends,
            lit_skin: match lighting {
                Lighting::FromBelow => [0.60, 0.42, 0.23],
                Lighting::FromAbove => mix(pigment.fin, pigment.belly, 0.5),
            },
        }
    }

    fn at(&self, place: &FinPlace) -> (Optics, TraitSet) {
        let part = TraitSet::EMPTY.with(self.fin.which);
        let (ray, covered) = self.ray_at(place);
        let traits = match self.fin.texture.element(self.fin.which) {
            Some(element) if covered => part.with(element),
            _ => part,
        };
        (self.optics(place, ray), traits)
    }

    /// How thick a ray is here, 0 to 1, and whether the place counts as ray.
    fn ray_at(&self, place: &FinPlace) -> (f32, bool) {
        let elements = self.fin.texture.elements();
        if elements < 2 {
            return (0.0, false);
        }
        let number = place.along * (elements - 1) as f32;
        let offset = (number - number.round()).abs();
        let (distance, half_width) = match self.fin.texture {
            FinTexture::Spiny { .. } => (
                offset * place.spacing,
                (place.spacing * 0.2).min(0.0032) * (1.15 - 0.8 * place.out),
            ),
            _ => {
                // A soft ray splits in two, then in four.
                let split = 0.2 * smoothstep(0.3, 0.95, place.out);
                let again = 0.09 * smoothstep(0.65, 1.0, place.out);
                let nearest = ((offset - split).abs() - again).abs();
                (
                    nearest * place.spacing,
                    (place.spacing * 0.17).min(0.0022) * (1.15 - 0.8 * place.out),
                )
            }
        };
        let core = 1.0 - smoothstep(half_width * 0.7, half_width * 1.3, distance);
        (core, distance < half_width)
    }

    fn optics(&self, place: &FinPlace, ray: f32) -> Optics {
        let number = place.along * self.fin.texture.elements().max(8) as f32;
        let fleshy = self.fin.texture == FinTexture::Fleshy;
        let caudal = self.fin.which == Trait::CaudalFin;
        let cloud = self.noise.cloud(number * 0.5, place.reach * 45.0, 3);
        let fibre = self.noise.at(number * 9.0, place.reach * 18.0);
        let joints = if ray > 0.0 && !matches!(self.fin.texture, FinTexture::Spiny { .. }) {
            1.0 - 0.3 * smoothstep(0.55, 0.95, (place.reach * 420.0).sin()) * smoothstep(0.2, 0.5, place.out)
        } else {
            1.0
        };
        // A fin is thick and yellow at its base and all but clear at its margin.
        let thin = (1.0 - place.out).powf(1.5) * 1.7 + 0.22;
        // Fins on the body grow out of it without a border.
        let grown = if self.fin.over_body {
            smoothstep(0.0, 0.3, place.out)
        } else {
            1.0
        };
        let membrane = grown
            * if fleshy {
                1.7 * (1.0 - 0.6 * place.out)
            } else {
                self.pigment.membrane * thin * (1.0 + 0.22 * cloud + 0.14 * fibre)
            };
        let spiny = if matches!(self.fin.texture, FinTexture::Spiny { .. }) {
            1.9
        } else {
            1.0
        };
        let rays = spiny
            * ray
            * joints
            * (1.0 - 0.3 * place.out)
            * grown
            * (1.0 + 0.2 * cloud)
            * if self.fin.over_body { 0.8 } else { 1.0 };
        // Flesh and pigment of the body run a little way up the fin.
        let (amount, reach) = if caudal { (2.0, 0.021) } else { (1.9, 0.012) };
        let flesh = grown * amount * (-place.reach / reach).exp() * (1.0 + 0.35 * cloud + 0.2 * fibre);
        let fold = self.noise.at(number * 1.1 + place.out, place.out * 1.5).max(0.0) * 0.3 * place.out;
        let (membrane, flesh) = ((membrane + fold).max(0.03), flesh.max(0.0));
        let dark = self.dark_pigment(place, ray);
        let clear = product(through(self.membrane, membrane), through(self.ray, rays));
        let body_colour = mix(self.pigment.flank, self.pigment.back, 0.4);
        let passed = product(product(clear, through(body_colour, flesh)), [(-dark).exp(); 3]);
        let body = 1.0 - (-(0.9 * membrane + 1.6 * rays + 1.2 * flesh)).exp();
        let ridge = 0.5 * ray + 0.12 * fibre;
        let lit = 0.72 + 1.3 * ridge - 0.2 * smoothstep(0.0, 0.6, place.out) + 0.08 * cloud;
        let on_flank = self.fin.which == Trait::PectoralFin;
        let colour = if on_flank {
            mix(mix(self.ray, self.pigment.belly, 0.35), self.lit_skin, 0.6)
        } else {
            self.ray
        };
        let colour = mix(colour, body_colour, (flesh * 0.55).min(0.85));
        let sent = scaled(colour, self.sends * body * lit * (-dark * 0.8).exp());
        let opaque = if on_flank { 0.7 } else { 0.18 + 0.4 * self.sends };
        Optics {
            passed: scaled(passed, 1.0 - opaque * body),
            sent,
        }
    }

    /// Optical thickness of black pigment.
    fn dark_pigment(&self, place: &FinPlace, ray: f32) -> f32 {
        let elements = self.fin.texture.elements().max(4) as f32;
        let (x, y) = (place.along * elements * 3.0, place.reach * 330.0);
        let cells = self.noise.specks(x, y, 0.3 * self.pigment.melanophores, 0.45) * self.pigment.melanophores;
        // A ray's edges carry pigment.
        let edge = ray * (1.0 - ray) * 4.0 * 0.35 * self.pigment.melanophores;
        let spots = match self.pigment.spots {
            Some(spots) if spots.on_fins && self.fin.which != Trait::PectoralFin => {
                2.0 * spots.strength
                    * smoothstep(
                        0.2,
                        0.6,
                        self.noise
                            .specks(place.along * elements * 0.6, place.reach * 45.0, spots.share, 0.35),
                    )
            }
            _ => 0.0,
        };
        let saddle = if self.pigment.saddles > 0.0 && self.fin.texture != FinTexture::Fleshy {
            1.2 * self.pigment.saddles * smoothstep(0.6, 0.8, place.out) * (1.0 - smoothstep(0.85, 0.97, place.out))
        } else {
            0.0
        };
        cells * 0.9 + edge + spots + saddle
    }
}
