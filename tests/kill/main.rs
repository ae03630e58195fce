//! A process that writes records is killed (SIGKILL) at random moments, again and again on the same root.
//!
//! After each kill every record that it had announced is whole, those that it had voided are voided, and `verify` finds nothing wrong.
//! `FISHRIG_KILLS=500 cargo test --test kill -- --nocapture` kills as often as that; the default is few, to be quick.
//!
//! Here the victim is this test program itself, started again with the name of one test, which does nothing but write and void records; in
//! `station.rs` it is the real binary. Each writes a line for each thing that it announces.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod station;
#[path = "../store_support/mod.rs"]
mod store_support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fishrig::identify::RecordId;
use fishrig::store::{Archive, Store};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use store_support::{draft, moment, settings};

const ROOT: &str = "FISHRIG_KILL_ROOT";

/// How often to kill: `FISHRIG_KILLS`, or few.
fn kills(few: u32) -> u32 {
    std::env::var("FISHRIG_KILLS").map_or(few, |n| n.parse().unwrap())
}

/// What the victims have announced so far.
#[derive(Default)]
struct Announced {
    saved: BTreeSet<RecordId>,
    voided: BTreeSet<RecordId>,
    /// What was checked after an earlier kill, with whether it had to be void; nothing touches it again, and all is verified at the end.
    checked: BTreeSet<(RecordId, bool)>,
}

impl Announced {
    fn note(&mut self, output: &str) {
        // A line without its end may be half an id.
        for line in output.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if let Some(id) = line.strip_prefix("saved ") {
                self.saved.insert(id.parse().unwrap());
            } else if let Some(id) = line.strip_suffix(" is marked as void") {
                self.voided.insert(id.parse().unwrap());
            }
        }
    }

    fn check(&mut self, root: &Path) -> usize {
        let Ok(archive) = Archive::open(root) else {
            assert!(self.saved.is_empty(), "the root is gone");
            return 0;
        };
        let mut there = BTreeSet::new();
        for place in archive.places().unwrap() {
            let place = place.unwrap();
            let must_be_void = self.voided.contains(&place.id);
            if self.checked.insert((place.id.clone(), must_be_void)) {
                let checked = archive.verify(&place);
                assert!(checked.problems.is_empty(), "{checked:?}");
                assert!(checked.voided || !must_be_void, "{checked:?}");
            }
            assert!(there.insert(place.id.clone()), "{} is there twice", place.id);
        }
        assert!(
            self.saved.is_subset(&there),
            "lost: {:?}",
            self.saved.difference(&there)
        );
        there.len()
    }
}

#[test]
fn killing_the_writer_at_any_moment_loses_nothing_that_was_announced() {
    let kills = kills(15);
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut announced = Announced::default();
    let (mut records, mut unfinished) = (0, 0);
    for _ in 0..kills {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_victim", "--ignored", "--nocapture"])
            .env(ROOT, &root)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(random.random_range(0..150_000)));
        victim.kill().unwrap();
        let output = victim.wait_with_output().unwrap();
        assert!(!output.status.success(), "the victim ended by itself");
        announced.note(&String::from_utf8_lossy(&output.stdout));
        records = announced.check(&root);
        unfinished += std::fs::read_dir(root.join(".incoming")).map_or(0, Iterator::count);
    }
    announced.checked.clear();
    announced.check(&root);
    let (saved, voided) = (announced.saved.len(), announced.voided.len());
    eprintln!(
        "{kills} kills: {records} records, {saved} announced, {voided} voided, {unfinished} commits interrupted; all whole"
    );
    assert!(saved > 0, "the victim never got anywhere");
}

/// Writes and voids records until it is killed.
#[test]
#[ignore = "the process that the other test kills"]
fn the_victim() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let mut store = Store::open(settings(root)).unwrap();
    for n in 0.. {
        let done = store.commit_at(&draft("fish", n), moment(i64::from(n))).unwrap();
        // The test harness may have begun a line of its own.
        println!("\nsaved {}", done.id);
        if n % 3 == 0 {
            store.archive().void(&done.id, moment(i64::from(n)).wall).unwrap();
            println!("{} is marked as void", done.id);
        }
    }
}
