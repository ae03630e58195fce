//! The scores for programs: JSON and CSV; and the sheet.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::At;
use super::picture::Item;
use super::words::Report;
use crate::cli::output_file::OutputFolder;
use crate::delimited::write_row;
use crate::evaluate::sheet::{Row, Sheet};
use crate::traits::{Palette, Trait, TraitSet};

/// Everything, the worst picture first.
pub(super) fn json(report: &Report) -> Value {
    let args = report.args;
    let network = report.predictor.manifest().map(|manifest| {
        json!({
            "name": manifest.name,
            "version": manifest.version,
            "sha256": manifest.sha256,
        })
    });
    let left_out = report.material.left_out.iter().map(|(pair, reason)| {
        json!({
            "name": pair.name,
            "label": pair.label.to_string_lossy(),
            "reason": reason,
        })
    });
    let failed = report.failed.iter().map(|(path, error)| {
        json!({
            "label": path.to_string_lossy(),
            "error": error,
        })
    });
    let unlabelled = report.material.unlabelled.iter().map(|path| path.to_string_lossy());
    json!({
        "network": network,
        "predictions": args.predictions.as_ref().map(|p| p.to_string_lossy()),
        "located": args.locate,
        "at": match args.at {
            At::Label => "label",
            At::Network => "network",
        },
        "boundary_share": args.boundary,
        "draws": args.draws,
        "seed": args.seed,
        "summary": report.summary,
        "pictures": report.items.iter().map(of_item).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "without_label": unlabelled.collect::<Vec<_>>(),
    })
}

fn of_item(item: &Item) -> Value {
    let score = &item.score;
    let of_trait = |which: Trait| {
        let value = json!({
            "iou": score.area.iou_of(which),
            "boundary_iou": score.boundary.iou_of(which),
            "shared": score.area.shared(which),
            "predicted": score.area.predicted(which),
            "label": score.area.truth(which),
        });
        (which.bgnn_name().to_owned(), value)
    };
    json!({
        "name": score.name,
        "specimen": score.specimen,
        "picture": item.picture.as_ref().map(|p| p.to_string_lossy()),
        "label": item.label.to_string_lossy(),
        "area": item.area,
        "size": score.size,
        "iou": score.iou(),
        "boundary_iou": score.boundary_iou(),
        "traits": score.scored.iter().map(of_trait).collect::<serde_json::Map<_, _>>(),
        "note": item.note,
    })
}

/// A table of all pictures: name, specimen, IoU, boundary IoU, and the IoU of each trait (empty where it was not scored or is in neither mask).
pub(super) fn list(items: &[Item]) -> std::io::Result<Vec<u8>> {
    let mut table = Vec::new();
    let head = ["name", "specimen", "iou", "boundary_iou"].into_iter();
    let head = head.chain(Trait::ALL.map(Trait::bgnn_name)).map(str::to_owned);
    write_row(&mut table, head.collect())?;
    for Item { score, .. } in items {
        let number = |value: f64| format!("{value:.5}");
        let of_trait = |which: Trait| score.area.iou_of(which).map(number).unwrap_or_default();
        let first = [
            score.name.clone(),
            score.specimen.clone(),
            number(score.iou()),
            number(score.boundary_iou()),
        ];
        write_row(&mut table, first.into_iter().chain(Trait::ALL.map(of_trait)).collect())?;
    }
    Ok(table)
}

/// Writes the sheet; gives the paths of its pages.
pub(super) fn write_sheet(
    path: &Path,
    report: &Report,
    rows: impl Iterator<Item = Row>,
    outputs: &OutputFolder,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut sheet = Sheet::new(report.heading(), &["image", "label", "mask"]);
    let scored: TraitSet = report.summary.traits.iter().map(|t| t.which).collect();
    sheet.traits(scored, Palette::Bgnn);
    for row in rows {
        sheet.push(row);
    }
    let summary = report.summary;
    let few = if sheet.len() < summary.pictures {
        format!("; the worst {} of {}", sheet.len(), summary.pictures)
    } else {
        String::new()
    };
    sheet.note(format!(
        "IoU {:.3}, boundary IoU {:.3}, means over pictures; the worst first{few}",
        summary.iou.value, summary.boundary_iou.value
    ));
    crate::cli::sheet_file::write(path, &sheet, outputs)
}
