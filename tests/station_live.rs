//! The station with its real parts, on frames that the project draws: from the configuration's text to records on disk.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use fishrig::config::Configuration;
use fishrig::input::{self, TriggerKind};
use fishrig::render::{RigScene, demo_scenes};
use fishrig::station::live;
use fishrig::store::{Archive, Record};

const HANG: Duration = Duration::from_secs(240);

/// The first of the demo's scenes as JPEG files in a folder.
fn draw_frames(folder: &Path, count: usize) {
    std::fs::create_dir(folder).unwrap();
    for (i, scene) in demo_scenes().into_iter().take(count).enumerate() {
        let frame = RigScene::new(scene).unwrap().draw();
        frame.picture.save(folder.join(format!("specimen{i}.jpg"))).unwrap();
    }
}

fn records_in(root: &Path) -> Vec<Record> {
    let Ok(archive) = Archive::open(root) else {
        return Vec::new();
    };
    archive
        .list()
        .unwrap()
        .map(|listed| listed.unwrap().record.unwrap())
        .collect()
}

#[test]
fn specimens_lie_down_one_after_another_and_each_becomes_a_record() {
    let folder = tempfile::tempdir().unwrap();
    draw_frames(&folder.path().join("frames"), 2);
    let text = r#"
        [station]
        name = "bench 1"
        operator = "Ada"
        id = "F{counter:03}"
        [source]
        frames_per_second = 5
        repeat = 40
        looping = true
        [display]
        kind = "png"
        size = [800, 480]
        keep = 5
        [trigger]
        auto_still_seconds = 0.2
        [quality]
        auto = "all"
        [store]
        floor_megabytes = 0
    "#;
    let configuration = Configuration::parse(text, &folder.path().join("station.toml")).unwrap();
    let station = live::prepare(&configuration).unwrap().start().unwrap();
    let controls = station.controls();
    let running = std::thread::spawn(move || station.run());
    let root = folder.path().join("records");
    let started = Instant::now();
    while records_in(&root).len() < 2 {
        assert!(started.elapsed() < HANG && !running.is_finished(), "no two records");
        std::thread::sleep(Duration::from_millis(100));
    }
    // One more of the same specimen by key; whatever it shows by then, it shares the last record's id.
    let same_specimen = true;
    assert!(controls.send(input::Event::Trigger {
        by: TriggerKind::Key,
        same_specimen
    }));
    while records_in(&root).iter().all(|r| r.id == r.specimen) {
        assert!(started.elapsed() < HANG && !running.is_finished(), "no further picture");
        std::thread::sleep(Duration::from_millis(100));
    }
    controls.send(input::Event::Undo);
    controls.send(input::Event::Finish);
    let counts = running.join().unwrap().unwrap();

    let records = records_in(&root);
    assert_eq!(counts.saved as usize, records.len());
    assert_eq!((counts.lost, counts.voided), (0, 1));
    assert_eq!(records.iter().filter(|r| r.voided).count(), 1);
    assert_eq!(records[0].id.as_str(), "F001");
    assert_eq!(
        (records[0].station.as_str(), records[0].operator.as_str()),
        ("bench 1", "Ada")
    );
    for record in &records {
        let fish = record.fish.as_ref().expect("every frame shows a fish");
        assert!(fish.pixels.iter().flatten().sum::<u64>() > 1000, "{}", record.id);
        assert!(record.file(&format!("{}_overlay.jpg", record.id)).is_some());
        let captured = std::fs::read(
            folder
                .path()
                .join("frames")
                .join(format!("{}.jpg", record.frame.source_name.as_deref().unwrap())),
        )
        .unwrap();
        let stored = record.file(&record.frame.file).unwrap();
        assert_eq!(
            stored.size,
            captured.len() as u64,
            "the frame is stored as it was captured"
        );
    }
    let first = records[0].frame.source_name.clone();
    assert_ne!(
        first, records[1].frame.source_name,
        "each specimen once, not the same twice"
    );
    assert!(std::fs::read_dir(folder.path().join("screen")).unwrap().count() >= 1);
}

#[test]
fn what_cannot_work_is_said_before_the_station_starts() {
    let folder = tempfile::tempdir().unwrap();
    let message = |text: &str| {
        let configuration = Configuration::parse(text, &folder.path().join("station.toml")).unwrap();
        live::prepare(&configuration)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    };
    assert!(message("[source]\npath = \"absent\"").contains("absent"));
    draw_frames(&folder.path().join("frames"), 1);
    assert!(message("[store]\nroot = \"no/such/parent\"").contains("no/such/parent"));
    assert!(message("[network]\nbundle = \"nothing\"").contains("nothing"));
    assert_eq!(message("[store]\nfloor_megabytes = 0"), "");
}

