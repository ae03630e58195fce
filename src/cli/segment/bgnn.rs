//! `fishrig segment --bgnn IN OUT`: what BGNN's `segmentation_main_rescale_origin.py` does, for their Snakemake rule.

use std::path::Path;

use anyhow::{Context, bail};
use image::ImageFormat;

use super::picture::read_file;
use crate::analysis::Analyser;
use crate::cli::Outcome;
use crate::cli::output_file::OutputFolder;
use crate::frame::{DecodeOptions, Frame, Limits};
use crate::traits::paint;

/// Segments the crop at `input` and writes the coloured mask, of the crop's own size, to `output`.
///
/// As there, no EXIF orientation is applied and the mask is the network's own, without any clean-up.
pub(super) fn run(analyser: &Analyser, limits: Limits, input: &Path, output: &Path) -> anyhow::Result<Outcome> {
    let format = match ImageFormat::from_path(output) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Tiff)) => format,
        _ => bail!(
            "{}: a mask is written as .png or .tif; other formats would smear its colours",
            output.display()
        ),
    };
    let options = DecodeOptions {
        limits,
        apply_orientation: false,
    };
    let bytes = read_file(input).with_context(|| input.display().to_string())?;
    let crop = Frame::from_file_bytes(bytes, None)
        .and_then(|frame| frame.decode(&options))
        .with_context(|| input.display().to_string())?
        .rgb;
    let analysis = analyser.crop(&crop)?;
    let specimen = analysis.specimen.context("a crop always holds a specimen")?;
    let mut file = std::io::Cursor::new(Vec::new());
    paint::bgnn(&specimen.mask).write_to(&mut file, format)?;
    OutputFolder::protecting([input]).write(output, file.get_ref())?;
    Ok(Outcome::Done)
}
