//! What the frozen part says of pictures, kept as far as memory is given.

use std::collections::HashMap;

use half::f16;
use half::slice::HalfFloatSliceExt;
use image::RgbImage;

use super::TrainError;
use crate::network::FeatureNetwork;
use crate::traits::TraitMask;

/// A picture that is the same whenever it comes: its index in the material, and which of its copies; copy 0 is not altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Which {
    pub picture: usize,
    pub copy: usize,
}

/// What the layers learn from.
pub(super) struct Shown {
    /// In the order of the layers' features.
    pub features: Vec<Vec<f32>>,
    pub mask: TraitMask,
}

struct Kept {
    features: Vec<Vec<f16>>,
    mask: TraitMask,
}

/// Features of pictures; those that come again are kept, as many as fit.
///
/// All of them pass through half precision, kept or not: so memory changes no result.
pub(super) struct Features {
    network: FeatureNetwork,
    kept: HashMap<Which, Kept>,
    /// Bytes that may still be kept.
    left: u64,
}

impl Features {
    pub fn new(network: FeatureNetwork, cache: u64) -> Self {
        Self {
            network,
            kept: HashMap::new(),
            left: cache,
        }
    }

    /// A picture that was kept.
    pub fn kept(&self, which: Which) -> Option<Shown> {
        self.kept.get(&which).map(|kept| Shown {
            features: kept.features.iter().map(|halves| floats(halves)).collect(),
            mask: kept.mask.clone(),
        })
    }

    /// The features of a picture; kept as `known`, where it comes again.
    ///
    /// # Errors
    /// [`TrainError::Network`].
    pub fn of(&mut self, picture: &RgbImage, mask: TraitMask, known: Option<Which>) -> Result<Shown, TrainError> {
        let halves: Vec<Vec<f16>> = self
            .network
            .features(picture)?
            .iter()
            .map(|values| halves(values))
            .collect();
        let features = halves.iter().map(|halves| floats(halves)).collect();
        let bytes = halves.iter().map(|h| size_of_val(h.as_slice())).sum::<usize>() + size_of_val(mask.bits());
        if let Some(which) = known
            && let Some(left) = self.left.checked_sub(bytes as u64)
        {
            self.left = left;
            let mask = mask.clone();
            self.kept.insert(which, Kept { features: halves, mask });
        }
        Ok(Shown { features, mask })
    }
}

fn halves(values: &[f32]) -> Vec<f16> {
    let mut halves = vec![f16::ZERO; values.len()];
    halves.convert_from_f32_slice(values);
    halves
}

fn floats(halves: &[f16]) -> Vec<f32> {
    let mut values = vec![0.0; halves.len()];
    halves.convert_to_f32_slice(&mut values);
    values
}
