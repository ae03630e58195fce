//! Two buffers, of which the screen shows one while the other is drawn.

use std::time::{Duration, Instant};

use drm::buffer::{Buffer as _, DrmFourcc};
use drm::control::dumbbuffer::DumbBuffer;
use drm::control::{Device as _, PageFlipFlags, crtc, framebuffer};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::card::Card;
use super::mode;
use super::output::Output;
use crate::display::console::QuietConsole;
use crate::display::device::errno;
use crate::display::pixels::PixelLayout;
use crate::display::{Canvas, DisplayError};

/// A flip takes one refresh of the screen, 40 ms on the slowest.
const FLIP_TIMEOUT: Duration = Duration::from_secs(1);

/// Formats of a primary plane, the usual one first: code, colour depth, bits a pixel.
const FORMATS: [(DrmFourcc, u32, u32, PixelLayout); 2] = [
    (DrmFourcc::Xrgb8888, 24, 32, PixelLayout::XRGB8888),
    (DrmFourcc::Rgb565, 16, 16, PixelLayout::RGB565),
];

/// The screen as long as it shows our pictures.
pub(super) struct Scanout {
    buffers: [ScreenBuffer; 2],
    /// Index of the buffer that is shown, or will be when the flip is done.
    front: usize,
    /// Whether a flip was asked for and is not yet known to be done.
    is_flipping: bool,
    /// How the other buffer is brought to the screen.
    by: Change,
    /// What the screen showed before.
    before: Option<crtc::Info>,
    /// Comes back when all is put back.
    console: QuietConsole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// At the next refresh, with a message when it is done.
    Flip,
    /// By setting the mode again, for drivers that can't flip.
    SetCrtc,
}

impl Scanout {
    /// Sets the mode and shows the first picture.
    pub(super) fn start(card: &Card, output: &Output, canvas: &Canvas) -> Result<Self, DisplayError> {
        let before = card.get_crtc(output.crtc).ok();
        let mut scanout = Self {
            buffers: ScreenBuffer::pair(card, output)?,
            front: 0,
            is_flipping: false,
            by: Change::Flip,
            before,
            console: QuietConsole::take(),
        };
        let shown = scanout.buffers[0]
            .draw(card, canvas)
            .and_then(|()| scanout.set_crtc(card, output, 0));
        match shown {
            Ok(()) => Ok(scanout),
            Err(error) => {
                scanout.end(card, output);
                Err(error)
            }
        }
    }

    /// Shows a picture of the mode's size.
    pub(super) fn show(&mut self, card: &Card, output: &Output, canvas: &Canvas) -> Result<(), DisplayError> {
        self.finish_flip(card)?;
        let back = 1 - self.front;
        self.buffers[back].draw(card, canvas)?;
        if self.by == Change::Flip {
            match card.page_flip(output.crtc, self.buffers[back].framebuffer, PageFlipFlags::EVENT, None) {
                Ok(()) => {
                    self.is_flipping = true;
                    self.front = back;
                    return Ok(());
                }
                Err(error) if matches!(errno(&error), Some(Errno::ACCESS | Errno::PERM | Errno::NODEV)) => {
                    return Err(card.failed("show the next picture", error));
                }
                Err(error) => {
                    tracing::warn!(
                        "{} ({}) can't flip pages ({error}); the mode is set for each picture instead",
                        card.path(),
                        card.driver()
                    );
                    self.by = Change::SetCrtc;
                }
            }
        }
        self.set_crtc(card, output, back)?;
        self.front = back;
        Ok(())
    }

    fn set_crtc(&self, card: &Card, output: &Output, index: usize) -> Result<(), DisplayError> {
        let framebuffer = self.buffers[index].framebuffer;
        card.set_crtc(
            output.crtc,
            Some(framebuffer),
            (0, 0),
            &[output.connector],
            Some(output.mode),
        )
        .map_err(|error| card.failed("set the screen's mode", error))?;
        // Drivers that copy to their screen want to be told; the others say that they don't know the call.
        if let Err(error) = card.dirty_framebuffer(framebuffer, &[]) {
            tracing::debug!("{}: {error} on telling of a changed picture", card.path());
        }
        Ok(())
    }

