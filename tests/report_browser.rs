//! The report page opened in a browser: what it shows, what its script does, and that it asks for nothing.

#![allow(clippy::unwrap_used, reason = "a test")]

mod report_support;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use fishrig::measure::quality::Verdict;
use report_support::browser::Browser;
use report_support::{drawn_store, has_scale, is_measured, standard_length, verdict};

const COUNT: u64 = 44;

/// A folder with a store of drawn specimens and the page about it, voided ones too.
fn page(count: u64) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    drawn_store(&dir.path().join("records"), count);
    let page = dir.path().join("report.html");
    report(dir.path(), &["--voided"]).assert().code(0);
    (dir, page)
}

fn report(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("fishrig").unwrap();
    command.current_dir(folder).args(["store", "report"]).args(more);
    command
}

/// The numbers of the rows in the order in which the document has them, and whether each is hidden.
fn rows(document: &str) -> Vec<(u64, bool)> {
    let body = document.split("<table id=\"records\"").nth(1).unwrap();
    let body = body.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let row = |tag: &str| {
        let number = tag.split("data-number=\"").nth(1).unwrap().split('"').next().unwrap();
        (number.parse().unwrap(), tag.contains("hidden"))
    };
    body.split("<tr ")
        .skip(1)
        .map(|row_text| row(row_text.split('>').next().unwrap()))
        .collect()
}

#[test]
fn a_browser_shows_every_record_and_finds_nothing_wrong() {
    let Some(browser) = Browser::start() else { return };
    let (_dir, page) = page(COUNT);
    let (document, console) = browser.document(&page, "");
    assert_eq!(console, [""; 0], "the page's own policy and script must not complain");
    let expected: Vec<_> = (1..=COUNT).map(|number| (number, false)).collect();
    assert_eq!(rows(&document), expected);
    assert_eq!(document.matches("<img ").count(), COUNT as usize);
    assert!(!document.contains("<title>owned"), "text of a record was run");
    assert!(document.contains("&lt;script&gt;document.title"), "and it is shown");
    // The script has run: it shows the form and makes buttons of the heads.
    assert!(document.contains("<button type=\"button\">Standard length</button>"));
    assert!(!document.contains("<form id=\"filter\" class=\"controls\" hidden"));
}

#[test]
fn a_sorted_page_has_the_order_of_the_numbers() {
    let Some(browser) = Browser::start() else { return };
    let (_dir, page) = page(COUNT);
    for (fragment, turn) in [
        ("#sort=standard_length", 1.0),
        ("#sort=standard_length&order=descending", -1.0),
    ] {
        let (document, console) = browser.document(&page, fragment);
        assert_eq!(console, [""; 0]);
        let with_length = |number: &u64| has_scale(*number) && is_measured(*number);
        let mut expected: Vec<u64> = (1..=COUNT).filter(with_length).collect();
        expected.sort_by(|a, b| (turn * standard_length(*a)).total_cmp(&(turn * standard_length(*b))));
        // Without centimetres they stay behind, in their own order.
        expected.extend((1..=COUNT).filter(|number| !with_length(number)));
        let found: Vec<_> = rows(&document).into_iter().map(|(number, _)| number).collect();
        assert_eq!(found, expected, "{fragment}");
        let direction = if turn > 0.0 { "ascending" } else { "descending" };
        let said = format!("data-key=\"standard_length\" aria-sort=\"{direction}\"");
        assert_eq!(
            document.matches(" aria-sort=\"").count(),
            1,
            "one column says that it is sorted"
        );
        assert!(document.contains(&said));
        // The pictures follow the rows.
        let gallery = document.split("id=\"gallery\"").nth(1).unwrap();
        let pictures: Vec<u64> = gallery
            .split("<figure id=\"picture-")
            .skip(1)
            .map(|figure| figure.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(pictures, expected);
    }
}

#[test]
fn a_filtered_page_hides_the_others_and_their_pictures() {
    let Some(browser) = Browser::start() else { return };
    let (_dir, page) = page(COUNT);
    let shown = |fragment: &str| -> Vec<u64> {
        let (document, console) = browser.document(&page, fragment);
        assert_eq!(console, [""; 0]);
        let rows = rows(&document);
        let shown: Vec<_> = rows
            .iter()
            .filter(|(_, hidden)| !hidden)
            .map(|(number, _)| *number)
            .collect();
        let gallery = document.split("id=\"gallery\"").nth(1).unwrap();
        let figures = gallery
            .split("<figure ")
            .skip(1)
            .map(|figure| figure.split('>').next().unwrap());
        assert_eq!(
            figures.filter(|tag| !tag.contains("hidden")).count(),
            shown.len(),
            "{fragment}"
        );
        let words = format!("{} of {COUNT} records", shown.len());
        assert!(document.contains(&words), "{fragment}: {words}");
        shown
    };
    let with = |wanted| {
        (1..=COUNT)
            .filter(|number| verdict(*number) == wanted)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("#quality=bad"), with(Verdict::Bad));
    assert_eq!(shown("#quality=doubtful&sort=saved"), with(Verdict::Doubtful));
    assert_eq!(shown("#find=jar+17"), [10, 20, 30, 40]);
    assert_eq!(shown("#find=INHS_FISH_000041"), [41]);
    let all_but_voided: Vec<_> = (1..=COUNT).filter(|number| *number != 5).collect();
    assert_eq!(shown("#voided=hide"), all_but_voided);
    // Nothing in an address is taken for more than a text.
    assert_eq!(shown("#find=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E"), [0u64; 0]);
}

#[test]
fn without_its_script_the_page_still_shows_everything() {
    let Some(browser) = Browser::start() else { return };
    let (dir, page) = page(8);
    // With another script the policy's hash no longer fits, and the browser must refuse to run it.
    let text = std::fs::read_to_string(&page).unwrap();
    let changed = text.replacen("\"use strict\";", "document.title = 'owned';", 1);
    assert_ne!(text, changed);
    let other = dir.path().join("changed.html");
    std::fs::write(&other, changed).unwrap();
    let (document, console) = browser.document(&other, "#sort=standard_length");
    assert!(
        console.iter().any(|line| line.contains("Content Security Policy")),
        "{console:?}"
    );
    assert!(!document.contains("<title>owned"));
    assert_eq!(
        rows(&document),
        (1..=8).map(|number| (number, false)).collect::<Vec<_>>()
    );
    assert!(
        !document.contains("<button type=\"button\">"),
        "no button that does nothing"
    );
    assert!(
        document.contains("class=\"controls\" hidden"),
        "no form that does nothing"
    );
}

#[test]
fn it_is_drawn_at_every_size_and_on_paper() {
    let Some(browser) = Browser::start() else { return };
    let (_dir, page) = page(COUNT);
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-gallery");
    std::fs::create_dir_all(&gallery).unwrap();
    for (width, height) in [(1280, 900), (1920, 1080), (800, 480), (390, 844)] {
        for (name, fragment) in [
            ("top", ""),
            ("quality", "#quality"),
            ("records", "#specimens"),
            ("pictures", "#pictures"),
        ] {
            let file = gallery.join(format!("{name}-{width}x{height}.png"));
            browser.screenshot(&page, fragment, (width, height), &file);
            let picture = image::open(&file).unwrap().into_rgb8();
            assert_eq!(picture.dimensions(), (width, height));
            let colours: std::collections::HashSet<_> = picture.pixels().step_by(7).collect();
            assert!(colours.len() > 20, "{name} at {width}x{height} is empty");
        }
    }
    let paper = gallery.join("page.pdf");
    browser.print(&page, &paper);
    assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF"));
}
