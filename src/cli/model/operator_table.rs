//! Where a network's time goes: by kind of operator, and the heaviest operators.

use std::collections::HashMap;
use std::io::Write;

use serde::Serialize;

use crate::network::{OperatorTime, Profile};

/// As many operators are named one by one on a terminal; JSON has all of them.
const NAMED: usize = 12;

/// Columns for names of operators and of their kinds; a line has 80.
const NAME_COLUMNS: usize = 28;
const KIND_COLUMNS: usize = 19;

/// A profile in words and numbers.
#[derive(Debug, Serialize)]
pub(super) struct OperatorTable {
    /// Median times of all operators and of what lies between them, in seconds.
    seconds: f64,
    /// Multiply-adds of convolutions and matrix products.
    macs: u64,
    /// Sums over the kinds of operators, slowest first; what lies between operators is the kind `between operators`.
    kinds: Vec<Kind>,
    /// Every operator, in the order in which they run.
    operators: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Kind {
    operators: usize,
    #[serde(flatten)]
    row: Row,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Row {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    kind: String,
    seconds: f64,
    /// Part of the whole time; all shares of a list add up to 1, of `operators` together with what lies between them.
    share: f64,
    macs: u64,
}

impl OperatorTable {
    pub(super) fn of(profile: &Profile) -> Self {
        let seconds = profile.total().as_secs_f64();
        let share = |part: f64| if seconds > 0.0 { part / seconds } else { 0.0 };
        let row = |operator: &OperatorTime| Row {
            name: operator.name.clone(),
            kind: operator.kind.clone(),
            seconds: operator.time.as_secs_f64(),
            share: share(operator.time.as_secs_f64()),
            macs: operator.macs,
        };
        let operators: Vec<Row> = profile.operators.iter().map(row).collect();
        let mut kinds = kinds(&operators);
        let between = profile.between.as_secs_f64();
        kinds.push(Kind {
            operators: 0,
            row: Row {
                kind: "between operators".to_owned(),
                seconds: between,
                share: share(between),
                ..Row::default()
            },
        });
        kinds.sort_by(|a, b| b.row.seconds.total_cmp(&a.row.seconds));
        Self {
            seconds,
            macs: profile.macs(),
            kinds,
            operators,
        }
    }

    /// Lines of at most 80 columns.
    pub(super) fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out)?;
        let heading = |out: &mut dyn Write, first: &str, second: &str| {
            writeln!(
                out,
                "  {first:<NAME_COLUMNS$} {second:>KIND_COLUMNS$} {:>7} {:>6} {:>7} {:>6}",
                "ms", "share", "GMAC", "GMAC/s"
            )
        };
        heading(out, "kind of operator", "operators")?;
        for Kind { operators, row } in &self.kinds {
            let count = if *operators == 0 {
                String::new()
            } else {
                operators.to_string()
            };
            writeln!(out, "  {}", line(&row.kind, &count, row))?;
        }
        let all = Row {
            seconds: self.seconds,
            share: 1.0,
            macs: self.macs,
            ..Row::default()
        };
        let count = self.operators.len().to_string();
        writeln!(out, "  {}", line("all", &count, &all))?;
        writeln!(out)?;
        let mut heaviest: Vec<&Row> = self.operators.iter().collect();
        heaviest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        heading(out, "heaviest operators", "kind")?;
        for row in heaviest.into_iter().take(NAMED) {
            writeln!(out, "  {}", line(&row.name, &row.kind, row))?;
        }
        Ok(())
    }
}

/// Sums over the operators of each kind, in the order in which the kinds first appear.
fn kinds(operators: &[Row]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    let mut places = HashMap::new();
    for operator in operators {
        let place = *places.entry(operator.kind.as_str()).or_insert_with(|| {
            let row = Row {
                kind: operator.kind.clone(),
                ..Row::default()
            };
            kinds.push(Kind { operators: 0, row });
            kinds.len() - 1
        });
        let kind = &mut kinds[place];
        kind.operators += 1;
        kind.row.seconds += operator.seconds;
        kind.row.share += operator.share;
        kind.row.macs += operator.macs;
    }
    kinds
}

fn line(name: &str, second: &str, row: &Row) -> String {
    let (gmac, rate) = if row.macs == 0 {
        (String::new(), String::new())
    } else {
        let gmac = row.macs as f64 / 1e9;
        (format!("{gmac:.3}"), format!("{:.1}", gmac / row.seconds))
    };
    let (name, second) = (ending(name, NAME_COLUMNS), ending(second, KIND_COLUMNS));
    format!(
        "{name:<NAME_COLUMNS$} {second:>KIND_COLUMNS$} {:>7.2} {:>5.1}% {gmac:>7} {rate:>6}",
        row.seconds * 1e3,
        row.share * 100.0
    )
}

/// A name in at most so many columns; of a long one the end, which tells more than the beginning.
fn ending(name: &str, columns: usize) -> String {
    let length = name.chars().count();
    if length <= columns {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length - columns + 1).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn table() -> OperatorTable {
        let operator = |name: &str, kind: &str, macs, millis| OperatorTime {
            name: name.to_owned(),
            kind: kind.to_owned(),
            macs,
            time: Duration::from_millis(millis),
        };
        OperatorTable::of(&Profile {
            operators: vec![
                operator("stem", "Im2col", 0, 10),
                operator("stem", "OptMatMul", 2_000_000_000, 40),
                operator(
                    "/encoder/layer1/layer1.0/conv1/Conv_quantized",
                    "OptMatMul",
                    1_000_000_000,
                    40,
                ),
            ],
            between: Duration::from_millis(10),
        })
    }

    #[test]
    fn shares_add_up_to_one() {
        let table = table();
        let kinds: f64 = table.kinds.iter().map(|k| k.row.share).sum();
        assert!((kinds - 1.0).abs() < 1e-12, "{kinds}");
        assert_eq!((table.kinds[0].operators, table.kinds[0].row.macs), (2, 3_000_000_000));
    }

    #[test]
    fn the_table_fits_eighty_columns_and_shows_the_ends_of_names() {
        let mut text = Vec::new();
        table().write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
        }
        assert!(text.contains("conv1/Conv_quantized"), "{text}");
        assert!(text.contains("37.5"), "3 GMAC in 80 ms are 37.5 GMAC/s: {text}");
    }
}
