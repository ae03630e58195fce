//! Tensors, checked against the storages that are in the file.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::archive::Member;
use super::element::ElementType;
use super::error::{CheckpointFault, quoted};
use super::source::Source;
use super::torch::{StorageClaim, View};

/// Bytes that reading all tensors may take, per byte of the file: honest files need 2 to 5 (values, and the bytes that they come from).
const BYTES_PER_BYTE: u64 = 16;
/// And this many more, so that a small file may hold a tensor that repeats one element.
const BYTES_MORE: u64 = 16 << 20;

/// A tensor: its type and shape, and where its values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Type of the elements in the file.
    pub element: ElementType,
    /// Lengths of the dimensions; empty for a single number.
    pub shape: Vec<usize>,
    storage: usize,
    /// Byte of the file where the first element begins.
    start: u64,
    /// Elements from the first to the last one in the file, both included.
    span: usize,
    /// Elements from one to the next one in each dimension.
    strides: Vec<usize>,
}

impl TensorInfo {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the elements lie one after another in row-major order.
    fn is_contiguous(&self) -> bool {
        if self.span == 0 {
            return true;
        }
        let mut expected = 1;
        self.shape.iter().zip(&self.strides).rev().all(|(&length, &stride)| {
            let fits = length == 1 || stride == expected;
            expected *= length;
            fits
        })
    }
}

/// Where a storage lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) start: u64,
    pub(super) bytes: u64,
    /// Its name and CRC-32, in an archive.
    pub(super) member: Option<(String, Member)>,
}

/// All tensors of a file.
#[derive(Debug, Default)]
pub(super) struct Table {
    tensors: Vec<(String, TensorInfo)>,
    by_name: HashMap<String, usize>,
    storages: Vec<Storage>,
    /// Bytes that reading all tensors takes.
    cost: u64,
}

#[derive(Debug)]
struct Storage {
    place: Place,
    /// Whether its bytes were compared with the checksum.
    checked: AtomicBool,
}

impl Table {
    /// Checks every tensor; `place` finds a storage in the file and compares its size with the claim. Its `Err` is a sentence.
    pub(super) fn new<'a>(
        tensors: Vec<(String, View<'a>)>,
        file_bytes: u64,
        place: impl Fn(&StorageClaim<'a>) -> Result<Place, String>,
    ) -> Result<Self, CheckpointFault> {
        let mut table = Self::default();
        let mut places = HashMap::new();
        for (name, view) in tensors {
            let fault = |reason| CheckpointFault::Tensor {
                name: quoted(&name),
                reason,
            };
            let found = place(&view.storage).map_err(fault)?;
            let storage = *places.entry(view.storage.key).or_insert(table.storages.len());
            let tensor = located(&view, &found, storage).map_err(fault)?;
            table.pay(&tensor, file_bytes)?;
            if storage == table.storages.len() {
                table.storages.push(Storage {
                    place: found,
                    checked: AtomicBool::new(false),
                });
            }
            table.by_name.insert(name.clone(), table.tensors.len());
            table.tensors.push((name, tensor));
        }
        Ok(table)
    }

    pub(super) fn tensors(&self) -> impl Iterator<Item = (&str, &TensorInfo)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.by_name.get(name).map(|&index| &self.tensors[index].1)
    }

    /// The values of a tensor of this table, in row-major order.
    pub(super) fn values(&self, tensor: &TensorInfo, source: &Source) -> Result<Vec<f32>, CheckpointFault> {
        self.check(tensor.storage, source)?;
        let count = tensor.elements();
        let mut values = Vec::with_capacity(count);
        let size = tensor.element.bytes();
        let bytes = (tensor.span * size) as u64;
        if tensor.is_contiguous() {
            source
                .stream(tensor.start, bytes, |chunk| tensor.element.extend(&mut values, chunk))
                .map_err(CheckpointFault::Unreadable)?;
        } else {
            let bytes = source.read(tensor.start, bytes).map_err(CheckpointFault::Unreadable)?;
            for at in Strided::new(&tensor.shape, &tensor.strides) {
                tensor.element.extend(&mut values, &bytes[at * size..(at + 1) * size]);
            }
        }
        debug_assert_eq!(values.len(), count);
        Ok(values)
    }

