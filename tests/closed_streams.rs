//! Nobody reads what the program says: `fishrig … | head`, a terminal whose network connection is gone, a full disk behind `>`.

use std::process::{Command, Stdio};

fn fishrig(words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fishrig"));
    command.args(words);
    command
}

/// The write end of a pipe that nobody reads any more.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["completions", "bash"][..],
        &["config", "default"],
        &["model", "inspect"],
        &["demo"],
    ] {
        let status = fishrig(words)
            .current_dir(&folder)
            .stdout(closed_pipe())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0), "{words:?}");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_no_panic() {
    for words in [&["completions", "bash"][..], &["config", "default"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let status = fishrig(words).stdout(full).status().unwrap();
        assert_eq!(status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn a_station_outlives_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let frames = folder.path().join("frames");
    std::fs::create_dir(&frames).unwrap();
    image::RgbImage::new(320, 240).save(frames.join("a.png")).unwrap();
    std::fs::write(folder.path().join("station.toml"), "[store]\nfloor_megabytes = 0\n").unwrap();
    // It says that the recording has ended, and the counts.
    let status = fishrig(&["run"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stderr(closed_pipe())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}
