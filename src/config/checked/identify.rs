//! The section `[identify]`.

use super::{Check, raw};
use crate::identify::{AcceptPattern, IdSource, IdentifyError, IdentifySettings, PickListSettings};

impl Check<'_> {
    pub(super) fn identify(&mut self, raw: raw::Identify) -> IdentifySettings {
        let sources = match &raw.sources {
            None => IdentifySettings::default().sources,
            Some(names) => names.iter().filter_map(|name| self.id_source(name)).collect(),
        };
        let settings = IdentifySettings {
            sources,
            accept: raw.accept.iter().filter_map(|form| self.form(form)).collect(),
            strip: raw.strip,
            pick_list: raw.pick_list.map(|path| PickListSettings {
                path: self.path(path),
                column: raw.column,
            }),
            scanner: raw.scanner,
            scan_triggers: raw.scan_triggers,
        };
        let had_unknown = raw.sources.is_some_and(|names| names.len() != settings.sources.len());
        if let Err(error) = settings.check()
            && !had_unknown
        {
            let key = match &error {
                IdentifyError::Setting { key, .. } => key,
                _ => "sources",
            };
            self.wrong("identify", key, error.to_string());
        }
        settings
    }

    fn id_source(&mut self, name: &str) -> Option<IdSource> {
        let source = name.parse();
        if let Err(allowed) = source {
            let words = format!("identify.sources holds {name:?}; allowed are {allowed}");
            self.wrong("identify", "sources", words);
        }
        source.ok()
    }

    fn form(&mut self, text: &str) -> Option<AcceptPattern> {
        text.parse()
            .map_err(|error: IdentifyError| self.wrong("identify", "accept", format!("identify.accept: {error}")))
            .ok()
    }
}
