//! `fishrig train` as a user runs it: on drawn fish, killed and gone on with, given wrong things.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use fishrig::convert::{onnx, write_bundle};
use fishrig::network::Bundle;
use serde_json::Value;

const FLOAT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/lite0-float");

/// A bundle of the float network in which every value of one weight is `value`.
fn filled(folder: &Path, weight: &str, value: f32) {
    let bundle = Bundle::open(Path::new(FLOAT)).unwrap();
    let mut model = fishrig::network::read_message(&bundle).unwrap();
    let weights = &mut model.graph.as_mut().unwrap().initializer;
    let found = weights.iter_mut().find(|w| w.name == weight).unwrap();
    let shape = onnx::shape_of(found).unwrap();
    *found = onnx::f32_tensor(weight, &shape, &vec![value; shape.iter().product()]);
    write_bundle(folder, model, bundle.manifest().clone(), false).unwrap();
}

fn fishrig() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fishrig"))
}

/// Ten drawn crops in `images` and their masks in `labels`, and beside them in `forgetful` a network whose last convolution has forgotten everything: it
/// learns a lot in few steps. Made once for all tests.
fn drawn() -> &'static (tempfile::TempDir, PathBuf, PathBuf) {
    static DRAWN: OnceLock<(tempfile::TempDir, PathBuf, PathBuf)> = OnceLock::new();
    DRAWN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (all, images, labels) = (
            folder.path().join("all"),
            folder.path().join("images"),
            folder.path().join("labels"),
        );
        let done = fishrig()
            .args(["render", "-n", "10", "--crops", "-o"])
            .arg(&all)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        fs::create_dir(&images).unwrap();
        fs::create_dir(&labels).unwrap();
        filled(&folder.path().join("forgetful"), "head.weight", 0.0);
        for entry in fs::read_dir(&all).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let to = match name.as_str() {
                n if n.ends_with(".jpg") => images.join(n),
                n if n.ends_with("_traits.png") => labels.join(n),
                _ => continue,
            };
            fs::rename(path, to).unwrap();
        }
        (folder, images, labels)
    })
}

/// A short training of the forgetful network on the drawn fish.
fn training(out: &Path, more: &[&str]) -> Command {
    let (folder, images, labels) = drawn();
    let mut command = fishrig();
    command
        .arg("train")
        .arg("--images")
        .arg(images)
        .arg("--labels")
        .arg(labels);
    command
        .arg("--init")
        .arg(folder.path().join("forgetful"))
        .arg("-o")
        .arg(out);
    command.args(["--batch", "3", "--seed", "5", "--json"]).args(more);
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(output)))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The epochs of a result, without the seconds that they took.
fn epochs(result: &Value) -> Vec<Value> {
    let mut epochs = result["epochs"].as_array().unwrap().clone();
    for epoch in &mut epochs {
        epoch.as_object_mut().unwrap().remove("seconds");
    }
    epochs
}

#[test]
fn a_training_ends_in_a_bundle_that_the_other_commands_take() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let more = ["--epochs", "3", "--alter", "fixed", "--copies", "2", "--rate", "1e-3"];
    let output = training(&out, &more).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let result = json(&output);
    assert_eq!(
        result["pictures"],
        serde_json::json!({ "training": 6, "validation": 2, "test": 2 })
    );
    let losses: Vec<f64> = result["epochs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["loss"].as_f64().unwrap())
        .collect();
    assert!(losses[2] < losses[0], "{losses:?}");
    let best = result["epochs"]
        .as_array()
        .unwrap()
        .iter()
        .rfind(|e| e["best"] == true)
        .unwrap()["validation_iou"]
        .as_f64()
        .unwrap();
    assert!(best > result["validation_iou_before"].as_f64().unwrap());
    assert_eq!(result["test"].as_array().unwrap().len(), 2);

    let bundle = Bundle::open(&out.join("best")).unwrap();
    assert!(
        bundle.manifest().output.untrained.is_empty(),
        "drawn fish have rays and spines"
    );
    assert!(
        bundle.manifest().training.contains("6 pictures"),
        "{}",
        bundle.manifest().training
    );
    assert_eq!(fs::read_to_string(out.join("curves.csv")).unwrap().lines().count(), 4);
    image::open(out.join("curves.png")).unwrap();

    let (_, images, labels) = drawn();
    let eval = fishrig()
        .arg("eval")
        .arg("--images")
        .arg(images)
        .arg("--labels")
        .arg(labels)
        .arg("--bundle")
        .arg(out.join("best"))
        .output()
        .unwrap();
    assert!(eval.status.success(), "{}", said(&eval));
    let int8 = out.join("int8");
    let quantize = (fishrig()
        .args(["model", "quantize"])
        .arg(out.join("best"))
        .arg("--calibrate")
        .arg(images))
    .args(["--cropped", "--no-sensitivity", "-o"])
    .arg(&int8)
    .output()
    .unwrap();
    assert!(quantize.status.success(), "{}", said(&quantize));
    Bundle::open(&int8).unwrap();

    // The same again has nothing to do, and says the same.
    let again = training(&out, &more).output().unwrap();
    assert_eq!(json(&again), result);
    // Other settings are another run.
    let other = training(
        &out,
        &["--epochs", "3", "--alter", "fixed", "--copies", "2", "--rate", "2e-3"],
    )
    .output()
    .unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(
        said(&other).contains("rate: 0.001 there, 0.002 now"),
        "{}",
        said(&other)
    );
}

