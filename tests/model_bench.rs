//! `fishrig model bench`: what it measures, against what is known of the networks.

use assert_cmd::Command;
use fishrig::network::{Bundle, NetworkSettings, Profile, TraitNetwork};
use image::RgbImage;
use serde_json::Value;

fn fishrig() -> Command {
    Command::cargo_bin("fishrig").unwrap()
}

fn check_input() -> RgbImage {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/starter/check_input.png");
    image::open(file).unwrap().into_rgb8()
}

fn number(value: &Value, pointer: &str) -> f64 {
    let found = value.pointer(pointer).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("{pointer} is a number in {value:#}"))
}

#[test]
fn json_says_times_memory_and_operators() {
    let arguments = ["model", "bench", "--runs", "2", "--threads", "1", "--profile", "--json"];
    let output = fishrig().args(arguments).assert().success().get_output().clone();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["name"], &said["runs"], &said["threads"]),
        (&"lite0-int8".into(), &2.into(), &1.into())
    );
    for step in ["whole", "prepare", "network", "masks", "processor"] {
        let spread = ["min", "lower_quartile", "median", "upper_quartile", "max"];
        let values = spread.map(|of| number(&said, &format!("/{step}/{of}")));
        // The fused network's last step makes the masks.
        assert!(
            values.is_sorted() && (values[0] > 0.0) == (step != "masks"),
            "{step}: {values:?}"
        );
    }
    let parts = ["prepare", "network", "masks"].map(|step| number(&said, &format!("/{step}/max")));
    assert!(number(&said, "/whole/min") <= parts.iter().sum::<f64>());
    assert!(number(&said, "/load") > 0.0);
    let loaded = number(&said, "/memory/peak_after_loading");
    let ran = number(&said, "/memory/peak_after_running");
    // The weights alone have 3.7 MB in the file.
    assert!(loaded > 3.7e6 && ran >= loaded, "{loaded} and {ran} bytes");

    // All but the stem and block 0 runs in int8, and nothing is left to tract.
    let fusion = &said["fusion"];
    assert_eq!(
        (
            number(&said, "/fusion/islands"),
            fusion["left"].as_array().unwrap().len()
        ),
        (1.0, 0)
    );
    let (int8, float) = (number(&said, "/fusion/int8_macs"), number(&said, "/fusion/float_macs"));
    assert!(int8 > 1.8e9 && float < 0.08e9, "{int8} and {float}");

    let profile = &said["profile"];
    let list = |name: &str| profile[name].as_array().unwrap().clone();
    let sum = |rows: &[Value], key: &str| rows.iter().map(|row| row[key].as_f64().unwrap()).sum::<f64>();
    let (kinds, operators) = (list("kinds"), list("operators"));
    assert!((sum(&kinds, "share") - 1.0).abs() < 1e-9);
    let between = kinds.iter().find(|kind| kind["kind"] == "between operators").unwrap();
    assert!((sum(&operators, "share") + between["share"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(sum(&kinds, "macs"), sum(&operators, "macs"));
    assert!(operators.iter().all(|operator| operator["name"].is_string()));
}

/// `../shared/models/starter/README.md`: 1.940 GMAC, counted there from the network's definition.
#[test]
fn the_starter_networks_have_the_multiply_adds_of_their_definition() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for name in ["starter-int8", "starter-float"] {
        let bundle = Bundle::open(&models.join(name)).unwrap();
        let network = TraitNetwork::load(&bundle, &NetworkSettings::on_threads(1)).unwrap();
        let (_, run) = network.segment_profiled(&check_input()).unwrap();
        let macs = Profile::of_runs(&[run]).unwrap().macs();
        assert_eq!(format!("{:.3}", macs as f64 / 1e9), "1.940", "{name}: {macs}");
    }
}

#[test]
fn watching_changes_no_result() {
    for threads in [1, 2] {
        let network = TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::on_threads(threads)).unwrap();
        let plain = network.segment(&check_input()).unwrap();
        let (watched, run) = network.segment_profiled(&check_input()).unwrap();
        assert!(plain == watched, "{threads} threads");
        let operators = run.operators.iter().map(|operator| operator.time).sum();
        assert!(run.whole >= operators);
    }
}

/// The table of one run on two threads, with its lines' lengths looked at.
fn table(options: &[&str]) -> String {
    let crop = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/starter/check_input.png");
    let mut command = fishrig();
    command.args([
        "model",
        "bench",
        "--runs",
        "1",
        "--threads",
        "2",
        "--profile",
        "--image",
        crop,
    ]);
    let output = command.args(options).assert().success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
    text
}

#[test]
fn people_get_a_table_of_eighty_columns() {
    let text = table(&[]);
    for words in [
        "2 threads and 1 run",
        "processor time",
        "loading",
        "GMAC/s",
        "between operators",
        "299 nodes in 1 island",
    ] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

#[test]
fn the_table_says_what_is_in_half_precision() {
    let text = table(&[
        "--half-precision",
        concat!(env!("CARGO_MANIFEST_DIR"), "/models/starter-float"),
    ]);
    match fishrig::network::half_precision() {
        Some(format) => assert!(text.contains(&format!(" in {format}, ")), "{text}"),
        None => assert!(!text.contains("half-precision"), "{text}"),
    }
}

#[test]
fn what_is_no_picture_and_no_number_of_runs_is_refused() {
    for (arguments, reason) in [
        (["--image", "Cargo.toml"], "Cargo.toml: not a JPEG, PNG or TIFF"),
        (["--image", "absent.png"], "absent.png"),
        (["--runs", "0"], "0 is not in 1..=1000"),
        (["--threads", "65"], "65 is not in 1..=64"),
        (["--kernels", "GPU"], "this processor can run"),
    ] {
        let mut command = fishrig();
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["model", "bench"]);
        let output = command.args(arguments).assert().code(2).get_output().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(reason), "{reason:?} in {said}");
    }
}
