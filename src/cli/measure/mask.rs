//! One mask's whole way: read, look whether it was done before, measure, write.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use image::ImageFormat;

use super::masks::{Mask, Shared};
use super::read::{self, ReadMask};
use super::result::{MaskResult, MetadataFacts};
use crate::checksum::sha256_hex;
use crate::cli::batch::with_ending;
use crate::cli::output_file::OutputFolder;
use crate::cli::segment::read_file;
use crate::frame::{PixelBox, Point, Size};
use crate::labels::{LabelsError, Library};
use crate::locate::HeadSide;
use crate::measure::Measured;
use crate::measure::bgnn::{self, MetadataScale};
use crate::measure::scale::{Scale, ScaleMethod};
use crate::measure::specimen::{self, SpecimenSettings, Subject};
use crate::overlay::landmark_picture;
use crate::traits::TraitSet;

/// What is the same for all masks of a run.
pub(super) struct Job {
    pub(super) outputs: OutputFolder,
    pub(super) folder: PathBuf,
    /// Reads masks.
    pub(super) library: Library,
    /// How, where it is not as usual, in the words of the command line.
    pub(super) read_with: Vec<String>,
    /// Whether specks, holes, gaps and loose fins don't count.
    pub(super) clean_up: bool,
    pub(super) landmark_pictures: bool,
    pub(super) again: bool,
}

/// What a mask is read from.
enum MaskFile<'a> {
    /// A file of its own.
    Own(Vec<u8>),
    /// One of the masks in a file of many, which the library keeps open.
    Shared(&'a Shared),
}

impl<'a> MaskFile<'a> {
    fn of(mask: &'a Mask) -> anyhow::Result<Self> {
        Ok(match &mask.shared {
            Some(shared) => Self::Shared(shared),
            None => Self::Own(read_file(&mask.path)?),
        })
    }

    fn sha256(&self) -> String {
        match self {
            Self::Own(file) => sha256_hex(file),
            Self::Shared(shared) => shared.sha256.to_string(),
        }
    }

    fn read(self, mask: &Mask, library: &Library) -> anyhow::Result<ReadMask> {
        let read = match self {
            Self::Own(file) => read::mask(&mask.path, file, library.reading()),
            Self::Shared(shared) => Ok(library.read(&mask.path, Some(&shared.stem), None)?.into()),
        };
        // Measuring has no pictures.
        read.map_err(|error| match error.downcast_ref() {
            Some(LabelsError::NoPicture { .. }) => {
                error.context("bring it to its picture first: fishrig labels convert --images PICTURES --to bits")
            }
            _ => error,
        })
    }
}

/// How one mask went.
pub(super) struct Item {
    pub(super) result: MaskResult,
    /// Which of the masks in its file, where that may hold many.
    within: Option<String>,
    /// The result was there already.
    pub(super) resumed: bool,
}

impl Item {
    /// A line for people.
    pub(super) fn words(&self) -> String {
        let before = if self.resumed { "done before; " } else { "" };
        let within = self
            .within
            .as_ref()
            .map_or_else(String::new, |stem| format!(" ({stem})"));
        let file = self.result.picture.display();
        format!("{file}{within}: {before}{}", self.result.words())
    }
}

/// A metadata file and what it says.
struct Metadata {
    facts: MetadataFacts,
    scale: MetadataScale,
    content: Vec<u8>,
}

/// The whole way of one mask.
pub(super) fn measure(job: &Job, mask: &Mask) -> anyhow::Result<Item> {
    let within = mask.shared.as_ref().map(|shared| shared.stem.clone());
    let measured = match &within {
        Some(stem) => measured(job, mask).with_context(|| stem.clone()),
        None => measured(job, mask),
    };
    let (result, resumed) = measured?;
    Ok(Item {
        result,
        within,
        resumed,
    })
}

/// What is known of a mask afterwards, and whether it was known before.
fn measured(job: &Job, mask: &Mask) -> anyhow::Result<(MaskResult, bool)> {
    let file = MaskFile::of(mask)?;
    let sha256 = file.sha256();
    let metadata = mask.metadata.as_deref().map(read_metadata).transpose()?;
    let facts = metadata.as_ref().map(|m| &m.facts);
    if !job.again
        && let Some(result) = earlier_result(job, mask, &sha256, facts)
    {
        return Ok((result, true));
    }
    let read = file.read(mask, &job.library)?;
    let size = read.mask.size();
    if read.mask.present().is_empty() && read.unknown_colours().is_none() {
        bail!("the mask of {size} pixels is empty: there is nothing to measure");
    }
    let mut result = MaskResult::new(mask, sha256, facts.cloned(), size);
    result.cleaned_up = job.clean_up;
    result.read_with.clone_from(&job.read_with);
    result.notes.extend(read.notes.iter().cloned());
    if let Some(unknown) = read.unknown_colours() {
        result.notes.push(format!(
            "{} pixels have colours that no trait has, the first {:?} at column {}, row {}: masks must be resized by nearest neighbour only",
            unknown.pixels, unknown.first, unknown.x, unknown.y
        ));
    }
    write_bgnn(job, mask, &read, metadata.as_ref(), &mut result)?;
    let scale = metadata.as_ref().and_then(|m| own_scale(m, size, &mut result.notes));
    let subject = Subject {
        mask: &read.mask,
        resolution: size,
        not_assessed: TraitSet::EMPTY,
        crop_box: PixelBox::whole(size),
        head: HeadSide::Unknown,
    };
    let mut measurements =
        specimen::measure_with(&subject, scale.as_ref(), &SpecimenSettings::cleaning_up(job.clean_up));
    result.notes.append(&mut measurements.notes);
    result.measurements = measurements;
    // Written last: where it is, all that it names is.
    let path = job.folder.join(with_ending(&mask.name, "_measure.json"));
    job.outputs.write(&path, &serde_json::to_vec_pretty(&result)?)?;
    Ok((result, false))
}

