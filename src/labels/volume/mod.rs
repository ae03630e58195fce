//! What NRRD and NIfTI have in common: voxels of one slice, and where they lie in the picture.

mod layout;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

use super::canvas::MOST_PIXELS;
use super::classes::{Class, Strangers};
use super::{Form, LabelsError};
use crate::frame::Size;
use crate::traits::{TraitMask, TraitSet};

pub(super) use layout::{Axes, Layout};

/// The most layers of a segmentation; twelve traits need twelve at most.
pub(super) const MOST_LAYERS: u32 = 64;

/// How a number lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Unsigned(usize),
    Signed(usize),
    Float(usize),
}

impl Number {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Unsigned(n) | Self::Signed(n) | Self::Float(n) => n,
        }
    }

    /// The whole number in `bytes`, the least significant first; `None` for a fraction and for what 64 bits do not hold.
    fn read(self, bytes: &[u8]) -> Option<i64> {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(wide);
        let unused = 64 - 8 * bytes.len() as u32;
        let whole = |value: f64| (value.fract() == 0.0 && value.abs() < 1e15).then_some(value as i64);
        match self {
            Self::Unsigned(_) => i64::try_from(bits).ok(),
            Self::Signed(_) => Some((bits << unused) as i64 >> unused),
            Self::Float(4) => whole(f64::from(f32::from_bits(bits as u32))),
            Self::Float(_) => whole(f64::from_bits(bits)),
        }
    }
}

/// Voxels as they lie in a file, row by row, the layers of a voxel beside each other.
pub(super) struct Voxels {
    pub(super) form: Form,
    pub(super) number: Number,
    pub(super) big_endian: bool,
    pub(super) layers: u32,
    pub(super) layout: Layout,
    /// Along the stored axes: the whole picture, and the first voxel of what is in the file.
    pub(super) whole: Size,
    pub(super) first: [u32; 2],
}

impl Voxels {
    /// Bytes of all voxels.
    pub(super) fn bytes(&self) -> u64 {
        // Bounded: 256 million pixels, 64 layers, 8 bytes.
        self.layout.sizes.pixels() * u64::from(self.layers) * self.number.bytes() as u64
    }

    /// Refuses a file that can't hold so much, before anything is allocated.
    pub(super) fn check_length(&self, there: usize, compressed: bool) -> Result<(), LabelsError> {
        /// No deflate stream unpacks to more than this many times its length (zlib, `doc/algorithm.txt`).
        const RATIO: u64 = 1032;
        let most = there as u64 * if compressed { RATIO } else { 1 };
        if self.bytes() <= most {
            return Ok(());
        }
        Err(LabelsError::Damaged {
            form: self.form,
            reason: format!(
                "its header promises {} bytes of pixels, and {there} bytes can't hold them",
                self.bytes()
            ),
        })
    }

    /// The mask, and what is no trait. `meaning` tells what a number in a layer stands for, and `name` how to call it.
    pub(super) fn mask(
        &self,
        source: &mut dyn Read,
        meaning: impl Fn(u32, i64) -> Option<Class>,
        name: impl Fn(u32, i64) -> String,
    ) -> Result<(TraitMask, Strangers), LabelsError> {
        let size = self.layout.upright(self.whole);
        let mut bits = vec![0u16; size.pixels() as usize];
        let mut unknown = Unknowns::default();
        let (width, layers) = (self.layout.sizes.width, self.layers as usize);
        let mut last = vec![(0i64, meaning_bits(meaning(0, 0))); layers];
        for (layer, last) in last.iter_mut().enumerate() {
            last.1 = meaning_bits(meaning(layer as u32, 0));
        }
        let (mut i, mut j) = (0, 0);
        self.each_voxel(source, |values| {
            let mut set = 0;
            for (layer, value) in values.iter().enumerate() {
                if last[layer].0 != *value {
                    last[layer] = (*value, meaning_bits(meaning(layer as u32, *value)));
                }
                match last[layer].1 {
                    Some(bits) => set |= bits,
                    None => unknown.add(layer as u32, *value),
                }
            }
            let (x, y) = self.layout.place(self.whole, self.first[0] + i, self.first[1] + j);
            bits[y as usize * size.width as usize + x as usize] = set;
            i += 1;
            if i == width {
                (i, j) = (0, j + 1);
            }
        })?;
        let mask = TraitMask::from_bits(size, bits).expect("one value for each pixel of the size");
        Ok((mask, unknown.named(name)))
    }

