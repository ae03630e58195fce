//! Is the scene still, and was this specimen recorded already?
//!
//! Both questions are answered from small signatures of the picture, so that nothing large is kept and the answers can be tested without pictures.

use std::time::Duration;

use image::RgbImage;

use super::status::Auto;
use crate::frame::{PixelBox, Size};
use crate::identify::Code;
use crate::measure::quality::Quality;

/// Columns and rows of a signature.
const COLUMNS: u32 = 24;
const ROWS: u32 = 16;
/// At most this many pixels along each side of a cell are looked at, so that a large frame costs no more than a small one.
const SAMPLES: u32 = 16;

/// Two scenes whose cells differ by at most this much on average, and ...
const STILL_MEAN: f64 = 2.0;
/// ... in the worst cell, are the same scene: a camera's noise is far below it after averaging, a moving hand far above. Grey levels of 255.
const STILL_WORST: u8 = 14;
/// A fish box that overlaps its earlier self this much has not moved. Noise of 10 grey levels leaves at least 0.93 between two boxes of one fish.
const STILL_OVERLAP: f64 = 0.9;
/// Two fish whose cells differ by this much on average are two specimens. Drawn specimens of one form differ by 18 or more, one that was turned by
/// 1.5 degrees differs from itself by 9 or less. Turned by 4 degrees it can pass for another: better a record to undo than a specimen without one.
const OTHER_FISH_MEAN: f64 = 14.0;
/// So are two boxes whose width or height differs by this factor.
const OTHER_FISH_SIZE: f64 = 1.25;
/// A fish that has been out of sight for this long has left; a shorter gap is a hand in the way, or one picture in which it was not found.
const LEFT_AFTER: Duration = Duration::from_millis(800);

/// The luma of a rectangle, brought to a few cells.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// The signature of a part of a picture; of an empty part, all cells are black.
    pub fn of(picture: &RgbImage, part: PixelBox) -> Self {
        let whole = PixelBox::whole(Size::from(picture.dimensions()));
        let Some(part) = part.intersection(&whole) else {
            return Self(vec![0; (COLUMNS * ROWS) as usize]);
        };
        let cells = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (column, row)));
        Self(
            cells
                .map(|(column, row)| mean_luma(picture, cell_of(part, column, row)))
                .collect(),
        )
    }

    /// Mean and largest difference of two signatures, in grey levels.
    fn difference(&self, other: &Self) -> (f64, u8) {
        let differences = || self.0.iter().zip(&other.0).map(|(a, b)| a.abs_diff(*b));
        let sum: u64 = differences().map(u64::from).sum();
        (
            sum as f64 / self.0.len().max(1) as f64,
            differences().max().unwrap_or(0),
        )
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sum: u64 = self.0.iter().map(|v| u64::from(*v)).sum();
        write!(f, "Signature(mean {})", sum / self.0.len().max(1) as u64)
    }
}

/// The pixels of one cell; at least one, also where the part has fewer pixels than cells.
fn cell_of(part: PixelBox, column: u32, row: u32) -> PixelBox {
    let edge =
        |start: u32, length: u32, i: u32, n: u32| start + (u64::from(length) * u64::from(i) / u64::from(n)) as u32;
    let left = edge(part.left, part.width(), column, COLUMNS);
    let top = edge(part.top, part.height(), row, ROWS);
    let right = edge(part.left, part.width(), column + 1, COLUMNS).max(left + 1);
    let bottom = edge(part.top, part.height(), row + 1, ROWS).max(top + 1);
    PixelBox::new(left, top, right, bottom)
}

fn mean_luma(picture: &RgbImage, cell: PixelBox) -> u8 {
    let step = |side: u32| side.div_ceil(SAMPLES).max(1) as usize;
    let (mut sum, mut count) = (0u32, 0u32);
    for y in (cell.top..cell.bottom).step_by(step(cell.height())) {
        for x in (cell.left..cell.right).step_by(step(cell.width())) {
            let [r, g, b] = picture.get_pixel(x, y).0.map(u32::from);
            // ITU-R BT.601 luma in hundredths.
            sum += (30 * r + 59 * g + 11 * b) / 100;
            count += 1;
        }
    }
    (sum / count.max(1)) as u8
}

/// A fish as it looked once.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenFish {
    /// Its box in the upright picture.
    pub bounds: PixelBox,
    /// What is in the box. It follows the fish, so it hardly changes when the fish is pushed.
    pub look: Signature,
}

/// What matters about one analysed frame for deciding whether to record it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The whole picture.
    pub scene: Signature,
    /// The fish in it.
    pub fish: Option<SeenFish>,
    /// Whether the picture is fit to be measured.
    pub quality: Quality,
    /// The codes on its label.
    pub codes: Vec<Code>,
}

impl Observation {
    /// The observation of an upright picture with the fish that was found in it.
    pub fn of(picture: &RgbImage, fish: Option<PixelBox>) -> Self {
        Self {
            scene: Signature::of(picture, PixelBox::whole(Size::from(picture.dimensions()))),
            fish: fish.map(|bounds| SeenFish {
                bounds,
                look: Signature::of(picture, bounds),
            }),
            quality: Quality::default(),
            codes: Vec::new(),
        }
    }

