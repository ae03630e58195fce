//! All checks of one picture.

use image::RgbImage;

use super::focus::edge_width;
use super::light::{FishLight, GroundLight};
use super::posture::Posture;
use super::silhouette::Silhouette;
use super::{Check, CheckName, Limits, Quality, QualitySettings, Range, Verdict, WantedHead, covered, parts};
use crate::frame::PixelBox;
use crate::locate::{HeadSide, Scene};
use crate::measure::scale::Scale;
use crate::measure::specimen::Subject;
use crate::traits::TraitSet;

/// What there is to judge: a frame and what was found in it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The upright frame.
    pub picture: &'a RgbImage,
    /// Fish, label and ruler in it.
    pub scene: &'a Scene,
    /// The segmented specimen.
    pub subject: Option<&'a Subject<'a>>,
    /// The scale that the picture tells.
    pub scale: Option<&'a Scale>,
}

/// Judges a picture. What can't be told is said to be unknown, never good.
pub fn assess(seen: &Seen<'_>, settings: &QualitySettings) -> Quality {
    let Seen {
        picture,
        scene,
        subject,
        ..
    } = *seen;
    // A picture that was given as a crop has neither ground around it nor papers.
    let is_crop = scene.fish.is_none() && subject.is_some();
    let silhouette = subject.and_then(Silhouette::of);
    let posture = silhouette.as_ref().and_then(Posture::of);
    let ground = ground(seen, is_crop);
    let light = silhouette.as_ref().and_then(|s| FishLight::of(picture, s));
    let width = subject.and_then(|s| edge_width(picture, s.crop_box));
    let covered = silhouette
        .as_ref()
        .zip(ground.as_ref())
        .map(|(silhouette, ground)| covered::share(silhouette, picture, ground, &papers(scene)));
    let head = subject.map_or(HeadSide::Unknown, |s| s.head);
    let checks = vec![
        fish_count(seen, is_crop, settings.one_fish),
        cut(seen, head, settings.whole),
        parts::missing(subject, settings.parts),
        parts::lateral(subject, settings.lateral),
        head_side(head, posture, settings.head),
        limited(CheckName::Curvature, posture.map(|p| p.sagitta), settings.curvature).said(
            "straight",
            "bent a little",
            "bent",
        ),
        tilt(posture, scene, settings.tilt),
        limited(CheckName::Focus, width, settings.focus).said("in focus", "slightly out of focus", "out of focus"),
        brightness(light, settings.brightness),
        limited(CheckName::Highlights, light.map(|l| l.clipped), settings.highlights).said(
            "no glare",
            "some glare",
            "glare on the fish",
        ),
        limited(CheckName::Shadows, light.map(|l| l.black), settings.shadows).said(
            "no black parts",
            "some parts black",
            "parts black",
        ),
        limited(CheckName::ColourCast, ground.map(|g| g.cast()), settings.colour_cast).said(
            "no colour cast",
            "slight colour cast",
            "coloured light",
        ),
        limited(CheckName::Background, ground.map(|g| g.range), settings.background).said(
            "even background",
            "background slightly uneven",
            "background uneven",
        ),
        ruler(seen, is_crop, settings.ruler),
        wanted(CheckName::Label, scene.label, is_crop, settings.label).said("label there", "", "no label"),
        limited(CheckName::Covered, covered, settings.covered).said(
            "nothing over the fish",
            "something near the fish",
            "something over the fish",
        ),
        outcome(
            CheckName::PartsFolded,
            None,
            Verdict::Unknown,
            "folded fins can't be told",
        ),
    ];
    Quality {
        checks,
        saved_in_spite_of: Vec::new(),
    }
}

/// Label, ruler and further fish.
fn papers(scene: &Scene) -> Vec<PixelBox> {
    let papers = scene.label.into_iter().chain(scene.ruler);
    papers.chain(scene.further_fish.iter().copied()).collect()
}

fn ground(seen: &Seen<'_>, is_crop: bool) -> Option<GroundLight> {
    if is_crop {
        return None;
    }
    let fish = seen.scene.fish.as_ref().map(|fish| fish.bounds);
    GroundLight::of(seen.picture, fish, &papers(seen.scene))
}

