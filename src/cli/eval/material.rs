//! What there is to score, and what is left out of it.

use std::path::{Path, PathBuf};

use super::EvalArgs;
use crate::evaluate::pairs::{self, LabelPlace, Pair, PairError, Paired};

/// What there is to score.
pub(super) struct Material {
    pub(super) pairs: Vec<Pair>,
    /// Labels without a picture, and why they can't be scored.
    pub(super) failed: Vec<(PathBuf, String)>,
    /// Pairs that were left out, and why.
    pub(super) left_out: Vec<(Pair, String)>,
    /// Pictures without a label.
    pub(super) unlabelled: Vec<PathBuf>,
}

impl Material {
    pub(super) fn gather(args: &EvalArgs) -> Result<Self, PairError> {
        let pictures_wanted = args.predictions.is_none();
        let paired = match (&args.pairs, &args.labels) {
            (Some(table), _) => Paired {
                pairs: pairs::from_table(table, &args.images, pictures_wanted)?,
                ..Paired::default()
            },
            (None, Some(labels)) => pairs::by_stem(&args.images, labels, pictures_wanted)?,
            (None, None) => Paired::default(),
        };
        let no_picture = |label: LabelPlace| {
            let stem = label.stem();
            let reason = format!(
                "no picture {stem} for this label; name its folder by --images, or give the pairs in a table (--pairs)"
            );
            (label.file, reason)
        };
        let (pairs, left_out): (Vec<_>, Vec<_>) =
            (paired.pairs.into_iter()).partition(|pair| args.drawings || pair.no_photograph.is_none());
        let reason = |pair: Pair| {
            let medium = pair.no_photograph.clone().unwrap_or_default();
            (pair, format!("{medium} (--drawings takes it)"))
        };
        Ok(Self {
            pairs,
            failed: paired.labels_left.into_iter().map(no_picture).collect(),
            left_out: left_out.into_iter().map(reason).collect(),
            unlabelled: paired.pictures_left,
        })
    }

    /// The files that no output may replace.
    pub(super) fn inputs<'a>(&'a self, args: &'a EvalArgs) -> impl Iterator<Item = &'a Path> {
        let pairs = self.pairs.iter().chain(self.left_out.iter().map(|(pair, _)| pair));
        let of_pairs = pairs.flat_map(|pair| std::iter::once(&pair.label).chain(&pair.picture));
        let others = self.unlabelled.iter().chain(&args.pairs);
        of_pairs.chain(others).map(PathBuf::as_path)
    }
}
