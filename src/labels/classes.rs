//! What a class of somebody's label file is: a trait, nothing of interest, or unknown.

use std::collections::BTreeMap;

use super::LabelsError;
use crate::traits::Trait;

/// What a class stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A trait.
    Trait(Trait),
    /// Ground, or something that is passed over.
    Nothing,
}

/// Names that are no traits and no mistakes: the ground in words, and the fish as a whole, which our own COCO export has.
const NOTHING: [&str; 5] = ["background", "ground", "_background_", "__ignore__", "fish"];

/// Names of classes and what they stand for: the traits' own names, and what the user says.
///
/// Case, spaces, hyphens and underscores do not matter. A trait is called as in BGNN's files (`adipos_fin`), as on the display (`caudal rays`), or
/// `adipose fin`; a number is a class id, 0 for the ground and k + 1 for the trait of channel k.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes {
    said: BTreeMap<String, Class>,
}

impl Classes {
    /// Takes one more name, as the command line has it: `NAME=TRAIT`, or `NAME=-` to pass it over.
    ///
    /// # Errors
    /// In words, if there is no `=` in it or no such trait.
    pub fn say(&mut self, text: &str) -> Result<(), String> {
        let (name, meant) = text
            .rsplit_once('=')
            .ok_or_else(|| format!("{text:?} has no =; write NAME=TRAIT, or NAME=- to leave the class out"))?;
        let class = match meant.trim() {
            "-" => Class::Nothing,
            meant => own(&plain(meant)).ok_or_else(|| {
                let names = Trait::ALL.map(Trait::bgnn_name).join(", ");
                format!("{meant:?} is no trait; they are {names}, or - to leave the class out")
            })?,
        };
        self.said.insert(plain(name), class);
        Ok(())
    }

    /// What a class of that name is; `None` where nothing is known.
    pub fn of_name(&self, name: &str) -> Option<Class> {
        let name = plain(name);
        self.said.get(&name).copied().or_else(|| own(&name))
    }

    /// What a class of that number is in a label map without names; `None` where nothing is known.
    pub fn of_number(&self, number: i64) -> Option<Class> {
        let said = self.said.get(&number.to_string()).copied();
        said.or_else(|| of_id(number))
    }
}

fn of_id(number: i64) -> Option<Class> {
    match number {
        0 => Some(Class::Nothing),
        _ => Trait::from_channel(usize::try_from(number.checked_sub(1)?).ok()?).map(Class::Trait),
    }
}

fn own(plain_name: &str) -> Option<Class> {
    let is = |which: &Trait| {
        let names = [which.bgnn_name(), which.label()];
        names.iter().any(|name| plain(name) == plain_name)
    };
    match Trait::ALL.into_iter().find(is) {
        Some(which) => Some(Class::Trait(which)),
        None if NOTHING.iter().any(|name| plain(name) == plain_name) => Some(Class::Nothing),
        None => None,
    }
}

fn plain(name: &str) -> String {
    let letter = |c: char| {
        if c == '-' || c == '_' || c.is_whitespace() {
            ' '
        } else {
            c
        }
    };
    let spaced: String = name.to_lowercase().chars().map(letter).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What to do about classes that are no traits, and shapes without an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unknown {
    /// The picture's label is refused, and they are named.
    #[default]
    Refuse,
    /// They are passed over, named and counted.
    Skip,
}

/// Things that were met and are no traits, each with its number of shapes or pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Strangers {
    met: BTreeMap<String, u64>,
    /// Further ones that are not kept by name.
    more: u64,
}

impl Strangers {
    /// So many different ones are kept by name.
    const MOST: usize = 64;

    pub(super) fn add(&mut self, what: &str, count: u64) {
        if let Some(known) = self.met.get_mut(what) {
            *known += count;
        } else if self.met.len() < Self::MOST {
            self.met.insert(what.to_owned(), count);
        } else {
            self.more += count;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    pub(super) fn words(&self) -> String {
        let mut words: Vec<String> = self
            .met
            .iter()
            .map(|(what, count)| format!("{what} ({count})"))
            .collect();
        if self.more > 0 {
            words.push(format!("and others ({})", self.more));
        }
        words.join(", ")
    }

    /// Refuses, or gives the words for what was passed over.
    pub(super) fn judged(&self, unknown: Unknown) -> Result<Option<String>, LabelsError> {
        match unknown {
            _ if self.is_empty() => Ok(None),
            Unknown::Refuse => Err(LabelsError::Unknown { found: self.words() }),
            Unknown::Skip => Ok(Some(format!("left out, no traits: {}", self.words()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_are_known_by_all_their_names() {
        let classes = Classes::default();
        for which in Trait::ALL {
            for name in [
                which.bgnn_name().to_uppercase(),
                which.label().replace(' ', "-"),
                format!(" {}", which.label()),
            ] {
                assert_eq!(classes.of_name(&name), Some(Class::Trait(which)), "{name}");
            }
            assert_eq!(classes.of_number(which.channel() as i64 + 1), Some(Class::Trait(which)));
        }
        assert_eq!(classes.of_name("Adipose fin"), Some(Class::Trait(Trait::AdiposeFin)));
        assert_eq!(classes.of_name("_background_"), Some(Class::Nothing));
        for number in [-1, 13, i64::MIN, i64::MAX] {
            assert_eq!(classes.of_number(number), None);
        }
        assert_eq!(classes.of_name("tail"), None);
    }

    #[test]
    fn the_user_s_word_counts_first() {
        let mut classes = Classes::default();
        for said in ["Segment_1=caudal fin", "scale = -", "3=eye", "head=trunk", "a=b=eye"] {
            classes.say(said).unwrap();
        }
        assert_eq!(classes.of_name("segment 1"), Some(Class::Trait(Trait::CaudalFin)));
        assert_eq!(classes.of_name("Scale"), Some(Class::Nothing));
        assert_eq!(classes.of_number(3), Some(Class::Trait(Trait::Eye)));
        assert_eq!(classes.of_name("head"), Some(Class::Trait(Trait::Trunk)));
        assert_eq!(classes.of_name("A=B"), Some(Class::Trait(Trait::Eye)));
        assert!(classes.say("tail").unwrap_err().contains("no ="));
        assert!(classes.say("tail=fin").unwrap_err().contains("no trait"));
    }
}
