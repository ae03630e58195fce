//! Names in the order in which people count.

use std::cmp::Ordering;

/// Compares names so that runs of digits count as numbers: `img2.jpg` comes before `img10.jpg`.
///
/// Numbers of any length are compared; where two names differ only in leading zeros, the plain order of characters decides, so that the
/// order is total.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (Some(first_a), Some(first_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
            return rest_a.len().cmp(&rest_b.len()).then_with(|| a.cmp(b));
        };
        if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (number_a, after_a) = split_number(rest_a);
            let (number_b, after_b) = split_number(rest_b);
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            if order != Ordering::Equal {
                return order;
            }
            (rest_a, rest_b) = (after_a, after_b);
        } else {
            if first_a != first_b {
                return first_a.cmp(&first_b);
            }
            rest_a = &rest_a[first_a.len_utf8()..];
            rest_b = &rest_b[first_b.len_utf8()..];
        }
    }
}

/// The leading digits without their leading zeros, and what follows them.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, after) = text.split_at(end);
    (digits.trim_start_matches('0'), after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_count() {
        let mut names = [
            "img10.jpg",
            "img9.jpg",
            "img1.jpg",
            "img01.jpg",
            "img.jpg",
            "a2b10",
            "a2b9",
            "ä1",
        ];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(
            names,
            [
                "a2b9",
                "a2b10",
                "img.jpg",
                "img01.jpg",
                "img1.jpg",
                "img9.jpg",
                "img10.jpg",
                "ä1"
            ]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_numbers(a in 0u64.., b in 0u64..) {
            prop_assert_eq!(natural_order(&format!("x{a}.png"), &format!("x{b}.png")), a.cmp(&b));
        }

        #[test]
        fn is_a_total_order(a in "[0-9a]{0,6}", b in "[0-9a]{0,6}", c in "[0-9a]{0,6}") {
            prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
            prop_assert_eq!(natural_order(&a, &b) == Ordering::Equal, a == b);
            if natural_order(&a, &b).is_le() && natural_order(&b, &c).is_le() {
                prop_assert!(natural_order(&a, &c).is_le());
            }
        }
    }
}
