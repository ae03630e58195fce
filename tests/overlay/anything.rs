//! Whatever comes: no size, text or rectangle may stop the station.

use std::sync::Arc;

use fishrig::display::Canvas;
use fishrig::frame::{PixelBox, Size};
use fishrig::identify::NextIdStatus;
use fishrig::measure::quality::{Check, CheckName, Quality, Verdict};
use fishrig::overlay::{self, Annotations, ErrorPage, FishBox, FreeSpace, Rates, State, TraitLayer, View, Waiting};
use fishrig::traits::{Palette, Trait, TraitMask, TraitSet};
use image::RgbImage;
use proptest::prelude::*;

use crate::scene;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "[a-z ]{0,300}",
        "[\\n\\t 🐟éřЖ漢]{0,20}",
        Just("👩‍🔬🐟🇧🇷".to_owned()),
    ]
}

fn any_box() -> impl Strategy<Value = PixelBox> {
    (0u32..700, 0u32..500, 0u32..700, 0u32..500).prop_map(|(l, t, r, b)| PixelBox::new(l, t, r, b))
}

fn any_state() -> impl Strategy<Value = State> {
    let text = any_text;
    prop_oneof![
        text().prop_map(|what| State::Starting { what }),
        Just(State::NoPicture),
        Just(State::Looking),
        Just(State::Segmenting),
        text().prop_map(|hint| State::FishFound { hint }),
        any::<u32>().prop_map(|seconds| State::Settling { seconds }),
        Just(State::FishCut),
        text().prop_map(|why| State::HeldBack { why }),
        (text(), text()).prop_map(|(id, of)| State::SavedInSpite { id, of }),
        text().prop_map(|id| State::AlreadySaved { id }),
        text().prop_map(|id| State::Saving { id }),
        (text(), any::<bool>()).prop_map(|(id, just_now)| State::Saved { id, just_now }),
        text().prop_map(|id| State::Voided { id }),
        Just(State::Refused),
        Just(State::StorageFull),
        (text(), text()).prop_map(|(what, cure)| State::Failed { what, cure }),
    ]
}

fn any_quality() -> impl Strategy<Value = Quality> {
    let verdict = prop_oneof![
        Just(Verdict::Unknown),
        Just(Verdict::Good),
        Just(Verdict::Doubtful),
        Just(Verdict::Bad)
    ];
    let check = (verdict, any_text()).prop_map(|(verdict, words)| Check {
        name: CheckName::Focus,
        value: None,
        unit: String::new(),
        caution: None,
        limit: None,
        verdict,
        words,
    });
    proptest::collection::vec(check, 0..20).prop_map(|checks| Quality {
        checks,
        ..Quality::default()
    })
}

fn any_layer() -> impl Strategy<Value = TraitLayer> {
    (1u32..40, 1u32..40, any::<u32>(), any_box(), any::<u16>(), any::<f32>()).prop_map(
        |(w, h, seed, crop, set, confidence)| {
            let size = Size::new(w, h);
            let bits = (0..w * h).map(|i| (i.wrapping_mul(seed | 1) >> 9) as u16).collect();
            TraitLayer {
                mask: Arc::new(TraitMask::from_bits(size, bits).unwrap()),
                crop,
                confidence: [Some(confidence); Trait::COUNT],
                not_assessed: TraitSet::from_bits(set),
            }
        },
    )
}

fn any_annotations() -> impl Strategy<Value = Annotations> {
    (
        (1u32..700, 1u32..500),
        proptest::option::of((any_box(), any::<bool>())),
        proptest::collection::vec(any_box(), 0..4),
        proptest::option::of(any_box()),
        proptest::option::of(any_box()),
        proptest::option::of(any_layer()),
    )
        .prop_map(|((w, h), fish, further_fish, label, ruler, traits)| Annotations {
            measured: traits
                .as_ref()
                .map(|layer| scene::measured(&layer.mask, layer.crop, 40.0)),
            picture: Size::new(w, h),
            fish: fish.map(|(bounds, cut_by_edge)| FishBox { bounds, cut_by_edge }),
            further_fish,
            label,
            ruler,
            traits,
        })
}

fn any_view() -> impl Strategy<Value = View> {
    let words = (
        any_text(),
        any_text(),
        proptest::option::of(any_text()),
        proptest::option::of(any_text()),
    );
    let numbers = (any::<u64>(), any::<u64>(), any::<bool>(), any::<u32>(), any::<f32>());
    let preview = proptest::option::of((1u32..300, 1u32..300));
    (
        words,
        numbers,
        preview,
        any_annotations(),
        any_state(),
        proptest::collection::vec(any_text(), 0..3),
        proptest::option::of(any_quality()),
    )
        .prop_map(|(words, numbers, preview, annotations, state, warnings, quality)| {
            let (station, clock, operator, note) = words;
            let (records, bytes, low, waiting, rate) = numbers;
            View {
                station,
                clock,
                operator,
                note,
                preview: preview.map(|(w, h)| Arc::new(RgbImage::new(w, h))),
                annotations,
                quality,
                next_id: NextIdStatus::default(),
                state,
                warnings,
                rates: Rates {
                    frames: Some(rate),
                    network: None,
                    latency_ms: Some(rate),
                },
                storage: Some(FreeSpace { bytes, low }),
                records,
                waiting: Waiting {
                    frames: waiting,
                    limit: 4,
                },
                palette: Palette::ColourBlind,
            }
        })
}

fn any_size() -> impl Strategy<Value = Size> {
    prop_oneof![
        (1u32..2000, 1u32..1200).prop_map(|(w, h)| Size::new(w, h)),
        (1u32..70, 1u32..70).prop_map(|(w, h)| Size::new(w, h)),
        (1u32..1200, 1u32..2000).prop_map(|(w, h)| Size::new(w, h)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn every_view_is_drawn_at_every_size(view in any_view(), size in any_size()) {
        let mut canvas = Canvas::new(size);
        let Ok(()) = overlay::draw(&view, &mut canvas);
    }

    #[test]
    fn every_error_is_shown_at_every_size(
        title in any_text(), reason in any_text(), cure in any_text(), last_good in proptest::option::of(any_text()), size in any_size(),
    ) {
        let page = ErrorPage { title, reason, last_good, cure };
        let mut canvas = Canvas::new(size);
        let Ok(()) = overlay::draw_error_page(&page, &mut canvas);
    }

    #[test]
    fn every_picture_is_annotated(annotations in any_annotations(), width in 0u32..900, w in 0u32..400, h in 0u32..400) {
        let picture = overlay::annotated_picture(&RgbImage::new(w, h), &annotations, Palette::Bgnn, width);
        prop_assert!(picture.width() <= width.max(1));
        prop_assert_eq!(picture.width() == 0, w == 0 || h == 0);
    }
}
