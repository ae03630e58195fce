//! Numbers, names and verdicts as people read them.

use crate::measure::Quantity;
use crate::measure::quality::{CheckName, Verdict};
use crate::measure::specimen::Reading;

/// A reading on the specimen, or in the picture where there is no scale.
pub(super) fn reading(quantity: Quantity, reading: &Reading) -> String {
    match reading.specimen {
        Some(on_specimen) => on_specimen.words(quantity.unit()),
        None => reading.picture.words(quantity.picture_unit()),
    }
}

/// A number with that many decimal places; one that would fill the page in powers of ten.
pub(super) fn number(value: f64, places: usize) -> String {
    if value.abs() < 1e7 {
        format!("{value:.places$}").replace('-', "−")
    } else {
        format!("{value:.2e}")
    }
}

/// A number with at most three decimal places and no zeros behind them.
pub(super) fn short_number(value: f64) -> String {
    let text = number(value, 3);
    match text.contains('.') && !text.contains('e') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// What a check measured, or its limit.
pub(super) fn check_value(value: f64, unit: &str) -> String {
    match unit {
        "" | "count" => short_number(value),
        "share" => format!("{} %", short_number((value * 1000.0).round() / 10.0)),
        "level" => format!("{} of 255", short_number(value)),
        "h" => format!("{} o’clock", short_number(value)),
        unit => format!("{} {}", short_number(value), unit_words(unit)),
    }
}

/// A check's name for people, for example `parts missing`.
pub(super) fn check_name(name: CheckName) -> String {
    name.key().replace('_', " ")
}

/// A unit as people write it.
pub(super) fn unit_words(unit: &str) -> &str {
    match unit {
        "cm2" => "cm²",
        "px2" => "px²",
        "deg" => "°",
        other => other,
    }
}

/// The sign of a verdict; never a colour alone.
pub(super) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "✓",
        Verdict::Doubtful => "!",
        Verdict::Bad => "✕",
        Verdict::Unknown => "?",
    }
}

/// A verdict in one or two words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Doubtful => "doubtful",
        Verdict::Bad => "bad",
        Verdict::Unknown => "not checked",
    }
}

/// The style sheet's class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Doubtful => "doubtful",
        Verdict::Bad => "bad",
        Verdict::Unknown => "unknown",
    }
}

/// `1 record`, `2 records`.
pub(super) fn count(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
}

/// The first `most` characters of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_have_units_that_people_use() {
        assert_eq!(check_value(0.0314, "share"), "3.1 %");
        assert_eq!(check_value(2.0, "count"), "2");
        assert_eq!(check_value(9.0, "h"), "9 o’clock");
        assert_eq!(check_value(-4.25, "deg"), "−4.25 °");
        assert_eq!(check_name(CheckName::PartsMissing), "parts missing");
    }

    #[test]
    fn numbers_end_without_zeros_and_texts_with_dots() {
        assert_eq!(
            [0.5, 12.0, 100.0, 0.1234].map(short_number),
            ["0.5", "12", "100", "0.123"]
        );
        assert_eq!(cut("Müller", 2), "Mü…");
        assert_eq!(cut("Mü", 2), "Mü");
    }
}
