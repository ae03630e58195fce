//! `fishrig camera controls`: what a camera lets be set, as lines of a configuration.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::parse_device;
use crate::cli::Outcome;
use crate::source::v4l::{Control, DeviceChoice, Kind, controls_of};

#[derive(Debug, Args)]
pub(in crate::cli) struct ControlsArgs {
    /// `first`, a path such as /dev/video0, or a name in /dev/v4l/by-id
    #[arg(default_value = "first", value_parser = parse_device)]
    device: DeviceChoice,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// The controls of one camera.
pub(super) fn run(args: &ControlsArgs) -> anyhow::Result<Outcome> {
    let (identity, controls) = controls_of(&args.device)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let all: Vec<Value> = controls.iter().map(control_json).collect();
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
        return Ok(Outcome::Done);
    }
    writeln!(out, "# {} ({})", identity.card, identity.node.display())?;
    writeln!(out, "[source.controls]")?;
    for control in &controls {
        writeln!(out, "{}", control_line(control))?;
    }
    Ok(Outcome::Done)
}

/// A line of a configuration: the present value, then what is allowed. What can't be set is a comment.
fn control_line(control: &Control) -> String {
    let present = match (&control.kind, control.value) {
        (Kind::Button, _) => "true".to_owned(),
        (_, None) => "?".to_owned(),
        (Kind::Boolean, Some(value)) => (value != 0).to_string(),
        (Kind::Menu(entries), Some(value)) => match entries.iter().find(|(number, _)| *number == value) {
            Some((_, words)) => format!("{words:?}"),
            None => value.to_string(),
        },
        (_, Some(value)) => value.to_string(),
    };
    let is_entry = |entries: &[(i64, String)]| entries.iter().any(|(number, _)| Some(*number) == control.value);
    let can_be_set = match &control.kind {
        Kind::Button | Kind::Other => false,
        Kind::Menu(entries) => !control.read_only && is_entry(entries),
        Kind::Integer | Kind::Boolean | Kind::Bits => !control.read_only && control.value.is_some(),
    };
    let mut notes = control.allowed();
    match control.kind {
        _ if control.read_only => notes += "; can only be read",
        Kind::Boolean => notes += &format!(", after plugging in {}", control.default != 0),
        Kind::Integer => notes += &format!(", after plugging in {}", control.default),
        _ => {}
    }
    if control.inactive {
        notes += "; inactive at present";
    }
    let comment = if can_be_set { "" } else { "# " };
    format!("{comment}{} = {present} # {notes}", control.name())
}

fn control_json(control: &Control) -> Value {
    let entries = match &control.kind {
        Kind::Menu(entries) => Some(
            entries
                .iter()
                .map(|(number, words)| json!({ "number": number, "words": words }))
                .collect::<Vec<_>>(),
        ),
        _ => None,
    };
    json!({
        "name": control.name(),
        "label": control.label,
        "kind": match control.kind {
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
            Kind::Menu(_) => "menu",
            Kind::Bits => "bits",
            Kind::Button => "button",
            Kind::Other => "other",
        },
        "least": control.least,
        "most": control.most,
        "step": control.step,
        "default": control.default,
        "value": control.value,
        "entries": entries,
        "read_only": control.read_only,
        "inactive": control.inactive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_controls_are_a_configuration() {
        let line = |kind: Kind, value: Option<i64>, read_only| {
            let control = Control::for_test("White Balance, Automatic", kind, value, read_only);
            control_line(&control)
        };
        let menu = || Kind::Menu(vec![(0, "Disabled".to_owned()), (2, "60 Hz".to_owned())]);
        let lines = [
            line(Kind::Boolean, Some(1), false),
            line(Kind::Integer, Some(40), false),
            line(menu(), Some(2), false),
            line(menu(), Some(7), false),
            line(Kind::Button, None, false),
            line(Kind::Other, None, false),
            line(Kind::Integer, Some(40), true),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        white_balance_automatic = true # true or false, after plugging in false
        white_balance_automatic = 40 # 0 to 100, after plugging in 0
        white_balance_automatic = "60 Hz" # "Disabled" (0), "60 Hz" (2)
        # white_balance_automatic = 7 # "Disabled" (0), "60 Hz" (2)
        # white_balance_automatic = true # true, which presses it
        # white_balance_automatic = ? # not for fishrig to set
        # white_balance_automatic = 40 # 0 to 100; can only be read
        "#);
        for line in lines {
            let _: toml::Table = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }
}
