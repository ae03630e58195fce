//! Drawings of numbers as SVG: histograms and bars. Colours come from the style sheet's classes, so that they follow light, dark and print.

use maud::{Markup, html};

use super::words;

/// The drawing's own units; a browser stretches it.
const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 150.0;
/// The area of the bars.
const LEFT: f64 = 40.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = HEIGHT - 38.0;

/// About so many bins over all values: few for few values, in which many bins would show nothing but single ones.
const FEWEST_BINS: f64 = 6.0;
const MOST_BINS: f64 = 20.0;
/// The width of a character of a label, and what is left free between two labels.
const CHARACTER: f64 = 7.0;
const BETWEEN: f64 = 12.0;

/// Intervals of equal width on round numbers, half-open, which hold all values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bins {
    start: f64,
    step: f64,
    count: usize,
}

impl Bins {
    /// Bins for finite values; `None` where there are none.
    pub(super) fn over(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut number = 0u32;
        let range = values.into_iter().fold(None, |range, value| {
            number += 1;
            let (low, high) = range.unwrap_or((value, value));
            Some((value.min(low), value.max(high)))
        });
        let (low, high): (f64, f64) = range?;
        let spread = high - low;
        // Values that are all equal: bins of a tenth of the value.
        let wanted = match spread > 0.0 {
            true => spread / (2.0 * f64::from(number).sqrt()).clamp(FEWEST_BINS, MOST_BINS),
            false => high.abs() / 10.0,
        };
        let step = round_step(wanted);
        let start = (low / step).floor() * step;
        let count = ((high - start) / step).floor() + 1.0;
        Some(Self {
            start,
            step,
            // The width bounds it; rounding of very large values must not.
            count: count.clamp(1.0, 3.0 * MOST_BINS) as usize,
        })
    }

    fn of(self, value: f64) -> usize {
        (((value - self.start) / self.step) as usize).min(self.count - 1)
    }

    fn edge(self, index: usize) -> String {
        let places = (-self.step.log10().floor()).clamp(0.0, 6.0) as usize;
        words::number(self.start + index as f64 * self.step, places)
    }

    /// How many values each bin holds.
    pub(super) fn counts(self, values: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        for value in values {
            counts[self.of(*value)] += 1;
        }
        counts
    }
}

/// The smallest of 1, 2, 5, 10, 20, … (and 0.5, 0.2, …) that is not below `wanted`.
fn round_step(wanted: f64) -> f64 {
    if wanted.is_nan() || wanted < 1e-9 {
        return 1.0;
    }
    let decade = 10f64.powf(wanted.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|digit| digit * decade);
    // A hair below counts as the number itself: 0.1 * 2 is not 0.2 to the last bit.
    let fits = steps.into_iter().find(|step| step * (1.0 + 1e-9) >= wanted);
    fits.unwrap_or(10.0 * decade)
}

/// A histogram in bins that several share; `unit` is written at the axis.
pub(super) fn histogram(values: &[f64], bins: Bins, name: &str, unit: &str) -> Markup {
    let counts = bins.counts(values);
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let pitch = (RIGHT - LEFT) / bins.count as f64;
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let longest = [bins.edge(0), bins.edge(bins.count)].map(|label| label.chars().count());
    let labelled = (0..=bins.count).step_by(labels_apart(pitch, longest[0].max(longest[1])));
    frame(
        name,
        most,
        html! {
            @for (index, count) in bars {
                (bar(index, *count, most, pitch, &format!("{} to {} {unit}: {count}", bins.edge(index), bins.edge(index + 1))))
            }
            @for index in labelled {
                (tick(LEFT + index as f64 * pitch))
                (label(LEFT + index as f64 * pitch, &bins.edge(index)))
            }
            text class="axis" x=(px((LEFT + RIGHT) / 2.0)) y=(px(HEIGHT - 4.0)) text-anchor="middle" { (unit) }
        },
    )
}

/// A bar for each item; what they count is in `name`, what the items are is written at the axis.
pub(super) fn bars(items: &[(String, usize)], name: &str, axis: &str) -> Markup {
    let most = items.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    // Few bars are not made as wide as the page.
    let pitch = ((RIGHT - LEFT) / items.len().max(1) as f64).min(90.0);
    let longest = items.iter().map(|(item, _)| item.chars().count()).max().unwrap_or(0);
    let every = labels_apart(pitch, longest);
    frame(
        name,
        most,
        html! {
            @for (index, (item, count)) in items.iter().enumerate() {
                @if *count > 0 {
                    (bar(index, *count, most, pitch, &format!("{item}: {count}")))
                }
                @if index % every == 0 {
                    (label(LEFT + (index as f64 + 0.5) * pitch, item))
                }
            }
            text class="axis" x=(px((LEFT + RIGHT) / 2.0)) y=(px(HEIGHT - 4.0)) text-anchor="middle" { (axis) }
        },
    )
}

