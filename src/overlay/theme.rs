//! Colours of the screen.

use embedded_graphics::pixelcolor::Rgb888;

use crate::traits::Rgb;

/// Behind everything.
pub const GROUND: Rgb888 = Rgb888::new(13, 17, 22);
/// Panels and bars.
pub const PANEL: Rgb888 = Rgb888::new(24, 31, 39);
/// Lines between parts of a panel.
pub const RULE: Rgb888 = Rgb888::new(48, 59, 71);
/// What must be read.
pub const TEXT: Rgb888 = Rgb888::new(240, 244, 248);
/// What may be read.
pub const QUIET: Rgb888 = Rgb888::new(150, 164, 178);
/// Behind the live picture where it does not reach.
pub const BEHIND_PICTURE: Rgb888 = Rgb888::new(6, 8, 10);
/// Text and icons on amber.
pub const DARK_TEXT: Rgb888 = Rgb888::new(20, 16, 4);
/// Ready, at work.
pub const BLUE: Rgb888 = Rgb888::new(17, 92, 176);
/// Saved.
pub const GREEN: Rgb888 = Rgb888::new(10, 128, 62);
/// Attention.
pub const AMBER: Rgb888 = Rgb888::new(245, 184, 46);
/// Wrong.
pub const RED: Rgb888 = Rgb888::new(190, 28, 32);
/// A check mark on a dark panel.
pub const GREEN_MARK: Rgb888 = Rgb888::new(70, 208, 130);
/// Rectangles around the fish and what lies beside it: seen on white paper as on a black ground, and no trait's colour.
pub const BOX: Rgb888 = Rgb888::new(40, 132, 240);

/// Rectangles that deserve attention; amber is too pale for a line on white paper.
pub const BOX_ATTENTION: Rgb888 = Rgb888::new(232, 112, 8);

/// A trait's colour as embedded-graphics has it.
pub fn of_rgb([r, g, b]: Rgb) -> Rgb888 {
    Rgb888::new(r, g, b)
}

/// The colours that say how a state is meant; words and an icon always say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do.
    Calm,
    /// The operator may act, or the station is at work.
    Ready,
    /// It is done.
    Good,
    /// Something is not as it should be.
    Warning,
    /// Nothing goes on until a person acts.
    Error,
}

impl Tone {
    /// Behind the words.
    pub fn ground(self) -> Rgb888 {
        match self {
            Self::Calm => PANEL,
            Self::Ready => BLUE,
            Self::Good => GREEN,
            Self::Warning => AMBER,
            Self::Error => RED,
        }
    }

    /// The words that matter.
    pub fn text(self) -> Rgb888 {
        match self {
            Self::Warning => DARK_TEXT,
            _ => TEXT,
        }
    }

    /// The words below them.
    pub fn second_text(self) -> Rgb888 {
        match self {
            Self::Calm => QUIET,
            Self::Ready => Rgb888::new(214, 231, 250),
            Self::Good => Rgb888::new(220, 247, 230),
            Self::Warning => Rgb888::new(60, 44, 4),
            Self::Error => Rgb888::new(255, 232, 230),
        }
    }
}
