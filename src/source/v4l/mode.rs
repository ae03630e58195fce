//! Choosing what a camera is to deliver, from what it offers. Plain values; no device.

use crate::frame::{BayerOrder, Colours, FrameFormat, Matrix, PixelLayout, Range, RawFormat, Size};

use super::device::FourCc;

/// A format that fishrig reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Jpeg,
    Raw(PixelLayout),
}

/// The formats that fishrig reads; where all else is equal, an earlier one is taken. JPEG comes first because the record then keeps what the camera made.
const READABLE: [(FourCc, Reading); 13] = [
    (FourCc(*b"MJPG"), Reading::Jpeg),
    (FourCc(*b"JPEG"), Reading::Jpeg),
    (FourCc(*b"YUYV"), Reading::Raw(PixelLayout::Yuyv)),
    (FourCc(*b"UYVY"), Reading::Raw(PixelLayout::Uyvy)),
    (FourCc(*b"RGB3"), Reading::Raw(PixelLayout::Rgb24)),
    (FourCc(*b"BGR3"), Reading::Raw(PixelLayout::Bgr24)),
    (FourCc(*b"NV12"), Reading::Raw(PixelLayout::Nv12)),
    (FourCc(*b"YU12"), Reading::Raw(PixelLayout::Yu12)),
    (FourCc(*b"BA81"), Reading::Raw(PixelLayout::Bayer(BayerOrder::Bggr))),
    (FourCc(*b"GBRG"), Reading::Raw(PixelLayout::Bayer(BayerOrder::Gbrg))),
    (FourCc(*b"GRBG"), Reading::Raw(PixelLayout::Bayer(BayerOrder::Grbg))),
    (FourCc(*b"RGGB"), Reading::Raw(PixelLayout::Bayer(BayerOrder::Rggb))),
    (FourCc(*b"GREY"), Reading::Raw(PixelLayout::Grey)),
];

/// The names that a configuration may use for a format.
pub const FORMAT_NAMES: &str = "MJPG, JPEG, YUYV, UYVY, RGB3, BGR3, NV12, YU12, BA81 (or BGGR), GBRG, GRBG, RGGB, GREY";

impl FourCc {
    /// The format of this name, if fishrig reads it; `BGGR` is what people call `BA81`.
    pub fn named(name: &str) -> Option<Self> {
        let name = if name == "BGGR" { "BA81" } else { name };
        READABLE
            .iter()
            .map(|(code, _)| *code)
            .find(|code| code.to_string() == name)
    }

    /// Whether fishrig reads this format.
    pub fn is_readable(self) -> bool {
        self.rank().is_some()
    }

    fn rank(self) -> Option<usize> {
        READABLE.iter().position(|(code, _)| *code == self)
    }

    fn reading(self) -> Option<Reading> {
        Some(READABLE[self.rank()?].1)
    }
}

/// One format with its sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Its code.
    pub format: FourCc,
    /// The driver's words for it.
    pub description: String,
    /// Empty where the driver lists none.
    pub sizes: Vec<OfferedSize>,
}

/// A size, or many.
#[derive(Debug, Clone, PartialEq)]
pub enum OfferedSize {
    /// Just this one.
    Exact(Size, Rates),
    /// All from the least to the most, by steps.
    Range {
        /// Smallest.
        least: Size,
        /// Largest.
        most: Size,
        /// From one to the next.
        step: Size,
        /// At the largest size.
        rates: Rates,
    },
}

/// Frames a second.
#[derive(Debug, Clone, PartialEq)]
pub enum Rates {
    /// The driver does not say.
    Unknown,
    /// These.
    Listed(Vec<f64>),
    /// All between.
    Range {
        /// Slowest.
        least: f64,
        /// Fastest.
        most: f64,
    },
}

impl Rates {
    /// The rate nearest to `wanted`; `wanted` itself where the driver does not say.
    fn nearest(&self, wanted: f64) -> f64 {
        match self {
            Self::Unknown => wanted,
            Self::Listed(rates) => {
                let distance = |rate: &f64| (rate - wanted).abs();
                let nearest = rates.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)));
                nearest.unwrap_or(wanted)
            }
            Self::Range { least, most } => wanted.max(*least).min(*most),
        }
    }
}

impl OfferedSize {
    /// The size nearest to `wanted`.
    fn nearest(&self, wanted: Size) -> Size {
        match self {
            Self::Exact(size, _) => *size,
            Self::Range { least, most, step, .. } => Size::new(
                nearest_step(wanted.width, least.width, most.width, step.width),
                nearest_step(wanted.height, least.height, most.height, step.height),
            ),
        }
    }

    /// The rates at which it comes.
    pub fn rates(&self) -> &Rates {
        match self {
            Self::Exact(_, rates) | Self::Range { rates, .. } => rates,
        }
    }
}

fn nearest_step(wanted: u32, least: u32, most: u32, step: u32) -> u32 {
    let most = most.max(least);
    let above = wanted.clamp(least, most) - least;
    let step = step.max(1);
    let down = above / step * step;
    let up = down.saturating_add(step);
    let nearest = if above - down > up - above && up <= most - least {
        up
    } else {
        down
    };
    least + nearest
}

