//! Keys typed on a terminal, as bytes, to events.

use std::time::Duration;

use super::scan::{BurstReader, Typed};
use super::{Event, Field, MAX_TEXT, TriggerKind};

/// Presses of a trigger key that follow one another faster than this are one press that is held down: the keyboard repeats it, after up to
/// 0.66 s the first time. Without this a held key would take four pictures of one specimen.
const HELD: Duration = Duration::from_millis(700);

const ENTER: [char; 2] = ['\r', '\n'];
const ESCAPE: char = '\x1b';
const ERASE: [char; 2] = ['\x08', '\x7f'];

/// Understands keys; remembers a text that is being typed, and when a trigger key was last seen. Characters that come faster than anybody types, with ENTER or TAB
/// behind them, are a hand scanner's.
#[derive(Debug, Default)]
pub struct KeyReader {
    typing: Option<(Field, String)>,
    last_trigger: Option<Duration>,
    bursts: BurstReader,
    /// The first bytes of a character whose others have not come yet.
    unfinished: Vec<u8>,
}

impl KeyReader {
    /// The events of bytes that a terminal delivered at once, at `now` on any clock that never goes back.
    ///
    /// That they came at once tells the ESC key from the sequences that arrow keys and the like send: these follow their ESC immediately.
    pub fn read(&mut self, bytes: &[u8], now: Duration) -> Vec<Event> {
        let text = self.decode(bytes);
        let mut events = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(c) = characters.next() {
            events.extend(self.settle(now));
            if c == ESCAPE && characters.next_if(|next| matches!(next, '[' | 'O')).is_some() {
                while characters.next_if(|c| !matches!(c, '\x40'..='\x7e')).is_some() {}
                characters.next();
                continue;
            }
            if self.typing.is_some() {
                events.extend(self.key(c, now));
                continue;
            }
            for typed in self.bursts.read(c, now) {
                self.typed(typed, now, &mut events);
            }
        }
        events
    }

    /// The events of keys that were held back in case they were the beginning of a scan; to be asked for as [`Self::wait`] says.
    pub fn settle(&mut self, now: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(typed) = self.bursts.settle(now) {
            self.typed(typed, now, &mut events);
        }
        events
    }

    /// How long to wait for bytes at most before [`Self::settle`] is to be asked; `None` where nothing is held back.
    pub fn wait(&self) -> Option<Duration> {
        self.bursts.wait()
    }

    fn typed(&mut self, typed: Typed, now: Duration, events: &mut Vec<Event>) {
        match typed {
            Typed::Keys(keys) => events.extend(keys.chars().filter_map(|c| self.key(c, now))),
            Typed::Scan(text) => events.push(Event::Scanned { text }),
        }
    }

    fn key(&mut self, c: char, now: Duration) -> Option<Event> {
        match self.typing.take() {
            Some((field, text)) => self.type_into(field, text, c),
            None => self.press(c, now),
        }
    }

