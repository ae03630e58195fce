//! Writing a picture sheet.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::ImageFormat;

use super::output_file::OutputFolder;
use crate::evaluate::sheet::Sheet;

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
