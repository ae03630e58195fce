//! Pairs from a table.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::{Pair, PairError, Sidecar, stem};
use crate::frame::PixelBox;
use crate::labels::{Form, content};
use crate::traits::{Trait, TraitSet};

/// The most that a table may weigh, in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// A column, the names that it may have, and whether it must be there.
const COLUMNS: [(Column, &[&str], bool); 6] = [
    (Column::Name, &["name", "specimen"], true),
    (Column::Specimen, &["specimen", "name"], true),
    (Column::Picture, &["picture", "image", "crop"], true),
    (Column::Label, &["label", "mask"], true),
    (Column::Box, &["box"], false),
    (Column::NotLabelled, &["not_labelled", "clear"], false),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Specimen,
    Picture,
    Label,
    Box,
    NotLabelled,
}

/// The pairs in a table of comma- or tab-separated values with a header, in its order.
///
/// Columns, in any order, others being passed over: `name` (or `specimen`; both where a specimen has several pictures), `picture` (or `image`,
/// `crop`), `label` (or `mask`), and if there is need `box` (left, top, width, height in the picture, as `21,148,695,268`; nothing for all of
/// it) and `not_labelled` (or `clear`; BGNN names with spaces, commas or semicolons between them). Paths that are not absolute are looked for
/// in the table's folder and then in `roots`. What a row leaves open the label's [`Sidecar`] may say.
///
/// # Errors
/// [`PairError::Table`] with the line; [`PairError::Read`].
pub fn from_table(path: &Path, roots: &[PathBuf], pictures_wanted: bool) -> Result<Vec<Pair>, PairError> {
    let unreadable = |source| PairError::Read {
        path: path.to_owned(),
        source,
    };
    let length = std::fs::metadata(path).map_err(unreadable)?;
    if !length.is_file() || length.len() > BYTES_MAX {
        return Err(unreadable(std::io::Error::other(
            "is no table of pairs: too large, or no file",
        )));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let wrong = |line: usize, reason: String| PairError::Table {
        path: path.to_owned(),
        line,
        reason,
    };
    let mut rows = rows(&text).map_err(|e| wrong(1, e.to_string()))?.into_iter();
    let (_, header) = rows.next().unwrap_or_default();
    let header = Header::of(&header).map_err(|reason| wrong(1, reason))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let roots: Vec<PathBuf> = std::iter::once(folder).chain(roots.iter().cloned()).collect();
    let mut names = HashSet::new();
    let mut pairs = Vec::new();
    for (line, fields) in rows {
        let row = Row {
            header: &header,
            fields: &fields,
        };
        let pair = row
            .pair(&roots, pictures_wanted)
            .map_err(|reason| wrong(line, reason))?;
        if !names.insert(pair.name.clone()) {
            let reason = format!(
                "{:?} was named before; give pictures of one specimen names of their own, and a column specimen",
                pair.name
            );
            return Err(wrong(line, reason));
        }
        pairs.push(pair);
    }
    name_pictures_within(&mut pairs);
    if pairs.is_empty() {
        return Err(wrong(1, "no rows below the header".to_owned()));
    }
    Ok(pairs)
}

/// Where a label is a file with those of many pictures, its picture is the one with the same stem as the pair's, or else as its name.
fn name_pictures_within(pairs: &mut [Pair]) {
    let mut holds_many: HashMap<PathBuf, bool> = HashMap::new();
    for pair in pairs {
        let many = holds_many.entry(pair.label.clone()).or_insert_with(|| {
            // A file that can't be read is named when its label is.
            let form = || Form::of_content(&content(&pair.label).ok()?).ok()?;
            Form::may_be_label(&pair.label) == Some(false) && form().is_some_and(Form::holds_many)
        });
        if *many {
            let picture = pair.picture.as_deref().map(stem);
            pair.within = Some(picture.unwrap_or_else(|| pair.name.clone()));
        }
    }
}

/// The rows with the lines on which they begin, the header first, without empty lines. Values are separated by tabs where the first line has one,
/// else by commas.
fn rows(text: &str) -> Result<Vec<(usize, StringRecord)>, csv::Error> {
    let first = text.lines().next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if first.contains('\t') { b'\t' } else { b',' })
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let row = |row: Result<StringRecord, csv::Error>| {
        let row = row?;
        let line = row.position().map_or(1, |start| {
            // Empty lines are passed over, and counted to the row behind them.
            let rest = text.get(start.byte() as usize..).unwrap_or_default();
            let empty = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
            start.line() as usize + rest[..empty].matches('\n').count()
        });
        Ok((line, row))
    };
    reader.records().map(row).collect()
}

