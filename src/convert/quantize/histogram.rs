//! How often an activation takes which values, and the range that eight bits should cover.

/// Bins on each side of zero.
const HALF: usize = 4096;

/// Counts of values in equal bins over -limit to limit. The limit is a power of two and doubles as larger values come, each bin then
/// taking in its neighbour; so the counts do not depend on the order of the values.
#[derive(Debug, Clone)]
pub struct Histogram {
    limit: f32,
    counts: Vec<u64>,
    low: f32,
    high: f32,
}

/// How the range of an activation is chosen from its histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RangeMethod {
    /// All but the smallest and largest values: from the (100 - p)th to the pth percentile.
    Percentile(f64),
    /// The range with the least mean squared error of the values after quantization.
    MeanSquaredError,
}

impl std::fmt::Display for RangeMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Percentile(percent) => write!(f, "percentile {percent}"),
            Self::MeanSquaredError => write!(f, "least mean squared error"),
        }
    }
}

/// An unsigned 8-bit code for real numbers: value = scale × (code - zero point), code in 0..=255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Width of a step, above 0.
    pub scale: f32,
    /// The code of 0.
    pub zero_point: u8,
}

impl Affine {
    /// The code that covers `low` to `high`; zero always has a code of its own, since padding is zero.
    pub fn covering(low: f32, high: f32) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let width = high - low;
        if width < f32::MIN_POSITIVE * 256.0 {
            return Self {
                scale: 1.0,
                zero_point: 0,
            };
        }
        let scale = width / 255.0;
        let zero_point = (-low / scale).round_ties_even().clamp(0.0, 255.0) as u8;
        Self { scale, zero_point }
    }

    /// What remains of a value: ONNX's QuantizeLinear, then DequantizeLinear.
    pub fn quantized(&self, value: f32) -> f32 {
        let zero_point = f32::from(self.zero_point);
        let code = (value / self.scale).round_ties_even() + zero_point;
        (code.clamp(0.0, 255.0) - zero_point) * self.scale
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            limit: 1.0 / 1024.0,
            counts: vec![0; 2 * HALF],
            low: f32::INFINITY,
            high: f32::NEG_INFINITY,
        }
    }
}

impl Histogram {
    /// Counts some values in; `false`, and nothing counted, if one of them is not finite.
    #[must_use]
    pub fn add(&mut self, values: &[f32]) -> bool {
        let (mut low, mut high, mut finite) = (f32::INFINITY, f32::NEG_INFINITY, true);
        for v in values {
            low = low.min(*v);
            high = high.max(*v);
            finite &= v.is_finite();
        }
        if !finite || values.is_empty() {
            return finite;
        }
        self.low = self.low.min(low);
        self.high = self.high.max(high);
        // Half of the largest float keeps the doubling finite.
        while self.limit < low.abs().max(high.abs()).min(f32::MAX / 2.0) {
            self.double();
        }
        let bins_per_unit = HALF as f32 / self.limit;
        for v in values {
            let bin = (v * bins_per_unit).floor() as i64 + HALF as i64;
            self.counts[bin.clamp(0, 2 * HALF as i64 - 1) as usize] += 1;
        }
        true
    }

    fn double(&mut self) {
        let mut wider = vec![0; 2 * HALF];
        for (bin, count) in self.counts.iter().enumerate() {
            wider[HALF / 2 + bin / 2] += count;
        }
        self.counts = wider;
        self.limit *= 2.0;
    }

    /// The smallest and largest value; `None` before the first.
    pub fn extremes(&self) -> Option<(f32, f32)> {
        (self.low <= self.high).then_some((self.low, self.high))
    }

    /// The code for these values.
    pub fn affine(&self, method: RangeMethod) -> Affine {
        let Some((low, high)) = self.extremes() else {
            return Affine::covering(0.0, 0.0);
        };
        match method {
            RangeMethod::Percentile(percent) => {
                let outside = (100.0 - percent) / 100.0;
                Affine::covering(
                    self.quantile(outside).clamp(low, high),
                    self.quantile(1.0 - outside).clamp(low, high),
                )
            }
            RangeMethod::MeanSquaredError => self.least_squares(low, high),
        }
    }

    /// The value below which this share of all values lies, to the width of a bin: the outer edge of the bin, seen from zero.
    fn quantile(&self, share: f64) -> f32 {
        let total: u64 = self.counts.iter().sum();
        let wanted = share * total as f64;
        let mut below = 0u64;
        for (bin, count) in self.counts.iter().enumerate() {
            below += count;
            if below as f64 >= wanted && *count > 0 {
                let outer = if bin < HALF { bin } else { bin + 1 };
                return self.edge(outer);
            }
        }
        self.high
    }

