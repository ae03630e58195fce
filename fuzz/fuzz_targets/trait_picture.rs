//! Masks as pictures: the 16-bit file that keeps every bit, and BGNN's colours. Both give the same again when they are written.
#![no_main]

use fishrig::frame::{DecodeOptions, Frame};
use fishrig::traits::{label_picture, paint};
use fishrig_fuzz::LIMITS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    match label_picture::decode_bits(file) {
        Ok(mask) => {
            let again = label_picture::encode_bits(&mask).expect("a mask can be written");
            assert!(label_picture::decode_bits(&again).expect("what was written can be read") == mask);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let options = DecodeOptions {
        limits: LIMITS,
        ..DecodeOptions::default()
    };
    let Ok(picture) = Frame::from_file_bytes(file.to_vec(), None).and_then(|f| f.decode(&options)) else {
        return;
    };
    match label_picture::from_bgnn(&picture.rgb) {
        Ok(mask) => assert!(paint::bgnn(&mask) == picture.rgb),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