/// Where each column is.
struct Header {
    places: Vec<(Column, usize)>,
    columns: usize,
}

impl Header {
    fn of(names: &StringRecord) -> Result<Self, String> {
        let mut places = Vec::new();
        for (column, allowed, needed) in COLUMNS {
            // The first allowed name that is there, not the first column with an allowed name.
            let place = allowed
                .iter()
                .find_map(|name| names.iter().position(|n| n.eq_ignore_ascii_case(name)));
            match place {
                Some(place) => places.push((column, place)),
                None if needed => {
                    let allowed = allowed.join(" or ");
                    return Err(format!(
                        "no column {allowed}; the header names {}",
                        names.iter().collect::<Vec<_>>().join(", ")
                    ));
                }
                None => {}
            }
        }
        Ok(Self {
            places,
            columns: names.len(),
        })
    }
}

struct Row<'a> {
    header: &'a Header,
    fields: &'a StringRecord,
}

impl Row<'_> {
    /// The text in a column; empty where the table has no such column.
    fn text(&self, column: Column) -> &str {
        let place = self.header.places.iter().find(|(c, _)| *c == column);
        place.and_then(|(_, i)| self.fields.get(*i)).unwrap_or_default()
    }

    fn pair(&self, roots: &[PathBuf], pictures_wanted: bool) -> Result<Pair, String> {
        if self
            .header
            .places
            .iter()
            .any(|(column, _)| self.text(*column).contains('\n'))
        {
            return Err("a value goes on over the end of its line; a quote within a value is written twice".to_owned());
        }
        if self.fields.len() != self.header.columns {
            return Err(format!(
                "{} values under {} columns; a box in a table with commas needs quotes: \"21,148,695,268\"",
                self.fields.len(),
                self.header.columns
            ));
        }
        let label = found(self.text(Column::Label), "label", roots)?;
        let sidecar = Sidecar::beside(&label, &stem(&label)).map_err(|e| e.to_string())?;
        let name = self.text(Column::Name);
        if name.is_empty() {
            return Err("the name is empty".to_owned());
        }
        let specimen = Some(self.text(Column::Specimen))
            .filter(|s| !s.is_empty())
            .unwrap_or(name);
        let picture = match found(self.text(Column::Picture), "picture", roots) {
            Ok(picture) => Some(picture),
            Err(reason) if pictures_wanted => return Err(reason),
            Err(_) => None,
        };
        let from_sidecar = || {
            sidecar
                .area()
                .filter(|_| picture.as_deref().is_some_and(|p| sidecar.is_of(p)))
        };
        let area = parse_box(self.text(Column::Box))?.or_else(from_sidecar);
        Ok(Pair {
            name: name.to_owned(),
            specimen: specimen.to_owned(),
            area,
            picture,
            label,
            within: None,
            not_labelled: parse_traits(self.text(Column::NotLabelled))?.union(sidecar.not_labelled()),
            no_photograph: sidecar.no_photograph().map(str::to_owned),
        })
    }
}

fn found(named: &str, what: &str, roots: &[PathBuf]) -> Result<PathBuf, String> {
    if named.is_empty() {
        return Err(format!("the {what} is empty"));
    }
    let found = roots.iter().map(|root| root.join(named)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let places: Vec<_> = roots
            .iter()
            .map(|r| {
                if r.as_os_str().is_empty() {
                    ".".into()
                } else {
                    r.display().to_string()
                }
            })
            .collect();
        format!(
            "{what} {named}: no such file in {}; name the folder that it is relative to by --images",
            places.join(", ")
        )
    })
}

/// `left,top,width,height`, also with spaces or semicolons between; nothing for no box.
fn parse_box(text: &str) -> Result<Option<PixelBox>, String> {
    let numbers: Vec<&str> = parts(text).collect();
    let wrong = || format!("box {text:?} is not left,top,width,height in whole pixels");
    match numbers.as_slice() {
        [] => Ok(None),
        [left, top, width, height] => {
            let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
            let (left, top) = (number(left)?, number(top)?);
            let right = left.checked_add(number(width)?).ok_or_else(wrong)?;
            let bottom = top.checked_add(number(height)?).ok_or_else(wrong)?;
            Ok(Some(PixelBox::new(left, top, right, bottom)))
        }
        _ => Err(wrong()),
    }
}