/// Axes around the bars. Both ends of the upright one are numbered.
fn frame(name: &str, most: usize, inside: Markup) -> Markup {
    html! {
        svg class="chart" role="img" aria-label=(name) viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) {
            line class="grid" x1=(px(LEFT)) x2=(px(RIGHT)) y1=(px(TOP)) y2=(px(TOP)) {}
            @if most.is_multiple_of(2) {
                line class="grid" x1=(px(LEFT)) x2=(px(RIGHT)) y1=(px((TOP + BOTTOM) / 2.0)) y2=(px((TOP + BOTTOM) / 2.0)) {}
                text x=(px(LEFT - 6.0)) y=(px((TOP + BOTTOM) / 2.0 + 4.0)) text-anchor="end" { (most / 2) }
            }
            text x=(px(LEFT - 6.0)) y=(px(TOP + 4.0)) text-anchor="end" { (most) }
            text x=(px(LEFT - 6.0)) y=(px(BOTTOM + 4.0)) text-anchor="end" { "0" }
            (inside)
            line class="base" x1=(px(LEFT)) x2=(px(RIGHT)) y1=(px(BOTTOM)) y2=(px(BOTTOM)) {}
        }
    }
}

fn bar(index: usize, count: usize, most: usize, pitch: f64, words: &str) -> Markup {
    let height = (BOTTOM - TOP) * count as f64 / most as f64;
    let gap = (pitch * 0.08).min(2.0);
    html! {
        rect class="bar" x=(px(LEFT + index as f64 * pitch + gap)) y=(px(BOTTOM - height)) width=(px(pitch - 2.0 * gap)) height=(px(height)) {
            title { (words) }
        }
    }
}

fn tick(x: f64) -> Markup {
    html! { line class="base" x1=(px(x)) x2=(px(x)) y1=(px(BOTTOM)) y2=(px(BOTTOM + 4.0)) {} }
}

fn label(x: f64, words: &str) -> Markup {
    html! { text x=(px(x)) y=(px(BOTTOM + 17.0)) text-anchor="middle" { (words) } }
}

/// Every how-manieth place has a label, so that they stay apart: numbers with a round step.
fn labels_apart(pitch: f64, characters: usize) -> usize {
    let needed = characters as f64 * CHARACTER + BETWEEN;
    let fits = [1, 2, 4, 5, 10, 20, 50]
        .into_iter()
        .find(|every| f64::from(*every) * pitch >= needed);
    fits.unwrap_or(100) as usize
}

/// A length in the drawing, short in the file.
fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// Median of values; `None` where there are none.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(lower + (upper - lower) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bins_lie_on_round_numbers() {
        let bins = Bins::over([3.13, 12.4].repeat(50)).unwrap();
        assert_eq!((bins.start, bins.step, bins.count), (3.0, 0.5, 19));
        assert_eq!((bins.edge(0).as_str(), bins.edge(19).as_str()), ("3.0", "12.5"));
        assert_eq!(bins.counts(&[3.13, 3.49, 3.5, 12.4]), {
            let mut counts = vec![0; 19];
            (counts[0], counts[1], counts[18]) = (2, 1, 1);
            counts
        });
        assert_eq!(Bins::over([]), None);
        assert_eq!(Bins::over([5.0]).unwrap().step, 0.5);
        assert_eq!(Bins::over([0.0]).unwrap().step, 1.0);
        assert_eq!([0.1, 0.11, 0.2, 3.0, 6.0].map(round_step), [0.1, 0.2, 0.2, 5.0, 10.0]);
    }

    #[test]
    fn few_values_have_few_bins() {
        let counts = [2, 38, 1000].map(|n| Bins::over([3.1, 12.4].repeat(n / 2)).unwrap().count);
        assert_eq!(counts, [6, 10, 19]);
    }

    #[test]
    fn labels_do_not_touch() {
        assert_eq!(labels_apart(20.0, 3), 2);
        assert_eq!(labels_apart(90.0, 10), 1);
        assert_eq!(labels_apart(5.0, 10), 20);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_bin_whose_edges_hold_it(values in prop::collection::vec(-1e4f64..1e4, 1..50)) {
            let bins = Bins::over(values.iter().copied()).unwrap();
            prop_assert!((1..=23).contains(&bins.count), "{bins:?}");
            prop_assert_eq!(bins.counts(&values).iter().sum::<usize>(), values.len());
            for value in values {
                let low = bins.start + bins.of(value) as f64 * bins.step;
                let slack = bins.step * 1e-6;
                prop_assert!(low - slack <= value && value <= low + bins.step + slack, "{value} in {bins:?}");
            }
        }

        #[test]
        fn no_value_is_too_large_for_a_drawing(values in prop::collection::vec(any::<f64>().prop_filter("finite", |v| v.is_finite()), 1..9)) {
            if let Some(bins) = Bins::over(values.iter().copied()) {
                prop_assert!(bins.counts(&values).len() <= 60);
                histogram(&values, bins, "name", "cm");
            }
        }
    }
}
