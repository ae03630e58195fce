//! Evenly spaced marks along one line: where a row of ticks begins to be seen.

/// A chain of marks.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// For each mark its number in the chain and its place in the list that was searched.
    pub members: Vec<(i32, usize)>,
    /// Its marks, less those between them that don't belong to it, less those that are missing.
    pub score: f64,
    /// Spacing at its end.
    pub spacing: f64,
}

/// Fewest marks of a chain.
const MEMBERS_MIN: usize = 6;
/// How far a mark may lie from where the chain expects it, in spacings.
const REACH: f64 = 0.2;
/// Least spacing in samples.
const SPACING_MIN: f64 = 2.0;

/// The best chain among places in ascending order.
pub(super) fn best(places: &[f32]) -> Option<Chain> {
    let mut best: Option<Chain> = None;
    let places: Vec<f64> = places.iter().map(|place| f64::from(*place)).collect();
    let places = places.as_slice();
    // Pairs of neighbours that a chain has taken already begin no other.
    let mut taken = vec![false; places.len()];
    let mut members = Vec::new();
    for i in 0..places.len() {
        // A chain has no better score than marks from its first one on.
        if best
            .as_ref()
            .is_some_and(|best| best.score >= (places.len() - i) as f64)
        {
            break;
        }
        for j in i + 1..(i + 4).min(places.len()) {
            if j == i + 1 && taken[i] {
                continue;
            }
            let (score, spacing) = follow(places, i, j, &mut taken, &mut members);
            if members.len() >= MEMBERS_MIN && best.as_ref().is_none_or(|b| score > b.score) {
                let members = members.clone();
                best = Some(Chain {
                    members,
                    score,
                    spacing,
                });
            }
        }
    }
    best
}

/// Writes the members of the chain that begins with two marks; its score and last spacing.
fn follow(
    places: &[f64],
    first: usize,
    second: usize,
    taken: &mut [bool],
    members: &mut Vec<(i32, usize)>,
) -> (f64, f64) {
    let at = |i: usize| places[i];
    members.clear();
    members.extend([(0, first), (1, second)]);
    let mut score = 2.0 - (second - first - 1) as f64;
    let mut spacing = at(second) - at(first);
    if spacing < SPACING_MIN {
        return (score, spacing);
    }
    let (mut number, mut last) = (1, second);
    loop {
        let missing_max = if members.len() < 5 { 1 } else { 3 };
        // The first mark that is not before where the next one is expected.
        let mut beyond = last + 1;
        let next = (1..=missing_max).find_map(|step| {
            let expected = at(last) + f64::from(step) * spacing;
            while beyond < places.len() && at(beyond) < expected {
                beyond += 1;
            }
            let found = nearest(places, expected, last + 1, beyond)?;
            ((at(found) - expected).abs() <= REACH * spacing).then_some((step, found))
        });
        let Some((step, found)) = next else {
            return (score, spacing);
        };
        let between = found - last - 1;
        if between == 0 && step == 1 {
            taken[last] = true;
        }
        score += 1.0 - 0.9 * between as f64 - f64::from(step - 1);
        spacing = 0.75 * spacing + 0.25 * (at(found) - at(last)) / f64::from(step);
        (number, last) = (number + step, found);
        members.push((number, found));
    }
}

/// The one of the marks to both sides of a place that is nearer to it, from the mark `from` on; `beyond` is the first that is not before it.
fn nearest(places: &[f64], expected: f64, from: usize, beyond: usize) -> Option<usize> {
    let apart = |i: usize| (places[i] - expected).abs();
    let before = (beyond > from).then(|| beyond - 1);
    let after = (beyond < places.len()).then_some(beyond);
    match (before, after) {
        (Some(before), Some(after)) if apart(after) < apart(before) => Some(after),
        (before, after) => before.or(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_counts_over_missing_marks_and_does_not_skip_every_other_one() {
        let mut places: Vec<f32> = (0..40)
            .filter(|i| ![7, 20, 21].contains(i))
            .map(|i| 10.0 + 5.3 * i as f32)
            .collect();
        let chain = best(&places).unwrap();
        assert_eq!(chain.members.first(), Some(&(0, 0)));
        assert_eq!(chain.members.last(), Some(&(39, 36)));
        assert!((chain.spacing - 5.3).abs() < 0.01);
        // Marks that don't belong to it.
        places.extend([3.0, 61.0, 300.0, 400.0, 430.0, 431.5]);
        places.sort_by(f32::total_cmp);
        assert_eq!(best(&places).unwrap().members.len(), 37);
    }

    #[test]
    fn few_or_uneven_marks_make_none() {
        assert!(best(&[]).is_none());
        assert!(best(&[1.0, 5.0, 9.0, 13.0, 17.0]).is_none());
        assert!(best(&[1.0, 5.0, 13.0, 14.5, 22.0, 24.0, 40.0, 47.0]).is_none());
    }
}
