//! Labelled pictures at the network's size.

use std::collections::BTreeMap;

use image::RgbImage;

use super::TrainError;
use crate::frame::{Size, resize};
use crate::traits::{Trait, TraitMask, TraitSet};

/// A labelled picture.
#[derive(Debug, Clone)]
pub struct Specimen {
    /// Its name, of which there is one.
    pub name: String,
    /// Whose picture it is; pictures of one specimen are never in two parts.
    pub specimen: String,
    /// The crop at the network's size.
    pub picture: RgbImage,
    /// Its traits at the network's size.
    pub mask: TraitMask,
    /// Traits about which the label says nothing.
    pub not_labelled: TraitSet,
}

impl Specimen {
    /// A crop with its label, both stretched to `size` as the network's input is.
    pub fn new(
        name: String,
        specimen: String,
        crop: &RgbImage,
        mask: &TraitMask,
        not_labelled: TraitSet,
        size: Size,
    ) -> Self {
        Self {
            name,
            specimen,
            picture: resize::bilinear(crop, size),
            mask: mask.resized(size),
            not_labelled,
        }
    }
}

/// All labelled pictures of a training, and the traits that are trained.
#[derive(Debug, Clone)]
pub struct Material {
    /// In the order of their names.
    pub specimens: Vec<Specimen>,
}

impl Material {
    /// Pictures in the order of their names, whatever order they came in.
    ///
    /// # Errors
    /// [`TrainError::Material`] where two have one name.
    pub fn new(specimens: impl IntoIterator<Item = Specimen>) -> Result<Self, TrainError> {
        let mut by_name = BTreeMap::new();
        for specimen in specimens {
            let name = specimen.name.clone();
            if by_name.insert(name.clone(), specimen).is_some() {
                return Err(TrainError::Material(format!("two pictures are called {name}")));
            }
        }
        Ok(Self {
            specimens: by_name.into_values().collect(),
        })
    }

    /// How many of the pictures `of` have each trait, in channel order.
    pub fn pictures_with(&self, of: &[usize]) -> [usize; Trait::COUNT] {
        let mut counts = [0; Trait::COUNT];
        for index in of {
            for which in self.specimens[*index].mask.present().iter() {
                counts[which.channel()] += 1;
            }
        }
        counts
    }

    /// The traits that none of the pictures `of` has: of them nothing can be learnt.
    pub fn missing(&self, of: &[usize]) -> TraitSet {
        let counts = self.pictures_with(of);
        Trait::ALL.into_iter().filter(|t| counts[t.channel()] == 0).collect()
    }
}
