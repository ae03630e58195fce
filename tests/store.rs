//! The store on the real file system.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::fs;
use std::path::Path;

use fishrig::checksum::sha256_hex;
use fishrig::frame::{FrameFormat, Size};
use fishrig::identify::IdSettings;
use fishrig::store::{Archive, Disk, Storage, Store, StoreError};
use store_support::sim::{Model, SimDisk};
use store_support::{draft, id, jpeg, moment, picture, settings};

fn open(root: &Path) -> Store {
    Store::open(settings(root)).unwrap()
}

fn ids(archive: &Archive) -> Vec<String> {
    archive.places().unwrap().map(|p| p.unwrap().id.to_string()).collect()
}

#[test]
fn a_record_is_laid_out_as_the_design_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut draft = draft("INHS_FISH_000742", 1);
    draft.overlay_jpeg = Some(jpeg(&picture(Size::new(32, 24), 5)));
    draft.further_files = vec![("label.txt".to_owned(), b"INHS 742".to_vec())];
    let done = store.commit_at(&draft, moment(0)).unwrap();

    let expected = dir.path().join("2026-11-24/INHS_FISH_000742");
    assert_eq!(done.directory, expected);
    let mut names: Vec<_> = fs::read_dir(&expected)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let base = "INHS_FISH_000742";
    let wanted = [
        format!("{base}.jpg"),
        format!("{base}_cropped.jpg"),
        format!("{base}_label.txt"),
        format!("{base}_landmark.json"),
        format!("{base}_metadata.json"),
        format!("{base}_morphology.json"),
        format!("{base}_overlay.jpg"),
        format!("{base}_presence.json"),
        format!("{base}_segmented.png"),
        format!("{base}_traits.png"),
        "record.toml".to_owned(),
    ];
    assert_eq!(names, wanted);
    assert_eq!(
        fs::read(expected.join(format!("{base}.jpg"))).unwrap(),
        &*draft.frame.bytes
    );

    let place = store.archive().find(&id(base)).unwrap();
    let record = store.archive().read(&place).unwrap();
    assert_eq!(record.files.len(), 10);
    for file in &record.files {
        let content = fs::read(expected.join(&file.name)).unwrap();
        assert_eq!(
            (content.len() as u64, sha256_hex(&content)),
            (file.size, file.sha256.clone())
        );
    }
    let fish = record.fish.unwrap();
    assert_eq!(fish.crop_box, draft.fish.as_ref().unwrap().crop_box);
    assert_eq!(fish.not_assessed, draft.fish.as_ref().unwrap().not_assessed);
    assert_eq!(record.operator, draft.operator);
    assert_eq!(record.note, draft.note);
    let text = fs::read_to_string(expected.join("record.toml")).unwrap();
    insta::assert_snapshot!(steady(&text));
    let metadata = fs::read_to_string(expected.join(format!("{base}_metadata.json"))).unwrap();
    insta::assert_snapshot!(steady(&metadata));
}

/// Without what changes from machine to machine and from version to version.
fn steady(record: &str) -> String {
    let lines = record.lines().map(|line| match line.split_once(['=', ':']) {
        Some((key, _)) if ["boot_id ", "sha256 ", "size ", "# sha256 of the lines above"].contains(&key) => {
            format!("{key}…")
        }
        _ => line.to_owned(),
    });
    lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace(env!("CARGO_PKG_VERSION"), "…")
}

#[test]
fn an_id_is_never_given_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let day = 24 * 3600;
    let mut commit = |name: &str, seconds| {
        store
            .commit_at(&draft(name, 1), moment(seconds))
            .unwrap()
            .id
            .to_string()
    };
    assert_eq!(commit("a", 0), "a");
    assert_eq!(commit("a", day), "a-2");
    assert_eq!(commit("A", day), "A-3", "a file system without case would mix them up");
    assert_eq!(commit("a-2", 2 * day), "a-2-2");
    drop(store);
    let mut store = open(dir.path());
    assert_eq!(store.count(), 4);
    assert_eq!(store.commit_at(&draft("a", 2), moment(0)).unwrap().id.as_str(), "a-4");
    let place = store.archive().find(&id("a-4")).unwrap();
    assert_eq!(store.archive().read(&place).unwrap().specimen, id("a"));
}