#[test]
fn a_broken_file_becomes_a_page_and_a_mended_one_a_station() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("station.toml");
    std::fs::write(&file, "[store]\nflor = 1\n").unwrap();
    let problem = live::prepare_from(&file).err().unwrap();
    assert!(problem.page.reason.contains("flor"), "{}", problem.page.reason);
    assert!(problem.page.cure.contains("station.toml"), "{}", problem.page.cure);
    std::fs::write(&file, "[store]\nfloor_megabytes = 0\n").unwrap();
    let problem = live::prepare_from(&file).err().unwrap();
    assert!(problem.page.reason.contains("frames"), "{}", problem.page.reason);
    assert_eq!(problem.displays.len(), 1, "the configuration names a display");
    draw_frames(&folder.path().join("frames"), 1);
    assert!(live::prepare_from(&file).is_ok());
}

#[test]
fn the_program_takes_lines_and_signals_and_ends_well() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::Write;
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    draw_frames(&folder.path().join("frames"), 1);
    let file = folder.path().join("station.toml");
    let text = "[source]\nframes_per_second = 10\nlooping = true\n[store]\nfloor_megabytes = 0\n";
    std::fs::write(&file, text).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_fishrig"))
        .args(["run", "--config"])
        .arg(&file)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = program.stdin.take().unwrap();
    let pid = Pid::from_raw(program.id() as i32).unwrap();
    let root = folder.path().join("records");
    let started = Instant::now();
    let until = |count: usize, ask: &mut dyn FnMut()| {
        while records_in(&root).len() < count {
            assert!(started.elapsed() < HANG, "no {count} records");
            ask();
            std::thread::sleep(Duration::from_millis(300));
        }
    };
    keys.write_all(b"o Ada\n").unwrap();
    // Asked again until the first frame is there and its record written.
    until(1, &mut || keys.write_all(b"\n").unwrap());
    let saved = records_in(&root).len();
    until(saved + 1, &mut || kill_process(pid, Signal::USR1).unwrap());
    kill_process(pid, Signal::TERM).unwrap();
    let output = program.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let records = records_in(&root);
    assert!(words.contains(&format!("{} records saved", records.len())), "{words}");
    assert!(records.iter().all(|r| r.operator == "Ada") && records[0].fish.is_some());
    assert_eq!(records[0].trigger, "key");
    assert_eq!(records.last().unwrap().trigger, "signal");
}

#[test]
fn a_station_starts_before_its_camera_is_plugged_in() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        [source]
        kind = "v4l"
        device = "no-camera-has-this-name"
        [store]
        floor_megabytes = 0
    "#;
    let configuration = Configuration::parse(text, &folder.path().join("station.toml")).unwrap();
    let prepared = live::prepare(&configuration).unwrap();
    let summary = prepared.summary().to_owned();
    assert!(
        summary.starts_with("no camera yet: there is no /dev/v4l/by-id/no-camera-has-this-name; "),
        "{summary}"
    );
    let station = prepared.start().unwrap();
    let controls = station.controls();
    let running = std::thread::spawn(move || station.run());
    let same_specimen = false;
    let by = TriggerKind::Key;
    assert!(controls.send(input::Event::Trigger { by, same_specimen }));
    controls.send(input::Event::Finish);
    let counts = running.join().unwrap().unwrap();
    assert_eq!(
        (counts.saved, counts.refused),
        (0, 1),
        "a trigger without a camera is refused"
    );
}

#[test]
fn a_screen_that_is_not_there_yet_keeps_no_station_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    draw_frames(&folder.path().join("frames"), 1);
    let prepared = |display: &str| {
        let configuration = Configuration::parse(display, &folder.path().join("station.toml")).unwrap();
        live::prepare(&configuration).map(|_| ()).map_err(|e| e.to_string())
    };
    for kind in ["drm", "framebuffer"] {
        let absent = format!("[display]\nkind = \"{kind}\"\ndevice = \"/dev/no-such-screen\"\n");
        assert_eq!(prepared(&absent), Ok(()));
    }
    // What waiting does not cure is told at once.
    let no_screen = "[display]\nkind = \"framebuffer\"\ndevice = \"/dev/null\"\n";
    let refused = prepared(no_screen).unwrap_err();
    assert!(refused.contains("/dev/null"), "{refused}");
}
