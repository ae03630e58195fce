//! `record.toml`, without its seal, which no fuzzer would guess. What is accepted can be written and read again, and be voided.
#![no_main]

use fishrig::store::record::{self, Record};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    assert!(Record::from_file(file).is_err(), "an unsealed file was accepted");
    let Ok(text) = std::str::from_utf8(file) else {
        return;
    };
    let sealed = record::seal(text.to_owned());
    match Record::from_file(&sealed) {
        Ok(record) => {
            // Bytes are compared and not records, because a timing may be NaN.
            let written = record.to_file().expect("a record can be written");
            let again = Record::from_file(&written).expect("what was written can be read");
            assert_eq!(again.to_file(), Ok(written));

            let marked = record::voided(&sealed, Timestamp::UNIX_EPOCH).expect("a record can be voided");
            let marked = Record::from_file(&marked).expect("a voided record can be read");
            let mut expected = record;
            expected.voided = true;
            expected.voided_utc = Some(Timestamp::UNIX_EPOCH);
            assert_eq!(marked.to_file(), expected.to_file());
        }
        Err(problem) => assert!(!problem.is_empty()),
    }
});
