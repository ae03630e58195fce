//! Tables of comma-separated values as exports write them, and what their columns mean in the words of Darwin Core.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

/// Rows to a writer: RFC 4180, so lines end with CR and LF.
pub(super) struct Table<W: Write>(::csv::Writer<W>);

impl<W: Write> Table<W> {
    pub fn of(out: W) -> Self {
        Self(
            ::csv::WriterBuilder::new()
                .terminator(::csv::Terminator::CRLF)
                .from_writer(out),
        )
    }

    /// Lines end with LF alone, as Darwin Core Archives mostly have it.
    pub fn with_short_lines(out: W) -> Self {
        Self(::csv::Writer::from_writer(out))
    }

    pub fn row(&mut self, values: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        self.0.write_record(values).map_err(io::Error::from)
    }

    /// Hands on what is still held.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(::csv::IntoInnerError::into_error)
    }
}

/// A file of a Darwin Core text archive (Darwin Core text guide, `http://rs.tdwg.org/dwc/text/`): its first column is the id that joins the files.
pub(super) struct Described<'a> {
    pub file: &'a str,
    /// The IRI of what a row is.
    pub row_type: &'a str,
    /// Header and term of each column.
    pub columns: &'a [(&'a str, &'a str)],
}

impl Described<'_> {
    pub fn header(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| *name)
    }
}

/// `meta.xml`: the first file is the core, the others extend it. `metadata` is the file about the whole data set, or empty.
pub(super) fn meta_xml(files: &[Described<'_>], metadata: &str) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut archive = xml
        .create_element("archive")
        .with_attribute(("xmlns", "http://rs.tdwg.org/dwc/text/"));
    if !metadata.is_empty() {
        archive = archive.with_attribute(("metadata", metadata));
    }
    archive.write_inner_content(|xml| {
        for (i, file) in files.iter().enumerate() {
            let (element, id) = if i == 0 {
                ("core", "id")
            } else {
                ("extension", "coreid")
            };
            xml.create_element(element)
                .with_attributes([
                    ("encoding", "UTF-8"),
                    ("fieldsTerminatedBy", ","),
                    ("linesTerminatedBy", "\\n"),
                    ("fieldsEnclosedBy", "\""),
                    ("ignoreHeaderLines", "1"),
                    ("rowType", file.row_type),
                ])
                .write_inner_content(|xml| {
                    xml.create_element("files").write_inner_content(|xml| {
                        xml.create_element("location")
                            .write_text_content(quick_xml::events::BytesText::new(file.file))?;
                        Ok(())
                    })?;
                    xml.create_element(id).with_attribute(("index", "0")).write_empty()?;
                    for (index, (_, term)) in file.columns.iter().enumerate() {
                        xml.create_element("field")
                            .with_attribute(("index", index.to_string().as_str()))
                            .with_attribute(("term", *term))
                            .write_empty()?;
                    }
                    Ok(())
                })?;
        }
        Ok(())
    })?;
    let mut text = xml.into_inner();
    text.push(b'\n');
    Ok(text)
}

/// Text without line breaks, which many readers of such archives stumble over even between quotes.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
