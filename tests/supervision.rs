//! The program under a service manager that is a socket of the test's own.

#![allow(clippy::unwrap_used)]

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

const HANG: Duration = Duration::from_secs(120);

/// What a service manager hears.
struct Manager {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
    heard: Vec<String>,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(HANG)).unwrap();
        Self {
            socket,
            folder,
            heard: Vec::new(),
        }
    }

    fn start(&self, configuration: &str) -> Child {
        let file = self.folder.path().join("station.toml");
        std::fs::write(&file, configuration).unwrap();
        Command::new(env!("CARGO_BIN_EXE_fishrig"))
            .args(["run", "--config"])
            .arg(&file)
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "600000")
            .env("STATE_DIRECTORY", self.folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Listens until `count` messages that begin so have come.
    fn until(&mut self, wanted: &str, count: usize) {
        let mut buffer = [0; 4096];
        while self.heard.iter().filter(|line| line.starts_with(wanted)).count() < count {
            let length = self.socket.recv(&mut buffer).expect(wanted);
            let message = std::str::from_utf8(&buffer[..length]).unwrap();
            self.heard.extend(message.lines().map(ToOwned::to_owned));
        }
    }
}

fn end(mut program: Child, manager: &mut Manager) -> String {
    kill_process(Pid::from_child(&program), Signal::TERM).unwrap();
    manager.until("STOPPING=1", 1);
    assert!(program.wait().unwrap().success());
    let mut words = String::new();
    std::io::Read::read_to_string(&mut program.stderr.take().unwrap(), &mut words).unwrap();
    words
}

fn draw_frame(folder: &Path) {
    std::fs::create_dir(folder.join("frames")).unwrap();
    image::RgbImage::new(64, 64).save(folder.join("frames/a.png")).unwrap();
}

#[test]
fn a_service_manager_hears_that_it_runs_and_that_it_ends() {
    let mut manager = Manager::new();
    draw_frame(manager.folder.path());
    let program = manager
        .start("[source]\nlooping = true\n[store]\nfloor_megabytes = 0\n[health]\ntextfile = \"fishrig.prom\"\n");
    manager.until("WATCHDOG=1", 3);
    manager.until("STATUS=ready; 0 saved", 1);
    assert_eq!(manager.heard[0], "READY=1");
    let numbers = manager.folder.path().join("fishrig.prom");
    // Written when the station starts, by a thread of its own.
    while !numbers.exists() {
        manager.until("WATCHDOG=1", manager.heard.len() + 1);
    }
    assert!(std::fs::read_to_string(&numbers).unwrap().contains("\nfishrig_up 1\n"));
    end(program, &mut manager);
    let kept = std::fs::read_to_string(manager.folder.path().join("last-good.toml")).unwrap();
    assert!(kept.contains("looping = true"), "the configuration that worked: {kept}");
    assert!(std::fs::read_to_string(&numbers).unwrap().contains("\nfishrig_up 0\n"));
    assert_eq!(manager.heard.iter().filter(|line| *line == "READY=1").count(), 1);
}

#[test]
fn with_a_broken_configuration_it_stays_up_and_tells_why() {
    let mut manager = Manager::new();
    let program = manager.start("[stor]\n");
    manager.until("WATCHDOG=1", 2);
    assert_eq!(manager.heard[0], "READY=1");
    assert!(
        manager.heard[1].starts_with("STATUS=The configuration has an error: "),
        "{:?}",
        manager.heard
    );
    let words = end(program, &mut manager);
    assert!(words.contains("stor"), "{words}");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let run = |arguments: &[&str]| {
        let status = Command::new(env!("CARGO_BIN_EXE_fishrig"))
            .args(arguments)
            .stderr(Stdio::null())
            .status();
        status.unwrap().code()
    };
    assert_eq!(run(&["run", "--no-such-option"]), Some(2));
    assert_eq!(run(&["config", "check", "no/such/file.toml"]), Some(2));
}
