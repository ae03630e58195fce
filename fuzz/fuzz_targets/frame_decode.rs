//! Pictures from cameras and archives: JPEG, PNG, TIFF (with palettes), each as stored and upright.
#![no_main]

use fishrig::frame::{DecodeOptions, Frame, Size};
use fishrig_fuzz::LIMITS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(frame) = Frame::from_file_bytes(file.to_vec(), None) else {
        return;
    };
    let [stored, upright] = [false, true].map(|apply_orientation| {
        frame.decode(&DecodeOptions {
            limits: LIMITS,
            apply_orientation,
        })
    });
    match (stored, upright) {
        (Ok(stored), Ok(upright)) => {
            let size = Size::from(stored.rgb.dimensions());
            assert!(LIMITS.check(size).is_ok());
            let turned = if stored.orientation.exif() >= 5 {
                size.turned()
            } else {
                size
            };
            assert_eq!(Size::from(upright.rgb.dimensions()), turned);
            assert_eq!(upright.orientation, stored.orientation);
            assert!((1..=8).contains(&stored.orientation.exif()));
        }
        (Err(stored), Err(upright)) => assert_eq!(stored.to_string(), upright.to_string()),
        _ => panic!("whether a picture can be read depends on whether it is turned"),
    }
});
