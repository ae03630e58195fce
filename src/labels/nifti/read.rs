//! Reading NIfTI-1 files.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::HEADER;
use crate::labels::canvas::visible_only;
use crate::labels::volume::{Axes, Layout, Number, Voxels, ended};
use crate::labels::{Form, Label, LabelsError, Overlaps, Reading};

/// The most bytes between header and data: extensions hold texts.
const EXTENSIONS_MAX: u64 = 64 << 20;

/// The label in a NIfTI-1 file, compressed or not.
pub(in crate::labels) fn read(file: &[u8], reading: &Reading) -> Result<Label, LabelsError> {
    let compressed = file.starts_with(b"\x1f\x8b");
    let mut unpacked;
    let mut plain = file;
    let source: &mut dyn Read = if compressed {
        unpacked = MultiGzDecoder::new(file);
        &mut unpacked
    } else {
        &mut plain
    };
    let mut head = [0; HEADER];
    source
        .read_exact(&mut head)
        .map_err(|e| damaged(format!("no header: {}", ended(&e))))?;
    let header = Header::of(&head)?;
    let layout = Layout::of(Form::Nifti, &header.axes()?, reading.as_stored)?;
    let voxels = Voxels {
        form: Form::Nifti,
        number: header.number()?,
        big_endian: header.big_endian,
        layers: 1,
        layout,
        whole: layout.sizes,
        first: [0, 0],
    };
    voxels.check_length(file.len(), compressed)?;
    header.check_scaling()?;
    let skip = header.data_at()?;
    let skipped = io::copy(&mut (&mut *source).take(skip), &mut io::sink()).map_err(|e| damaged(ended(&e)))?;
    if skipped < skip {
        return Err(damaged("it ends before its pixels begin".to_owned()));
    }
    let meaning = |_: u32, value: i64| reading.classes.of_number(value);
    let (mask, strangers) = voxels.mask(source, meaning, |_, value| format!("class id {value}"))?;
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

/// A header and the order of its bytes.
struct Header<'a> {
    bytes: &'a [u8; HEADER],
    big_endian: bool,
}

impl<'a> Header<'a> {
    fn of(bytes: &'a [u8; HEADER]) -> Result<Self, LabelsError> {
        let mut header = Self {
            bytes,
            big_endian: false,
        };
        if header.int(0) != HEADER as i32 {
            header.big_endian = true;
        }
        match (header.int(0), &bytes[344..]) {
            (348, b"n+1\0") => Ok(header),
            (348, b"ni1\0") => Err(not_read(
                "a pair of .hdr and .img".to_owned(),
                "save it as one file (.nii.gz)",
            )),
            _ if bytes.starts_with(&540i32.to_le_bytes()) || bytes.starts_with(&540i32.to_be_bytes()) => {
                Err(not_read("NIfTI-2".to_owned(), "save it as NIfTI-1"))
            }
            _ => Err(damaged("it has no header of NIfTI-1".to_owned())),
        }
    }

    fn part<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut part = [0; N];
        part.copy_from_slice(&self.bytes[at..at + N]);
        if self.big_endian {
            part.reverse();
        }
        part
    }

    fn int(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.part(at))
    }

    fn short(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.part(at))
    }

    fn float(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.part(at)))
    }

    fn axes(&self) -> Result<Axes, LabelsError> {
        let count = self.short(40);
        let size = |axis: i16| {
            let told = axis <= count;
            i64::from(if told { self.short(40 + 2 * axis as usize) } else { 1 })
        };
        if !(1..=7).contains(&count) {
            return Err(damaged(format!("it has {count} axes")));
        }
        if (4..=7).any(|axis| size(axis) != 1) {
            return Err(not_read(
                "a file of several volumes".to_owned(),
                "save the label of one picture",
            ));
        }
        Ok(Axes {
            sizes: [size(1), size(2), size(3)],
            directions: self.directions(),
        })
    }

    /// Directions of the axes in LPS; nothing where the header tells no orientation.
    fn directions(&self) -> Option<[[f64; 3]; 3]> {
        let (quaternion, affine) = (self.short(252), self.short(254));
        let rows = if affine > 0 {
            [280, 296, 312].map(|at| [0, 4, 8].map(|column| self.float(at + column)))
        } else if quaternion > 0 {
            self.quaternion_rows()
        } else {
            return None;
        };
        // Rows are right, anterior, superior; columns are the axes.
        Some([0, 1, 2].map(|axis| [-rows[0][axis], -rows[1][axis], rows[2][axis]]))
    }

    /// The rotation matrix of the quaternion, times the sizes of the voxels (`nifti_quatern_to_mat44` in words).
    fn quaternion_rows(&self) -> [[f64; 3]; 3] {
        let [b, c, d] = [256, 260, 264].map(|at| self.float(at));
        let a = (1.0 - (b * b + c * c + d * d)).max(0.0).sqrt();
        let flip = if self.float(76) < 0.0 { -1.0 } else { 1.0 };
        let size = |axis: usize| match self.float(76 + 4 * axis) {
            size if size > 0.0 => size,
            _ => 1.0,
        };
        let sizes = [size(1), size(2), flip * size(3)];
        let rows = [
            [
                a * a + b * b - c * c - d * d,
                2.0 * (b * c - a * d),
                2.0 * (b * d + a * c),
            ],
            [
                2.0 * (b * c + a * d),
                a * a + c * c - b * b - d * d,
                2.0 * (c * d - a * b),
            ],
            [
                2.0 * (b * d - a * c),
                2.0 * (c * d + a * b),
                a * a + d * d - c * c - b * b,
            ],
        ];
        rows.map(|row| [0, 1, 2].map(|axis| row[axis] * sizes[axis]))
    }

    fn number(&self) -> Result<Number, LabelsError> {
        Ok(match self.short(70) {
            2 => Number::Unsigned(1),
            4 => Number::Signed(2),
            8 => Number::Signed(4),
            16 => Number::Float(4),
            64 => Number::Float(8),
            256 => Number::Signed(1),
            512 => Number::Unsigned(2),
            768 => Number::Unsigned(4),
            1024 => Number::Signed(8),
            1280 => Number::Unsigned(8),
            other => {
                return Err(not_read(
                    format!("the data type {other}"),
                    "save it with whole numbers, for example unsigned char",
                ));
            }
        })
    }

    /// Labels are not scaled; a slope of 0 means none.
    fn check_scaling(&self) -> Result<(), LabelsError> {
        let (slope, intercept) = (self.float(112), self.float(116));
        let none = slope == 0.0 || slope.is_nan() || (slope == 1.0 && (intercept == 0.0 || intercept.is_nan()));
        match none {
            true => Ok(()),
            false => Err(not_read(
                format!("numbers that are scaled by {slope} and moved by {intercept}"),
                "save the label map with whole numbers",
            )),
        }
    }

    /// Bytes between the header and the data.
    fn data_at(&self) -> Result<u64, LabelsError> {
        let at = self.float(108);
        if at.fract() != 0.0 || !(352.0..=EXTENSIONS_MAX as f64).contains(&at) {
            return Err(damaged(format!("its pixels begin at byte {at}")));
        }
        Ok(at as u64 - HEADER as u64)
    }
}

fn damaged(reason: String) -> LabelsError {
    LabelsError::Damaged {
        form: Form::Nifti,
        reason,
    }
}

fn not_read(what: String, cure: &'static str) -> LabelsError {
    LabelsError::NotRead {
        form: Form::Nifti,
        what,
        cure,
    }
}
