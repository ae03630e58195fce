//! Replays against files that other programs made (`tests/fixtures/source`, by ffmpeg from pictures drawn for the purpose).

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use fishrig::frame::{DecodeOptions, Frame, FrameFormat, Limits, Size};
use fishrig::source::{self, ReplaySettings, Source, SourceError, SourceSettings, scripted::ScriptedSource};
use image::{ImageFormat, RgbImage};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/source")
        .join(name)
}

fn open_with(settings: ReplaySettings) -> Result<Box<dyn Source>, SourceError> {
    source::open(&SourceSettings::Replay(settings), &Limits::default())
}

fn open(path: impl Into<PathBuf>) -> Result<Box<dyn Source>, SourceError> {
    open_with(ReplaySettings {
        path: path.into(),
        ..ReplaySettings::default()
    })
}

fn all_frames(source: &mut dyn Source) -> Vec<Frame> {
    std::iter::from_fn(|| source.next().unwrap()).collect()
}

fn picture(shade: u8) -> RgbImage {
    RgbImage::from_fn(24, 16, |x, y| image::Rgb([shade, (x * 10) as u8, (y * 15) as u8]))
}

fn file_bytes(shade: u8, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(shade).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A directory with pictures whose plain order is not their natural order, a damaged one, and files that are no business of a replay.
fn picture_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("fish10.JPG", file_bytes(10, ImageFormat::Jpeg)),
        ("fish9.png", file_bytes(9, ImageFormat::Png)),
        ("fish1.tif", file_bytes(1, ImageFormat::Tiff)),
        ("fish5.jpg", b"no picture at all".to_vec()),
        ("._fish2.jpg", b"left by another system".to_vec()),
        ("notes.txt", b"notes".to_vec()),
    ] {
        std::fs::write(directory.path().join(name), bytes).unwrap();
    }
    std::fs::create_dir(directory.path().join("fish3.jpg")).unwrap();
    directory
}

#[test]
fn pictures_come_in_natural_order_as_they_are_and_a_damaged_one_is_passed_over() {
    let directory = picture_directory();
    let mut replay = open(directory.path()).unwrap();
    assert!(replay.describe().contains("4 pictures"), "{}", replay.describe());
    assert_eq!(replay.pace(), Duration::from_secs(1));

    let first = replay.next().unwrap().unwrap();
    assert_eq!(
        (first.name.as_deref(), first.format, first.sequence),
        (Some("fish1"), FrameFormat::Tiff, 0)
    );
    let error = replay.next().unwrap_err();
    assert!(error.passes());
    assert!(error.to_string().contains("fish5.jpg"), "{error}");
    let rest = all_frames(replay.as_mut());
    assert_eq!(
        rest.iter().map(|f| f.name.clone().unwrap()).collect::<Vec<_>>(),
        ["fish9", "fish10"]
    );
    assert_eq!(rest[1].sequence, 2);
    assert_eq!(
        *rest[1].bytes,
        std::fs::read(directory.path().join("fish10.JPG")).unwrap()
    );
    assert!(replay.next().unwrap().is_none(), "the end stays the end");
}

#[test]
fn a_pattern_chooses_and_a_single_picture_is_a_replay_of_one() {
    let directory = picture_directory();
    let mut replay = open(directory.path().join("fish*0.*")).unwrap();
    assert_eq!(all_frames(replay.as_mut()).len(), 1);
    let mut replay = open(directory.path().join("fish9.png")).unwrap();
    assert_eq!(all_frames(replay.as_mut())[0].name.as_deref(), Some("fish9"));
}

