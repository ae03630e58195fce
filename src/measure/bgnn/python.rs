//! Numbers as Python and numpy round and write them.

/// `round(value, decimals)` of Python: the nearest decimal to the exact value, a tie to the even digit.
pub(super) fn round(value: f64, decimals: usize) -> f64 {
    // Formatting is exact, as Python's rounding is.
    format!("{value:.decimals$}").parse().unwrap_or(value)
}

/// `round(value, 2)` of a numpy float: scaled, rounded half to even, scaled back.
pub(super) fn numpy_round_2(value: f64) -> f64 {
    (value * 100.0).round_ties_even() / 100.0
}

/// `round(sum / count)`, half to even. `count` is not 0.
pub(super) fn rounded_mean(sum: u128, count: u64) -> u32 {
    let count = u128::from(count);
    let (whole, rest) = (sum / count, sum % count);
    let up = match (2 * rest).cmp(&count) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    (whole + u128::from(up)) as u32
}

/// `repr` of a finite float: the fewest digits that give it again, an exponent from 1e16 on and below 1e-4.
pub(super) fn repr(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from CPython 3.11 and numpy 1.26.
    #[test]
    fn rounds_and_writes_as_python_does() {
        for (value, decimals, expected) in [
            (2.675, 2, 2.67),
            (0.125, 2, 0.12),
            (0.375, 2, 0.38),
            (-0.125, 2, -0.12),
            (284.0805, 3, 284.08),
            (1234.5675, 3, 1234.568),
            (0.9999999999999996, 15, 1.0),
        ] {
            assert_eq!(round(value, decimals), expected, "{value}");
        }
        assert!(round(-0.001, 2).is_sign_negative());
        assert_eq!(numpy_round_2(2.675), 2.68);
        assert_eq!(numpy_round_2(1.005), 1.0);
        for (value, expected) in [
            (0.9921203180657, "0.9921203180657"),
            (1.0, "1.0"),
            (0.0, "0.0"),
            (-0.05, "-0.05"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (9007199254740993.0, "9007199254740992.0"),
            (1e16, "1e+16"),
            (1.25e100, "1.25e+100"),
        ] {
            assert_eq!(repr(value), expected);
        }
    }

    #[test]
    fn halves_go_to_the_even_number() {
        let means = [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 4, 2), (5, 4, 1), (9, 3, 3)];
        for (sum, count, expected) in means {
            assert_eq!(rounded_mean(sum, count), expected, "{sum}/{count}");
        }
    }
}
