//! Files of torch before 1.6: five pickles (a magic number, the protocol, facts about the machine, the object, the keys of the storages), then
//! for each key the number of elements and the elements. `_legacy_save` and `_legacy_load` in `torch/serialization.py`.

use std::collections::HashMap;

use super::error::{CheckpointFault, quoted};
use super::pickle::{self, Pickle, PickleError, Value};
use super::source::Source;
use super::table::Place;
use super::torch::Torch;

/// 0x1950a86a20f9469cfc6c, as a pickle writes it.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const PROTOCOL: i64 = 1001;
/// Bytes before the number of elements ends.
const COUNT_BYTES: u64 = 8;

/// The object's pickle, and where the pickle with the keys begins.
pub(super) struct Stream<'a> {
    pub(super) object: Pickle<'a>,
    keys_at: usize,
}

impl<'a> Stream<'a> {
    /// Reads up to the object. `head` is the file's beginning.
    pub(super) fn read(head: &'a [u8]) -> Result<Self, CheckpointFault> {
        let mut at = 0;
        let mut next = || -> Result<Pickle<'a>, CheckpointFault> {
            let pickle = pickle::read(&head[at..]).map_err(|error| shifted(error, at))?;
            at += pickle.length;
            Ok(pickle)
        };
        let magic = next()?;
        if *magic.values.get(magic.root) != Value::LongInt(&MAGIC) {
            return Err(CheckpointFault::Foreign {
                what: "a plain pickle",
                cure: "save the network's state_dict() with torch.save",
            });
        }
        let protocol = next()?;
        if *protocol.values.get(protocol.root) != Value::Int(PROTOCOL) {
            return Err(CheckpointFault::Stream(format!("its protocol is not {PROTOCOL}")));
        }
        refuse_big_endian(&next()?)?;
        let object = next()?;
        Ok(Self { object, keys_at: at })
    }

    /// Where each storage lies, by key.
    pub(super) fn places(&self, head: &'a [u8], source: &Source) -> Result<HashMap<&'a str, Place>, CheckpointFault> {
        let torch = Torch(&self.object.values);
        let mut sizes = HashMap::new();
        for claim in torch.storages() {
            let claim = claim.map_err(|reason| CheckpointFault::Tensor {
                name: "outside the weights".to_owned(),
                reason,
            })?;
            let size = claim.kind.bytes();
            if *sizes.entry(claim.key).or_insert(size) != size {
                return Err(CheckpointFault::Stream(format!(
                    "the storage {} has elements of two sizes",
                    quoted(claim.key)
                )));
            }
        }
        let keys = pickle::read(&head[self.keys_at..]).map_err(|error| shifted(error, self.keys_at))?;
        let mut at = (self.keys_at + keys.length) as u64;
        let mut places = HashMap::new();
        let Some(list) = Torch(&keys.values).sequence(keys.root) else {
            return Err(CheckpointFault::Stream("the list of storages is no list".to_owned()));
        };
        for &key in list {
            let &Value::Text(key) = keys.values.get(key) else {
                return Err(CheckpointFault::Stream("the key of a storage is no text".to_owned()));
            };
            let Some(&size) = sizes.get(key) else {
                return Err(CheckpointFault::Stream(format!(
                    "nothing refers to the storage {}",
                    quoted(key)
                )));
            };
            let place = place(at, size, source)
                .map_err(|reason| CheckpointFault::Stream(format!("the storage {} {reason}", quoted(key))))?;
            at = place.start + place.bytes;
            if places.insert(key, place).is_some() {
                return Err(CheckpointFault::Stream(format!(
                    "the storage {} is listed twice",
                    quoted(key)
                )));
            }
        }
        Ok(places)
    }
}

/// The storage whose number of elements is at `at`.
fn place(at: u64, size: u64, source: &Source) -> Result<Place, String> {
    let count = source
        .read(at, COUNT_BYTES)
        .map_err(|error| format!("has no length: {error}"))?;
    let count = count
        .first_chunk()
        .map(|&bytes| i64::from_le_bytes(bytes))
        .unwrap_or_default();
    let start = at + COUNT_BYTES;
    let bytes = u64::try_from(count).ok().and_then(|count| count.checked_mul(size));
    match bytes.filter(|&bytes| source.holds(start, bytes)) {
        Some(bytes) => Ok(Place {
            start,
            bytes,
            member: None,
        }),
        None => Err(format!(
            "claims {count} elements of {size} bytes, and {} bytes are left in the file",
            source.length() - start
        )),
    }
}

fn refuse_big_endian(system: &Pickle) -> Result<(), CheckpointFault> {
    let Value::Dict(entries) = system.values.get(system.root) else {
        return Err(CheckpointFault::Stream("it says nothing about its machine".to_owned()));
    };
    let big = entries.iter().any(|&(key, value)| {
        *system.values.get(key) == Value::Text("little_endian") && *system.values.get(value) == Value::Bool(false)
    });
    if big {
        return Err(CheckpointFault::big_endian());
    }
    Ok(())
}

/// The fault with its place counted from the beginning of the file.
fn shifted(mut error: PickleError, by: usize) -> CheckpointFault {
    error.position += by;
    error.into()
}
