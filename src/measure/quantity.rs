//! What is measured on a specimen.

use serde::{Deserialize, Serialize};

/// A measurement of a specimen. The order is that of every table.
///
/// Definitions of the first nine are those of the measurement table of Minnow_Segmented_Traits (hdr-bgnn/Minnow_Segmented_Traits), the others those of
/// Hubbs and Lagler, *Fishes of the Great Lakes Region* (1958).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Tip of the snout to the end of the vertebral column.
    StandardLength,
    /// Tip of the snout to the rearmost point of the caudal fin.
    TotalLength,
    /// Tip of the snout to the fork of the caudal fin.
    ForkLength,
    /// Greatest depth of the body without its fins, square to its axis.
    BodyDepth,
    /// Tip of the snout to the rear end of the operculum.
    HeadLength,
    /// Depth of the head through the centre of the eye.
    HeadDepth,
    /// Tip of the snout to the front of the eye.
    PreorbitalLength,
    /// Across the eye along the body's axis.
    EyeDiameter,
    /// Area of the eye.
    EyeArea,
    /// Area of the head with the eye.
    HeadArea,
    /// Tilt of the body's axis against the picture's rows, positive where the tail lies lower than the head.
    BodyAngle,
}

/// A term of an ontology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term {
    /// The whole IRI, for example `http://purl.obolibrary.org/obo/PATO_0000122`.
    pub iri: &'static str,
    /// Its label there, for example `length`.
    pub label: &'static str,
}

const fn term(iri: &'static str, label: &'static str) -> Term {
    Term { iri, label }
}

/// What kind of number a quantity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Pixels, centimetres.
    Length,
    /// Square pixels, square centimetres.
    Area,
    /// Degrees.
    Angle,
}

impl Quantity {
    /// All, in the order of tables.
    pub const ALL: [Self; 11] = [
        Self::StandardLength,
        Self::TotalLength,
        Self::ForkLength,
        Self::BodyDepth,
        Self::HeadLength,
        Self::HeadDepth,
        Self::PreorbitalLength,
        Self::EyeDiameter,
        Self::EyeArea,
        Self::HeadArea,
        Self::BodyAngle,
    ];

    /// Its key in files, for example `standard_length`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::StandardLength => "standard_length",
            Self::TotalLength => "total_length",
            Self::ForkLength => "fork_length",
            Self::BodyDepth => "body_depth",
            Self::HeadLength => "head_length",
            Self::HeadDepth => "head_depth",
            Self::PreorbitalLength => "preorbital_length",
            Self::EyeDiameter => "eye_diameter",
            Self::EyeArea => "eye_area",
            Self::HeadArea => "head_area",
            Self::BodyAngle => "body_angle",
        }
    }

    /// Its name for people, for example `Standard length`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StandardLength => "Standard length",
            Self::TotalLength => "Total length",
            Self::ForkLength => "Fork length",
            Self::BodyDepth => "Body depth",
            Self::HeadLength => "Head length",
            Self::HeadDepth => "Head depth",
            Self::PreorbitalLength => "Preorbital length",
            Self::EyeDiameter => "Eye diameter",
            Self::EyeArea => "Eye area",
            Self::HeadArea => "Head area",
            Self::BodyAngle => "Body angle",
        }
    }

    /// What kind of number it is.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::EyeArea | Self::HeadArea => Dimension::Area,
            Self::BodyAngle => Dimension::Angle,
            _ => Dimension::Length,
        }
    }

    /// The property that is measured, a term of PATO, for example `length`.
    ///
    /// The measurement table of Minnow_Segmented_Traits (`minnow_measurement_definitions.csv`) describes each measurement by an expression of several
    /// terms, `length and (characteristic of some head)`. No ontology has these as classes of their own, so a file that has room for one
    /// IRI takes this one, and where it has room for two also [`bearer`](Self::bearer). Two measurements may share both; what tells them apart is their
    /// name.
    pub const fn property(self) -> Term {
        match self {
            Self::StandardLength
            | Self::TotalLength
            | Self::ForkLength
            | Self::HeadLength
            | Self::HeadDepth
            | Self::PreorbitalLength
            | Self::BodyDepth => term("http://purl.obolibrary.org/obo/PATO_0000122", "length"),
            Self::EyeDiameter => term("http://purl.obolibrary.org/obo/PATO_0001334", "diameter"),
            Self::EyeArea | Self::HeadArea => term("http://purl.obolibrary.org/obo/PATO_0001323", "area"),
            Self::BodyAngle => term("http://purl.obolibrary.org/obo/PATO_0002326", "angle"),
        }
    }

    /// What has the property, a term of Uberon, for example `head`. The csv's expressions name it after *characteristic of some*.
    pub const fn bearer(self) -> Term {
        match self {
            Self::StandardLength | Self::TotalLength | Self::ForkLength | Self::BodyDepth | Self::BodyAngle => term(
                "http://purl.obolibrary.org/obo/UBERON_0000468",
                "multicellular organism",
            ),
            Self::HeadLength | Self::HeadDepth | Self::PreorbitalLength | Self::HeadArea => {
                term("http://purl.obolibrary.org/obo/UBERON_0000033", "head")
            }
            Self::EyeDiameter | Self::EyeArea => term("http://purl.obolibrary.org/obo/UBERON_0000970", "eye"),
        }
    }

    /// The term of the Units of Measurement Ontology for [`unit`](Self::unit).
    pub const fn unit_term(self) -> Term {
        match self.dimension() {
            Dimension::Length => term("http://purl.obolibrary.org/obo/UO_0000015", "centimeter"),
            Dimension::Area => term("http://purl.obolibrary.org/obo/UO_0000081", "square centimeter"),
            Dimension::Angle => term("http://purl.obolibrary.org/obo/UO_0000185", "degree"),
        }
    }

    /// The unit of its value in the picture: `px`, `px2` or `deg`.
    pub const fn picture_unit(self) -> &'static str {
        match self.dimension() {
            Dimension::Length => "px",
            Dimension::Area => "px2",
            Dimension::Angle => "deg",
        }
    }

    /// The unit of its value on the specimen: `cm`, `cm2` or `deg`.
    pub const fn unit(self) -> &'static str {
        match self.dimension() {
            Dimension::Length => "cm",
            Dimension::Area => "cm2",
            Dimension::Angle => "deg",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_files() {
        for quantity in Quantity::ALL {
            let written = serde_json::to_value(quantity).unwrap();
            assert_eq!(written, quantity.key());
        }
    }
}
