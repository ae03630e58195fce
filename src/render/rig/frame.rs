//! A scene and its picture.

use image::RgbImage;

use super::camera::Camera;
use super::card::{self, LaidCard};
use super::ground::{Ground, GroundLight};
use super::layout::Layout;
use super::marks::Marks;
use super::settings::{Heading, SceneSettings};
use super::shadow::Shadow;
use super::truth::FishTruth;
use crate::frame::{PixelBox, Size, resize};
use crate::measure::Quantity;
use crate::render::curve::Point;
use crate::render::dice::generator;
use crate::render::error::RenderError;
use crate::render::light::Light;
use crate::render::plan::{BodyForm, Lighting, SpecimenPlan};
use crate::render::specimen::{self, Layer, Placement};
use crate::traits::{TraitMask, TraitSet};

/// A scene: everything is decided, nothing is drawn.
pub struct RigScene {
    settings: SceneSettings,
    layout: Layout,
}

/// A picture of a whole scene and what is true of it.
#[derive(Debug, Clone)]
pub struct RigFrame {
    /// The picture.
    pub picture: RgbImage,
    /// The traits of all fish, one for each pixel of the picture.
    pub mask: TraitMask,
    /// The fish of which something is in the picture, the largest first.
    pub fish: Vec<DrawnFish>,
    /// The label as far as it is in the picture; things that lie on it don't count.
    pub label: Option<PixelBox>,
    /// The ruler.
    pub ruler: Option<DrawnRuler>,
    /// Scale of ruler and fish.
    pub pixels_per_centimetre: f64,
}

/// What is true of a fish in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnFish {
    /// The tight box of its traits.
    pub bounds: PixelBox,
    /// Its body form.
    pub form: BodyForm,
    /// Which way its head points.
    pub heading: Heading,
    /// Tip of the snout, in pixels.
    pub snout: Point,
    /// The end of the vertebral column, in pixels: the rear of the trunk at its middle, where the caudal fin begins.
    pub tail_base: Point,
    /// The straight distance between these two, in centimetres.
    pub standard_length_cm: f64,
    /// Landmarks and lengths.
    pub truth: FishTruth,
}

/// What is true of a ruler in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnRuler {
    /// Its tight box, as far as it is in the picture; things that lie on it don't count.
    pub bounds: PixelBox,
    /// Middle of the first millimetre tick, in pixels, on a line that crosses all ticks; it may lie outside the picture.
    pub first_tick: Point,
    /// Middle of the last millimetre tick.
    pub last_tick: Point,
    /// Millimetres between the two.
    pub millimetres: u32,
}

/// A picture of one fish, cropped as the station crops, and its traits.
#[derive(Debug, Clone)]
pub struct Specimen {
    /// The picture.
    pub picture: RgbImage,
    /// The traits, one for each pixel.
    pub mask: TraitMask,
    /// Its body form.
    pub form: BodyForm,
}

/// Each side of a crop is moved outwards by this share of the fish's box, as in [`PixelBox::grown`].
const CROP_MARGIN: f64 = 0.025;

impl RigScene {
    /// Decides everything about the scene.
    ///
    /// # Errors
    /// A setting outside its range.
    pub fn new(settings: SceneSettings) -> Result<Self, RenderError> {
        settings.check()?;
        let layout = Layout::new(&settings);
        Ok(Self { settings, layout })
    }

    /// What was asked for.
    pub fn settings(&self) -> &SceneSettings {
        &self.settings
    }

    /// The specimens, the largest first.
    pub fn specimens(&self) -> impl Iterator<Item = &SpecimenPlan> {
        self.layout.fish.iter().map(|(plan, _)| plan)
    }

