//! Reading NRRD files.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::header::{Header, damaged};
use super::segments::{self, Segment};
use crate::frame::Size;
use crate::labels::canvas::{checked_size, visible_only};
use crate::labels::volume::{Axes, Layout, MOST_LAYERS, Voxels};
use crate::labels::{Form, Label, LabelsError, Overlaps, Reading};

/// The label in an NRRD file: of a segmentation by the names of its segments, else by class ids. `picture` is the size of the picture, where it is
/// known: a segmentation may have been cut to what was drawn.
pub(in crate::labels) fn read(file: &[u8], reading: &Reading, picture: Option<Size>) -> Result<Label, LabelsError> {
    let header = Header::parse(file)?;
    if let Some(data) = header.field("datafile") {
        return Err(not_read(
            format!("a header whose pixels are in {data:?}"),
            "save it as one file (.nrrd)",
        ));
    }
    let segments = segments::of(&header, &reading.classes);
    let (layers, axes) = axes(&header, !segments.is_empty())?;
    let layout = Layout::of(Form::Nrrd, &axes, reading.as_stored)?;
    let (whole, first) = place(&header, &layout, picture)?;
    let voxels = Voxels {
        form: Form::Nrrd,
        number: header.number()?,
        big_endian: big_endian(&header)?,
        layers,
        layout,
        whole,
        first,
    };
    let data = skipped(&header, &file[header.data_at..], &voxels)?;
    let (mask, strangers) = match header.needed("encoding")? {
        "raw" => {
            voxels.check_length(data.len(), false)?;
            labels(&voxels, &mut &*data, &segments, reading)?
        }
        "gzip" | "gz" => {
            voxels.check_length(data.len(), true)?;
            labels(&voxels, &mut MultiGzDecoder::new(data), &segments, reading)?
        }
        other => return Err(not_read(format!("the encoding {other}"), "save it with gzip or raw")),
    };
    let note = strangers.judged(reading.unknown)?;
    let mask = match reading.overlaps {
        Overlaps::Keep => mask,
        Overlaps::Top => visible_only(&mask),
    };
    Ok(Label {
        mask,
        notes: note.into_iter().collect(),
    })
}

fn labels(
    voxels: &Voxels,
    source: &mut dyn Read,
    segments: &[Segment],
    reading: &Reading,
) -> Result<(crate::traits::TraitMask, crate::labels::classes::Strangers), LabelsError> {
    if segments.is_empty() {
        let meaning = |_: u32, value: i64| reading.classes.of_number(value);
        return voxels.mask(source, meaning, |_, value| format!("class id {value}"));
    }
    let segment = |layer: u32, value: i64| segments.iter().find(|s| s.layer == layer && s.value == value);
    let meaning = |layer: u32, value: i64| match segment(layer, value) {
        Some(segment) => segment.class,
        None if value == 0 => Some(crate::labels::classes::Class::Nothing),
        None => None,
    };
    let name = |layer: u32, value: i64| match segment(layer, value) {
        Some(segment) => format!("segment {:?}", segment.name),
        None => format!("label {value} of layer {layer}, which no segment has"),
    };
    voxels.mask(source, meaning, name)
}

/// How many layers there are, and the three axes.
fn axes(header: &Header, segmentation: bool) -> Result<(u32, Axes), LabelsError> {
    let mut sizes = header.sizes()?;
    let mut directions = header.directions()?.unwrap_or_default();
    if !directions.is_empty() && directions.len() != sizes.len() {
        return Err(damaged("its space directions are not as many as its axes"));
    }
    let layered = match header.field("kinds").and_then(|kinds| kinds.split_whitespace().next()) {
        Some(kind) => !matches!(kind, "domain" | "space"),
        None => sizes.len() == 4,
    };
    let mut layers = 1;
    if layered && !sizes.is_empty() {
        layers = u32::try_from(sizes.remove(0)).unwrap_or(0);
        if !directions.is_empty() {
            directions.remove(0);
        }
        if layers == 0 || layers > MOST_LAYERS {
            return Err(not_read(format!("a file of {layers} layers"), "take one of 1 to 64"));
        }
        if layers > 1 && !segmentation {
            return Err(not_read(
                format!("a file of {layers} numbers a pixel and without Slicer's segments"),
                "save the segmentation (.seg.nrrd), or a label map of one number a pixel",
            ));
        }
    }
    if sizes.len() == 2 {
        sizes.push(1);
        if !directions.is_empty() {
            directions.push(Some([0.0, 0.0, 1.0]));
        }
    }
    let sizes: [i64; 3] = sizes.try_into().map_err(|sizes: Vec<_>| {
        not_read(
            format!("a file of {} axes", sizes.len()),
            "save the label of one picture",
        )
    })?;
    let directions: Option<Vec<[f64; 3]>> = directions.into_iter().collect();
    let directions = directions.and_then(|directions| directions.try_into().ok());
    Ok((layers, Axes { sizes, directions }))
}

/// The picture's size along the stored axes, and where the file's first voxel lies in it.
fn place(header: &Header, layout: &Layout, picture: Option<Size>) -> Result<(Size, [u32; 2]), LabelsError> {
    let part = layout.sizes;
    let [a, b] = layout.axes;
    let offset = segments::offset(header).unwrap_or_default();
    let (reference_first, reference_sizes) = segments::reference(header).unwrap_or_default();
    let first = [a, b].map(|axis| offset[axis].saturating_sub(reference_first[axis]));
    let reference = checked_size(Form::Nrrd, reference_sizes[a], reference_sizes[b]).ok();
    // Where nothing was cut off the file is the label of a whole picture, of whatever size the picture may be.
    let picture = picture.filter(|_| first != [0, 0]).map(|size| layout.stored(size));
    let candidates = [reference, picture, Some(part)];
    let whole = candidates
        .into_iter()
        .flatten()
        .find(|whole| segments::fits(first, part, *whole));
    match whole {
        Some(whole) => Ok((whole, first.map(|n| n as u32))),
        None => Err(LabelsError::NoPicture {
            form: Form::Nrrd,
            part: layout.upright(part),
            left: first[0],
            top: first[1],
        }),
    }
}

fn big_endian(header: &Header) -> Result<bool, LabelsError> {
    match header.field("endian") {
        None | Some("little") => Ok(false),
        Some("big") => Ok(true),
        Some(other) => Err(damaged(&format!("its endian is {other:?}"))),
    }
}

/// The data behind the lines and bytes that are to be skipped.
fn skipped<'a>(header: &Header, data: &'a [u8], voxels: &Voxels) -> Result<&'a [u8], LabelsError> {
    let number = |name: &str| match header.field(name) {
        None => Ok(0),
        Some(text) => text
            .parse::<i64>()
            .map_err(|_| damaged(&format!("its {name} is {text:?}"))),
    };
    let mut data = data;
    for _ in 0..number("lineskip")? {
        let end = data.iter().position(|b| *b == b'\n');
        data = &data[end.ok_or_else(|| damaged("it has fewer lines than are to be skipped"))? + 1..];
    }
    let skip = match number("byteskip")? {
        // The data are the last bytes of the file.
        -1 => data.len().checked_sub(voxels.bytes() as usize),
        skip => usize::try_from(skip).ok().filter(|skip| *skip <= data.len()),
    };
    Ok(&data[skip.ok_or_else(|| damaged("it has fewer bytes than are to be skipped"))?..])
}

fn not_read(what: String, cure: &'static str) -> LabelsError {
    LabelsError::NotRead {
        form: Form::Nrrd,
        what,
        cure,
    }
}
