//! Every family of kernels against plain Rust, bit for bit, and plain Rust against the convolution's definition.

use proptest::prelude::*;

use super::reference::Reference;
use super::reference_halves::{Bfloat16, Float16};
use super::*;

mod case;
mod instructions;

use case::{Added, Case, cases, wide_cases};

proptest! {
    #[test]
    fn every_family_equals_plain_rust(case in cases()) {
        for kernels in all() {
            let name = kernels.name();
            prop_assert!(case.dense_bytes(kernels) == case.dense_bytes(&Reference), "{}: dense bytes", name);
            prop_assert!(
                case.dense_bytes_of_a_picture(kernels) == case.dense_bytes_of_a_picture(&Reference),
                "{}: dense bytes of a picture",
                name
            );
            prop_assert!(case.grouped_bytes(kernels) == case.grouped_bytes(&Reference), "{}: grouped bytes", name);
            prop_assert!(case.dense_floats(kernels) == case.dense_floats(&Reference), "{}: dense floats", name);
            prop_assert!(case.grouped_floats(kernels) == case.grouped_floats(&Reference), "{}: grouped floats", name);
            prop_assert!(case.depthwise_bytes(kernels) == case.depthwise_bytes(&Reference), "{}: depthwise bytes", name);
            prop_assert!(case.depthwise_floats(kernels) == case.depthwise_floats(&Reference), "{}: depthwise floats", name);
        }
    }

    #[test]
    fn every_family_equals_plain_rust_in_wide_dense_convolutions_of_bytes(case in wide_cases(), only_bytes in any::<bool>()) {
        // Bytes alone are made by other instructions than everything that may be wanted.
        let case = if only_bytes {
            Case { added: Added::Nothing, floats: false, bytes: true, quantize: false, ..case }
        } else {
            case
        };
        let expected = case.dense_bytes(&Reference);
        for kernels in all() {
            prop_assert!(case.dense_bytes(kernels) == expected, "{}", kernels.name());
        }
    }

    #[test]
    fn halves_equal_plain_rust(case in prop_oneof![cases(), wide_cases()]) {
        if let Some((kernels, reference)) = halves() {
            let name = kernels.name();
            prop_assert!(case.dense_halves(kernels) == case.dense_halves(reference), "{}: dense", name);
            prop_assert!(case.grouped_halves(kernels) == case.grouped_halves(reference), "{}: grouped", name);
        }
    }

    #[test]
    fn halves_are_near_floats(case in cases()) {
        let case = Case { inputs: case.inputs.next_multiple_of(2), floats: true, bytes: false, ..case };
        let exact = case.dense_floats(&Reference);
        for (kernels, last_bit) in [(&Bfloat16 as &dyn HalfKernels, 1.0 / 128.0), (&Float16, 1.0 / 1024.0)] {
            // Numbers are below 2, multipliers below 2/300, and each of the two factors of a product is off by half its last bit; float16's sums as well.
            let products = (case.inputs * case.side * case.side) as f32;
            let most = products * 4.0 * 2.0 * last_bit * 2.0 / 300.0 + 1e-3;
            for (half, float) in case.dense_halves(kernels).floats().zip(exact.floats()) {
                let near = half == float || (half - float).abs() <= most;
                prop_assert!(near, "{}: {} instead of {}, {} allowed", kernels.name(), half, float, most);
            }
        }
    }

    #[test]
    fn floats_become_the_same_halves(bits in prop::collection::vec(any::<u32>(), 0..70)) {
        let floats: Vec<f32> = bits.iter().copied().map(f32::from_bits).collect();
        if let Some((kernels, reference)) = halves() {
            let narrowed = |kernels: &dyn HalfKernels| {
                let mut halves = vec![7; floats.len()];
                kernels.narrow(&floats, &mut halves);
                // The bits of a number that is none are nobody's concern.
                let numbers = halves.into_iter().zip(&floats).filter(|(_, float)| !float.is_nan());
                numbers.map(|(half, _)| half).collect::<Vec<_>>()
            };
            prop_assert_eq!(narrowed(kernels), narrowed(reference), "{}", kernels.name());
        }
    }

    #[test]
    fn tiles_cover_a_row_once(pixels in 0usize..500, most in 1usize..20) {
        let mut next = 0;
        for (first, count) in tiles(pixels, most) {
            prop_assert!(first == next && count >= 1 && count <= most);
            next += count;
        }
        prop_assert_eq!(next, pixels);
    }
}