    /// Calls `each` with the numbers of each voxel; the source must end behind the last.
    fn each_voxel(&self, source: &mut dyn Read, mut each: impl FnMut(&[i64])) -> Result<(), LabelsError> {
        /// Voxels that are read at once.
        const AT_ONCE: u64 = 4096;
        let bytes = self.number.bytes();
        let layers = self.layers as usize;
        let damaged = |reason: String| LabelsError::Damaged {
            form: self.form,
            reason,
        };
        let mut left = self.layout.sizes.pixels();
        let mut buffer = vec![0; AT_ONCE as usize * layers * bytes];
        let mut values = vec![0; layers];
        while left > 0 {
            let now = left.min(AT_ONCE) as usize;
            let buffer = &mut buffer[..now * layers * bytes];
            source.read_exact(buffer).map_err(|e| damaged(ended(&e)))?;
            for voxel in buffer.chunks_exact_mut(layers * bytes) {
                for (value, bytes) in values.iter_mut().zip(voxel.chunks_exact_mut(bytes)) {
                    if self.big_endian {
                        bytes.reverse();
                    }
                    *value = self.number.read(bytes).ok_or_else(|| {
                        damaged("it holds numbers that are no whole ones; is it a label map?".to_owned())
                    })?;
                }
                each(&values);
            }
            left -= now as u64;
        }
        match source.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(damaged("it holds more than its header says".to_owned())),
            Err(e) => Err(damaged(ended(&e))),
        }
    }
}

/// The words of a read error in a file that is in memory.
pub(super) fn ended(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "it ends before its pixels do".to_owned(),
        _ => format!("its compression is damaged: {error}"),
    }
}

/// The bits of a class; `None` for an unknown one.
fn meaning_bits(class: Option<Class>) -> Option<u16> {
    match class? {
        Class::Trait(which) => Some(TraitSet::EMPTY.with(which).bits()),
        Class::Nothing => Some(0),
    }
}

/// Numbers that are no class, counted.
#[derive(Default)]
struct Unknowns {
    pixels: BTreeMap<(u32, i64), u64>,
    others: u64,
}

impl Unknowns {
    /// A photograph in place of a label has many.
    const MOST: usize = 1024;

    fn add(&mut self, layer: u32, value: i64) {
        if let Some(count) = self.pixels.get_mut(&(layer, value)) {
            *count += 1;
        } else if self.pixels.len() < Self::MOST {
            self.pixels.insert((layer, value), 1);
        } else {
            self.others += 1;
        }
    }

    fn named(self, name: impl Fn(u32, i64) -> String) -> Strangers {
        let mut strangers = Strangers::default();
        for ((layer, value), count) in self.pixels {
            strangers.add(&name(layer, value), count);
        }
        if self.others > 0 {
            strangers.add("further numbers", self.others);
        }
        strangers
    }
}

const _: () = assert!(MOST_PIXELS * 64 * 8 < u64::MAX / 1032);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_kinds_are_read() {
        assert_eq!(Number::Signed(2).read(&(-3i16).to_le_bytes()), Some(-3));
        assert_eq!(
            Number::Unsigned(4).read(&u32::MAX.to_le_bytes()),
            Some(i64::from(u32::MAX))
        );
        assert_eq!(Number::Unsigned(8).read(&u64::MAX.to_le_bytes()), None);
        assert_eq!(Number::Signed(8).read(&i64::MIN.to_le_bytes()), Some(i64::MIN));
        assert_eq!(Number::Float(4).read(&7f32.to_le_bytes()), Some(7));
        for no in [7.5, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Number::Float(8).read(&no.to_le_bytes()), None);
        }
    }
}
