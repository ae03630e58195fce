//! Dark or bright marks along a line of samples.

/// A mark: a dip between two higher places (or a rise, for bright marks).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    /// Its middle at half its depth, in samples.
    pub at: f32,
    /// Its width there.
    pub width: f32,
    /// How much darker it is than the lower of its two sides.
    pub depth: f32,
}

/// Which marks are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Dark on bright.
    Dark,
    /// Bright on dark.
    Bright,
}

/// Writes the marks of at least `depth` into `marks`, from left to right.
///
/// Walks from extreme to extreme, where each swing is at least `depth`; so noise below it neither makes marks nor parts them.
pub(super) fn find(values: &[f32], ink: Ink, depth: f32, marks: &mut Vec<Mark>) {
    marks.clear();
    let sign = if ink == Ink::Dark { 1.0 } else { -1.0 };
    let value = |i: usize| values[i] * sign;
    let Some(first) = values.first() else {
        return;
    };
    // The last high place, the lowest place since, and the highest since that.
    let mut high = (0, first * sign);
    let mut low: Option<(usize, f32)> = None;
    let mut next = high;
    for (i, here) in values.iter().enumerate().skip(1) {
        let here = (i, here * sign);
        match low {
            None if here.1 > high.1 => high = here,
            None => {
                if here.1 <= high.1 - depth {
                    (low, next) = (Some(here), here);
                }
            }
            Some(lowest) if here.1 < lowest.1 && next.1 < lowest.1 + depth => (low, next) = (Some(here), here),
            Some(lowest) => {
                if here.1 > next.1 {
                    next = here;
                }
                let risen = next.1 >= lowest.1 + depth;
                if risen && here.1 <= next.1 - depth {
                    marks.push(mark(&value, high.0, lowest.0, next.0));
                    (high, low, next) = (next, Some(here), here);
                }
            }
        }
    }
    if let Some(lowest) = low
        && next.1 >= lowest.1 + depth
    {
        marks.push(mark(&value, high.0, lowest.0, next.0));
    }
}

fn mark(value: &impl Fn(usize) -> f32, high: usize, low: usize, next: usize) -> Mark {
    let depth = value(high).min(value(next)) - value(low);
    let level = value(low) + depth / 2.0;
    let between = |inner: usize, outer: usize| {
        let share = (level - value(inner)) / (value(outer) - value(inner));
        inner as f32 + share * (outer as f32 - inner as f32)
    };
    let left = (high..low).rev().find(|i| value(*i) >= level).unwrap_or(high);
    let right = (low + 1..=next).find(|i| value(*i) >= level).unwrap_or(next);
    let (left, right) = (between(left + 1, left), between(right - 1, right));
    Mark {
        at: (left + right) / 2.0,
        width: right - left,
        depth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of marks `width` wide, each pixel the mean of what it covers.
    fn line(length: usize, middles: &[f32], width: f32) -> Vec<f32> {
        (0..length)
            .map(|i| {
                let covered: f32 = middles
                    .iter()
                    .map(|m| {
                        let (left, right) = (m - width / 2.0, m + width / 2.0);
                        (right.min(i as f32 + 0.5) - left.max(i as f32 - 0.5)).clamp(0.0, 1.0)
                    })
                    .sum();
                200.0 - 150.0 * covered
            })
            .collect()
    }

    #[test]
    fn marks_are_found_to_a_part_of_a_pixel() {
        let middles = [5.3, 12.0, 18.75, 29.5];
        for (ink, sign) in [(Ink::Dark, 1.0), (Ink::Bright, -1.0)] {
            let values: Vec<f32> = line(40, &middles, 2.5).iter().map(|v| v * sign).collect();
            let mut marks = Vec::new();
            find(&values, ink, 20.0, &mut marks);
            assert_eq!(marks.len(), middles.len(), "{marks:?}");
            for (mark, middle) in marks.iter().zip(middles) {
                assert!(
                    (mark.at - middle).abs() < 0.12 && (mark.width - 2.5).abs() < 0.5,
                    "{mark:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_shallower_is_no_mark() {
        let mut values = line(40, &[20.0], 3.0);
        values[8] -= 15.0;
        values[20] += 15.0;
        let mut marks = Vec::new();
        find(&values, Ink::Dark, 20.0, &mut marks);
        assert_eq!(marks.len(), 1, "{marks:?}");
        for flat in [vec![], vec![7.0], vec![7.0; 50], (0..50).map(|i| i as f32).collect()] {
            find(&flat, Ink::Dark, 5.0, &mut marks);
            assert!(marks.is_empty());
        }
    }
}