/// A check that is finished.
pub(super) fn outcome(name: CheckName, value: Option<f64>, verdict: Verdict, words: impl Into<String>) -> Check {
    Check {
        name,
        value,
        unit: name.unit().to_owned(),
        caution: None,
        limit: None,
        verdict,
        words: words.into(),
    }
}

/// A check without its words.
struct Unsaid(Check);

impl Unsaid {
    /// Words for good, doubtful and bad.
    fn said(self, good: &str, doubtful: &str, bad: &str) -> Check {
        let words = match self.0.verdict {
            Verdict::Good => good,
            Verdict::Doubtful => doubtful,
            Verdict::Bad => bad,
            Verdict::Unknown if self.0.value.is_some() => "not judged",
            Verdict::Unknown => "can't be told",
        };
        Check {
            words: words.to_owned(),
            ..self.0
        }
    }
}

/// The greater the value, the worse.
fn limited(name: CheckName, value: Option<f64>, limits: Option<Limits>) -> Unsaid {
    let verdict = match (value, limits) {
        (Some(value), Some(limits)) => limits.judge(value),
        _ => Verdict::Unknown,
    };
    Unsaid(Check {
        caution: limits.map(|l| l.caution),
        limit: limits.map(|l| l.bad),
        ..outcome(name, value, verdict, "")
    })
}

/// Something that should lie in the picture.
fn wanted(name: CheckName, found: Option<PixelBox>, is_crop: bool, is_wanted: bool) -> Unsaid {
    if is_crop {
        return Unsaid(outcome(name, None, Verdict::Unknown, ""));
    }
    let verdict = match (is_wanted, found) {
        (false, _) => Verdict::Unknown,
        (true, Some(_)) => Verdict::Good,
        (true, None) => Verdict::Bad,
    };
    Unsaid(outcome(name, Some(f64::from(u8::from(found.is_some()))), verdict, ""))
}

fn fish_count(seen: &Seen<'_>, is_crop: bool, one_fish: bool) -> Check {
    let name = CheckName::FishCount;
    if is_crop {
        return outcome(name, None, Verdict::Unknown, "can't be told");
    }
    let count = seen.scene.further_fish.len() + usize::from(seen.scene.fish.is_some());
    let verdict = match (one_fish, count) {
        (false, _) => Verdict::Unknown,
        (true, 1) => Verdict::Good,
        (true, _) => Verdict::Bad,
    };
    let words = match count {
        0 => "no fish".to_owned(),
        1 => "one fish".to_owned(),
        2 => "two fish".to_owned(),
        more => format!("{more} fish"),
    };
    outcome(name, Some(count as f64), verdict, words)
}

/// A fish whose outline ends closer to the edge than this share of its length may go on behind it.
const CUT_GAP: f64 = 0.015;

/// The box around what the network knows for fish: a hand that reaches in from the edge is none.
fn visible_bounds(seen: &Seen<'_>) -> Option<PixelBox> {
    let subject = seen.subject?;
    let inside = subject.mask.bounding_box(TraitSet::ALL)?;
    let (left, top) = (subject.crop_box.left, subject.crop_box.top);
    Some(PixelBox::new(
        left + inside.left,
        top + inside.top,
        left + inside.right,
        top + inside.bottom,
    ))
}