#[test]
fn the_counter_goes_on_after_a_restart_and_counts_voided_records() {
    let dir = tempfile::tempdir().unwrap();
    let settings = IdSettings {
        pattern: "F{counter:03}".parse().unwrap(),
        first: 1,
    };
    let day = jiff::civil::date(2026, 11, 24);
    for expected in ["F001", "F002", "F003"] {
        let mut store = open(dir.path());
        let next = store.identifier(settings.clone()).unwrap().propose(None, day).unwrap();
        assert_eq!(next.as_str(), expected);
        store.commit_at(&draft(expected, 1), moment(0)).unwrap();
        store.commit_at(&draft(expected, 2), moment(0)).unwrap();
        store.archive().void(&next, moment(1).wall).unwrap();
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn any_sequence_of_ids_and_days_gives_as_many_records(
        wanted in proptest::collection::vec(("[aAbB](-[23])?", 0i64..3, proptest::bool::weighted(0.2)), 1..20),
    ) {
        let disk = SimDisk::new(Model::new());
        let mut store = Store::open_on(disk.clone(), settings("/disk/records")).unwrap();
        let mut small = draft("x", 1);
        small.fish = None;
        let mut given = std::collections::HashSet::new();
        for (name, day, restart) in &wanted {
            if *restart {
                drop(store);
                store = Store::open_on(disk.clone(), settings("/disk/records")).unwrap();
            }
            small.id = id(name);
            let done = store.commit_at(&small, moment(day * 24 * 3600)).unwrap();
            proptest::prop_assert!(given.insert(done.id.folded()), "{} was given again", done.id);
            let record = store.archive().read(&store.archive().find(&done.id).unwrap()).unwrap();
            proptest::prop_assert_eq!(record.specimen.as_str(), name.as_str());
        }
        proptest::prop_assert_eq!(store.archive().places().unwrap().count(), wanted.len());
    }
}

proptest::proptest! {
    #[test]
    fn whatever_the_operator_types_comes_back(
        note in proptest::prelude::any::<String>(),
        operator in "[a-z\r\n\t\"'\\\\#= \u{0}\u{7f}]{0,30}",
        station in "(# sha256 of the lines above: |\"\"\"|'''|\n|\r\n){0,5}",
    ) {
        let mut store = Store::open_on(SimDisk::new(Model::new()), settings("/disk/records")).unwrap();
        let mut typed = draft("x", 1);
        typed.fish = None;
        typed.note = note;
        typed.operator = operator;
        typed.station = station;
        store.commit_at(&typed, moment(0)).unwrap();
        store.archive().void(&id("x"), moment(1).wall).unwrap();
        let record = store.archive().read(&store.archive().find(&id("x")).unwrap()).unwrap();
        proptest::prop_assert!(record.voided);
        proptest::prop_assert_eq!(record.note, typed.note);
        proptest::prop_assert_eq!(record.operator, typed.operator);
        proptest::prop_assert_eq!(record.station, typed.station);
    }
}

#[test]
fn a_failed_draft_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut wrong = draft("a", 1);
    wrong.fish.as_mut().unwrap().crop = picture(Size::new(3, 3), 0);
    let error = store.commit_at(&wrong, moment(0)).unwrap_err().to_string();
    assert!(error.contains("NOT saved") && error.contains("3x3"), "{error}");
    assert_eq!(ids(store.archive()), [""; 0]);
    assert_eq!(store.commit_at(&draft("a", 1), moment(0)).unwrap().id, id("a"));
}

#[test]
fn raw_pixels_become_a_png_with_the_same_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let rgb = picture(Size::new(40, 24), 9);
    let mut raw = draft("raw", 1);
    raw.frame.bytes = rgb.clone().into_raw().into();
    raw.frame.format = FrameFormat::Rgb8(Size::new(40, 24));
    let done = store.commit_at(&raw, moment(0)).unwrap();
    let read = image::open(done.directory.join("raw.png")).unwrap().into_rgb8();
    assert_eq!(read, rgb);
    let place = store.archive().find(&id("raw")).unwrap();
    assert_eq!(
        store.archive().read(&place).unwrap().frame.sha256,
        sha256_hex(rgb.as_raw())
    );
}

/// The file without its segments that define Huffman tables, as many cameras make it.
fn without_huffman_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xc4 {
            out.extend(&jpeg[at..at + length]);
        }
        at += length;
    }
    out.extend(&jpeg[at..]);
    out
}

#[test]
fn a_camera_s_jpeg_without_tables_is_kept_beside_one_that_every_program_reads() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut bare = draft("bare", 1);
    let whole = bare.frame.bytes.to_vec();
    let captured = without_huffman_tables(&whole);
    bare.frame.bytes = captured.clone().into();
    assert!(image::load_from_memory(&captured).is_err(), "it is no whole JPEG");
    let done = store.commit_at(&bare, moment(0)).unwrap();
    assert_eq!(fs::read(done.directory.join("bare_captured.mjpg")).unwrap(), captured);
    let read = image::open(done.directory.join("bare.jpg")).unwrap();
    assert_eq!(read, image::load_from_memory(&whole).unwrap());
    let place = store.archive().find(&id("bare")).unwrap();
    let record = store.archive().read(&place).unwrap();
    assert_eq!(record.frame.sha256, sha256_hex(&captured));
    assert!(record.file("bare_captured.mjpg").is_some());
    assert_eq!(record.frame.file, "bare.jpg");
}

