//! A device's memory in ours.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::param::page_size;

/// Memory of a screen, mapped for writing as long as this lives.
pub(super) struct Mapping {
    start: NonNull<u8>,
    length: usize,
    /// The screen's memory begins here in the mapping, which begins with a page.
    offset: usize,
}

// SAFETY: nothing else points into the mapping, and the kernel does not care which thread writes.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `bytes` of the device's memory, which lies at the address `start` of the machine.
    pub(super) fn new(device: &File, bytes: usize, start: usize) -> io::Result<Self> {
        // What does not begin with a page is mapped from the beginning of its page on.
        let offset = start % page_size();
        let length = bytes
            .checked_add(offset)
            .filter(|l| *l > 0 && bytes > 0 && isize::try_from(*l).is_ok())
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{bytes} bytes of memory are impossible"),
                )
            })?;
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice overlaps nothing.
        let address = unsafe { mmap(std::ptr::null_mut(), length, protection, flags, device, 0) }?;
        let start = NonNull::new(address.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { start, length, offset })
    }

    pub(super) fn bytes(&self) -> usize {
        self.length - self.offset
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `length` bytes are mapped from `start` on until this is dropped, `offset` is less than a page and lies inside by construction. The slice is
        // the only one, as `self` is borrowed. The device shows the bytes and never changes them; the console, which may, only makes other bytes of them.
        let all = unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) };
        &mut all[self.offset..]
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; no slice of it outlives `self`.
        if let Err(error) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::warn!("a screen's memory can't be unmapped: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek};

    #[test]
    fn what_is_written_is_in_the_file_from_the_offset_on() {
        let mut file = tempfile::tempfile().unwrap();
        file.set_len(3 * page_size() as u64).unwrap();
        let mut mapping = Mapping::new(&file, page_size() + 5, 7 * page_size() + 24).unwrap();
        assert_eq!(mapping.bytes(), page_size() + 5);
        mapping.bytes_mut()[3] = 9;
        drop(mapping);
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.iter().position(|b| *b != 0), Some(27));
        assert_eq!(bytes[27], 9);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let file = tempfile::tempfile().unwrap();
        assert!(Mapping::new(&file, 0, 0).is_err());
        assert!(Mapping::new(&file, usize::MAX, 1).is_err());
    }
}
