//! The id of the next specimen: what was scanned, typed, listed or read on the label, which of these counts, and what speaks against it.
//!
//! | in the picture | stated (scanned, typed, or chosen in the list) | what happens |
//! |---|---|---|
//! | nothing | nothing | the next entry of the list, else the counter; without both the trigger is refused |
//! | nothing | a number | that |
//! | a number | nothing, or the same | that |
//! | a number | another number | the more trusted source, once the trigger is repeated |
//! | no catalogue number | nothing | as if nothing were there, and what was read is kept; refused where the counter is not a source |
//! | anything | no catalogue number | refused, until it is stated anew or cleared |
//!
//! Whatever counts: an id that is recorded already asks for a repeated trigger. Nothing here knows a clock, a file or a thread.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use super::{Code, Doubt, IdSource, IdentifySettings, Identity, PickList, RecordId, RecordedWhen, Refused, Unfit};

/// Longest payload that is shown, in characters.
const SHOWN: usize = 40;
/// A code is still on the label when one picture in between did not show it: blur, a hand.
const MISSES: u32 = 2;

/// An id and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// The id; `None` where the station's own pattern makes it.
    pub id: Option<RecordId>,
    /// For the record.
    pub identity: Identity,
}

impl Identified {
    /// By the station's own pattern.
    pub fn counted() -> Self {
        Self {
            id: None,
            identity: Identity::from_source(IdSource::Counter),
        }
    }
}

/// What holds for one picture, from its trigger to its record.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claim {
    stated: Option<Stated>,
    listed: Option<Listed>,
    label: Option<Label>,
    /// The specimen of an earlier picture.
    specimen: Option<Identified>,
}

/// What was scanned or typed.
#[derive(Debug, Clone, PartialEq)]
struct Stated {
    source: IdSource,
    payload: String,
    id: Result<RecordId, Unfit>,
}

/// An entry of the pick list.
#[derive(Debug, Clone, PartialEq)]
struct Listed {
    id: RecordId,
    payload: String,
    /// Somebody looked for it, so it is as good as stated.
    chosen: bool,
}

/// What the label says.
#[derive(Debug, Clone, PartialEq)]
struct Label {
    code: Code,
    id: Result<RecordId, Unfit>,
}

impl Claim {
    /// Of a further picture of a specimen that was identified before.
    pub fn of_specimen(specimen: &Identified) -> Self {
        Self {
            specimen: Some(specimen.clone()),
            ..Self::default()
        }
    }
}

/// How the next specimen's id stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// The station counts by itself, and nothing else was given.
    #[default]
    Counted,
    /// An id is needed and there is none yet.
    Missing,
    /// What was given is no catalogue number.
    Unfit,
    /// All is well.
    Ready,
    /// The specimen that lies there was just recorded.
    Saved,
    /// There is a record with this id, or the label says something else.
    Doubtful,
}

/// How the next specimen's id stands, for the display.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NextIdStatus {
    /// How it stands.
    pub standing: Standing,
    /// The id, or what was given in its place; empty where there is nothing.
    pub id: String,
    /// What gave it; `None` where nothing did.
    pub source: Option<IdSource>,
    /// What is to be said about it; empty where all is well.
    pub words: String,
    /// The species from the pick list; may be empty.
    pub species: String,
    /// Entries of the pick list that are recorded, and all of them.
    pub list: Option<(usize, usize)>,
}

/// The id of the next specimen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NextId {
    settings: IdentifySettings,
    /// The ids of all records, as file systems without case see them.
    recorded: HashMap<String, RecordedWhen>,
    /// The ids of pictures that wait, the same way.
    waiting: Vec<String>,
    last: Option<String>,
    stated: Option<Stated>,
    label: Option<Label>,
    label_missed: u32,
    list: Option<Arc<PickList>>,
    /// Which entries are recorded or wait.
    done: Vec<bool>,
    done_count: usize,
    cursor: usize,
    chosen: Option<usize>,
}