fn read_metadata(path: &Path) -> anyhow::Result<Metadata> {
    let content = read_file(path).with_context(|| path.display().to_string())?;
    let scale = MetadataScale::from_file(&content).with_context(|| path.display().to_string())?;
    Ok(Metadata {
        facts: MetadataFacts {
            file: path.to_path_buf(),
            sha256: sha256_hex(&content),
        },
        scale,
        content,
    })
}

/// Morphology-analysis' files. Those of an earlier run are taken away where that program crashes.
fn write_bgnn(
    job: &Job,
    mask: &Mask,
    read: &ReadMask,
    metadata: Option<&Metadata>,
    result: &mut MaskResult,
) -> anyhow::Result<()> {
    let base_name = mask.name.file_name().unwrap_or_default().to_string_lossy();
    let painted = read.painted();
    let mut outputs: Vec<(&str, Option<Vec<u8>>)> = Vec::new();
    match bgnn::analyse(&painted) {
        Ok(morphology) => {
            let files = bgnn::files(&morphology, &base_name, metadata.map(|m| &m.scale));
            result.take_bgnn(&files)?;
            outputs.push(("_presence.json", Some(files.presence)));
            outputs.push(("_landmark.json", Some(files.landmark)));
            outputs.push(("_morphology.json", Some(files.morphology)));
            let picture = job.landmark_pictures.then(|| {
                let level = bgnn::turned_mask(&painted, morphology.turned);
                landmark_picture(&level, &morphology.landmarks)
            });
            let mut png = Cursor::new(Vec::new());
            if let Some(picture) = picture {
                picture.write_to(&mut png, ImageFormat::Png)?;
                outputs.push(("_landmark.png", Some(png.into_inner())));
            }
        }
        Err(crash) => {
            result.crash = Some(crash.to_string());
            outputs
                .extend(["_presence.json", "_landmark.json", "_morphology.json", "_landmark.png"].map(|e| (e, None)));
        }
    }
    for (ending, content) in outputs {
        let file = with_ending(&mask.name, ending);
        let path = job.folder.join(&file);
        match content {
            Some(content) => {
                job.outputs.write(&path, &content)?;
                result.files.push(file);
            }
            None => job.outputs.remove(&path)?,
        }
    }
    Ok(())
}

/// The scale for this program's own measurements, where the metadata's holds for the mask: it counts pixels of the photograph.
fn own_scale(metadata: &Metadata, size: Size, notes: &mut Vec<String>) -> Option<Scale> {
    let pixels = metadata.scale.pixels_per_cm()?;
    if let Some(fish) = fish_size(&metadata.content)
        && !may_be_crop_of(size, fish)
    {
        notes.push(format!(
            "no centimetres: the scale holds for the photograph, in which the fish's box has {fish} pixels, and the mask has {size}"
        ));
        return None;
    }
    // The file tells no uncertainty; its two decimals are the least.
    let uncertainty = 0.01 / 12f64.sqrt();
    let middle = Point {
        x: f64::from(size.width) / 2.0,
        y: f64::from(size.height) / 2.0,
    };
    Some(Scale::uniform(
        Measured::new(pixels, uncertainty),
        middle,
        ScaleMethod::Configured,
    ))
}

/// The size of the fish's box in the photograph, `fish.bbox` of the metadata.
fn fish_size(metadata: &[u8]) -> Option<Size> {
    let metadata: serde_json::Value = serde_json::from_slice(metadata).ok()?;
    let corners: [f64; 4] = serde_json::from_value(metadata.get("fish")?.get("bbox")?.clone()).ok()?;
    let [left, top, right, bottom] = corners;
    let side = |length: f64| (1.0..1e6).contains(&length).then_some(length as u32);
    Some(Size::new(side(right - left)?, side(bottom - top)?))
}

/// Whether a mask of that size can be that of a crop around that fish: its box and 2.5 % on each side, less what the photograph's edge cuts off.
fn may_be_crop_of(mask: Size, fish: Size) -> bool {
    let fits = |mask: u32, fish: u32| (fish..=(f64::from(fish) * 1.05).ceil() as u32 + 2).contains(&mask);
    fits(mask.width, fish.width) && fits(mask.height, fish.height)
}

/// The result of an earlier run, if it holds for this one and all of its files are there.
fn earlier_result(job: &Job, mask: &Mask, sha256: &str, metadata: Option<&MetadataFacts>) -> Option<MaskResult> {
    let path = job.folder.join(with_ending(&mask.name, "_measure.json"));
    let result: MaskResult = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let picture = with_ending(&mask.name, "_landmark.png");
    let has_picture = !job.landmark_pictures || result.crash.is_some() || result.files.contains(&picture);
    let same_way = result.cleaned_up == job.clean_up && result.read_with == job.read_with;
    let holds = result.holds_for(sha256, metadata) && same_way && has_picture;
    (holds && result.files.iter().all(|file| job.folder.join(file).is_file())).then_some(result)
}
