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
    // Pairs of neighbours that a chain has taken already begin no other.
    let mut taken = vec![false; places.len()];
    for i in 0..places.len() {
        for j in i + 1..(i + 4).min(places.len()) {
            if j == i + 1 && taken[i] {
                continue;
            }
            let chain = follow(places, i, j, &mut taken);
            if chain.members.len() >= MEMBERS_MIN && best.as_ref().is_none_or(|b| chain.score > b.score) {
                best = Some(chain);
            }
        }
    }
    best
}

fn follow(places: &[f32], first: usize, second: usize, taken: &mut [bool]) -> Chain {
    let at = |i: usize| f64::from(places[i]);
    let mut chain = Chain {
        members: vec![(0, first), (1, second)],
        score: 2.0 - (second - first - 1) as f64,
        spacing: at(second) - at(first),
    };
    if chain.spacing < SPACING_MIN {
        return chain;
    }
    loop {
        let (number, last) = chain.members[chain.members.len() - 1];
        let missing_max = if chain.members.len() < 5 { 1 } else { 3 };
        let next = (1..=missing_max).find_map(|step| {
            let expected = at(last) + f64::from(step) * chain.spacing;
            let found = nearest(places, expected, last + 1)?;
            ((at(found) - expected).abs() <= REACH * chain.spacing).then_some((step, found))
        });
        let Some((step, found)) = next else {
            return chain;
        };
        let between = found - last - 1;
        if between == 0 && step == 1 {
            taken[last] = true;
        }
        chain.score += 1.0 - 0.9 * between as f64 - f64::from(step - 1);
        chain.spacing = 0.75 * chain.spacing + 0.25 * (at(found) - at(last)) / f64::from(step);
        chain.members.push((number + step, found));
    }
}

fn nearest(places: &[f32], expected: f64, from: usize) -> Option<usize> {
    let rest = places.get(from..)?;
    let i = rest.partition_point(|p| f64::from(*p) < expected);
    let candidates = i.saturating_sub(1)..(i + 1).min(rest.len());
    candidates
        .min_by(|a, b| {
            let apart = |i: usize| (f64::from(rest[i]) - expected).abs();
            apart(*a).total_cmp(&apart(*b))
        })
        .map(|i| from + i)
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