impl NextId {
    /// With the days of the records that are there, by their ids.
    pub fn new(
        settings: IdentifySettings,
        recorded: impl IntoIterator<Item = (RecordId, Date)>,
        list: Option<Arc<PickList>>,
    ) -> Self {
        let recorded = recorded
            .into_iter()
            .map(|(id, day)| (id.folded(), RecordedWhen::On(day)));
        let mut next = Self {
            settings,
            recorded: recorded.collect(),
            ..Self::default()
        };
        if let Some(list) = list {
            next.set_list(list);
        }
        next
    }

    /// The settings.
    pub fn settings(&self) -> &IdentifySettings {
        &self.settings
    }

    /// Takes in what was scanned or typed; nothing but spaces clears it. What it stands for now.
    pub fn state(&mut self, source: IdSource, payload: &str) -> Option<Result<RecordId, Unfit>> {
        self.stated = (!payload.trim().is_empty()).then(|| Stated {
            source,
            payload: super::code::bounded(payload),
            id: self.settings.id_of(payload),
        });
        if self.stated.is_none() {
            self.chosen = None;
        }
        self.stated.as_ref().map(|stated| stated.id.clone())
    }

    /// Takes in the codes of the newest picture.
    pub fn see(&mut self, codes: &[Code]) {
        match self.label_of(codes) {
            Some(label) => {
                self.label = Some(label);
                self.label_missed = 0;
            }
            None => {
                self.label_missed += 1;
                if self.label_missed >= MISSES {
                    self.label = None;
                }
            }
        }
    }

    /// Takes in a list, the first or another.
    pub fn set_list(&mut self, list: Arc<PickList>) {
        // The entry that was next stays it wherever it now is.
        let was_next = self.listed_at().and_then(|at| self.list.as_ref()?.id(at)).cloned();
        self.chosen = None;
        self.done = (0..list.len())
            .map(|at| list.id(at).is_some_and(|id| self.when(id).is_some()))
            .collect();
        self.done_count = self.done.iter().filter(|done| **done).count();
        self.cursor = was_next.and_then(|id| list.position(&id)).unwrap_or(0);
        self.list = Some(list);
    }

    /// The pick list and its state in words, `2 of 120 recorded`; `None` where there is none.
    pub fn list_words(&self) -> Option<String> {
        let list = self.list.as_ref()?;
        Some(format!("{} of {} recorded", self.done_count, list.len()))
    }

    /// Goes to the entry that somebody looks for, or to the next one where `text` is empty; its id.
    pub fn choose(&mut self, text: &str) -> Option<RecordId> {
        let list = self.list.clone()?;
        let at = self.listed_at();
        if text.trim().is_empty() {
            self.chosen = None;
            self.cursor = at.map_or(0, |at| at + 1);
            return self.listed_at().and_then(|at| list.id(at)).cloned();
        }
        let found = list.find(text, at)?;
        self.chosen = Some(found);
        self.cursor = found;
        list.id(found).cloned()
    }

    fn listed_at(&self) -> Option<usize> {
        if !self.settings.uses(IdSource::PickList) {
            return None;
        }
        let length = self.done.len();
        let next = || {
            (0..length)
                .map(|step| (self.cursor + step) % length)
                .find(|at| !self.done[*at])
        };
        self.chosen.or_else(next)
    }

    /// What the codes of a picture say; of several the one that is a catalogue number.
    fn label_of(&self, codes: &[Code]) -> Option<Label> {
        if !self.settings.uses(IdSource::Barcode) {
            return None;
        }
        let mut read: Vec<Label> = codes
            .iter()
            .map(|code| Label {
                code: code.clone(),
                id: self.settings.id_of(&code.payload),
            })
            .collect();
        let is_listed = |label: &Label| {
            let id = label.id.as_ref().ok();
            id.is_some_and(|id| self.list.as_ref().is_some_and(|list| list.position(id).is_some()))
        };
        // A label often bears an address or a tissue number beside the catalogue number.
        read.sort_by_key(|label| (label.id.is_err(), !is_listed(label)));
        let mut labels = read.into_iter();
        let mut best = labels.next()?;
        if let (Ok(first), Some(second)) = (
            &best.id,
            labels.find(|other| other.id.is_ok() && !same(&other.id, &best.id)),
        ) && is_listed(&second) == self.list.as_ref().is_some_and(|list| list.position(first).is_some())
            && let Ok(second) = second.id
        {
            best.id = Err(Unfit::Several(second.to_string()));
        }
        Some(best)
    }

