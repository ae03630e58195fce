//! Which pictures train, validate and test.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Material, TrainError};

/// Indices of pictures, each in one part at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The network learns from these.
    pub training: Vec<usize>,
    /// These choose the best state.
    pub validation: Vec<usize>,
    /// These are looked at once, at the end.
    pub test: Vec<usize>,
}

/// Shares of the specimens, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// For validation.
    pub validation: u32,
    /// For the test at the end.
    pub test: u32,
}

impl Parts {
    /// That there is something to learn from, and something to choose by.
    ///
    /// # Errors
    /// [`TrainError::Material`].
    pub fn check(&self) -> Result<(), TrainError> {
        let short = |what: &str| {
            TrainError::Material(format!(
                "no picture is left for {what}; label more, or change the shares or lists"
            ))
        };
        match (self.training.is_empty(), self.validation.is_empty()) {
            (true, _) => Err(short("training")),
            (_, true) => Err(short("validation")),
            _ => Ok(()),
        }
    }
}

/// A split by specimens, drawn by a seed. A part whose share is not 0 has one specimen at least.
///
/// # Errors
/// [`TrainError::Material`] if there are not specimens enough.
pub fn by_shares(material: &Material, shares: Shares, seed: u64) -> Result<Parts, TrainError> {
    let mut of_specimen: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, picture) in material.specimens.iter().enumerate() {
        of_specimen.entry(&picture.specimen).or_default().push(index);
    }
    let mut groups: Vec<Vec<usize>> = of_specimen.into_values().collect();
    groups.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let count = |percent: u32| match percent {
        0 => 0,
        share => ((groups.len() * share as usize + 50) / 100).max(1),
    };
    let (validation, test) = (count(shares.validation), count(shares.test));
    if validation + test >= groups.len() {
        return Err(TrainError::Material(format!(
            "{} specimens are too few to keep {validation} for validation and {test} for a test; label more, or change the shares",
            groups.len()
        )));
    }
    let mut groups = groups.into_iter();
    let mut next = |count: usize| {
        let mut indices: Vec<usize> = groups.by_ref().take(count).flatten().collect();
        indices.sort_unstable();
        indices
    };
    let parts = Parts {
        validation: next(validation),
        test: next(test),
        training: next(usize::MAX),
    };
    parts.check()?;
    Ok(parts)
}

/// A split by lists of names. Pictures on no list are left out.
///
/// # Errors
/// [`TrainError::Material`] for a name that no picture has, that is on two lists, or whose specimen is.
pub fn by_lists(
    material: &Material,
    training: &[String],
    validation: &[String],
    test: &[String],
) -> Result<Parts, TrainError> {
    let index_of: BTreeMap<&str, usize> = (material.specimens.iter().enumerate())
        .map(|(index, s)| (s.name.as_str(), index))
        .collect();
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut of = |list: &[String], what: &'static str| {
        let mut indices = BTreeSet::new();
        for name in list {
            let stem = crate::labels::stem(std::path::Path::new(name));
            let index = index_of
                .get(stem.as_str())
                .or_else(|| index_of.get(name.as_str()))
                .copied();
            let index = index.ok_or_else(|| {
                TrainError::Material(format!(
                    "the {what} list names {name}, but no labelled picture is called so"
                ))
            })?;
            let specimen = material.specimens[index].specimen.as_str();
            if let Some(other) = taken.insert(specimen, what).filter(|other| *other != what) {
                return Err(TrainError::Material(format!(
                    "{name} is on the {what} list, and a picture of its specimen {specimen} on the {other} list; a network must not be judged by what it learnt from"
                )));
            }
            indices.insert(index);
        }
        Ok(indices.into_iter().collect())
    };
    let parts = Parts {
        training: of(training, "training")?,
        validation: of(validation, "validation")?,
        test: of(test, "test")?,
    };
    parts.check()?;
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::train::Specimen;
    use crate::traits::{TraitMask, TraitSet};
    use image::RgbImage;
    use proptest::prelude::*;

    fn material(specimens: &[u8]) -> Material {
        let size = Size::new(32, 32);
        let picture = |(index, specimen): (usize, &u8)| Specimen {
            name: format!("p{index:03}"),
            specimen: format!("s{specimen}"),
            picture: RgbImage::new(32, 32),
            mask: TraitMask::empty(size),
            not_labelled: TraitSet::EMPTY,
        };
        Material::new(specimens.iter().enumerate().map(picture)).unwrap()
    }

    proptest! {
        #[test]
        fn no_specimen_is_in_two_parts(specimens in prop::collection::vec(0u8..12, 1..40), validation in 1u32..60, test in 0u32..40, seed: u64) {
            let material = material(&specimens);
            let shares = Shares { validation, test };
            let Ok(parts) = by_shares(&material, shares, seed) else { return Ok(()) };
            let all = [&parts.training, &parts.validation, &parts.test];
            prop_assert_eq!(all.iter().map(|p| p.len()).sum::<usize>(), specimens.len());
            let of = |part: &[usize]| part.iter().map(|i| specimens[*i]).collect::<BTreeSet<_>>();
            prop_assert!(of(&parts.training).is_disjoint(&of(&parts.validation)));
            prop_assert!(of(&parts.training).is_disjoint(&of(&parts.test)));
            prop_assert!(of(&parts.validation).is_disjoint(&of(&parts.test)));
            prop_assert_eq!(parts, by_shares(&material, shares, seed).unwrap());
        }
    }

    #[test]
    fn lists_are_checked() {
        let material = material(&[1, 1, 2, 3]);
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let parts = by_lists(&material, &names(&["p000.png"]), &names(&["p002"]), &[]).unwrap();
        assert_eq!((parts.training, parts.validation), (vec![0], vec![2]));
        let error = by_lists(&material, &names(&["p000"]), &names(&["p001"]), &[]).unwrap_err();
        assert!(error.to_string().contains("specimen s1"), "{error}");
        let error = by_lists(&material, &names(&["p009"]), &names(&["p001"]), &[]).unwrap_err();
        assert!(error.to_string().contains("p009"), "{error}");
    }
}
