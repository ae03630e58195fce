//! `fishrig store report` as its user runs it; `report_browser` opens the page.

#![allow(clippy::unwrap_used, reason = "a test")]

mod report_support;

use std::path::Path;

use assert_cmd::Command;
use report_support::{HOSTILE_NOTE, HOSTILE_OPERATOR, damage, drawn_store, id};

fn report(folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("fishrig").unwrap();
    let output = command
        .current_dir(folder)
        .args(["store", "report"])
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

fn page(folder: &Path, more: &[&str]) -> String {
    let (code, said) = report(folder, &[&["--replace"], more].concat());
    assert_eq!(code, Some(0), "{said}");
    std::fs::read_to_string(folder.join("report.html")).unwrap()
}

fn rows(page: &str) -> usize {
    page.matches(" id=\"row-").count()
}

#[test]
fn days_voided_ones_and_the_number_of_pictures_are_a_choice() {
    let dir = tempfile::tempdir().unwrap();
    drawn_store(&dir.path().join("records"), 12);
    let all = page(dir.path(), &[]);
    assert_eq!((rows(&all), all.matches("<img ").count()), (11, 11));
    assert!(all.contains("1 voided record") && !all.contains("INHS_FISH_000005"));
    assert_eq!(rows(&page(dir.path(), &["--voided"])), 12);
    // Four on each of three days.
    assert_eq!(rows(&page(dir.path(), &["--day", "2026-11-25", "--voided"])), 4);
    assert_eq!(rows(&page(dir.path(), &["--since", "2026-11-25", "--voided"])), 8);
    assert_eq!(rows(&page(dir.path(), &["--until", "2026-11-25", "--voided"])), 8);
    let none = page(dir.path(), &["--day", "2020-01-01"]);
    assert!(rows(&none) == 0 && none.contains("no record to show"));
    let few = page(dir.path(), &["--thumbnails", "3"]);
    assert_eq!((rows(&few), few.matches("<img ").count()), (11, 3));
    assert!(few.contains("3 of 11 records have a picture here"));
    let bare = page(dir.path(), &["--thumbnails", "0"]);
    assert!(!bare.contains("<img ") && bare.contains("without pictures"));
    for wrong in [
        &["--since", "2026-11-26", "--until", "2026-11-25"][..],
        &["--day", "yesterday"],
        &["--day", "2026-11-24", "--since", "2026-11-24"],
    ] {
        assert_eq!(report(dir.path(), wrong).0, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_page_is_not_overwritten_unasked_and_not_written_into_the_store() {
    let dir = tempfile::tempdir().unwrap();
    drawn_store(&dir.path().join("records"), 1);
    std::fs::write(dir.path().join("report.html"), "mine").unwrap();
    let (code, said) = report(dir.path(), &[]);
    assert!(code == Some(2) && said.contains("--replace"), "{said}");
    assert_eq!(std::fs::read(dir.path().join("report.html")).unwrap(), b"mine");
    let (code, said) = report(dir.path(), &["-o", "records/report.html"]);
    assert!(code == Some(2) && said.contains("inside the record folder"), "{said}");
    let (code, said) = report(dir.path(), &["-o", "nowhere/report.html"]);
    assert!(code == Some(2) && said.contains("nowhere/report.html"), "{said}");
}

#[test]
fn text_of_records_is_escaped_and_nothing_is_loaded_from_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    drawn_store(&dir.path().join("records"), 4);
    let page = page(dir.path(), &[]);
    assert!(!page.contains(HOSTILE_NOTE) && !page.contains(HOSTILE_OPERATOR));
    assert!(page.contains("&lt;b&gt;Söhne&lt;/b&gt;") && page.contains("&lt;script&gt;document.title"));
    assert_eq!(page.matches("<script").count(), 1, "one script, ours");
    for outside in ["http:", "https:", "src=\"/", "href=\"/", "@import", "url("] {
        let found = page.replace("http-equiv", "").contains(outside);
        assert!(!found, "{outside}");
    }
}

#[test]
fn damaged_records_are_named_in_the_page_and_in_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let store = drawn_store(&root, 8);
    let place = |number| store.archive().find(&id(number)).unwrap().directory;
    damage(&place(2).join("record.toml"));
    // The third has an overlay, the sixth numbers, the fourth a crop.
    damage(&place(3).join("INHS_FISH_000003_overlay.jpg"));
    damage(&place(6).join("INHS_FISH_000006_measurements.json"));
    damage(&place(4).join("INHS_FISH_000004_cropped.jpg"));
    let (code, said) = report(dir.path(), &[]);
    assert_eq!(code, Some(1));
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert_eq!(rows(&page), 6, "without the damaged and the voided one");
    let section = page.split("<section id=\"damage\"").nth(1).unwrap();
    for (number, what) in [
        (2, "record.toml"),
        (3, "_overlay.jpg"),
        (4, "_cropped.jpg"),
        (6, "_measurements.json"),
    ] {
        let id = id(number);
        let named = said.lines().filter(|line| line.contains(&format!("/{id}: DAMAGED")));
        let named: Vec<_> = named.collect();
        assert!(named.len() == 1 && named[0].contains(what), "{id}: {named:?} of {said}");
        assert!(section.contains(id.as_str()), "{id}");
    }
}