    /// What holds now.
    pub fn claim(&self) -> Claim {
        let listed = self.listed_at().and_then(|at| {
            let list = self.list.as_ref()?;
            Some(Listed {
                id: list.id(at)?.clone(),
                payload: list.payload(at)?.to_owned(),
                chosen: self.chosen.is_some(),
            })
        });
        Claim {
            stated: self.stated.clone(),
            listed,
            label: self.label.clone(),
            specimen: None,
        }
    }

    /// What holds for a picture whose own codes are known now. Where it shows none, what the pictures before it showed still counts, but it has no place in this one.
    pub fn with_codes(&self, mut claim: Claim, codes: &[Code]) -> Claim {
        match (self.label_of(codes), &mut claim.label) {
            (Some(label), _) => claim.label = Some(label),
            (None, Some(before)) => before.code.place.clear(),
            (None, None) => {}
        }
        claim
    }

    /// The id of a picture, and what speaks against it. `own` is the id under which it waits already.
    ///
    /// # Errors
    /// [`Refused`] where there is none and the counter may not make one.
    pub fn resolve(&self, claim: &Claim, own: Option<&RecordId>) -> Result<(Identified, Vec<Doubt>), Refused> {
        if let Some(specimen) = &claim.specimen {
            return Ok(same_specimen(specimen, claim.label.as_ref()));
        }
        if let Some(Stated {
            source,
            payload,
            id: Err(unfit),
        }) = &claim.stated
        {
            return Err(Refused::Unfit {
                source: *source,
                shown: shown(payload),
                unfit: unfit.clone(),
            });
        }
        let stated = claim
            .stated
            .as_ref()
            .and_then(|s| Some((s.source, s.id.as_ref().ok()?, s.payload.as_str())));
        let label = claim.label.as_ref().and_then(|l| Some((&l.code, l.id.as_ref().ok()?)));
        let winner = self.settings.sources.iter().find_map(|source| match source {
            IdSource::Barcode => label.map(|(code, id)| self.identified(id, of_code(*source, code))),
            IdSource::Scanner | IdSource::Keyboard => {
                let (_, id, payload) = stated.filter(|(by, ..)| by == source)?;
                Some(self.identified(id, with_payload(*source, payload)))
            }
            IdSource::PickList => {
                let listed = claim.listed.as_ref()?;
                Some(self.identified(&listed.id, with_payload(*source, &listed.payload)))
            }
            IdSource::Counter => Some(Identified {
                id: None,
                identity: claim
                    .label
                    .as_ref()
                    .map_or(Identity::from_source(*source), |l| of_code(*source, &l.code)),
            }),
        });
        let Some(identified) = winner else {
            return Err(self.refused(claim));
        };
        let mut doubts = Vec::new();
        let chosen = claim.listed.as_ref().filter(|listed| listed.chosen);
        let stated = stated
            .map(|(source, id, _)| (source, id))
            .or(chosen.map(|listed| (IdSource::PickList, &listed.id)));
        if let (Some((_, label)), Some((source, stated))) = (label, stated)
            && label.folded() != stated.folded()
        {
            doubts.push(Doubt::Mismatch {
                label: label.clone(),
                stated: stated.clone(),
                source,
            });
        }
        if let Some(id) = &identified.id
            && let Some(when) = self.when(id)
            && !(when == RecordedWhen::Waiting && own.is_some_and(|own| own.folded() == id.folded()))
        {
            doubts.push(Doubt::Recorded { id: id.clone(), when });
        }
        Ok((identified, doubts))
    }