    /// Waits until the last flip is done: only then is the other buffer free.
    fn finish_flip(&mut self, card: &Card) -> Result<(), DisplayError> {
        if !self.is_flipping {
            return Ok(());
        }
        self.is_flipping = false;
        if !wait_for_event(card).map_err(|error| card.failed("wait for the screen", error))? {
            tracing::warn!(
                "{} ({}) did not tell of a flip within {} s; the mode is set for each picture instead",
                card.path(),
                card.driver(),
                FLIP_TIMEOUT.as_secs()
            );
            self.by = Change::SetCrtc;
        }
        Ok(())
    }

    /// Puts back what was on the screen. Nothing of it may fail for good: the screen may have been unplugged.
    pub(super) fn end(mut self, card: &Card, output: &Output) {
        let _flipped_or_not = self.finish_flip(card);
        if let Some(before) = self.before {
            let put_back = match (before.mode(), before.framebuffer()) {
                (Some(mode), Some(framebuffer)) => {
                    let connectors = [output.connector];
                    card.set_crtc(
                        output.crtc,
                        Some(framebuffer),
                        before.position(),
                        &connectors,
                        Some(mode),
                    )
                }
                _ => card.set_crtc(output.crtc, None, (0, 0), &[], None),
            };
            if let Err(error) = put_back {
                tracing::debug!("{}: {error} on putting back what was on the screen", card.path());
            }
        }
        for buffer in self.buffers {
            buffer.free(card);
        }
        drop(self.console);
    }
}

/// Whether the driver told that a flip is done, in time.
fn wait_for_event(card: &Card) -> std::io::Result<bool> {
    let deadline = Instant::now() + FLIP_TIMEOUT;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(card, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Ok(false),
            Ok(_) => {
                // Events of other kinds are not asked for; whatever comes tells of the flip.
                card.receive_events()?;
                return Ok(true);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Memory that can be scanned out.
struct ScreenBuffer {
    memory: DumbBuffer,
    framebuffer: framebuffer::Handle,
    layout: PixelLayout,
}

impl ScreenBuffer {
    /// Two of the first format that the driver takes.
    fn pair(card: &Card, output: &Output) -> Result<[Self; 2], DisplayError> {
        let size = mode::size(&output.mode);
        let mut reason = None;
        for format in FORMATS {
            let one = Self::new(card, (size.width, size.height), format);
            match one.and_then(|first| match Self::new(card, (size.width, size.height), format) {
                Ok(second) => Ok([first, second]),
                Err(error) => {
                    first.free(card);
                    Err(error)
                }
            }) {
                Ok(pair) => return Ok(pair),
                Err(error) => reason = reason.or(Some(error)),
            }
        }
        let source = reason.unwrap_or_else(|| std::io::Error::from(std::io::ErrorKind::Unsupported));
        Err(card.failed("make a buffer for the screen", source))
    }

    fn new(
        card: &Card,
        size: (u32, u32),
        (code, depth, bits, layout): (DrmFourcc, u32, u32, PixelLayout),
    ) -> std::io::Result<Self> {
        let memory = card.create_dumb_buffer(size, code, bits)?;
        match card.add_framebuffer(&memory, depth, bits) {
            Ok(framebuffer) => Ok(Self {
                memory,
                framebuffer,
                layout,
            }),
            Err(error) => {
                let _freed_with_the_device_at_the_latest = card.destroy_dumb_buffer(memory);
                Err(error)
            }
        }
    }

    fn draw(&mut self, card: &Card, canvas: &Canvas) -> Result<(), DisplayError> {
        let pitch = self.memory.pitch() as usize;
        let mut memory = card
            .map_dumb_buffer(&mut self.memory)
            .map_err(|error| card.failed("map a buffer of the screen", error))?;
        self.layout.write_picture(canvas, &mut memory, pitch);
        Ok(())
    }

    fn free(self, card: &Card) {
        for freed in [
            card.destroy_framebuffer(self.framebuffer),
            card.destroy_dumb_buffer(self.memory),
        ] {
            if let Err(error) = freed {
                tracing::debug!("{}: {error} on freeing a buffer", card.path());
            }
        }
    }
}