    /// Compares a storage with its checksum, the first time that it is used.
    fn check(&self, storage: usize, source: &Source) -> Result<(), CheckpointFault> {
        let storage = &self.storages[storage];
        if let Some((name, member)) = &storage.place.member
            && !storage.checked.load(Ordering::Relaxed)
        {
            member.check(source, name)?;
            storage.checked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Counts what reading the tensor takes, so that a small file can't claim endless work.
    fn pay(&mut self, tensor: &TensorInfo, file_bytes: u64) -> Result<(), CheckpointFault> {
        let allowed = file_bytes.saturating_mul(BYTES_PER_BYTE).saturating_add(BYTES_MORE);
        let bytes = |elements: usize, size: usize| (elements as u64).saturating_mul(size as u64);
        let cost =
            bytes(tensor.elements(), size_of::<f32>()).saturating_add(bytes(tensor.span, tensor.element.bytes()));
        self.cost = self.cost.saturating_add(cost);
        if self.cost > allowed {
            return Err(CheckpointFault::TooLarge {
                what: format!(
                    "its tensors repeat the same elements: reading them takes {} bytes or more",
                    self.cost
                ),
                limit: format!("{allowed} bytes for a file of {file_bytes}"),
            });
        }
        Ok(())
    }
}

fn located(view: &View, place: &Place, storage: usize) -> Result<TensorInfo, String> {
    let too_large = || "it has more elements than can be counted; the file is damaged".to_owned();
    let size = view.element.bytes() as u64;
    let unit = view.storage.kind.bytes();
    let (part_start, part_length) = view.storage.part.unwrap_or((0, view.storage.elements));
    let part_start = part_start.checked_mul(unit).ok_or_else(too_large)?;
    let available = part_length.checked_mul(unit).ok_or_else(too_large)? / size;

    let elements = view
        .shape
        .iter()
        .try_fold(1_u64, |product, &length| product.checked_mul(length));
    let elements = elements.ok_or_else(too_large)?;
    let reach = view
        .shape
        .iter()
        .zip(&view.strides)
        .try_fold(0_u64, |reach, (&length, &stride)| {
            length.saturating_sub(1).checked_mul(stride)?.checked_add(reach)
        });
    let span = if elements == 0 {
        Some(0)
    } else {
        reach.and_then(|reach| reach.checked_add(1))
    };
    let end = span
        .and_then(|span| span.checked_add(view.offset))
        .ok_or_else(too_large)?;
    if end > available {
        return Err(format!(
            "it reaches to element {end} of a storage of {available}; the file is damaged"
        ));
    }
    let start = view
        .offset
        .checked_mul(size)
        .and_then(|bytes| bytes.checked_add(part_start)?.checked_add(place.start))
        .ok_or_else(too_large)?;
    let small = |number: u64| usize::try_from(number).map_err(|_| too_large());
    small(elements)?;
    Ok(TensorInfo {
        element: view.element,
        shape: view
            .shape
            .iter()
            .map(|&length| small(length))
            .collect::<Result<_, _>>()?,
        storage,
        start,
        span: small(span.unwrap_or_default())?,
        strides: view
            .strides
            .iter()
            .map(|&stride| small(stride))
            .collect::<Result<_, _>>()?,
    })
}

/// Places of the elements of a view in row-major order, counted from its first element.
struct Strided<'t> {
    shape: &'t [usize],
    strides: &'t [usize],
    index: Vec<usize>,
    next: Option<usize>,
}

impl<'t> Strided<'t> {
    fn new(shape: &'t [usize], strides: &'t [usize]) -> Self {
        Self {
            shape,
            strides,
            index: vec![0; shape.len()],
            next: (!shape.contains(&0)).then_some(0),
        }
    }
}

impl Iterator for Strided<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let this = self.next?;
        let mut at = this;
        self.next = None;
        for dimension in (0..self.shape.len()).rev() {
            if self.index[dimension] + 1 < self.shape[dimension] {
                self.index[dimension] += 1;
                self.next = Some(at + self.strides[dimension]);
                break;
            }
            at -= self.index[dimension] * self.strides[dimension];
            self.index[dimension] = 0;
        }
        Some(this)
    }
}
