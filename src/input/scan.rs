//! What a hand scanner types: keys, by their codes, to characters; and bursts of characters that no finger types.
//!
//! Scanners type as if on a US keyboard unless they are told otherwise (every scanner's manual has a code for that): letters, digits, the signs of that layout with
//! and without shift, and ENTER or TAB at the end. Capital letters come with shift or, from some scanners, with the Caps Lock key. Anything else (Alt codes, dead
//! keys) is left out, and what remains then hardly fits the form of a catalogue number.

use std::time::Duration;

pub use evdev::KeyCode;

/// Longest scan, in characters; what is beyond it is thrown away, and the scan with it.
pub const MAX_SCAN: usize = 4096;

/// Puts a scanner's keys together.
#[derive(Debug, Default)]
pub struct ScanDecoder {
    text: String,
    too_long: bool,
    /// The shift keys that are down: left, right.
    shift: [bool; 2],
    caps_lock: bool,
}

impl ScanDecoder {
    /// Takes in a change of a key (`value` is the kernel's: 0 up, 1 down, 2 still down); the text of a scan that it ends. Empty scans are none.
    pub fn change(&mut self, key: KeyCode, value: i32) -> Option<String> {
        let is_down = value != 0;
        match key {
            KeyCode::KEY_LEFTSHIFT => self.shift[0] = is_down,
            KeyCode::KEY_RIGHTSHIFT => self.shift[1] = is_down,
            // A key that is held would be a stuck one: scanners press each anew.
            _ if value != 1 => {}
            KeyCode::KEY_CAPSLOCK => self.caps_lock = !self.caps_lock,
            KeyCode::KEY_ENTER | KeyCode::KEY_KPENTER | KeyCode::KEY_TAB => return self.end(),
            _ => {
                let shift = self.shift[0] || self.shift[1];
                if let Some(c) = character(key, shift, self.caps_lock) {
                    self.push(c);
                }
            }
        }
        None
    }

    /// Events were lost, or the scanner was: what was begun is no scan.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    fn push(&mut self, c: char) {
        if self.text.len() < MAX_SCAN {
            self.text.push(c);
        } else {
            self.too_long = true;
        }
    }

    fn end(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text);
        let is_whole = !std::mem::take(&mut self.too_long);
        (is_whole && !text.trim().is_empty()).then_some(text)
    }
}

/// The character of a key on a US keyboard.
fn character(key: KeyCode, shift: bool, caps_lock: bool) -> Option<char> {
    let [plain, shifted] = match key {
        KeyCode::KEY_1 => ['1', '!'],
        KeyCode::KEY_2 => ['2', '@'],
        KeyCode::KEY_3 => ['3', '#'],
        KeyCode::KEY_4 => ['4', '$'],
        KeyCode::KEY_5 => ['5', '%'],
        KeyCode::KEY_6 => ['6', '^'],
        KeyCode::KEY_7 => ['7', '&'],
        KeyCode::KEY_8 => ['8', '*'],
        KeyCode::KEY_9 => ['9', '('],
        KeyCode::KEY_0 => ['0', ')'],
        KeyCode::KEY_MINUS => ['-', '_'],
        KeyCode::KEY_EQUAL => ['=', '+'],
        KeyCode::KEY_LEFTBRACE => ['[', '{'],
        KeyCode::KEY_RIGHTBRACE => [']', '}'],
        KeyCode::KEY_SEMICOLON => [';', ':'],
        KeyCode::KEY_APOSTROPHE => ['\'', '"'],
        KeyCode::KEY_GRAVE => ['`', '~'],
        KeyCode::KEY_BACKSLASH => ['\\', '|'],
        KeyCode::KEY_COMMA => [',', '<'],
        KeyCode::KEY_DOT => ['.', '>'],
        KeyCode::KEY_SLASH => ['/', '?'],
        KeyCode::KEY_SPACE => [' ', ' '],
        KeyCode::KEY_KP0 => ['0', '0'],
        KeyCode::KEY_KP1 => ['1', '1'],
        KeyCode::KEY_KP2 => ['2', '2'],
        KeyCode::KEY_KP3 => ['3', '3'],
        KeyCode::KEY_KP4 => ['4', '4'],
        KeyCode::KEY_KP5 => ['5', '5'],
        KeyCode::KEY_KP6 => ['6', '6'],
        KeyCode::KEY_KP7 => ['7', '7'],
        KeyCode::KEY_KP8 => ['8', '8'],
        KeyCode::KEY_KP9 => ['9', '9'],
        KeyCode::KEY_KPMINUS => ['-', '-'],
        KeyCode::KEY_KPPLUS => ['+', '+'],
        KeyCode::KEY_KPDOT => ['.', '.'],
        KeyCode::KEY_KPSLASH => ['/', '/'],
        KeyCode::KEY_KPASTERISK => ['*', '*'],
        letter => {
            let letter = letter_of(letter)?;
            let capital = letter.to_ascii_uppercase();
            return Some(if shift != caps_lock { capital } else { letter });
        }
    };
    Some(if shift { shifted } else { plain })
}

