//! Raw pixels as a camera's driver lays them out, and their way to RGB.
//!
//! Names and layouts are those of V4L2 (Linux kernel, `Documentation/userspace-api/media/v4l/pixfmt-*.rst`). What a picture's bytes mean is decided by
//! three things: the order of the samples ([`PixelLayout`]), the length of a row in memory, which may be more than its pixels need, and which numbers
//! stand for black, white and the colours ([`Colours`]).

mod bayer;
mod to_rgb;

use super::Size;

pub(super) use to_rgb::to_rgb;

/// The order of the samples of a raw picture, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelLayout {
    /// Y Cb Y Cr: two pixels in four bytes.
    Yuyv,
    /// Cb Y Cr Y: two pixels in four bytes.
    Uyvy,
    /// A plane of Y, then one of Cb and Cr by turns at half width and half height.
    Nv12,
    /// A plane of Y, then one of Cb and one of Cr at half width and half height.
    Yu12,
    /// Red, green, blue.
    Rgb24,
    /// Blue, green, red.
    Bgr24,
    /// Brightness only.
    Grey,
    /// One colour a pixel, as behind a sensor's filter.
    Bayer(BayerOrder),
}

/// The colours of the first two pixels in the first and in the second row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BayerOrder {
    /// Blue green, green red.
    Bggr,
    /// Green blue, red green.
    Gbrg,
    /// Green red, blue green.
    Grbg,
    /// Red green, green blue.
    Rggb,
}

impl PixelLayout {
    /// The layout's V4L2 code in lower case, as records name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yuyv => "yuyv",
            Self::Uyvy => "uyvy",
            Self::Nv12 => "nv12",
            Self::Yu12 => "yu12",
            Self::Rgb24 => "rgb3",
            Self::Bgr24 => "bgr3",
            Self::Grey => "grey",
            Self::Bayer(BayerOrder::Bggr) => "ba81",
            Self::Bayer(BayerOrder::Gbrg) => "gbrg",
            Self::Bayer(BayerOrder::Grbg) => "grbg",
            Self::Bayer(BayerOrder::Rggb) => "rggb",
        }
    }

    /// Bytes that the pixels of one row of the first plane need.
    pub fn row_bytes(self, width: u32) -> u32 {
        match self {
            Self::Yuyv | Self::Uyvy => width.div_ceil(2).saturating_mul(4),
            Self::Rgb24 | Self::Bgr24 => width.saturating_mul(3),
            Self::Nv12 | Self::Yu12 | Self::Grey | Self::Bayer(_) => width,
        }
    }
}

/// How Y, Cb and Cr are made from red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601: cameras and JPEG.
    Bt601,
    /// ITU-R BT.709: high-definition video.
    Bt709,
    /// ITU-R BT.2020 with non-constant luminance.
    Bt2020,
}

/// The numbers that stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// 0 to 255.
    Full,
    /// 16 to 235, colour differences 16 to 240.
    Limited,
}

/// What the numbers of a raw picture stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colours {
    /// For layouts with Y, Cb and Cr.
    pub matrix: Matrix,
    /// For all but Bayer layouts.
    pub range: Range,
}

/// How the bytes of a raw picture are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawFormat {
    /// Order of the samples.
    pub layout: PixelLayout,
    /// Columns and rows.
    pub size: Size,
    /// Bytes from the start of a row to that of the next, in the first plane. The planes of `Yu12` that follow have half of it, that of `Nv12` as many.
    pub stride: u32,
    /// What the numbers stand for.
    pub colours: Colours,
}

impl RawFormat {
    /// The format of rows that lie one after another without padding.
    pub fn packed(layout: PixelLayout, size: Size, colours: Colours) -> Self {
        Self {
            layout,
            size,
            stride: layout.row_bytes(size.width),
            colours,
        }
    }

    /// Bytes of a whole picture.
    pub fn bytes(&self) -> u64 {
        let rows = u64::from(self.size.height);
        let first = u64::from(self.stride) * rows;
        let chroma_rows = rows.div_ceil(2);
        first
            + match self.layout {
                PixelLayout::Nv12 | PixelLayout::Yu12 => 2 * u64::from(self.chroma_stride()) * chroma_rows,
                _ => 0,
            }
    }

    /// Bytes from row to row of one colour difference: of a plane of `Yu12`, half of that of `Nv12`.
    fn chroma_stride(&self) -> u32 {
        self.stride.div_ceil(2)
    }
}
