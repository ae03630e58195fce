//! Memory of a network that is loaded and then run in the same thread or in another:
//! `cargo bench --profile dev --bench network_memory -- [--other-thread] [BUNDLE]`.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::path::{Path, PathBuf};

use fishrig::health::{Memory, Probe};
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};

fn say(what: &str) {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let resident = Probe::new(Path::new("/")).read().memory.unwrap().resident;
    let peak = Memory::peak().unwrap();
    println!(
        "{what:<28} resident {:6.1} MB, at most {:6.1} MB",
        megabytes(resident),
        megabytes(peak)
    );
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let other_thread = arguments.iter().any(|a| a == "--other-thread");
    let folder = arguments.iter().find(|a| !a.starts_with("--")).map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crop = image::open(root.join("tests/data/starter/check_input.png"))
        .unwrap()
        .into_rgb8();
    say("at the start");
    let bundle = folder.map_or_else(Bundle::builtin, |folder| Bundle::open(&folder).unwrap());
    say("bundle checked");
    let network = TraitNetwork::load(&bundle, &NetworkSettings::on_threads(1)).unwrap();
    say("network loaded");
    let run = || {
        for _ in 0..3 {
            network.segment(&crop).unwrap();
            say("run");
        }
    };
    if other_thread {
        std::thread::scope(|scope| scope.spawn(run).join().unwrap());
    } else {
        run();
    }
}