/// The letter of a key; the kernel numbers them by their rows on the keyboard.
fn letter_of(key: KeyCode) -> Option<char> {
    let rows = [
        (KeyCode::KEY_Q, "qwertyuiop"),
        (KeyCode::KEY_A, "asdfghjkl"),
        (KeyCode::KEY_Z, "zxcvbnm"),
    ];
    rows.into_iter().find_map(|(first, letters)| {
        let at = key.code().checked_sub(first.code())?;
        letters.chars().nth(usize::from(at))
    })
}

/// Characters that follow one another within this time were typed by a scanner: scanners take 1 to 20 ms, fast typists 80 ms.
const BURST: Duration = Duration::from_millis(50);
/// So many characters make a burst; two keys do come together under two hands.
const LEAST: usize = 4;

/// Tells a scanner that types into the terminal from somebody at its keys. Keys that may be the beginning of a scan are held back for 50 ms.
#[derive(Debug, Default)]
pub struct BurstReader {
    held: String,
    last: Duration,
}

/// What typed characters turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Keys, one by one.
    Keys(String),
    /// A scan, without its end.
    Scan(String),
}

impl BurstReader {
    /// Takes in a character at `now` on any clock that never goes back; what is certain now.
    pub fn read(&mut self, c: char, now: Duration) -> Vec<Typed> {
        let mut typed: Vec<Typed> = self.settle(now).into_iter().collect();
        let is_end = matches!(c, '\r' | '\n' | '\t');
        if is_end && self.held.chars().count() >= LEAST {
            typed.push(Typed::Scan(std::mem::take(&mut self.held)));
            return typed;
        }
        // No scan begins with a space or holds control characters but the separators of GS1; those keys act at once.
        let continues = !self.held.is_empty() && (c == ' ' || c == '\u{1d}');
        let begins = !c.is_control() && c != ' ';
        if (begins || continues) && self.held.len() < MAX_SCAN {
            self.held.push(c);
            self.last = now;
            return typed;
        }
        let mut keys = std::mem::take(&mut self.held);
        keys.push(c);
        typed.push(Typed::Keys(keys));
        typed
    }

    /// What was held back and is certain at `now`, since nothing followed it.
    pub fn settle(&mut self, now: Duration) -> Option<Typed> {
        let is_over = !self.held.is_empty() && now.saturating_sub(self.last) > BURST;
        is_over.then(|| Typed::Keys(std::mem::take(&mut self.held)))
    }

    /// How long to wait at most before [`Self::settle`] is to be asked; `None` where nothing is held back.
    pub fn wait(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(BURST + Duration::from_millis(1))
    }

    /// What is held back, at once: text is being typed now, which needs no guess.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The keys by which a US keyboard types a character: whether with shift, and which. The slow way: every key is tried.
    fn key_of(c: char) -> Option<(bool, KeyCode)> {
        let codes = 0..=KeyCode::KEY_KPDOT.code();
        codes.map(KeyCode::new).find_map(|key| {
            let fits = [false, true]
                .into_iter()
                .find(|shift| character(key, *shift, false) == Some(c));
            fits.map(|shift| (shift, key))
        })
    }

    fn type_text(decoder: &mut ScanDecoder, text: &str) {
        for c in text.chars() {
            let (shift, key) = key_of(c).unwrap_or_else(|| panic!("no key types {c:?}"));
            if shift {
                decoder.change(KeyCode::KEY_LEFTSHIFT, 1);
            }
            assert_eq!(decoder.change(key, 1), None);
            decoder.change(key, 0);
            if shift {
                decoder.change(KeyCode::KEY_LEFTSHIFT, 0);
            }
        }
    }

    #[test]
    fn every_printable_sign_of_ascii_has_its_key() {
        for c in ' '..='~' {
            assert!(key_of(c).is_some(), "{c:?}");
        }
        // Of the kernel's own table, linux/input-event-codes.h.
        assert_eq!(character(KeyCode::new(16), false, false), Some('q'));
        assert_eq!(character(KeyCode::new(38), false, false), Some('l'));
        assert_eq!(character(KeyCode::new(50), true, false), Some('M'));
        assert_eq!(character(KeyCode::new(12), false, false), Some('-'));
        assert_eq!(character(KeyCode::new(26), false, false), Some('['), "behind the p");
    }

