//! Which of a screen's modes.

use std::fmt;
use std::str::FromStr;

use drm::control::{Mode, ModeTypeFlags};

use crate::frame::Size;

/// The mode that the configuration asks for: `preferred`, `1280x720` or `1280x720@60`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WantedMode {
    /// What the screen says it likes best, else its first.
    #[default]
    Preferred,
    /// Columns and rows.
    Size {
        /// Columns and rows.
        size: Size,
        /// Pictures a second; `None`: the preferred one of that size, else the fastest.
        refresh: Option<u32>,
    },
}

impl FromStr for WantedMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "preferred" {
            return Ok(Self::Preferred);
        }
        let (size, refresh) = match text.split_once('@') {
            Some((size, refresh)) => (size, Some(refresh.parse().map_err(|_| ())?)),
            None => (text, None),
        };
        let (width, height) = size.split_once('x').ok_or(())?;
        let side = |text: &str| text.parse::<u16>().ok().filter(|n| *n > 0).map(u32::from).ok_or(());
        Ok(Self::Size {
            size: Size::new(side(width)?, side(height)?),
            refresh,
        })
    }
}

impl fmt::Display for WantedMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preferred => f.write_str("preferred"),
            Self::Size { size, refresh: None } => size.fmt(f),
            Self::Size {
                size,
                refresh: Some(refresh),
            } => write!(f, "{size}@{refresh}"),
        }
    }
}

/// What choosing looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    size: Size,
    refresh: u32,
    is_preferred: bool,
}

/// The mode of those that a screen offers.
pub(super) fn choose(wanted: WantedMode, offered: &[Mode]) -> Option<Mode> {
    let offers: Vec<Offer> = offered
        .iter()
        .map(|mode| Offer {
            size: size(mode),
            refresh: mode.vrefresh(),
            is_preferred: mode.mode_type().contains(ModeTypeFlags::PREFERRED),
        })
        .collect();
    choose_offer(wanted, &offers).map(|index| offered[index])
}

/// The index of the first that fits best.
fn choose_offer(wanted: WantedMode, offers: &[Offer]) -> Option<usize> {
    let fits = |offer: &Offer| match wanted {
        WantedMode::Preferred => true,
        WantedMode::Size { size, refresh } => offer.size == size && refresh.is_none_or(|r| r == offer.refresh),
    };
    let better = |offer: &Offer| match wanted {
        // Drivers list what they like best first.
        WantedMode::Preferred => (offer.is_preferred, 0),
        WantedMode::Size { .. } => (offer.is_preferred, offer.refresh),
    };
    let fitting = offers.iter().enumerate().filter(|(_, offer)| fits(offer));
    fitting
        .rev()
        .max_by_key(|(_, offer)| better(offer))
        .map(|(index, _)| index)
}

/// Columns and rows of a mode.
pub(super) fn size(mode: &Mode) -> Size {
    let (width, height) = mode.size();
    Size::new(width.into(), height.into())
}

/// Whether two modes drive a screen alike, whatever they are called.
pub(super) fn is_same(a: &Mode, b: &Mode) -> bool {
    let timing = |m: &Mode| (m.size(), m.clock(), m.hsync(), m.vsync());
    timing(a) == timing(b)
}

/// For example `1920x1080@60`.
pub(super) fn words(mode: &Mode) -> String {
    format!("{}@{}", size(mode), mode.vrefresh())
}

/// The first of those that are offered, each once, for a message.
pub(super) fn list(offered: &[Mode]) -> String {
    first_names(offered.iter().map(words))
}

/// Screens offer up to a hundred.
const NAMES_MAX: usize = 12;

fn first_names(all: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in all {
        if names.contains(&name) {
            continue;
        }
        if names.len() == NAMES_MAX {
            names.push("…".to_owned());
            break;
        }
        names.push(name);
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(width: u32, height: u32, refresh: u32, is_preferred: bool) -> Offer {
        Offer {
            size: Size::new(width, height),
            refresh,
            is_preferred,
        }
    }

    #[test]
    fn words_of_the_configuration_are_read_and_written_alike() {
        for text in ["preferred", "1280x720", "1920x1080@50"] {
            assert_eq!(text.parse::<WantedMode>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "best",
            "1280",
            "1280x",
            "0x720",
            "1280x720@",
            "1280x720@fast",
            "70000x1",
            "-1x5",
        ] {
            assert_eq!(text.parse::<WantedMode>(), Err(()), "{text:?}");
        }
    }

    #[test]
    fn names_of_modes_are_told_once_and_not_all() {
        let names = |count: u32| first_names((0..count).map(|n| format!("{}x480@60", 640 + n / 2)));
        assert_eq!(names(4), "640x480@60, 641x480@60");
        assert!(names(24).ends_with("651x480@60"));
        assert!(names(26).ends_with("651x480@60, …"), "{}", names(26));
    }

    #[test]
    fn the_mode_that_fits_best_is_taken() {
        let screen = [
            offer(1920, 1080, 60, false),
            offer(1920, 1080, 50, true),
            offer(1280, 720, 50, false),
            offer(1280, 720, 60, false),
            offer(1280, 720, 60, false),
        ];
        let chosen = |wanted: &str| choose_offer(wanted.parse().unwrap(), &screen);
        assert_eq!(chosen("preferred"), Some(1));
        assert_eq!(chosen("1920x1080"), Some(1));
        assert_eq!(chosen("1920x1080@60"), Some(0));
        assert_eq!(chosen("1280x720"), Some(3));
        assert_eq!(chosen("1280x720@50"), Some(2));
        assert_eq!(chosen("800x480"), None);
        assert_eq!(choose_offer(WantedMode::Preferred, &screen[2..]), Some(0));
        assert_eq!(choose_offer(WantedMode::Preferred, &[]), None);
    }
}
