//! The configuration file: its documentation, and what is said of mistakes.

use std::path::Path;

use assert_cmd::Command;
use fishrig::analysis::AnalysisSettings;
use fishrig::config::{Configuration, DEFAULT_FILE};
use fishrig::display::DisplaySettings;
use fishrig::frame::Size;
use fishrig::gpio::GpioSettings;
use fishrig::health::HealthSettings;
use fishrig::identify::IdSettings;
use fishrig::input::TriggerSettings;
use fishrig::network::{Engine, NetworkSettings};
use fishrig::source::SourceSettings;
use fishrig::source::v4l::{DeviceChoice, FourCc, Setting, V4lSettings};

fn parse(text: &str) -> Result<Configuration, String> {
    Configuration::parse(text, Path::new("station.toml")).map_err(|e| e.to_string())
}

#[test]
fn the_documented_defaults_are_the_rooms_own() {
    for configuration in [parse("").unwrap(), parse(DEFAULT_FILE).unwrap()] {
        assert_eq!(configuration.source, SourceSettings::default());
        assert_eq!(configuration.health, HealthSettings::default());
        assert_eq!(configuration.gpio, GpioSettings::NONE);
        assert_eq!(configuration.trigger, TriggerSettings::default());
        assert_eq!(configuration.display, DisplaySettings::default());
        assert_eq!(configuration.analysis, AnalysisSettings::default());
        assert_eq!(configuration.network, NetworkSettings::default());
        assert_eq!(configuration.limits, fishrig::frame::Limits::default());
        assert_eq!(configuration.id, IdSettings::default());
        assert_eq!(configuration.palette, fishrig::traits::Palette::default());
        assert_eq!(configuration.store.floor_bytes, 1 << 30);
        assert_eq!(configuration.store.root, Path::new("records"));
        assert_eq!(configuration.bundle, None);
    }
}

/// The file with the keys that have no default switched on.
fn all_keys() -> String {
    let switched_on = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest.to_owned(),
        _ => line.to_owned(),
    };
    DEFAULT_FILE.lines().map(|l| switched_on(l) + "\n").collect()
}

#[test]
fn every_key_is_documented() {
    let file: toml::Table = all_keys().parse().unwrap();
    // What the program accepts is what it names when asked for a key that it does not know.
    for section in file.keys() {
        let refused = parse(&format!("[{section}]\nno_such_key = 1\n")).unwrap_err();
        let named = refused.split("expected").nth(1).unwrap();
        for key in named.split('`').skip(1).step_by(2) {
            assert!(
                file[section].get(key).is_some(),
                "{section}.{key} is not in config/station.toml"
            );
        }
    }
    let panel = parse("[display.panel]\nno_such_key = 1\n").unwrap_err();
    for key in panel.split("expected").nth(1).unwrap().split('`').skip(1).step_by(2) {
        assert!(
            file["display"]["panel"].get(key).is_some(),
            "display.panel.{key} is not in config/station.toml"
        );
    }
    let refused = parse("[no_such_section]\n").unwrap_err();
    for section in refused.split("expected").nth(1).unwrap().split('`').skip(1).step_by(2) {
        assert!(file.contains_key(section), "[{section}] is not in config/station.toml");
    }
    // It names a file that is read, and stands for what pixels_per_cm says.
    assert!(parse(&all_keys().replace("calibration = \"calibration.toml\"", "")).is_ok());
}