    fn edge(&self, bin: usize) -> f32 {
        (bin as f32 - HALF as f32) * self.limit / HALF as f32
    }

    /// Tries the full range and ever narrower ones, down to three tenths.
    fn least_squares(&self, low: f32, high: f32) -> Affine {
        let values: Vec<(f32, u64)> = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(bin, count)| ((self.edge(bin) + self.edge(bin + 1)) / 2.0, *count))
            .collect();
        let error = |code: &Affine| -> f64 {
            let squared = |(v, count): &(f32, u64)| f64::from(code.quantized(*v) - v).powi(2) * *count as f64;
            values.iter().map(squared).sum()
        };
        (30..=100)
            .map(|percent| percent as f32 / 100.0)
            .map(|part| Affine::covering(low * part, high * part))
            .map(|code| (error(&code), code))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or_else(|| Affine::covering(low, high), |(_, code)| code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_has_a_code_of_its_own() {
        for (low, high) in [(-1.0, 3.0), (0.5, 3.0), (-7.0, -2.0), (0.0, 0.0), (-1e-30, 1e30)] {
            let code = Affine::covering(low, high);
            assert_eq!(code.quantized(0.0), 0.0, "{low}..{high}: {code:?}");
        }
        let bytes = Affine::covering(0.0, 1.0);
        assert_eq!((bytes.scale, bytes.zero_point), (1.0 / 255.0, 0));
    }

    #[test]
    fn values_that_are_not_finite_are_not_counted() {
        let mut histogram = Histogram::default();
        assert!(!histogram.add(&[1.0, f32::NAN]));
        assert!(!histogram.add(&[f32::INFINITY]));
        assert_eq!(histogram.extremes(), None);
        assert!(histogram.add(&[f32::MAX, -f32::MAX]));
    }

    #[test]
    fn outliers_are_cut_by_the_percentile_and_kept_by_none() {
        let mut histogram = Histogram::default();
        let values: Vec<f32> = (0..100_000).map(|i| i as f32 / 100_000.0).collect();
        assert!(histogram.add(&values));
        assert!(histogram.add(&[50.0]));
        let cut = histogram.affine(RangeMethod::Percentile(99.99));
        // A bin is 64 / 4096 wide here.
        assert!((cut.scale * 255.0 - 1.0).abs() < 64.0 / 4096.0 + 1e-3, "{cut:?}");
        let all = histogram.affine(RangeMethod::Percentile(100.0));
        assert!((all.scale * 255.0 - 50.0).abs() < 64.0 / 4096.0, "{all:?}");
    }

    proptest! {
        #[test]
        fn order_does_not_matter(values in prop::collection::vec(-1e4f32..1e4, 1..200), cut in 0usize..200) {
            let cut = cut.min(values.len());
            let (mut forth, mut back) = (Histogram::default(), Histogram::default());
            prop_assert!(forth.add(&values));
            prop_assert!(back.add(&values[cut..]));
            prop_assert!(back.add(&values[..cut]));
            prop_assert!(forth.counts == back.counts, "the counts differ");
            for method in [RangeMethod::Percentile(99.0), RangeMethod::MeanSquaredError] {
                prop_assert_eq!(forth.affine(method), back.affine(method));
            }
        }

        #[test]
        fn least_squares_is_no_worse_than_the_full_range(values in prop::collection::vec(-8f32..8.0, 2..300)) {
            let mut histogram = Histogram::default();
            prop_assert!(histogram.add(&values));
            let error = |code: Affine| values.iter().map(|v| f64::from(code.quantized(*v) - v).powi(2)).sum::<f64>();
            let chosen = error(histogram.affine(RangeMethod::MeanSquaredError));
            let full = error(histogram.affine(RangeMethod::Percentile(100.0)));
            // The search sees the middles of bins, not the values.
            let bin = 8.0 / 4096.0;
            prop_assert!(chosen <= full + values.len() as f64 * bin, "{} against {}", chosen, full);
        }

        #[test]
        fn within_the_range_a_value_moves_by_half_a_step_at_most(low in -10f32..0.0, high in 0.01f32..10.0, at in 0f32..1.0) {
            let code = Affine::covering(low, high);
            let value = low + (high - low) * at;
            // The zero point is rounded, so the ends may lie half a step outside.
            prop_assert!((code.quantized(value) - value).abs() <= code.scale * 1.001);
        }
    }
}
