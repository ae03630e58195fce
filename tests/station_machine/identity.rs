//! Which specimen a picture shows: the table of what is in the picture and what was stated, duplicates, lists, scans that trigger.

use std::sync::Arc;

use fishrig::identify::{Code, IdSource, IdentifySettings, NextId, PickList, Standing, Symbology};
use jiff::civil::date;

use super::*;

const NUMBERS: &str = "F{digits}";

fn settings(sources: &[IdSource]) -> IdentifySettings {
    IdentifySettings {
        sources: sources.to_vec(),
        accept: vec![NUMBERS.parse().unwrap()],
        ..IdentifySettings::default()
    }
}

/// A rig in whose store F7 was recorded on 2026-11-20.
fn rig_with(settings: IdentifySettings, list: Option<&str>) -> Rig {
    let list = list.map(|text| Arc::new(PickList::from_bytes(text.as_bytes(), "id", &settings).unwrap()));
    let recorded = [("F7".parse().unwrap(), date(2026, 11, 20))];
    Rig::new(MachineSettings {
        next_id: NextId::new(settings, recorded, list),
        ..MachineSettings::default()
    })
}

fn rig(sources: &[IdSource]) -> Rig {
    rig_with(settings(sources), None)
}

/// A fish, and a label with these codes.
fn labelled(codes: &[&str]) -> Observation {
    let codes: Vec<Code> = codes
        .iter()
        .map(|payload| Code::new(payload, Symbology::DataMatrix, Vec::new()))
        .collect();
    with_fish().with_codes(&codes)
}

fn typed(text: &str) -> input::Event {
    input::Event::Set {
        field: Field::Id,
        text: text.into(),
    }
}

fn scanned(text: &str) -> input::Event {
    input::Event::Scanned { text: text.into() }
}

/// The id and source that a commit has, `counter` for one that the station counts itself.
fn committed_as(effects: &[Effect]) -> String {
    let identified = facts_of(effects).identified.expect("somebody has identified it");
    let id = identified.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    format!("{id} {}", identified.identity.source)
}

/// One picture: what happens at the trigger, after the analysis, and when the trigger is repeated after a question.
fn course(rig: &mut Rig, preview: &[&str], own: &[&str]) -> Vec<String> {
    rig.tell(Event::Seen(labelled(preview)));
    let mut course = Vec::new();
    for _press in 0..2 {
        rig.now += Duration::from_secs(1);
        let effects = rig.press();
        let Some(Effect::Keep { ticket, .. }) = effects.first() else {
            course.push(rig.last_words().to_owned());
            continue;
        };
        let effects = rig.tell(Event::Analysed {
            ticket: *ticket,
            seen: labelled(own),
        });
        if effects == [Effect::Release { ticket: *ticket }] {
            course.push(rig.last_words().to_owned());
            continue;
        }
        course.push(committed_as(&effects));
        break;
    }
    course
}

/// A case: its name, the sources, what is stated, the codes that the preview shows, and those that the picture shows.
type Row<'a> = (
    &'a str,
    &'a [IdSource],
    Option<input::Event>,
    &'a [&'a str],
    &'a [&'a str],
);