    fn refused(&self, claim: &Claim) -> Refused {
        match &claim.label {
            Some(Label { code, id: Err(unfit) }) => Refused::Unfit {
                source: IdSource::Barcode,
                shown: shown(&code.payload),
                unfit: unfit.clone(),
            },
            _ => Refused::Missing {
                list_done: self
                    .list
                    .as_ref()
                    .is_some_and(|list| !list.is_empty() && self.done_count == list.len()),
            },
        }
    }

    /// With what the pick list knows of it.
    fn identified(&self, id: &RecordId, mut identity: Identity) -> Identified {
        if let Some(list) = &self.list
            && let Some(at) = list.position(id)
        {
            identity.columns = list.columns(at);
        }
        Identified {
            id: Some(id.clone()),
            identity,
        }
    }

    fn when(&self, id: &RecordId) -> Option<RecordedWhen> {
        let folded = id.folded();
        if self.waiting.contains(&folded) {
            return Some(RecordedWhen::Waiting);
        }
        let when = self.recorded.get(&folded).copied();
        when.map(|when| {
            if self.last.as_ref() == Some(&folded) {
                RecordedWhen::JustNow
            } else {
                when
            }
        })
    }

    /// A picture was taken with this id; what was stated for it is used up.
    pub fn take(&mut self, identified: Option<&Identified>) {
        self.stated = None;
        self.chosen = None;
        self.wait(identified);
    }

    /// A picture's id is known now, or is another than was thought at its trigger.
    pub fn retake(&mut self, before: Option<&Identified>, now: &Identified) {
        self.wait_no_more(before);
        self.wait(Some(now));
    }

    /// A picture that was taken becomes no record: what was stated for it holds again, unless something else was stated since.
    pub fn give_back(&mut self, claim: Claim, identified: Option<&Identified>) {
        self.wait_no_more(identified);
        if self.stated.is_none() {
            self.stated = claim.stated;
        }
        self.turn_back(identified);
    }

    /// A record was saved.
    pub fn saved(&mut self, record: &RecordId, identified: Option<&Identified>) {
        self.wait_no_more(identified);
        let id = identified.and_then(|i| i.id.as_ref()).unwrap_or(record).clone();
        for id in [&id, record] {
            self.recorded.insert(id.folded(), RecordedWhen::ThisSession);
            self.mark(id);
        }
        self.last = Some(id.folded());
    }

    /// A record was marked as void; its specimen may be recorded again, and what was stated for it holds again.
    pub fn voided(&mut self, record: &RecordId, claim: Claim, identified: Option<&Identified>) {
        let folded = record.folded();
        self.recorded.remove(&folded);
        if self.last.as_ref() == Some(&folded) {
            self.last = None;
        }
        self.mark(record);
        if self.stated.is_none() {
            self.stated = claim.stated;
        }
        self.turn_back(identified);
    }

    fn wait(&mut self, identified: Option<&Identified>) {
        if let Some(id) = identified.and_then(|i| i.id.as_ref()) {
            self.waiting.push(id.folded());
            self.mark(id);
        }
    }

    fn wait_no_more(&mut self, identified: Option<&Identified>) {
        if let Some(id) = identified.and_then(|i| i.id.as_ref()) {
            let folded = id.folded();
            if let Some(at) = self.waiting.iter().position(|waiting| *waiting == folded) {
                self.waiting.remove(at);
            }
            self.mark(id);
        }
    }

    /// The list goes on from an entry that is not recorded after all.
    fn turn_back(&mut self, identified: Option<&Identified>) {
        let id = identified.and_then(|i| i.id.as_ref());
        if let (Some(id), Some(list)) = (id, &self.list)
            && let Some(at) = list.position(id)
            && !self.done[at]
        {
            self.cursor = at;
        }
    }

    /// Brings an entry's mark up to date.
    fn mark(&mut self, id: &RecordId) {
        let is_done = self.when(id).is_some();
        let Some(at) = self.list.as_ref().and_then(|list| list.position(id)) else {
            return;
        };
        if self.done[at] != is_done {
            self.done[at] = is_done;
            if is_done {
                self.done_count += 1;
                self.cursor = at;
            } else {
                self.done_count -= 1;
            }
        }
    }