/// The half-precision kernels of this processor, if it has any, with what they must equal.
fn halves() -> Option<(&'static dyn HalfKernels, &'static dyn HalfKernels)> {
    let kernels = best_halves()?;
    let reference: &dyn HalfKernels = match kernels.name() {
        "bfloat16" => &Bfloat16,
        "float16" => &Float16,
        other => panic!("plain Rust has no {other}"),
    };
    Some((kernels, reference))
}

/// Bytes whose products are the greatest and the least that there are, whether 128 is taken from the first or not.
const EXTREMES: [(u8, i8); 7] = [
    (255, 127),
    (255, -128),
    (128, -128),
    (1, -127),
    (0, -128),
    (0, 127),
    (127, -128),
];

/// The greatest and the least products that there are, as many as a network's widest convolution has: sums beyond 16 bits and within 32.
#[test]
fn extreme_bytes_do_not_saturate() {
    for (value, weight) in EXTREMES {
        let inputs = 4608;
        // Enough results for tiles.
        let pixels = 20;
        let map = vec![value; pixels * inputs];
        let reads = Reads {
            map: &map,
            first: 0,
            step: inputs,
            taps: &[0],
        };
        for kernels in all() {
            let packed = kernels.pack_dense_bytes(&vec![weight; 16 * inputs], 16, 1, inputs);
            let mut floats = vec![0f32; pixels * 16];
            let mut row = Row {
                pixels,
                stride: 16,
                floats: Some(&mut floats),
                bytes: None,
                residual: None,
            };
            let epilogue = Epilogue {
                multiplier: &[1.0; 16],
                addend: &[0.0; 16],
                low: f32::NEG_INFINITY,
                high: f32::INFINITY,
                quantize: None,
            };
            let convolution = DenseBytes {
                weights: &packed,
                quads: inputs / 4,
                grouping: Grouping::Whole,
                start: &[0; 16],
                epilogue,
            };
            kernels.dense_bytes(&reads, &convolution, &mut row);
            let sum = (i32::from(value) * i32::from(weight) * inputs as i32) as f32;
            assert_eq!(floats, [sum; 20 * 16], "{}: {value} * {weight}", kernels.name());
        }
    }
}

/// The same in a depthwise convolution, by itself and with each other's neighbours.
#[test]
fn extreme_bytes_do_not_saturate_in_depthwise_convolutions() {
    for (value, weight) in EXTREMES {
        for (side, stride, other) in [(3, 1, value), (3, 2, 0), (5, 1, 255), (5, 2, value)] {
            let pixels = 9;
            let columns = (pixels - 1) * stride + side;
            let map: Vec<u8> = (0..columns * side * 16)
                .map(|at| if at / 16 % 3 == 1 { other } else { value })
                .collect();
            let taps: Vec<usize> = (0..side * side)
                .map(|tap| (tap / side * columns + tap % side) * 16)
                .collect();
            let reads = Reads {
                map: &map,
                first: 0,
                step: stride * 16,
                taps: &taps,
            };
            let row_of = |kernels: &dyn Kernels| {
                let packed = kernels.pack_depthwise_bytes(&vec![weight; 16 * side * side], 16, side);
                let mut floats = vec![0f32; pixels * 16];
                let mut row = Row {
                    pixels,
                    stride: 16,
                    floats: Some(&mut floats),
                    bytes: None,
                    residual: None,
                };
                let epilogue = Epilogue {
                    multiplier: &[1.0; 16],
                    addend: &[0.0; 16],
                    low: f32::NEG_INFINITY,
                    high: f32::INFINITY,
                    quantize: None,
                };
                kernels.depthwise_bytes(
                    &reads,
                    &Depthwise {
                        weights: &packed,
                        side,
                        start: &[-7; 16],
                        epilogue,
                    },
                    &mut row,
                );
                floats
            };
            for kernels in all() {
                assert_eq!(
                    row_of(kernels),
                    row_of(&Reference),
                    "{}: {value} * {weight}, side {side}",
                    kernels.name()
                );
            }
        }
    }
}

