//! `fishrig demo` as a newcomer runs it.

use assert_cmd::Command;

#[test]
fn the_demo_finds_segments_and_keeps_every_drawn_fish() {
    let folder = tempfile::tempdir().unwrap();
    let fishrig = || {
        let mut command = Command::cargo_bin("fishrig").unwrap();
        command.current_dir(&folder);
        command
    };
    let output = fishrig().arg("demo").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let summary = said.lines().find(|l| l.contains("fish found")).unwrap();
    assert!(summary.starts_with("6 fish found"), "{said}");
    let agreement: f64 = summary.split("to ").nth(1).unwrap()[..4].parse().unwrap();
    assert!(agreement > 0.85, "masks against the drawn ones: {said}");

    let root = folder.path().join("fishrig-demo");
    assert_eq!(std::fs::read_dir(root.join("screens")).unwrap().count(), 6);
    let records = root.join("records");
    let verify = fishrig()
        .args(["store", "verify", "--root"])
        .arg(&records)
        .output()
        .unwrap();
    assert_eq!(verify.status.code(), Some(0));
    assert!(String::from_utf8(verify.stdout).unwrap().starts_with("6 records"));

    // A second run adds; it neither overwrites nor fails.
    fishrig().arg("demo").assert().code(0);
    let list = fishrig()
        .args(["store", "list", "--root"])
        .arg(&records)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(list.stdout).unwrap().lines().count(), 12);
}
