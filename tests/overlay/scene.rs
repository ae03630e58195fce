//! A drawn specimen with its traits, and a view for every state.

use std::sync::Arc;

use fishrig::frame::{PixelBox, Point, Size};
use fishrig::identify::{IdSource, NextIdStatus, Standing};
use fishrig::locate::HeadSide;
use fishrig::measure::Measured;
use fishrig::measure::quality::{Check, CheckName, Quality, Verdict};
use fishrig::measure::scale::{Scale, ScaleMethod};
use fishrig::measure::specimen::{self, Subject};
use fishrig::overlay::{
    Annotations, ErrorPage, FishBox, FreeSpace, MeasureLayer, Rates, State, TraitLayer, View, Waiting,
};
use fishrig::traits::{Palette, Trait, TraitMask, TraitSet};
use image::{Rgb, RgbImage};

/// Size of the drawn frame.
pub const FRAME: Size = Size::new(960, 640);

const FISH: PixelBox = PixelBox {
    left: 110,
    top: 90,
    right: 770,
    bottom: 330,
};
const LABEL: PixelBox = PixelBox {
    left: 560,
    top: 390,
    right: 860,
    bottom: 500,
};
const RULER: PixelBox = PixelBox {
    left: 80,
    top: 540,
    right: 780,
    bottom: 600,
};

/// Across and down, in shares of the fish box.
type Shares = (f64, f64);

/// Ellipses: trait, centre, half axes.
const PARTS: [(Trait, Shares, Shares); 9] = [
    (Trait::CaudalFin, (0.93, 0.5), (0.07, 0.36)),
    (Trait::DorsalFin, (0.5, 0.13), (0.16, 0.12)),
    (Trait::AnalFin, (0.66, 0.84), (0.08, 0.12)),
    (Trait::PelvicFin, (0.42, 0.88), (0.05, 0.1)),
    (Trait::AdiposeFin, (0.76, 0.22), (0.03, 0.06)),
    (Trait::Trunk, (0.5, 0.5), (0.42, 0.34)),
    (Trait::Head, (0.14, 0.5), (0.14, 0.27)),
    (Trait::PectoralFin, (0.33, 0.62), (0.06, 0.07)),
    (Trait::Eye, (0.1, 0.43), (0.025, 0.065)),
];

fn inside(x: f64, y: f64, centre: Shares, axes: Shares) -> bool {
    let (dx, dy) = ((x - centre.0) / axes.0, (y - centre.1) / axes.1);
    dx * dx + dy * dy <= 1.0
}

/// The frame: a specimen on a pale ground with label and ruler.
pub fn picture() -> RgbImage {
    picture_of(FISH)
}

fn picture_of(fish: PixelBox) -> RgbImage {
    RgbImage::from_fn(FRAME.width, FRAME.height, |x, y| {
        let within = |b: PixelBox| (b.left..b.right).contains(&x) && (b.top..b.bottom).contains(&y);
        if within(LABEL) {
            let word = (y - LABEL.top) / 12 % 2 == 1 && x > LABEL.left + 20 && (x * 7 / 3) % 5 > 1;
            return Rgb(if word { [60, 55, 50] } else { [238, 232, 214] });
        }
        if within(RULER) {
            let tick = (x - RULER.left).is_multiple_of(20) && y < RULER.top + 24;
            return Rgb(if tick { [20, 20, 20] } else { [205, 190, 120] });
        }
        let (u, v) = in_fish(fish, f64::from(x), f64::from(y));
        match PARTS.iter().rev().find(|(_, c, a)| inside(u, v, *c, *a)) {
            Some((Trait::Eye, ..)) => Rgb([25, 22, 20]),
            Some((Trait::Trunk | Trait::Head, ..)) => Rgb([(120.0 + 60.0 * v) as u8, (105.0 + 55.0 * v) as u8, 88]),
            Some(_) => Rgb([172, 150, 118]),
            None => Rgb([206, 212, 214]),
        }
    })
}