/// Zeros of both signs, numbers that are none and halves, in the sums, at the bounds and between bytes.
#[test]
fn what_follows_a_sum_is_the_same_to_the_bit() {
    let special = [
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        -0.5,
        254.5,
        255.5,
        300.0,
        -3.0,
        1e30,
        -1e30,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        7.0,
    ];
    let map = [1f32];
    let reads = Reads {
        map: &map,
        first: 0,
        step: 16,
        taps: &[0],
    };
    for low in [0.0, -0.0, f32::NEG_INFINITY, f32::NAN, 1.0] {
        for high in [0.0, -0.0, f32::INFINITY, f32::NAN, 200.0] {
            for quantize in [
                None,
                Some(Quantize {
                    inverse: 1.0,
                    zero: 0.0,
                }),
                Some(Quantize {
                    inverse: 2.0,
                    zero: 3.0,
                }),
            ] {
                let row_of = |kernels: &dyn Kernels| {
                    let (mut floats, mut bytes) = ([9f32; 16], [9u8; 16]);
                    let epilogue = Epilogue {
                        multiplier: &[1.0; 16],
                        addend: &[-0.0; 16],
                        low,
                        high,
                        quantize,
                    };
                    let mut row = Row {
                        pixels: 1,
                        stride: 16,
                        floats: Some(&mut floats),
                        bytes: Some(&mut bytes),
                        residual: None,
                    };
                    let convolution = DenseFloats {
                        weights: &special,
                        inputs: 1,
                        grouping: Grouping::Whole,
                        epilogue,
                    };
                    kernels.dense_floats(&reads, &convolution, &mut row);
                    // The bits of a number that is none are nobody's concern.
                    (
                        floats.map(|float| if float.is_nan() { u32::MAX } else { float.to_bits() }),
                        bytes,
                    )
                };
                for kernels in all() {
                    assert_eq!(
                        row_of(kernels),
                        row_of(&Reference),
                        "{}: {low} {high} {quantize:?}",
                        kernels.name()
                    );
                }
            }
        }
    }
}

/// Numbers that are none, numbers beyond all integers and halves, where bytes are all that is wanted.
#[test]
fn bytes_of_special_numbers_are_the_same() {
    let special = [
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        -0.5,
        254.5,
        255.5,
        300.0,
        -3.0,
        3e9,
        -3e9,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        7.0,
    ];
    let (pixels, inputs, channels) = (37, 64, 48);
    let map: Vec<u8> = (0..(1 + pixels) * inputs).map(|at| (at / inputs % 3) as u8).collect();
    // The sums are 0, 1 and 2.
    let weights: Vec<i8> = (0..channels * inputs).map(|at| i8::from(at % inputs == 5)).collect();
    let reads = Reads {
        map: &map,
        first: inputs,
        step: inputs,
        taps: &[0],
    };
    let multiplier: Vec<f32> = special.iter().cycle().take(channels).copied().collect();
    for low in [0.0, -0.0, 0.5, 1.5, 100.0, 300.0] {
        for high in [0.0, 0.5, 2.5, 200.0, 254.5, 255.0] {
            for addend in [0.0, 1.0, f32::INFINITY, -1e30] {
                let row_of = |kernels: &dyn Kernels| {
                    let packed = kernels.pack_dense_bytes(&weights, channels, 1, inputs);
                    let mut bytes = vec![9u8; pixels * channels];
                    let epilogue = Epilogue {
                        multiplier: &multiplier,
                        addend: &[addend; 48],
                        low,
                        high,
                        quantize: None,
                    };
                    let mut row = Row {
                        pixels,
                        stride: channels,
                        floats: None,
                        bytes: Some(&mut bytes),
                        residual: None,
                    };
                    let convolution = DenseBytes {
                        weights: &packed,
                        quads: inputs / 4,
                        grouping: Grouping::Whole,
                        start: &[0; 48],
                        epilogue,
                    };
                    kernels.dense_bytes(&reads, &convolution, &mut row);
                    bytes
                };
                for kernels in all() {
                    assert_eq!(
                        row_of(kernels),
                        row_of(&Reference),
                        "{}: {low} {high} {addend}",
                        kernels.name()
                    );
                }
            }
        }
    }
}
