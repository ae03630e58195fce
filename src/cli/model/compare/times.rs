//! How long two networks take, run by run in turns.

use std::time::Duration;

/// How long the runs took; the n-th of one list and the n-th of the other were on the same picture, one after the other.
#[derive(Default)]
pub(super) struct Times {
    a: Vec<Duration>,
    b: Vec<Duration>,
}

impl Times {
    /// Adds a run of both on the same picture.
    pub(super) fn push(&mut self, a: Duration, b: Duration) {
        self.a.push(a);
        self.b.push(b);
    }

    /// How often both have run.
    pub(super) fn runs(&self) -> usize {
        self.a.len()
    }

    /// Medians in seconds: of A, of B, and of the ratios of B to A run by run.
    pub(super) fn medians(&self) -> [f64; 3] {
        let seconds = |times: &[Duration]| median(times.iter().map(Duration::as_secs_f64));
        let pairs = self.a.iter().zip(&self.b);
        let ratios = pairs.map(|(a, b)| b.as_secs_f64() / a.as_secs_f64().max(f64::MIN_POSITIVE));
        [seconds(&self.a), seconds(&self.b), median(ratios)]
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_even_and_odd_numbers() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        let ms = Duration::from_millis;
        let times = Times {
            a: vec![ms(10), ms(20), ms(100)],
            b: vec![ms(5), ms(40), ms(50)],
        };
        assert_eq!(times.medians()[2], 0.5);
    }
}
