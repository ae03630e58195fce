use proptest::prelude::*;

use super::*;
use crate::source::v4l::fake::control;

fn webcam() -> Vec<Control> {
    let menu =
        |entries: &[(i64, &str)]| Kind::Menu(entries.iter().map(|(n, words)| (*n, (*words).to_owned())).collect());
    vec![
        control("Brightness", Kind::Integer, -64, 64),
        control("White Balance, Automatic", Kind::Boolean, 0, 1),
        control("White Balance Temperature", Kind::Integer, 2800, 6500),
        control(
            "Power Line Frequency",
            menu(&[(0, "Disabled"), (1, "50 Hz"), (2, "60 Hz")]),
            0,
            2,
        ),
        control(
            "Auto Exposure",
            menu(&[(1, "Manual Mode"), (3, "Aperture Priority Mode")]),
            0,
            3,
        ),
        control("Exposure Time, Absolute", Kind::Integer, 3, 2047),
        Control {
            read_only: true,
            ..control("Privacy", Kind::Boolean, 0, 1)
        },
        control("Pan, Reset", Kind::Button, 0, 0),
        control("Region of Interest", Kind::Other, 0, 0),
    ]
}

fn planned(settings: &[(&str, Setting)]) -> (Vec<(String, i64)>, Vec<String>) {
    let settings: Vec<(String, Setting)> = settings.iter().map(|(n, s)| ((*n).to_owned(), s.clone())).collect();
    let known = webcam();
    let (planned, refused) = plan(&known, &settings);
    let values = planned.iter().map(|p| (p.control.name(), p.value.number)).collect();
    (values, refused)
}

fn text(words: &str) -> Setting {
    Setting::Text(words.to_owned())
}

#[test]
fn names_are_those_that_v4l2_ctl_prints() {
    // From `v4l2-ctl --list-ctrls` with uvcvideo and vivid.
    for (label, name) in [
        ("Exposure Time, Absolute", "exposure_time_absolute"),
        ("White Balance, Automatic", "white_balance_automatic"),
        ("Focus, Automatic Continuous", "focus_automatic_continuous"),
        ("Min Number of Capture Buffers", "min_number_of_capture_buffers"),
        ("Integer (32 Bits)", "integer_32_bits"),
        ("  -- ", ""),
    ] {
        assert_eq!(control(label, Kind::Integer, 0, 1).name(), name);
    }
}

#[test]
fn switches_and_menus_come_before_numbers_in_the_order_that_was_written() {
    let (values, refused) = planned(&[
        ("exposure_time_absolute", Setting::Integer(100)),
        ("white_balance_temperature", Setting::Integer(5000)),
        ("auto_exposure", text("Manual Mode")),
        ("white_balance_automatic", Setting::Boolean(false)),
        ("power_line_frequency", text("60 hz")),
    ]);
    let wanted = [
        ("auto_exposure", 1),
        ("white_balance_automatic", 0),
        ("power_line_frequency", 2),
        ("exposure_time_absolute", 100),
        ("white_balance_temperature", 5000),
    ];
    assert_eq!(values, wanted.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(refused, [""; 0]);
}

#[test]
fn refusals_say_what_was_asked_and_what_is_allowed() {
    let (values, refused) = planned(&[
        ("brightness", Setting::Integer(65)),
        ("brightness", Setting::Boolean(true)),
        ("white_balance_automatic", Setting::Integer(2)),
        ("power_line_frequency", text("55 Hz")),
        ("auto_exposure", Setting::Integer(0)),
        ("privacy", Setting::Boolean(false)),
        ("pan_reset", Setting::Boolean(false)),
        ("region_of_interest", Setting::Integer(1)),
        ("zoom_absolute", Setting::Integer(1)),
    ]);
    assert_eq!(values, []);
    insta::assert_snapshot!(refused.join("\n"), @r#"
    brightness = 65 is refused: allowed is -64 to 64
    brightness = true is refused: allowed is -64 to 64
    white_balance_automatic = 2 is refused: allowed is true or false
    power_line_frequency = "55 Hz" is refused: allowed is "Disabled" (0), "50 Hz" (1), "60 Hz" (2)
    auto_exposure = 0 is refused: allowed is "Manual Mode" (1), "Aperture Priority Mode" (3)
    privacy = false is refused: it can only be read
    pan_reset = false is refused: allowed is true, which presses it
    region_of_interest = 1 is refused: fishrig does not set controls of this kind
    zoom_absolute = 1 is refused: the device has no such control; it has brightness, white_balance_automatic, white_balance_temperature, power_line_frequency, auto_exposure, exposure_time_absolute, pan_reset
    "#);
}

#[test]
fn of_long_menus_the_beginning_is_told() {
    let timings = (0..111).map(|n| (n, format!("mode {n}"))).collect();
    let said = control("DV Timings", Kind::Menu(timings), 0, 110).allowed();
    assert!(said.starts_with("\"mode 0\" (0), \"mode 1\" (1)"), "{said}");
    assert!(
        said.ends_with("\"mode 29\" (29), and 81 more that `fishrig camera controls --json` lists"),
        "{said}"
    );
}

#[test]
fn a_refusal_of_the_device_tells_of_automatic_controls() {
    let exposure = Control {
        inactive: true,
        ..control("Exposure Time, Absolute", Kind::Integer, 3, 2047)
    };
    let setting = Setting::Integer(100);
    let planned = Planned {
        control: &exposure,
        value: Value { number: 100 },
        setting: &setting,
    };
    insta::assert_snapshot!(refusal(&planned, "Input/output error"), @"exposure_time_absolute = 100 is refused by the device (Input/output error); allowed is 3 to 2047; it is inactive, most often because an automatic control is on: turn that off in [source.controls] too");
}

proptest! {
    #[test]
    fn whole_numbers_are_taken_exactly_within_their_range(least in -1000i64..1000, span in 0i64..1000, asked in -3000i64..3000) {
        let known = [control("Gain", Kind::Integer, least, least + span)];
        let settings = [("gain".to_owned(), Setting::Integer(asked))];
        let (planned, refused) = plan(&known, &settings);
        if asked >= least && asked <= least + span {
            prop_assert_eq!(planned[0].value.number, asked);
            prop_assert!(refused.is_empty());
        } else {
            prop_assert!(planned.is_empty());
            let (asked, allowed) = (asked.to_string(), format!("{least} to {}", least + span));
            prop_assert!(refused[0].contains(&asked) && refused[0].contains(&allowed));
        }
    }
}