    /// The same with the codes that were read.
    pub fn with_codes(self, codes: &[Code]) -> Self {
        Self {
            codes: codes.to_vec(),
            ..self
        }
    }

    /// The same with what the checks of its quality found.
    pub fn with_quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }

    fn is_still_beside(&self, earlier: &Self) -> bool {
        let (mean, worst) = self.scene.difference(&earlier.scene);
        let fish_rests = match (&self.fish, &earlier.fish) {
            (Some(now), Some(then)) => now.bounds.iou(&then.bounds) >= STILL_OVERLAP,
            (None, None) => true,
            _ => false,
        };
        mean <= STILL_MEAN && worst <= STILL_WORST && fish_rests
    }
}

impl SeenFish {
    fn is_other_than(&self, recorded: &Self) -> bool {
        let differs = |a: u32, b: u32| f64::from(a.max(b)) > f64::from(a.min(b)) * OTHER_FISH_SIZE;
        differs(self.bounds.width(), recorded.bounds.width())
            || differs(self.bounds.height(), recorded.bounds.height())
            || self.look.difference(&recorded.look).0 > OTHER_FISH_MEAN
    }
}

/// Follows the observations of a scene.
#[derive(Debug, Default)]
pub struct SceneWatch {
    /// The first of the observations that have been alike since then. Later ones are compared with it and not with each other, so slow drift is seen.
    still: Option<(Observation, Duration)>,
    /// The specimen of the last record, unless it has left.
    recorded: Option<SeenFish>,
    /// Since when no fish has been seen.
    absent_since: Option<Duration>,
}

impl SceneWatch {
    /// Takes in what was seen at `now`.
    pub fn see(&mut self, seen: &Observation, now: Duration) {
        if seen.fish.is_none() {
            let since = *self.absent_since.get_or_insert(now);
            if now.saturating_sub(since) >= LEFT_AFTER {
                self.recorded = None;
            }
        } else {
            self.absent_since = None;
        }
        if !self
            .still
            .as_ref()
            .is_some_and(|(first, _)| seen.is_still_beside(first))
        {
            self.still = Some((seen.clone(), now));
        }
    }

    /// Whether a specimen that was not recorded yet has been lying still for at least `wanted` at `now`.
    pub fn has_new_specimen(&self, wanted: Duration, now: Duration) -> bool {
        let Some((seen, since)) = &self.still else {
            return false;
        };
        let Some(fish) = &seen.fish else {
            return false;
        };
        let is_new = self
            .recorded
            .as_ref()
            .is_none_or(|recorded| fish.is_other_than(recorded));
        is_new && now.saturating_sub(*since) >= wanted
    }

    /// What the operator is told about the trigger `auto`, which waits for `wanted`; `None` where no fish lies there.
    pub fn auto(&self, wanted: Duration, now: Duration) -> Option<Auto> {
        let (seen, since) = self.still.as_ref()?;
        let fish = seen.fish.as_ref()?;
        if self
            .recorded
            .as_ref()
            .is_some_and(|recorded| !fish.is_other_than(recorded))
        {
            return Some(Auto::AlreadyRecorded);
        }
        let left = wanted.saturating_sub(now.saturating_sub(*since));
        let seconds = (left.as_secs_f64().ceil() as u32).max(1);
        Some(Auto::Settling { seconds })
    }

    /// What the present scene looked like when it came to rest, or begins to look like.
    pub fn present(&self) -> Option<&Observation> {
        self.still.as_ref().map(|(first, _)| first)
    }

    /// Remembers that the fish in `seen` has been recorded, by whatever trigger.
    pub fn mark_recorded(&mut self, seen: &Observation) {
        if seen.fish.is_some() {
            self.recorded = seen.fish.clone();
        }
    }

    /// Forgets the scene, as when the source was lost; what was recorded stays known.
    pub fn interrupt(&mut self) {
        self.still = None;
        self.absent_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{BodyForm, RigScene, SceneSettings, demo_scenes};

    const STILL: Duration = Duration::from_secs(1);

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// A pale table with a striped fish, `phase` its pattern, and noise.
    fn picture(fish: Option<PixelBox>, phase: u32, noise_seed: u32) -> RgbImage {
        let mut state = noise_seed.wrapping_mul(2_654_435_761).max(1);
        RgbImage::from_fn(240, 160, |x, y| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let noise = (state % 13) as u8;
            let inside = fish.is_some_and(|b| (b.left..b.right).contains(&x) && (b.top..b.bottom).contains(&y));
            let shade = match fish {
                Some(b) if inside && ((x - b.left) / 15 + phase).is_multiple_of(2) => 60,
                Some(_) if inside => 120,
                _ => 200,
            };
            image::Rgb([shade + noise; 3])
        })
    }

    fn fish_at(left: u32, top: u32) -> PixelBox {
        PixelBox::new(left, top, left + 120, top + 45)
    }

    fn observe(fish: Option<PixelBox>, phase: u32, seed: u32) -> Observation {
        Observation::of(&picture(fish, phase, seed), fish)
    }

