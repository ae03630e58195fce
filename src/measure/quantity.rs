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
