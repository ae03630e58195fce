//! A file of JPEG pictures one after another. Whatever is cut out of it is whole from its start marker to its end marker.
#![no_main]

use fishrig::frame::{DecodeOptions, FrameError, FrameFormat};
use fishrig_fuzz::LIMITS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let options = DecodeOptions {
        limits: LIMITS,
        ..DecodeOptions::default()
    };
    for frame in fishrig_fuzz::replayed(file, ".mjpeg") {
        if frame.format != FrameFormat::Jpeg {
            continue; // The file began as another format, and its source is another one.
        }
        assert!(frame.bytes.starts_with(&[0xff, 0xd8]) && frame.bytes.ends_with(&[0xff, 0xd9]));
        if let Err(FrameError::Truncated { .. }) = frame.decode(&options) {
            panic!("a picture that the source room called whole is truncated to the frame room");
        }
    }
});
