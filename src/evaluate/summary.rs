//! The scores of a set of pictures.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Agreement, Bootstrap, Interval, PictureScore};
use crate::traits::Trait;

/// A value over a set of pictures, and where it lies when other specimens are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its 95 % interval; `None` where there are too few specimens for one.
    pub interval: Option<Interval>,
}

/// How well masks fit their labels over a set of pictures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Number of pictures.
    pub pictures: usize,
    /// Number of specimens.
    pub specimens: usize,
    /// The reference's number: the mean over pictures of the IoU with all traits pooled.
    pub iou: Estimate,
    /// Boundary IoU, pooled and averaged in the same way.
    pub boundary_iou: Estimate,
    /// IoU with all pixels of all pictures in one pool.
    pub pooled_iou: Estimate,
    /// The reference's Dice loss, mean over the pictures that have one.
    pub dice_loss: Option<Estimate>,
    /// Each trait that was scored in any picture.
    pub traits: Vec<TraitSummary>,
}

/// How well one trait fits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraitSummary {
    /// BGNN name.
    #[serde(rename = "trait", serialize_with = "bgnn_name")]
    pub which: Trait,
    /// Pictures in which it was scored.
    pub scored: usize,
    /// Pictures whose label has it.
    pub occurs: usize,
    /// Pictures whose label has it and whose mask does not.
    pub missed: usize,
    /// Pictures whose mask has it and whose label does not.
    pub invented: usize,
    /// IoU with the pixels of all pictures in one pool; `None` where no mask and no label has any.
    pub pooled: Option<Estimate>,
    /// Mean of the pictures' IoU over those whose label has it; `None` where none has.
    pub mean: Option<Estimate>,
    /// Mean of the pictures' boundary IoU over the same.
    pub boundary_mean: Option<Estimate>,
}

fn bgnn_name<S: serde::Serializer>(which: &Trait, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(which.bgnn_name())
}

impl Summary {
    /// Of these pictures, in whatever order they come; `None` of none.
    pub fn of(scores: &[PictureScore], bootstrap: Bootstrap) -> Option<Self> {
        let specimens = Specimens::of(scores);
        let draw = Draw {
            specimens: &specimens,
            bootstrap,
        };
        let scored = |which: Trait| scores.iter().any(|s| s.scored.contains(which));
        Some(Self {
            pictures: scores.len(),
            specimens: specimens.groups.len(),
            iou: draw.mean(|score| Some(score.iou()))?,
            boundary_iou: draw.mean(|score| Some(score.boundary_iou()))?,
            pooled_iou: draw.pooled(|pool| Some(pool.iou()))?,
            dice_loss: draw.mean(|score| score.dice_loss),
            traits: Trait::ALL
                .into_iter()
                .filter(|t| scored(*t))
                .map(|t| draw.of_trait(t))
                .collect(),
        })
    }
}

/// Pictures by specimen; specimens and their pictures in the order of their names, so that the order of the files changes no draw.
struct Specimens<'a> {
    groups: Vec<Vec<&'a PictureScore>>,
}

