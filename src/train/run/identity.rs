//! What makes a run this one and no other, so that a state is never gone on with under other settings or pictures.

use std::collections::{BTreeMap, BTreeSet};

use super::Job;
use crate::checksum::sha256_hex;

/// What makes a run this one: the network, the settings but for how long it goes on, the pictures and their parts.
pub(super) fn identity(job: &Job<'_>) -> BTreeMap<String, String> {
    let mut run = BTreeMap::from([("network".to_owned(), job.manifest.sha256.clone())]);
    if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(job.settings) {
        for (name, value) in settings
            .into_iter()
            .filter(|(name, _)| name != "epochs" && name != "patience")
        {
            run.insert(name, value.to_string());
        }
    }
    for (part, pictures) in [
        ("training pictures", &job.parts.training),
        ("validation pictures", &job.parts.validation),
        ("test pictures", &job.parts.test),
    ] {
        let mut bytes = Vec::new();
        for specimen in pictures.iter().map(|index| &job.material.specimens[*index]) {
            bytes.extend_from_slice(specimen.name.as_bytes());
            bytes.extend_from_slice(specimen.picture.as_raw());
            bytes.extend(specimen.mask.bits().iter().flat_map(|bits| bits.to_le_bytes()));
        }
        run.insert(
            part.to_owned(),
            format!("{}, {}", pictures.len(), &sha256_hex(&bytes)[..16]),
        );
    }
    run
}

/// What of a run is not as it was; `None` if it is the same.
pub(super) fn difference(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    let names = before.keys().chain(now.keys()).collect::<BTreeSet<_>>();
    let value =
        |of: &BTreeMap<String, String>, name: &str| of.get(name).cloned().unwrap_or_else(|| "nothing".to_owned());
    let words: Vec<String> = (names.into_iter())
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| format!("{name}: {} there, {} now", value(before, name), value(now, name)))
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}
