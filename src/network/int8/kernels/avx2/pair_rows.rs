//! Inputs of bytes as pairs of 16 bits, which AVX2 multiplies: made once for all taps and all blocks of channels that read them.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;
use std::cell::RefCell;
use std::ops::Range;

use super::super::Reads;
use super::TILE;

/// Fours of inputs that are held at a time, unless a single tile has more: 64 KiB, which the second level of any cache holds.
const HELD: usize = 8192;

/// Four inputs, each in 16 bits: the first and the third, and the second and the fourth.
pub(super) type Pairs = [i32; 2];

/// All inputs that some results of a row read.
pub(super) struct PairRows<'a> {
    pairs: &'a [Pairs],
    /// Where each tap of the first result begins, in fours.
    pub taps: &'a [usize],
    /// From one result's to the next one's, in fours.
    pub step: usize,
    first: usize,
}

impl PairRows<'_> {
    /// Where the inputs of a result begin that a tap at 0 would read, from a channel on. It has to be one of those results.
    pub(super) fn of(&self, pixel: usize, channel: usize) -> *const Pairs {
        let at = (pixel - self.first) * self.step + channel / 4;
        self.pairs.as_ptr().wrapping_add(at)
    }
}

/// Whether results can read the same pairs. Pixels of a picture, which have three bytes, are no whole fours: there each result has its own.
fn shared(reads: &Reads<u8>) -> bool {
    reads.step.is_multiple_of(4)
}

/// Of how many results the inputs are held at a time, `depth` channels of each tap.
pub(super) fn results_at_once(reads: &Reads<u8>, depth: usize) -> usize {
    let next_line = |taps: &&[usize]| taps[1].abs_diff(taps[0]) > reads.step;
    let bytes_of_result = match shared(reads) {
        true => (1 + reads.taps.windows(2).filter(next_line).count()) * reads.step,
        false => reads.taps.len() * depth,
    };
    (4 * HELD / bytes_of_result.max(1) / TILE).max(1) * TILE
}

/// Calls `work` with the inputs of the results `pixels`, `depth` channels of each tap, in memory that each thread allocates once.
///
/// # Safety
/// The processor has AVX2.
pub(super) unsafe fn with_pairs(reads: &Reads<u8>, pixels: Range<usize>, depth: usize, work: impl FnOnce(&PairRows)) {
    thread_local! {
        static ROOM: RefCell<(Made, Vec<usize>)> = const { RefCell::new((Made { pairs: Vec::new(), count: 0 }, Vec::new())) };
    }
    ROOM.with_borrow_mut(|(made, taps)| {
        made.count = 0;
        taps.clear();
        let begins = reads
            .taps
            .iter()
            .map(|tap| reads.first + pixels.start * reads.step + tap);
        // SAFETY: the caller's promise; the same below.
        let mut make = |bytes: &[u8]| unsafe { made.make(bytes) };
        let step = if shared(reads) {
            let length = (pixels.len() - 1) * reads.step + depth;
            // Taps of one line of a window read the same bytes but for the first and the last: a stretch of the map.
            let (mut stretch, mut stretch_at) = (0..0, 0);
            for begin in begins {
                let goes_on =
                    (stretch.start..=stretch.end).contains(&begin) && (begin - stretch.start).is_multiple_of(4);
                if !goes_on {
                    (stretch, stretch_at) = (begin..begin, make(&[]));
                }
                if begin + length > stretch.end {
                    make(&reads.map[stretch.end..begin + length]);
                    stretch.end = begin + length;
                }
                taps.push(stretch_at + (begin - stretch.start) / 4);
            }
            reads.step / 4
        } else {
            for begin in begins {
                taps.push(make(&[]));
                for result in 0..pixels.len() {
                    make(&reads.map[begin + result * reads.step..][..depth]);
                }
            }
            depth / 4
        };
        work(&PairRows {
            pairs: &made.pairs[..made.count],
            taps,
            step,
            first: pixels.start,
        });
    });
}

/// Pairs made so far.
struct Made {
    pairs: Vec<Pairs>,
    count: usize,
}

impl Made {
    /// Makes those of some more inputs, four by four, and says where they begin.
    #[target_feature(enable = "avx2")]
    fn make(&mut self, bytes: &[u8]) -> usize {
        let begin = self.count;
        self.count += bytes.len() / 4;
        if self.pairs.len() < self.count {
            self.pairs.resize(self.count, Pairs::default());
        }
        let (sixteens, rest) = bytes.as_chunks::<16>();
        let (fours, last) = self.pairs[begin..self.count].as_chunks_mut::<4>();
        for (sixteen, four) in sixteens.iter().zip(fours) {
            // SAFETY: sixteen bytes are read, and four pairs of 8 bytes written.
            unsafe {
                let bytes = _mm_loadu_si128(sixteen.as_ptr().cast());
                let even = _mm_and_si128(bytes, _mm_set1_epi16(0xFF));
                let odd = _mm_srli_epi16::<8>(bytes);
                let to: *mut __m128i = four.as_mut_ptr().cast();
                _mm_storeu_si128(to, _mm_unpacklo_epi32(even, odd));
                _mm_storeu_si128(to.add(1), _mm_unpackhi_epi32(even, odd));
            }
        }
        for (four, pair) in rest.as_chunks::<4>().0.iter().zip(last) {
            let [a, b, c, d] = four.map(i32::from);
            *pair = [a | c << 16, b | d << 16];
        }
        begin
    }
}
