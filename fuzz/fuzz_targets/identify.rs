//! What names specimens from outside: a line with a form of catalogue numbers, then a pick list whose bytes are also what a scanner types.
#![no_main]

use fishrig::identify::{AcceptPattern, IdentifySettings, PickList};
use fishrig::input::scan::{KeyCode, MAX_SCAN, ScanDecoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|b| *b == b'\n').unwrap_or(input.len());
    let (form, content) = input.split_at(at);
    let mut settings = IdentifySettings::default();
    if let Some(form) = std::str::from_utf8(form)
        .ok()
        .and_then(|form| form.parse::<AcceptPattern>().ok())
    {
        assert!(form.accepts(&form.example()));
        settings.accept.push(form);
    }
    if let Ok(list) = PickList::from_bytes(content, "id", &settings) {
        for at in 0..list.len() {
            let id = list.id(at).expect("every entry has an id");
            assert_eq!(list.position(id), Some(at));
            assert!(settings.accept.iter().all(|form| form.accepts(id.as_str())));
            assert!(list.columns(at).values().all(|value| value.len() <= 1000));
        }
        let _ = list.find("a", Some(list.len() / 2));
    }
    let mut decoder = ScanDecoder::default();
    for change in content.chunks_exact(2) {
        if let Some(text) = decoder.change(KeyCode::new(u16::from(change[0])), i32::from(change[1] % 3)) {
            assert!(text.len() <= MAX_SCAN && !text.trim().is_empty());
        }
    }
});
