//! The pattern of ids and the names of files and records: a line with a pattern, then a name.
#![no_main]

use fishrig::identify::IdPattern;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let (pattern_text, name) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(pattern) = pattern_text.parse::<IdPattern>() else {
        return;
    };
    let _ = pattern.counter_of(name);
    let day = date(2026, 11, 24);
    for counter in [0, 1, 9, 10, 742, 1_000_000, u64::MAX] {
        let Ok(id) = pattern.id(counter, Some(name), day) else {
            continue;
        };
        assert!(!id.as_str().contains(['/', '\\', '\0']));
        // Digits of a name and those of a counter beside it can't be told apart.
        if pattern.counts() && !pattern_text.contains("{name}") {
            assert_eq!(pattern.counter_of(id.as_str()), Some(counter));
            if let Ok(repeat) = id.repeat(2) {
                assert_eq!(pattern.counter_of(repeat.as_str()), Some(counter));
            }
        }
    }
});
