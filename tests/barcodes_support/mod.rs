//! Codes of other programs' encoders, and how a camera sees them.

use fishrig::frame::Point;
use fishrig::identify::Symbology;
use image::{GrayImage, Luma, Rgb, RgbImage};

/// A code in `tests/fixtures/barcodes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixture {
    DataMatrix,
    DataMatrixOfZint,
    Qr,
    QrWithAddress,
    Code128,
}

impl Fixture {
    pub const ALL: [Self; 5] = [
        Self::DataMatrix,
        Self::DataMatrixOfZint,
        Self::Qr,
        Self::QrWithAddress,
        Self::Code128,
    ];

    fn file(self) -> &'static str {
        match self {
            Self::DataMatrix => "data-matrix.png",
            Self::DataMatrixOfZint => "data-matrix-zint.png",
            Self::Qr => "qr-id.png",
            Self::QrWithAddress => "qr.png",
            Self::Code128 => "code-128.png",
        }
    }

    pub fn payload(self) -> &'static str {
        match self {
            Self::DataMatrix => "INHS-FISH-0012345",
            Self::DataMatrixOfZint => "JFBM-FISH-0048705",
            Self::Qr => "INHS-FISH-0067890",
            Self::QrWithAddress => "https://n2t.net/ark:/65665/m3INHS-FISH-0067890",
            Self::Code128 => "INHS FISH 54082",
        }
    }

    pub fn symbology(self) -> Symbology {
        match self {
            Self::DataMatrix | Self::DataMatrixOfZint => Symbology::DataMatrix,
            Self::Qr | Self::QrWithAddress => Symbology::Qr,
            Self::Code128 => Symbology::Code128,
        }
    }

    pub fn modules(self) -> GrayImage {
        modules(self.file())
    }
}

/// A file of `tests/fixtures/barcodes`, one pixel a module, with a white margin of ten modules around it.
pub fn modules(file: &str) -> GrayImage {
    let path = format!("{}/tests/fixtures/barcodes/{file}", env!("CARGO_MANIFEST_DIR"));
    let code = image::open(path).unwrap().to_luma8();
    let mut all = GrayImage::from_pixel(code.width() + 20, code.height() + 20, Luma([255]));
    image::imageops::replace(&mut all, &code, 10, 10);
    all
}

/// How a camera sees a code.
#[derive(Debug, Clone, Copy)]
pub struct Photo {
    /// Pixels a module.
    pub module: f64,
    /// Turn in degrees.
    pub turn: f64,
    /// By how many degrees the label leans away from the camera; the camera is as far away as five times the code's width.
    pub lean: f64,
    /// Standard deviation of the blur in pixels.
    pub blur: f32,
    /// Standard deviation of the noise in grey levels.
    pub noise: f64,
}

impl Photo {
    /// Draws a code's modules into a picture, with their middle at `middle`; each pixel is the mean of 5 × 5 places.
    pub fn paste(&self, picture: &mut RgbImage, modules: &GrayImage, middle: Point) {
        const PLACES: i32 = 5;
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (mut sum, mut count) = (0.0, 0);
            for i in 0..PLACES * PLACES {
                let within = |k: i32| (f64::from(k) + 0.5) / f64::from(PLACES) - 0.5;
                let at = Point {
                    x: f64::from(x) + within(i % PLACES) - middle.x,
                    y: f64::from(y) + within(i / PLACES) - middle.y,
                };
                let Some((u, v)) = self.module_at(at, modules) else {
                    continue;
                };
                sum += f64::from(modules.get_pixel(u, v).0[0]);
                count += 1;
            }
            if count == PLACES * PLACES {
                // Ink is not black and paper not white.
                let grey = 38.0 + sum / f64::from(count) / 255.0 * 190.0;
                *pixel = Rgb([grey as u8; 3]);
            }
        }
    }

    /// The module under a place of the picture, measured from the code's middle.
    fn module_at(&self, at: Point, modules: &GrayImage) -> Option<(u32, u32)> {
        // Leaning about the picture's x axis, seen from a distance.
        let (sin, cos) = self.lean.to_radians().sin_cos();
        let distance = 5.0 * f64::from(modules.width()) * self.module;
        // The ray through `at` meets the leaning plane at height v along it: at.y = v cos / (1 + v sin / distance).
        let v = at.y / (cos - at.y * sin / distance);
        let u = at.x * (1.0 + v * sin / distance);
        let (s, c) = self.turn.to_radians().sin_cos();
        let (x, y) = ((c * u + s * v) / self.module, (c * v - s * u) / self.module);
        let x = x + f64::from(modules.width()) / 2.0;
        let y = y + f64::from(modules.height()) / 2.0;
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(modules.width()) && y < f64::from(modules.height());
        inside.then_some((x as u32, y as u32))
    }

    /// Blurs, and adds noise that is the same on every run.
    pub fn finish(&self, picture: RgbImage) -> RgbImage {
        let mut seen = image::imageops::blur(&picture, self.blur);
        let mut state = 0x2545_f491_4f6c_dd1du64;
        for pixel in seen.pixels_mut() {
            // Sum of four uniform values: nearly normal, with a standard deviation of 1/√3 of their range.
            let mut sum = 0.0;
            for _ in 0..4 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                sum += (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
            }
            let noise = sum * self.noise * 3f64.sqrt();
            pixel.0 = pixel.0.map(|v| (f64::from(v) + noise).clamp(0.0, 255.0) as u8);
        }
        seen
    }
}
