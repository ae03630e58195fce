//! What a scene shall show.

use super::ground::Ground;
use super::label::LabelStyle;
use super::ruler::RulerStyle;
use crate::frame::Size;
use crate::render::dice::{Dice, generator};
use crate::render::error::RenderError;
use crate::render::plan::{BodyForm, Lighting};

/// Which way a head points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heading {
    /// To the picture's left edge, as most collections lay their fish.
    Left,
    /// To the right.
    Right,
}

/// What a scene shall show; the seed decides all the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneSettings {
    /// Columns and rows, 64 to 8192 each.
    pub size: Size,
    /// The same seed and settings give the same bytes.
    pub seed: u64,
    /// What the fish lies on.
    pub ground: Ground,
    /// The fish's body form; `None` leaves it to the seed.
    pub form: Option<BodyForm>,
    /// Which way its head points.
    pub heading: Heading,
    /// Number of fish, 0 to 6; the first is the largest.
    pub fish: u32,
    /// Length of the first fish as a share of the picture's width, 0.03 to 0.9. Made smaller where the picture is too low for it.
    pub fish_share: f64,
    /// Turn of the first fish in degrees, clockwise, -45 to 45.
    pub tilt_degrees: f64,
    /// The first fish lies partly outside the picture.
    pub cut_by_edge: bool,
    /// A label of this style.
    pub label: Option<LabelStyle>,
    /// A ruler of this style.
    pub ruler: Option<RulerStyle>,
    /// Whether the ruler lies on the label.
    pub ruler_on_label: bool,
}

/// Shortest side of a scene.
pub const LEAST_SIDE: u32 = 64;
/// Longest side of a scene.
pub const GREATEST_SIDE: u32 = 8192;

impl SceneSettings {
    /// A usual scene of that size: one fish, label and ruler, everything as the seed has it.
    pub fn random(size: Size, seed: u64) -> Self {
        let rng = &mut generator(seed, super::SETTINGS_STREAM);
        let ground = rng.pick(&[
            Ground::LightTable,
            Ground::LightTable,
            Ground::LightTable,
            Ground::Board,
            Ground::Bench,
            Ground::Tank,
        ]);
        let (label, ruler) = usual_cards(ground, rng.chance(0.3));
        Self {
            size,
            seed,
            ground,
            form: None,
            heading: if rng.chance(0.2) { Heading::Right } else { Heading::Left },
            fish: 1,
            fish_share: rng.between(0.3, 0.6),
            tilt_degrees: rng.around_zero(3.5),
            cut_by_edge: false,
            label: Some(label),
            ruler: Some(ruler),
            ruler_on_label: rng.chance(0.3),
        }
    }

    /// Where the scene's light comes from.
    pub fn lighting(&self) -> Lighting {
        self.ground.lighting()
    }

    /// # Errors
    /// The first setting that is outside its range.
    pub fn check(&self) -> Result<(), RenderError> {
        let side = LEAST_SIDE..=GREATEST_SIDE;
        if !side.contains(&self.size.width) || !side.contains(&self.size.height) {
            return Err(RenderError::Size {
                size: self.size,
                least: LEAST_SIDE,
                greatest: GREATEST_SIDE,
            });
        }
        let within = |what, value: f64, least: f64, greatest: f64| {
            if (least..=greatest).contains(&value) {
                Ok(())
            } else {
                Err(RenderError::OutOfRange {
                    what,
                    value,
                    least,
                    greatest,
                })
            }
        };
        within("number of fish", f64::from(self.fish), 0.0, 6.0)?;
        within("fish share", self.fish_share, 0.03, 0.9)?;
        within("tilt", self.tilt_degrees, -45.0, 45.0)
    }
}

/// The cards that usually lie on a ground; `other` takes the second kind of label of a light table.
fn usual_cards(ground: Ground, other: bool) -> (LabelStyle, RulerStyle) {
    match ground {
        Ground::LightTable if other => (LabelStyle::Typed, RulerStyle::Tan),
        Ground::LightTable => (LabelStyle::Plotted, RulerStyle::Tan),
        Ground::Board => (LabelStyle::Printed, RulerStyle::Black),
        Ground::Bench => (LabelStyle::Typed, RulerStyle::White),
        Ground::Tank => (LabelStyle::Printed, RulerStyle::White),
    }
}
