use proptest::prelude::*;

use super::*;
use crate::measure::scale::ScaleMethod;
use crate::traits::Trait;

/// A fish of closed form, 200 units long from snout to tail tips, its middle at the origin, its head on the left.
fn fish_at(x: f64, y: f64) -> TraitSet {
    let inside = |cx: f64, cy: f64, a: f64, b: f64| ((x - cx) / a).powi(2) + ((y - cy) / b).powi(2) <= 1.0;
    let only = |which| TraitSet::EMPTY.with(which);
    if inside(-78.0, -6.0, 6.0, 6.0) {
        only(Trait::Eye)
    } else if inside(-20.0, 6.0, 10.0, 4.0) {
        only(Trait::PectoralFin)
    } else if inside(-15.0, 0.0, 85.0, 30.0) {
        only(if x < -50.0 + 4.0 * (1.0 - (y / 20.0).powi(2)) {
            Trait::Head
        } else {
            Trait::Trunk
        })
    } else if (60.0..100.0).contains(&x) && y.abs() < 6.0 + (x - 60.0) * 0.7 && x < 75.0 + 0.8 * y.abs() {
        only(Trait::CaudalFin)
    } else if inside(-10.0, -32.0, 25.0, 12.0) {
        only(Trait::DorsalFin)
    } else if inside(30.0, 27.0, 12.0, 10.0) {
        only(Trait::AnalFin)
    } else if inside(-25.0, 32.0, 8.0, 8.0) {
        only(Trait::PelvicFin)
    } else {
        TraitSet::EMPTY
    }
}

/// How the fish lies in the mask.
#[derive(Debug, Clone, Copy)]
struct Pose {
    /// Of its middle.
    at: (f64, f64),
    /// Pixels per unit.
    scale: f64,
    /// Degrees, clockwise.
    turn: f64,
    mirrored: bool,
}

impl Pose {
    const STRAIGHT: Self = Self {
        at: (240.0, 240.0),
        scale: 2.0,
        turn: 0.0,
        mirrored: false,
    };

    fn mask(self) -> TraitMask {
        let size = Size::new(480, 480);
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let bits = (0..size.pixels() as u32).map(|i| {
            let (dx, dy) = (f64::from(i % 480) - self.at.0, f64::from(i / 480) - self.at.1);
            let (x, y) = ((dx * cos + dy * sin) / self.scale, (dy * cos - dx * sin) / self.scale);
            fish_at(if self.mirrored { -x } else { x }, y).bits()
        });
        TraitMask::from_bits(size, bits.collect()).unwrap()
    }

    /// Where a point of the straight pose comes to lie.
    fn moved(self, p: Point) -> Point {
        let straight = Self::STRAIGHT;
        let (x, y) = (
            (p.x - straight.at.0) / straight.scale,
            (p.y - straight.at.1) / straight.scale,
        );
        let x = if self.mirrored { -x } else { x };
        let (sin, cos) = self.turn.to_radians().sin_cos();
        Point {
            x: self.at.0 + (x * cos - y * sin) * self.scale,
            y: self.at.1 + (x * sin + y * cos) * self.scale,
        }
    }
}

fn measured(mask: &TraitMask) -> Measurements {
    measured_at(mask, HeadSide::Unknown, None)
}

fn measured_at(mask: &TraitMask, head: HeadSide, scale: Option<&Scale>) -> Measurements {
    let subject = Subject {
        mask,
        resolution: mask.size(),
        not_assessed: TraitSet::EMPTY,
        crop_box: PixelBox::whole(mask.size()),
        head,
    };
    measure(&subject, scale)
}

fn length(of: &Measurements, quantity: Quantity) -> f64 {
    of.values[&quantity].picture.value
}

#[test]
fn a_fish_of_closed_form_has_its_lengths() {
    let found = measured(&Pose::STRAIGHT.mask());
    assert_eq!(found.notes, Vec::<String>::new());
    assert_eq!(
        found.landmarks.keys().copied().collect::<Vec<_>>(),
        (1..=18).collect::<Vec<_>>()
    );
    for (quantity, units) in [
        (Quantity::StandardLength, 170.0),
        (Quantity::TotalLength, 200.0),
        (Quantity::ForkLength, 175.0),
        (Quantity::BodyDepth, 60.0),
        (Quantity::HeadLength, 54.0),
        (Quantity::PreorbitalLength, (16.0f64).hypot(6.0)),
        (Quantity::EyeDiameter, 12.0),
        (
            Quantity::HeadDepth,
            2.0 * 30.0 * (1.0 - (63.0f64 / 85.0).powi(2)).sqrt(),
        ),
    ] {
        let pixels = length(&found, quantity);
        assert!(
            (pixels - 2.0 * units).abs() < 1.5,
            "{quantity:?}: {pixels} for {}",
            2.0 * units
        );
    }
    assert!((length(&found, Quantity::EyeArea) / (std::f64::consts::PI * 144.0) - 1.0).abs() < 0.03);
    assert!(length(&found, Quantity::BodyAngle).abs() < 0.5);
}

