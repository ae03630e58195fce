//! The looks before a reader is asked, against readers that are always asked.

use image::{GrayImage, Luma, Rgb, RgbImage};
use proptest::prelude::*;
use rxing::oned::Code128Reader;

use super::*;

/// A Code 128 on a label, as a camera sees it.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    /// Pixels a module.
    module: f64,
    /// Height of the bars in modules.
    height: f64,
    /// Direction of the code in degrees, clockwise from the right.
    turn: f64,
    blur: f32,
    /// Levels between paper and ink.
    contrast: f64,
    /// Greatest deviation of a pixel in levels.
    noise: i32,
}

impl Drawn {
    fn on_a_label(self, width: u32, height: u32) -> RgbImage {
        const PLACES: i32 = 3;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/barcodes/code-128.png");
        let code = image::open(path).unwrap().to_luma8();
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let ink_at = |x: f64, y: f64| {
            let (x, y) = (x - f64::from(width) / 2.0, y - f64::from(height) / 2.0);
            let along = (x * cos + y * sin) / self.module + f64::from(code.width()) / 2.0;
            let across = (y * cos - x * sin) / self.module;
            let is_on = along >= 0.0 && along < f64::from(code.width()) && across.abs() < self.height / 2.0;
            is_on && code.get_pixel(along as u32, code.height() / 2).0[0] < 128
        };
        let seen = GrayImage::from_fn(width, height, |x, y| {
            let places = (0..PLACES * PLACES).filter(|i| {
                let within = |k: i32| (f64::from(k) + 0.5) / f64::from(PLACES);
                ink_at(f64::from(x) + within(i % PLACES), f64::from(y) + within(i / PLACES))
            });
            let ink = places.count() as f64 / f64::from(PLACES * PLACES);
            Luma([(215.0 - self.contrast * ink) as u8])
        });
        let blurred = image::imageops::blur(&seen, self.blur);
        let mut state = 0x9e37_79b9u32;
        RgbImage::from_fn(width, height, |x, y| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 16) as i32 % (2 * self.noise + 1) - self.noise;
            Rgb([(i32::from(blurred.get_pixel(x, y).0[0]) + noise).clamp(0, 255) as u8; 3])
        })
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let size = (1.2..2.6f64, 8.0..50.0f64);
    let seen = (0.4..1.6f32, 30.0..190.0f64, 0..6i32);
    (size, -95.0..95.0f64, seen).prop_map(|((module, height), turn, (blur, contrast, noise))| Drawn {
        module,
        height,
        turn,
        blur,
        contrast,
        noise,
    })
}

/// What the reader says of a whole layer, with what is asked of the lines around.
fn by_the_reader(layer: &Layer) -> Option<String> {
    let bitmap = &mut bitmap(layer)?;
    let (text, _) = read_with(&mut Code128Reader, BarcodeFormat::CODE_128, bitmap)?;
    Some(text)
}

fn layer(picture: &RgbImage) -> Layer {
    Layer::of(picture, PixelBox::whole(picture.dimensions().into()), MAX_PIXELS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A layer is read as by the reader that looks at every line, or not at all where the lines around the first disagree.
    #[test]
    fn no_line_with_a_code_is_left_out(drawn in drawn(), quarter: bool, tilt in -12.0..12.0f64) {
        let turn = tilt + if quarter { 90.0 } else { 0.0 };
        let layer = layer(&Drawn { turn, ..drawn }.on_a_label(500, 480));
        let expected = by_the_reader(&layer);
        prop_assert_eq!(bars::first_text(&layer), expected, "{:?}", drawn);
    }

    /// Whatever is read in any direction without a look at stripes is found.
    #[test]
    fn no_direction_with_a_code_is_left_out(drawn in drawn()) {
        // The slanted ones are looked for in half the size.
        let picture = Drawn { module: drawn.module * 2.0, ..drawn }.on_a_label(720, 700);
        let half = layer(&picture).halved();
        let in_any = DIRECTIONS.iter().any(|degrees| half.turned(*degrees, &[f64::MIN..f64::MAX]).is_some_and(|turned| bars::read_turned(&turned).is_some()));
        let found = read_codes(&picture, None);
        prop_assert!(!in_any || found.len() == 1, "{:?}", drawn);
    }
}
