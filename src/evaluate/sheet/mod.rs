//! Picture sheets: rows of pictures with captions, on as many pages as they need.
//!
//! * [`Sheet`]: heading, column titles, key of colours and rows; [`Sheet::pages`] draws it.
//! * [`panel`]: the pictures of a row: a crop, a crop with its traits, where two masks differ.
//!
//! ```
//! use fishrig::evaluate::sheet::{Row, Sheet, panel};
//! use fishrig::frame::Size;
//! use fishrig::traits::{Palette, TraitMask, TraitSet};
//! use image::RgbImage;
//!
//! let crop = RgbImage::new(400, 160);
//! let mask = TraitMask::empty(Size::new(640, 256));
//! let mut sheet = Sheet::new("float against int8", &["image", "int8"]);
//! sheet.traits(TraitSet::ALL, Palette::Bgnn);
//! sheet.push(Row {
//!     name: "INHS_FISH_011196".to_owned(),
//!     score: "IoU 0.988".to_owned(),
//!     lines: vec!["pelvic fin 0.91".to_owned()],
//!     panels: vec![panel::picture(&crop), panel::traits(&crop, &mask, Palette::Bgnn)],
//! });
//! assert_eq!(sheet.pages().count(), 1);
//! ```

mod page;
pub mod panel;

use image::RgbImage;

use crate::traits::{Palette, Rgb, TraitSet};

/// Most rows of pixels of a page, unless a single row of pictures needs more.
const PAGE_ROWS: u32 = 2600;

/// A sheet of pictures.
#[derive(Debug, Clone)]
pub struct Sheet {
    heading: String,
    notes: Vec<String>,
    columns: Vec<String>,
    key: Vec<(Rgb, String)>,
    rows: Vec<Row>,
}

/// One row: what is said on the left, and its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Name of the picture.
    pub name: String,
    /// The number that counts, in large type.
    pub score: String,
    /// What else is to be said, in small type; broken into lines where it is longer.
    pub lines: Vec<String>,
    /// One picture a column, as [`panel`] makes them.
    pub panels: Vec<RgbImage>,
}

impl Sheet {
    /// A sheet without rows.
    pub fn new(heading: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            heading: heading.into(),
            notes: Vec::new(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            key: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// A sentence below the heading.
    pub fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    /// Adds these traits with their colours to the key.
    pub fn traits(&mut self, shown: TraitSet, palette: Palette) {
        for which in shown.iter() {
            self.key(palette.colour(which), which.label());
        }
    }

    /// Adds a colour to the key.
    pub fn key(&mut self, colour: Rgb, words: &str) {
        self.key.push((colour, words.to_owned()));
    }

    /// Adds a row below the others.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The pages, drawn one by one; at least one.
    pub fn pages(&self) -> impl Iterator<Item = RgbImage> + '_ {
        let head = page::head_rows(self);
        let mut pages: Vec<&[Row]> = Vec::new();
        let mut rest = self.rows.as_slice();
        while !rest.is_empty() {
            let mut height = head;
            let fitting = rest.iter().take_while(|row| {
                height += page::row_height(row);
                height <= PAGE_ROWS
            });
            let (here, below) = rest.split_at(fitting.count().max(1));
            pages.push(here);
            rest = below;
        }
        if pages.is_empty() {
            pages.push(&[]);
        }
        let count = pages.len();
        let numbered = pages.into_iter().enumerate();
        numbered.map(move |(i, rows)| page::draw(self, rows, i + 1, count))
    }
}
