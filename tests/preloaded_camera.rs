//! The program with a camera that a preloaded library plays (`data/preloaded_camera/camera.c`): the way of `libcamerify`, and a driver that keeps books of what
//! it is asked.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The library, its node and its log, in a folder.
struct Camera {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Camera {
    /// `None`, and says so, where there is no C compiler or the program does not load its C library at run time.
    fn build() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("camera.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/preloaded_camera/camera.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .output();
        match compiled {
            Ok(output) if output.status.success() => {}
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                println!("SKIPPED: no C compiler ({error})");
                return None;
            }
        }
        std::fs::write(folder.path().join("video"), "").unwrap();
        Some(Self { folder, library })
    }

    fn node(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("video")
    }

    fn fishrig(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_fishrig"))
            .current_dir(&self.folder)
            .args(arguments)
            .env("LD_PRELOAD", &self.library)
            .env("FAKE_CAMERA", self.node())
            .env("FAKE_CAMERA_LOG", self.folder.path().join("log"))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    fn log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

#[test]
fn a_snapshot_asks_the_driver_by_the_rules_and_gives_its_pixels() {
    let Some(camera) = Camera::build() else {
        return;
    };
    let node = camera.node();
    let node = node.to_str().unwrap();
    let (code, said) = camera.fishrig(&[
        "camera", "snapshot", node, "-o", "a.png", "--size", "640x480", "--skip", "9",
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(&format!("camera Preloaded Camera ({node}), YUYV 64x48")),
        "{said}"
    );
    assert!(said.contains("where 640x480 at 30 frames/s is wanted"), "{said}");
    let picture = image::open(camera.folder.path().join("a.png")).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (64, 48));
    for (x, y, pixel) in picture.enumerate_pixels() {
        let wanted = if y == 0 { 9 } else { 4 * x as u8 };
        assert_eq!(pixel.0, [wanted; 3], "column {x}, row {y}");
    }
    // Nine frames were passed over with four buffers, so each buffer went round and round; nothing was against the rules.
    let wanted = [
        "open",
        "format 640x480",
        "buffers 4",
        "on",
        "off after 10 frames",
        "buffers 0",
        "close",
    ];
    assert_eq!(camera.log(), wanted);
}

#[test]
fn a_device_without_controls_says_so() {
    let Some(camera) = Camera::build() else {
        return;
    };
    let node = camera.node();
    let (code, said) = camera.fishrig(&["camera", "controls", node.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("[source.controls]"), "{said}");
    let (code, said) = camera.fishrig(&["camera", "snapshot", node.to_str().unwrap(), "-o", "a.jpg"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("write a .png, or choose --format MJPG"), "{said}");
}
