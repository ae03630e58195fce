//! Patterns of ids, for example `INHS_FISH_{counter:06}`.

use std::fmt::Write;
use std::str::FromStr;

use jiff::civil::Date;

use super::{IdentifyError, RecordId};

/// How ids are made: plain text with `{counter}`, `{counter:06}` (filled up with zeros to six digits), `{name}` (the file's name without
/// folder and extension) and `{date}` (`2026-11-24`, local) in it.
///
/// At most one counter and one name; without `{counter}` or `{name}` every record would get the same id, which is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// With its least number of digits.
    Counter(usize),
    Name,
    Date,
}

/// Digits of a `{date}`.
const DATE_LENGTH: usize = "2026-11-24".len();

impl IdPattern {
    /// Whether the pattern counts.
    pub fn counts(&self) -> bool {
        self.parts.iter().any(|p| matches!(p, Part::Counter(_)))
    }

    /// The id for one frame. `name`: the frame's file name without folder and extension, if it has one.
    ///
    /// # Errors
    /// [`IdentifyError::NoName`] if the pattern needs a name and there is none; [`IdentifyError::Unusable`] if the result is no safe name.
    pub fn id(&self, counter: u64, name: Option<&str>, date: Date) -> Result<RecordId, IdentifyError> {
        let mut id = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => id.push_str(text),
                Part::Counter(digits) => write!(id, "{counter:0digits$}").expect("a string takes everything"),
                Part::Name => id.push_str(RecordId::from_file_name(name.ok_or(IdentifyError::NoName)?)?.as_str()),
                Part::Date => write!(id, "{date}").expect("a string takes everything"),
            }
        }
        RecordId::new(id)
    }

    /// The counter in an id that this pattern made, also of a repeat (`…-2`); `None` for any other id.
    pub fn counter_of(&self, id: &str) -> Option<u64> {
        let counter = Self::match_parts(&self.parts, id);
        counter.or_else(|| {
            let (base, suffix) = id.rsplit_once('-')?;
            suffix.parse::<u64>().ok()?;
            Self::match_parts(&self.parts, base)
        })?
    }

    /// `Some(counter)` where `parts` fit the whole of `text`.
    fn match_parts(parts: &[Part], text: &str) -> Option<Option<u64>> {
        let Some((first, rest)) = parts.split_first() else {
            return text.is_empty().then_some(None);
        };
        match first {
            Part::Text(wanted) => Self::match_parts(rest, text.strip_prefix(wanted.as_str())?),
            Part::Date => {
                text.get(..DATE_LENGTH)?.parse::<Date>().ok()?;
                Self::match_parts(rest, &text[DATE_LENGTH..])
            }
            Part::Counter(least) => {
                let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                // The longest stretch of digits first: digits that follow a counter can only come from a name or text.
                (*least.max(&1)..=digits).rev().find_map(|n| {
                    Self::match_parts(rest, &text[n..])?;
                    Some(Some(text[..n].parse().ok()?))
                })
            }
            Part::Name => text
                .char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .rev()
                .find_map(|end| Self::match_parts(rest, &text[end..])),
        }
    }
}

impl FromStr for IdPattern {
    type Err = IdentifyError;

