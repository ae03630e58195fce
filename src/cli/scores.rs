//! Scores as people and programs read them: for `eval`, for `model compare`, and for whoever else compares masks.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::evaluate::{Estimate, PictureScore, Summary};
use crate::traits::{Trait, TraitSet};

/// How many names a sentence lists before it says how many more there are.
const NAMES: usize = 6;

/// Intervals of fewer specimens than this are too narrow to be trusted.
const FEW: usize = 10;

/// How many of the worst pictures people are shown.
const WORST: usize = 5;

/// The values over all traits.
pub(super) fn over_all(summary: &Summary) -> String {
    let mut table = Table::new(&["", "value", "95 % interval"]);
    for (what, estimate) in [
        ("IoU, mean over pictures (the reference's metric)", &summary.iou),
        ("boundary IoU, mean over pictures", &summary.boundary_iou),
        ("IoU, all pixels in one pool", &summary.pooled_iou),
    ] {
        table.row([what.to_owned(), number(estimate.value), interval(estimate)]);
    }
    if let Some(loss) = &summary.dice_loss {
        table.row([
            "Dice loss, mean over pictures (the reference's loss)".to_owned(),
            number(loss.value),
            interval(loss),
        ]);
    }
    table.finish()
}

/// The values of each trait; `predicted` is what is compared with `truth`, for example "the mask" with "the label".
pub(super) fn by_trait(summary: &Summary, predicted: &str, truth: &str) -> String {
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
    let value = |e: &Option<Estimate>| e.as_ref().map_or("-".to_owned(), |e| number(e.value));
    let between = |e: &Option<Estimate>| e.as_ref().map_or("-".to_owned(), interval);
    let (somewhere, nowhere): (Vec<_>, Vec<_>) = summary.traits.iter().partition(|t| t.pooled.is_some());
    for t in somewhere {
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
    let mut text = table.finish().trim_end().to_owned();
    text += &format!(
        "\n  pictures: those in which {truth} has the trait; means are over them\n  \
         missed: of these without any of it; invented: with some of it where {truth} has none\n"
    );
    if !nowhere.is_empty() {
        let nowhere = names(nowhere.iter().map(|t| t.which).collect());
        text += &format!("  nowhere, neither in {truth} nor in {predicted}: {nowhere}\n");
    }
    text + "\n"
}

/// The first few of these pictures, which come the worst first.
pub(super) fn worst<'a>(worst_first: impl Iterator<Item = &'a PictureScore>) -> String {
    let mut table = Table::new(&["worst pictures", "IoU", "boundary", "worst traits"]);
    for score in worst_first.take(WORST) {
        let traits: Vec<_> = worst_traits(score, 3).collect();
        table.row([
            score.name.clone(),
            number(score.iou()),
            number(score.boundary_iou()),
            traits.join(", "),
        ]);
    }
    table.finish()
}

/// A picture's worst traits with their IoU, at most `most`.
pub(super) fn worst_traits(score: &PictureScore, most: usize) -> impl Iterator<Item = String> {
    let traits = score.worst_traits().into_iter().take(most);
    traits.map(|(which, iou)| format!("{which} {iou:.2}"))
}

/// Sentences on what the intervals can't tell.
pub(super) fn doubts(summary: &Summary) -> Vec<String> {
    match summary.specimens {
        1 => return vec!["one specimen: there are no intervals".to_owned()],
        few if few < FEW => return vec![format!("only {few} specimens: the intervals are too narrow")],
        _ => {}
    }
    let rare = |t: &&crate::evaluate::TraitSummary| (1..FEW).contains(&t.occurs);
    let rare: TraitSet = summary.traits.iter().filter(rare).map(|t| t.which).collect();
    if rare.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "in fewer than {FEW} pictures, so that its intervals are too narrow: {}",
        names(rare)
    )]
}

/// One picture's scores for programs.
pub(super) fn json(score: &PictureScore, truth: &str) -> serde_json::Map<String, Value> {
    let of_trait = |which: Trait| {
        let value = json!({
            "iou": score.area.iou_of(which),
            "boundary_iou": score.boundary.iou_of(which),
            "shared": score.area.shared(which),
            "predicted": score.area.predicted(which),
            truth: score.area.truth(which),
        });
        (which.bgnn_name().to_owned(), value)
    };
    let traits: serde_json::Map<_, _> = score.scored.iter().map(of_trait).collect();
    [
        ("name", json!(score.name)),
        ("specimen", json!(score.specimen)),
        ("size", json!(score.size)),
        ("iou", json!(score.iou())),
        ("boundary_iou", json!(score.boundary_iou())),
        ("dice_loss", json!(score.dice_loss)),
        ("traits", Value::Object(traits)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
    .collect()
}

/// The traits' labels with commas between.
pub(super) fn names(of: TraitSet) -> String {
    of.iter().map(Trait::label).collect::<Vec<_>>().join(", ")
}

/// The first of many names, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
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

/// `1 picture`, `2 pictures`.
pub(super) fn counted(count: usize, what: &str) -> String {
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
