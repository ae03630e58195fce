//! The camera's decisions, on a device that does what a script says.

use std::sync::{Arc, Mutex};

use super::*;
use crate::frame::DecodeOptions;
use crate::source::v4l::controls::Setting;
use crate::source::v4l::device::FourCc;
use crate::source::v4l::fake::{Desk, FakeDevice, Step};
use crate::source::v4l::mode::Mode;

fn settings() -> V4lSettings {
    V4lSettings {
        size: Size::new(64, 48),
        ..V4lSettings::default()
    }
}

fn camera(settings: &V4lSettings, steps: Vec<Step>) -> (V4lCamera, Arc<Mutex<Desk>>) {
    let (device, desk) = FakeDevice::webcam(steps);
    let camera = V4lCamera::with_device(Box::new(device), settings, &Limits::default()).unwrap();
    (camera, desk)
}

/// What opening says to a device that was changed by `change`.
fn refusal(settings: &V4lSettings, change: impl FnOnce(&mut Desk)) -> String {
    let (device, desk) = FakeDevice::webcam([]);
    change(&mut desk.lock().unwrap());
    let opened = V4lCamera::with_device(Box::new(device), settings, &Limits::default());
    opened.err().expect("it is refused").to_string()
}

fn log(desk: &Mutex<Desk>) -> Vec<String> {
    std::mem::take(&mut desk.lock().unwrap().log)
}

#[test]
fn frames_come_as_captured_with_four_buffers_and_gaps_in_their_numbers() {
    let (mut camera, desk) = camera(&settings(), vec![Step::Whole, Step::AfterGap(3), Step::Whole]);
    assert_eq!(
        camera.describe(),
        "camera Fake Cam (/dev/video7), YUYV 64x48 at 30 frames/s"
    );
    assert_eq!(camera.notes(), [""; 0]);
    assert_eq!(log(&desk), ["set YUYV 64x48"], "opening streams nothing");
    let frames: Vec<Frame> = (0..3).map(|_| camera.next().unwrap().unwrap()).collect();
    assert_eq!(frames.iter().map(|f| f.sequence).collect::<Vec<_>>(), [0, 4, 5]);
    assert_eq!(frames[0].bytes.len(), 64 * 48 * 2);
    let decoded = frames[0].decode(&DecodeOptions::default()).unwrap();
    assert_eq!(decoded.rgb.dimensions(), (64, 48));
    assert_eq!(
        desk.lock().unwrap().waits,
        [5.0, 2.0, 2.0],
        "the first frame may take longer"
    );
    drop(camera);
    assert_eq!(log(&desk), ["start with 4", "stop"]);
}

#[test]
fn a_slow_camera_is_given_the_time_of_three_frames() {
    let slow = V4lSettings {
        frames_per_second: 0.5,
        ..settings()
    };
    let (device, desk) = FakeDevice::webcam([Step::Whole, Step::Whole]);
    let mode = Mode {
        format: FourCc(*b"YUYV"),
        size: slow.size,
        rate: 0.5,
    };
    desk.lock().unwrap().mode = Some(mode);
    let mut camera = V4lCamera::with_device(Box::new(device), &slow, &Limits::default()).unwrap();
    camera.next().unwrap();
    camera.next().unwrap();
    assert_eq!(desk.lock().unwrap().waits, [6.0, 6.0]);
}

#[test]
fn silence_unplugging_and_errors_end_the_source_in_words() {
    for (step, words) in [
        (
            Step::Silence,
            "/dev/video7 has given no frame for 2 s; it is started anew",
        ),
        (
            Step::Error(libc::ENODEV),
            "/dev/video7: it was unplugged; check its cable",
        ),
        (Step::Error(libc::EIO), "/dev/video7: it has stopped with an error"),
        (Step::Error(libc::EINVAL), "/dev/video7: it gives no frame"),
    ] {
        let (mut camera, _desk) = camera(&settings(), vec![Step::Whole, step]);
        camera.next().unwrap().unwrap();
        let error = camera.next().unwrap_err();
        assert!(error.to_string().starts_with(words), "{error}");
        assert!(!error.passes() && error.is_of_a_device());
    }
}

