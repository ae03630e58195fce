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

/// Writes the marks of at least `depth` into `marks`, from left to right; `swings` is overwritten.
pub(super) fn find(values: &[f32], ink: Ink, depth: f32, swings: &mut Vec<usize>, marks: &mut Vec<Mark>) {
    find_swings(values, depth, swings);
    of_swings(values, swings, ink, marks);
}

/// Values that are looked at together.
const STRETCH: usize = 16;

/// Writes where values turn back: from extreme to extreme, where each swing is at least `depth`; so noise below it neither makes marks nor parts them.
pub(super) fn find_swings(values: &[f32], depth: f32, swings: &mut Vec<usize>) {
    swings.clear();
    let Some(first) = values.first() else {
        return;
    };
    let (mut lowest, mut highest) = ((0, *first), (0, *first));
    let mut rest = values.iter().copied().enumerate().skip(1);
    // Before the first swing either extreme may be its beginning.
    let rises = rest.by_ref().find_map(|here| {
        if here.1 > highest.1 {
            highest = here;
        }
        if here.1 < lowest.1 {
            lowest = here;
        }
        let (falls, rises) = (here.1 <= highest.1 - depth, here.1 >= lowest.1 + depth);
        (falls || rises).then_some(rises)
    });
    let Some(mut rises) = rises else {
        return;
    };
    swings.push(if rises { lowest.0 } else { highest.0 });
    let mut extreme = if rises { highest } else { lowest };
    let mut at = rest.next().map_or(values.len(), |(i, _)| i);
    for stretch in values[at..].chunks(STRETCH) {
        // What goes neither further nor back far enough changes nothing; a whole stretch is compared at once.
        let (above, below) = match rises {
            true => (extreme.1, extreme.1 - depth),
            false => (extreme.1 + depth, extreme.1),
        };
        let is_quiet = |value: &f32| match rises {
            true => (*value <= above) & (*value > below),
            false => (*value < above) & (*value >= below),
        };
        if stretch.iter().fold(true, |quiet, value| quiet & is_quiet(value)) {
            at += stretch.len();
            continue;
        }
        for value in stretch {
            let (is_further, turns) = match rises {
                true => (*value > extreme.1, *value <= extreme.1 - depth),
                false => (*value < extreme.1, *value >= extreme.1 + depth),
            };
            if turns {
                swings.push(extreme.0);
                rises = !rises;
            }
            if turns || is_further {
                extreme = (at, *value);
            }
            at += 1;
        }
    }
    swings.push(extreme.0);
}

/// Writes the marks that swings of values make in one ink.
pub(super) fn of_swings(values: &[f32], swings: &[usize], ink: Ink, marks: &mut Vec<Mark>) {
    marks.clear();
    let sign = if ink == Ink::Dark { 1.0 } else { -1.0 };
    let value = |i: usize| values[i] * sign;
    let begins_high = swings.len() > 1 && value(swings[0]) > value(swings[1]);
    let from_high = &swings[usize::from(!begins_high).min(swings.len())..];
    let triples = from_high.windows(3).step_by(2);
    marks.extend(triples.map(|triple| mark(&value, triple[0], triple[1], triple[2])));
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
    use proptest::prelude::*;

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
            find(&values, ink, 20.0, &mut Vec::new(), &mut marks);
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
        find(&values, Ink::Dark, 20.0, &mut Vec::new(), &mut marks);
        assert_eq!(marks.len(), 1, "{marks:?}");
        for flat in [vec![], vec![7.0], vec![7.0; 50], (0..50).map(|i| i as f32).collect()] {
            find(&flat, Ink::Dark, 5.0, &mut Vec::new(), &mut marks);
            assert!(marks.is_empty());
        }
    }

    /// The walk for one ink alone, which remembers the last high place, the lowest place since, and the highest since that.
    fn one_by_one(values: &[f32], sign: f32, depth: f32) -> Vec<Mark> {
        let value = |i: usize| values[i] * sign;
        let (mut high, mut low, mut next) = (0, None, 0);
        let mut marks = Vec::new();
        for here in 1..values.len() {
            let Some(lowest) = low else {
                if value(here) > value(high) {
                    high = here;
                } else if value(here) <= value(high) - depth {
                    (low, next) = (Some(here), here);
                }
                continue;
            };
            let risen = value(next) >= value(lowest) + depth;
            if value(here) < value(lowest) && !risen {
                (low, next) = (Some(here), here);
                continue;
            }
            if value(here) > value(next) {
                next = here;
            }
            if value(next) >= value(lowest) + depth && value(here) <= value(next) - depth {
                marks.push(mark(&value, high, lowest, next));
                (high, low, next) = (next, Some(here), here);
            }
        }
        let last = low.filter(|lowest| value(next) >= value(*lowest) + depth);
        marks.extend(last.map(|lowest| mark(&value, high, lowest, next)));
        marks
    }

    proptest! {
        #[test]
        fn both_inks_have_the_marks_of_a_walk_for_each(
            values in prop::collection::vec(prop_oneof![0.0..255.0f32, 100.0..140.0f32, (0u8..4).prop_map(|level| f32::from(level) * 10.0)], 0..80),
            depth in 5.0..40.0f32,
        ) {
            for (ink, sign) in [(Ink::Dark, 1.0), (Ink::Bright, -1.0)] {
                let mut marks = Vec::new();
                find(&values, ink, depth, &mut Vec::new(), &mut marks);
                prop_assert_eq!(marks, one_by_one(&values, sign, depth));
            }
        }
    }
}