#[test]
fn a_killed_training_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--epochs", "3", "--alter", "fixed", "--copies", "2", "--rate", "1e-3"];
    let whole = folder.path().join("whole");
    let undisturbed = json(&training(&whole, &more).output().unwrap());

    let out = folder.path().join("killed");
    let mut kills = 0;
    let killed = loop {
        let mut child = training(&out, &more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Later each time, so that the end comes.
        let patience = Duration::from_millis(1500 + 1700 * kills);
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() && begun.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
        if child.try_wait().unwrap().is_some() {
            break child.wait_with_output().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 60, "it never comes to an end");
    };
    assert!(kills > 0, "it was never killed");
    assert_eq!(epochs(&json(&killed)), epochs(&undisturbed), "after {kills} kills");
    let network = |out: &Path| fs::read(out.join("best/network.onnx")).unwrap();
    assert!(network(&out) == network(&whole));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let trained = |threads: &str| {
        let out = folder.path().join(threads);
        let more = ["--epochs", "1", "--alter", "fixed", "--copies", "2", "--rate", "1e-3"];
        let output = training(&out, &more).args(["--threads", threads]).output().unwrap();
        (epochs(&json(&output)), fs::read(out.join("best/network.onnx")).unwrap())
    };
    assert!(trained("1") == trained("3"));
}

#[test]
fn a_stop_is_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let more = ["--epochs", "40", "--alter", "none"];
    let child = training(&out, &more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !out.join("curves.csv").exists() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let stopped = json(&output);
    assert_eq!(stopped["stopped"], true);
    let done = stopped["epochs"].as_array().unwrap().len();
    assert!((1..40).contains(&done));
    // Fewer epochs may be wanted afterwards.
    let output = training(&out, &["--epochs", &done.to_string(), "--alter", "none"])
        .output()
        .unwrap();
    assert_eq!(epochs(&json(&output)), epochs(&stopped));
}

#[test]
fn two_trainings_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut first = training(&out, &["--epochs", "40"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !out.join("state.safetensors").exists() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let second = training(&out, &["--epochs", "40"]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(
        said(&second).contains("in use by another training"),
        "{}",
        said(&second)
    );
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_and_keeps_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    // As a run that overflowed would have it.
    let broken = folder.path().join("broken");
    filled(&broken, "head.bias", f32::NAN);
    let (_, images, labels) = drawn();
    let output = (fishrig()
        .arg("train")
        .arg("--images")
        .arg(images)
        .arg("--labels")
        .arg(labels))
    .arg("-o")
    .arg(&out)
    .arg("--init")
    .arg(&broken)
    .args(["--epochs", "2"])
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("no number any more in epoch 1"),
        "{}",
        said(&output)
    );
    assert!(!out.join("best").exists());
}

#[test]
fn adapting_begins_with_the_built_in_network_and_refuses_a_worse_one() {
    let folder = tempfile::tempdir().unwrap();
    let (_, images, labels) = drawn();
    let adapt = |labels: &Path, out: &Path, more: &[&str]| {
        let mut command = fishrig();
        command
            .args(["train", "--adapt", "--json", "--images"])
            .arg(images)
            .arg("--labels")
            .arg(labels)
            .arg("-o")
            .arg(out);
        command.args(more).output().unwrap()
    };
    let out = folder.path().join("better");
    let output = adapt(labels, &out, &["--epochs", "4", "--copies", "2"]);
    let result = json(&output);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        result["test_iou"].as_f64() >= result["test_iou_before"].as_f64(),
        "{result}"
    );
    Bundle::open(&out.join("best")).unwrap();

    // Labels of the validation pictures that teach one thing, and of the test pictures that ask another.
    let wrong = folder.path().join("wrong");
    fs::create_dir(&wrong).unwrap();
    let names = |part: &str, range: std::ops::Range<usize>| {
        let path = folder.path().join(part);
        fs::write(&path, range.map(|k| format!("crop_{k:06}\n")).collect::<String>()).unwrap();
        path
    };
    let lists = [names("training", 0..6), names("validation", 6..8), names("test", 8..10)];
    for k in 0..10 {
        let name = format!("crop_{k:06}_traits.png");
        let label = image::open(labels.join(&name)).unwrap().to_luma16();
        // The trunk is called head, but for the test's pictures.
        let swapped =
            image::ImageBuffer::<image::Luma<u16>, Vec<u16>>::from_fn(label.width(), label.height(), |x, y| {
                let bits = label.get_pixel(x, y).0[0];
                image::Luma([if k < 8 && bits & 1 << 11 != 0 { 1 << 6 } else { bits }])
            });
        swapped.save(wrong.join(name)).unwrap();
    }
    let out = folder.path().join("worse");
    let [training, validation, test] = lists.each_ref().map(|path| path.to_str().unwrap());
    let more = [
        "--epochs",
        "6",
        "--copies",
        "2",
        "--rate",
        "1e-3",
        "--training-list",
        training,
        "--validation-list",
        validation,
        "--test-list",
        test,
    ];
    let output = adapt(&wrong, &out, &more);
    let result = json(&output);
    assert_eq!(
        (output.status.code(), &result["refused"]),
        (Some(1), &Value::Bool(true)),
        "{result}"
    );
    assert!(!out.join("best").exists());
    assert_eq!(json(&adapt(&wrong, &out, &more))["refused"], true, "it stays refused");
}

