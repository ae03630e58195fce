//! Tables as text: values between commas (RFC 4180) or tabs.

use std::io::{self, Write};

use thiserror::Error;

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its values, without quotes and without spaces around them.
    pub fields: Vec<String>,
}

/// A quote that never ends.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a quote begins that does not end; a quote within a value is written twice")]
pub struct OpenQuote {
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// The rows of a table, its header first, without empty lines. Values are separated by tabs where the first line has one, else by commas. A value
/// that begins with a quote goes on to the next single quote, whatever lies between.
///
/// # Errors
/// [`OpenQuote`].
pub fn rows(text: &str) -> Result<Vec<Row>, OpenQuote> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains('\t') { '\t' } else { ',' };
    let mut rows = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while !rest.is_empty() {
        let mut row = Row {
            line,
            fields: Vec::new(),
        };
        loop {
            let (field, length) = field(rest, separator).ok_or(OpenQuote { line })?;
            line += rest[..length].matches('\n').count();
            row.fields.push(field);
            rest = &rest[length..];
            match rest.strip_prefix(separator) {
                Some(more) => rest = more,
                None => break,
            }
        }
        if let Some(next) = rest.strip_prefix('\n') {
            rest = next;
            line += 1;
        }
        if row.fields != [""] {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The value at the start of `text` and the bytes that it takes, up to a separator or the line's end; `None` if its quote does not end.
fn field(text: &str, separator: char) -> Option<(String, usize)> {
    let blank = text.len() - text.trim_start_matches([' ', '\r']).len();
    let Some(quoted) = text[blank..].strip_prefix('"') else {
        let length = text.find([separator, '\n']).unwrap_or(text.len());
        return Some((text[..length].trim().to_owned(), length));
    };
    let mut end = 0;
    loop {
        end += quoted[end..].find('"')?;
        if !quoted[end + 1..].starts_with('"') {
            break;
        }
        end += 2;
    }
    let after = &quoted[end + 1..];
    let ignored = after.find([separator, '\n']).unwrap_or(after.len());
    Some((quoted[..end].replace("\"\"", "\""), blank + 1 + end + 1 + ignored))
}

/// Writes a row with commas, quoting where need be.
///
/// # Errors
/// The writer's own.
pub fn write_row(out: &mut impl Write, values: Vec<String>) -> io::Result<()> {
    let fields: Vec<String> = values.into_iter().map(quoted).collect();
    write!(out, "{}\r\n", fields.join(","))
}

fn quoted(value: String) -> String {
    if value.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        rows(text).unwrap().into_iter().map(|row| row.fields).collect()
    }

    #[test]
    fn tables_of_several_hands_are_read() {
        assert_eq!(fields("a\tb, c\n1\t\n\n2\t3"), [["a", "b, c"], ["1", ""], ["2", "3"]]);
        assert_eq!(
            fields("\u{feff}a, b\r\n \"x, \"\"y\"\"\" ,2\r\n"),
            [["a", "b"], ["x, \"y\"", "2"]]
        );
        assert_eq!(fields(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn lines_are_counted_through_quotes() {
        let rows = rows("a,b\n\"one\ntwo\",1\n\n3,4\n").unwrap();
        assert_eq!(rows.iter().map(|r| r.line).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(super::rows("a\n\"b").unwrap_err(), OpenQuote { line: 2 });
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(table in prop::collection::vec(prop::collection::vec("[a-c\",\n é]{0,6}", 2..4), 1..5)) {
            let mut file = Vec::new();
            for row in &table {
                write_row(&mut file, row.clone()).unwrap();
            }
            // Spaces around a value that needs no quotes are not kept.
            let kept = |v: &String| if v.contains(['"', ',', '\n']) { v.clone() } else { v.trim().to_owned() };
            let expected: Vec<Vec<String>> = table.iter().map(|row| row.iter().map(kept).collect()).collect();
            prop_assert_eq!(fields(std::str::from_utf8(&file).unwrap()), expected);
        }

        #[test]
        fn no_text_is_a_trap(text in "[a\",\t\n\r é]{0,40}") {
            let _ = rows(&text);
        }
    }
}
