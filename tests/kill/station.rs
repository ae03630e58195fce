//! The real binary, live and taking pictures as fast as it is asked to, is killed at random moments.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fishrig::frame::Size;
use fishrig::render::{RigScene, SceneSettings};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Announced, kills};

#[test]
fn killing_the_station_at_any_moment_loses_nothing_that_it_said_was_saved() {
    let kills = kills(4);
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    set_up(dir.path());
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut announced = Announced::default();
    let (mut records, mut unfinished) = (0, 0);
    for _ in 0..kills {
        let mut station = start(dir.path());
        let life = Duration::from_millis(random.random_range(0..2500));
        let operator = operate(&mut station, random.random());
        std::thread::sleep(life);
        station.kill().unwrap();
        let ended = station.wait().unwrap();
        assert!(!ended.success(), "the station ended by itself");
        operator.join().unwrap();
        let mut said = String::new();
        for line in BufReader::new(station.stderr.take().unwrap()).lines() {
            // The log's own words: time, level, place, then the message.
            let line = line.unwrap();
            said += line.rsplit(": ").next().unwrap_or_default();
            said += "\n";
        }
        announced.note(&said);
        records = announced.check(&root);
        unfinished += std::fs::read_dir(root.join(".incoming")).map_or(0, Iterator::count);
    }
    let (saved, voided) = (announced.saved.len(), announced.voided.len());
    eprintln!(
        "{kills} kills of fishrig run: {records} records, {saved} announced, {voided} voided, {unfinished} commits interrupted; all whole"
    );
    assert!(saved > 0, "the station never got anywhere");
    let verify = Command::new(env!("CARGO_BIN_EXE_fishrig"))
        .args(["store", "verify", "--root"])
        .arg(&root)
        .output()
        .unwrap();
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
}

fn set_up(dir: &Path) {
    std::fs::create_dir(dir.join("frames")).unwrap();
    for seed in 0..3 {
        let settings = SceneSettings {
            fish: 1,
            ..SceneSettings::random(Size::new(600, 400), seed)
        };
        let frame = RigScene::new(settings).unwrap().draw();
        frame.picture.save(dir.join(format!("frames/{seed}.jpg"))).unwrap();
    }
    let configuration = "[source]\nlooping = true\nframes_per_second = 30\n[store]\nfloor_megabytes = 1\n";
    std::fs::write(dir.join("station.toml"), configuration).unwrap();
}

fn start(dir: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fishrig"))
        .current_dir(dir)
        .args(["run", "-v"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Somebody who takes pictures without pause and undoes some, until the station is gone.
fn operate(station: &mut Child, seed: u64) -> std::thread::JoinHandle<()> {
    let mut keys = station.stdin.take().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    std::thread::spawn(move || {
        loop {
            let key = ["\n", "\n", "\n", "+\n", "u\n"][random.random_range(0..5)];
            if keys.write_all(key.as_bytes()).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(40));
        }
    })
}