/// What a station would like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The size.
    pub size: Size,
    /// Frames a second.
    pub rate: f64,
    /// The format; any where it is `None`.
    pub format: Option<FourCc>,
}

/// What the driver is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mode {
    /// The format.
    pub format: FourCc,
    /// The size.
    pub size: Size,
    /// Frames a second.
    pub rate: f64,
}

/// Chooses a mode: the nearest size, then the rate that falls least short of the wanted one, then the format that fishrig likes best. `None` where the device offers
/// no format that fishrig reads, or not the wanted one.
pub fn choose(offers: &[Offer], wanted: &Wanted) -> Option<Mode> {
    let is_wanted = |format: FourCc| wanted.format.is_none_or(|f| f == format);
    let mut best: Option<(Cost, Mode)> = None;
    for offer in offers.iter().filter(|offer| is_wanted(offer.format)) {
        let Some(rank) = offer.format.rank() else {
            continue;
        };
        let unlisted = [OfferedSize::Exact(wanted.size, Rates::Unknown)];
        let sizes = if offer.sizes.is_empty() {
            &unlisted[..]
        } else {
            &offer.sizes
        };
        for offered in sizes {
            let mode = Mode {
                format: offer.format,
                size: offered.nearest(wanted.size),
                rate: offered.rates().nearest(wanted.rate),
            };
            let cost = Cost::of(&mode, rank, wanted);
            if best.as_ref().is_none_or(|(least, _)| cost.is_below(least)) {
                best = Some((cost, mode));
            }
        }
    }
    best.map(|(_, mode)| mode)
}

/// How far a mode is from what is wanted; the first field in which two differ decides.
struct Cost {
    size: u64,
    /// Frames a second that are missing.
    slower: f64,
    rank: usize,
}

impl Cost {
    fn of(mode: &Mode, rank: usize, wanted: &Wanted) -> Self {
        let apart = |a: u32, b: u32| u64::from(a.abs_diff(b));
        Self {
            size: apart(mode.size.width, wanted.size.width) + apart(mode.size.height, wanted.size.height),
            slower: (wanted.rate - mode.rate).max(0.0),
            rank,
        }
    }

    fn is_below(&self, other: &Self) -> bool {
        let order = self
            .size
            .cmp(&other.size)
            .then(self.slower.total_cmp(&other.slower))
            .then(self.rank.cmp(&other.rank));
        order.is_lt()
    }
}

/// What the driver delivers, as it says itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Active {
    /// The format.
    pub format: FourCc,
    /// The size.
    pub size: Size,
    /// Bytes from row to row.
    pub stride: u32,
    /// What the numbers stand for.
    pub colours: Colours,
    /// Frames a second; `None` where the driver knows none.
    pub rate: Option<f64>,
}

impl Active {
    /// How its frames are read; `None` where the driver went over to a format that fishrig does not read.
    pub(super) fn frame_format(&self) -> Option<FrameFormat> {
        Some(match self.format.reading()? {
            Reading::Jpeg => FrameFormat::Jpeg,
            Reading::Raw(layout) => FrameFormat::Raw(RawFormat {
                layout,
                size: self.size,
                // 0 is what a careless driver says for rows without padding.
                stride: self.stride.max(layout.row_bytes(self.size.width)),
                colours: self.colours,
            }),
        })
    }
}

impl std::fmt::Display for Active {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.format, self.size)?;
        match self.rate {
            Some(rate) => write!(f, " at {} frames/s", (rate * 100.0).round() / 100.0),
            None => Ok(()),
        }
    }
}

/// V4L2's numbers for colour spaces, encodings and ranges (`linux/videodev2.h`), and what holds where a driver leaves them at *default*
/// (`V4L2_MAP_YCBCR_ENC_DEFAULT`, `V4L2_MAP_QUANTIZATION_DEFAULT` there). Brightness alone is taken as it is unless the driver says otherwise: cameras give
/// the sensor's numbers, and stretching those would clip them.
pub(super) fn colours(format: FourCc, colorspace: u32, encoding: u32, quantization: u32) -> Colours {
    const REC709: u32 = 3;
    const JPEG: u32 = 7;
    const BT2020: u32 = 10;
    const DCI_P3: u32 = 12;
    let matrix = match (encoding, colorspace) {
        (2 | 4, _) | (0, REC709 | DCI_P3) => Matrix::Bt709,
        (6 | 7, _) | (0, BT2020) => Matrix::Bt2020,
        _ => Matrix::Bt601,
    };
    let is_levels = !matches!(
        format.reading(),
        Some(Reading::Raw(
            PixelLayout::Yuyv | PixelLayout::Uyvy | PixelLayout::Nv12 | PixelLayout::Yu12
        ))
    );
    let range = match quantization {
        1 => Range::Full,
        2 => Range::Limited,
        _ if is_levels || colorspace == JPEG => Range::Full,
        _ => Range::Limited,
    };
    Colours { matrix, range }
}

#[cfg(test)]
mod tests;
