//! Numbers as Prometheus reads them: the text format 0.0.4 (prometheus/docs, "Exposition formats").

use std::fmt::Write;

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up, from 0 at the start of the program; its name ends in `_total`.
    Counter,
}

/// Labels of a sample and their values.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// Numbers with their names, becoming text.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// Adds a number without labels; `None` adds nothing.
    pub fn add(&mut self, kind: Kind, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.add_labelled(kind, name, help, &[(&[], value)]);
        }
    }

    /// Adds a number with several labels; nothing where there is none. Each name may be added once.
    pub fn add_labelled(&mut self, kind: Kind, name: &str, help: &str, samples: &[(Labels<'_>, f64)]) {
        if samples.is_empty() {
            return;
        }
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        // A string takes everything.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            self.text.push_str(name);
            for (i, (label, value)) in labels.iter().enumerate() {
                let before = if i == 0 { '{' } else { ',' };
                let _ = write!(self.text, "{before}{label}=\"{}\"", escaped(value));
            }
            if !labels.is_empty() {
                self.text.push('}');
            }
            let _ = writeln!(self.text, " {}", number(*value));
        }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

fn number(value: f64) -> String {
    if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

/// A strict reader of the format, written from its description, for the tests of what is written.
#[cfg(test)]
pub(crate) mod reader {
    use std::collections::{BTreeMap, BTreeSet};

    /// A number as it was read.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Family {
        pub(crate) help: String,
        pub(crate) kind: String,
        pub(crate) samples: Vec<Sample>,
    }

    /// Labels and their values, and the number.
    pub(crate) type Sample = (Vec<(String, String)>, f64);

    /// The families by their names, or the first line that breaks a rule.
    pub(crate) fn read(text: &str) -> Result<BTreeMap<String, Family>, String> {
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut current = String::new();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("the last line has no end".into());
        }
        for line in text.split_terminator('\n') {
            let broken = || line.to_owned();
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').ok_or_else(broken)?;
                if !is_name(name, true) || families.contains_key(name) {
                    return Err(broken());
                }
                current = name.to_owned();
                let family = Family {
                    help: unescape(help, false).ok_or_else(broken)?,
                    kind: String::new(),
                    samples: Vec::new(),
                };
                families.insert(current.clone(), family);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').ok_or_else(broken)?;
                let family = families
                    .get_mut(name)
                    .filter(|f| name == current && f.kind.is_empty() && f.samples.is_empty());
                if !["gauge", "counter"].contains(&kind) || (kind == "counter") != name.ends_with("_total") {
                    return Err(broken());
                }
                family.ok_or_else(broken)?.kind = kind.to_owned();
            } else {
                let (name, (labels, value)) = sample(line).ok_or_else(broken)?;
                let family = families
                    .get_mut(&name)
                    .filter(|f| name == current && !f.kind.is_empty())
                    .ok_or_else(broken)?;
                if family.samples.iter().any(|(l, _)| *l == labels) {
                    return Err(broken());
                }
                family.samples.push((labels, value));
            }
        }
        match families.iter().find(|(_, f)| f.samples.is_empty()) {
            Some((name, _)) => Err(format!("{name} has no sample")),
            None => Ok(families),
        }
    }

    /// The name before the sample.
    fn sample(line: &str) -> Option<(String, Sample)> {
        let end = line.find(['{', ' '])?;
        let (name, mut rest) = line.split_at(end);
        let mut labels = Vec::new();
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            loop {
                let (label, after) = rest.split_once("=\"")?;
                let close = closing_quote(after)?;
                labels.push((label.to_owned(), unescape(&after[..close], true)?));
                rest = &after[close + 1..];
                if !is_name(label, false) {
                    return None;
                }
                match rest.strip_prefix(',') {
                    Some(after) => rest = after,
                    None => break,
                }
            }
            rest = rest.strip_prefix('}')?;
        }
        let names: BTreeSet<&String> = labels.iter().map(|(label, _)| label).collect();
        let value = match rest.strip_prefix(' ')? {
            "NaN" => f64::NAN,
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            digits if digits.bytes().all(|b| b.is_ascii_digit() || b"+-.e".contains(&b)) => digits.parse().ok()?,
            _ => return None,
        };
        (is_name(name, true) && names.len() == labels.len()).then(|| (name.to_owned(), (labels, value)))
    }

    fn closing_quote(text: &str) -> Option<usize> {
        let mut escaped = false;
        text.char_indices().find_map(|(at, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes.then_some(at)
        })
    }

    fn is_name(text: &str, colons: bool) -> bool {
        let may_begin = |c: char| c.is_ascii_alphabetic() || c == '_' || (colons && c == ':');
        text.starts_with(may_begin) && text.chars().all(|c| may_begin(c) || c.is_ascii_digit())
    }

    fn unescape(text: &str, quotes: bool) -> Option<String> {
        let mut out = String::new();
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            out.push(match c {
                '\\' => match characters.next()? {
                    '\\' => '\\',
                    'n' => '\n',
                    '"' if quotes => '"',
                    _ => return None,
                },
                '\n' => return None,
                c => c,
            });
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_of_a_few_numbers() {
        let mut numbers = Exposition::default();
        numbers.add(
            Kind::Gauge,
            "fishrig_temperature_celsius",
            "Of the warmest\nsensor.",
            Some(48.5),
        );
        numbers.add(Kind::Gauge, "fishrig_absent", "Nothing.", None);
        numbers.add_labelled(
            Kind::Gauge,
            "fishrig_build_info",
            "The program.",
            &[(&[("version", "0.1.0"), ("by", "\"A\\B\"")], 1.0)],
        );
        numbers.add(Kind::Counter, "fishrig_frames_total", "Frames.", Some(12_000_000_000.0));
        let text = "# HELP fishrig_temperature_celsius Of the warmest\\nsensor.\n\
            # TYPE fishrig_temperature_celsius gauge\n\
            fishrig_temperature_celsius 48.5\n\
            # HELP fishrig_build_info The program.\n\
            # TYPE fishrig_build_info gauge\n\
            fishrig_build_info{version=\"0.1.0\",by=\"\\\"A\\\\B\\\"\"} 1\n\
            # HELP fishrig_frames_total Frames.\n\
            # TYPE fishrig_frames_total counter\n\
            fishrig_frames_total 12000000000\n";
        assert_eq!(numbers.into_text(), text);
        assert_eq!(reader::read(text).unwrap().len(), 3);
    }

    #[test]
    fn the_reader_is_strict() {
        for broken in [
            "a 1",
            "a 1\n",
            "# HELP a b\n# TYPE a gauge\n",
            "# HELP a b\n# TYPE a gauge\na{b=\"c\",b=\"d\"} 1\n",
            "# HELP a b\n# TYPE a gauge\na{b=\"c} 1\n",
            "# HELP a b\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
            "# HELP a b\n# TYPE a counter\na 1\n",
            "# HELP a b\n# TYPE a gauge\na inf\n",
            "# HELP a b\n# TYPE a gauge\na 1\na 2\n",
            "# HELP a b\n# TYPE a gauge\na 1 1700000000\n",
        ] {
            assert!(reader::read(broken).is_err(), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_label_holds_is_read_back(value in any::<String>(), help in any::<String>(), number in any::<f64>()) {
            let mut numbers = Exposition::default();
            numbers.add_labelled(Kind::Gauge, "fishrig_a", &help, &[(&[("b", &value), ("c", "")], number)]);
            let read = reader::read(&numbers.into_text());
            prop_assert!(read.is_ok(), "{:?}", read);
            let family = &read.unwrap()["fishrig_a"];
            prop_assert_eq!(&family.help, &help);
            let (labels, got) = &family.samples[0];
            prop_assert_eq!(labels, &[("b".to_owned(), value), ("c".to_owned(), String::new())]);
            prop_assert!(*got == number || (got.is_nan() && number.is_nan()));
        }
    }
}