    /// Draws the whole scene.
    pub fn draw(&self) -> RigFrame {
        let size = self.settings.size;
        let window = PixelBox::whole(size);
        let drawn = self.draw_fish();
        let (label, ruler) = self.lay_cards(window);
        let picture = self.photograph(window, &drawn, label.as_ref(), ruler.as_ref());
        let mut mask = TraitMask::empty(size);
        let mut fish = Vec::new();
        for (layer, (plan, placement)) in &drawn {
            copy_traits(layer, window, &mut mask);
            if let Some(bounds) = tight_box(layer) {
                fish.push(self.describe(plan, placement, bounds));
            }
        }
        RigFrame {
            picture,
            mask,
            fish,
            label: label.and_then(|card| card.bounds()),
            ruler: ruler.and_then(|card| self.describe_ruler(&card)),
            pixels_per_centimetre: self.layout.pixels_per_centimetre,
        }
    }

    /// Draws the first fish as the station crops it, stretched to `size`.
    ///
    /// # Errors
    /// [`RenderError::NoFish`] if none is in the picture, [`RenderError::Size`] for a size outside the range of scenes.
    pub fn draw_crop(&self, size: Size) -> Result<Specimen, RenderError> {
        SceneSettings {
            size,
            ..self.settings.clone()
        }
        .check()?;
        let no_fish = RenderError::NoFish {
            seed: self.settings.seed,
        };
        let drawn = self.draw_fish();
        let (layer, (plan, _)) = drawn.first().ok_or(no_fish.clone())?;
        let bounds = tight_box(layer).ok_or(no_fish)?;
        let window = bounds.grown(CROP_MARGIN, self.settings.size);
        let (label, ruler) = self.lay_cards(window);
        let picture = self.photograph(window, &drawn, label.as_ref(), ruler.as_ref());
        let mut mask = TraitMask::empty(window.size());
        for (layer, _) in &drawn {
            copy_traits(layer, window, &mut mask);
        }
        Ok(Specimen {
            picture: resize::bilinear(&picture, size),
            mask: mask.resized(size),
            form: plan.form,
        })
    }

    fn draw_fish(&self) -> Vec<(Layer, &(SpecimenPlan, Placement))> {
        let lighting = self.settings.lighting();
        let size = self.settings.size;
        self.layout
            .fish
            .iter()
            .filter_map(|fish| Some((specimen::draw(&fish.0, lighting, &fish.1, size)?, fish)))
            .collect()
    }

    fn lay_cards(&self, window: PixelBox) -> (Option<LaidCard>, Option<LaidCard>) {
        let label = self
            .layout
            .label
            .as_ref()
            .and_then(|(label, place)| card::lay(label, *place, window));
        let ruler = self
            .layout
            .ruler
            .as_ref()
            .and_then(|(ruler, place)| card::lay(ruler, *place, window));
        (label, ruler)
    }

    fn photograph(
        &self,
        window: PixelBox,
        drawn: &[(Layer, &(SpecimenPlan, Placement))],
        label: Option<&LaidCard>,
        ruler: Option<&LaidCard>,
    ) -> RgbImage {
        let settings = &self.settings;
        let rng = &mut generator(settings.seed, super::GROUND_STREAM);
        let ground = GroundLight::new(settings.ground, settings.size, rng);
        let marks = Marks::new(settings.ground, settings.size, rng);
        let camera = Camera::random(settings.size, rng);
        let mut light: Vec<Light> = Vec::with_capacity(window.area() as usize);
        for y in window.top..window.bottom {
            light.extend((window.left..window.right).map(|x| ground.at(x, y)));
        }
        marks.draw(window, &mut light);
        let unit = f64::from(settings.size.width) / 1200.0;
        for laid in [label, ruler].into_iter().flatten() {
            if settings.lighting() == Lighting::FromAbove {
                let shadow = Shadow {
                    offset: (unit.round() as i64, (1.6 * unit).round() as i64),
                    radius: (1.3 * unit).round().max(1.0) as i64,
                    strength: 0.45,
                };
                shadow.cast(
                    window,
                    &mut light,
                    laid.window,
                    laid.pixels.iter().map(|(_, share)| *share),
                );
            }
            lay_over(
                window,
                laid.window,
                laid.pixels.iter().map(|(stuff, _)| *stuff),
                &mut light,
            );
        }
        for (layer, _) in drawn {
            self.cast_shadow(window, layer, unit, &mut light);
            lay_over(window, layer.window, layer.optics.iter().copied(), &mut light);
        }
        camera.take(&light, window, settings.seed)
    }