/// Lengths change by the scale and nothing else, areas by its square, the angle by the turn; landmarks go where the pose takes them.
fn follows(pose: Pose) -> Result<(), TestCaseError> {
    let (straight, posed) = (measured(&Pose::STRAIGHT.mask()), measured(&pose.mask()));
    let scale = pose.scale / Pose::STRAIGHT.scale;
    for quantity in Quantity::ALL {
        let (before, after) = (length(&straight, quantity), length(&posed, quantity));
        match quantity.dimension() {
            Dimension::Length => {
                // A pixel of either mask.
                let off = (after - before * scale).abs();
                prop_assert!(off <= 1.0 + scale, "{quantity:?}: {after} for {}", before * scale);
            }
            Dimension::Area => {
                // A quarter of a pixel around a disc or square of that area.
                let off = (after - before * scale * scale).abs();
                prop_assert!(
                    off < after.sqrt() + 1.0,
                    "{quantity:?}: {after} for {}",
                    before * scale * scale
                );
            }
            Dimension::Angle => {
                let expected = if pose.mirrored { -pose.turn } else { pose.turn };
                prop_assert!((after - before - expected).abs() < 0.6, "{after} for {expected}");
            }
        }
    }
    for number in [1, 6, 12, 14, 15, 16, 17, 18] {
        let (expected, found) = (pose.moved(straight.landmarks[&number]), posed.landmarks[&number]);
        let off = (expected.x - found.x).hypot(expected.y - found.y);
        // Where an end is round, the place across is less certain than the end itself.
        let allowed = if number == 18 { 1.0 } else { 4.0 * scale + 1.0 };
        prop_assert!(off < allowed, "#{number} is {found:?}, not {expected:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn turned(turn in -44.0..44.0f64, mirrored: bool) {
        follows(Pose { turn, mirrored, ..Pose::STRAIGHT })?;
    }

    #[test]
    fn moved(x in 205.0..270.0f64, y in 100.0..380.0f64, mirrored: bool) {
        follows(Pose { at: (x, y), mirrored, ..Pose::STRAIGHT })?;
    }

    #[test]
    fn enlarged(scale in 1.0..2.3f64, turn in -10.0..10.0f64) {
        follows(Pose { scale, turn, ..Pose::STRAIGHT })?;
    }

    /// Whatever the bits are, there is an answer of finite numbers.
    #[test]
    fn anything_is_measured(width in 1u32..40, bits in prop::collection::vec(0u16..0x1000, 1..900), side in 0usize..3) {
        let height = bits.len() as u32 / width;
        let size = Size::new(width, height);
        let mask = TraitMask::from_bits(size, bits[..size.pixels() as usize].to_vec()).unwrap();
        let head = [HeadSide::Left, HeadSide::Right, HeadSide::Unknown][side];
        is_sane(&measured_at(&mask, head, None))?;
    }

    /// The same with large blobs of one trait each.
    #[test]
    fn any_blobs_are_measured(blobs in prop::collection::vec((0usize..12, 0u32..60, 0u32..40, 1u32..30, 1u32..30), 0..12)) {
        let mut mask = TraitMask::empty(Size::new(90, 70));
        for (channel, left, top, width, height) in blobs {
            let which = Trait::from_channel(channel).unwrap();
            for y in top..top + height {
                for x in left..left + width {
                    mask.set(x, y, mask.get(x, y).with(which));
                }
            }
        }
        is_sane(&measured(&mask))?;
    }
}

fn is_sane(found: &Measurements) -> Result<(), TestCaseError> {
    for (quantity, reading) in &found.values {
        let Measured { value, uncertainty } = reading.picture;
        prop_assert!(
            value.is_finite() && uncertainty.is_finite() && uncertainty >= 0.0,
            "{quantity:?}: {reading:?}"
        );
        prop_assert!(
            quantity.dimension() == Dimension::Angle || value > 0.0,
            "{quantity:?}: {value}"
        );
    }
    for point in found.landmarks.values().chain(found.lines.values().flatten()) {
        prop_assert!(point.x.is_finite() && point.y.is_finite());
    }
    let text = serde_json::to_string(found).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Measurements>(&text).unwrap(), found);
    Ok(())
}

#[test]
fn hostile_masks_are_named() {
    let size = Size::new(60, 30);
    let of = |traits: &[Trait]| traits.iter().copied().collect::<TraitSet>().bits();
    let full = |bits: u16| TraitMask::from_bits(size, vec![bits; 1800]).unwrap();
    let notes = |mask: &TraitMask| measured(mask).notes.join("; ");
    assert_eq!(notes(&TraitMask::empty(size)), "the mask is empty");
    assert_eq!(notes(&TraitMask::empty(Size::new(0, 0))), "the mask is empty");
    assert_eq!(
        notes(&full(of(&[Trait::DorsalFin]))),
        "neither head nor trunk: nothing is measured; no head; no eye; no trunk; no caudal fin"
    );
    assert_eq!(
        notes(&full(of(&[Trait::Trunk]))),
        "nothing tells where the head is: it is taken to point left; no head; no eye; no caudal fin"
    );
    let mut one = TraitMask::empty(size);
    one.set(7, 7, TraitSet::EMPTY.with(Trait::Trunk));
    assert!(notes(&one).contains("no head"), "{}", notes(&one));
    is_sane(&measured(&full(0xfff))).unwrap();
}

