//! The scores as a table for people.

use std::path::PathBuf;

use super::picture::Item;
use super::predict::Predictor;
use super::{At, EvalArgs};
use crate::cli::label_pairs::Material;
use crate::cli::scores::{self, counted, listed, names};
use crate::evaluate::{Summary, TraitSummary};
use crate::traits::{Trait, TraitSet};

/// Everything that there is to say.
pub(super) struct Report<'a> {
    pub(super) args: &'a EvalArgs,
    pub(super) predictor: &'a Predictor,
    pub(super) material: &'a Material,
    /// The worst first.
    pub(super) items: &'a [Item],
    pub(super) failed: &'a [(PathBuf, String)],
    pub(super) summary: &'a Summary,
}

impl Report<'_> {
    pub(super) fn words(&self) -> String {
        let mut text = format!("{}\n\n", self.heading());
        text += &scores::over_all(self.summary);
        text += &scores::by_trait(self.summary, "the mask", "the label");
        text += &scores::worst(self.items.iter().map(|item| &item.score));
        for note in self.notes() {
            text += &format!("{note}\n");
        }
        text
    }

    /// What was scored against what.
    pub(super) fn heading(&self) -> String {
        let Summary {
            pictures, specimens, ..
        } = self.summary;
        let what = match self.predictor.network() {
            Some(network) => {
                let manifest = network.manifest();
                let halves = network.half_precision().map(|format| format!(" in {format}"));
                format!("{} {}{}", manifest.name, manifest.version, halves.unwrap_or_default())
            }
            None => "masks made before".to_owned(),
        };
        let locate = if self.args.locate {
            ", the fish located first"
        } else {
            ""
        };
        let cleaned = if self.args.clean_up { ", cleaned up" } else { "" };
        let at = match self.args.at {
            At::Label => "the label's size",
            At::Network => "the network's size",
        };
        format!(
            "{what}{locate}{cleaned}, {} of {}, at {at}",
            counted(*pictures, "picture"),
            counted(*specimens, "specimen")
        )
    }

    /// Sentences on what the numbers do not hold.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.traits_left_out();
        for item in self.items {
            notes.extend(item.note.as_ref().map(|note| format!("{}: {note}", item.score.name)));
        }
        for (pair, reason) in &self.material.left_out {
            notes.push(format!("left out: {}: {reason}", pair.name));
        }
        let unlabelled: Vec<_> = self
            .material
            .unlabelled
            .iter()
            .map(|p| p.display().to_string())
            .collect();
        if !unlabelled.is_empty() {
            notes.push(format!("without a label: {}", listed(&unlabelled)));
        }
        notes.extend(scores::doubts(self.summary));
        if !self.failed.is_empty() {
            notes.push(format!(
                "{} could not be scored, see above",
                counted(self.failed.len(), "label")
            ));
        }
        notes
    }

    fn traits_left_out(&self) -> Vec<String> {
        let all = |of: fn(&Item) -> TraitSet| self.items.iter().map(of).fold(TraitSet::EMPTY, TraitSet::union);
        let silent = |which: &Trait| !self.summary.traits.iter().any(|t: &TraitSummary| t.which == *which);
        if let Some(chosen) = self.args.traits {
            let untold = all(|item| item.not_assessed.union(item.not_labelled)).intersection(chosen);
            let names = names(untold);
            let warning =
                format!("scored as chosen, though the network or the labeller said nothing about it: {names}");
            return if untold.is_empty() { Vec::new() } else { vec![warning] };
        }
        let mut notes = Vec::new();
        let unlearnt = all(|item| item.not_assessed);
        let undrawn = all(|item| item.not_labelled);
        let both = unlearnt.intersection(undrawn);
        let only = |of: TraitSet| of.iter().filter(|t| !both.contains(*t)).collect();
        for (why, which) in [
            ("the network never learnt them and the labeller did not draw them", both),
            ("the network never learnt them", only(unlearnt)),
            ("the labeller did not draw them", only(undrawn)),
        ] {
            let nowhere: TraitSet = which.iter().filter(silent).collect();
            if !nowhere.is_empty() {
                notes.push(format!("not scored, {why}: {}", names(nowhere)));
            }
            let here_and_there: TraitSet = which.iter().filter(|t| !silent(t)).collect();
            if !here_and_there.is_empty() {
                notes.push(format!("not scored in some pictures, {why}: {}", names(here_and_there)));
            }
        }
        notes
    }
}