fn in_fish(fish: PixelBox, x: f64, y: f64) -> Shares {
    (
        (x - f64::from(fish.left)) / f64::from(fish.width()),
        (y - f64::from(fish.top)) / f64::from(fish.height()),
    )
}

/// The traits in `size` pixels over the crop that a network would see; no adipose fin.
fn mask_of(fish: PixelBox, size: Size) -> TraitMask {
    let crop = fish.grown(0.025, FRAME);
    let mut mask = TraitMask::empty(size);
    for y in 0..size.height {
        for x in 0..size.width {
            let frame_x = f64::from(crop.left) + (f64::from(x) + 0.5) * f64::from(crop.width()) / f64::from(size.width);
            let frame_y =
                f64::from(crop.top) + (f64::from(y) + 0.5) * f64::from(crop.height()) / f64::from(size.height);
            let (u, v) = in_fish(fish, frame_x, frame_y);
            let traits: TraitSet = PARTS
                .iter()
                .filter(|(which, c, a)| *which != Trait::AdiposeFin && inside(u, v, *c, *a))
                .map(|(which, ..)| *which)
                .collect();
            mask.set(x, y, traits);
        }
    }
    mask
}

/// Everything found in the drawn frame.
pub fn annotations() -> Annotations {
    annotations_of(FISH)
}

fn annotations_of(fish: PixelBox) -> Annotations {
    let mut confidence: [Option<f32>; Trait::COUNT] = std::array::from_fn(|i| Some(0.99 - 0.041 * i as f32));
    confidence[Trait::AdiposeFin.channel()] = None;
    Annotations {
        picture: FRAME,
        fish: Some(FishBox {
            bounds: fish,
            cut_by_edge: false,
        }),
        further_fish: Vec::new(),
        label: Some(LABEL),
        ruler: Some(RULER),
        traits: Some(TraitLayer {
            mask: Arc::new(mask_of(fish, Size::new(640, 256))),
            crop: fish.grown(0.025, FRAME),
            confidence,
            not_assessed: [Trait::CaudalFinRay, Trait::AltFinRay, Trait::AltFinSpine]
                .into_iter()
                .collect(),
        }),
        measured: Some(measured(
            &mask_of(fish, fish.grown(0.025, FRAME).size()),
            fish.grown(0.025, FRAME),
            52.0,
        )),
    }
}

/// What is measured on a mask of the crop's size, with that many pixels a centimetre.
pub fn measured(mask: &TraitMask, crop: PixelBox, pixels_per_cm: f64) -> MeasureLayer {
    let scale = Scale::uniform(
        Measured::new(pixels_per_cm, pixels_per_cm / 400.0),
        Point { x: 0.0, y: 0.0 },
        ScaleMethod::MetricTicks,
    );
    let subject = Subject {
        mask,
        resolution: Size::new(640, 256),
        not_assessed: TraitSet::EMPTY,
        crop_box: crop,
        head: HeadSide::Unknown,
    };
    MeasureLayer {
        measurements: Arc::new(specimen::measure(&subject, Some(&scale))),
        crop,
        scale: Some(scale),
    }
}

/// A fish of a tenth of the frame's width.
pub fn small_fish() -> View {
    let fish = PixelBox::new(180, 200, 276, 236);
    View {
        preview: Some(Arc::new(picture_of(fish))),
        annotations: annotations_of(fish),
        ..view()
    }
}

/// A station at work with a fish found.
pub fn view() -> View {
    View {
        station: "Bench 2".to_owned(),
        clock: "14:05".to_owned(),
        operator: Some("Marisol Núñez".to_owned()),
        note: Some("jar 118, left side".to_owned()),
        preview: Some(Arc::new(picture())),
        annotations: annotations(),
        quality: None,
        next_id: NextIdStatus::default(),
        state: State::FishFound {
            hint: "Press SPACE to save".to_owned(),
        },
        warnings: Vec::new(),
        rates: Rates {
            frames: Some(29.8),
            network: Some(2.1),
            latency_ms: Some(483.0),
        },
        storage: Some(FreeSpace {
            bytes: 41_249_000_000,
            low: false,
        }),
        records: 123,
        waiting: Waiting { frames: 0, limit: 4 },
        palette: Palette::Bgnn,
    }
}

