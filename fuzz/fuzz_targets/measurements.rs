//! `<id>_measurements.json`. What is accepted can be written and read again, and is then the same.
#![no_main]

use fishrig::store::measurements_file::MeasurementsFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| match MeasurementsFile::from_file(file) {
    Ok(read) => {
        let written = read.to_file().expect("measurements can be written");
        let again = MeasurementsFile::from_file(&written).expect("what was written can be read");
        // Bytes are compared, because writing leaves twelve digits of a number.
        assert_eq!(again.to_file().expect("measurements can be written"), written);
        for reading in read.findings.measurements.iter().flat_map(|m| m.values.values()) {
            let rounded = reading.picture.rounded();
            assert!(!rounded.value.is_empty() && !rounded.uncertainty.is_empty());
        }
    }
    Err(problem) => assert!(!problem.is_empty()),
});
