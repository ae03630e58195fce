//! Sizes and rectangles in whole pixels, origin top left, x to the right, y down; points between them.

use serde::{Deserialize, Serialize};

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size of `width` columns and `height` rows.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels; 64 bits, so that no pair of 32-bit sides overflows.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The same size with its sides exchanged, as a quarter turn leaves it.
    pub const fn turned(self) -> Self {
        Self::new(self.height, self.width)
    }
}

impl From<(u32, u32)> for Size {
    /// From width and height, as the `image` crate gives them.
    fn from((width, height): (u32, u32)) -> Self {
        Self::new(width, height)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A point or a step in the plane, in fractional pixels; the middle of the top left pixel is at 0, 0.
///
/// In the body coordinates of [`render`](crate::render) x runs from the snout (0) backwards.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A half-open rectangle of pixels: columns `left..right`, rows `top..bottom`.
///
/// Always inside the picture that it belongs to, hence unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PixelBox {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// One past the last column.
    pub right: u32,
    /// One past the last row.
    pub bottom: u32,
}

impl PixelBox {
    /// The rectangle with these edges; an edge pair in the wrong order gives an empty rectangle.
    pub fn new(left: u32, top: u32, right: u32, bottom: u32) -> Self {
        Self {
            left,
            top,
            right: right.max(left),
            bottom: bottom.max(top),
        }
    }

    /// The rectangle that covers a whole picture.
    pub fn whole(size: Size) -> Self {
        Self::new(0, 0, size.width, size.height)
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.right - self.left
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.bottom - self.top
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        Size::new(self.width(), self.height())
    }

    /// Number of pixels.
    pub fn area(&self) -> u64 {
        self.size().pixels()
    }

    /// The part that both rectangles share, or `None` where they share no pixel.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let shared = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (shared.left < shared.right && shared.top < shared.bottom).then_some(shared)
    }

    /// The smallest rectangle around both.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Intersection over union, 0 to 1; two empty rectangles give 0.
    pub fn iou(&self, other: &Self) -> f64 {
        let shared = self.intersection(other).map_or(0, |b| b.area());
        let all = self.area() + other.area() - shared;
        if all == 0 { 0.0 } else { shared as f64 / all as f64 }
    }

    /// Whether the rectangle touches the edge of a picture of that size.
    pub fn touches_edge(&self, picture: Size) -> bool {
        self.left == 0 || self.top == 0 || self.right >= picture.width || self.bottom >= picture.height
    }

    /// The rectangle grown on each side by `share` of its own width and height, cut at the picture's edge, corners rounded half to even.
    ///
    /// With `share` = 0.025 this is BGNN's crop: `Crop_image_main.py` of hdr-bgnn/Crop_image hands unrounded corners to Pillow's `crop`,
    /// which rounds them as Python does.
    pub fn grown(&self, share: f64, picture: Size) -> Self {
        let (dx, dy) = (f64::from(self.width()) * share, f64::from(self.height()) * share);
        let (w, h) = (f64::from(picture.width), f64::from(picture.height));
        let edge = |v: f64, limit: f64| v.clamp(0.0, limit).round_ties_even() as u32;
        Self::new(
            edge(f64::from(self.left) - dx, w),
            edge(f64::from(self.top) - dy, h),
            edge(f64::from(self.right) + dx, w),
            edge(f64::from(self.bottom) + dy, h),
        )
    }
}

impl std::fmt::Display for PixelBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}+{}+{}", self.width(), self.height(), self.left, self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_known_rectangles() {
        let a = PixelBox::new(0, 0, 10, 10);
        assert_eq!(a.iou(&a), 1.0);
        assert_eq!(a.iou(&PixelBox::new(5, 0, 15, 10)), 50.0 / 150.0);
        assert_eq!(a.iou(&PixelBox::new(10, 0, 20, 10)), 0.0);
    }

    #[test]
    fn growing_follows_the_published_crop() {
        // hdr-bgnn/Crop_image, Test_data/INHS_FISH_100201.json: its crop is 2411 wide under the formula with float margins.
        let frame = Size::new(100, 50);
        let grown = PixelBox::new(10, 10, 90, 30).grown(0.025, frame);
        assert_eq!(
            grown,
            PixelBox::new(8, 10, 92, 30),
            "20 rows grow by 0.5, and 9.5 and 30.5 round to even"
        );
        assert_eq!(
            PixelBox::new(0, 0, 100, 50).grown(0.025, frame),
            PixelBox::whole(frame),
            "cut at the edge"
        );
    }
}
