//! The rows of a picture sheet as they come, and writing it.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::ImageFormat;

use super::output_file::OutputFolder;
use crate::evaluate::Summary;
use crate::evaluate::sheet::{Row, Sheet, panel};
use crate::traits::Palette;

/// Writes the first page to `path`, further ones beside it as `NAME-2.png` and so on; gives their paths.
///
/// # Errors
/// What [`OutputFolder::write`] says.
pub(super) fn write(path: &Path, sheet: &Sheet, outputs: &OutputFolder) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for (i, page) in sheet.pages().enumerate() {
        let path = match i {
            0 => path.to_owned(),
            _ => {
                let mut name = path.file_stem().unwrap_or_default().to_owned();
                name.push(format!("-{}.png", i + 1));
                path.with_file_name(name)
            }
        };
        let mut file = Cursor::new(Vec::new());
        page.write_to(&mut file, ImageFormat::Png)?;
        outputs.write(&path, file.get_ref())?;
        written.push(path);
    }
    Ok(written)
}

/// The colours of the traits that occur.
pub(super) fn name_traits(sheet: &mut Sheet, summary: &Summary) {
    let somewhere = summary.traits.iter().filter(|t| t.pooled.is_some());
    sheet.traits(somewhere.map(|t| t.which).collect(), Palette::Bgnn);
}

/// The colours of [`panel::difference`].
pub(super) fn explain_differences(sheet: &mut Sheet, first: &str, second: &str) {
    sheet.key(panel::ONLY_FIRST, &format!("difference: only in {first}"));
    sheet.key(panel::ONLY_SECOND, &format!("difference: only in {second}"));
    sheet.key(panel::OTHER_TRAIT, "difference: in both, as different traits");
}

/// Says on the sheet how the pictures do on the whole, and whether it shows all of them.
pub(super) fn say_means(sheet: &mut Sheet, summary: &Summary) {
    let few = match sheet.len() < summary.pictures {
        true => format!("; the worst {} of {}", sheet.len(), summary.pictures),
        false => String::new(),
    };
    sheet.note(format!(
        "IoU {:.3}, boundary IoU {:.3}, means over pictures; the worst picture first, with its worst traits{few}",
        summary.iou.value, summary.boundary_iou.value
    ));
}

/// The rows of the worst pictures, of however many there are: the pictures of thousands would fill the memory.
pub(super) struct WorstRows {
    most: usize,
    rows: Vec<(f64, Row)>,
}

impl WorstRows {
    pub(super) fn new(most: usize) -> Self {
        Self { most, rows: Vec::new() }
    }

    pub(super) fn add(&mut self, iou: f64, row: Option<Row>) {
        let Some(row) = row else { return };
        let key = |(iou, row): &(f64, Row)| (*iou, row.name.clone());
        let new = (iou, row);
        let place = self.rows.partition_point(|there| key(there) < key(&new));
        self.rows.insert(place, new);
        self.rows.truncate(self.most);
    }

    pub(super) fn into_worst_first(self) -> impl Iterator<Item = Row> {
        self.rows.into_iter().map(|(_, row)| row)
    }
}
