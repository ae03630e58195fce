//! One picture's whole way: read, look whether it was done before, analyse, write.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use super::batch::Batch;
use super::pictures::Picture;
use super::result::PictureResult;
use crate::analysis::Analysis;
use crate::checksum::sha256_hex;
use crate::cli::batch::with_ending;
use crate::frame::Frame;
use crate::overlay::{Annotations, annotated_picture};
use crate::traits::{Palette, label_picture};

/// Columns of an overlay picture, unless the picture itself has fewer.
const OVERLAY_WIDTH: u32 = 1600;

/// The most that a picture's file may weigh, in bytes: 120 megapixels of 16-bit RGBA, and as much again for what else it holds.
const FILE_BYTES_MAX: u64 = 2 << 30;

/// How one picture went.
pub(super) struct Item {
    pub(super) result: PictureResult,
    /// The result was there already.
    pub(super) resumed: bool,
}

impl Item {
    /// A line for people.
    pub(super) fn words(&self) -> String {
        let before = if self.resumed { "done before; " } else { "" };
        format!("{}: {before}{}", self.result.picture.display(), self.result.words())
    }
}

/// The whole way of one picture: read, look whether it was done before, analyse, write.
pub(super) fn segment(batch: &Batch, picture: &Picture) -> anyhow::Result<Item> {
    let bytes = read_file(&picture.path)?;
    let sha256 = sha256_hex(&bytes);
    if !batch.again
        && let Some(result) = earlier_result(batch, picture, &sha256)
    {
        return Ok(Item { result, resumed: true });
    }
    let decoded = Frame::from_file_bytes(bytes, None)?.decode(&batch.options)?;
    let analysis = match batch.cropped {
        true => batch.analyser.crop(&decoded.rgb)?,
        false => batch.analyser.whole_frame(&decoded.rgb)?,
    };
    let files = write_pictures(batch, picture, &decoded.rgb, &analysis)?;
    let result = PictureResult::of(batch, picture, sha256, decoded.orientation, &analysis, files);
    // Written last: where it is, all that it names is.
    batch
        .outputs
        .write(&result_path(batch, picture), &serde_json::to_vec_pretty(&result)?)?;
    Ok(Item { result, resumed: false })
}

/// The content of a regular file; a pipe or a device might never end.
pub(in crate::cli) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path)?;
    if !length.is_file() {
        bail!("is no file but a pipe, a device or a folder");
    }
    if length.len() > FILE_BYTES_MAX {
        bail!("is larger than {} GB; no picture is", FILE_BYTES_MAX >> 30);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn result_path(batch: &Batch, picture: &Picture) -> PathBuf {
    batch.folder.join(with_ending(&picture.name, "_segment.json"))
}

/// The result of an earlier run, if it holds for this one and all of its files are there.
fn earlier_result(batch: &Batch, picture: &Picture, sha256: &str) -> Option<PictureResult> {
    let text = std::fs::read(result_path(batch, picture)).ok()?;
    let result: PictureResult = serde_json::from_slice(&text).ok()?;
    let there = |file: &PathBuf| batch.folder.join(file).is_file();
    (result.holds_for(batch, sha256) && result.files.iter().all(there)).then_some(result)
}

fn write_pictures(
    batch: &Batch,
    picture: &Picture,
    rgb: &RgbImage,
    analysis: &Analysis,
) -> anyhow::Result<Vec<PathBuf>> {
    let annotations = Annotations::from(analysis);
    let overlay = annotated_picture(rgb, &annotations, Palette::Bgnn, OVERLAY_WIDTH.min(rgb.width()));
    let mut files = vec![("_overlay.jpg", jpeg(&overlay)?)];
    if let Some(specimen) = &analysis.specimen {
        files.push(("_segmented.png", label_picture::encode_bgnn(&specimen.mask)?));
        files.push(("_traits.png", label_picture::encode_bits(&specimen.mask)?));
        if !batch.cropped {
            files.push(("_cropped.jpg", jpeg(&specimen.crop)?));
        }
    }
    let mut written = Vec::new();
    for (ending, bytes) in files {
        let file = with_ending(&picture.name, ending);
        batch.outputs.write(&batch.folder.join(&file), &bytes)?;
        written.push(file);
    }
    Ok(written)
}

fn jpeg(picture: &RgbImage) -> anyhow::Result<Vec<u8>> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 95)
        .encode_image(picture)
        .context("a picture can't be written as JPEG")?;
    Ok(file)
}
