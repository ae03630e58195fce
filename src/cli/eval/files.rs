//! The scores for programs: JSON and CSV; and the sheet.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::At;
use super::picture::Item;
use super::words::Report;
use crate::cli::output_file::OutputFolder;
use crate::cli::{scores, sheet_file};
use crate::evaluate::sheet::{Row, Sheet};
use crate::traits::Trait;

/// Everything, the worst picture first.
pub(super) fn json(report: &Report) -> Value {
    let args = report.args;
    let network = report.predictor.network().map(|network| {
        let manifest = network.manifest();
        json!({
            "name": manifest.name,
            "version": manifest.version,
            "sha256": manifest.sha256,
            "half_precision": network.half_precision(),
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
        "cleaned_up": args.clean_up,
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
    let mut value = scores::json(&item.score, "label");
    for (key, more) in [
        ("picture", json!(item.picture.as_ref().map(|p| p.to_string_lossy()))),
        ("label", json!(item.label.to_string_lossy())),
        ("area", json!(item.area)),
        ("note", json!(item.note)),
    ] {
        value.insert(key.to_owned(), more);
    }
    Value::Object(value)
}

/// A table of all pictures: name, specimen, IoU, boundary IoU, and the IoU of each trait (empty where it was not scored or is in neither mask).
pub(super) fn list(items: &[Item]) -> std::io::Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let head = ["name", "specimen", "iou", "boundary_iou"].into_iter();
    table.write_record(head.chain(Trait::ALL.map(Trait::bgnn_name)))?;
    for Item { score, .. } in items {
        let number = |value: f64| format!("{value:.5}");
        let of_trait = |which: Trait| score.area.iou_of(which).map(number).unwrap_or_default();
        let first = [
            score.name.clone(),
            score.specimen.clone(),
            number(score.iou()),
            number(score.boundary_iou()),
        ];
        table.write_record(first.into_iter().chain(Trait::ALL.map(of_trait)))?;
    }
    table.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Writes the sheet; gives the paths of its pages.
pub(super) fn write_sheet(
    path: &Path,
    report: &Report,
    rows: impl Iterator<Item = Row>,
    outputs: &OutputFolder,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut sheet = Sheet::new(report.heading(), &["image", "label", "mask", "difference"]);
    sheet_file::name_traits(&mut sheet, report.summary);
    sheet_file::explain_differences(&mut sheet, "the label", "the mask");
    for row in rows {
        sheet.push(row);
    }
    sheet_file::say_means(&mut sheet, report.summary);
    sheet_file::write(path, &sheet, outputs)
}