#[test]
fn damaged_and_short_frames_are_passed_over_and_a_run_of_them_is_told_once() {
    let short = Step::Bytes(vec![0; 100]);
    let steps = vec![
        Step::Whole,
        Step::Damaged,
        short.clone(),
        short,
        Step::Whole,
        Step::Damaged,
    ];
    let (mut camera, _desk) = camera(&settings(), steps);
    camera.next().unwrap().unwrap();
    let error = camera.next().unwrap_err();
    assert_eq!(
        error.to_string(),
        "frame 1 of /dev/video7 is passed over: the picture is damaged: the camera's driver marked it as damaged"
    );
    assert!(error.passes());
    assert_eq!(
        camera.next().unwrap().unwrap().sequence,
        4,
        "the rest of the run is skipped"
    );
    assert!(camera.next().unwrap_err().passes(), "the next run is told again");
}

#[test]
fn damage_without_end_ends_the_source() {
    let (mut camera, _desk) = camera(&settings(), vec![Step::Damaged; MOST_DAMAGED as usize]);
    assert!(camera.next().unwrap_err().passes());
    let error = camera.next().unwrap_err();
    assert!(!error.passes());
    assert!(
        error.to_string().contains("60 damaged frames one after another"),
        "{error}"
    );
}

#[test]
fn what_a_driver_adds_behind_a_frame_is_cut_off() {
    let mut bytes = vec![128; 64 * 48 * 2];
    bytes.extend([0; 999]);
    let (mut camera, _desk) = camera(&settings(), vec![Step::Bytes(bytes)]);
    assert_eq!(camera.next().unwrap().unwrap().bytes.len(), 64 * 48 * 2);
}

#[test]
fn another_size_than_wanted_is_noted() {
    let wanted = V4lSettings {
        size: Size::new(1920, 1080),
        ..V4lSettings::default()
    };
    let (camera, _desk) = camera(&wanted, Vec::new());
    assert_eq!(
        camera.notes(),
        ["the camera gives YUYV 320x240 at 30 frames/s, where 1920x1080 at 30 frames/s is wanted"]
    );
}

#[test]
fn what_cannot_be_delivered_is_refused_in_words() {
    let nv12 = V4lSettings {
        format: Some(FourCc(*b"NV12")),
        ..settings()
    };
    let said = refusal(&nv12, |_| {});
    assert_eq!(
        said,
        "/dev/video7 does not offer the format NV12; it offers YUYV up to 320x240. Set source.format to one of these, or to \"auto\""
    );
    let went_over = |format: &[u8; 4]| Mode {
        format: FourCc(*format),
        size: Size::new(64, 48),
        rate: 30.0,
    };
    let said = refusal(&settings(), |desk| desk.mode = Some(went_over(b"H264")));
    assert!(said.contains("does not offer a format that fishrig reads"), "{said}");
    let said = refusal(&settings(), |desk| desk.set_mode_errors.push_back(Some(libc::EBUSY)));
    assert!(said.contains("/dev/video7 is used by another program"), "{said}");
    let tiny = Mode {
        size: Size::new(8, 8),
        ..went_over(b"YUYV")
    };
    let said = refusal(&settings(), |desk| desk.mode = Some(tiny));
    assert!(said.contains("source.size is 8x8 at /dev/video7"), "{said}");
}

