//! Fish, label and ruler in a whole frame.

use image::RgbImage;

use crate::frame::{PixelBox, Size};

/// Settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LocateSettings {}

/// Which way the head points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadSide {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Not told.
    Unknown,
}

/// A fish.
#[derive(Debug, Clone, PartialEq)]
pub struct Fish {
    /// Box.
    pub bounds: PixelBox,
    /// Head.
    pub head: HeadSide,
    /// Cut.
    pub cut_by_edge: bool,
}

impl Fish {
    /// Crop.
    pub fn crop(&self, picture: Size) -> PixelBox {
        self.bounds.grown(0.025, picture)
    }
}

/// A scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Size.
    pub picture: Size,
    /// Fish.
    pub fish: Option<Fish>,
    /// More.
    pub further_fish: Vec<PixelBox>,
    /// Label.
    pub label: Option<PixelBox>,
    /// Ruler.
    pub ruler: Option<PixelBox>,
}

/// Stub.
pub fn locate(picture: &RgbImage, _settings: &LocateSettings) -> Scene {
    let size = Size::from(picture.dimensions());
    Scene {
        picture: size,
        fish: Some(Fish {
            bounds: PixelBox::whole(size),
            head: HeadSide::Unknown,
            cut_by_edge: false,
        }),
        further_fish: vec![],
        label: None,
        ruler: None,
    }
}