#[test]
fn mistakes_are_told_with_file_line_key_and_what_is_allowed() {
    let mistakes = [
        (
            "[store]\nrot = \"x\"\n",
            &["station.toml", "line 2", "rot", "`root`"][..],
        ),
        ("[shop]\n", &["line 1", "shop", "`store`"]),
        ("[trigger]\nkey = \"yes\"\n", &["line 2", "boolean", "key = \"yes\""]),
        ("[display]\nkind = \"hdmi\"\n", &["line 2", "hdmi", "`png`"]),
        ("[overlay]\npalette = \"pink\"\n", &["line 2", "pink", "`colour-blind`"]),
        (
            "[source]\n\nframes_per_second = 300\n",
            &["line 3", "source.frames_per_second is 300", "0.001 to 240"],
        ),
        ("[trigger]\nwaiting_max = 0\n", &["line 2", "waiting_max", "1 to 64"]),
        (
            "[source]\nkind = \"v4l\"\ndevice = \"../video0\"\n",
            &["line 3", "source.device", "/dev/v4l/by-id"],
        ),
        (
            "[source]\nkind = \"v4l\"\nformat = \"H264\"\n",
            &["line 3", "source.format is \"H264\"", "auto, MJPG"],
        ),
        (
            "[source]\nkind = \"v4l\"\nsize = [0, 480]\n",
            &["line 3", "source.size is 0x480", "16 to 16384"],
        ),
        (
            "[source]\nkind = \"v4l\"\nstill_size = [20000, 480]\n",
            &["line 3", "source.still_size", "16 to 16384"],
        ),
        (
            "[source]\nkind = \"v4l\"\nframes_per_second = 0.01\n",
            &["line 3", "frames_per_second", "0.1 to 240"],
        ),
        (
            "[source]\nkind = \"v4l\"\nstill_skip = 11\n",
            &["line 3", "source.still_skip is 11", "0 to 10"],
        ),
        (
            "[source]\nkind = \"v4l\"\n[source.controls]\ngain = 1.5\n",
            &["line 3", "source.controls.gain", "float", "a whole number"],
        ),
        (
            "[station]\ntime_zone = \"Mars/Base\"\n",
            &["line 2", "Mars/Base", "America/Chicago"],
        ),
        ("[station]\nid = \"a/b{counter}\"\n", &["line 2", "station.id"]),
        ("[display]\nsize = [0, 480]\n", &["line 2", "display.size", "8192"]),
        (
            "[limits]\nmegapixels = nan\n",
            &["line 2", "limits.megapixels is NaN", "0.1 to 1000"],
        ),
        (
            "[network]\nthreads = 65\n",
            &["line 2", "network.threads is 65", "1 to 64"],
        ),
        (
            "[gpio]\nshutter = \"gpiochip0/x\"\n",
            &["line 2", "gpio.shutter", "gpiochip0/17"],
        ),
        (
            "[gpio]\nlamp = \"GPIO27\"\nbuzzer = \"GPIO27\"\n",
            &["line 3", "gpio.buzzer", "GPIO27", "not used"],
        ),
        ("[gpio]\nshutter_bias = \"up\"\n", &["line 2", "up", "`pull-up`"]),
        (
            "[gpio]\nshutter = \"GPIO17\"\ndebounce_milliseconds = 5000\n",
            &["line 3", "debounce_milliseconds", "0 to 1000"],
        ),
        (
            "[trigger]\nfoot_switch_key = \"b\"\n",
            &["line 2", "foot_switch_key", "KEY_B"],
        ),
        ("[trigger]\nfoot_switch = \"\"\n", &["line 2", "foot_switch", "by-id"]),
        (
            "[trigger]\nlong_press_seconds = 0.1\n",
            &["line 2", "long_press_seconds", "0 or 0.5 to 60"],
        ),
        (
            "[health]\ntextfile = \"fishrig.txt\"\n",
            &["line 2", "health.textfile", ".prom"],
        ),
        (
            "[health]\nwarn_celsius = nan\n",
            &["line 2", "health.warn_celsius is NaN", "20 to 120"],
        ),
        ("[store]\nroot = \"\"\n", &["line 2", "store.root", "empty"]),
        (
            "[display]\nrotation = 45\n",
            &["line 2", "display.rotation is 45", "0, 90, 180 or 270"],
        ),
        ("[display]\nsize = \"large\"\n", &["line 2", "\"auto\"", "[800, 480]"]),
        (
            "[display]\nkind = \"drm\"\nmode = \"fast\"\n",
            &["line 3", "display.mode is \"fast\"", "1280x720@60"],
        ),
        (
            "[display]\nkind = \"spi_panel\"\n[display.panel]\nmodel = \"hd44780\"\n",
            &["line 4", "display.panel.model is \"hd44780\"", "ili9341", "st7789"],
        ),
        (
            "[display]\nkind = \"spi_panel\"\n[display.panel]\ndc = \"gpiochip0/\"\n",
            &["line 4", "display.panel.dc", "GPIO17"],
        ),
        (
            "[display]\nkind = \"spi_panel\"\n[display.panel]\n\nspeed_hz = 1\n",
            &["line 5", "display.panel.speed_hz is 1", "100000 to 125000000"],
        ),
        (
            "[display]\nkind = \"spi_panel\"\n[display.panel]\nsize = [320, 240]\n",
            &["line 4", "display.panel.size 320x240", "240x320"],
        ),
        ("station = 1 1\n", &["line 1"]),
    ];
    for (text, wanted) in mistakes {
        let said = parse(text).unwrap_err();
        for part in wanted {
            assert!(said.contains(part), "{text:?} should say {part:?}:\n{said}");
        }
    }
}

