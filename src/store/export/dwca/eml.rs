//! `eml.xml`: what the data set is, in the Ecological Metadata Language 2.1.1 with the elements that GBIF's profile asks for.

use std::collections::BTreeSet;
use std::io;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::day;
use crate::store::record::Record;

/// What the records say about the data set.
#[derive(Default)]
pub(super) struct About {
    collections: BTreeSet<String>,
    stations: BTreeSet<String>,
    pictures: usize,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl About {
    pub fn add(&mut self, record: &Record) {
        self.collections.insert(record.collection.clone());
        self.stations.insert(record.station.clone());
        self.pictures += 1;
        let when = record.times.captured_utc;
        self.first = Some(self.first.map_or(when, |first| first.min(when)));
        self.last = Some(self.last.map_or(when, |last| last.max(when)));
    }

    pub fn eml(&self) -> io::Result<Vec<u8>> {
        let names = |names: &BTreeSet<String>, none: &str| {
            let names: Vec<&str> = names.iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
            if names.is_empty() {
                none.to_owned()
            } else {
                names.join(", ")
            }
        };
        let collections = names(&self.collections, "an unnamed collection");
        let stations = names(&self.stations, "an unnamed station");
        let (first, last) = (self.first.unwrap_or_default(), self.last.unwrap_or_default());
        let title = format!("Photographed and measured fish specimens of {collections}");
        let about = format!(
            "{} photographs of fish specimens taken at {stations}, with the traits that were segmented on them and measurements in \
             centimetres with standard uncertainties.",
            self.pictures
        );
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.create_element("eml:eml")
            .with_attributes([
                ("xmlns:eml", "eml://ecoinformatics.org/eml-2.1.1"),
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                (
                    "xsi:schemaLocation",
                    "eml://ecoinformatics.org/eml-2.1.1 http://rs.gbif.org/schema/eml-gbif-profile/1.1/eml.xsd",
                ),
                ("packageId", &format!("fishrig/{collections}/{}", day(last))),
                ("system", "fishrig"),
                ("scope", "system"),
                ("xml:lang", "eng"),
            ])
            .write_inner_content(|xml| {
                xml.create_element("dataset").write_inner_content(|xml| {
                    text(xml, "title", &title)?;
                    organisation(xml, "creator", &collections)?;
                    organisation(xml, "metadataProvider", &collections)?;
                    text(xml, "pubDate", &day(last))?;
                    text(xml, "language", "eng")?;
                    within(xml, "abstract", "para", &about)?;
                    within(xml, "intellectualRights", "para", "Not stated; ask the collection.")?;
                    xml.create_element("coverage").write_inner_content(|xml| {
                        xml.create_element("temporalCoverage").write_inner_content(|xml| {
                            xml.create_element("rangeOfDates").write_inner_content(|xml| {
                                within(xml, "beginDate", "calendarDate", &day(first))?;
                                within(xml, "endDate", "calendarDate", &day(last))
                            })?;
                            Ok(())
                        })?;
                        Ok(())
                    })?;
                    organisation(xml, "contact", &collections)
                })?;
                Ok(())
            })?;
        let mut text = xml.into_inner();
        text.push(b'\n');
        Ok(text)
    }
}

fn text(xml: &mut Writer<Vec<u8>>, element: &str, content: &str) -> io::Result<()> {
    xml.create_element(element)
        .write_text_content(BytesText::new(content))?;
    Ok(())
}

fn within(xml: &mut Writer<Vec<u8>>, outer: &str, inner: &str, content: &str) -> io::Result<()> {
    xml.create_element(outer)
        .write_inner_content(|xml| text(xml, inner, content))?;
    Ok(())
}

fn organisation(xml: &mut Writer<Vec<u8>>, role: &str, name: &str) -> io::Result<()> {
    within(xml, role, "organizationName", name)
}