#[test]
fn what_is_wrong_with_the_pictures_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (_, images, labels) = drawn();
    let bad = folder.path().join("labels");
    fs::create_dir(&bad).unwrap();
    for k in 0..8 {
        let name = format!("crop_{k:06}_traits.png");
        fs::copy(labels.join(&name), bad.join(&name)).unwrap();
    }
    fs::write(bad.join("crop_000003_traits.png"), b"no picture").unwrap();
    image::GrayImage::new(10, 10)
        .save(bad.join("crop_000004_traits.png"))
        .unwrap();
    fs::copy(labels.join("crop_000005_traits.png"), bad.join("nobody_traits.png")).unwrap();
    let run = |more: &[&str], out: &str| {
        let mut command = fishrig();
        command
            .args([
                "train", "--init", FLOAT, "--epochs", "1", "--alter", "none", "--json", "--images",
            ])
            .arg(images);
        command
            .arg("--labels")
            .arg(&bad)
            .arg("-o")
            .arg(folder.path().join(out))
            .args(more);
        command.output().unwrap()
    };
    let output = run(&[], "refused");
    assert_eq!(output.status.code(), Some(2));
    let words = said(&output);
    for expected in [
        "crop_000003",
        "crop_000004",
        "nobody",
        "3 of 9 labels",
        "2 pictures without a label",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let output = run(&["--skip-bad"], "skipped");
    assert_eq!(output.status.code(), Some(1), "labels were left out: {}", said(&output));
    assert_eq!(json(&output)["pictures"]["training"], 4);
    let output = run(&["--skip-bad", "--validation", "60", "--test", "40"], "none");
    assert!(said(&output).contains("too few"), "{}", said(&output));
    let output = run(&["--skip-bad", "--freeze", "nonsense."], "frozen");
    assert!(
        said(&output).contains("no weight's name begins with"),
        "{}",
        said(&output)
    );
}

/// The network whose layers libtorch computes is the processor's own but for the last digits, and either goes on where the other stopped.
#[cfg(feature = "torch")]
#[test]
fn libtorch_trains_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let trained = |out: &str, n: &str, processor: &str| {
        let more = [
            "--alter",
            "none",
            "--rate",
            "1e-3",
            "--epochs",
            n,
            "--processor",
            processor,
        ];
        let output = training(&folder.path().join(out), &more).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        json(&output)
    };
    let value = |epoch: &Value, key: &str| epoch[key].as_f64().unwrap();
    let own = epochs(&trained("own", "3", "cpu"));
    trained("gone-on-with", "2", "torch-cpu");
    for (way, theirs) in [
        ("libtorch", epochs(&trained("torch", "3", "torch-cpu"))),
        ("libtorch, then flex", epochs(&trained("gone-on-with", "3", "cpu"))),
    ] {
        assert_eq!(theirs.len(), 3);
        for (own, theirs) in own.iter().zip(&theirs) {
            for key in ["loss", "validation_loss", "validation_iou"] {
                let (own, theirs) = (value(own, key), value(theirs, key));
                assert!((own - theirs).abs() < 2e-3, "{way}, {key}: {theirs}, by flex {own}");
            }
        }
    }
}

#[test]
fn a_processor_that_is_not_there_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let output = training(&out, &["--epochs", "1", "--processor", "cuda"])
        .output()
        .unwrap();
    if cfg!(feature = "torch") && output.status.success() {
        eprintln!("SKIPPED: this machine has a CUDA device");
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let cure = if cfg!(feature = "torch") {
        "libtorch finds no CUDA device"
    } else {
        "--features torch"
    };
    assert!(said(&output).contains(cure), "{}", said(&output));
    assert!(!out.exists());
}