#[test]
fn a_camera_is_described_by_its_keys() {
    let text = r#"
        [source]
        kind = "v4l"
        device = "usb-046d_HD_Pro_Webcam_C920-video-index0"
        size = [1280, 720]
        frames_per_second = 15
        format = "BGGR"
        still_size = [4208, 3120]
        still_skip = 3
        [source.controls]
        exposure_time_absolute = 200
        auto_exposure = "Manual Mode"
        focus_automatic_continuous = false
    "#;
    let SourceSettings::V4l(camera) = parse(text).unwrap().source else {
        panic!("a camera is wanted");
    };
    let wanted = V4lSettings {
        device: DeviceChoice::ById("usb-046d_HD_Pro_Webcam_C920-video-index0".into()),
        size: Size::new(1280, 720),
        frames_per_second: 15.0,
        format: FourCc::named("BA81"),
        still_size: Some(Size::new(4208, 3120)),
        still_skip: 3,
        controls: vec![
            ("exposure_time_absolute".into(), Setting::Integer(200)),
            ("auto_exposure".into(), Setting::Text("Manual Mode".into())),
            ("focus_automatic_continuous".into(), Setting::Boolean(false)),
        ],
    };
    assert_eq!(camera, wanted);
    let plain = parse("[source]\nkind = \"v4l\"\n").unwrap().source;
    assert_eq!(plain, SourceSettings::V4l(V4lSettings::default()));
}

#[test]
fn half_precision_is_there_for_who_asks() {
    let engine = |text: &str| parse(text).unwrap().network.engine;
    assert_eq!(engine("[network]\nhalf_precision = true\n"), Engine::FusedInHalves);
    assert_eq!(engine("[network]\nthreads = 2\n"), Engine::Fused);
}

#[test]
fn all_values_that_are_wrong_are_told_at_once() {
    let said = parse("[trigger]\nwaiting_max = 0\n[network]\nthreads = 0\n").unwrap_err();
    assert!(
        said.contains("waiting_max") && said.contains("network.threads"),
        "{said}"
    );
}

#[test]
fn a_broken_file_still_tells_which_display_it_meant() {
    let path = Path::new("station.toml");
    let display = "[display]\nkind = \"png\"\nsize = [320, 240]\n";
    for broken in [
        format!("[station\n{display}[store]\nroot = 7\n"),
        format!("[stor]\n{display}"),
        format!("{display}[trigger]\nwaiting_max = 0\n"),
    ] {
        assert!(parse(&broken).is_err());
        let found = Configuration::display_of_broken(&broken, path).unwrap();
        assert!(matches!(&found, DisplaySettings::Png(_)), "{found:?}");
        assert_eq!(found.size(), Some(fishrig::frame::Size::new(320, 240)));
    }
    let panel = "[display]\nkind = \"spi_panel\"\n[display.panel]\nmodel = \"st7789\"\n[store]\nroot = 7\n";
    match Configuration::display_of_broken(panel, path) {
        Some(DisplaySettings::SpiPanel(panel)) => assert_eq!(panel.model, fishrig::display::PanelModel::St7789),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        Configuration::display_of_broken("[display]\nkind = \"hdmi\"\n", path),
        None
    );
    assert_eq!(Configuration::display_of_broken("", path), None);
}

#[test]
fn paths_are_taken_from_the_file_s_folder() {
    let configuration =
        Configuration::parse("[store]\nroot = \"r\"\n", Path::new("/etc/fishrig/station.toml")).unwrap();
    assert_eq!(configuration.store.root, Path::new("/etc/fishrig/r"));
}

#[test]
fn a_device_without_end_is_no_configuration() {
    let message = Configuration::read(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(
        message.contains("/dev/zero") && message.contains("larger than"),
        "{message}"
    );
}

#[test]
fn the_program_checks_files() {
    let folder = tempfile::tempdir().unwrap();
    let fishrig = || {
        let mut command = Command::cargo_bin("fishrig").unwrap();
        command.current_dir(&folder);
        command
    };
    let default = fishrig().args(["config", "default"]).output().unwrap();
    std::fs::write(folder.path().join("station.toml"), default.stdout).unwrap();
    fishrig().args(["config", "check"]).assert().code(0);
    std::fs::write(folder.path().join("typo.toml"), "[stor]\n").unwrap();
    let said = fishrig().args(["config", "check", "typo.toml"]).assert().code(2);
    let said = String::from_utf8(said.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("typo.toml") && said.contains("line 1") && said.contains("stor"),
        "{said}"
    );
}