#[test]
fn a_stream_that_does_not_start_says_why() {
    for (number, words) in [
        (libc::EBUSY, "is used by"),
        (libc::ENOSPC, "its bus has no room"),
        (libc::ENOMEM, "no memory"),
        (libc::EPROTO, "has stopped with an error"),
    ] {
        let (mut camera, desk) = camera(&settings(), Vec::new());
        desk.lock().unwrap().start_fails = Some(number);
        let error = camera.next().unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn automatic_controls_are_set_first_and_refusals_are_noted() {
    let with_controls = V4lSettings {
        controls: vec![
            ("exposure_time_absolute".to_owned(), Setting::Integer(200)),
            ("auto_exposure".to_owned(), Setting::Text("manual mode".to_owned())),
            ("zoom".to_owned(), Setting::Integer(1)),
        ],
        ..settings()
    };
    let (device, desk) = FakeDevice::webcam([]);
    desk.lock().unwrap().refuse_control = Some("exposure_time_absolute".to_owned());
    let camera = V4lCamera::with_device(Box::new(device), &with_controls, &Limits::default()).unwrap();
    assert_eq!(
        log(&desk),
        ["set YUYV 64x48", "auto_exposure = 1", "exposure_time_absolute = 200"]
    );
    let notes = camera.notes();
    assert_eq!(
        notes[0],
        "control zoom = 1 is refused: the device has no such control; it has exposure_time_absolute, auto_exposure"
    );
    assert!(
        notes[1].starts_with("control exposure_time_absolute = 200 is refused by the device (Permission denied)"),
        "{notes:?}"
    );
    assert!(notes[1].ends_with("allowed is 3 to 2047"), "{notes:?}");
}

fn with_still() -> V4lSettings {
    V4lSettings {
        still_size: Some(Size::new(320, 240)),
        ..settings()
    }
}

#[test]
fn a_still_leaves_the_preview_skips_frames_and_goes_back() {
    let (mut camera, desk) = camera(&with_still(), vec![Step::Whole; 5]);
    assert!(camera.takes_stills());
    camera.next().unwrap().unwrap();
    log(&desk);
    let still = camera.take_still().unwrap().unwrap();
    assert_eq!(still.bytes.len(), 320 * 240 * 2);
    assert_eq!(still.sequence, 3, "numbers go on through the switch");
    let preview = camera.next().unwrap().unwrap();
    assert_eq!((preview.bytes.len(), preview.sequence), (64 * 48 * 2, 4));
    assert_eq!(
        log(&desk),
        [
            "stop",
            "set YUYV 320x240",
            "start with 4",
            "stop",
            "set YUYV 64x48",
            "start with 4"
        ]
    );
}

#[test]
fn a_still_that_fails_brings_the_preview_back() {
    let (mut camera, desk) = camera(&with_still(), vec![Step::Whole, Step::Silence, Step::Whole]);
    camera.next().unwrap().unwrap();
    assert!(matches!(camera.take_still(), Err(SourceError::Stalled { .. })));
    assert_eq!(camera.next().unwrap().unwrap().bytes.len(), 64 * 48 * 2);
    desk.lock().unwrap().steps.push_back(Step::Error(libc::ENODEV));
    assert!(camera.take_still().is_err());
}

#[test]
fn where_the_preview_can_not_be_set_again_the_still_is_kept_and_the_next_frame_tells() {
    let (mut camera, desk) = camera(&with_still(), vec![Step::Whole; 4]);
    camera.next().unwrap().unwrap();
    // The device takes the still's mode and then refuses the preview's.
    desk.lock().unwrap().set_mode_errors.extend([None, Some(libc::EIO)]);
    let still = camera.take_still().unwrap().unwrap();
    assert_eq!(still.bytes.len(), 320 * 240 * 2);
    let error = camera.next().unwrap_err();
    assert!(error.is_of_a_device() && !error.passes(), "{error}");
}

#[test]
fn without_another_size_there_are_no_stills() {
    let same = V4lSettings {
        still_size: Some(settings().size),
        ..settings()
    };
    assert!(!camera(&same, Vec::new()).0.takes_stills());
    assert!(!camera(&settings(), Vec::new()).0.takes_stills());
}
