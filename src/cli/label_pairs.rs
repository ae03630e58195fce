//! Which labelled pictures a command works on, and which it leaves out: the same for scoring and for training.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use image::{RgbImage, imageops};

use super::segment::read_file;
use crate::evaluate::pairs::{self, LabelPlace, Pair, PairError, Paired};
use crate::frame::{DecodeOptions, Frame, PixelBox, Size};

/// Where pictures and their labels are.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("wanted").required(true).args(["labels", "pairs"])))]
pub(super) struct PairArgs {
    /// Pictures, or folders of pictures; not needed where NAME.json beside the label names its picture.
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub(super) images: Vec<PathBuf>,
    /// Folder of labels, or a file with those of many pictures.
    #[arg(long, value_name = "PATH")]
    pub(super) labels: Option<PathBuf>,
    /// Table with the columns name, picture, box, label (tabs or commas); box as left,top,width,height or empty.
    #[arg(long, value_name = "FILE", conflicts_with = "labels")]
    pub(super) pairs: Option<PathBuf>,
}

/// The labelled pictures.
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
    /// `pictures_wanted`: a label without a picture is of no use. `drawings`: pictures that are no photographs are taken too.
    pub(super) fn gather(args: &PairArgs, pictures_wanted: bool, drawings: bool) -> Result<Self, PairError> {
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
            (paired.pairs.into_iter()).partition(|pair| drawings || pair.no_photograph.is_none());
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
    pub(super) fn inputs<'a>(&'a self, args: &'a PairArgs) -> impl Iterator<Item = &'a Path> {
        let pairs = self.pairs.iter().chain(self.left_out.iter().map(|(pair, _)| pair));
        let of_pairs = pairs.flat_map(|pair| std::iter::once(&pair.label).chain(&pair.picture));
        let others = self.unlabelled.iter().chain(&args.pairs);
        of_pairs.chain(others).map(PathBuf::as_path)
    }
}

/// The picture of a pair; `None` where it has none.
pub(super) fn decode(pair: &Pair) -> anyhow::Result<Option<RgbImage>> {
    let Some(path) = &pair.picture else { return Ok(None) };
    let decode = || -> anyhow::Result<RgbImage> {
        let frame = Frame::from_file_bytes(read_file(path)?, None)?;
        Ok(frame.decode(&DecodeOptions::default())?.rgb)
    };
    Ok(Some(decode().with_context(|| path.display().to_string())?))
}

/// The part of the picture that the label covers, and its pixels.
pub(super) fn labelled_part(picture: &RgbImage, pair: &Pair) -> anyhow::Result<(PixelBox, RgbImage)> {
    let size = Size::from(picture.dimensions());
    let whole = PixelBox::whole(size);
    let area = pair.area.unwrap_or(whole);
    if area.area() == 0 || area.union(&whole) != whole {
        bail!(
            "its box {area} does not lie in the picture of {size}; is it the box of another picture, or of another size of it?"
        );
    }
    let crop = imageops::crop_imm(picture, area.left, area.top, area.width(), area.height()).to_image();
    Ok((area, crop))
}
