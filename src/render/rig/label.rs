//! Collection labels. Collection, places, people and numbers on them are invented.

use super::card::Card;
use super::ink::{Face, Line, Type};
use crate::render::dice::{Dice, Generator};
use crate::render::light::{Light, bell, mix, of_srgb, scaled};
use crate::render::noise::Noise;
use crate::render::plan::{BodyForm, Lighting};
use crate::render::specimen::Optics;

/// The look of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LabelStyle {
    /// Pale green paper, printed in an uneven sans serif.
    Plotted,
    /// White card, typed on a machine.
    Typed,
    /// White card from a laser printer, with rules and a barcode.
    Printed,
}

/// A label.
pub(super) struct Label {
    width: f64,
    height: f64,
    lines: Vec<Line>,
    /// Filled rectangles of ink: left, top, right, bottom in pixels.
    bars: Vec<[f64; 4]>,
    paper: Light,
    ink: Light,
    below: bool,
    noise: Noise,
    /// A ring left by a drop: middle and radius in pixels.
    ring: (f64, f64, f64),
}

/// What stands on a label.
struct Text {
    collection: &'static str,
    number: String,
    name: String,
    place: [String; 4],
    date: String,
    collectors: &'static str,
    count: String,
}

impl Text {
    fn about(form: BodyForm, rng: &mut Generator) -> Self {
        let genus = match form {
            BodyForm::Minnow => rng.pick(&["Notropis", "Cyprinella", "Phenacobius", "Luxilus"]),
            BodyForm::Perch => rng.pick(&["Perca", "Sander"]),
            BodyForm::Sunfish => "Lepomis",
            BodyForm::Sucker => rng.pick(&["Catostomus", "Moxostoma"]),
            BodyForm::Darter => rng.pick(&["Etheostoma", "Percina"]),
            BodyForm::Catfish => rng.pick(&["Noturus", "Ameiurus"]),
            BodyForm::Trout => rng.pick(&["Salmo", "Oncorhynchus"]),
            BodyForm::Angelfish => rng.pick(&["Centropyge", "Apolemichthys"]),
            BodyForm::Carp => rng.pick(&["Carassius", "Cyprinus"]),
        };
        let water = rng.pick(&[
            "Reed Creek",
            "Alder Run",
            "Mill Pond outlet",
            "Heron Slough",
            "Otter Brook",
            "North Ditch",
        ]);
        let drainage = rng.pick(&["(Linden River Dr.)", "(Grey River Dr.)", "(Marsh Lake Dr.)"]);
        let town = rng.pick(&["Harwick", "Eastbrook", "Pennydale", "Old Ferry", "Corrie"]);
        let county = rng.pick(&["Alder County", "Linden County", "Heath County"]);
        let month = rng.pick(&["April", "May", "June", "July", "August", "September", "October"]);
        let (miles, tenths, quarter) = (
            rng.whole(1, 6),
            rng.whole(0, 9),
            rng.pick(&["N", "SE", "W", "NE", "SW"]),
        );
        let total = rng.whole(1, 9);
        Self {
            collection: "FISHRIG DEMO COLLECTION",
            number: format!("FDC {:05}", rng.whole(1000, 98_999)),
            name: format!("{genus} sp."),
            place: [
                water.into(),
                drainage.into(),
                format!("{miles}.{tenths} mi {quarter} {town}, Ford Rd."),
                format!("{county}, sec. {}, {quarter}", rng.whole(1, 36)),
            ],
            date: format!("{} {month} {}", rng.whole(1, 30), rng.whole(1951, 2014)),
            collectors: rng.pick(&[
                "A. Marsh & stream crew",
                "B. Heath, C. Lind",
                "D. Weir et al.",
                "Class of E. Fenn",
            ]),
            count: format!("{} of {total} vouchered", rng.whole(1, total)),
        }
    }
}

impl Label {
    /// A label of this width in pixels; its height follows from its style.
    pub fn new(style: LabelStyle, form: BodyForm, lighting: Lighting, width: f64, rng: &mut Generator) -> Self {
        let text = Text::about(form, rng);
        let paper = match style {
            LabelStyle::Plotted => of_srgb(rng.pick(&[[228, 231, 214], [222, 224, 200], [226, 228, 208]])),
            LabelStyle::Typed => of_srgb(rng.pick(&[[236, 240, 236], [240, 238, 230]])),
            LabelStyle::Printed => of_srgb([243, 243, 244]),
        };
        let aspect = match style {
            LabelStyle::Plotted => 0.86,
            LabelStyle::Typed => 0.70,
            LabelStyle::Printed => 0.64,
        };
        let height = width * aspect * rng.between(0.95, 1.08);
        let mut label = Self {
            width,
            height,
            lines: Vec::new(),
            bars: Vec::new(),
            paper,
            ink: of_srgb([44, 44, 46]),
            below: lighting == Lighting::FromBelow,
            noise: Noise::new(rng.seed()),
            ring: (
                width * rng.between(0.2, 0.9),
                height * rng.between(0.2, 0.9),
                width * rng.between(0.1, 0.2),
            ),
        };
        match style {
            LabelStyle::Plotted => label.plot(&text, rng),
            LabelStyle::Typed => label.write_typed(&text, rng),
            LabelStyle::Printed => label.print(&text, rng),
        }
        label
    }

    fn write(&mut self, text: &str, kind: Type, left: f64, baseline: f64, rng: &mut Generator) {
        self.lines.push(Line::new(text, kind, left, baseline, rng.seed()));
    }