#[test]
fn looping_lists_the_directory_again_and_repeats_hold_a_picture() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.jpg"), file_bytes(1, ImageFormat::Jpeg)).unwrap();
    let mut replay = open_with(ReplaySettings {
        path: directory.path().into(),
        frames_per_second: Some(20.0),
        repeat: 2,
        looping: true,
    })
    .unwrap();
    assert_eq!(replay.pace(), Duration::from_millis(50));
    let mut names = Vec::new();
    for i in 0..6 {
        if i == 1 {
            std::fs::write(directory.path().join("b.jpg"), file_bytes(2, ImageFormat::Jpeg)).unwrap();
        }
        let frame = replay.next().unwrap().unwrap();
        assert_eq!(frame.sequence, i);
        names.push(frame.name.unwrap());
    }
    assert_eq!(names, ["a", "a", "a", "a", "b", "b"]);
    std::fs::remove_dir_all(directory.path()).unwrap();
    let error = replay.next().unwrap_err();
    assert!(
        !error.passes(),
        "a directory that is gone is no single bad picture: {error}"
    );
}

#[test]
fn what_cannot_be_replayed_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let message = |path: &Path| open(path).err().unwrap().to_string();
    assert!(message(directory.path()).contains("no JPEG, PNG or TIFF picture"));
    assert!(message(&directory.path().join("absent")).contains("can't read"));
    assert!(message(&directory.path().join("*.jpg")).contains("no JPEG, PNG or TIFF picture"));
    assert!(message(Path::new("a/***")).contains("not a valid pattern"));
    std::fs::write(
        directory.path().join("huge.y4m"),
        "YUV4MPEG2 W2000000 H2000000 C420\nFRAME\n",
    )
    .unwrap();
    assert!(message(&directory.path().join("huge.y4m")).contains("over the limit"));
}

/// Our picture of a frame beside ffmpeg's of the same file.
fn worst_difference(video: &str) -> u8 {
    let mut replay = open(fixture(&format!("{video}.y4m"))).unwrap();
    assert_eq!(replay.pace(), Duration::from_millis(40));
    let frames = all_frames(replay.as_mut());
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].name, Some(format!("{video}-000001")));
    let ours = frames[0].decode(&DecodeOptions::default()).unwrap().rgb;
    let theirs = image::open(fixture(&format!("{video}.png"))).unwrap().into_rgb8();
    assert_eq!(ours.dimensions(), theirs.dimensions());
    ours.iter()
        .zip(theirs.iter())
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap()
}

#[test]
fn y4m_agrees_with_ffmpeg() {
    for video in ["full", "studio", "grey", "c444"] {
        let worst = worst_difference(video);
        assert!(worst <= 3, "{video}: differs by {worst}");
    }
}

#[test]
fn a_y4m_video_loops_and_a_cut_frame_is_an_error_of_that_frame() {
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(fixture("full.y4m")).unwrap();
    let path = directory.path().join("cut.y4m");
    std::fs::write(&path, [&whole[..], b"FRAME\nabc"].concat()).unwrap();
    let mut replay = open(&path).unwrap();
    assert_eq!(
        replay.next().unwrap().unwrap().format,
        FrameFormat::I420(Size::new(32, 24))
    );
    let error = replay.next().unwrap_err();
    assert!(error.passes() && error.to_string().contains("frame 2"), "{error}");
    assert!(replay.next().unwrap().is_none());

    std::fs::write(&path, [&whole[..], b"RUBBISH\n"].concat()).unwrap();
    let mut replay = open(&path).unwrap();
    replay.next().unwrap();
    let error = replay.next().unwrap_err();
    assert!(!error.passes() && error.to_string().contains("RUBBISH"), "{error}");

    let mut looping = open_with(ReplaySettings {
        path: fixture("full.y4m"),
        looping: true,
        ..ReplaySettings::default()
    })
    .unwrap();
    for sequence in 0..3 {
        assert_eq!(looping.next().unwrap().unwrap().sequence, sequence);
    }
}

#[test]
fn mjpeg_of_ffmpeg_is_cut_into_its_pictures() {
    let mut replay = open(fixture("five.mjpeg")).unwrap();
    let frames = all_frames(replay.as_mut());
    assert_eq!(frames.len(), 5);
    let joined: Vec<u8> = frames.iter().flat_map(|f| f.bytes.iter().copied()).collect();
    assert_eq!(joined, std::fs::read(fixture("five.mjpeg")).unwrap());
    for frame in &frames {
        let rgb = frame.decode(&DecodeOptions::default()).unwrap().rgb;
        assert_eq!(rgb.dimensions(), (32, 24));
    }
}