/// Half a million specks: whatever compares each with each would never come to an end.
#[test]
fn dust_of_every_trait_is_measured() {
    let size = Size::new(1500, 1400);
    let bits = (0..size.pixels() as u32).map(|i| {
        let (x, y) = (i % size.width, i / size.width);
        if x % 2 == 0 && y % 2 == 0 { 1 << (x / 2 % 12) } else { 0 }
    });
    let dust = TraitMask::from_bits(size, bits.collect()).unwrap();
    is_sane(&measured(&dust)).unwrap();
    cleaned(&dust, HeadSide::Unknown, &CleanUp::NONE);
}

#[test]
fn of_two_heads_the_plausible_one_is_measured() {
    let straight = Pose::STRAIGHT.mask();
    let mut two = straight.clone();
    for y in 225..255 {
        for x in 320..360 {
            two.set(x, y, TraitSet::EMPTY.with(Trait::Head));
        }
    }
    let (one, both) = (measured(&straight), measured(&two));
    let same =
        |other: &Measurements| (length(&one, Quantity::HeadLength) - length(other, Quantity::HeadLength)).abs() < 0.5;
    assert!(same(&both));
    let mut larger = straight.clone();
    for y in 210..270 {
        for x in 300..370 {
            larger.set(x, y, TraitSet::EMPTY.with(Trait::Head));
        }
    }
    let found = measured(&larger);
    assert!(same(&found), "the head with the eye");
    assert_eq!(found.notes, ["two heads: the larger one is measured"]);
}

#[test]
fn a_fin_in_pieces_is_one_and_specks_are_none() {
    let straight = Pose::STRAIGHT.mask();
    let mut torn = straight.clone();
    for y in 0..480 {
        // A pin's shadow across trunk and fins, and a cut through the fork.
        for x in 250..253 {
            torn.set(x, y, TraitSet::EMPTY);
        }
        torn.set(
            2,
            y,
            if y % 7 == 0 {
                TraitSet::EMPTY.with(Trait::Head)
            } else {
                TraitSet::EMPTY
            },
        );
    }
    for x in 360..480 {
        torn.set(x, 240, TraitSet::EMPTY);
    }
    let (whole, torn) = (measured(&straight), measured(&torn));
    for quantity in Quantity::ALL {
        let (a, b) = (length(&whole, quantity), length(&torn, quantity));
        assert!((a - b).abs() < 1.0 + 0.005 * a.abs(), "{quantity:?}: {a} and {b}");
    }
}

#[test]
fn without_an_eye_the_rest_is_measured() {
    let mut blind = Pose::STRAIGHT.mask();
    for y in 0..480 {
        for x in 0..480 {
            if blind.get(x, y).contains(Trait::Eye) {
                blind.set(x, y, TraitSet::EMPTY.with(Trait::Head));
            }
        }
    }
    let found = measured(&blind);
    assert_eq!(found.notes, ["no eye"]);
    assert!(!found.values.contains_key(&Quantity::EyeDiameter) && !found.values.contains_key(&Quantity::HeadDepth));
    assert!((length(&found, Quantity::StandardLength) - 340.0).abs() < 1.0);
}

#[test]
fn centimetres_carry_both_uncertainties_and_files_name_every_unit() {
    let origin = Point { x: 0.0, y: 0.0 };
    let scale = Scale::uniform(Measured::new(40.0, 0.4), origin, ScaleMethod::MetricTicks);
    let found = measured_at(&Pose::STRAIGHT.mask(), HeadSide::Left, Some(&scale));
    let reading = found.values[&Quantity::StandardLength];
    let cm = reading.specimen.unwrap();
    assert!((cm.value - 8.5).abs() < 0.02);
    assert!((cm.relative() - reading.picture.relative().hypot(0.01)).abs() < 1e-5);
    let area = found.values[&Quantity::HeadArea];
    assert!((area.specimen.unwrap().value * 1600.0 - area.picture.value).abs() < 0.01);
    let mut json = serde_json::to_value(&found).unwrap();
    for quantity in Quantity::ALL {
        let value = &json["values"][quantity.key()];
        assert_eq!(value["picture"]["unit"], quantity.picture_unit());
        assert_eq!(value["specimen"]["unit"], quantity.unit());
    }
    assert_eq!(json["landmarks"]["18"]["unit"], "px");
    json["values"]["head_area"]["specimen"]["unit"] = "mm2".into();
    let refused = serde_json::from_value::<Measurements>(json).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "head_area is in `mm2`; this fishrig reads `cm2` there"
    );
}