#[test]
fn a_frame_without_a_fish_is_a_record_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut empty = draft("empty", 1);
    empty.fish = None;
    let done = store.commit_at(&empty, moment(0)).unwrap();
    assert_eq!(fs::read_dir(done.directory).unwrap().count(), 3);
}

#[test]
fn roots_that_can_not_be_used_are_refused_with_a_cure() {
    let dir = tempfile::tempdir().unwrap();
    let message = |result: Result<Store, StoreError>| result.err().unwrap().to_string();

    let missing_parent = message(Store::open(settings(dir.path().join("disk/records"))));
    assert!(missing_parent.contains("mounted"), "{missing_parent}");
    assert!(!dir.path().join("disk").exists());

    let mut never = settings(dir.path().join("records"));
    never.create = false;
    assert!(message(Store::open(never)).contains("does not exist"));
    assert!(!dir.path().join("records").exists());

    fs::write(dir.path().join("file"), "x").unwrap();
    assert!(message(Store::open(settings(dir.path().join("file")))).contains("not a folder"));

    let first = open(&dir.path().join("records"));
    let second = message(Store::open(settings(dir.path().join("records"))));
    assert!(second.contains("in use"), "{second}");
    drop(first);
    open(&dir.path().join("records"));

    fs::create_dir(dir.path().join("linked")).unwrap();
    fs::write(dir.path().join("records/precious"), "x").unwrap();
    std::os::unix::fs::symlink("../records", dir.path().join("linked/.incoming")).unwrap();
    let linked = message(Store::open(settings(dir.path().join("linked"))));
    assert!(linked.contains("can't be written to"), "{linked}");
    fs::remove_file(dir.path().join("records/precious")).unwrap();

    let mut full = settings(dir.path().join("records"));
    full.floor_bytes = u64::MAX / 2;
    let error = Store::open(full)
        .unwrap()
        .commit_at(&draft("a", 1), moment(0))
        .unwrap_err();
    assert!(error.to_string().contains("store.floor"), "{error}");
    assert_eq!(
        fs::read_dir(dir.path().join("records")).unwrap().count(),
        1,
        "only .incoming"
    );
}

#[test]
fn leftovers_go_when_the_store_is_opened_and_are_never_records() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).commit_at(&draft("a", 1), moment(0)).unwrap();
    let torn = dir.path().join(".incoming/b");
    fs::create_dir_all(torn.join("deeper")).unwrap();
    fs::write(torn.join("b.jpg"), "half").unwrap();
    fs::write(torn.join("deeper/x"), "").unwrap();
    fs::write(dir.path().join(".incoming/stray"), "").unwrap();
    assert_eq!(ids(&Archive::open(dir.path()).unwrap()), ["a"]);
    let store = open(dir.path());
    assert_eq!(ids(store.archive()), ["a"]);
    assert_eq!(fs::read_dir(dir.path().join(".incoming")).unwrap().count(), 0);
}

#[test]
fn voiding_marks_and_deletes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let done = open(dir.path()).commit_at(&draft("a", 1), moment(0)).unwrap();
    let before = fs::read_to_string(done.directory.join("record.toml")).unwrap();
    // A voiding that a power cut stopped.
    fs::write(done.directory.join("record.toml.new"), "half").unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    for seconds in [10, 20] {
        archive.void(&id("a"), moment(seconds).wall).unwrap();
        let record = archive.read(&archive.find(&id("a")).unwrap()).unwrap();
        assert!(record.voided);
        assert_eq!(record.voided_utc, Some(moment(seconds).wall));
    }
    assert_eq!(fs::read_dir(&done.directory).unwrap().count(), 9);
    let after = fs::read_to_string(done.directory.join("record.toml")).unwrap();
    let changed: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
    assert_eq!(changed.len(), 3, "voided, voided_utc and the checksum: {changed:?}");
    let missing = archive.void(&id("b"), moment(0).wall).unwrap_err();
    assert!(matches!(missing, StoreError::NoRecord { .. }));
}

#[test]
fn what_a_newer_version_wrote_survives_voiding() {
    let dir = tempfile::tempdir().unwrap();
    let done = open(dir.path()).commit_at(&draft("a", 1), moment(0)).unwrap();
    let path = done.directory.join("record.toml");
    let text = fs::read_to_string(&path).unwrap();
    let body = &text[..text.rfind("# sha256").unwrap()];
    let newer = format!("{body}\n[measured_by_a_newer_version]\nlength_cm = 8.25\n");
    let sealed = format!("{newer}# sha256 of the lines above: {}\n", sha256_hex(newer.as_bytes()));
    fs::write(&path, sealed).unwrap();
    Archive::open(dir.path())
        .unwrap()
        .void(&id("a"), moment(1).wall)
        .unwrap();
    assert!(fs::read_to_string(&path).unwrap().contains("length_cm = 8.25"));
}

