//! A line of grey in black and white, as ZXing's global histogram binarizer makes it: by one threshold for the line, in the valley between the two peaks of
//! its histogram, after a little sharpening.
//!
//! The same bits as rxing's, which takes several times as long: it counts and sets pixel by pixel.

use rxing::common::BitArray;

use crate::traits::components::{PIXELS_OF_A_WORD, word_of};

/// Levels are counted in so many buckets.
const BUCKETS: usize = 32;
/// By how many bits a level is shifted to its bucket.
const SHIFT: u32 = 3;
/// The two peaks are further apart than this, else the line has too little contrast.
const PEAKS_APART: usize = BUCKETS / 16;

/// A bit for each pixel, the first one lowest: set where it is black. `None` where the line has too little contrast.
pub(super) fn black(levels: &[u8]) -> Option<Vec<u64>> {
    let threshold = valley(&histogram(levels))? << SHIFT;
    let is_black: Vec<bool> = match levels.len() {
        ..3 => levels.iter().map(|level| u32::from(*level) < threshold).collect(),
        _ => sharp(levels, threshold as i16),
    };
    Some(words_of(&is_black))
}

fn words_of(is_black: &[bool]) -> Vec<u64> {
    let words = is_black.chunks(PIXELS_OF_A_WORD);
    words.map(|pixels| word_of(pixels, |is_black| is_black)).collect()
}

/// Black pixels as rxing keeps them.
pub(super) fn bits_of(is_black: &[bool]) -> BitArray {
    bits_of_words(&words_of(is_black), is_black.len())
}

/// So many black pixels as rxing keeps them.
pub(super) fn bits_of_words(words: &[u64], length: usize) -> BitArray {
    let mut bits = BitArray::with_size(length);
    for at in (0..length).step_by(usize::BITS as usize) {
        bits.setBulk(at, (words[at / PIXELS_OF_A_WORD] >> (at % PIXELS_OF_A_WORD)) as usize);
    }
    bits
}

/// Whether each pixel is black once it is set off from its neighbours; the first and the last are white.
fn sharp(levels: &[u8], threshold: i16) -> Vec<bool> {
    let mut is_black = vec![false; levels.len()];
    let beside = levels.iter().zip(&levels[2..]);
    for ((is_black, level), (left, right)) in is_black[1..].iter_mut().zip(&levels[1..]).zip(beside) {
        // At most four times 255.
        let sharpened = (4 * i16::from(*level))
            .wrapping_sub(i16::from(*left))
            .wrapping_sub(i16::from(*right));
        *is_black = sharpened < 2 * threshold;
    }
    is_black
}

fn histogram(levels: &[u8]) -> [u32; BUCKETS] {
    // Neighbours are mostly alike, and a bucket that has just been written is read late: so four are filled in turn.
    let mut counts = [[0u32; BUCKETS]; 4];
    let (fours, rest) = levels.as_chunks::<4>();
    for four in fours {
        for (counts, level) in counts.iter_mut().zip(four) {
            counts[usize::from(level >> SHIFT)] += 1;
        }
    }
    for level in rest {
        counts[0][usize::from(level >> SHIFT)] += 1;
    }
    std::array::from_fn(|i| counts.iter().map(|counts| counts[i]).sum())
}

/// The bucket in the valley between the two peaks.
fn valley(counts: &[u32; BUCKETS]) -> Option<u32> {
    let most = counts.iter().copied().max().unwrap_or(0);
    let highest = counts.iter().position(|count| *count == most)?;
    // A peak counts more the further it lies from the highest; of equal ones the first.
    let score = |i: usize| counts[i] * (i.abs_diff(highest) as u32).pow(2);
    let second = (0..BUCKETS).rev().max_by_key(|i| score(*i))?;
    let second = if score(second) == 0 { 0 } else { second };
    let (dark, bright) = (highest.min(second), highest.max(second));
    if bright - dark <= PEAKS_APART {
        return None;
    }
    // Low, and nearer to the bright peak.
    let depth = |i: usize| {
        let (from_dark, to_bright) = ((i - dark) as i64, (bright - i) as i64);
        from_dark * from_dark * to_bright * i64::from(most - counts[i])
    };
    let lowest = (dark + 1..=bright).max_by_key(|i| depth(*i))?;
    Some(lowest as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rxing::common::GlobalHistogramBinarizer;
    use rxing::{Binarizer, Luma8Source};

    use super::*;

    proptest! {
        #[test]
        fn a_line_is_what_rxing_makes_of_it(
            levels in prop_oneof![
                prop::collection::vec(any::<u8>(), 1..300),
                prop::collection::vec(prop_oneof![20u8..60, 180u8..220], 1..300),
                prop::collection::vec(100u8..130, 1..100),
            ],
        ) {
            let length = levels.len();
            let source = Luma8Source::new(levels.clone(), length as u32, 1).unwrap();
            let binarizer = GlobalHistogramBinarizer::new(source);
            let row = binarizer.get_black_row(0).ok();
            let expected: Option<Vec<bool>> = row.map(|row| (0..length).map(|i| row.get(i)).collect());
            let bit = |words: &[u64], i: usize| words[i / 64] >> (i % 64) & 1 == 1;
            let black = black(&levels).map(|words| (0..length).map(|i| bit(&words, i)).collect::<Vec<_>>());
            prop_assert_eq!(black, expected);
        }
    }
}
