//! Reads Data Matrix, QR and Code 128 in a picture: on the label where one was found, else in the whole frame at a smaller size.
//!
//! The work is bounded by the pixels that are looked at ([`MAX_PIXELS`]) and by a fixed list of tries, so that a picture costs the same on every run. Readers
//! are those of rxing; a panic in one of them is an answer like any other: nothing was read. A Code 128 is asked for only in lines (`bars`) and directions
//! (`stripes`) in which one can be.

mod bars;
mod layer;
mod shaded;
mod stripes;
#[cfg(test)]
mod tests;
mod threshold;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use rxing::datamatrix::DataMatrixReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, Reader};

use self::layer::Layer;
use self::shaded::Shaded;
use self::stripes::Stripes;
use super::{Code, Symbology};
use crate::frame::{PixelBox, Point, Size};

/// The most pixels that are looked at in one try.
const MAX_PIXELS: u64 = 1_500_000;
/// With fewer pixels a picture is also looked at in half its size, where noise and print screens vanish.
const WORTH_HALVING: u64 = 60_000;
/// A picture of fewer pixels is also looked at in twice its size: small modules are told apart between pixels.
const WORTH_DOUBLING: u64 = 400_000;
/// By how much of its size a label's box is grown: a code may be printed up to the edge, and the box is good to a few pixels only.
const MARGIN: f64 = 0.06;
/// The most codes that are told of one picture.
const MAX_CODES: usize = 4;
/// Directions in degrees in which a Code 128 is looked for besides 0 and 90; it is read along rows, so within about ten degrees of each.
const DIRECTIONS: [f64; 12] = [
    20.0, 110.0, 40.0, 130.0, 60.0, 150.0, -20.0, 70.0, -40.0, 50.0, -60.0, 30.0,
];

/// The codes in an upright picture, in the order in which they were found; none is no error. `label` is where the label lies.
pub fn read_codes(picture: &RgbImage, label: Option<PixelBox>) -> Vec<Code> {
    let size = Size::from(picture.dimensions());
    let region = label.map_or(PixelBox::whole(size), |label| label.grown(MARGIN, size));
    if region.width() < 8 || region.height() < 8 {
        return Vec::new();
    }
    let full = Layer::of(picture, region, MAX_PIXELS);
    let half = (full.pixels() >= WORTH_HALVING).then(|| full.halved());
    let codes = all_in(&full);
    if !codes.is_empty() {
        return codes;
    }
    if let Some(half) = &half {
        let codes = all_in(half);
        if !codes.is_empty() {
            return codes;
        }
    }
    if full.pixels() <= WORTH_DOUBLING {
        let codes = all_in(&full.doubled());
        if !codes.is_empty() {
            return codes;
        }
    }
    let smaller = half.as_ref().unwrap_or(&full);
    let stripes = Stripes::of(smaller);
    let slanted = DIRECTIONS.iter().find_map(|degrees| {
        let turned = smaller.turned(*degrees, &stripes.across(*degrees))?;
        let (text, ends) = bars::read_turned(&turned)?;
        Some(code(&turned.layer, Symbology::Code128, &text, &ends))
    });
    slanted.into_iter().collect()
}

/// Every kind of code in one layer.
fn all_in(layer: &Layer) -> Vec<Code> {
    let mut layer = layer.clone();
    let mut bitmap = bitmap(&layer);
    let mut codes = Vec::new();
    for symbology in [Symbology::DataMatrix, Symbology::Qr, Symbology::Code128] {
        while codes.len() < MAX_CODES
            && let Some((text, on_layer)) = read(symbology, &layer, bitmap.as_mut())
        {
            codes.push(code(&layer, symbology, &text, &on_layer));
            // What was read is wiped out, so that the next try finds another.
            layer.wipe(&on_layer);
            bitmap = self::bitmap(&layer);
        }
    }
    codes
}

/// A layer in black and white, which is made when a reader first asks for it and is the same for all.
type Bitmap = BinaryBitmap<Shaded>;

fn bitmap(layer: &Layer) -> Option<Bitmap> {
    let source = Luma8Source::new(layer.luma().to_vec(), layer.width(), layer.height()).ok()?;
    Some(BinaryBitmap::new(Shaded::new(source)))
}

/// The text of a code, and its points on the layer.
fn read(symbology: Symbology, layer: &Layer, bitmap: Option<&mut Bitmap>) -> Option<(String, Vec<Point>)> {
    match symbology {
        Symbology::DataMatrix => read_with(&mut DataMatrixReader, BarcodeFormat::DATA_MATRIX, bitmap?),
        Symbology::Qr => read_with(&mut QrReader, BarcodeFormat::QR_CODE, bitmap?),
        Symbology::Code128 => bars::read(layer),
    }
}

fn read_with(reader: &mut impl Reader, format: BarcodeFormat, bitmap: &mut Bitmap) -> Option<(String, Vec<Point>)> {
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some(HashSet::from([format])),
        ..DecodeHints::default()
    };
    let read = || reader.decode_with_hints(bitmap, &hints);
    let result = catch_unwind(AssertUnwindSafe(read)).ok()?.ok()?;
    let points = result.getPoints().iter().map(|p| Point {
        x: f64::from(p.x),
        y: f64::from(p.y),
    });
    let finite = points.filter(|p| p.x.is_finite() && p.y.is_finite());
    Some((result.getText().to_owned(), finite.collect()))
}

fn code(layer: &Layer, symbology: Symbology, text: &str, on_layer: &[Point]) -> Code {
    let place = on_layer.iter().map(|p| layer.in_picture(*p)).collect();
    Code::new(text, symbology, place)
}