    fn plot(&mut self, text: &Text, rng: &mut Generator) {
        let unit = self.width;
        let kind = |capital: f64, slant: f64| Type {
            face: Face::SansBold,
            capital: capital * unit,
            slant,
            stretch: 0.92,
            rough: 1.0,
        };
        let step = self.height / 13.2;
        let left = unit * 0.13;
        let title = Line::new(text.collection, kind(0.036, 0.0), 0.0, step * 1.7, rng.seed()).centred(unit * 0.56);
        let number = Line::new(&text.number, kind(0.041, 0.0), 0.0, step * 3.1, rng.seed()).centred(unit * 0.54);
        self.lines.extend([title, number]);
        self.write(&text.name, kind(0.040, 0.28), left, step * 4.5, rng);
        let [water, drainage, way, county] = &text.place;
        let rest = [water, drainage, way, county, &text.date, text.collectors, &text.count];
        let thin = Type {
            face: Face::Sans,
            ..kind(0.037, 0.0)
        };
        for (i, line) in rest.into_iter().enumerate() {
            self.write(line, thin, left, step * (5.75 + i as f64 * 1.08), rng);
        }
    }

    fn write_typed(&mut self, text: &Text, rng: &mut Generator) {
        let unit = self.width;
        let kind = Type {
            face: Face::Typewriter,
            capital: 0.036 * unit,
            slant: 0.0,
            stretch: 0.92,
            rough: 0.75,
        };
        let step = self.height / 10.5;
        let left = unit * 0.1;
        let [water, drainage, way, county] = &text.place;
        let lines = [
            (&text.name, 1.6),
            (water, 3.2),
            (drainage, 4.15),
            (way, 5.1),
            (county, 6.05),
            (&text.date, 7.0),
        ];
        for (line, row) in lines {
            // A machine's lines are seldom straight.
            let sway = rng.between(-0.06, 0.06) * step;
            self.write(line, kind, left, step * row + sway, rng);
        }
        let number = Type {
            face: Face::Handwriting,
            capital: 0.058 * unit,
            slant: 0.0,
            stretch: 1.05,
            rough: 0.5,
        };
        self.write(&text.number, number, left * 1.3, step * 9.2, rng);
    }

    fn print(&mut self, text: &Text, rng: &mut Generator) {
        let unit = self.width;
        let kind = |capital: f64, slant: f64| Type {
            face: Face::Sans,
            capital: capital * unit,
            slant,
            stretch: 1.0,
            rough: 0.15,
        };
        let left = unit * 0.02;
        let row = |n: f64| self.height * n / 15.0;
        let (rows, right) = (
            [1.3, 2.9, 4.1, 5.9, 7.6, 8.8, 10.0, 11.2, 12.4, 13.6].map(row),
            unit * 0.97,
        );
        let rule = |y: f64| [left, y, right, y + unit * 0.003];
        self.bars
            .extend([rule(rows[2] + unit * 0.012), rule(rows[3] + unit * 0.016)]);
        self.write(
            "Fishrig Demo Collection of Fishes",
            kind(0.028, 0.0),
            left,
            rows[0],
            rng,
        );
        self.write(&text.number, kind(0.038, 0.0), left, rows[1], rng);
        self.write("Specimens: 1", kind(0.024, 0.0), unit * 0.76, rows[2], rng);
        self.write(&text.name, kind(0.042, 0.22), left, rows[3], rng);
        let [water, drainage, way, county] = &text.place;
        for (i, line) in [county, water, drainage, way].into_iter().enumerate() {
            self.write(line, kind(0.026, 0.0), left, rows[4 + i], rng);
        }
        self.write(&format!("Date: {}", text.date), kind(0.026, 0.0), left, rows[8], rng);
        self.write(
            &format!("Coll: {}", text.collectors),
            kind(0.026, 0.0),
            left,
            rows[9],
            rng,
        );
        let (top, bottom) = (self.height * 0.58, self.height * 0.70);
        let mut x = unit * 0.58;
        while x < right {
            let bar = f64::from(rng.whole(1, 3)) * unit * 0.0025;
            self.bars.push([x, top, (x + bar).min(right), bottom]);
            x += bar + f64::from(rng.whole(1, 3)) * unit * 0.0025;
        }
        let number = text.number.replace(' ', "-");
        self.lines
            .push(Line::new(&number, kind(0.016, 0.0), 0.0, bottom + unit * 0.025, rng.seed()).centred(unit * 0.78));
    }
}

impl Card for Label {
    fn extent(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    fn at(&self, x: f64, y: f64) -> Optics {
        let (u, v) = ((x / self.width) as f32, (y / self.width) as f32);
        let fibres = 0.010 * self.noise.cloud(u * 90.0, v * 90.0, 3) + 0.016 * self.noise.cloud(u * 2.5, v * 2.5, 3);
        let (rx, ry, radius) = self.ring;
        let wobble = 1.0 + 0.03 * f64::from(self.noise.at(u * 5.0, v * 5.0));
        let ring = 0.035 * bell(((x - rx).hypot(y - ry) * wobble / radius) as f32, 1.0, 0.02);
        let paper = scaled(self.paper, 1.0 + fibres - ring);
        let on_bar = self
            .bars
            .iter()
            .any(|[l, t, r, b]| (*l..*r).contains(&x) && (*t..*b).contains(&y));
        let ink = if on_bar {
            1.0
        } else {
            self.lines.iter().map(|line| line.at(x, y)).fold(0.0, f32::max)
        };
        if self.below {
            // Paper on a light table glows; ink stops most of it.
            let clear = 1.0 - 0.80 * ink;
            Optics {
                passed: scaled(paper, 0.78 * clear),
                sent: scaled(mix(paper, self.ink, ink), 0.17),
            }
        } else {
            Optics {
                passed: [0.0; 3],
                sent: scaled(mix(paper, self.ink, ink * 0.96), 0.97),
            }
        }
    }
}
