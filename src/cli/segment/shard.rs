//! `--shard I/N`: one of N parts of the pictures, for machines and jobs that share the work.
//!
//! A picture's part follows from the hash of its name below the folder that was given, and from nothing else. So each picture is in exactly
//! one part, in whatever order folders are read, on whatever machine, and it stays there when others are added or taken away: a part that is
//! run again finds its own earlier results.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::FromStr;

use super::pictures::Picture;
use crate::checksum::sha256_hex;
use crate::cli::batch::Refused;

/// More parts than any archive needs; keeps a slip of the finger from giving parts without pictures.
const MOST: u64 = 1_000_000;

/// One of N parts, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    number: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?;
        let parts = text.split_once('/');
        let parts = parts.and_then(|(number, of)| Some((digits(number)?, digits(of)?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) && of <= MOST => Ok(Self { number, of }),
            Some((_, of)) if of > MOST => Err(format!("at most {MOST} parts are allowed")),
            Some(_) => Err("parts are counted from 1: of 4 parts the first is 1/4, the last 4/4".to_owned()),
            None => Err("write the part's number and how many there are, for example 1/4".to_owned()),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// What of a run's pictures belongs to this part. What was refused belongs to one part, too, so that one names it.
    pub(super) fn of(self, pictures: Vec<Picture>, refused: Vec<Refused>) -> (Vec<Picture>, Vec<Refused>) {
        let pictures = pictures.into_iter().filter(|p| self.holds(&p.name)).collect();
        let refused = refused.into_iter().filter(|r| self.holds(&r.path)).collect();
        (pictures, refused)
    }

    fn holds(self, name: &Path) -> bool {
        let digest = sha256_hex(name.as_os_str().as_bytes());
        // 64 bits of the hash; with at most a million parts the remainder is even enough.
        let hash = digest.bytes().take(16).fold(0u64, |hash, digit| {
            hash << 4 | u64::from((digit as char).to_digit(16).unwrap_or(0))
        });
        hash % self.of == self.number - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn only_parts_that_exist_are_taken() {
        assert_eq!(shard("2/3").to_string(), "2/3");
        assert_eq!(shard("1/1"), Shard { number: 1, of: 1 });
        for wrong in [
            "",
            "1",
            "/",
            "1/",
            "/2",
            "0/0",
            "0/2",
            "3/2",
            "-1/2",
            "+1/2",
            "1/2/3",
            "1 / 2",
            "1/0",
            "a/b",
            "1/99999999",
            "1/99999999999999999999",
        ] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_stays_in_its_part_from_version_to_version() {
        // From `printf NAME | sha256sum`: the first 16 digits as a number, modulo 4.
        let parts = ["INHS_FISH_7780", "2019/INHS_FISH_7780", "a"].map(|name| {
            (1..=4)
                .find(|n| shard(&format!("{n}/4")).holds(Path::new(name)))
                .unwrap()
        });
        assert_eq!(parts, [1, 2, 3]);
    }

    proptest! {
        #[test]
        fn every_name_is_in_exactly_one_part(name in "[a-zA-Z0-9_/ö-]{1,40}", of in 1u64..50) {
            let holding = (1..=of).filter(|number| Shard { number: *number, of }.holds(Path::new(&name)));
            prop_assert_eq!(holding.count(), 1);
        }
    }

    #[test]
    fn parts_are_about_equal() {
        let names: Vec<String> = (0..2000).map(|n| format!("fish-{n:06}")).collect();
        for number in 1..=4 {
            let part = Shard { number, of: 4 };
            let count = names.iter().filter(|n| part.holds(Path::new(n))).count();
            assert!((400..600).contains(&count), "{count}");
        }
    }
}
