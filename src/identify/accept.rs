//! What a catalogue number looks like, for example `INHS-FISH-{digits:7}`.

use std::fmt;
use std::str::FromStr;

use super::IdentifyError;

/// The form of a catalogue number: plain text with fields in it. `{digits}` and `{letters}` stand for one or more of them, `{digits:7}` for exactly seven, `{any}` for one
/// or more signs of any kind. Text is compared letter by letter, upper and lower case apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptPattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field {
        kind: Kind,
        /// So many; one or more where it is not said.
        exactly: Option<usize>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digits,
    Letters,
    Any,
}

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 200;
/// Longest text that is compared, in characters; an id is shorter.
const MAX_TEXT: usize = 200;
/// Most signs of one field.
const MAX_COUNT: usize = 100;

impl Kind {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Digits => c.is_ascii_digit(),
            Self::Letters => c.is_alphabetic(),
            Self::Any => !c.is_control(),
        }
    }
}

impl AcceptPattern {
    /// Whether the whole of a text has this form.
    pub fn accepts(&self, text: &str) -> bool {
        if text.chars().nth(MAX_TEXT).is_some() {
            return false;
        }
        let characters: Vec<char> = text.chars().collect();
        // The places in the text that the parts so far can end at: no part is tried twice at one place, whatever the pattern.
        let mut ends = vec![false; characters.len() + 1];
        ends[0] = true;
        for part in &self.parts {
            ends = part.ends(&characters, &ends);
        }
        ends[characters.len()]
    }

    /// An example of the form, `INHS-FISH-0000000`.
    pub fn example(&self) -> String {
        let mut example = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => example.push_str(text),
                Part::Field { kind, exactly } => {
                    let sign = match kind {
                        Kind::Digits => '0',
                        Kind::Letters => 'A',
                        Kind::Any => 'x',
                    };
                    example.extend(std::iter::repeat_n(sign, exactly.unwrap_or(1)));
                }
            }
        }
        example
    }
}

impl Part {
    fn ends(&self, characters: &[char], starts: &[bool]) -> Vec<bool> {
        let mut ends = vec![false; starts.len()];
        for start in (0..starts.len()).filter(|at| starts[*at]) {
            let rest = &characters[start..];
            match self {
                Self::Text(text) => {
                    let length = text.chars().count();
                    if length <= rest.len() && text.chars().eq(rest[..length].iter().copied()) {
                        ends[start + length] = true;
                    }
                }
                Self::Field { kind, exactly } => {
                    let run = rest.iter().take_while(|c| kind.takes(**c)).count();
                    match *exactly {
                        Some(count) if count <= run => ends[start + count] = true,
                        Some(_) => {}
                        None => ends[start + 1..start + 1 + run].fill(true),
                    }
                }
            }
        }
        ends
    }
}

impl fmt::Display for AcceptPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for AcceptPattern {
    type Err = IdentifyError;

    fn from_str(text: &str) -> Result<Self, IdentifyError> {
        let fail = |problem| {
            Err(IdentifyError::Accept {
                pattern: text.to_owned(),
                problem,
            })
        };
        if text.len() > MAX_PATTERN {
            return fail("is longer than 200 bytes");
        }
        if text.is_empty() {
            return fail("is empty");
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let plain = &rest[..rest.find(['{', '}']).unwrap_or(rest.len())];
            if !plain.is_empty() {
                parts.push(Part::Text(plain.to_owned()));
            }
            rest = &rest[plain.len()..];
            if rest.is_empty() {
                break;
            }
            let Some((field, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) else {
                return fail("has a brace without its partner");
            };
            let (kind, count) = match field.split_once(':') {
                Some((kind, count)) => (kind, Some(count.parse::<usize>())),
                None => (field, None),
            };
            let kind = match kind {
                "digits" => Kind::Digits,
                "letters" => Kind::Letters,
                "any" => Kind::Any,
                _ => return fail("holds an unknown field"),
            };
            let exactly = match count {
                None => None,
                Some(Ok(count @ 1..=MAX_COUNT)) => Some(count),
                Some(_) => return fail("has a field whose number of signs is not 1 to 100"),
            };
            parts.push(Part::Field { kind, exactly });
            rest = after;
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(pattern: &str, text: &str) -> bool {
        pattern.parse::<AcceptPattern>().unwrap().accepts(text)
    }

    #[test]
    fn forms_of_catalogue_numbers() {
        for (pattern, good, bad) in [
            (
                "INHS-FISH-{digits}",
                &["INHS-FISH-1", "INHS-FISH-0012345"][..],
                &["inhs-fish-1", "INHS-FISH-", "INHS-FISH-1a", "xINHS-FISH-1"][..],
            ),
            (
                "INHS {digits:5}",
                &["INHS 54082"],
                &["INHS 5408", "INHS 540821", "INHS  54082"],
            ),
            (
                "{letters}-{letters:4}-{digits}",
                &["JFBM-FISH-0048705", "Ä-FISH-1"],
                &["JFBM-FISHES-1", "-FISH-1"],
            ),
            ("{any}", &["x", "a b/c"], &["", "a\u{1d}b"]),
            ("{any}{digits:3}", &["a123", "0123"], &["123", "abcd"]),
        ] {
            for text in good {
                assert!(accepts(pattern, text), "{pattern} takes {text}");
            }
            for text in bad {
                assert!(!accepts(pattern, text), "{pattern} does not take {text}");
            }
        }
    }

    #[test]
    fn patterns_that_can_not_work_are_refused() {
        for text in [
            "",
            "{digit}",
            "{digits",
            "digits}",
            "{digits:0}",
            "{digits:101}",
            "{digits:x}",
            "{}",
            &"a".repeat(201),
        ] {
            assert!(text.parse::<AcceptPattern>().is_err(), "{text}");
        }
    }

    /// The same by trying every length of every field.
    fn slowly(parts: &[Part], text: &[char]) -> bool {
        let Some((first, rest)) = parts.split_first() else {
            return text.is_empty();
        };
        match first {
            Part::Text(wanted) => {
                let wanted: Vec<char> = wanted.chars().collect();
                text.strip_prefix(&wanted[..]).is_some_and(|after| slowly(rest, after))
            }
            Part::Field { kind, exactly } => (1..=text.len()).any(|n| {
                exactly.is_none_or(|exactly| exactly == n)
                    && text[..n].iter().all(|c| kind.takes(*c))
                    && slowly(rest, &text[n..])
            }),
        }
    }

    proptest! {
        #[test]
        fn as_trying_everything(
            parts in proptest::collection::vec(prop_oneof!["[ab1]{1,2}", Just("{digits}".to_owned()), Just("{letters}".to_owned()), Just("{any}".to_owned()), Just("{digits:2}".to_owned())], 1..5),
            text in "[ab12]{0,8}",
        ) {
            let pattern: AcceptPattern = parts.concat().parse().unwrap();
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(pattern.accepts(&text), slowly(&pattern.parts, &characters));
        }

        #[test]
        fn a_pattern_takes_its_own_example(text in "([A-Z -]{0,3}\\{(digits|letters|any)(:[1-9])?\\}){1,4}") {
            let pattern: AcceptPattern = text.parse().unwrap();
            prop_assert!(pattern.accepts(&pattern.example()), "{}", pattern.example());
        }

        #[test]
        fn no_text_makes_it_panic(pattern in "\\PC{0,30}", text in any::<String>()) {
            if let Ok(pattern) = pattern.parse::<AcceptPattern>() {
                pattern.accepts(&text);
            }
        }
    }
}
