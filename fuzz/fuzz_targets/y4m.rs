//! Uncompressed video. Every frame that comes out of the source room can be decoded by the frame room.
#![no_main]

use fishrig::frame::{DecodeOptions, FrameFormat};
use fishrig_fuzz::LIMITS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let options = DecodeOptions {
        limits: LIMITS,
        ..DecodeOptions::default()
    };
    for frame in fishrig_fuzz::replayed(file, ".y4m") {
        if !matches!(frame.format, FrameFormat::I420(_) | FrameFormat::Rgb8(_)) {
            continue; // The file began as a picture, and its source is another one.
        }
        frame.decode(&options).expect("a frame of a checked video");
    }
});