    fn cast_shadow(&self, window: PixelBox, layer: &Layer, unit: f64, light: &mut [Light]) {
        // A tank's fish hangs far before its back wall; on a light table no lamp throws a shadow.
        let (near, far) = match self.settings.ground {
            Ground::LightTable => return,
            Ground::Board => (0.10, 0.16),
            Ground::Bench => (0.5, 0.36),
            Ground::Tank => (0.0, 0.10),
        };
        for (strength, offset, radius) in [(far, 7.0, 13.0), (near, 2.5, 3.0)] {
            if strength > 0.0 {
                let shadow = Shadow {
                    offset: ((offset * 0.5 * unit).round() as i64, (offset * unit).round() as i64),
                    radius: (radius * unit).round().max(1.0) as i64,
                    strength,
                };
                shadow.cast(
                    window,
                    light,
                    layer.window,
                    layer.optics.iter().map(|o| 1.0 - o.passed[1]),
                );
            }
        }
    }

    fn describe(&self, plan: &SpecimenPlan, placement: &Placement, bounds: PixelBox) -> DrawnFish {
        let truth = FishTruth::of(plan, placement);
        DrawnFish {
            bounds,
            form: plan.form,
            heading: if placement.mirrored {
                Heading::Right
            } else {
                Heading::Left
            },
            snout: truth.landmarks[&1],
            tail_base: truth.landmarks[&6],
            standard_length_cm: truth.lengths[&Quantity::StandardLength] / self.layout.pixels_per_centimetre,
            truth,
        }
    }

    fn describe_ruler(&self, laid: &LaidCard) -> Option<DrawnRuler> {
        let (ruler, place) = self.layout.ruler.as_ref()?;
        let (y, first, last) = ruler.scale_line();
        Some(DrawnRuler {
            bounds: laid.bounds()?,
            first_tick: place.to_picture(first, y),
            last_tick: place.to_picture(last, y),
            millimetres: ((last - first) / self.layout.pixels_per_centimetre * 10.0).round() as u32,
        })
    }
}

/// Lays the stuff of `part` over the light of `window`.
fn lay_over(window: PixelBox, part: PixelBox, stuff: impl Iterator<Item = specimen::Optics>, light: &mut [Light]) {
    for (i, stuff) in stuff.enumerate() {
        if let Some(index) = index_in(window, part, i) {
            let under = light[index];
            light[index] = std::array::from_fn(|c| under[c] * stuff.passed[c] + stuff.sent[c]);
        }
    }
}

fn copy_traits(layer: &Layer, window: PixelBox, mask: &mut TraitMask) {
    for (i, traits) in layer.traits.iter().enumerate() {
        if !traits.is_empty()
            && let Some(index) = index_in(window, layer.window, i)
        {
            let width = window.width();
            mask.set(index as u32 % width, index as u32 / width, *traits);
        }
    }
}

/// The index in `window` of pixel `i` of `part`, if it lies there.
fn index_in(window: PixelBox, part: PixelBox, i: usize) -> Option<usize> {
    let (x, y) = (part.left + i as u32 % part.width(), part.top + i as u32 / part.width());
    let inside = (window.left..window.right).contains(&x) && (window.top..window.bottom).contains(&y);
    inside.then(|| (y - window.top) as usize * window.width() as usize + (x - window.left) as usize)
}

fn tight_box(layer: &Layer) -> Option<PixelBox> {
    let bits = layer.traits.iter().map(|t| t.bits()).collect();
    let found = TraitMask::from_bits(layer.window.size(), bits)?.bounding_box(TraitSet::ALL)?;
    let (left, top) = (layer.window.left, layer.window.top);
    Some(PixelBox::new(
        found.left + left,
        found.top + top,
        found.right + left,
        found.bottom + top,
    ))
}
