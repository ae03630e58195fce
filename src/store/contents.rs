//! From a draft to the files of a record.

use std::borrow::Cow;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use super::StoreError;
use super::draft::{FishDraft, RecordDraft};
use super::layout::{RECORD_FILE, part};
use super::measurements_file::MeasurementsFile;
use super::metadata;
use super::record::{FORMAT, FishFacts, FrameFacts, Record, StoredFile, Times, Versions};
use crate::checksum::sha256_hex;
use crate::frame::{DecodeOptions, Frame, FrameFormat, Limits, PixelBox, Size, with_huffman_tables};
use crate::identify::RecordId;
use crate::measure::bgnn::{self, Painted};
use crate::traits::{Trait, label_picture};

/// JPEG quality of the crop.
const CROP_QUALITY: u8 = 95;

/// The files of one record in the order in which they are written: BGNN's workflow looks at modification times, and `record.toml` is last.
pub(super) struct Contents<'a> {
    pub files: Vec<(String, Cow<'a, [u8]>)>,
}

impl<'a> Contents<'a> {
    /// Encodes everything. `id` is the record's final id.
    pub fn of(draft: &'a RecordDraft, id: &RecordId, times: Times) -> Result<Self, StoreError> {
        check(draft)?;
        let frame_file = format!("{id}.{}", draft.frame.format.extension().unwrap_or("png"));
        let frame = frame_bytes(&draft.frame, draft.picture)?;
        let has_tables_added = draft.frame.format == FrameFormat::Jpeg && matches!(frame, Cow::Owned(_));
        let mut files = vec![
            (frame_file.clone(), frame),
            (format!("{id}{}", part::METADATA), metadata::of(draft, id).into()),
        ];
        if has_tables_added {
            files.push((format!("{id}{}", part::CAPTURED), Cow::Borrowed(&draft.frame.bytes)));
        }
        if let Some(fish) = &draft.fish {
            let mask = label_picture::encode_bgnn(&fish.mask).map_err(unencodable)?;
            let bits = label_picture::encode_bits(&fish.mask).map_err(unencodable)?;
            files.push((format!("{id}{}", part::CROPPED), jpeg(&fish.crop)?.into()));
            files.push((format!("{id}{}", part::SEGMENTED), mask.into()));
            files.push((format!("{id}{}", part::TRAITS), bits.into()));
            // Where Morphology-analysis would crash, it would write none of them.
            if let Ok(morphology) = bgnn::analyse(&Painted::from(&fish.mask)) {
                let bgnn = bgnn::files(&morphology, id.as_str(), Some(&metadata::scale_of(draft)));
                files.push((format!("{id}{}", part::PRESENCE), bgnn.presence.into()));
                files.push((format!("{id}{}", part::LANDMARK), bgnn.landmark.into()));
                files.push((format!("{id}{}", part::MORPHOLOGY), bgnn.morphology.into()));
            }
        }
        if let Some(findings) = &draft.findings {
            let file = MeasurementsFile::new(id.clone(), findings.clone());
            let file = file.to_file().map_err(unencodable)?;
            files.push((format!("{id}{}", part::MEASUREMENTS), file.into()));
        }
        if let Some(overlay) = &draft.overlay_jpeg {
            files.push((format!("{id}{}", part::OVERLAY), overlay.into()));
        }
        for (rest, content) in &draft.further_files {
            let name = format!("{id}_{rest}");
            if files.iter().any(|(taken, _)| *taken == name) {
                return Err(mismatch(format!("two files would be called {name}")));
            }
            files.push((name, content.into()));
        }
        let record = record(draft, id, times, frame_file, &files);
        let record = record.to_file().map_err(unencodable)?;
        files.push((RECORD_FILE.to_owned(), record.into()));
        Ok(Self { files })
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, content)| content.len() as u64).sum()
    }
}

