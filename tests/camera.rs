//! `fishrig camera` on whatever machine runs the tests: with a camera or without one.

use assert_cmd::Command;

fn fishrig(arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::cargo_bin("fishrig")
        .unwrap()
        .current_dir(&folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_list_holds_every_video_device_and_its_exit_code_tells_whether_one_is_a_camera() {
    let nodes = std::fs::read_dir("/dev").unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.strip_prefix("video").is_some_and(|n| n.parse::<u32>().is_ok())
    });
    let (code, out, err) = fishrig(&["camera", "list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&out).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), nodes.count());
    let has_camera = list.iter().any(|device| device["is_camera"] == true);
    assert_eq!(code, if has_camera { 0 } else { 1 }, "{err}");
    if !has_camera {
        assert!(err.contains("docs/cameras.md"), "{err}");
    }
    assert!(list.iter().all(|d| d["is_camera"] == true || d["problem"].is_string()));
    let (words_code, words, _) = fishrig(&["camera", "list"]);
    assert_eq!(words_code, code);
    assert!(
        list.iter()
            .all(|device| words.contains(device["device"].as_str().unwrap()))
    );
}

#[test]
fn what_is_no_camera_is_refused_in_words() {
    for (arguments, words) in [
        (
            &["snapshot", "/dev/null", "-o", "x.png"][..],
            "/dev/null is no video device",
        ),
        (&["controls", "/dev/null"], "/dev/null is no video device"),
        (&["controls", "/dev/no-such-node"], "there is no /dev/no-such-node"),
        (
            &["controls", "no-such-camera"],
            "there is no /dev/v4l/by-id/no-such-camera",
        ),
        (&["controls", "a/b"], "\"a/b\" is no device"),
        (&["snapshot", "-o", "x.tif"], "end the name in .jpg or .png"),
        (
            &["snapshot", "-o", "x.png", "--format", "H264"],
            "no format that fishrig reads",
        ),
        (&["snapshot", "-o", "x.png", "--size", "7x7"], "source.size is 7x7"),
        (&["snapshot", "-o", "x.png", "--config", "none.toml"], "none.toml"),
    ] {
        let arguments = [&["camera"], arguments].concat();
        let (code, _, err) = fishrig(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
}

#[test]
fn doctor_tells_of_a_camera_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("station.toml");
    std::fs::write(&file, "[source]\nkind = \"v4l\"\ndevice = \"/dev/no-such-node\"\n").unwrap();
    let (code, out, _) = fishrig(&["doctor", "--config", file.to_str().unwrap()]);
    assert_eq!(code, 1);
    let line = out.lines().find(|line| line.contains("source")).unwrap();
    assert!(
        line.starts_with("NOT READY") && line.contains("there is no /dev/no-such-node"),
        "{line}"
    );
}