/// The gap between the fish's box and the nearest edge of the picture, as a share of the picture's width.
fn cut(seen: &Seen<'_>, head: HeadSide, must_be_whole: bool) -> Check {
    let name = CheckName::Cut;
    let scene = seen.scene;
    let Some(fish) = &scene.fish else {
        return outcome(name, None, Verdict::Unknown, "can't be told");
    };
    let (b, size) = (visible_bounds(seen).unwrap_or(fish.bounds), scene.picture);
    let gaps = [
        b.left,
        b.top,
        size.width - b.right.min(size.width),
        size.height - b.bottom.min(size.height),
    ];
    let gap = gaps.into_iter().min().unwrap_or(0);
    // The network's outline may end a little before the edge.
    let is_cut = gap == 0 || fish.cut_by_edge && f64::from(gap) < CUT_GAP * f64::from(b.width());
    let touches = |side: usize| gaps[side] == gap;
    let (verdict, words) = match (must_be_whole, is_cut) {
        (false, _) => (Verdict::Unknown, "not judged"),
        (true, false) => (Verdict::Good, "fish complete"),
        (true, true) => (
            Verdict::Bad,
            match head {
                HeadSide::Left if touches(0) => "head cut off",
                HeadSide::Left if touches(2) => "tail cut off",
                HeadSide::Right if touches(2) => "head cut off",
                HeadSide::Right if touches(0) => "tail cut off",
                _ => "fish cut off",
            },
        ),
    };
    let share = f64::from(gap) / f64::from(size.width.max(1));
    outcome(name, Some(share), verdict, words)
}

/// As the hour of a clock's hand: 9 is left.
fn head_side(head: HeadSide, posture: Option<Posture>, wanted: WantedHead) -> Check {
    let name = CheckName::HeadSide;
    // The right end lies lower: the hand stands later on either side.
    let turned = posture.map_or(0.0, |p| p.tilt_degrees) / 30.0;
    let (hour, words) = match head {
        HeadSide::Left => (9.0 + turned, "head to the left"),
        HeadSide::Right => ((3.0 + turned).rem_euclid(12.0), "head to the right"),
        HeadSide::Unknown => return outcome(name, None, Verdict::Unknown, "can't be told"),
    };
    let verdict = match (wanted, head) {
        (WantedHead::Any, _) => Verdict::Unknown,
        (WantedHead::Left, HeadSide::Left) | (WantedHead::Right, HeadSide::Right) => Verdict::Good,
        _ => Verdict::Bad,
    };
    outcome(name, Some(hour), verdict, words)
}

fn tilt(posture: Option<Posture>, scene: &Scene, limits: Option<Limits>) -> Check {
    let outline = || scene.fish.as_ref().map(|fish| f64::from(fish.tilt_degrees));
    let degrees = posture.map(|p| p.tilt_degrees).or_else(outline);
    let judged = limited(CheckName::Tilt, degrees.map(f64::abs), limits).said("level", "slightly tilted", "tilted");
    Check {
        // The side to which it is tilted is worth keeping.
        value: degrees,
        ..judged
    }
}

fn brightness(light: Option<FishLight>, range: Option<Range>) -> Check {
    let name = CheckName::Brightness;
    let (Some(value), Some(range)) = (light.map(|l| l.middle), range) else {
        let value = light.map(|l| l.middle);
        return limited(name, value, None).said("", "", "");
    };
    let is_dark = value < (range.caution_below + range.caution_above) / 2.0;
    let (caution, limit) = match is_dark {
        true => (range.caution_below, range.bad_below),
        false => (range.caution_above, range.bad_above),
    };
    // Mirrored, what is too dark exceeds a limit as what is too bright does.
    let sign = if is_dark { -1.0 } else { 1.0 };
    let verdict = Limits::new(sign * caution, sign * limit).judge(sign * value);
    let words = match (verdict, is_dark) {
        (Verdict::Bad, true) => "too dark",
        (Verdict::Bad, false) => "too bright",
        (Verdict::Doubtful, true) => "a little dark",
        (Verdict::Doubtful, false) => "a little bright",
        _ => "light is good",
    };
    Check {
        caution: Some(caution),
        limit: Some(limit),
        ..outcome(name, Some(value), verdict, words)
    }
}

/// A ruler that lies there but can't be read is of little use.
fn ruler(seen: &Seen<'_>, is_crop: bool, is_wanted: bool) -> Check {
    let check = wanted(CheckName::Ruler, seen.scene.ruler, is_crop, is_wanted).said("ruler there", "", "no ruler");
    if check.verdict == Verdict::Good && seen.scale.is_none() {
        return Check {
            verdict: Verdict::Doubtful,
            words: "ruler can't be read".to_owned(),
            ..check
        };
    }
    check
}
