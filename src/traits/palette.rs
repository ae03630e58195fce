//! Colours of the traits.

use serde::{Deserialize, Serialize};

use super::Trait;

/// Red, green, blue, 0 to 255 each.
pub type Rgb = [u8; 3];

/// A choice of colours for the display. Files for BGNN always use [`Palette::Bgnn`], whatever the display shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Palette {
    /// The colours of the published workflow (hdr-bgnn/BGNN-trait-segmentation, `helper_mini.py`).
    #[default]
    Bgnn,
    /// Distinguishable with red-green and blue-yellow blindness: the eight colours of Okabe and Ito (2008), four of them again in a darker shade.
    ColourBlind,
}

impl Palette {
    /// The colour of a trait.
    pub fn colour(self, which: Trait) -> Rgb {
        let table = match self {
            Self::Bgnn => &BGNN,
            Self::ColourBlind => &COLOUR_BLIND,
        };
        table[which.channel()]
    }
}

const BGNN: [Rgb; Trait::COUNT] = [
    [254, 0, 0],
    [0, 254, 0],
    [0, 0, 254],
    [254, 254, 0],
    [0, 254, 254],
    [254, 0, 254],
    [254, 254, 254],
    [0, 254, 102],
    [254, 102, 102],
    [254, 102, 204],
    [254, 204, 102],
    [0, 124, 124],
];

// The traits that lie beside each other (head, eye, trunk; trunk and each fin) differ in lightness as well as in hue.
const COLOUR_BLIND: [Rgb; Trait::COUNT] = [
    [213, 94, 0],
    [120, 53, 0],
    [0, 114, 178],
    [240, 228, 66],
    [86, 180, 233],
    [204, 121, 167],
    [255, 255, 255],
    [0, 0, 0],
    [0, 62, 97],
    [130, 122, 20],
    [120, 62, 95],
    [0, 158, 115],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_palette_differ() {
        for palette in [Palette::Bgnn, Palette::ColourBlind] {
            let mut colours: Vec<_> = Trait::ALL.iter().map(|t| palette.colour(*t)).collect();
            colours.sort_unstable();
            colours.dedup();
            assert_eq!(colours.len(), Trait::COUNT, "{palette:?}");
        }
    }
}