    /// Shows the same scene for two seconds and says whether a new specimen was reported.
    fn rests(watch: &mut SceneWatch, from: f64, fish: Option<PixelBox>, phase: u32) -> bool {
        (0..5).any(|i| {
            let now = at(from + f64::from(i) * 0.5);
            let seen = observe(fish, phase, 100 + i);
            watch.see(&seen, now);
            let new = watch.has_new_specimen(STILL, now);
            if new {
                watch.mark_recorded(&seen);
            }
            new
        })
    }

    #[test]
    fn a_resting_fish_is_new_once() {
        let mut watch = SceneWatch::default();
        let fish = Some(fish_at(60, 50));
        assert!(rests(&mut watch, 0.0, fish, 0));
        assert!(!rests(&mut watch, 5.0, fish, 0), "recorded already");
        assert_eq!(watch.auto(STILL, at(9.0)), Some(Auto::AlreadyRecorded));
        assert!(!rests(&mut watch, 10.0, None, 0), "an empty table");
        assert_eq!(watch.auto(STILL, at(13.0)), None);
        assert!(rests(&mut watch, 15.0, fish, 0), "it left and another of its kind came");
    }

    #[test]
    fn stillness_takes_its_time() {
        let mut watch = SceneWatch::default();
        watch.see(&observe(Some(fish_at(60, 50)), 0, 1), at(0.0));
        assert!(!watch.has_new_specimen(STILL, at(0.9)));
        assert_eq!(
            watch.auto(Duration::from_secs(3), at(0.9)),
            Some(Auto::Settling { seconds: 3 })
        );
        assert_eq!(
            watch.auto(Duration::from_secs(3), at(1.1)),
            Some(Auto::Settling { seconds: 2 })
        );
        watch.see(&observe(Some(fish_at(60, 50)), 0, 2), at(0.95));
        assert!(watch.has_new_specimen(STILL, at(1.0)));
        watch.see(&observe(Some(fish_at(75, 50)), 0, 3), at(1.0));
        assert!(!watch.has_new_specimen(STILL, at(1.0)), "it moved");
    }

    #[test]
    fn slow_drift_is_movement() {
        let mut watch = SceneWatch::default();
        for step in 0..20 {
            let now = at(f64::from(step) * 0.2);
            watch.see(&observe(Some(fish_at(60 + step * 4, 50)), 0, step), now);
            assert!(!watch.has_new_specimen(STILL, now), "step {step}");
        }
    }

    #[test]
    fn a_pushed_fish_is_the_same_and_an_exchanged_one_is_not() {
        let mut watch = SceneWatch::default();
        assert!(rests(&mut watch, 0.0, Some(fish_at(60, 50)), 0));
        assert!(!rests(&mut watch, 5.0, Some(fish_at(66, 56)), 0), "pushed");
        assert!(
            rests(&mut watch, 10.0, Some(fish_at(66, 56)), 1),
            "another pattern in the same place"
        );
        let longer = PixelBox::new(40, 56, 210, 101);
        assert!(rests(&mut watch, 15.0, Some(longer), 1), "another size");
    }

    #[test]
    fn one_frame_in_which_the_fish_was_not_found_does_not_make_it_new() {
        let mut watch = SceneWatch::default();
        let fish = Some(fish_at(60, 50));
        assert!(rests(&mut watch, 0.0, fish, 0));
        watch.see(&observe(None, 0, 7), at(3.0));
        assert!(!rests(&mut watch, 3.5, fish, 0));
    }

    #[test]
    fn drawn_specimens_of_one_form_are_told_apart() {
        let base = demo_scenes().remove(0);
        let look = |form, seed, tilt_degrees| {
            let scene = SceneSettings {
                size: Size::new(600, 400),
                form: Some(form),
                seed,
                tilt_degrees,
                ..base.clone()
            };
            let frame = RigScene::new(scene).unwrap().draw();
            let bounds = frame.fish[0].bounds;
            Observation::of(&frame.picture, Some(bounds)).fish.unwrap()
        };
        for form in [BodyForm::Minnow, BodyForm::Sunfish] {
            let recorded = look(form, 11, 0.0);
            assert!(
                !look(form, 11, 1.5).is_other_than(&recorded),
                "{form:?}, turned a little"
            );
            assert!(
                look(form, 20, 0.0).is_other_than(&recorded),
                "{form:?}, another specimen"
            );
        }
    }

    #[test]
    fn any_box_gives_a_signature() {
        let picture = picture(None, 0, 1);
        for part in [
            PixelBox::new(0, 0, 0, 0),
            PixelBox::new(239, 159, 240, 160),
            PixelBox::new(500, 500, 600, 600),
        ] {
            assert_eq!(Signature::of(&picture, part).0.len(), (COLUMNS * ROWS) as usize);
        }
        let tiny = RgbImage::from_pixel(3, 2, image::Rgb([9; 3]));
        assert!(
            Signature::of(&tiny, PixelBox::new(0, 0, 3, 2))
                .0
                .iter()
                .all(|v| *v == 9)
        );
    }
}
