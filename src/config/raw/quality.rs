//! `[quality]`: limits of the checks of a picture.

use serde::{Deserialize, Serialize};

use crate::measure::quality::{Admitted, QualitySettings, Range, WantedHead};
use crate::traits::Trait;

/// `false`, or numbers.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected false, or the numbers of its limits in brackets")]
pub(in crate::config) enum Limits<const COUNT: usize>
where
    [f64; COUNT]: for<'a> Deserialize<'a> + Serialize,
{
    Off(bool),
    Numbers([f64; COUNT]),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Quality {
    pub(in crate::config) one_fish: bool,
    pub(in crate::config) whole: bool,
    pub(in crate::config) parts: Vec<String>,
    pub(in crate::config) lateral: bool,
    pub(in crate::config) head: WantedHead,
    pub(in crate::config) curvature: Limits<2>,
    pub(in crate::config) tilt: Limits<2>,
    pub(in crate::config) focus: Limits<2>,
    pub(in crate::config) brightness: Limits<4>,
    pub(in crate::config) highlights: Limits<2>,
    pub(in crate::config) shadows: Limits<2>,
    pub(in crate::config) colour_cast: Limits<2>,
    pub(in crate::config) background: Limits<2>,
    pub(in crate::config) ruler: bool,
    pub(in crate::config) label: bool,
    pub(in crate::config) covered: Limits<2>,
    pub(in crate::config) auto: Admitted,
}

impl Default for Quality {
    fn default() -> Self {
        use crate::measure::quality::Limits as Pair;
        let rooms = QualitySettings::default();
        let pair = |limits: Option<Pair>| limits.map_or(Limits::Off(false), |l| Limits::Numbers([l.caution, l.bad]));
        let four = |range: Option<Range>| {
            let numbers = |r: Range| Limits::Numbers([r.bad_below, r.caution_below, r.caution_above, r.bad_above]);
            range.map_or(Limits::Off(false), numbers)
        };
        Self {
            one_fish: rooms.one_fish,
            whole: rooms.whole,
            parts: rooms.parts.iter().map(|part| part.bgnn_name().to_owned()).collect(),
            lateral: rooms.lateral,
            head: rooms.head,
            curvature: pair(rooms.curvature),
            tilt: pair(rooms.tilt),
            focus: pair(rooms.focus),
            brightness: four(rooms.brightness),
            highlights: pair(rooms.highlights),
            shadows: pair(rooms.shadows),
            colour_cast: pair(rooms.colour_cast),
            background: pair(rooms.background),
            ruler: rooms.ruler,
            label: rooms.label,
            covered: pair(rooms.covered),
            auto: rooms.auto,
        }
    }
}

impl Quality {
    /// The settings, or the key that is wrong and what is allowed.
    pub(in crate::config) fn settings(&self) -> Result<QualitySettings, (&'static str, String)> {
        use crate::measure::quality::Limits as Pair;
        let pair = |key, limits| Ok(numbers(key, limits)?.map(|[caution, bad]| Pair::new(caution, bad)));
        let range =
            numbers("brightness", self.brightness)?.map(|[bad_below, caution_below, caution_above, bad_above]| Range {
                bad_below,
                caution_below,
                caution_above,
                bad_above,
            });
        let part = |name: &String| {
            let names = || Trait::ALL.map(Trait::bgnn_name).join(", ");
            let known = Trait::from_bgnn_name(name);
            known.ok_or_else(|| {
                (
                    "parts",
                    format!("quality.parts has {name:?}; allowed is any of {}", names()),
                )
            })
        };
        let settings = QualitySettings {
            one_fish: self.one_fish,
            whole: self.whole,
            parts: self.parts.iter().map(part).collect::<Result<_, _>>()?,
            lateral: self.lateral,
            head: self.head,
            curvature: pair("curvature", self.curvature)?,
            tilt: pair("tilt", self.tilt)?,
            focus: pair("focus", self.focus)?,
            brightness: range,
            highlights: pair("highlights", self.highlights)?,
            shadows: pair("shadows", self.shadows)?,
            colour_cast: pair("colour_cast", self.colour_cast)?,
            background: pair("background", self.background)?,
            ruler: self.ruler,
            label: self.label,
            covered: pair("covered", self.covered)?,
            auto: self.auto,
        };
        match settings.check() {
            Ok(()) => Ok(settings),
            Err(error) => Err((error.key, error.to_string())),
        }
    }
}

fn numbers<const COUNT: usize>(
    key: &'static str,
    limits: Limits<COUNT>,
) -> Result<Option<[f64; COUNT]>, (&'static str, String)>
where
    [f64; COUNT]: for<'a> Deserialize<'a> + Serialize,
{
    match limits {
        Limits::Numbers(numbers) => Ok(Some(numbers)),
        Limits::Off(false) => Ok(None),
        Limits::Off(true) => Err((
            key,
            format!("quality.{key} is true; allowed is false, or {COUNT} numbers"),
        )),
    }
}
