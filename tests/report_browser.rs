//! The report page opened in a browser: what it shows, what its script does, and that it asks for nothing.

#![allow(clippy::unwrap_used, reason = "a test")]

mod report_support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;
use fishrig::measure::quality::Verdict;
use report_support::browser::Browser;
use report_support::{drawn_store, has_scale, is_measured, standard_length, verdict};

const COUNT: u64 = 44;

/// A page about a store of drawn specimens, voided ones too; made once for all tests.
fn page() -> &'static Path {
    static PAGE: OnceLock<PathBuf> = OnceLock::new();
    PAGE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
        // Of an earlier run; there may be none.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        drawn_store(&folder.join("records"), COUNT);
        let mut command = Command::cargo_bin("fishrig").unwrap();
        command.current_dir(&folder).args(["store", "report", "--voided"]);
        command.assert().code(0);
        folder.join("report.html")
    })
}

/// The numbers of the rows in the order in which the document has them, and whether each is hidden.
fn rows(document: &str) -> Vec<(u64, bool)> {
    let body = document.split("<table id=\"records\"").nth(1).unwrap();
    let body = body.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    numbered(body, "<tr ")
}

/// The same of the pictures.
fn figures(document: &str) -> Vec<(u64, bool)> {
    numbered(document.split("id=\"gallery\"").nth(1).unwrap(), "<figure ")
}

fn numbered(part: &str, start: &str) -> Vec<(u64, bool)> {
    let tags = part.split(start).skip(1).map(|rest| rest.split('>').next().unwrap());
    let number = |tag: &str| {
        tag.split("data-number=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    tags.map(|tag| (number(tag), tag.contains("hidden"))).collect()
}

#[test]
fn a_browser_shows_every_record_and_finds_nothing_wrong() {
    let Some(browser) = Browser::start() else { return };
    let page = page();
    let (document, console) = browser.document(page, "");
    assert_eq!(console, [""; 0], "the page's own policy and script must not complain");
    let expected: Vec<_> = (1..=COUNT).map(|number| (number, false)).collect();
    assert_eq!(rows(&document), expected);
    assert_eq!(document.matches("<img ").count(), COUNT as usize);
    assert!(!document.contains("<title>owned"), "text of a record was run");
    assert!(document.contains("&lt;script&gt;document.title"), "and it is shown");
    // The script has run: it shows the form and makes buttons of the heads.
    assert!(document.contains("<button type=\"button\">Standard length</button>"));
    assert!(document.contains("id=\"filter\">"));
}

#[test]
fn a_sorted_page_has_the_order_of_the_numbers() {
    let Some(browser) = Browser::start() else { return };
    let page = page();
    for (fragment, turn) in [
        ("#sort=standard_length", 1.0),
        ("#sort=standard_length&order=descending", -1.0),
    ] {
        let (document, console) = browser.document(page, fragment);
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
        let pictures: Vec<u64> = figures(&document).into_iter().map(|(number, _)| number).collect();
        assert_eq!(pictures, expected);
    }
}

#[test]
fn a_filtered_page_hides_the_others_and_their_pictures() {
    let Some(browser) = Browser::start() else { return };
    let page = page();
    let shown = |fragment: &str| -> Vec<u64> {
        let (document, console) = browser.document(page, fragment);
        assert_eq!(console, [""; 0]);
        let rows = rows(&document);
        let shown: Vec<_> = rows
            .iter()
            .filter(|(_, hidden)| !hidden)
            .map(|(number, _)| *number)
            .collect();
        let figures = figures(&document);
        let pictures: Vec<_> = figures
            .iter()
            .filter(|(_, hidden)| !hidden)
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(pictures, shown, "{fragment}");
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
    let page = page();
    let dir = tempfile::tempdir().unwrap();
    // With another script the policy's hash no longer fits, and the browser must refuse to run it.
    let text = std::fs::read_to_string(page).unwrap();
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
        (1..=COUNT).map(|number| (number, false)).collect::<Vec<_>>()
    );
    assert!(
        !document.contains("<button type=\"button\">"),
        "no button that does nothing"
    );
    assert!(document.contains("id=\"filter\" hidden"), "no form that does nothing");
}

#[test]
fn it_is_drawn_at_every_size_and_on_paper() {
    let Some(browser) = Browser::start() else { return };
    let page = page();
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-gallery");
    std::fs::create_dir_all(&gallery).unwrap();
    // A whole page is as high as it needs: without a window, a browser draws only the top of a page that it has scrolled.
    for (width, height) in [
        (1280, 900),
        (1920, 1080),
        (800, 480),
        (390, 844),
        (1280, 6500),
        (390, 9000),
    ] {
        let file = gallery.join(format!("{width}x{height}.png"));
        browser.screenshot(page, "", (width, height), &file);
        let picture = image::open(&file).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (width, height));
        let colours: std::collections::HashSet<_> = picture.pixels().step_by(7).collect();
        assert!(colours.len() > 20, "the page is empty at {width}x{height}");
    }
    let paper = gallery.join("page.pdf");
    browser.print(page, &paper);
    assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF"));
}
