//! How a line is named in the configuration.

use std::fmt;
use std::str::FromStr;

/// Names one line: by its own name, or by its chip and its number there.
///
/// A Raspberry Pi's lines have names such as `GPIO17`, which are the same on every model; their chip's number is not. Lines without a name are
/// written `gpiochip0/17`, as `gpioinfo` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LineId {
    /// The line's own name.
    Name(String),
    /// A line of a chip.
    Offset {
        /// The chip's file in `/dev`, for example `gpiochip0`.
        chip: String,
        /// The line's number on it, from 0.
        offset: u32,
    },
}

/// The longest name that the kernel knows is 31 bytes; what is much longer is no name.
const LONGEST: usize = 100;

impl FromStr for LineId {
    type Err = &'static str;

    /// `GPIO17` or `gpiochip0/17`; what is allowed, in words, where the text is neither.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str = "a line's name such as \"GPIO17\", or a chip and a number such as \"gpiochip0/17\"";
        if text.trim() != text || text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(ALLOWED);
        }
        let text = text.strip_prefix("/dev/").unwrap_or(text);
        match text.split_once('/') {
            None => Ok(Self::Name(text.to_owned())),
            Some((chip, offset)) if !chip.is_empty() && offset.bytes().all(|b| b.is_ascii_digit()) => {
                let offset = offset.parse().map_err(|_| ALLOWED)?;
                let chip = chip.to_owned();
                Ok(Self::Offset { chip, offset })
            }
            Some(_) => Err(ALLOWED),
        }
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Offset { chip, offset } => write!(f, "{chip}/{offset}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_numbers() {
        let offset = |chip: &str, offset| LineId::Offset {
            chip: chip.into(),
            offset,
        };
        for (text, line) in [
            ("GPIO17", LineId::Name("GPIO17".into())),
            ("PQ.05", LineId::Name("PQ.05".into())),
            ("gpiochip0/17", offset("gpiochip0", 17)),
            ("/dev/gpiochip4/0", offset("gpiochip4", 0)),
        ] {
            assert_eq!(text.parse(), Ok(line), "{text}");
        }
        for text in [
            "",
            " GPIO1",
            "a\nb",
            "gpiochip0/",
            "/17",
            "gpiochip0/-1",
            "gpiochip0/x",
            "gpiochip0/4294967296",
        ] {
            assert!(text.parse::<LineId>().is_err(), "{text:?}");
        }
        assert!("x".repeat(LONGEST + 1).parse::<LineId>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(text in "\\PC{0,110}") {
            if let Ok(line) = text.parse::<LineId>() {
                prop_assert_eq!(line.to_string().parse::<LineId>(), Ok(line));
            }
        }
    }
}
