//! The maps of a program in memory: read, and taken out of it while they are written.

use super::Program;
use crate::network::int8::aligned::Aligned;
use crate::network::int8::convolution::Input;
use crate::network::int8::memory::Memory;
use crate::network::int8::share::{Pieces, share};
use crate::network::int8::steps::{Form, MapId};

impl Program {
    pub(super) fn floats<'a>(&self, memory: &'a Memory, map: MapId) -> &'a [f32] {
        &memory.floats[self.places[map]
            .floats
            .expect("a map that is read as floats is kept as floats")]
    }

    pub(super) fn bytes<'a>(&self, memory: &'a Memory, map: MapId) -> &'a [u8] {
        &memory.bytes[self.places[map]
            .bytes
            .expect("a map that is read as bytes is kept as bytes")]
    }

    pub(super) fn input<'a>(&self, memory: &'a Memory, (map, form): (MapId, Form)) -> Input<'a> {
        match form {
            Form::Floats => Input::Floats(self.floats(memory, map)),
            Form::Bytes => Input::Bytes(self.bytes(memory, map)),
        }
    }

    /// The only pixel of a map.
    pub(super) fn channels<'a>(&self, memory: &'a Memory, map: MapId) -> &'a [f32] {
        self.places[map].row(self.floats(memory, map), 0)
    }

    /// Whether a step that makes `output` changes the floats of this map in place: then they are out of memory while it runs.
    pub(super) fn in_place(&self, map: MapId, output: MapId) -> bool {
        let slot = self.places[map].floats;
        slot.is_some() && slot == self.places[output].floats
    }

    /// The slots of a map, out of memory so that it can be written while others are read.
    pub(super) fn take(&self, memory: &mut Memory, map: MapId) -> (Taken<f32>, Taken<u8>) {
        let place = &self.places[map];
        let floats = place
            .floats
            .map(|slot| (slot, std::mem::take(&mut memory.floats[slot])));
        let bytes = place.bytes.map(|slot| (slot, std::mem::take(&mut memory.bytes[slot])));
        (floats, bytes)
    }

    /// Calls `make` for each row of a map, which it writes; and fills the border.
    pub(super) fn with_rows(
        &self,
        memory: &mut Memory,
        map: MapId,
        parallel: bool,
        make: impl Fn(&Memory, usize, Option<&mut [f32]>, Option<&mut [u8]>) + Sync,
    ) {
        let pitch = self.places[map].pitch();
        self.with_pieces(
            memory,
            map,
            parallel,
            pitch,
            Pieces::none(),
            |memory, row, floats, bytes, _| {
                make(memory, row, floats, bytes);
            },
        );
    }

    /// Calls `make` for each piece of `length` values of a map, which it writes, and of `totals`. A piece as long as a row with its border is a row;
    /// the border is filled, and `make` gets what is within.
    pub(super) fn with_pieces(
        &self,
        memory: &mut Memory,
        map: MapId,
        parallel: bool,
        length: usize,
        totals: Pieces<f32>,
        make: impl Fn(&Memory, usize, Option<&mut [f32]>, Option<&mut [u8]>, Option<&mut [f32]>) + Sync,
    ) {
        let place = &self.places[map];
        let (mut floats, mut bytes) = self.take(memory, map);
        let rest = &*memory;
        let floats_of = Pieces::new(floats.as_mut().map(|(_, values)| &mut values[..place.len()]), length);
        let bytes_of = Pieces::new(bytes.as_mut().map(|(_, values)| &mut values[..place.len()]), length);
        share(
            parallel,
            floats_of,
            bytes_of,
            totals,
            |piece, floats, bytes, totals| match place.row_within(piece, (floats, bytes)) {
                Some((row, (floats, bytes))) => make(rest, row, floats, bytes, totals),
                None => totals.into_iter().for_each(|totals| totals.fill(0.0)),
            },
        );
        give_back(memory, floats, bytes);
    }
}

/// A slot that was taken out of memory.
type Taken<T> = Option<(usize, Aligned<T>)>;

pub(super) fn give_back(memory: &mut Memory, floats: Taken<f32>, bytes: Taken<u8>) {
    if let Some((slot, values)) = floats {
        memory.floats[slot] = values;
    }
    if let Some((slot, values)) = bytes {
        memory.bytes[slot] = values;
    }
}
