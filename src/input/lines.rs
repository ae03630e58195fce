//! Lines from a pipe or a file to events, for scripts: `printf 'o Jane\n\n\nq\n' | fishrig run`.
//!
//! A line is one key of the help page; the text of `o`, `n`, `i` (or `id`) and `l` (or `list`) follows on the same line, as in `id INHS 54082`. An empty line takes a picture, as ENTER does. The
//! input's end finishes nothing: a service has no standard input at all.

use super::{Event, Field, MAX_TEXT, TriggerKind};

/// The event of a line without its end; `None` where it means nothing.
pub fn event_of(line: &str) -> Option<Event> {
    let line = line.trim_end_matches('\r');
    let trigger = |same_specimen| {
        Some(Event::Trigger {
            by: TriggerKind::Key,
            same_specimen,
        })
    };
    let (key, text) = line.split_once(' ').unwrap_or((line, ""));
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect();
    match key.trim() {
        "" if text.is_empty() => trigger(false),
        "+" => trigger(true),
        "u" => Some(Event::Undo),
        "o" => Some(Event::Set {
            field: Field::Operator,
            text,
        }),
        "n" => Some(Event::Set {
            field: Field::Note,
            text,
        }),
        "i" | "id" => Some(Event::Set { field: Field::Id, text }),
        "l" | "list" => Some(Event::Set {
            field: Field::List,
            text,
        }),
        "m" => Some(Event::Measurements),
        "h" | "?" => Some(Event::Help),
        "q" => Some(Event::Finish),
        _ => None,
    }
}

/// Cuts what is read into lines; a line that grows beyond all use is thrown away.
#[derive(Debug, Default)]
pub struct LineReader {
    line: Vec<u8>,
    too_long: bool,
}

/// Four bytes a character, and room for the key.
const MAX_LINE_BYTES: usize = 4 * MAX_TEXT + 16;

impl LineReader {
    /// The events of the lines that end in `bytes`.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                events.extend(self.end());
            } else if self.line.len() < MAX_LINE_BYTES {
                self.line.push(*byte);
            } else {
                self.too_long = true;
            }
        }
        events
    }

    /// The event of what stands after the last line's end, once the input has ended.
    pub fn finish(&mut self) -> Option<Event> {
        if self.line.is_empty() {
            return None;
        }
        self.end()
    }

    fn end(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            return None;
        }
        event_of(&String::from_utf8_lossy(&line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_an_operator() {
        let mut lines = LineReader::default();
        let trigger = |same_specimen| Event::Trigger {
            by: TriggerKind::Key,
            same_specimen,
        };
        let set = |field, text: &str| Event::Set {
            field,
            text: text.into(),
        };
        let mut events = lines.read(b"o Jane Doe\nn  left fin torn \r\n\n \n+\nu");
        events.extend(lines.read(b"\nwhat is this\nq"));
        events.extend(lines.finish());
        assert_eq!(
            events,
            [
                set(Field::Operator, "Jane Doe"),
                set(Field::Note, "left fin torn"),
                trigger(false),
                trigger(false),
                trigger(true),
                Event::Undo,
                Event::Finish
            ]
        );
        assert_eq!(lines.finish(), None);
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut lines = LineReader::default();
        lines.read(&vec![b'o'; 1 << 20]);
        assert!(lines.line.len() <= MAX_LINE_BYTES);
        assert_eq!(lines.read(b"\nq\n"), [Event::Finish], "the following line counts again");
    }
}