impl<'a> Specimens<'a> {
    fn of(scores: &'a [PictureScore]) -> Self {
        let mut groups: BTreeMap<&str, Vec<&PictureScore>> = BTreeMap::new();
        for score in scores {
            groups.entry(&score.specimen).or_default().push(score);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        for group in &mut groups {
            group.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Self { groups }
    }
}

/// Statistics over drawn specimens. What a specimen contributes is added up once, before the draws.
struct Draw<'a> {
    specimens: &'a Specimens<'a>,
    bootstrap: Bootstrap,
}

impl Draw<'_> {
    /// Mean of a value over the pictures that have it.
    fn mean(&self, value: impl Fn(&PictureScore) -> Option<f64>) -> Option<Estimate> {
        let sums: Vec<(f64, f64)> = (self.specimens.groups.iter())
            .map(|group| {
                let values = group.iter().filter_map(|score| value(score));
                values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0))
            })
            .collect();
        self.estimate(|drawn| {
            let add = |(sum, count): (f64, f64), i: &usize| (sum + sums[*i].0, count + sums[*i].1);
            let (sum, count) = drawn.iter().fold((0.0, 0.0), add);
            (count > 0.0).then(|| sum / count)
        })
    }

    /// A value of the pool of all pictures' pixels.
    fn pooled(&self, value: impl Fn(&Agreement) -> Option<f64>) -> Option<Estimate> {
        let sums: Vec<Agreement> = (self.specimens.groups.iter())
            .map(|group| group.iter().map(|score| score.area).sum())
            .collect();
        self.estimate(|drawn| value(&drawn.iter().map(|i| sums[*i]).sum()))
    }

    fn estimate(&self, statistic: impl Fn(&[usize]) -> Option<f64>) -> Option<Estimate> {
        let all: Vec<usize> = (0..self.specimens.groups.len()).collect();
        Some(Estimate {
            value: statistic(&all)?,
            interval: self.bootstrap.interval(all.len(), statistic),
        })
    }

    fn of_trait(&self, which: Trait) -> TraitSummary {
        let pictures = || {
            self.specimens
                .groups
                .iter()
                .flatten()
                .filter(|s| s.scored.contains(which))
        };
        let count = |of: &dyn Fn(&Agreement) -> bool| pictures().filter(|s| of(&s.area)).count();
        let occurs = |a: &Agreement| a.truth(which) > 0;
        let found = |a: &Agreement| a.predicted(which) > 0;
        TraitSummary {
            which,
            scored: pictures().count(),
            occurs: count(&occurs),
            missed: count(&|a| occurs(a) && !found(a)),
            invented: count(&|a| found(a) && !occurs(a)),
            pooled: self.pooled(|pool| pool.iou_of(which)),
            mean: self.mean(|score| score.area.iou_of(which).filter(|_| occurs(&score.area))),
            boundary_mean: self.mean(|score| score.boundary.iou_of(which).filter(|_| occurs(&score.area))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::traits::{TraitMask, TraitSet};

    /// A picture of a hundred pixels of trunk of which `hit` are found; none of it in the label where `labelled` is false.
    fn picture(name: &str, specimen: &str, hit: usize, labelled: bool) -> PictureScore {
        let size = Size::new(100, 1);
        let trunk = TraitSet::EMPTY.with(Trait::Trunk).bits();
        let of = |count: usize| {
            TraitMask::from_bits(size, (0..100).map(|i| if i < count { trunk } else { 0 }).collect()).unwrap()
        };
        let label = of(if labelled { 100 } else { 0 });
        let scored = TraitSet::ALL.without(Trait::Eye);
        PictureScore::of((name, specimen), &of(hit), &label, scored, 0.02).unwrap()
    }

    fn four() -> Vec<PictureScore> {
        vec![
            picture("a1", "a", 90, true),
            picture("a2", "a", 80, true),
            picture("b", "b", 70, true),
            picture("c", "c", 0, true),
        ]
    }

    #[test]
    fn the_value_is_the_plain_mean_over_pictures() {
        let summary = Summary::of(&four(), Bootstrap::default()).unwrap();
        assert_eq!((summary.pictures, summary.specimens), (4, 3));
        assert!((summary.iou.value - 0.6).abs() < 1e-6);
        assert!((summary.pooled_iou.value - 240.0 / 400.0).abs() < 1e-6);
        let trunk = summary.traits.iter().find(|t| t.which == Trait::Trunk).unwrap();
        assert_eq!((trunk.occurs, trunk.missed, trunk.invented), (4, 1, 0));
        assert!(summary.traits.iter().all(|t| t.which != Trait::Eye), "not scored");
        let head = summary.traits.iter().find(|t| t.which == Trait::Head).unwrap();
        assert_eq!((head.occurs, head.pooled, head.mean), (0, None, None));
    }

    #[test]
    fn a_trait_s_mean_is_over_the_pictures_that_have_it() {
        let scores = [picture("a", "a", 50, true), picture("b", "b", 10, false)];
        let summary = Summary::of(&scores, Bootstrap::default()).unwrap();
        let trunk = summary.traits.iter().find(|t| t.which == Trait::Trunk).unwrap();
        assert_eq!((trunk.occurs, trunk.missed, trunk.invented), (1, 0, 1));
        assert!((trunk.mean.unwrap().value - 0.5).abs() < 1e-6);
        assert!(
            (trunk.pooled.unwrap().value - 50.0 / 110.0).abs() < 1e-6,
            "false positives count in the pool"
        );
    }

    #[test]
    fn the_order_of_the_pictures_changes_nothing() {
        let mut scores = four();
        let summary = Summary::of(&scores, Bootstrap::default());
        for _ in 0..scores.len() {
            scores.rotate_left(1);
            assert_eq!(Summary::of(&scores, Bootstrap::default()), summary);
        }
        scores.swap(0, 2);
        assert_eq!(Summary::of(&scores, Bootstrap::default()), summary);
    }

    #[test]
    fn pictures_of_one_specimen_are_drawn_together() {
        let apart = |i: usize| if i < 5 { 90 } else { 50 };
        let scores = |specimen: &dyn Fn(usize) -> String| -> Vec<_> {
            (0..10)
                .map(|i| picture(&format!("{i}"), &specimen(i), apart(i), true))
                .collect()
        };
        let width = |scores: &[PictureScore]| {
            let interval = Summary::of(scores, Bootstrap::default()).unwrap().iou.interval.unwrap();
            interval.high - interval.low
        };
        let ten = width(&scores(&|i| i.to_string()));
        let two = width(&scores(&|i| (i / 5).to_string()));
        assert!(
            (two - 0.4).abs() < 1e-9,
            "two specimens: one of them may be drawn twice; {two}"
        );
        assert!(ten < 0.3, "{ten}");
        let one = Summary::of(&scores(&|_| "x".to_owned()), Bootstrap::default()).unwrap();
        assert_eq!(one.iou.interval, None);
        assert_eq!(Summary::of(&[], Bootstrap::default()), None);
    }
}