    /// How it stands, for the display.
    pub fn status(&self) -> NextIdStatus {
        let list = self.list.as_ref().filter(|_| self.settings.uses(IdSource::PickList));
        let list = list.map(|list| (self.done_count, list.len()));
        let claim = self.claim();
        let (identified, doubts) = match self.resolve(&claim, None) {
            Ok(resolved) => resolved,
            Err(refused) => {
                let (standing, id, source) = match &refused {
                    Refused::Missing { .. } => (Standing::Missing, String::new(), None),
                    Refused::Unfit { source, shown, .. } => (Standing::Unfit, shown.clone(), Some(*source)),
                };
                return NextIdStatus {
                    standing,
                    id,
                    source,
                    words: match refused {
                        Refused::Missing { .. } => refused.to_string(),
                        Refused::Unfit { unfit, .. } => unfit.to_string(),
                    },
                    species: String::new(),
                    list,
                };
            }
        };
        let unread = claim.label.as_ref().and_then(|label| label.id.as_ref().err());
        let not_listed = identified.identity.columns.is_empty() && list.is_some_and(|(_, all)| all > 0);
        let (standing, words) = match (&identified.id, doubts.as_slice()) {
            (None, _) => (
                Standing::Counted,
                unread
                    .map(|unfit| format!("the code on the label {unfit}"))
                    .unwrap_or_default(),
            ),
            (
                Some(_),
                [
                    Doubt::Recorded {
                        when: RecordedWhen::JustNow,
                        ..
                    },
                ],
            ) => (Standing::Saved, String::new()),
            (Some(_), [Doubt::Recorded { when, .. }]) => (Standing::Doubtful, when.to_string()),
            (Some(_), [doubt, ..]) => (Standing::Doubtful, doubt.to_string()),
            (Some(_), []) if not_listed => (Standing::Ready, "not in the pick list".to_owned()),
            (Some(_), []) => (Standing::Ready, String::new()),
        };
        NextIdStatus {
            standing,
            id: identified.id.as_ref().map(ToString::to_string).unwrap_or_default(),
            source: Some(identified.identity.source),
            words,
            species: identified
                .identity
                .column("scientificName")
                .unwrap_or_default()
                .to_owned(),
            list,
        }
    }
}

fn same(a: &Result<RecordId, Unfit>, b: &Result<RecordId, Unfit>) -> bool {
    matches!((a, b), (Ok(a), Ok(b)) if a.folded() == b.folded())
}

/// A further picture keeps the id of the one before it, whatever its label says; that is asked about.
fn same_specimen(specimen: &Identified, label: Option<&Label>) -> (Identified, Vec<Doubt>) {
    let mut identified = specimen.clone();
    identified.identity.place.clear();
    let label = label.and_then(|l| Some((&l.code, l.id.as_ref().ok()?)));
    let (Some(id), Some((code, read))) = (&specimen.id, label) else {
        return (identified, Vec::new());
    };
    if id.folded() == read.folded() {
        if identified.identity.source == IdSource::Barcode {
            identified.identity.place = code.place.clone();
        }
        return (identified, Vec::new());
    }
    let doubt = Doubt::Mismatch {
        label: read.clone(),
        stated: id.clone(),
        source: IdSource::Counter,
    };
    (identified, vec![doubt])
}

fn with_payload(source: IdSource, payload: &str) -> Identity {
    Identity {
        payload: payload.to_owned(),
        ..Identity::from_source(source)
    }
}

fn of_code(source: IdSource, code: &Code) -> Identity {
    Identity {
        source,
        payload: code.payload.clone(),
        symbology: Some(code.symbology),
        place: code.place.clone(),
        columns: BTreeMap::new(),
    }
}

/// The beginning of a payload without signs that can't be shown.
fn shown(payload: &str) -> String {
    let visible = payload
        .trim()
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut shown: String = visible.take(SHOWN).collect();
    if payload.trim().chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