    /// The characters of the bytes; bytes that are no UTF-8 are left out.
    fn decode(&mut self, bytes: &[u8]) -> String {
        self.unfinished.extend(bytes);
        let all = std::mem::take(&mut self.unfinished);
        let mut text = String::new();
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(invalid) = error.error_len() else {
                        self.unfinished = after.to_vec();
                        break;
                    };
                    rest = &after[invalid..];
                }
            }
        }
        text
    }

    fn press(&mut self, c: char, now: Duration) -> Option<Event> {
        match c {
            ' ' | '\r' | '\n' | '+' => {
                let held = self.last_trigger.is_some_and(|last| now.saturating_sub(last) < HELD);
                self.last_trigger = Some(now);
                (!held).then_some(Event::Trigger {
                    by: TriggerKind::Key,
                    same_specimen: c == '+',
                })
            }
            'u' | 'U' => Some(Event::Undo),
            'o' | 'O' => Some(self.begin_typing(Field::Operator)),
            'n' | 'N' => Some(self.begin_typing(Field::Note)),
            'i' | 'I' => Some(self.begin_typing(Field::Id)),
            'l' | 'L' => Some(self.begin_typing(Field::List)),
            'm' | 'M' => Some(Event::Measurements),
            'h' | 'H' | '?' => Some(Event::Help),
            'q' | 'Q' => Some(Event::Finish),
            _ => None,
        }
    }

    fn begin_typing(&mut self, field: Field) -> Event {
        self.typing = Some((field, String::new()));
        Event::Typing {
            field,
            text: String::new(),
        }
    }

    fn type_into(&mut self, field: Field, mut text: String, c: char) -> Option<Event> {
        if c == ESCAPE {
            return Some(Event::TypingCancelled);
        }
        if ENTER.contains(&c) {
            return Some(Event::Set {
                field,
                text: text.trim().to_owned(),
            });
        }
        if ERASE.contains(&c) {
            text.pop();
        } else if !c.is_control() && text.chars().count() < MAX_TEXT {
            text.push(c);
        }
        self.typing = Some((field, text.clone()));
        Some(Event::Typing { field, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRIGGER: Event = Event::Trigger {
        by: TriggerKind::Key,
        same_specimen: false,
    };

    /// Typed by a finger, key after key.
    fn read(keys: &str) -> Vec<Event> {
        let mut reader = KeyReader::default();
        let mut events = Vec::new();
        for (i, c) in keys.chars().enumerate() {
            let now = Duration::from_millis(100 * i as u64);
            events.extend(reader.read(c.encode_utf8(&mut [0; 4]).as_bytes(), now));
        }
        events.extend(reader.settle(Duration::from_secs(3600)));
        events
    }

    #[test]
    fn a_scanner_types_a_catalogue_number_and_no_keys() {
        let mut keys = KeyReader::default();
        let scan = |text: &str| Event::Scanned { text: text.into() };
        let quit = "INHS-FISH-q1";
        assert_eq!(keys.read(format!("{quit}\r").as_bytes(), Duration::ZERO), [scan(quit)]);
        for (i, c) in "INHS 5".bytes().enumerate() {
            assert_eq!(keys.read(&[c], Duration::from_millis(1000 + 5 * i as u64)), []);
        }
        assert_eq!(keys.read(b"\t", Duration::from_millis(1030)), [scan("INHS 5")]);
        assert_eq!(keys.wait(), None);
        // Into a text that is asked for it goes like any other key.
        assert_eq!(keys.read(b"i", Duration::from_secs(2)), []);
        let asked = Event::Typing {
            field: Field::Id,
            text: String::new(),
        };
        assert_eq!(keys.settle(Duration::from_secs(3)), [asked]);
        let set = Event::Set {
            field: Field::Id,
            text: "INHS-1".into(),
        };
        assert_eq!(keys.read(b"INHS-1\r", Duration::from_secs(3)).last(), Some(&set));
    }

    #[test]
    fn every_key_of_the_help_page() {
        assert_eq!(read(" "), [TRIGGER]);
        assert_eq!(read("\r"), [TRIGGER]);
        assert_eq!(
            read("+"),
            [Event::Trigger {
                by: TriggerKind::Key,
                same_specimen: true
            }]
        );
        assert_eq!(
            read("umhq"),
            [Event::Undo, Event::Measurements, Event::Help, Event::Finish]
        );
        assert_eq!(read("xyz\t\x00"), []);
    }

    #[test]
    fn a_held_key_is_one_press() {
        let mut keys = KeyReader::default();
        let mut triggers = 0;
        for ms in (0..3000).step_by(30) {
            triggers += keys.read(b" ", Duration::from_millis(ms)).len();
        }
        assert_eq!(triggers, 1);
        assert_eq!(keys.read(b" ", Duration::from_millis(3700)), [TRIGGER]);
    }

    #[test]
    fn a_name_is_typed_corrected_and_kept() {
        let events = read("oAnx\x7fé\rq");
        assert_eq!(
            events[events.len() - 2..],
            [
                Event::Set {
                    field: Field::Operator,
                    text: "Ané".into()
                },
                Event::Finish
            ]
        );
        assert!(events.contains(&Event::Typing {
            field: Field::Operator,
            text: "Anx".into()
        }));
    }

    #[test]
    fn escape_cancels_and_arrow_keys_do_not() {
        let mut keys = KeyReader::default();
        keys.read(b"nq", Duration::ZERO);
        keys.settle(Duration::from_secs(1));
        assert_eq!(keys.read(b"\x1b[A\x1b[1;5C\x1bOP", Duration::ZERO), []);
        assert_eq!(keys.read(b"\x1b", Duration::ZERO), [Event::TypingCancelled]);
        assert_eq!(keys.read(b"u", Duration::ZERO), []);
        assert_eq!(keys.settle(Duration::from_millis(51)), [Event::Undo]);
    }

    #[test]
    fn a_character_may_come_in_pieces() {
        let mut keys = KeyReader::default();
        keys.read(b"n", Duration::ZERO);
        keys.settle(Duration::from_secs(1));
        for byte in "魚".bytes() {
            keys.read(&[byte], Duration::ZERO);
        }
        let text = "魚".to_owned();
        let field = Field::Note;
        assert_eq!(keys.read(b"\xff\n", Duration::ZERO), [Event::Set { field, text }]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_or_grow_a_text_without_bound(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..700), 0..5)) {
            let mut keys = KeyReader::default();
            for chunk in chunks {
                for event in keys.read(&chunk, Duration::ZERO) {
                    if let Event::Typing { text, .. } | Event::Set { text, .. } = event {
                        prop_assert!(text.chars().count() <= MAX_TEXT);
                    }
                }
            }
        }
    }
}