#[test]
fn the_list_is_in_the_order_of_committing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for (name, seconds) in [("z", 0), ("b", 60), ("c", -24 * 3600), ("a", 30)] {
        store.commit_at(&draft(name, 1), moment(seconds)).unwrap();
    }
    let list = store.archive().list().unwrap();
    let listed: Vec<_> = list.map(|l| l.unwrap().record.unwrap().id.to_string()).collect();
    assert_eq!(
        listed,
        ["z", "b", "c", "a"],
        "neither that of the ids nor that of the clock"
    );
}

#[test]
fn a_record_is_whole_for_readers_while_others_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let root = dir.path().to_owned();
    let reader = std::thread::spawn(move || {
        let archive = Archive::open(root).unwrap();
        let mut seen = 0;
        while seen < 20 {
            let list: Vec<_> = archive.list().unwrap().map(Result::unwrap).collect();
            assert!(list.iter().all(|l| l.record.is_ok()), "{list:?}");
            seen = list.len();
        }
    });
    for n in 0..20 {
        let done = store.commit_at(&draft(&format!("f{n}"), n), moment(0)).unwrap();
        assert!(Disk.read(&done.directory.join("record.toml"), 1 << 20).is_ok());
    }
    reader.join().unwrap();
}

/// What a station without a clock of its own goes through: started with a date in the past, set right by the network, or set wrong by hand.
#[test]
fn a_wall_clock_that_jumps_neither_reorders_nor_overwrites_records() {
    let dir = tempfile::tempdir().unwrap();
    const DAY: i64 = 86_400;
    let jumps = [
        0,
        10,
        -2 * DAY,
        -2 * DAY + 5,
        20,
        3 * DAY,
        -400 * DAY,
        3 * DAY + 1,
        40 * DAY,
    ];
    let mut committed = Vec::new();
    for (boot, jumps) in jumps.chunks(3).enumerate() {
        // Opened anew, as after a power cut: the counter and the order come from what is there.
        let mut store = open(dir.path());
        let mut identifier = store.identifier(IdSettings::default()).unwrap();
        for (i, jump) in jumps.iter().enumerate() {
            let seed = (boot * 10 + i) as u32;
            let mut draft = draft("x", seed);
            let wall = moment(0).wall + jiff::SignedDuration::from_secs(*jump);
            draft.id = identifier
                .propose(None, wall.to_zoned_datetime(jiff::tz::TimeZone::UTC).date())
                .unwrap();
            let now = fishrig::frame::CaptureTime {
                wall,
                // It begins again with each start of the machine.
                monotonic_ns: 1_000_000_000 * (i as u64 + 1),
            };
            let done = store.commit_at(&draft, now).unwrap();
            identifier.taken(&done.id);
            committed.push((done.id.to_string(), wall, draft.note, done.directory));
        }
    }
    let archive = Archive::open(dir.path()).unwrap();
    let listed: Vec<_> = archive
        .list()
        .unwrap()
        .map(|listed| {
            let listed = listed.unwrap();
            let record = listed.record.unwrap();
            let times = record.times;
            (
                times.number.unwrap(),
                record.id.to_string(),
                times.committed_utc,
                record.note,
                listed.place.directory,
            )
        })
        .collect();
    let wanted: Vec<_> = committed
        .into_iter()
        .zip(1..)
        .map(|((id, wall, note, directory), number)| (number, id, wall, note, directory))
        .collect();
    assert_eq!(
        listed, wanted,
        "all are there, in the order of committing, with what the clock said"
    );
    let days: Vec<String> = archive.days().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2026-11-24", "2026-11-27", "2027-01-03"]);
    for place in archive.places().unwrap() {
        let checked = archive.verify(&place.unwrap());
        assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    }
}

#[test]
fn records_of_earlier_versions_have_no_number_and_come_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let place = store.commit_at(&draft("A", 1), moment(100)).unwrap().directory;
    drop(store);
    let file = place.join("record.toml");
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| *line != "number = 1" && !line.starts_with("# sha256"))
        .collect();
    let body = lines.join("\n") + "\n";
    assert_eq!(body.lines().count(), text.lines().count() - 2, "the number is left out");
    fs::write(
        &file,
        format!("{body}# sha256 of the lines above: {}\n", sha256_hex(body.as_bytes())),
    )
    .unwrap();
    let mut store = open(dir.path());
    store.commit_at(&draft("B", 2), moment(50)).unwrap();
    let numbers: Vec<_> = store
        .archive()
        .list()
        .unwrap()
        .map(|listed| listed.unwrap().record.unwrap())
        .map(|record| (record.id.to_string(), record.times.number))
        .collect();
    assert_eq!(numbers, [("A".to_owned(), None), ("B".to_owned(), Some(2))]);
}