fn parse_traits(text: &str) -> Result<TraitSet, String> {
    parts(text)
        .map(|name| {
            let known = || Trait::ALL.map(Trait::bgnn_name).join(", ");
            Trait::from_bgnn_name(name).ok_or_else(|| format!("{name:?} is no trait; they are {}", known()))
        })
        .collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ']).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table beside pictures `a.jpg`, `b.jpg` and labels `a.png`, `b.png`; its pairs.
    fn read(table: &str) -> Result<Vec<Pair>, PairError> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jpg", "b.jpg", "a.png", "b.png"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let path = folder.path().join("pairs.txt");
        std::fs::write(&path, table).unwrap();
        from_table(&path, &[], true)
    }

    #[test]
    fn columns_come_in_any_order_and_under_several_names() {
        let tabs = "specimen\tcrop\tbox\tmask\tweight\tclear\nA\ta.jpg\t1,2,30,40\ta.png\t1.0\tadipos_fin\nB\tb.jpg\t\tb.png\t\t\n";
        let commas =
            "label,weight,box,clear,name,picture\na.png,1.0,\"1,2,30,40\",adipos_fin,A,a.jpg\nb.png,,,,B,b.jpg\n";
        for table in [tabs, commas] {
            let pairs = read(table).unwrap();
            assert_eq!(
                pairs
                    .iter()
                    .map(|p| (p.name.as_str(), p.specimen.as_str()))
                    .collect::<Vec<_>>(),
                [("A", "A"), ("B", "B")]
            );
            assert_eq!(pairs[0].area, Some(PixelBox::new(1, 2, 31, 42)));
            assert_eq!(pairs[1].area, None);
            assert!(pairs[0].not_labelled.contains(Trait::AdiposeFin) && pairs[1].not_labelled.is_empty());
            assert!(pairs[1].picture.as_ref().unwrap().ends_with("b.jpg") && pairs[0].label.ends_with("a.png"));
        }
    }

    #[test]
    fn a_specimen_may_have_several_pictures() {
        let pairs = read("name,specimen,picture,label\none,X,a.jpg,a.png\ntwo,X,b.jpg,b.png\n").unwrap();
        assert!(pairs.iter().all(|pair| pair.specimen == "X"));
    }

    #[test]
    fn what_can_t_be_is_told_with_its_line() {
        for (table, line, told) in [
            ("", 1, "no column name or specimen"),
            (
                "name,picture\n",
                1,
                "no column label or mask; the header names name, picture",
            ),
            ("name,picture,label\n", 1, "no rows"),
            (
                "name,picture,label\nA,a.jpg,a.png\n\nB,c.jpg,b.png\n",
                4,
                "picture c.jpg: no such file",
            ),
            ("name,picture,label\nA,a.jpg,c.png\n", 2, "label c.png: no such file"),
            (
                "name,picture,label\nA,a.jpg,a.png\nA,b.jpg,b.png\n",
                3,
                "\"A\" was named before",
            ),
            ("name,picture,label\n,a.jpg,a.png\n", 2, "name is empty"),
            ("name,picture,label,box\nA,a.jpg,a.png,1,2,3,4\n", 2, "needs quotes"),
            (
                "name,picture,label,box\nA,a.jpg,a.png,1 2 3\n",
                2,
                "left,top,width,height",
            ),
            (
                "name,picture,label,box\nA,a.jpg,a.png,1 2 3 4294967295\n",
                2,
                "left,top,width,height",
            ),
            (
                "name,picture,label,clear\nA,a.jpg,a.png,tail\n",
                2,
                "\"tail\" is no trait",
            ),
            ("name,picture,label\n\"A,a.jpg,a.png\n", 2, "quote"),
        ] {
            match read(table).unwrap_err() {
                PairError::Table {
                    line: found, reason, ..
                } => {
                    assert!(
                        found == line && reason.contains(told),
                        "{table:?}: line {found}: {reason}"
                    );
                }
                other => panic!("{table:?}: {other}"),
            }
        }
    }

    #[test]
    fn paths_are_looked_for_in_the_folders_given() {
        let data = tempfile::tempdir().unwrap();
        for name in ["x.jpg", "x.png"] {
            std::fs::write(data.path().join(name), "").unwrap();
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let table = elsewhere.path().join("pairs.csv");
        std::fs::write(&table, "name,picture,label\nx,x.jpg,x.png\n").unwrap();
        assert!(from_table(&table, &[], true).is_err());
        let pairs = from_table(&table, &[data.path().to_owned()], true).unwrap();
        assert_eq!(pairs[0].label, data.path().join("x.png"));
    }
}
