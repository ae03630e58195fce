//! The scores as a table for people.

use std::fmt::Write;
use std::path::PathBuf;

use super::material::Material;
use super::picture::Item;
use super::predict::Predictor;
use super::{At, EvalArgs};
use crate::evaluate::{Estimate, Summary, TraitSummary};
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

/// How many names a sentence lists before it says how many more there are.
const NAMES: usize = 6;

/// Intervals of fewer specimens than this are too narrow to be trusted.
const FEW: usize = 10;

impl Report<'_> {
    pub(super) fn words(&self) -> String {
        let mut text = format!("{}\n\n", self.heading());
        text += &self.over_all();
        text += &self.by_trait();
        text += &self.worst_pictures();
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
        let what = match self.predictor.manifest() {
            Some(manifest) => format!("{} {}", manifest.name, manifest.version),
            None => "masks made before".to_owned(),
        };
        let locate = if self.args.locate {
            ", the fish located first"
        } else {
            ""
        };
        let at = match self.args.at {
            At::Label => "the label's size",
            At::Network => "the network's size",
        };
        format!(
            "{what}{locate}, {} of {}, at {at}",
            counted(*pictures, "picture"),
            counted(*specimens, "specimen")
        )
    }

    fn over_all(&self) -> String {
        let summary = self.summary;
        let mut table = Table::new(&["", "value", "95 % interval"]);
        for (what, estimate) in [
            ("IoU, mean over pictures (the reference's metric)", &summary.iou),
            ("boundary IoU, mean over pictures", &summary.boundary_iou),
            ("IoU, all pixels in one pool", &summary.pooled_iou),
        ] {
            table.row([what.to_owned(), number(estimate.value), interval(estimate)]);
        }
        table.finish()
    }

    fn by_trait(&self) -> String {
        let mut table = Table::new(&[
            "trait",
            "pictures",
            "mean IoU",
            "95 % interval",
            "pooled",
            "95 % interval",
            "boundary",
            "missed",
            "invented",
        ]);
        for t in &self.summary.traits {
            let value = |e: &Option<Estimate>| e.as_ref().map_or("-".to_owned(), |e| number(e.value));
            let between = |e: &Option<Estimate>| e.as_ref().map_or("-".to_owned(), interval);
            table.row([
                t.which.label().to_owned(),
                t.occurs.to_string(),
                value(&t.mean),
                between(&t.mean),
                value(&t.pooled),
                between(&t.pooled),
                value(&t.boundary_mean),
                t.missed.to_string(),
                t.invented.to_string(),
            ]);
        }
        let explained = "pictures: those whose label has the trait, over which means are taken; missed: nothing of it found there; invented: found where the label has none\n\n";
        table.finish().trim_end().to_owned() + "\n" + explained
    }

    fn worst_pictures(&self) -> String {
        let mut table = Table::new(&["worst pictures", "IoU", "boundary", "worst traits"]);
        for item in self.items.iter().take(5) {
            let traits = item.score.worst_traits();
            let worst: Vec<_> = traits
                .iter()
                .take(3)
                .map(|(which, iou)| format!("{which} {iou:.2}"))
                .collect();
            table.row([
                item.score.name.clone(),
                number(item.score.iou()),
                number(item.score.boundary_iou()),
                worst.join(", "),
            ]);
        }
        table.finish()
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
        match self.summary.specimens {
            1 => notes.push("one specimen: there are no intervals".to_owned()),
            few if few < FEW => notes.push(format!("only {few} specimens: the intervals are too narrow")),
            _ => {}
        }
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
        for (why, which) in [
            ("the network never learnt them", all(|item| item.not_assessed)),
            ("the labeller did not draw them", all(|item| item.not_labelled)),
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

fn names(of: TraitSet) -> String {
    of.iter().map(Trait::label).collect::<Vec<_>>().join(", ")
}

fn listed(names: &[String]) -> String {
    let first = names
        .iter()
        .take(NAMES)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}

fn interval(estimate: &Estimate) -> String {
    estimate
        .interval
        .map_or_else(|| "-".to_owned(), |i| format!("{:.3} to {:.3}", i.low, i.high))
}

/// Columns of text, the first left-aligned, the others as their heads are wide.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str]) -> Self {
        Self {
            rows: vec![head.iter().map(|h| (*h).to_owned()).collect()],
        }
    }

    fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    fn finish(self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let numeric = cell.starts_with(|c: char| c.is_ascii_digit()) && !cell.contains(' ');
                let _ = match numeric {
                    true => write!(line, "{cell:>width$}  "),
                    false => write!(line, "{cell:<width$}  "),
                };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text + "\n"
    }
}