#[test]
fn what_is_in_the_picture_and_what_was_stated() {
    use IdSource::{Barcode, Counter, Keyboard, Scanner};
    let all = &[Barcode, Scanner, Keyboard, Counter][..];
    let trusting_the_scanner = &[Scanner, Barcode, Counter][..];
    let strict = &[Barcode, Keyboard][..];
    let blind = &[Keyboard, Counter][..];
    let rows: [Row<'_>; 20] = [
        ("nothing", all, None, &[], &[]),
        ("nothing, strict", strict, None, &[], &[]),
        ("a label", all, None, &["F1"], &["F1"]),
        ("a label that only the picture shows", strict, None, &[], &["F1"]),
        ("a label that only the preview shows", strict, None, &["F1"], &[]),
        (
            "another specimen by the time of the picture",
            all,
            None,
            &["F1"],
            &["F2"],
        ),
        ("typed", all, Some(typed("F3")), &[], &[]),
        ("typed, and the label agrees", all, Some(typed("F3")), &["F3"], &["F3"]),
        (
            "typed, and the label disagrees",
            all,
            Some(typed("F3")),
            &["F1"],
            &["F1"],
        ),
        (
            "scanned and trusted, and the label disagrees",
            trusting_the_scanner,
            Some(scanned("F3")),
            &["F1"],
            &["F1"],
        ),
        (
            "typed, and the picture alone disagrees",
            all,
            Some(typed("F3")),
            &[],
            &["F1"],
        ),
        ("typed badly", all, Some(typed("G3")), &["F1"], &["F1"]),
        ("an address on the label", all, None, &["http://x"], &["http://x"]),
        (
            "an address on the label, strict",
            strict,
            None,
            &["http://x"],
            &["http://x"],
        ),
        (
            "an address beside the number",
            all,
            None,
            &["http://x", "F4"],
            &["http://x", "F4"],
        ),
        ("two numbers on the label", strict, None, &["F4", "F5"], &["F4", "F5"]),
        ("recorded before", all, None, &["F7"], &["F7"]),
        ("recorded before, as only the picture shows", all, None, &[], &["F7"]),
        ("typed, and recorded before", all, Some(typed("F7")), &[], &[]),
        ("a label that nobody asked for", blind, None, &["F1"], &["F1"]),
    ];
    let mut out = String::new();
    for (name, sources, stated, preview, own) in rows {
        let mut rig = rig(sources);
        if let Some(event) = stated {
            rig.input(event);
        }
        let course = course(&mut rig, preview, own);
        out += &format!("{name}\n    {}\n", course.join("\n    "));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn an_id_is_used_once_and_given_back_where_nothing_was_saved() {
    let mut rig = rig(&[IdSource::Keyboard]);
    let next = |rig: &Rig| {
        let next = rig.status().next_id;
        (next.standing, next.id)
    };
    assert_eq!(next(&rig), (Standing::Missing, String::new()));
    assert_eq!(rig.press(), [], "no id, no picture");
    assert!(rig.last_words().contains("no catalogue number"), "{}", rig.last_words());
    rig.input(typed("F1"));
    assert_eq!(next(&rig), (Standing::Ready, "F1".into()));
    assert_eq!(rig.press(), [keep(0)]);
    assert_eq!(next(&rig).0, Standing::Missing, "the next specimen needs its own");
    rig.input(typed("f1"));
    assert_eq!(next(&rig).0, Standing::Unfit, "of another form");
    rig.input(typed(""));
    // No fish: the number holds for the second press.
    assert_eq!(rig.analysed(0, without_fish()), [release(0)]);
    assert_eq!(next(&rig), (Standing::Ready, "F1".into()));
    assert_eq!(rig.press(), [keep(1)]);
    let facts = facts_of(&rig.analysed(1, without_fish()));
    assert_eq!(facts.identified.unwrap().id.unwrap().as_str(), "F1");
    // While it waits it is not free.
    rig.input(typed("F1"));
    assert_eq!(next(&rig).0, Standing::Doubtful);
    rig.committed(1, "F1");
    assert_eq!(next(&rig).0, Standing::Saved);
    // Undone it is free again.
    rig.input(typed(""));
    rig.input(input::Event::Undo);
    rig.tell(Event::Voided { id: "F1".into() });
    assert_eq!(next(&rig), (Standing::Ready, "F1".into()), "to be taken again");
}

#[test]
fn a_duplicate_is_said_at_once_and_the_second_press_must_come_in_time() {
    let mut rig = rig(&[IdSource::Scanner, IdSource::Counter]);
    rig.input(scanned("F7"));
    assert!(
        rig.last_words().contains("already recorded on 2026-11-20"),
        "{}",
        rig.last_words()
    );
    assert_eq!(rig.press(), []);
    assert_eq!(rig.after(3.5), []);
    assert_eq!(rig.press(), [], "too late: asked again");
    assert_eq!(rig.input(trigger(TriggerKind::Button, false)), [], "another hand");
    // That asked anew, of the button.
    assert_eq!(rig.input(trigger(TriggerKind::Button, false)), [keep(0)]);
    assert_eq!(committed_as(&rig.analysed(0, with_fish())), "F7 scanner");
    // A yes to one question is none to another.
    rig.committed(0, "F7-2");
    rig.input(scanned("F7"));
    assert_eq!(rig.press(), []);
    rig.input(scanned("F8"));
    assert_eq!(rig.press(), [keep(1)]);
    rig.input(scanned("F7"));
    assert_eq!(rig.press(), []);
}

const LIST: &str = "id,scientificName\nF1,Esox lucius\nF7,Perca fluviatilis\nF3,Salmo trutta\n";

fn chosen(text: &str) -> input::Event {
    input::Event::Set {
        field: Field::List,
        text: text.into(),
    }
}

#[test]
fn the_pick_list_goes_on_by_itself_and_is_jumped_in() {
    let sources = &[IdSource::Barcode, IdSource::PickList];
    let mut rig = rig_with(settings(sources), Some(LIST));
    let next = |rig: &Rig| {
        let next = rig.status().next_id;
        (next.id, next.species, next.list)
    };
    assert_eq!(next(&rig), ("F1".into(), "Esox lucius".into(), Some((1, 3))));
    assert_eq!(rig.press(), [keep(0)]);
    assert_eq!(next(&rig).0, "F3", "F7 was recorded before");
    let facts = facts_of(&rig.analysed(0, with_fish()));
    let identity = facts.identified.unwrap().identity;
    assert_eq!(
        (identity.source, identity.column("scientificname")),
        (IdSource::PickList, Some("Esox lucius"))
    );
    rig.committed(0, "F1");
    assert_eq!(next(&rig), ("F3".into(), "Salmo trutta".into(), Some((2, 3))));
    // One that is recorded is asked about.
    rig.input(chosen("perca"));
    assert_eq!(rig.status().next_id.standing, Standing::Doubtful);
    assert_eq!(rig.press(), []);
    rig.input(chosen(""));
    assert_eq!(next(&rig).0, "F3");
    rig.input(chosen("gobio"));
    assert!(
        rig.last_words().contains("not in the pick list"),
        "{}",
        rig.last_words()
    );
    // The label jumps in the list too, and brings the columns.
    let seen = labelled(&["F3"]);
    rig.tell(Event::Seen(seen.clone()));
    assert_eq!(rig.press(), [keep(1)]);
    let identity = facts_of(&rig.analysed(1, seen)).identified.unwrap().identity;
    assert_eq!(
        (identity.source, identity.column("scientificName")),
        (IdSource::Barcode, Some("Salmo trutta"))
    );
    rig.committed(1, "F3");
    for _ in 0..3 {
        rig.tell(Event::Seen(with_fish()));
    }
    assert_eq!(
        rig.status().next_id.words,
        "the pick list is done; scan or type (key i) another catalogue number"
    );
    // A longer list goes on.
    let longer = PickList::from_bytes(format!("{LIST}F9,\n").as_bytes(), "id", &settings(sources)).unwrap();
    rig.tell(Event::PickList(Ok(Arc::new(longer))));
    assert_eq!(next(&rig).0, "F9");
    rig.tell(Event::PickList(Err("the pick list x.csv can't be read".into())));
    assert_eq!(next(&rig).0, "F9", "the one before holds");
}

#[test]
fn a_scan_may_take_the_picture_and_the_second_scan_says_yes() {
    let mut rig = rig_with(
        IdentifySettings {
            scan_triggers: true,
            ..settings(&[IdSource::Scanner])
        },
        None,
    );
    assert_eq!(rig.input(scanned("F1")), [keep(0)]);
    let facts = facts_of(&rig.analysed(0, with_fish()));
    assert_eq!(facts.trigger, TriggerKind::Scanner);
    rig.committed(0, "F1");
    assert_eq!(rig.input(scanned("x")), []);
    assert_eq!(rig.input(scanned("F7")), []);
    assert!(rig.last_words().contains("scan again"), "{}", rig.last_words());
    assert_eq!(rig.input(scanned("F7")), [keep(1)]);
}

#[test]
fn the_station_alone_takes_no_doubtful_picture() {
    let mut rig = Rig::new(MachineSettings {
        trigger: TriggerSettings {
            auto_still_seconds: Some(1.0),
            ..TriggerSettings::default()
        },
        next_id: NextId::new(
            settings(&[IdSource::Barcode, IdSource::Keyboard]),
            [("F7".parse().unwrap(), date(2026, 11, 20))],
            None,
        ),
        ..MachineSettings::default()
    });
    let look = |rig: &mut Rig, codes: &[&str]| {
        let mut effects = rig.tell(Event::Seen(labelled(codes)));
        rig.now += Duration::from_secs_f64(1.5);
        effects.extend(rig.tell(Event::Seen(labelled(codes))));
        effects
    };
    assert_eq!(look(&mut rig, &[]), [], "no number");
    assert_eq!(look(&mut rig, &["F7"]), [], "recorded before");
    assert_eq!(look(&mut rig, &["G1"]), [], "of another form");
    let kept = look(&mut rig, &["F1"]);
    assert!(
        matches!(
            kept[..],
            [Effect::Keep {
                which: Which::LastSeen,
                ..
            }]
        ),
        "{kept:?}"
    );
    assert_eq!(committed_as(&rig.analysed(0, labelled(&["F1"]))), "F1 barcode");
}

#[test]
fn a_further_picture_keeps_the_id_and_another_label_is_asked_about() {
    let mut rig = rig(&[IdSource::Barcode, IdSource::Counter]);
    rig.tell(Event::Seen(labelled(&["F1"])));
    assert_eq!(rig.press(), [keep(0)]);
    assert_eq!(committed_as(&rig.analysed(0, labelled(&["F1"]))), "F1 barcode");
    rig.committed(0, "F1");
    assert_eq!(rig.press_again(), [keep(1)], "no question: that is what + is for");
    let facts = facts_of(&rig.analysed(1, labelled(&["F1"])));
    assert_eq!(facts.same_specimen_as.as_deref(), Some("F1"));
    assert_eq!(facts.identified.unwrap().id.unwrap().as_str(), "F1");
    rig.committed(1, "F1-2");
    assert_eq!(rig.press_again(), [keep(2)]);
    assert_eq!(rig.analysed(2, labelled(&["F2"])), [release(2)]);
    assert!(rig.last_words().contains("the label says F2"), "{}", rig.last_words());
    assert_eq!(rig.press_again(), [keep(3)]);
    assert_eq!(
        facts_of(&rig.analysed(3, labelled(&["F2"])))
            .same_specimen_as
            .as_deref(),
        Some("F1")
    );
}

#[test]
fn bytes_are_not_lost_for_want_of_a_number_when_the_station_ends() {
    let mut rig = rig(&[IdSource::Barcode]);
    assert_eq!(rig.press(), [keep(0)]);
    rig.input(input::Event::Finish);
    let effects = rig.tell(Event::LeftUnanalysed { ticket: Ticket(0) });
    assert_eq!(facts_of(&effects).identified, None, "the counter names it");
}

#[test]
fn the_operator_s_wishes_are_told_where_they_can_not_be_met() {
    let mut rig = rig(&[IdSource::Counter]);
    rig.input(typed("F1"));
    assert!(rig.last_words().contains("identify.sources"), "{}", rig.last_words());
    rig.input(chosen("F1"));
    assert!(rig.last_words().contains("identify.pick_list"), "{}", rig.last_words());
    assert_eq!(rig.press(), [keep(0)]);
}
