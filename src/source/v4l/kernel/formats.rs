//! Formats, sizes and rates: what a device offers, and choosing one.

use std::io;
use std::os::fd::RawFd;

use v4l::v4l_sys::*;
use v4l::v4l2::vidioc;

use super::{CAPTURE, request, text, zeroed};
use crate::frame::Size;
use crate::source::v4l::device::FourCc;
use crate::source::v4l::mode::{Active, Mode, Offer, OfferedSize, Rates, colours};

/// Lists of a driver are read up to this length each.
const MAX_LISTED: u32 = 128;

pub(super) fn offers(fd: RawFd) -> io::Result<Vec<Offer>> {
    let described = listed(|index| {
        let mut format: v4l2_fmtdesc = zeroed();
        format.index = index;
        format.type_ = CAPTURE;
        // SAFETY: VIDIOC_ENUM_FMT takes a `v4l2_fmtdesc`.
        unsafe { request(fd, vidioc::VIDIOC_ENUM_FMT, &mut format) }.map(|()| format)
    })?;
    described
        .into_iter()
        .map(|format| {
            Ok(Offer {
                format: FourCc::of(format.pixelformat),
                description: text(&format.description),
                sizes: sizes(fd, format.pixelformat)?,
            })
        })
        .collect()
}

/// The sizes of a format; empty where the driver does not list them.
fn sizes(fd: RawFd, pixel_format: u32) -> io::Result<Vec<OfferedSize>> {
    let found = listed(|index| {
        let mut size: v4l2_frmsizeenum = zeroed();
        size.index = index;
        size.pixel_format = pixel_format;
        // SAFETY: VIDIOC_ENUM_FRAMESIZES takes a `v4l2_frmsizeenum`.
        unsafe { request(fd, vidioc::VIDIOC_ENUM_FRAMESIZES, &mut size) }.map(|()| size)
    })?;
    found
        .into_iter()
        .map(|found| {
            if found.type_ == v4l2_frmsizetypes_V4L2_FRMSIZE_TYPE_DISCRETE {
                // SAFETY: the driver says that it filled in `discrete`.
                let size = unsafe { found.__bindgen_anon_1.discrete };
                let size = Size::new(size.width, size.height);
                return Ok(OfferedSize::Exact(size, rates(fd, pixel_format, size)?));
            }
            // SAFETY: the driver says that it filled in `stepwise`; all numbers are values of it anyway.
            let range = unsafe { found.__bindgen_anon_1.stepwise };
            let largest = Size::new(range.max_width, range.max_height);
            Ok(OfferedSize::Range {
                least: Size::new(range.min_width, range.min_height),
                most: largest,
                step: Size::new(range.step_width.max(1), range.step_height.max(1)),
                rates: rates(fd, pixel_format, largest)?,
            })
        })
        .collect()
}

fn rates(fd: RawFd, pixel_format: u32, size: Size) -> io::Result<Rates> {
    let found = listed(|index| {
        let mut interval: v4l2_frmivalenum = zeroed();
        interval.index = index;
        interval.pixel_format = pixel_format;
        interval.width = size.width;
        interval.height = size.height;
        // SAFETY: VIDIOC_ENUM_FRAMEINTERVALS takes a `v4l2_frmivalenum`.
        unsafe { request(fd, vidioc::VIDIOC_ENUM_FRAMEINTERVALS, &mut interval) }.map(|()| interval)
    })?;
    let mut listed_rates = Vec::new();
    for found in found {
        if found.type_ == v4l2_frmivaltypes_V4L2_FRMIVAL_TYPE_DISCRETE {
            // SAFETY: the driver says that it filled in `discrete`.
            listed_rates.extend(rate_of(unsafe { found.__bindgen_anon_1.discrete }));
        } else {
            // SAFETY: the driver says that it filled in `stepwise`; all numbers are values of it anyway.
            let range = unsafe { found.__bindgen_anon_1.stepwise };
            if let (Some(most), Some(least)) = (rate_of(range.min), rate_of(range.max)) {
                return Ok(Rates::Range { least, most });
            }
        }
    }
    Ok(match listed_rates.is_empty() {
        true => Rates::Unknown,
        false => Rates::Listed(listed_rates),
    })
}

/// Frames a second from the time of one frame.
fn rate_of(interval: v4l2_fract) -> Option<f64> {
    (interval.numerator > 0 && interval.denominator > 0)
        .then(|| f64::from(interval.denominator) / f64::from(interval.numerator))
}

/// Asks for one item after another until the driver says EINVAL, which is how V4L2 ends a list; a driver that has no such list says ENOTTY.
fn listed<T>(mut item: impl FnMut(u32) -> io::Result<T>) -> io::Result<Vec<T>> {
    let mut items = Vec::new();
    for index in 0..MAX_LISTED {
        match item(index) {
            Ok(item) => items.push(item),
            Err(error) => match error.raw_os_error() {
                Some(libc::EINVAL | libc::ENOTTY | libc::ENODATA) => break,
                _ => return Err(error),
            },
        }
    }
    Ok(items)
}

pub(super) fn set_mode(fd: RawFd, mode: &Mode) -> io::Result<Active> {
    let mut format: v4l2_format = zeroed();
    format.type_ = CAPTURE;
    format.fmt.pix = zeroed();
    // SAFETY: for this type of buffer `pix` is the member that counts, and it was just written.
    let picture = unsafe { &mut format.fmt.pix };
    picture.width = mode.size.width;
    picture.height = mode.size.height;
    picture.pixelformat = mode.format.number();
    picture.field = v4l2_field_V4L2_FIELD_NONE;
    // SAFETY: VIDIOC_S_FMT takes a `v4l2_format`.
    unsafe { request(fd, vidioc::VIDIOC_S_FMT, &mut format) }?;
    // SAFETY: the driver has filled in `pix`.
    let picture = unsafe { format.fmt.pix };
    // SAFETY: a union of two numbers.
    let encoding = unsafe { picture.__bindgen_anon_1.ycbcr_enc };
    let format = FourCc::of(picture.pixelformat);
    Ok(Active {
        format,
        size: Size::new(picture.width, picture.height),
        stride: picture.bytesperline,
        colours: colours(format, picture.colorspace, encoding, picture.quantization),
        rate: set_rate(fd, mode.rate),
    })
}

/// Asks for a rate; the one that the driver took, or `None` where it knows none.
fn set_rate(fd: RawFd, rate: f64) -> Option<f64> {
    let mut parameters: v4l2_streamparm = zeroed();
    parameters.type_ = CAPTURE;
    parameters.parm.capture = zeroed();
    // SAFETY: for this type of buffer `capture` is the member that counts, and it was just written.
    let capture = unsafe { &mut parameters.parm.capture };
    capture.timeperframe.numerator = 1000;
    capture.timeperframe.denominator = (rate * 1000.0).round() as u32;
    // SAFETY: VIDIOC_S_PARM takes a `v4l2_streamparm`.
    unsafe { request(fd, vidioc::VIDIOC_S_PARM, &mut parameters) }.ok()?;
    // SAFETY: the driver has filled in `capture`.
    rate_of(unsafe { parameters.parm.capture.timeperframe })
}
