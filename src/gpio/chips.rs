//! Finding a line among the machine's chips.

use std::fs::File;
use std::path::{Path, PathBuf};

use gpiocdev::Chip;
use gpiocdev::line::Info;

use super::{GpioError, LineId};

/// The most names that an error lists.
const NAMES_MAX: usize = 60;

/// Where a line is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) chip: PathBuf,
    pub(super) info: Info,
}

impl Place {
    fn words(&self) -> String {
        let chip = self.chip.file_name().unwrap_or_default().to_string_lossy();
        format!("{chip}/{}", self.info.offset)
    }
}

/// Finds a line that nobody uses.
pub(super) fn find_free(line: &LineId) -> Result<Place, GpioError> {
    let place = find(line)?;
    if place.info.used {
        let consumer = match place.info.consumer.as_str() {
            "" => "the kernel or another program".to_owned(),
            name => name.to_owned(),
        };
        let line = line.clone();
        return Err(GpioError::Busy { line, consumer });
    }
    Ok(place)
}

fn find(line: &LineId) -> Result<Place, GpioError> {
    match line {
        LineId::Offset { chip, offset } => at_offset(line, chip, *offset),
        LineId::Name(name) => named(line, name),
    }
}

fn at_offset(line: &LineId, chip: &str, offset: u32) -> Result<Place, GpioError> {
    let path = Path::new("/dev").join(chip);
    if !path.exists() {
        let chips: Vec<String> = chips(line)?.iter().map(|p| p.display().to_string()).collect();
        return Err(GpioError::NoSuchLine {
            line: line.clone(),
            there: format!("the chips {}", chips.join(", ")),
        });
    }
    let lines = open(line, &path)?;
    match lines.into_iter().find(|info| info.offset == offset) {
        Some(info) => Ok(Place { chip: path, info }),
        None => Err(GpioError::NoSuchLine {
            line: line.clone(),
            there: format!("no more lines on {}; `gpioinfo` lists them", path.display()),
        }),
    }
}

fn named(line: &LineId, name: &str) -> Result<Place, GpioError> {
    let mut names = Vec::new();
    let mut found = Vec::new();
    let mut closed = None;
    for chip in chips(line)? {
        match open(line, &chip) {
            Ok(lines) => {
                for info in lines {
                    if info.name == name {
                        let chip = chip.clone();
                        found.push(Place { chip, info });
                    } else if !info.name.is_empty() {
                        names.push(info.name);
                    }
                }
            }
            Err(error) => closed = Some(error),
        }
    }
    let first = found.pop();
    match (first, closed) {
        (Some(place), _) if found.is_empty() => Ok(place),
        (Some(place), _) => {
            let those: Vec<String> = found.iter().chain([&place]).map(Place::words).collect();
            let those = those.join(", ");
            let line = line.clone();
            Err(GpioError::Ambiguous { line, those })
        }
        // It may be on the chip that can't be opened.
        (None, Some(error)) => Err(error),
        (None, None) => Err(GpioError::NoSuchLine {
            line: line.clone(),
            there: list(&names),
        }),
    }
}

/// The names there are, or what to do where there are none.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "no lines with names; write chip and number, for example gpiochip0/3 (`gpioinfo` lists them)"
            .to_owned();
    }
    let more = if names.len() > NAMES_MAX { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(NAMES_MAX)].join(", "))
}

fn chips(line: &LineId) -> Result<Vec<PathBuf>, GpioError> {
    let chips = gpiocdev::chip::chips().unwrap_or_default();
    if chips.is_empty() {
        return Err(GpioError::NoChips { line: line.clone() });
    }
    Ok(chips)
}

/// What the kernel says of a chip's lines.
fn open(line: &LineId, path: &Path) -> Result<Vec<Info>, GpioError> {
    // Opened once more by our own hand, whose error tells a missing right from the rest.
    File::open(path).map_err(|error| GpioError::Unreachable {
        path: path.to_owned(),
        error,
    })?;
    let lines = Chip::from_path(path).and_then(|chip| chip.line_info_iter()?.collect::<Result<Vec<_>, _>>());
    lines.map_err(|error| GpioError::Failed {
        line: line.clone(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_there_are_help_with_a_wrong_one() {
        assert!(list(&[]).contains("gpiochip0/3"));
        let names: Vec<String> = (0..100).map(|i| format!("GPIO{i}")).collect();
        let words = list(&names);
        assert!(
            words.starts_with("GPIO0, GPIO1,") && words.ends_with("GPIO59, …"),
            "{words}"
        );
        assert_eq!(list(&names[..2]), "GPIO0, GPIO1");
    }

    #[test]
    fn a_file_that_is_no_chip_is_refused() {
        let line = "null/0".parse().unwrap();
        let message = find_free(&line).unwrap_err().to_string();
        assert!(message.contains("null/0") && message.contains("fails"), "{message}");
    }
}
