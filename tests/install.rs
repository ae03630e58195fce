//! What the Debian package installs: the service, the configuration, the pages, the scripts. Checked by systemd's, man's and shellcheck's own eyes where
//! they are on this machine; where they are not the test says `SKIPPED`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fishrig::config::Configuration;

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a program says, or `None` where it is not installed.
fn ask(program: &str, words: &[&str], environment: &[(&str, &str)]) -> Option<Output> {
    let outcome = Command::new(program)
        .args(words)
        .envs(environment.iter().copied())
        .output();
    match outcome {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The service in a folder of its own, with this build in place of `/usr/bin/fishrig`, which systemd wants to be there.
fn service(folder: &Path) -> String {
    let text = std::fs::read_to_string(in_repository("cross/debian/fishrig.service")).unwrap();
    let program = assert_cmd::cargo::cargo_bin!("fishrig").display().to_string();
    let changed = text
        .replace("/usr/bin/fishrig", &program)
        .replace("man:fishrig-run(1) ", "");
    assert_ne!(text, changed);
    let file = folder.join("fishrig.service");
    std::fs::write(&file, changed).unwrap();
    file.display().to_string()
}

#[test]
fn systemd_takes_every_line_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let unit = service(folder.path());
    if let Some(output) = ask("systemd-analyze", &["verify", "--man=no", &unit], &[]) {
        assert!(output.status.success(), "{}", text_of(&output));
        // A key that it does not know is a warning alone.
        assert!(!text_of(&output).contains("fishrig.service"), "{}", text_of(&output));
    }
}

/// 10 stands for an exposure of 1.0 of 10; 0.7 when this was written, most of it for devices that a station is there for.
#[test]
fn the_service_has_no_more_rights_than_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let unit = service(folder.path());
    let words = ["security", "--offline=true", "--no-pager", "--threshold=10", &unit];
    if let Some(output) = ask("systemd-analyze", &words, &[]) {
        assert!(output.status.success(), "{}", text_of(&output));
    }
}

#[test]
fn the_installed_configuration_holds() {
    let configuration = Configuration::read(&in_repository("cross/debian/station.toml")).unwrap();
    assert_eq!(configuration.store.root, Path::new("/var/lib/fishrig/records"));
    assert!(
        !configuration.trigger.key,
        "a service has no keyboard on its standard input"
    );
}

#[test]
fn man_has_nothing_to_say_against_the_pages() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let status = Command::new(assert_cmd::cargo::cargo_bin!("fishrig"))
        .args(["manual", "--output"])
        .arg(&pages)
        .status()
        .unwrap();
    assert!(status.success());
    for page in std::fs::read_dir(&pages).unwrap() {
        let page = page.unwrap().path().display().to_string();
        let environment = [("MANWIDTH", "100"), ("LC_ALL", "C.UTF-8"), ("MANPAGER", "cat")];
        let Some(output) = ask("man", &["--warnings", "--local-file", &page], &environment) else {
            return;
        };
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{page}: {}",
            text_of(&output)
        );
        assert!(text_of(&output).contains("EXIT STATUS"), "{page}");
    }
}

/// Assets that cargo-deb would look for in vain; what lies in target/ is made by cross/package.sh.
#[test]
fn what_the_package_holds_is_in_the_repository() {
    let manifest: toml::Table = std::fs::read_to_string(in_repository("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let sources = deb["assets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asset| asset[0].as_str().unwrap());
    let mut seen = 0;
    for source in sources.filter(|s| !s.starts_with("target/")) {
        let found = glob::glob(&in_repository(source).display().to_string())
            .unwrap()
            .count();
        assert!(found > 0, "{source}");
        seen += found;
    }
    assert!(seen > 5);
    let version = format!("fishrig ({}-1) ", manifest["package"]["version"].as_str().unwrap());
    let changelog = std::fs::read_to_string(in_repository(deb["changelog"].as_str().unwrap())).unwrap();
    assert!(
        changelog.starts_with(&version),
        "the changelog's first entry is not of {version}"
    );
}

#[test]
fn the_scripts_are_sound() {
    let scripts = ["cross/*.sh", "cross/debian/post*"].map(|p| in_repository(p).display().to_string());
    let files = scripts.iter().flat_map(|pattern| glob::glob(pattern).unwrap());
    for file in files.map(|f| f.unwrap().display().to_string()) {
        if let Some(output) = ask("shellcheck", &["--severity=warning", &file], &[]) {
            assert!(output.status.success(), "{}", text_of(&output));
        }
        if file.ends_with(".sh") {
            let output = ask("bash", &["-n", &file], &[]).unwrap();
            assert!(output.status.success(), "{}", text_of(&output));
        }
    }
}
