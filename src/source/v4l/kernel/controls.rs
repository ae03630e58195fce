//! Controls: exposure, gain, focus and whatever else a driver lets be set.

use std::io;
use std::os::fd::RawFd;

use v4l::v4l_sys::{
    v4l2_ctrl_type_V4L2_CTRL_TYPE_BITMASK as BITMASK, v4l2_ctrl_type_V4L2_CTRL_TYPE_BOOLEAN as BOOLEAN,
    v4l2_ctrl_type_V4L2_CTRL_TYPE_BUTTON as BUTTON, v4l2_ctrl_type_V4L2_CTRL_TYPE_CTRL_CLASS as CLASS,
    v4l2_ctrl_type_V4L2_CTRL_TYPE_INTEGER as INTEGER, v4l2_ctrl_type_V4L2_CTRL_TYPE_INTEGER_MENU as INTEGER_MENU,
    v4l2_ctrl_type_V4L2_CTRL_TYPE_INTEGER64 as INTEGER64, v4l2_ctrl_type_V4L2_CTRL_TYPE_MENU as MENU, *,
};
use v4l::v4l2::vidioc;

use super::{request, text, zeroed};
use crate::source::v4l::controls::{Control, Kind, Value};

/// A driver with more controls, or menus with more entries, is read up to here.
const MAX_CONTROLS: usize = 1024;
const MAX_ENTRIES: i64 = 256;

pub(super) fn controls(fd: RawFd) -> Vec<Control> {
    let mut found = Vec::new();
    let mut id = 0;
    for _ in 0..MAX_CONTROLS {
        let mut query: v4l2_query_ext_ctrl = zeroed();
        query.id = id | V4L2_CTRL_FLAG_NEXT_CTRL;
        // SAFETY: VIDIOC_QUERY_EXT_CTRL takes a `v4l2_query_ext_ctrl`.
        if unsafe { request(fd, vidioc::VIDIOC_QUERY_EXT_CTRL, &mut query) }.is_err() || query.id <= id {
            break;
        }
        id = query.id;
        if query.flags & V4L2_CTRL_FLAG_DISABLED == 0 && query.type_ != CLASS {
            found.push(control(fd, &query));
        }
    }
    found
}

fn control(fd: RawFd, query: &v4l2_query_ext_ctrl) -> Control {
    let kind = match query.type_ {
        INTEGER | INTEGER64 => Kind::Integer,
        BOOLEAN => Kind::Boolean,
        MENU => Kind::Menu(entries(fd, query, false)),
        INTEGER_MENU => Kind::Menu(entries(fd, query, true)),
        BUTTON => Kind::Button,
        BITMASK => Kind::Bits,
        _ => Kind::Other,
    };
    let has = |flag: u32| query.flags & flag != 0;
    let mut control = Control {
        id: query.id,
        label: text(&query.name.map(|c| c as u8)),
        kind,
        is_wide: query.type_ == INTEGER64,
        least: query.minimum,
        most: query.maximum,
        step: query.step.max(1),
        default: query.default_value,
        value: None,
        read_only: has(V4L2_CTRL_FLAG_READ_ONLY),
        inactive: has(V4L2_CTRL_FLAG_INACTIVE),
    };
    if !has(V4L2_CTRL_FLAG_WRITE_ONLY) && !matches!(control.kind, Kind::Button | Kind::Other) {
        control.value = read(fd, &control);
    }
    control
}

/// The entries of a menu. Numbers between may be missing.
fn entries(fd: RawFd, query: &v4l2_query_ext_ctrl, are_numbers: bool) -> Vec<(i64, String)> {
    let last = query.maximum.min(query.minimum.saturating_add(MAX_ENTRIES));
    (query.minimum.max(0)..=last)
        .filter_map(|index| {
            let mut entry: v4l2_querymenu = zeroed();
            entry.id = query.id;
            entry.index = index as u32;
            // SAFETY: VIDIOC_QUERYMENU takes a `v4l2_querymenu`.
            unsafe { request(fd, vidioc::VIDIOC_QUERYMENU, &mut entry) }.ok()?;
            let words = if are_numbers {
                // SAFETY: the structure is packed and all its bytes are set, so either member can be read.
                unsafe { entry.__bindgen_anon_1.value }.to_string()
            } else {
                // SAFETY: as above.
                text(&unsafe { entry.__bindgen_anon_1.name })
            };
            Some((index, words))
        })
        .collect()
}

fn read(fd: RawFd, control: &Control) -> Option<i64> {
    let mut one: v4l2_ext_control = zeroed();
    one.id = control.id;
    extended(fd, vidioc::VIDIOC_G_EXT_CTRLS, &mut one).ok()?;
    // SAFETY: numbers alone are asked for, and the kernel has filled in the one of the control's width.
    Some(unsafe {
        match control.is_wide {
            true => one.__bindgen_anon_1.value64,
            false => narrow_number(control, one.__bindgen_anon_1.value),
        }
    })
}

pub(super) fn set(fd: RawFd, control: &Control, value: &Value) -> io::Result<()> {
    let mut one: v4l2_ext_control = zeroed();
    one.id = control.id;
    match control.is_wide {
        true => one.__bindgen_anon_1.value64 = value.number,
        false => {
            one.__bindgen_anon_1.value =
                narrow_value(control, value.number).ok_or_else(|| io::Error::from_raw_os_error(libc::ERANGE))?;
        }
    }
    extended(fd, vidioc::VIDIOC_S_EXT_CTRLS, &mut one)
}

/// The kernel hands the 32 bits of a mask over as a signed number, and its range as one without a sign.
fn narrow_number(control: &Control, value: i32) -> i64 {
    match control.kind {
        Kind::Bits => i64::from(value.cast_unsigned()),
        _ => value.into(),
    }
}

fn narrow_value(control: &Control, number: i64) -> Option<i32> {
    match control.kind {
        Kind::Bits => u32::try_from(number).ok().map(u32::cast_signed),
        _ => i32::try_from(number).ok(),
    }
}

fn extended(fd: RawFd, number: std::ffi::c_ulong, one: &mut v4l2_ext_control) -> io::Result<()> {
    let mut all: v4l2_ext_controls = zeroed();
    all.count = 1;
    all.controls = std::ptr::from_mut(one);
    // SAFETY: both requests take a `v4l2_ext_controls`, whose `controls` points to `count` valid structures. No control with a payload is asked for, so no
    // pointer in them is followed.
    unsafe { request(fd, number, &mut all) }
}
