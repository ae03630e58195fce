//! The power goes after every single operation of the store, and the disk keeps whatever it likes of what was not synced.
//!
//! In each state that is left: the store opens, what was announced as saved is there to the byte, what is visible is whole, a record that
//! was announced as voided stays voided, no id is there twice, and the next record gets an id of its own.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fishrig::store::{RecordDraft, Store};
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rustix::io::Errno;
use store_support::sim::{Bytes, Fault, Kind, Model, SimDisk, Swallow};
use store_support::{draft, id, jpeg, moment, picture, settings};

const ROOT: &str = "/disk/records";
const DAY: i64 = 24 * 3600;

/// The files of one record by name.
type Files = BTreeMap<String, Bytes>;

/// What the store has told its caller.
#[derive(Clone, Default)]
struct Announced {
    /// `<day>/<id>` of every record that was said to be saved.
    saved: BTreeSet<String>,
    /// Those that were said to be voided.
    voided: BTreeSet<String>,
}

/// A disk at the moment of a cut, and what had been announced by then.
struct Cut {
    disk: Model,
    announced: Announced,
}

/// One run of the store on a simulated disk.
struct Session {
    disk: SimDisk,
    store: Option<Store<SimDisk>>,
    announced: Announced,
    /// Every content that a record may have, by `<day>/<id>`: as committed, and as voided.
    whole: BTreeMap<String, Vec<Files>>,
    cuts: Vec<Cut>,
}

impl Session {
    fn new(disk: SimDisk) -> Self {
        Self {
            disk,
            store: None,
            announced: Announced::default(),
            whole: BTreeMap::new(),
            cuts: Vec::new(),
        }
    }

    fn open(&mut self) -> Result<(), String> {
        self.store = None;
        let opened = Store::open_on(self.disk.clone(), settings(ROOT)).map_err(|e| e.to_string());
        self.note_cuts();
        self.store = Some(opened?);
        Ok(())
    }

    fn commit(&mut self, draft: &RecordDraft, seconds: i64) -> Result<String, String> {
        let result = match &mut self.store {
            Some(store) => store.commit_at(draft, moment(seconds)).map_err(|e| e.to_string()),
            None => return Err("record NOT saved: the store is not open".to_owned()),
        };
        self.note_cuts();
        self.note_whole_records();
        let done = result?;
        let place = done.directory.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned();
        self.announced.saved.insert(place);
        Ok(done.id.to_string())
    }

    fn void(&mut self, name: &str, seconds: i64) -> Result<(), String> {
        let Some(store) = &self.store else {
            return Err("NOT voided: the store is not open".to_owned());
        };
        let result = store.archive().void(&id(name), at(seconds)).map_err(|e| e.to_string());
        self.note_cuts();
        self.note_whole_records();
        result?;
        let voided = self.whole.keys().filter(|place| place.ends_with(&format!("/{name}")));
        self.announced.voided.extend(voided.cloned());
        Ok(())
    }

    fn note_cuts(&mut self) {
        for disk in self.disk.take_history() {
            let announced = self.announced.clone();
            self.cuts.push(Cut { disk, announced });
        }
    }

