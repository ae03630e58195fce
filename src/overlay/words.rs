//! The words, tone and icon of each state, and numbers as people read them.

use std::borrow::Cow;

use super::icon::Icon;
use super::theme::Tone;
use super::view::{State, View, Waiting};

/// How a state is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// How it is meant.
    pub tone: Tone,
    /// The same as a picture.
    pub icon: Icon,
    /// A few words that are read from two metres.
    pub headline: Cow<'a, str>,
    /// What to do, or which record.
    pub detail: Detail<'a>,
}

/// What is said below the headline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail<'a> {
    /// A sentence; its beginning matters most.
    Sentence(Cow<'a, str>),
    /// A record's id; its end distinguishes it from its neighbours.
    Id(&'a str),
}

impl Detail<'_> {
    /// The words, whatever they are.
    pub fn words(&self) -> &str {
        match self {
            Self::Sentence(words) => words,
            Self::Id(id) => id,
        }
    }
}

impl<'a> Message<'a> {
    fn new(tone: Tone, icon: Icon, headline: impl Into<Cow<'a, str>>, sentence: impl Into<Cow<'a, str>>) -> Self {
        Self {
            tone,
            icon,
            headline: headline.into(),
            detail: Detail::Sentence(sentence.into()),
        }
    }

    fn of_record(tone: Tone, icon: Icon, headline: &'a str, id: &'a str) -> Self {
        Self {
            tone,
            icon,
            headline: headline.into(),
            detail: Detail::Id(id),
        }
    }
}

/// The words of a view's state.
pub fn message(view: &View) -> Message<'_> {
    use Tone::{Calm, Error, Good, Ready, Warning};
    match &view.state {
        State::Starting { what } => Message::new(Calm, Icon::Hourglass, "Starting", what.as_str()),
        State::NoPicture => Message::new(Calm, Icon::Camera, "Waiting for the camera", "No picture has come yet"),
        State::Looking => Message::new(
            Calm,
            Icon::Magnifier,
            "Looking for a fish",
            "Lay specimen, label and ruler under the camera",
        ),
        State::Segmenting => Message::new(Ready, Icon::Fish, "Fish found", "Looking at its traits"),
        State::FishFound { hint } => Message::new(Ready, Icon::Fish, "Fish found", hint.as_str()),
        State::Settling { seconds } => Message::new(
            Ready,
            Icon::Hourglass,
            "Hold still",
            format!("Saves by itself in {seconds} s"),
        ),
        State::HeldBack { why } => Message::new(
            Warning,
            Icon::Attention,
            format!("Waits: {}", first_of(why)),
            held_back(why),
        ),
        State::FishCut => Message::new(
            Warning,
            Icon::Attention,
            "Fish is cut off",
            "Move all of it into the picture",
        ),
        State::AlreadySaved { id } => Message::of_record(Good, Icon::Check, "Already saved", id),
        State::Saving { id } => Message::of_record(Ready, Icon::Hourglass, "Saving", id),
        State::Saved { id, .. } => Message::of_record(Good, Icon::Check, "Saved", id),
        State::SavedInSpite { id, of } => {
            let headline = format!("Saved in spite of: {}", first_of(of));
            Message {
                detail: Detail::Id(id),
                ..Message::new(Warning, Icon::Check, headline, "")
            }
        }
        State::Voided { id } => Message::of_record(Warning, Icon::Cross, "Marked void", id),
        State::Refused => Message::new(
            Warning,
            Icon::Attention,
            "Not taken",
            format!("{}, try again soon", waiting(view.waiting)),
        ),
        State::StorageFull => Message::new(
            Error,
            Icon::Attention,
            "Storage full",
            "Nothing more can be saved. Change the disk or make room on it; all records so far are safe.",
        ),
        State::Failed { what, cure } => Message::new(Error, Icon::Attention, what.as_str(), cure.as_str()),
    }
}

/// The first of several complaints: the worst, in letters that are read from two metres.
fn first_of(complaints: &str) -> &str {
    complaints.split(", ").next().unwrap_or(complaints)
}

/// The other complaints, and what to do.
fn held_back(complaints: &str) -> String {
    match complaints.split_once(", ") {
        Some((_, others)) => format!("Also {others}. A key saves it all the same"),
        None => "Takes it once that is mended; a key saves it all the same".to_owned(),
    }
}

/// Sentences for the strip on top: what deserves attention but stops nothing.
pub fn notices(view: &View) -> Vec<Cow<'_, str>> {
    let mut notices: Vec<Cow<str>> = Vec::new();
    match view.annotations.further_fish.len() {
        0 => {}
        1 => notices.push("1 further fish in the frame".into()),
        more => notices.push(format!("{more} further fish in the frame").into()),
    }
    notices.extend(view.warnings.iter().map(|w| Cow::Borrowed(w.as_str())));
    if view.storage.is_some_and(|s| s.low) && view.state != State::StorageFull {
        notices.push("Storage almost full".into());
    }
    notices
}

/// For example `2 of 4 frames waiting`.
fn waiting(waiting: Waiting) -> String {
    format!("{} of {} frames waiting", waiting.frames, waiting.limit)
}

/// A number of records with thin groups of three, for example `12 345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Bytes in decimal units with two or three digits, for example `41.2 GB`.
pub fn bytes(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(value < 99.95 && unit > 0);
    format!("{value:.digits$} {}", units[unit])
}

/// A rate, for example `29.8/s`.
pub fn rate(per_second: f32) -> String {
    format!("{per_second:.1}/s")
}

/// Milliseconds below one second, seconds above.
pub fn latency(milliseconds: f32) -> String {
    if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else if milliseconds < 9_949.5 {
        // Four digits before the unit would push the word beside them off the panel.
        format!("{:.1} s", milliseconds / 1000.0)
    } else {
        format!("{:.0} s", milliseconds / 1000.0)
    }
}

/// A share of one, for example `97 %`.
pub fn percent(share: f32) -> String {
    format!("{:.0} %", (share * 100.0).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!(
            [0, 999, 1_000, 41_249_000_000, 999_960_000_000, u64::MAX].map(bytes),
            ["0 B", "999 B", "1.0 kB", "41.2 GB", "1.0 TB", "18.4 EB"]
        );
        assert_eq!(
            [0, 999, 12_345, 1_000_000].map(count),
            ["0", "999", "12 345", "1 000 000"]
        );
        assert_eq!(
            [480.4, 999.6, 1_301.0, 9_960.0, 12_300.0].map(latency),
            ["480 ms", "1.0 s", "1.3 s", "10 s", "12 s"]
        );
        assert_eq!(
            [0.0, 0.974, 1.2, f32::NAN].map(percent),
            ["0 %", "97 %", "100 %", "NaN %"]
        );
    }
}
