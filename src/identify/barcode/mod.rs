//! Reads Data Matrix, QR and Code 128 in a picture: on the label where one was found, else in the whole frame at a smaller size.
//!
//! The work is bounded by the pixels that are looked at ([`MAX_PIXELS`]) and by a fixed list of tries, so that a picture costs the same on every run. Readers
//! are those of rxing; a panic in one of them is an answer like any other: nothing was read.

mod layer;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::oned::Code128Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, Reader};

use self::layer::Layer;
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
/// Turns in degrees in which a Code 128 is looked for besides 0 and 90; it is read along rows, so within about ten degrees of each.
const TURNS: [f64; 6] = [20.0, 40.0, 60.0, -20.0, -40.0, -60.0];

/// So many rows to each side of a Code 128 are read once more, every second one.
const FURTHER_ROWS: i64 = 6;
/// So many of them must say the same, and none anything else.
const LEAST_AGREEING: usize = 3;

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
    let turned = TURNS.iter().find_map(|degrees| {
        let turned = smaller.turned(*degrees);
        read(&turned, Symbology::Code128)
    });
    turned.into_iter().collect()
}

/// Every kind of code in one layer.
fn all_in(layer: &Layer) -> Vec<Code> {
    let mut layer = layer.clone();
    let mut codes = Vec::new();
    for symbology in [Symbology::DataMatrix, Symbology::Qr, Symbology::Code128] {
        while codes.len() < MAX_CODES
            && let Some((code, on_layer)) = read_on(&layer, symbology)
        {
            codes.push(code);
            // What was read is wiped out, so that the next try finds another.
            layer.wipe(&on_layer);
        }
    }
    codes
}

fn read(layer: &Layer, symbology: Symbology) -> Option<Code> {
    read_on(layer, symbology).map(|(code, _)| code)
}

/// A code, and its points on the layer.
fn read_on(layer: &Layer, symbology: Symbology) -> Option<(Code, Vec<Point>)> {
    let format = match symbology {
        Symbology::DataMatrix => BarcodeFormat::DATA_MATRIX,
        Symbology::Qr => BarcodeFormat::QR_CODE,
        Symbology::Code128 => BarcodeFormat::CODE_128,
    };
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some(HashSet::from([format])),
        ..DecodeHints::default()
    };
    let source = Luma8Source::new_with_slice(layer.luma(), layer.width(), layer.height()).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let result = catch_unwind(AssertUnwindSafe(|| decode(symbology, &mut bitmap, &hints)))
        .ok()?
        .ok()?;
    let on_layer: Vec<Point> = result
        .getPoints()
        .iter()
        .map(|p| Point {
            x: f64::from(p.x),
            y: f64::from(p.y),
        })
        .filter(|p| p.x.is_finite() && p.y.is_finite())
        .collect();
    if symbology == Symbology::Code128 && !is_read_on_further_rows(layer, &hints, result.getText(), &on_layer) {
        return None;
    }
    let place = on_layer.iter().map(|p| layer.in_picture(*p)).collect();
    Some((Code::new(result.getText(), symbology, place), on_layer))
}

fn decode(symbology: Symbology, bitmap: &mut Bitmap<'_>, hints: &DecodeHints) -> rxing::common::Result<RXingResult> {
    match symbology {
        Symbology::DataMatrix => DataMatrixReader.decode_with_hints(bitmap, hints),
        Symbology::Qr => QrReader.decode_with_hints(bitmap, hints),
        Symbology::Code128 => Code128Reader.decode_with_hints(bitmap, hints),
    }
}

/// A Code 128 has nothing but a checksum modulo 103: of the rows of a code that is too small or blurred, one in a hundred reads as something else. So the rows
/// around it must say the same.
fn is_read_on_further_rows(layer: &Layer, hints: &DecodeHints, text: &str, ends: &[Point]) -> bool {
    let [a, b, ..] = ends else {
        return false;
    };
    // It was read along a row, or along a column of the upright layer.
    let is_upright = (a.x - b.x).abs() >= (a.y - b.y).abs();
    let middle = if is_upright {
        (a.y + b.y) / 2.0
    } else {
        (a.x + b.x) / 2.0
    } as i64;
    let (mut same, mut others) = (0, 0);
    for step in (1..=FURTHER_ROWS).flat_map(|step| [2 * step, -2 * step]) {
        let Some(row) = layer.line(is_upright, middle + step) else {
            continue;
        };
        let Ok(source) = Luma8Source::new_with_slice(&row, row.len() as u32, 1) else {
            continue;
        };
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        let read = catch_unwind(AssertUnwindSafe(|| Code128Reader.decode_with_hints(&mut bitmap, hints)));
        match read {
            Ok(Ok(read)) if read.getText() == text => same += 1,
            Ok(Ok(_)) => others += 1,
            Ok(Err(_)) | Err(_) => {}
        }
    }
    same >= LEAST_AGREEING && others == 0
}

type Bitmap<'a> = BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>;
