//! Values with their uncertainty.

use serde::{Deserialize, Serialize};

/// A value and its standard uncertainty (one standard deviation), both in the same unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Best estimate.
    pub value: f64,
    /// Standard uncertainty, not negative.
    pub uncertainty: f64,
}

impl Measured {
    /// `value` with a standard uncertainty of `uncertainty`.
    pub const fn new(value: f64, uncertainty: f64) -> Self {
        Self { value, uncertainty }
    }

    /// Uncertainty as a share of the value; infinite for a value of 0.
    pub fn relative(self) -> f64 {
        (self.uncertainty / self.value).abs()
    }

    /// The quotient of two independent values: relative uncertainties add in quadrature (JCGM 100:2008, 5.1.6).
    pub fn over(self, divisor: Self) -> Self {
        let value = self.value / divisor.value;
        // In absolute terms, so that a value of 0 keeps its uncertainty.
        let uncertainty = (self.uncertainty / divisor.value).hypot(value * divisor.uncertainty / divisor.value);
        Self { value, uncertainty }
    }

    /// The square: the relative uncertainty doubles.
    pub fn squared(self) -> Self {
        Self {
            value: self.value * self.value,
            uncertainty: 2.0 * self.value.abs() * self.uncertainty,
        }
    }

    /// Value and uncertainty with as many digits as the uncertainty lets stand. Displays, reports and archives show these.
    ///
    /// The rule is that of the Particle Data Group (*Review of Particle Physics*, Introduction, 5.3): where the uncertainty's first three digits
    /// are 100 to 354 two of its digits stand, from 355 to 949 one, and 950 to 999 become 1000, of which two stand. An uncertainty of 0 says that
    /// it is not known: the value stands as it is.
    pub fn rounded(self) -> Rounded {
        let Some(decimals) = self.decimals() else {
            return Rounded {
                value: self.value.to_string(),
                uncertainty: self.uncertainty.to_string(),
            };
        };
        Rounded {
            value: rounded_to(self.value, decimals),
            uncertainty: rounded_to(self.uncertainty, decimals),
        }
    }

    /// [`Self::rounded`] for people, for example `8.41 ± 0.03 cm`. `unit` is one of the files: `cm`, `cm2`, `px`, `px2`, `deg`.
    pub fn words(self, unit: &str) -> String {
        let Rounded { value, uncertainty } = self.rounded();
        match unit {
            "deg" => format!("{value} ± {uncertainty}°"),
            "cm2" => format!("{value} ± {uncertainty} cm²"),
            "px2" => format!("{value} ± {uncertainty} px²"),
            unit => format!("{value} ± {uncertainty} {unit}"),
        }
    }

    /// Digits behind the decimal point, before it where negative; `None` where the uncertainty sets no limit.
    fn decimals(self) -> Option<i32> {
        if !(self.value.is_finite() && self.uncertainty.is_finite() && self.uncertainty > 0.0) {
            return None;
        }
        let exponent = self.uncertainty.log10().floor();
        let first_three = (self.uncertainty / 10f64.powf(exponent - 2.0)).round();
        let stand = match first_three {
            ..355.0 => 2.0,
            // 0.0963 becomes 0.10 by itself.
            _ => 1.0,
        };
        Some((stand - 1.0 - exponent).min(MOST_DECIMALS) as i32)
    }
}

/// More digits than anything that is measured here has.
const MOST_DECIMALS: f64 = 12.0;

/// A value and its uncertainty as text, rounded at the same digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rounded {
    /// The value.
    pub value: String,
    /// Its standard uncertainty.
    pub uncertainty: String,
}

fn rounded_to(value: f64, decimals: i32) -> String {
    let text = if decimals >= 0 {
        format!("{value:.*}", decimals as usize)
    } else {
        let step = 10f64.powi(-decimals);
        format!("{:.0}", (value / step).round() * step)
    };
    match text.strip_prefix('-') {
        // No sign at what is rounded to nothing.
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn relative_uncertainties_add_in_quadrature() {
        let length = Measured::new(300.0, 9.0).over(Measured::new(100.0, 4.0));
        assert_eq!(length.value, 3.0);
        assert!((length.relative() - 0.05).abs() < 1e-12, "3-4-5");
        assert_eq!(Measured::new(0.0, 1.0).over(Measured::new(2.0, 1.0)).uncertainty, 0.5);
        assert!((Measured::new(3.0, 0.3).squared().relative() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn the_uncertainty_says_how_many_digits_stand() {
        // The first two are the Particle Data Group's own examples.
        for (value, uncertainty, rounded) in [
            (0.827, 0.119, "0.83 ± 0.12"),
            (0.827, 0.367, "0.8 ± 0.4"),
            (8.412345, 0.0341, "8.412 ± 0.034"),
            (8.412345, 0.0963, "8.41 ± 0.10"),
            (8.412345, 0.0949, "8.41 ± 0.09"),
            (12345.0, 354.0, "12350 ± 350"),
            (12345.0, 36.0, "12350 ± 40"),
            (-0.02, 0.4, "0.0 ± 0.4"),
            (7.25, 0.0, "7.25 ± 0"),
        ] {
            let Rounded { value, uncertainty } = Measured::new(value, uncertainty).rounded();
            assert_eq!(format!("{value} ± {uncertainty}"), rounded);
        }
        assert_eq!(Measured::new(2.5, 0.1).words("cm2"), "2.50 ± 0.10 cm²");
        assert_eq!(Measured::new(2.5, 0.1).words("deg"), "2.50 ± 0.10°");
    }

    proptest! {
        #[test]
        fn rounding_loses_little_of_the_uncertainty(value in -1e6f64..1e6, exponent in -6f64..6.0) {
            let measured = Measured::new(value, 10f64.powf(exponent));
            let rounded = measured.rounded();
            let (text, spread): (f64, f64) = (rounded.value.parse().unwrap(), rounded.uncertainty.parse().unwrap());
            // Half of the last digit, which is at most 1 of 3.55.
            prop_assert!((text - value).abs() <= 0.15 * measured.uncertainty, "{rounded:?}");
            prop_assert!((spread - measured.uncertainty).abs() <= 0.15 * measured.uncertainty, "{rounded:?}");
            let decimals = |text: &str| text.split_once('.').map_or(0, |(_, d)| d.len());
            prop_assert_eq!(decimals(&rounded.value), decimals(&rounded.uncertainty));
        }
    }
}