fn record(
    draft: &RecordDraft,
    id: &RecordId,
    times: Times,
    frame_file: String,
    files: &[(String, Cow<[u8]>)],
) -> Record {
    let files: Vec<StoredFile> = files
        .iter()
        .map(|(name, content)| StoredFile {
            name: name.clone(),
            size: content.len() as u64,
            sha256: sha256_hex(content),
        })
        .collect();
    let captured_as = match draft.frame.format {
        FrameFormat::Jpeg => "jpeg",
        FrameFormat::Png => "png",
        FrameFormat::Tiff => "tiff",
        FrameFormat::Rgb8(_) => "rgb8",
        FrameFormat::I420(_) => "i420",
        FrameFormat::Raw(raw) => raw.layout.name(),
    };
    // Where the bytes were kept as they are, they have been digested already.
    let original = format!("{id}{}", part::CAPTURED);
    let as_captured = files
        .iter()
        .find(|file| file.name == original)
        .or(files.first().filter(|_| draft.frame.format.extension().is_some()));
    Record {
        format: FORMAT,
        id: id.clone(),
        specimen: draft.id.clone(),
        station: draft.station.clone(),
        collection: draft.collection.clone(),
        operator: draft.operator.clone(),
        trigger: draft.trigger.clone(),
        note: draft.note.clone(),
        voided: false,
        voided_utc: None,
        identity: draft.identity.clone(),
        times,
        frame: FrameFacts {
            file: frame_file,
            captured_as: captured_as.to_owned(),
            sha256: match as_captured {
                Some(file) => file.sha256.clone(),
                None => sha256_hex(&draft.frame.bytes),
            },
            sequence: draft.frame.sequence,
            source_name: draft.frame.name.clone(),
            exif_orientation: draft.orientation.exif(),
            upright: draft.picture,
        },
        fish: draft.fish.as_ref().map(fish_facts),
        label: draft.label,
        ruler: draft.ruler,
        versions: Versions {
            fishrig: env!("CARGO_PKG_VERSION").to_owned(),
            settings_sha256: draft.settings_sha256.clone(),
        },
        timings_ms: draft.timings_ms.clone(),
        files,
    }
}

fn fish_facts(fish: &FishDraft) -> FishFacts {
    let counts = fish.mask.pixel_counts();
    FishFacts {
        head: fish.head,
        not_assessed: fish.not_assessed,
        bounds: fish.bounds,
        crop_box: fish.crop_box,
        pixels: Trait::ALL.map(|t| (!fish.not_assessed.contains(t)).then_some(counts[t.channel()])),
        confidence: fish.confidence.map(|c| c.map(|c| (f64::from(c) * 1e4).round() / 1e4)),
        network: fish.network.clone(),
    }
}

fn check(draft: &RecordDraft) -> Result<(), StoreError> {
    let inside = |what: &str, b: &PixelBox| {
        if b.area() > 0 && PixelBox::whole(draft.picture).intersection(b) == Some(*b) {
            Ok(())
        } else {
            Err(mismatch(format!(
                "the {what} box {b} does not lie in the picture of {}",
                draft.picture
            )))
        }
    };
    let raw_size = match draft.frame.format {
        FrameFormat::Rgb8(size) | FrameFormat::I420(size) => Some(size),
        FrameFormat::Raw(raw) => Some(raw.size),
        FrameFormat::Jpeg | FrameFormat::Png | FrameFormat::Tiff => None,
    };
    if let Some(size) = raw_size
        && size != draft.picture
    {
        return Err(mismatch(format!(
            "the frame has {size} pixels, its picture {}",
            draft.picture
        )));
    }
    if let Some(fish) = &draft.fish {
        inside("fish", &fish.bounds)?;
        inside("crop", &fish.crop_box)?;
        let wanted = fish.crop_box.size();
        for (what, size) in [("crop", Size::from(fish.crop.dimensions())), ("mask", fish.mask.size())] {
            if size != wanted {
                return Err(mismatch(format!("the {what} has {size} pixels, its box {wanted}")));
            }
        }
    }
    for (what, b) in [("label", &draft.label), ("ruler", &draft.ruler)] {
        b.as_ref().map_or(Ok(()), |b| inside(what, b))?;
    }
    for (rest, _) in &draft.further_files {
        if rest.is_empty() || rest.len() > 40 || !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            return Err(mismatch(format!("a file can't be called {rest:?}")));
        }
    }
    Ok(())
}

/// The frame's bytes as they are; a JPEG without Huffman tables with the standard ones, so that every program reads it; raw pixels as a PNG.
fn frame_bytes(frame: &Frame, picture: Size) -> Result<Cow<'_, [u8]>, StoreError> {
    if frame.format == FrameFormat::Jpeg {
        return Ok(with_huffman_tables(&frame.bytes));
    }
    if frame.format.extension().is_some() {
        return Ok(Cow::Borrowed(&frame.bytes));
    }
    let options = DecodeOptions {
        limits: Limits {
            megapixels: picture.pixels() as f64 / 1e6,
            min_side: 1,
        },
        apply_orientation: false,
    };
    let rgb = frame.decode(&options).map_err(unencodable)?.rgb;
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
        .write_image(rgb.as_raw(), rgb.width(), rgb.height(), ExtendedColorType::Rgb8)
        .map_err(unencodable)?;
    Ok(Cow::Owned(file))
}

/// A picture as a JPEG file of the quality of crops.
pub(super) fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, StoreError> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, CROP_QUALITY)
        .encode_image(picture)
        .map_err(unencodable)?;
    Ok(file)
}

fn mismatch(problem: String) -> StoreError {
    StoreError::Draft { problem }
}

fn unencodable(error: impl std::fmt::Display) -> StoreError {
    mismatch(error.to_string())
}