    /// What is visible now, without a cut, is what each record has to be after one.
    fn note_whole_records(&mut self) {
        for (place, mut files) in records(&self.disk.model()) {
            files.remove("record.toml.new");
            let known = self.whole.entry(place).or_default();
            if !known.contains(&files) {
                known.push(files);
            }
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    moment(seconds).wall
}

/// The directories that stand where records stand, by `<day>/<id>`, with the files in them.
fn records(disk: &Model) -> BTreeMap<String, Files> {
    let mut records: BTreeMap<String, Files> = BTreeMap::new();
    for (path, content) in disk.tree(ROOT) {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (parts.as_slice(), content) {
            ([".incoming", ..], _) => {}
            ([day, id], None) => drop(records.entry(format!("{day}/{id}")).or_default()),
            ([day, id, file], Some(bytes)) => {
                let record = records.entry(format!("{day}/{id}")).or_default();
                record.insert((*file).to_owned(), bytes);
            }
            _ => {}
        }
    }
    records
}

/// A session with all that a store does: two days, a repeated id, two voidings, a restart.
fn usual_session(disk: SimDisk) -> Session {
    let mut session = Session::new(disk);
    let mut rich = draft("b", 2);
    rich.overlay_jpeg = Some(jpeg(&picture(fishrig::frame::Size::new(16, 8), 3)));
    rich.further_files = vec![("label.txt".to_owned(), b"{}\n".to_vec())];
    session.open().unwrap();
    session.commit(&draft("a", 1), 0).unwrap();
    session.commit(&rich, 60).unwrap();
    session.void("a", 70).unwrap();
    assert_eq!(session.commit(&draft("a", 3), 80).unwrap(), "a-2");
    session.commit(&draft("c", 4), DAY).unwrap();
    session.open().unwrap();
    session.commit(&draft("b", 5), DAY + 60).unwrap();
    session.void("b", DAY + 70).unwrap();
    session.void("a-2", DAY + 80).unwrap();
    session
}

/// Checks one state; the error says what was lost.
fn check(state: &Model, announced: &Announced, whole: &BTreeMap<String, Vec<Files>>) -> Result<(), String> {
    let there = records(state);
    let incoming = state.tree(&format!("{ROOT}/.incoming"));
    for place in &announced.saved {
        let files = there
            .get(place)
            .ok_or_else(|| format!("{place} was saved and is gone"))?;
        let (_, name) = place.split_once('/').unwrap();
        if incoming.contains_key(&format!("/{name}/")) {
            return Err(format!("{place} was saved and is still in .incoming"));
        }
        if announced.voided.contains(place) {
            let text = files
                .get("record.toml")
                .map(|b| String::from_utf8_lossy(b).into_owned());
            if !text.unwrap_or_default().contains("\nvoided = true\n") {
                return Err(format!("{place} was voided and is not"));
            }
        }
    }

    let disk = SimDisk::new(state.clone());
    let mut store = Store::open_on(disk.clone(), settings(ROOT)).map_err(|e| format!("can't open: {e}"))?;
    let there = records(&disk.model());
    for (place, files) in &there {
        let mut files = files.clone();
        files.remove("record.toml.new");
        if !whole.get(place).is_some_and(|known| known.contains(&files)) {
            return Err(format!("{place} is visible and not whole: {:?}", files.keys()));
        }
    }
    let mut ids = HashSet::new();
    for place in store.archive().places().map_err(|e| e.to_string())? {
        let place = place.map_err(|e| e.to_string())?;
        store.archive().read(&place).map_err(|e| e.to_string())?;
        if !ids.insert(place.id.folded()) {
            return Err(format!("{} is there twice", place.id));
        }
    }
    if ids.len() != there.len() {
        return Err(format!("{} records listed, {} there", ids.len(), there.len()));
    }

    let done = store
        .commit_at(next_draft(), moment(2 * DAY))
        .map_err(|e| format!("can't go on: {e}"))?;
    if !ids.insert(done.id.folded()) {
        return Err(format!("the id {} was given again", done.id));
    }
    let after = records(&disk.model().only_durable());
    let new = done.directory.strip_prefix(ROOT).unwrap().to_str().unwrap();
    match announced
        .saved
        .iter()
        .map(String::as_str)
        .chain([new])
        .find(|place| !after.contains_key(*place))
    {
        Some(place) => Err(format!("{place} did not outlast the next commit")),
        None => Ok(()),
    }
}

/// A small record that wants an id that is mostly taken.
fn next_draft() -> &'static RecordDraft {
    static NEXT: std::sync::LazyLock<RecordDraft> = std::sync::LazyLock::new(|| {
        let mut next = draft("a", 9);
        next.fish = None;
        next
    });
    &NEXT
}

/// Checks up to `most` states of each cut that were not seen before; stops at the first that is wrong.
fn check_cuts(session: &Session, most: usize, seen: &mut HashSet<u64>) -> Result<(), String> {
    for (number, cut) in session.cuts.iter().enumerate() {
        let mut random = ChaCha8Rng::seed_from_u64(number as u64);
        let extremes = [cut.disk.only_durable(), cut.disk.everything()];
        let mut repeats = 0;
        let mut new = 0;
        for n in 0.. {
            let state = match extremes.get(n) {
                Some(extreme) => extreme.clone(),
                None => cut.disk.random_cut(&mut random),
            };
            if seen.insert(state.fingerprint()) || n < extremes.len() {
                check(&state, &cut.announced, &session.whole)
                    .map_err(|e| format!("after change {number} of {}: {e}", session.cuts.len()))?;
                new += 1;
            } else {
                repeats += 1;
            }
            // Few states are possible early in a commit; then a run of repeats says that there are no more.
            if new >= most || repeats > 40 + new {
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn a_power_cut_after_any_operation_loses_nothing_that_was_announced() {
    let session = usual_session(SimDisk::new(Model::new()));
    let mut seen = HashSet::new();
    check_cuts(&session, 5000, &mut seen).unwrap();
    eprintln!("{} cuts, {} distinct states", session.cuts.len(), seen.len());
    assert!(seen.len() >= 50_000, "{} distinct states", seen.len());
}

#[test]
fn a_second_cut_while_the_first_is_cleaned_up_loses_nothing() {
    let session = usual_session(SimDisk::new(Model::new()));
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut seen = HashSet::new();
    for cut in &session.cuts {
        for _ in 0..4 {
            let mut second = Session::new(SimDisk::new(cut.disk.random_cut(&mut random)));
            second.announced = cut.announced.clone();
            second.whole = session.whole.clone();
            second.open().unwrap();
            second.commit(&draft("b", 8), 2 * DAY).unwrap();
            // The first cut may have left half a voiding of this one, or no such record at all.
            let _ = second.void("a", 2 * DAY + 10);
            check_cuts(&second, 3, &mut seen).unwrap();
        }
    }
    eprintln!("{} distinct states", seen.len());
}

#[test]
fn a_killed_process_that_starts_again_before_the_cut_loses_nothing() {
    let first = |disk: SimDisk| {
        let mut session = Session::new(disk);
        session.open().unwrap();
        session.commit(&draft("a", 1), 0).unwrap();
        session
    };
    let then = |session: &mut Session| {
        // After the kill every call fails; what a dying process would have said is not heard.
        let _ = session.commit(&draft("b", 2), DAY);
        let _ = session.void("a", DAY + 10);
    };
    let (start, end) = {
        let mut session = first(SimDisk::new(Model::new()));
        let start = session.disk.calls();
        then(&mut session);
        (start, session.disk.calls())
    };
    let mut seen = HashSet::new();
    for at in start..end {
        let mut session = first(SimDisk::new(Model::new()));
        let announced = session.announced.clone();
        let forever = true;
        let errno = Errno::IO;
        session.disk.set_fault(Some(Fault { at, forever, errno }));
        then(&mut session);
        session.disk.set_fault(None);
        session.announced = announced;
        session.cuts.clear();
        session.open().unwrap();
        session.commit(&draft("b", 2), DAY + 20).unwrap();
        session.void("a", DAY + 30).unwrap();
        check_cuts(&session, 12, &mut seen).unwrap_or_else(|e| panic!("killed at call {at}: {e}"));
    }
    eprintln!("{} kills, {} distinct states", end - start, seen.len());
}

/// Every sync of the protocol by name, and how to leave it out.
const SYNCS: [(&str, Swallow); 15] = [
    ("the root's parent", |kind, path| {
        kind == Kind::SyncDirectory && path == "/disk"
    }),
    ("the root", |kind, path| kind == Kind::SyncDirectory && path == ROOT),
    ("the day", |kind, path| {
        kind == Kind::SyncDirectory && depth(path) == 1 && !path.contains(".incoming")
    }),
    (".incoming", |kind, path| {
        kind == Kind::SyncDirectory && depth(path) == 1 && path.contains(".incoming")
    }),
    ("the new record", |kind, path| {
        kind == Kind::SyncDirectory && depth(path) == 2 && path.contains(".incoming")
    }),
    ("the voided record", |kind, path| {
        kind == Kind::SyncDirectory && depth(path) == 2 && !path.contains(".incoming")
    }),
    ("the frame", |kind, path| {
        kind == Kind::SyncFile && path.ends_with(".jpg") && !path.contains('_')
    }),
    ("the metadata", |kind, path| {
        kind == Kind::SyncFile && path.ends_with("_metadata.json")
    }),
    ("the crop", |kind, path| {
        kind == Kind::SyncFile && path.ends_with("_cropped.jpg")
    }),
    ("the coloured mask", |kind, path| {
        kind == Kind::SyncFile && path.ends_with("_segmented.png")
    }),
    ("the trait bits", |kind, path| {
        kind == Kind::SyncFile && path.ends_with("_traits.png")
    }),
    ("Morphology-analysis' files", |kind, path| {
        let ends = ["_presence.json", "_landmark.json", "_morphology.json"];
        kind == Kind::SyncFile && ends.iter().any(|end| path.ends_with(end))
    }),
    ("extras", |kind, path| {
        kind == Kind::SyncFile && (path.ends_with("_overlay.jpg") || path.ends_with("_label.txt"))
    }),
    ("record.toml", |kind, path| {
        kind == Kind::SyncFile && path.ends_with("/record.toml")
    }),
    ("the voided record.toml", |kind, path| {
        kind == Kind::SyncFile && path.ends_with("/record.toml.new")
    }),
];

/// How many names deep a path is below the root.
fn depth(path: &str) -> usize {
    path.strip_prefix(ROOT).map_or(0, |below| below.matches('/').count())
}

/// Without this the test above could pass because the simulated disk is too kind.
#[test]
fn every_sync_that_is_left_out_is_found_out() {
    for (name, swallow) in SYNCS {
        let disk = SimDisk::swallowing(Model::new(), swallow);
        let session = usual_session(disk.clone());
        assert!(disk.swallowed() > 0, "{name}: is never synced");
        let result = check_cuts(&session, 60, &mut HashSet::new());
        eprintln!(
            "without syncing {name}: {}",
            result.as_ref().err().map_or("NOT FOUND", String::as_str)
        );
        assert!(result.is_err(), "leaving out the sync of {name} was not found out");
    }
}

#[test]
fn the_list_of_syncs_is_complete() {
    let disk = SimDisk::new(Model::new());
    usual_session(disk.clone());
    for (kind, path) in disk.syncs() {
        let by: Vec<_> = SYNCS.iter().filter(|(_, swallow)| swallow(kind, &path)).collect();
        assert_eq!(
            by.len(),
            1,
            "{kind:?} of {path} has to be left out by exactly one of SYNCS"
        );
    }
}

/// Something that an operator does.
type Step = fn(&mut Session) -> Result<(), String>;

/// Runs a session in which calls fail; each step is tried twice, as an operator would.
fn failing_session(fault: Option<Fault>) -> Session {
    let mut session = Session::new(SimDisk::new(Model::new()));
    session.disk.set_fault(fault);
    let steps: [Step; 7] = [
        Session::open,
        |s| s.commit(&draft("a", 1), 0).map(drop),
        |s| s.void("a", 10),
        |s| s.commit(&draft("a", 2), 20).map(drop),
        |s| s.commit(&draft("b", 3), DAY).map(drop),
        Session::open,
        |s| s.commit(&draft("c", 4), DAY + 10).map(drop),
    ];
    for (n, step) in steps.iter().enumerate() {
        let Err(first) = step(&mut session) else { continue };
        let opening = n == 0 || n == 5;
        let cures = [
            "mounted",
            "read-only",
            "full",
            "failing",
            "folder",
            "not open",
            "no record",
            "list",
        ];
        assert!(cures.iter().any(|cure| first.contains(cure)), "no cure in {first:?}");
        assert!(
            opening || first.contains("no record") || first.contains("NOT "),
            "does not say that nothing was saved: {first:?}"
        );
        let second = step(&mut session);
        let lasting = fault.is_some_and(|f| f.forever);
        assert!(
            lasting || second.is_ok(),
            "one failure lasted: {first:?}, then {second:?}"
        );
    }
    session
}

#[test]
fn any_failing_call_is_said_and_loses_nothing_that_was_announced() {
    let calls = failing_session(None).disk.calls();
    let mut states = HashSet::new();
    for errno in [Errno::NOSPC, Errno::IO, Errno::ROFS] {
        for forever in [false, true] {
            for at in 0..calls {
                let session = failing_session(Some(Fault { at, forever, errno }));
                session.disk.set_fault(None);
                let disk = session.disk.model();
                let mut random = ChaCha8Rng::seed_from_u64(at as u64);
                for state in [
                    disk.clone(),
                    disk.only_durable(),
                    disk.random_cut(&mut random),
                    disk.random_cut(&mut random),
                ] {
                    states.insert(state.fingerprint());
                    check(&state, &session.announced, &session.whole)
                        .unwrap_or_else(|e| panic!("{errno} at call {at} of {calls}, forever {forever}: {e}"));
                }
            }
        }
    }
    eprintln!("{calls} calls, {} distinct states", states.len());
}
