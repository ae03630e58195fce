//! The frames of `fishrig demo`.

use super::plan::BodyForm;
use super::rig::{Ground, Heading, LabelStyle, RulerStyle, SceneSettings};
use crate::frame::Size;

/// Settings of the demo's frames, in the order in which they are shown. Each shows something that a station meets: several forms, a head to the
/// right, a tilted fish, a small one, a ruler on the label, and other grounds than a light table.
pub fn demo_scenes() -> Vec<SceneSettings> {
    let table = SceneSettings {
        size: Size::new(1200, 800),
        seed: 207,
        ground: Ground::LightTable,
        form: Some(BodyForm::Sunfish),
        heading: Heading::Left,
        fish: 1,
        fish_share: 0.46,
        tilt_degrees: 1.0,
        cut_by_edge: false,
        label: Some(LabelStyle::Plotted),
        ruler: Some(RulerStyle::Tan),
        ruler_on_label: false,
    };
    vec![
        table.clone(),
        SceneSettings {
            seed: 200,
            form: Some(BodyForm::Minnow),
            fish_share: 0.5,
            tilt_degrees: -2.0,
            ruler_on_label: true,
            ..table.clone()
        },
        SceneSettings {
            seed: 207,
            form: Some(BodyForm::Catfish),
            fish_share: 0.27,
            tilt_degrees: 7.0,
            label: Some(LabelStyle::Typed),
            ..table.clone()
        },
        SceneSettings {
            seed: 205,
            form: Some(BodyForm::Carp),
            heading: Heading::Right,
            fish_share: 0.44,
            ..table.clone()
        },
        SceneSettings {
            seed: 207,
            form: Some(BodyForm::Perch),
            ground: Ground::Board,
            fish_share: 0.5,
            label: Some(LabelStyle::Printed),
            ruler: Some(RulerStyle::Black),
            ..table.clone()
        },
        SceneSettings {
            seed: 201,
            form: Some(BodyForm::Angelfish),
            ground: Ground::Tank,
            fish_share: 0.4,
            label: Some(LabelStyle::Printed),
            ruler: Some(RulerStyle::White),
            ..table
        },
    ]
}
