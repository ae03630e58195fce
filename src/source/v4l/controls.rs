//! Which control gets which value. Plain values; no device.

/// A control of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub(super) id: u32,
    /// The driver's name for people, for example `Exposure Time, Absolute`.
    pub label: String,
    /// What it takes.
    pub kind: Kind,
    pub(super) is_wide: bool,
    /// Smallest value.
    pub least: i64,
    /// Largest value.
    pub most: i64,
    /// From one value to the next.
    pub step: u64,
    /// The value after plugging in.
    pub default: i64,
    /// The present value, where it can be read.
    pub value: Option<i64>,
    /// It tells and can't be told.
    pub read_only: bool,
    /// It has no effect at present, most often because an automatic one is on.
    pub inactive: bool,
}

/// What a control takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// On or off.
    Boolean,
    /// One of these: number and words.
    Menu(Vec<(i64, String)>),
    /// Bits of a number.
    Bits,
    /// Something happens when it is set.
    Button,
    /// Text, arrays and what is still to come; fishrig does not set these.
    Other,
}

/// What a configuration says for a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// A number.
    Integer(i64),
    /// On or off.
    Boolean(bool),
    /// An entry of a menu.
    Text(String),
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Boolean(on) => write!(f, "{on}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// A value that a control allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) number: i64,
}

impl Control {
    /// A control from 0 to 100 in the hands of a test.
    #[cfg(test)]
    pub(crate) fn for_test(label: &str, kind: Kind, value: Option<i64>, read_only: bool) -> Self {
        Self {
            id: 1,
            label: label.to_owned(),
            kind,
            is_wide: false,
            least: 0,
            most: 100,
            step: 1,
            default: 0,
            value,
            read_only,
            inactive: false,
        }
    }

    /// The name for configurations, as `v4l2-ctl --list-ctrls` makes it: letters and digits in lower case, underscores for all between.
    pub fn name(&self) -> String {
        let words = self
            .label
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_").to_ascii_lowercase()
    }

    /// What it allows, in words.
    pub fn allowed(&self) -> String {
        match &self.kind {
            Kind::Integer | Kind::Bits if self.step > 1 => {
                format!("{} to {} in steps of {}", self.least, self.most, self.step)
            }
            Kind::Integer | Kind::Bits => format!("{} to {}", self.least, self.most),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Menu(entries) => shortened(entries.iter().map(|(number, words)| format!("{words:?} ({number})"))),
            Kind::Button => "true, which presses it".to_owned(),
            Kind::Other => "not for fishrig to set".to_owned(),
        }
    }

    /// The value for a setting; `None` where the control does not allow it.
    fn value_of(&self, setting: &Setting) -> Option<Value> {
        let number = match (&self.kind, setting) {
            (Kind::Integer | Kind::Bits, Setting::Integer(number)) => {
                (self.least..=self.most).contains(number).then_some(*number)?
            }
            (Kind::Boolean, Setting::Boolean(on)) => i64::from(*on),
            (Kind::Boolean, Setting::Integer(number @ (0 | 1))) => *number,
            (Kind::Menu(entries), Setting::Integer(number)) => entries.iter().find(|(n, _)| n == number)?.0,
            (Kind::Menu(entries), Setting::Text(text)) => {
                let is_same = |words: &str| words.trim().eq_ignore_ascii_case(text.trim());
                entries.iter().find(|(_, words)| is_same(words))?.0
            }
            (Kind::Button, Setting::Boolean(true)) => 1,
            _ => return None,
        };
        Some(Value { number })
    }

    /// Whether others may depend on it: switches and menus turn automatic control on and off, numbers follow.
    fn comes_first(&self) -> bool {
        matches!(self.kind, Kind::Boolean | Kind::Menu(_))
    }
}

/// So many items of a list are told.
const MOST_TOLD: usize = 30;

/// The items with commas between; of a long list the first, and how many are left.
fn shortened(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let told = items.iter().take(MOST_TOLD).cloned().collect::<Vec<_>>().join(", ");
    match items.len() {
        0 => "none".to_owned(),
        count if count > MOST_TOLD => format!(
            "{told}, and {} more that `fishrig camera controls --json` lists",
            count - MOST_TOLD
        ),
        _ => told,
    }
}

/// A control and the value that it is to get.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Planned<'a> {
    pub(super) control: &'a Control,
    pub(super) value: Value,
    pub(super) setting: &'a Setting,
}

/// Matches settings with controls: what to set in which order, and what is refused in words.
pub(super) fn plan<'a>(controls: &'a [Control], settings: &'a [(String, Setting)]) -> (Vec<Planned<'a>>, Vec<String>) {
    let (mut planned, mut refused) = (Vec::new(), Vec::new());
    for (name, setting) in settings {
        let Some(control) = controls.iter().find(|control| control.name() == *name) else {
            let can_be_set = controls.iter().filter(|c| !c.read_only && c.kind != Kind::Other);
            let known = shortened(can_be_set.map(Control::name));
            refused.push(format!(
                "{name} = {setting} is refused: the device has no such control; it has {known}"
            ));
            continue;
        };
        let why_not = match (control.value_of(setting), &control.kind) {
            _ if control.read_only => "it can only be read".to_owned(),
            (_, Kind::Other) => "fishrig does not set controls of this kind".to_owned(),
            (None, _) => format!("allowed is {}", control.allowed()),
            (Some(value), _) => {
                planned.push(Planned {
                    control,
                    value,
                    setting,
                });
                continue;
            }
        };
        refused.push(format!("{name} = {setting} is refused: {why_not}"));
    }
    planned.sort_by_key(|planned| !planned.control.comes_first());
    (planned, refused)
}

/// Words for a value that the driver did not take.
pub(super) fn refusal(planned: &Planned<'_>, reason: &str) -> String {
    let Planned { control, setting, .. } = planned;
    let name = control.name();
    let allowed = control.allowed();
    let automatic = match control.inactive {
        true => {
            "; it is inactive, most often because an automatic control is on: turn that off in [source.controls] too"
        }
        false => "",
    };
    format!("{name} = {setting} is refused by the device ({reason}); allowed is {allowed}{automatic}")
}

#[cfg(test)]
mod tests;
