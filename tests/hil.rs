//! Hardware in the loop: the aarch64 binary on a booted arm64 kernel. `tests/hil/run` does the work (see tests/hil/README.md); this makes each short
//! scenario a test of its own.
//!
//! They need the cross build and a few hundred megabytes of packages, so they run only where `FISHRIG_HIL=1` asks for them, as CI does.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One guest at a time: what they do is timed by what a person would wait.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn holds(scenario: &str) {
    if std::env::var("FISHRIG_HIL").as_deref() != Ok("1") {
        eprintln!("SKIPPED {scenario}: set FISHRIG_HIL=1 after cross/build-aarch64.sh to boot an arm64 guest for it");
        return;
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let rig = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hil/run");
    let status = Command::new(&rig)
        .arg(scenario)
        .env("FISHRIG_NATIVE", env!("CARGO_BIN_EXE_fishrig"))
        .status()
        .unwrap_or_else(|error| panic!("{} can't be started: {error}", rig.display()));
    assert!(status.success(), "{scenario}: {status}");
}

#[test]
fn recorded_frames_through_camera_network_screen_and_disk() {
    holds("capture");
}

#[test]
fn pulled_plugs() {
    holds("power_cut");
}

#[test]
fn buttons_lamps_and_a_foot_switch() {
    holds("buttons");
}

#[test]
fn a_stopped_thread_and_its_watchdog() {
    holds("watchdog");
}