    fn from_str(pattern: &str) -> Result<Self, IdentifyError> {
        let fail = |problem| {
            Err(IdentifyError::Pattern {
                pattern: pattern.to_owned(),
                problem,
            })
        };
        let mut parts = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            let text = &rest[..rest.find(['{', '}']).unwrap_or(rest.len())];
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            rest = &rest[text.len()..];
            if rest.is_empty() {
                break;
            }
            let Some((field, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) else {
                return fail("has a brace without its partner");
            };
            parts.push(match field {
                "counter" => Part::Counter(1),
                "name" => Part::Name,
                "date" => Part::Date,
                _ => match field.strip_prefix("counter:0").map(str::parse::<usize>) {
                    Some(Ok(digits @ 1..=18)) => Part::Counter(digits),
                    Some(_) => return fail("has a counter whose digits are not 01 to 018"),
                    None => return fail("holds an unknown field"),
                },
            });
            rest = after;
        }
        match parts.iter().filter(|p| matches!(p, Part::Counter(_))).count() {
            0 if !parts.contains(&Part::Name) => return fail("gives every record the same id"),
            0 | 1 => {}
            _ => return fail("counts twice"),
        }
        if parts.iter().filter(|p| matches!(p, Part::Name)).count() > 1 {
            return fail("names the file twice");
        }
        if parts
            .windows(2)
            .any(|two| matches!(two, [Part::Name, Part::Counter(_)]))
        {
            // The counter that follows a name's own digits could not be read back from an id.
            return fail("has a counter right behind the name; put a sign such as _ between them");
        }
        let pattern = Self { parts };
        // Text that no file system takes is found now and not at the first specimen.
        let date = jiff::civil::date(2026, 1, 1);
        pattern.id(1, Some("name"), date)?;
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn pattern(text: &str) -> IdPattern {
        text.parse().unwrap()
    }

    #[test]
    fn fields_are_filled_in() {
        let day = date(2026, 11, 24);
        let id = |p: &str| pattern(p).id(742, Some("IMG 0001"), day).unwrap().to_string();
        assert_eq!(id("INHS_FISH_{counter:06}"), "INHS_FISH_000742");
        assert_eq!(id("{date}_{counter}"), "2026-11-24_742");
        assert_eq!(id("{name}"), "IMG 0001");
    }

    #[test]
    fn patterns_that_can_not_work_are_refused() {
        for text in [
            "",
            "fish",
            "{date}",
            "{count}",
            "{counter",
            "counter}",
            "{counter:6}",
            "{counter:00}",
            "{counter}{counter}",
            "{name}{name}",
            "a/{counter}",
            "{counter:099}",
            "{name}{counter}",
            "{date}-{name}{counter:06}",
        ] {
            assert!(text.parse::<IdPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_frame_without_a_file_has_no_name() {
        assert_eq!(
            pattern("{name}").id(1, None, date(2026, 1, 1)),
            Err(IdentifyError::NoName)
        );
    }

    #[test]
    fn a_hostile_file_name_becomes_a_safe_id() {
        let id = pattern("{name}")
            .id(1, Some("../../etc/passwd"), date(2026, 1, 1))
            .unwrap();
        assert_eq!(id.as_str(), "_.._etc_passwd");
    }

    #[test]
    fn ids_of_others_do_not_count() {
        let p = pattern("F_{counter:04}");
        assert_eq!(p.counter_of("F_0012"), Some(12));
        assert_eq!(p.counter_of("F_0012-3"), Some(12));
        assert_eq!(p.counter_of("F_12345"), Some(12345));
        for other in [
            "F_12",
            "G_0012",
            "F_0012x",
            "F_0012-x",
            "F_",
            "F_99999999999999999999999",
        ] {
            assert_eq!(p.counter_of(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn the_counter_is_found_again(
            counter in 0u64..10_000_000, digits in 1usize..9, before in "[A-Z_]{0,6}", after in "[a-z_]{0,4}", repeat in 1u64..12,
        ) {
            let p = pattern(&format!("{before}{{counter:0{digits}}}{after}"));
            let id = p.id(counter, None, date(2026, 2, 28)).unwrap().repeat(repeat).unwrap();
            prop_assert_eq!(p.counter_of(id.as_str()), Some(counter));
        }

        #[test]
        fn the_counter_is_found_again_behind_any_name(counter in 0u64..10_000_000, name in "[A-Z][A-Z0-9_-]{0,11}") {
            let p = pattern("{name}_{counter:03}");
            let id = p.id(counter, Some(&name), date(2026, 2, 28)).unwrap();
            prop_assert_eq!(p.counter_of(id.as_str()), Some(counter));
        }

        #[test]
        fn no_text_makes_it_panic(pattern in "\\PC{0,30}", id in "\\PC{0,30}") {
            if let Ok(p) = pattern.parse::<IdPattern>() {
                p.counter_of(&id);
                let _ = p.id(1, Some(&id), date(2026, 1, 1));
            }
        }
    }
}
