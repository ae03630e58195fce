//! A pickle alone. What was read depends on nothing after its end, and cut anywhere it ends early.
#![no_main]

use fishrig::convert::checkpoint::pickle::{self, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match pickle::read(bytes) {
        Ok(pickle) => {
            assert!(pickle.length <= bytes.len() && pickle.values.len() <= pickle::VALUES_MAX);
            // Every value that is referred to is there.
            for value in pickle.values.all() {
                match value {
                    Value::Tuple(elements) => elements.iter().for_each(|&id| _ = pickle.values.get(id)),
                    Value::List(elements) | Value::Set(elements) => elements.iter().for_each(|&id| _ = pickle.values.get(id)),
                    Value::Dict(entries) => entries.iter().for_each(|&(key, value)| {
                        let _ = (pickle.values.get(key), pickle.values.get(value));
                    }),
                    _ => {}
                }
            }
            let again = pickle::read(&bytes[..pickle.length]).expect("what follows a pickle says nothing about it");
            assert_eq!((again.root, again.values.len()), (pickle.root, pickle.values.len()));
            let cut = pickle::read(&bytes[..pickle.length - 1]).expect_err("without its end it has none");
            assert!(cut.ends_early);
        }
        Err(error) => assert!(!error.to_string().is_empty() && error.position <= bytes.len()),
    }
});
