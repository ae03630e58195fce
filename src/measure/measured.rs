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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_uncertainties_add_in_quadrature() {
        let length = Measured::new(300.0, 9.0).over(Measured::new(100.0, 4.0));
        assert_eq!(length.value, 3.0);
        assert!((length.relative() - 0.05).abs() < 1e-12, "3-4-5");
        assert_eq!(Measured::new(0.0, 1.0).over(Measured::new(2.0, 1.0)).uncertainty, 0.5);
        assert!((Measured::new(3.0, 0.3).squared().relative() - 0.2).abs() < 1e-12);
    }
}
