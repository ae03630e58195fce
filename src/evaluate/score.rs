//! The scores of one picture.

use std::cmp::Ordering;

use super::{Agreement, EvaluateError, boundary_bands, boundary_distance};
use crate::frame::Size;
use crate::traits::{Trait, TraitMask, TraitSet};

/// Share of the diagonal that is the distance of boundary IoU, as its authors take it.
pub const BOUNDARY_SHARE: f64 = 0.02;

/// How a picture's mask fits its label.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureScore {
    /// The picture.
    pub name: String,
    /// Whose picture it is.
    pub specimen: String,
    /// The size at which both masks were compared.
    pub size: Size,
    /// The traits that were scored.
    pub scored: TraitSet,
    /// Pixels of these traits.
    pub area: Agreement,
    /// Pixels of their boundary bands.
    pub boundary: Agreement,
    /// The reference's Dice loss of the probabilities, where these were compared.
    pub dice_loss: Option<f64>,
}

impl PictureScore {
    /// Compares two masks of one size in the traits `scored`; boundary bands are `boundary_share` of the diagonal wide.
    ///
    /// # Errors
    /// [`EvaluateError::Sizes`].
    pub fn of(
        (name, specimen): (&str, &str),
        predicted: &TraitMask,
        label: &TraitMask,
        scored: TraitSet,
        boundary_share: f64,
    ) -> Result<Self, EvaluateError> {
        let size = label.size();
        let area = Agreement::of(predicted, label)?.only(scored);
        let distance = boundary_distance(size, boundary_share);
        let boundary = Agreement::of(&boundary_bands(predicted, distance), &boundary_bands(label, distance))?;
        Ok(Self {
            name: name.to_owned(),
            specimen: specimen.to_owned(),
            size,
            scored,
            area,
            boundary: boundary.only(scored),
            dice_loss: None,
        })
    }

    /// The reference's IoU of this picture.
    pub fn iou(&self) -> f64 {
        self.area.iou()
    }

    /// Boundary IoU with all traits pooled in the same way.
    pub fn boundary_iou(&self) -> f64 {
        self.boundary.iou()
    }

    /// The traits that either mask has, and their IoU, the worst first.
    pub fn worst_traits(&self) -> Vec<(Trait, f64)> {
        let mut traits: Vec<_> = Trait::ALL
            .into_iter()
            .filter_map(|t| Some((t, self.area.iou_of(t)?)))
            .collect();
        traits.sort_by(|a, b| a.1.total_cmp(&b.1));
        traits
    }

    /// The order of lists: the worst first, those that score alike by name.
    pub fn worst_first(&self, other: &Self) -> Ordering {
        self.iou()
            .total_cmp(&other.iou())
            .then_with(|| self.name.cmp(&other.name))
    }
}
