//! What a framebuffer says of itself.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::Path;

use rustix::ioctl::{Getter, Opcode, ioctl};

use super::failed;
use crate::display::DisplayError;
use crate::display::pixels::{ColourField, PixelLayout};
use crate::frame::Size;

/// `linux/fb.h`.
const FBIOGET_VSCREENINFO: Opcode = 0x4600;
const FBIOGET_FSCREENINFO: Opcode = 0x4602;
const FB_TYPE_PACKED_PIXELS: u32 = 0;
const FB_VISUAL_TRUECOLOR: u32 = 2;
const FB_VISUAL_DIRECTCOLOR: u32 = 4;

/// `struct fb_bitfield` of `linux/fb.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct FbBitfield {
    offset: u32,
    length: u32,
    msb_right: u32,
}

/// `struct fb_var_screeninfo` of `linux/fb.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct FbVarScreeninfo {
    xres: u32,
    yres: u32,
    xres_virtual: u32,
    yres_virtual: u32,
    xoffset: u32,
    yoffset: u32,
    bits_per_pixel: u32,
    grayscale: u32,
    red: FbBitfield,
    green: FbBitfield,
    blue: FbBitfield,
    transp: FbBitfield,
    nonstd: u32,
    activate: u32,
    height: u32,
    width: u32,
    accel_flags: u32,
    /// Times, synchronisation, mode, turn and colour space, which matter to nobody here, and what is reserved.
    rest: [u32; 15],
}

/// `struct fb_fix_screeninfo` of `linux/fb.h`; the kernel's `unsigned long` is as wide as `usize`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct FbFixScreeninfo {
    id: [u8; 16],
    smem_start: usize,
    smem_len: u32,
    kind: u32,
    type_aux: u32,
    visual: u32,
    xpanstep: u16,
    ypanstep: u16,
    ywrapstep: u16,
    line_length: u32,
    mmio_start: usize,
    mmio_len: u32,
    accel: u32,
    capabilities: u16,
    reserved: [u16; 2],
}

const _: () = assert!(size_of::<FbVarScreeninfo>() == 160);
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<FbFixScreeninfo>() == 80);

/// A screen of packed pixels in true colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScreenInfo {
    /// Name of the driver.
    pub(super) driver: String,
    /// Columns and rows that are seen.
    pub(super) size: Size,
    pub(super) bits: u32,
    pub(super) layout: PixelLayout,
    /// Bytes from a row to the next, not 0.
    pub(super) stride: usize,
    /// Column and row of the memory that are seen at the upper left.
    offset: (u32, u32),
    /// Where the memory lies in the machine, and its bytes.
    pub(super) memory_start: usize,
    pub(super) memory_bytes: usize,
}

impl ScreenInfo {
    /// Asks the device.
    pub(super) fn read(device: &File, path: &Path) -> Result<Self, DisplayError> {
        let asked = |result: rustix::io::Result<_>| result.map_err(|e| failed(path, "ask for its size", e.into()));
        // SAFETY: FBIOGET_FSCREENINFO writes a struct fb_fix_screeninfo, which ours mirrors; its size is asserted above.
        let fixed = asked(unsafe { ioctl(device, Getter::<FBIOGET_FSCREENINFO, FbFixScreeninfo>::new()) })?;
        let asked = |result: rustix::io::Result<_>| result.map_err(|e| failed(path, "ask for its pixels", e.into()));
        // SAFETY: FBIOGET_VSCREENINFO writes a struct fb_var_screeninfo, which ours mirrors; its size is asserted above.
        let variable = asked(unsafe { ioctl(device, Getter::<FBIOGET_VSCREENINFO, FbVarScreeninfo>::new()) })?;
        Self::new(&fixed, &variable).map_err(|problem| DisplayError::Unsuited {
            device: path.display().to_string(),
            problem,
            cure: "16, 24 and 32 bits in true colours are supported: set them with `fbset -depth 32` or in the driver's options".to_owned(),
        })
    }

