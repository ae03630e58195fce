//! `fishrig doctor` on stations that are ready and that are not.

use assert_cmd::Command;
use serde_json::Value;

fn doctor(folder: &std::path::Path, configuration: &str) -> (Option<i32>, Vec<Value>) {
    std::fs::write(folder.join("station.toml"), configuration).unwrap();
    let output = Command::cargo_bin("fishrig")
        .unwrap()
        .current_dir(folder)
        .args(["doctor", "--json", "--config", "station.toml"])
        .output()
        .unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

fn finding<'a>(findings: &'a [Value], what: &str) -> &'a Value {
    findings.iter().find(|f| f["what"] == what).unwrap()
}

#[test]
fn a_station_with_frames_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("frames")).unwrap();
    image::RgbImage::new(64, 64)
        .save(folder.path().join("frames/a.png"))
        .unwrap();
    let (code, findings) = doctor(folder.path(), "[store]\nfloor_megabytes = 1\n");
    assert_eq!(code, Some(0), "{findings:?}");
    assert_eq!(finding(&findings, "source")["state"], "ready");
    assert!(!folder.path().join("records").exists(), "looking changes nothing");
}

#[test]
fn what_is_missing_is_named_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = "[store]\nroot = \"not/there\"\n[network]\nbundle = \"nowhere\"\n\
        [gpio]\nshutter = \"no such line\"\nlamp = \"no-chip/3\"\n[trigger]\nfoot_switch = \"no such device\"\n\
        [health]\ntextfile = \"not/there/fishrig.prom\"\n";
    let (code, findings) = doctor(folder.path(), configuration);
    assert_eq!(code, Some(1));
    for (what, cure) in [
        ("shutter", "no line no such line"),
        ("lamp", "no-chip/3"),
        ("foot-switch", "Plug it in"),
        ("textfile", "make its folder"),
        ("records", "mount its disk"),
        ("network", "manifest.toml and network.onnx"),
        ("source", "frames"),
    ] {
        let found = finding(&findings, what);
        assert_eq!(found["state"], "not-ready", "{what}");
        assert!(found["words"].as_str().unwrap().contains(cure), "{found}");
    }
}

#[test]
fn numbers_for_prometheus() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::cargo_bin("fishrig")
        .unwrap()
        .current_dir(folder.path())
        .args(["doctor", "--prometheus"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "fishrig_doctor_ready{what=\"network\"} 1\n",
        "fishrig_doctor_ready{what=\"source\"} 0\n",
        "fishrig_storage_free_bytes ",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn records_of_the_future_are_a_sign_of_a_wrong_clock() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("records/2999-01-01/A")).unwrap();
    let (_, findings) = doctor(folder.path(), "");
    let clock = finding(&findings, "clock");
    assert_eq!(clock["state"], "warning");
    assert!(clock["words"].as_str().unwrap().contains("2999-01-01"), "{clock}");
}