    #[test]
    fn caps_lock_and_held_keys() {
        let mut decoder = ScanDecoder::default();
        for (key, value) in [
            (KeyCode::KEY_CAPSLOCK, 1),
            (KeyCode::KEY_CAPSLOCK, 0),
            (KeyCode::KEY_A, 1),
            (KeyCode::KEY_A, 2),
            (KeyCode::KEY_A, 0),
            (KeyCode::KEY_1, 1),
        ] {
            decoder.change(key, value);
        }
        assert_eq!(decoder.change(KeyCode::KEY_TAB, 1).as_deref(), Some("A1"));
        assert_eq!(decoder.change(KeyCode::KEY_TAB, 0), None);
        assert_eq!(decoder.change(KeyCode::KEY_ENTER, 1), None, "an empty scan is none");
    }

    #[test]
    fn a_scan_without_end_is_bounded_and_the_next_one_counts() {
        let mut decoder = ScanDecoder::default();
        for _ in 0..MAX_SCAN + 1000 {
            decoder.change(KeyCode::KEY_X, 1);
        }
        assert!(decoder.text.len() <= MAX_SCAN);
        assert_eq!(decoder.change(KeyCode::KEY_ENTER, 1), None);
        type_text(&mut decoder, "INHS-1");
        assert_eq!(decoder.change(KeyCode::KEY_ENTER, 1).as_deref(), Some("INHS-1"));
    }

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn keys(text: &str) -> Typed {
        Typed::Keys(text.into())
    }

    #[test]
    fn a_burst_is_a_scan_and_slow_keys_are_keys() {
        let mut reader = BurstReader::default();
        for (i, c) in "INHS 1".chars().enumerate() {
            assert_eq!(reader.read(c, at(i as u64 * 8)), []);
        }
        assert_eq!(reader.read('\r', at(48)), [Typed::Scan("INHS 1".into())]);
        assert_eq!(reader.read(' ', at(500)), [keys(" ")], "a space acts at once");
        assert_eq!(reader.read('u', at(900)), []);
        assert_eq!(reader.settle(at(930)), None);
        assert_eq!(reader.settle(at(951)), Some(keys("u")));
        assert_eq!(reader.read('n', at(1000)), []);
        assert_eq!(reader.read('x', at(1200)), [keys("n")], "too late to belong to it");
        assert_eq!(reader.read('\r', at(1210)), [keys("x\r")], "too short for a scan");
    }

    proptest! {
        #[test]
        fn what_was_typed_is_read(text in "[ -~]{1,40}") {
            let mut decoder = ScanDecoder::default();
            type_text(&mut decoder, &text);
            let read = decoder.change(KeyCode::KEY_ENTER, 1);
            prop_assert_eq!(read, (!text.trim().is_empty()).then_some(text));
        }

        #[test]
        fn no_changes_panic_or_grow_without_bound(changes in proptest::collection::vec((any::<u16>(), -1i32..4), 0..300)) {
            let mut decoder = ScanDecoder::default();
            for (code, value) in changes {
                if let Some(text) = decoder.change(KeyCode::new(code), value) {
                    prop_assert!(text.len() <= MAX_SCAN);
                }
            }
        }

        /// However slow or fast: nothing is lost and nothing comes twice.
        #[test]
        fn every_character_comes_out_once(typed in proptest::collection::vec((proptest::char::any(), 0u64..120), 0..80)) {
            let mut reader = BurstReader::default();
            let (mut now, mut out) = (0, String::new());
            let mut given = String::new();
            let mut put = |typed: Typed| match typed {
                Typed::Keys(keys) => out.push_str(&keys),
                Typed::Scan(scan) => { out.push_str(&scan); out.push('\u{e000}'); }
            };
            for (c, pause) in typed {
                now += pause;
                given.push(c);
                reader.read(c, at(now)).into_iter().for_each(&mut put);
            }
            reader.settle(at(now + 1000)).into_iter().for_each(&mut put);
            let ends = |c| matches!(c, '\r' | '\n' | '\t' | '\u{e000}');
            let plain = |text: &str| text.chars().filter(|c| !ends(*c)).collect::<String>();
            prop_assert_eq!(plain(&out), plain(&given));
        }
    }
}
