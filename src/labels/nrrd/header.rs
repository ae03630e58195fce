//! The header of an NRRD file.

use crate::labels::volume::Number;
use crate::labels::{Form, LabelsError};

/// The longest header that is read; those of twelve segments have some kilobytes.
const LENGTH_MAX: usize = 1 << 20;

/// Fields and key/value pairs of a header.
pub(super) struct Header {
    fields: Vec<(String, String)>,
    pairs: Vec<(String, String)>,
    /// Where the data begin in the file.
    pub(super) data_at: usize,
}

impl Header {
    pub(super) fn parse(file: &[u8]) -> Result<Self, LabelsError> {
        let head = &file[..file.len().min(LENGTH_MAX)];
        let mut header = Self {
            fields: Vec::new(),
            pairs: Vec::new(),
            data_at: file.len(),
        };
        let mut at = 0;
        while at < head.len() {
            let Some(length) = head[at..].iter().position(|b| *b == b'\n') else {
                return Err(damaged("its header has no end"));
            };
            let line = String::from_utf8_lossy(&head[at..at + length])
                .trim_end_matches('\r')
                .to_owned();
            let first = at == 0;
            at += length + 1;
            match line.as_str() {
                line if first && line.starts_with("NRRD") => {}
                "" => {
                    header.data_at = at;
                    return Ok(header);
                }
                line if line.starts_with('#') => {}
                line => header.take(line)?,
            }
        }
        // A header without data behind it ends with the file: its data lie elsewhere.
        Ok(header)
    }

    fn take(&mut self, line: &str) -> Result<(), LabelsError> {
        let pair = line.find(":=").map(|at| (at, at + 2));
        let field = line.find(": ").map(|at| (at, at + 2));
        match (pair, field) {
            (Some((end, start)), field) if field.is_none_or(|(at, _)| end < at) => {
                self.pairs.push((line[..end].to_owned(), unescaped(&line[start..])));
            }
            (_, Some((end, start))) => {
                self.fields.push((plain(&line[..end]), line[start..].trim().to_owned()));
            }
            _ => return Err(damaged(&format!("its header has the line {line:?}"))),
        }
        Ok(())
    }

    /// A field by its name without spaces, in small letters.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        find(&self.fields, name)
    }

    /// A key/value pair.
    pub(super) fn pair(&self, key: &str) -> Option<&str> {
        find(&self.pairs, key)
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str, LabelsError> {
        self.field(name)
            .ok_or_else(|| damaged(&format!("its header has no field {name}")))
    }

    pub(super) fn number(&self) -> Result<Number, LabelsError> {
        // The names of `nrrdTypePrefStr` and those that the format has beside them.
        Ok(match self.needed("type")? {
            "uchar" | "unsigned char" | "uint8" | "uint8_t" => Number::Unsigned(1),
            "char" | "signed char" | "int8" | "int8_t" => Number::Signed(1),
            "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Number::Unsigned(2),
            "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => Number::Signed(2),
            "uint" | "unsigned int" | "uint32" | "uint32_t" => Number::Unsigned(4),
            "int" | "signed int" | "int32" | "int32_t" => Number::Signed(4),
            "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
                Number::Unsigned(8)
            }
            "longlong"
            | "long long"
            | "long long int"
            | "signed long long"
            | "signed long long int"
            | "int64"
            | "int64_t" => Number::Signed(8),
            "float" => Number::Float(4),
            "double" => Number::Float(8),
            other => {
                return Err(LabelsError::NotRead {
                    form: Form::Nrrd,
                    what: format!("the type {other:?}"),
                    cure: "save it with whole numbers",
                });
            }
        })
    }

    pub(super) fn sizes(&self) -> Result<Vec<i64>, LabelsError> {
        let sizes: Option<Vec<i64>> = self
            .needed("sizes")?
            .split_whitespace()
            .map(|n| n.parse().ok())
            .collect();
        let dimension = self.needed("dimension")?;
        let sizes = sizes.filter(|sizes| dimension.parse() == Ok(sizes.len()));
        sizes.ok_or_else(|| damaged("its sizes are not as many numbers as its dimension says"))
    }

    /// The directions of all axes, `None` for axes that have none, in LPS; nothing where the header tells none.
    pub(super) fn directions(&self) -> Result<Option<Vec<Option<[f64; 3]>>>, LabelsError> {
        let Some(text) = self.field("spacedirections") else {
            return Ok(None);
        };
        let signs = self.field("space").map_or([1.0, 1.0], to_lps);
        let mut directions = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (direction, behind) = if let Some(behind) = rest.strip_prefix("none") {
                (None, behind)
            } else {
                let vector = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
                let parsed = vector.and_then(|(vector, behind)| Some((Some(parse_vector(vector, signs)?), behind)));
                parsed.ok_or_else(|| damaged(&format!("its space directions are {text:?}")))?
            };
            directions.push(direction);
            rest = behind.trim_start();
        }
        Ok(Some(directions))
    }
}

fn parse_vector(text: &str, signs: [f64; 2]) -> Option<[f64; 3]> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    match numbers?.as_slice() {
        [x, y] => Some([x * signs[0], y * signs[1], 0.0]),
        [x, y, z] => Some([x * signs[0], y * signs[1], *z]),
        _ => None,
    }
}

/// Signs of the first two coordinates of a space that make them those of left-posterior-superior; spaces without a patient are taken as they are.
fn to_lps(space: &str) -> [f64; 2] {
    match space.to_lowercase().as_str() {
        "right-anterior-superior" | "ras" => [-1.0, -1.0],
        "left-anterior-superior" | "las" => [1.0, -1.0],
        _ => [1.0, 1.0],
    }
}

fn find<'a>(all: &'a [(String, String)], name: &str) -> Option<&'a str> {
    all.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn plain(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect()
}

fn unescaped(value: &str) -> String {
    value.replace("\\n", "\n").replace("\\\\", "\\").trim().to_owned()
}

pub(super) fn damaged(reason: &str) -> LabelsError {
    LabelsError::Damaged {
        form: Form::Nrrd,
        reason: reason.to_owned(),
    }
}