/// A JPEG with another whole JPEG in an APP1 segment, as EXIF thumbnails lie.
fn jpeg_with_thumbnail(shade: u8) -> Vec<u8> {
    let outer = file_bytes(shade, ImageFormat::Jpeg);
    let thumbnail = file_bytes(200, ImageFormat::Jpeg);
    let length = (thumbnail.len() + 2) as u16;
    [
        &outer[..2],
        &[0xff, 0xe1],
        &length.to_be_bytes(),
        &thumbnail,
        &outer[2..],
    ]
    .concat()
}

#[test]
fn a_thumbnail_does_not_cut_a_picture_and_padding_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mjpg");
    let (first, second) = (jpeg_with_thumbnail(1), jpeg_with_thumbnail(2));
    std::fs::write(
        &path,
        [&first[..], &[0; 100], b"--boundary\r\n\xff\xff", &second, &[0xff; 7]].concat(),
    )
    .unwrap();
    let frames = all_frames(open(&path).unwrap().as_mut());
    assert_eq!(frames.len(), 2);
    assert_eq!((&*frames[0].bytes, &*frames[1].bytes), (&first[..], &second[..]));
}

#[test]
fn a_cut_picture_in_an_mjpeg_costs_only_itself() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mjpeg");
    let whole = file_bytes(1, ImageFormat::Jpeg);
    let cut = &whole[..whole.len() - 20];
    std::fs::write(&path, [&whole[..], cut, &whole, cut].concat()).unwrap();
    let mut replay = open(&path).unwrap();
    let mut outcomes = Vec::new();
    loop {
        match replay.next() {
            Ok(None) => break,
            Ok(Some(frame)) => outcomes.push(*frame.bytes == whole[..]),
            Err(error) => {
                assert!(error.passes() && error.to_string().contains("truncated"), "{error}");
                outcomes.push(false);
            }
        }
    }
    assert_eq!(outcomes, [true, false, true, false]);
}

#[test]
fn damaged_mjpeg_files_end_without_a_panic_or_an_endless_loop() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mjpeg");
    let whole = std::fs::read(fixture("five.mjpeg")).unwrap();
    for step in 0..whole.len() / 7 {
        let mut damaged = whole.clone();
        damaged[step * 7] ^= 0xff;
        damaged[step * 3 + 2] = 0xff;
        std::fs::write(&path, &damaged).unwrap();
        let Ok(mut replay) = open(&path) else {
            continue;
        };
        let results = std::iter::from_fn(|| replay.next().transpose()).take(2000).count();
        assert!(results < 2000, "byte {}: no end", step * 7);
    }
}

#[test]
fn a_script_keeps_its_times() {
    let frame = || Ok(Frame::from_rgb(picture(1)));
    let device = || SourceError::Device {
        device: "camera".into(),
        reason: "unplugged".into(),
    };
    let ms = Duration::from_millis;
    let mut script = ScriptedSource::timed(vec![(ms(0), frame()), (ms(30), Err(device())), (ms(100), frame())]);
    assert_eq!(script.next().unwrap().unwrap().sequence, 0);
    assert_eq!(script.pace(), ms(30));
    assert!(!script.next().unwrap_err().passes());
    assert_eq!(script.pace(), ms(70));
    assert_eq!(script.next().unwrap().unwrap().sequence, 1);
    assert!(script.next().unwrap().is_none());
}

#[test]
fn a_missing_folder_is_said_in_the_systems_words() {
    let Err(error) = open("/nowhere/at/all") else {
        panic!("there is no such folder");
    };
    assert!(error.to_string().contains("No such file or directory"), "{error}");
}

#[test]
fn a_picture_that_vanished_is_not_called_damaged() {
    let directory = picture_directory();
    let mut source = open(directory.path()).unwrap();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
    let error = source.next().unwrap_err();
    assert!(error.passes());
    assert!(error.to_string().contains("can't be read"), "{error}");
}