    /// What can be drawn on, or what is unsuitable about it.
    fn new(fixed: &FbFixScreeninfo, variable: &FbVarScreeninfo) -> Result<Self, String> {
        let id: Vec<u8> = fixed.id.iter().copied().take_while(|byte| *byte != 0).collect();
        let FbVarScreeninfo {
            bits_per_pixel: bits,
            red,
            green,
            blue,
            transp,
            ..
        } = *variable;
        if fixed.kind != FB_TYPE_PACKED_PIXELS
            || !matches!(fixed.visual, FB_VISUAL_TRUECOLOR | FB_VISUAL_DIRECTCOLOR)
            || variable.grayscale != 0
            || variable.nonstd != 0
        {
            return Err(format!(
                "its pixels are not packed true colours ({bits} bits, type {}, visual {})",
                fixed.kind, fixed.visual
            ));
        }
        let field = |f: FbBitfield| ColourField {
            offset: f.offset,
            length: f.length,
        };
        let opacity = (transp.length > 0).then_some(field(transp));
        let layout = PixelLayout::new(bits, [field(red), field(green), field(blue)], opacity)
            .filter(|_| [red, green, blue].iter().all(|f| f.msb_right == 0))
            .ok_or_else(|| format!("its pixels have {bits} bits, with red {red:?}, green {green:?}, blue {blue:?}"))?;
        let row_bytes = u64::from(variable.xres) * layout.bytes() as u64;
        if variable.xres == 0 || variable.yres == 0 || u64::from(fixed.line_length) < row_bytes {
            return Err(format!(
                "it says {}x{} pixels in rows of {} bytes, which is impossible",
                variable.xres, variable.yres, fixed.line_length
            ));
        }
        Ok(Self {
            driver: String::from_utf8_lossy(&id).into_owned(),
            size: Size::new(variable.xres, variable.yres),
            bits,
            layout,
            stride: fixed.line_length as usize,
            offset: (variable.xoffset, variable.yoffset),
            memory_start: fixed.smem_start,
            memory_bytes: fixed.smem_len as usize,
        })
    }

    /// The byte of the first pixel that is seen.
    pub(super) fn first_pixel(&self) -> usize {
        self.offset.1 as usize * self.stride + self.offset.0 as usize * self.layout.bytes()
    }

    /// Whether all that is seen lies in the memory.
    pub(super) fn check_inside(&self, bytes: usize, path: &Path) -> Result<(), DisplayError> {
        let rows = self.size.height as usize - 1;
        let end = rows
            .checked_mul(self.stride)
            .and_then(|start| start.checked_add(self.size.width as usize * self.layout.bytes()))
            .and_then(|end| end.checked_add(self.first_pixel()));
        if end.is_some_and(|end| end <= bytes) {
            return Ok(());
        }
        Err(DisplayError::Unsuited {
            device: path.display().to_string(),
            problem: format!(
                "its {} in rows of {} bytes do not fit into its {bytes} bytes",
                self.size, self.stride
            ),
            cure: "this is a defect of its driver; display.kind \"drm\" may work instead".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitfield(offset: u32, length: u32) -> FbBitfield {
        FbBitfield {
            offset,
            length,
            msb_right: 0,
        }
    }

    /// As simplefb says it of a panel with RGB565 pixels.
    fn simplefb() -> (FbFixScreeninfo, FbVarScreeninfo) {
        let mut id = [0; 16];
        id[..6].copy_from_slice(b"simple");
        let fixed = FbFixScreeninfo {
            id,
            smem_start: 0x4_2000,
            smem_len: 656 * 240,
            visual: FB_VISUAL_TRUECOLOR,
            line_length: 656,
            ..FbFixScreeninfo::default()
        };
        let variable = FbVarScreeninfo {
            xres: 320,
            yres: 240,
            bits_per_pixel: 16,
            red: bitfield(11, 5),
            green: bitfield(5, 6),
            blue: bitfield(0, 5),
            ..FbVarScreeninfo::default()
        };
        (fixed, variable)
    }

    #[test]
    fn a_panel_of_16_bits_is_understood() {
        let (fixed, mut variable) = simplefb();
        let info = ScreenInfo::new(&fixed, &variable).unwrap();
        assert_eq!((info.driver.as_str(), info.size), ("simple", Size::new(320, 240)));
        assert_eq!((info.layout, info.stride), (PixelLayout::RGB565, 656));
        assert!(info.check_inside(656 * 239 + 640, Path::new("/dev/fb0")).is_ok());
        assert!(info.check_inside(656 * 239 + 639, Path::new("/dev/fb0")).is_err());

        (variable.xoffset, variable.yoffset) = (8, 3);
        let moved = ScreenInfo::new(&fixed, &variable).unwrap();
        assert_eq!(moved.first_pixel(), 3 * 656 + 16);
        assert!(moved.check_inside(656 * 242 + 656, Path::new("/dev/fb0")).is_ok());
        assert!(moved.check_inside(656 * 240, Path::new("/dev/fb0")).is_err());
    }

    #[test]
    fn what_can_not_be_drawn_on_is_refused() {
        let (fixed, variable) = simplefb();
        let refused = |change: fn(&mut FbFixScreeninfo, &mut FbVarScreeninfo)| {
            let (mut fixed, mut variable) = (fixed, variable);
            change(&mut fixed, &mut variable);
            ScreenInfo::new(&fixed, &variable).unwrap_err()
        };
        assert!(refused(|_, v| v.bits_per_pixel = 8).contains("8 bits"));
        assert!(refused(|f, _| f.visual = 3).contains("visual 3"));
        assert!(refused(|f, _| f.kind = 1).contains("type 1"));
        assert!(refused(|_, v| v.grayscale = 1).contains("true colours"));
        assert!(refused(|f, _| f.line_length = 639).contains("639 bytes"));
        assert!(refused(|_, v| v.yres = 0).contains("320x0"));
        assert!(refused(|_, v| v.red.msb_right = 1).contains("16 bits"));
    }
}
