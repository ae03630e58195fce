//! `station.toml`. What is refused is refused in words that point to a line that is there.
#![no_main]

use std::path::Path;

use fishrig::config::{ConfigError, Configuration};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(text) = std::str::from_utf8(file) else {
        return;
    };
    match Configuration::parse(text, Path::new("station.toml")) {
        Ok(configuration) => {
            configuration.source.check().expect("checked");
            configuration.display.check().expect("checked");
            configuration.trigger.check().expect("checked");
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let ConfigError::Values { problems } = error {
                assert!(!problems.is_empty());
                for (number, line) in problems.into_iter().filter_map(|p| p.line) {
                    let there = text.lines().nth(number - 1).expect("the line is there");
                    assert_eq!(there.trim_end(), line);
                }
            }
        }
    }
});
