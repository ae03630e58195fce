//! Buffers that driver and program share, and the turns that they take.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use v4l::v4l_sys::*;
use v4l::v4l2::vidioc;

use super::{CAPTURE, request, zeroed};
use crate::source::v4l::device::Filled;

/// No honest driver gives more; each may be as large as a picture.
const MAX_BUFFERS: u32 = 32;

/// A stream that runs.
pub(super) struct Stream {
    buffers: Vec<Mapping>,
}

impl Stream {
    pub(super) fn start(file: &File, wanted: u32) -> io::Result<Self> {
        let mut asked: v4l2_requestbuffers = zeroed();
        asked.count = wanted;
        asked.type_ = CAPTURE;
        asked.memory = v4l2_memory_V4L2_MEMORY_MMAP;
        // SAFETY: VIDIOC_REQBUFS takes a `v4l2_requestbuffers`.
        unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_REQBUFS, &mut asked) }?;
        // From here on the buffers are given back whatever fails.
        let mut stream = Self { buffers: Vec::new() };
        match stream.begin(file, asked.count) {
            Ok(()) => Ok(stream),
            Err(error) => {
                stream.stop(file);
                Err(error)
            }
        }
    }

    fn begin(&mut self, file: &File, count: u32) -> io::Result<()> {
        if !(1..=MAX_BUFFERS).contains(&count) {
            return Err(io::Error::other(format!("the driver gives {count} buffers")));
        }
        for index in 0..count {
            let mut buffer = mapped_buffer(index);
            // SAFETY: VIDIOC_QUERYBUF takes a `v4l2_buffer`.
            unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_QUERYBUF, &mut buffer) }?;
            // SAFETY: for mapped memory the driver has filled in `offset`.
            let offset = unsafe { buffer.m.offset };
            self.buffers.push(Mapping::new(file, buffer.length as usize, offset)?);
        }
        (0..count).try_for_each(|index| queue(file, index))?;
        let mut kind = CAPTURE as std::ffi::c_int;
        // SAFETY: VIDIOC_STREAMON takes an `int`.
        unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_STREAMON, &mut kind) }
    }

    pub(super) fn next(&mut self, file: &File, within: Duration, bytes_max: usize) -> io::Result<Option<Filled>> {
        let deadline = Instant::now() + within;
        loop {
            let Some(events) = wait(file, deadline)? else {
                return Ok(None);
            };
            let mut buffer = mapped_buffer(0);
            // SAFETY: VIDIOC_DQBUF takes a `v4l2_buffer`.
            match unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_DQBUF, &mut buffer) } {
                Ok(()) => return self.take(file, &buffer, bytes_max).map(Some),
                // Nothing is there although poll said so. With an error flag it would say so for ever.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if events.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
                        return Err(io::Error::from_raw_os_error(libc::EIO));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Copies what is in a buffer and gives the buffer back.
    fn take(&self, file: &File, buffer: &v4l2_buffer, bytes_max: usize) -> io::Result<Filled> {
        let Some(mapping) = self.buffers.get(buffer.index as usize) else {
            return Err(io::Error::other(format!("the driver names buffer {}", buffer.index)));
        };
        let damaged = buffer.flags & V4L2_BUF_FLAG_ERROR != 0;
        let used = if damaged { 0 } else { buffer.bytesused as usize };
        let bytes = Arc::from(mapping.first(used.min(bytes_max)));
        queue(file, buffer.index)?;
        let is_monotonic = buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        Ok(Filled {
            bytes,
            damaged,
            sequence: buffer.sequence,
            monotonic_ns: nanoseconds(buffer.timestamp).filter(|_| is_monotonic),
        })
    }

    /// Whatever the driver says to it, the memory is unmapped, and nothing panics: a device that was pulled out answers every request with an error.
    pub(super) fn stop(self, file: &File) {
        let mut kind = CAPTURE as std::ffi::c_int;
        // SAFETY: VIDIOC_STREAMOFF takes an `int`.
        if let Err(error) = unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_STREAMOFF, &mut kind) } {
            tracing::debug!("a stream did not end well: {error}");
        }
        drop(self.buffers);
        let mut none: v4l2_requestbuffers = zeroed();
        none.type_ = CAPTURE;
        none.memory = v4l2_memory_V4L2_MEMORY_MMAP;
        // SAFETY: VIDIOC_REQBUFS takes a `v4l2_requestbuffers`; no buffer is mapped any more.
        if let Err(error) = unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_REQBUFS, &mut none) } {
            tracing::debug!("buffers were not taken back: {error}");
        }
    }
}

/// `None` for times before the clock began.
fn nanoseconds(time: timeval) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec).ok()?.checked_mul(1_000_000_000)?;
    let rest = u64::try_from(time.tv_usec).ok()?.checked_mul(1000)?;
    seconds.checked_add(rest)
}

fn mapped_buffer(index: u32) -> v4l2_buffer {
    let mut buffer: v4l2_buffer = zeroed();
    buffer.index = index;
    buffer.type_ = CAPTURE;
    buffer.memory = v4l2_memory_V4L2_MEMORY_MMAP;
    buffer
}

fn queue(file: &File, index: u32) -> io::Result<()> {
    // SAFETY: VIDIOC_QBUF takes a `v4l2_buffer`.
    unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_QBUF, &mut mapped_buffer(index)) }
}

/// What poll says once there is something to say; `None` at the deadline.
fn wait(file: &File, deadline: Instant) -> io::Result<Option<PollFlags>> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut asked = [PollFd::new(file, PollFlags::IN)];
        match poll(&mut asked, Some(&timeout)) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(asked[0].revents())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// One buffer in our memory.
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to this value alone; a thread may take it over.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(file: &File, length: usize, offset: u32) -> io::Result<Self> {
        // SAFETY: a new mapping at a place that the kernel chooses touches no memory of ours. Driver memory is not cut short as a file's may be.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                offset.into(),
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("a buffer was mapped to address 0"))?;
        Ok(Self { start, length })
    }

    /// Its first bytes; fewer where the driver claims more than there are.
    fn first(&self, length: usize) -> &[u8] {
        // SAFETY: `length` bytes from `start` on are mapped for reading as long as `self` lives. The driver does not write them before the buffer is
        // queued again, which happens after the caller is done with the slice.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), length.min(self.length)) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the very region that `new` mapped; no slice of it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