/// A fish found in a picture with these faults; all else is good.
pub fn judged(faults: &[(CheckName, Verdict, &str)]) -> View {
    let check = |name: CheckName| {
        let fault = faults.iter().find(|(of, ..)| *of == name);
        let (verdict, words) = fault.map_or((Verdict::Good, "good"), |(_, verdict, words)| (*verdict, *words));
        Check {
            name,
            value: None,
            unit: String::new(),
            caution: None,
            limit: None,
            verdict,
            words: words.to_owned(),
        }
    };
    View {
        quality: Some(Quality {
            checks: CheckName::ALL.map(check).into(),
            ..Quality::default()
        }),
        ..view()
    }
}

/// A view for every state, with a name for files.
pub fn every_state() -> Vec<(&'static str, View)> {
    let id = || "INHS_FISH_000123".to_owned();
    let seen = |state: State| View { state, ..view() };
    let nothing = Annotations {
        picture: FRAME,
        ..Annotations::default()
    };
    let found = Annotations {
        traits: None,
        measured: None,
        ..annotations()
    };
    let mut cut = found.clone();
    cut.fish = Some(FishBox {
        bounds: PixelBox::new(0, 90, 600, 330),
        cut_by_edge: true,
    });
    let mut two = annotations();
    two.further_fish = vec![PixelBox::new(100, 360, 400, 470), PixelBox::new(700, 20, 940, 80)];
    let starting = State::Starting {
        what: "Loading the network".to_owned(),
    };
    vec![
        (
            "starting",
            View {
                preview: None,
                annotations: nothing.clone(),
                rates: Rates::default(),
                storage: None,
                ..seen(starting)
            },
        ),
        (
            "no_picture",
            View {
                preview: None,
                annotations: nothing.clone(),
                rates: Rates::default(),
                ..seen(State::NoPicture)
            },
        ),
        (
            "looking",
            View {
                annotations: nothing.clone(),
                ..seen(State::Looking)
            },
        ),
        (
            "segmenting",
            View {
                annotations: found,
                ..seen(State::Segmenting)
            },
        ),
        ("found", view()),
        (
            "found_colour_blind",
            View {
                palette: Palette::ColourBlind,
                ..view()
            },
        ),
        ("quality_good", judged(&[])),
        (
            "quality_doubtful",
            judged(&[(CheckName::Tilt, Verdict::Doubtful, "slightly tilted")]),
        ),
        (
            "quality_bad",
            judged(&[
                (CheckName::Focus, Verdict::Bad, "out of focus"),
                (CheckName::Label, Verdict::Bad, "no label"),
                (CheckName::Background, Verdict::Doubtful, "background slightly uneven"),
            ]),
        ),
        (
            "held_back",
            View {
                state: State::HeldBack {
                    why: "out of focus, no label".to_owned(),
                },
                ..judged(&[
                    (CheckName::Focus, Verdict::Bad, "out of focus"),
                    (CheckName::Label, Verdict::Bad, "no label"),
                ])
            },
        ),
        (
            "saved_in_spite",
            View {
                state: State::SavedInSpite {
                    id: id(),
                    of: "out of focus".to_owned(),
                },
                ..judged(&[(CheckName::Focus, Verdict::Bad, "out of focus")])
            },
        ),
        (
            "id_ready",
            identified(Standing::Ready, "INHS-FISH-0012345", "", "Notropis atherinoides"),
        ),
        (
            "id_missing",
            identified(
                Standing::Missing,
                "",
                "no catalogue number; scan the label or type it (key i)",
                "",
            ),
        ),
        (
            "id_unfit",
            identified(
                Standing::Unfit,
                "5901234123457",
                "is not of the form INHS-FISH-{digits:7}",
                "",
            ),
        ),
        (
            "id_recorded",
            identified(
                Standing::Doubtful,
                "INHS-FISH-0012345",
                "already recorded on 2026-11-20",
                "",
            ),
        ),
        (
            "id_saved",
            View {
                state: State::Saved {
                    id: "INHS-FISH-0012345".to_owned(),
                    just_now: false,
                },
                ..identified(Standing::Saved, "INHS-FISH-0012345", "", "")
            },
        ),
        ("small_fish", small_fish()),
        ("settling", seen(State::Settling { seconds: 2 })),
        (
            "cut",
            View {
                annotations: cut,
                ..seen(State::FishCut)
            },
        ),
        (
            "two_more",
            View {
                annotations: two,
                waiting: Waiting { frames: 2, limit: 4 },
                ..view()
            },
        ),
        (
            "warm",
            View {
                warnings: vec!["Temperature 81 °C".to_owned()],
                storage: Some(FreeSpace {
                    bytes: 912_000_000,
                    low: true,
                }),
                ..view()
            },
        ),
        (
            "saving",
            View {
                waiting: Waiting { frames: 1, limit: 4 },
                ..seen(State::Saving { id: id() })
            },
        ),
        (
            "saved_just_now",
            seen(State::Saved {
                id: id(),
                just_now: true,
            }),
        ),
        (
            "saved",
            seen(State::Saved {
                id: id(),
                just_now: false,
            }),
        ),
        ("already", seen(State::AlreadySaved { id: id() })),
        ("voided", seen(State::Voided { id: id() })),
        (
            "refused",
            View {
                waiting: Waiting { frames: 4, limit: 4 },
                ..seen(State::Refused)
            },
        ),
        (
            "storage_full",
            View {
                storage: Some(FreeSpace { bytes: 0, low: true }),
                ..seen(State::StorageFull)
            },
        ),
        (
            "no_camera",
            View {
                preview: None,
                annotations: nothing,
                rates: Rates::default(),
                ..seen(State::Failed {
                    what: "No camera".to_owned(),
                    cure:
                        "The camera at /dev/video0 does not answer. Check its USB cable; the station goes on by itself \
                           when it is back."
                            .to_owned(),
                })
            },
        ),
        (
            "long_names",
            View {
                station: "Ichthyology collection, second basement, bench by the window".to_owned(),
                operator: Some("Ana-Sofía Příkrá-Wołodźko van der Größenwahn".to_owned()),
                note: Some(
                    "ethanol series 3, jar 118, left side, photographed again since the label had slipped".to_owned(),
                ),
                records: 1_234_567,
                ..seen(State::Saved {
                    id: "Field-Museum_Zoology_Fishes_FMNH_000000123456789_left-side-2".to_owned(),
                    just_now: false,
                })
            },
        ),
    ]
}

/// A specimen whose id stands so, and a picture that was judged.
fn identified(standing: Standing, id: &str, words: &str, species: &str) -> View {
    View {
        next_id: NextIdStatus {
            standing,
            id: id.to_owned(),
            source: (!id.is_empty()).then_some(IdSource::Barcode),
            words: words.to_owned(),
            species: species.to_owned(),
            list: Some((12, 120)),
        },
        ..judged(&[])
    }
}

/// A configuration with a typo.
pub fn error_page() -> ErrorPage {
    ErrorPage {
        title: "The configuration has an error".to_owned(),
        reason:
            "/etc/fishrig/station.toml, line 14, column 1\n   |\n14 | pallete = \"bgnn\"\n   | ^^^^^^^\nunknown key \
                 `pallete` in [overlay]\nallowed: palette, boxes"
                .to_owned(),
        last_good: Some("station.toml of 20 November 2026, 16:41".to_owned()),
        cure: "Correct the file; the station starts by itself when it is saved.".to_owned(),
    }
}
