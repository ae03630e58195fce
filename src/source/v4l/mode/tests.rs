use proptest::prelude::*;

use super::*;
use crate::source::v4l::fake::offer;

fn wanted(width: u32, height: u32, rate: f64) -> Wanted {
    Wanted {
        size: Size::new(width, height),
        rate,
        format: None,
    }
}

fn chosen(offers: &[Offer], wanted: &Wanted) -> String {
    match choose(offers, wanted) {
        Some(mode) => format!("{} {} {}", mode.format, mode.size, mode.rate),
        None => "nothing".to_owned(),
    }
}

/// As uvcvideo lists a common USB 2 webcam: raw pixels are slow at large sizes.
fn webcam() -> Vec<Offer> {
    vec![
        offer(b"YUYV", &[(640, 480)], &[30.0, 15.0]),
        offer(b"YUYV", &[(1280, 720)], &[10.0, 5.0]),
        offer(b"YUYV", &[(1920, 1080)], &[5.0]),
        offer(b"MJPG", &[(640, 480), (1280, 720), (1920, 1080)], &[30.0, 15.0]),
        offer(b"H264", &[(1920, 1080)], &[30.0]),
    ]
}

#[test]
fn size_comes_first_then_rate_then_what_the_record_can_keep() {
    assert_eq!(chosen(&webcam(), &wanted(1920, 1080, 30.0)), "MJPG 1920x1080 30");
    assert_eq!(chosen(&webcam(), &wanted(4000, 3000, 30.0)), "MJPG 1920x1080 30");
    assert_eq!(chosen(&webcam(), &wanted(640, 480, 30.0)), "MJPG 640x480 30");
    let yuyv = Wanted {
        format: Some(FourCc(*b"YUYV")),
        ..wanted(1920, 1080, 30.0)
    };
    assert_eq!(chosen(&webcam(), &yuyv), "YUYV 1920x1080 5");
    assert_eq!(
        chosen(&webcam()[4..], &wanted(1920, 1080, 30.0)),
        "nothing",
        "H264 is not read"
    );
    let nv12 = Wanted {
        format: Some(FourCc(*b"NV12")),
        ..yuyv
    };
    assert_eq!(chosen(&webcam(), &nv12), "nothing");
}

#[test]
fn devices_that_list_no_sizes_are_asked_for_what_is_wanted() {
    let bare = [offer(b"YUYV", &[], &[])];
    assert_eq!(chosen(&bare, &wanted(800, 600, 12.5)), "YUYV 800x600 12.5");
    let unknown = offer(b"YUYV", &[(640, 480)], &[]);
    assert_eq!(chosen(&[unknown], &wanted(640, 480, 12.5)), "YUYV 640x480 12.5");
}

#[test]
fn between_a_smallest_and_a_largest_size_the_nearest_step_is_taken() {
    let range = |step| Offer {
        format: FourCc(*b"YUYV"),
        description: String::new(),
        sizes: vec![OfferedSize::Range {
            least: Size::new(32, 32),
            most: Size::new(3840, 2160),
            step: Size::new(step, step),
            rates: Rates::Range { least: 1.0, most: 60.0 },
        }],
    };
    assert_eq!(chosen(&[range(1)], &wanted(1921, 1079, 90.0)), "YUYV 1921x1079 60");
    assert_eq!(chosen(&[range(16)], &wanted(1921, 1079, 30.0)), "YUYV 1920x1072 30");
    assert_eq!(chosen(&[range(16)], &wanted(1, 9999, 30.0)), "YUYV 32x2160 30");
}

proptest! {
    #[test]
    fn a_step_is_the_nearest_of_all(wanted in 0u32..200, least in 0u32..100, span in 0u32..100, step in 0u32..20) {
        let most = least + span;
        let taken = nearest_step(wanted, least, most, step);
        let all: Vec<u32> = (least..=most).step_by(step.max(1) as usize).collect();
        prop_assert!(all.contains(&taken), "{taken}");
        let best = all.iter().map(|v| v.abs_diff(wanted)).min().unwrap();
        prop_assert_eq!(taken.abs_diff(wanted), best);
    }

    #[test]
    fn nothing_better_is_passed_over(
        lists in prop::collection::vec(
            (0usize..6, prop::collection::vec((1u32..40, 1u32..40), 1..4), prop::collection::vec(1u32..60, 1..4)),
            1..5,
        ),
        width in 1u32..40,
        height in 1u32..40,
        rate in 1u32..60,
    ) {
        let codes: [&[u8; 4]; 6] = [b"MJPG", b"YUYV", b"NV12", b"GREY", b"H264", b"pRAA"];
        let offers: Vec<Offer> = lists
            .iter()
            .map(|(code, sizes, rates)| offer(codes[*code], sizes, &rates.iter().map(|r| f64::from(*r)).collect::<Vec<_>>()))
            .collect();
        let wanted = wanted(width, height, f64::from(rate));
        // All that is readable, as (how far in size, how much too slow), by plain enumeration. Of the rates of one size the nearest one is asked for.
        let mut all = Vec::new();
        for (code, sizes, rates) in &lists {
            if *code < 4 {
                for (w, h) in sizes {
                    let nearest = rates.iter().map(|r| r.abs_diff(rate)).min().unwrap();
                    for r in rates.iter().filter(|r| r.abs_diff(rate) == nearest) {
                        all.push((w.abs_diff(width) + h.abs_diff(height), rate.saturating_sub(*r)));
                    }
                }
            }
        }
        match choose(&offers, &wanted) {
            None => prop_assert!(all.is_empty()),
            Some(mode) => {
                let far = mode.size.width.abs_diff(width) + mode.size.height.abs_diff(height);
                prop_assert_eq!(far, all.iter().map(|(far, _)| *far).min().unwrap());
                let slower = (wanted.rate - mode.rate).max(0.0) as u32;
                prop_assert!(all.contains(&(far, slower)));
                let is_offered = |o: &Offer| o.format == mode.format && o.sizes.iter().any(|s| matches!(s, OfferedSize::Exact(size, _) if *size == mode.size));
                prop_assert!(offers.iter().any(is_offered));
            }
        }
    }
}

#[test]
fn colours_follow_the_kernel_s_defaults() {
    // V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT of linux/videodev2.h; numbers are its enumerations'.
    let limited_601 = Colours {
        matrix: Matrix::Bt601,
        range: Range::Limited,
    };
    let of = |format: &[u8; 4], space, encoding, quantization| colours(FourCc(*format), space, encoding, quantization);
    assert_eq!(of(b"YUYV", 8, 0, 0), limited_601, "sRGB, as webcams say");
    assert_eq!(of(b"YUYV", 0, 0, 0), limited_601);
    assert_eq!(of(b"NV12", 1, 0, 0), limited_601, "SMPTE 170M");
    assert_eq!(of(b"UYVY", 3, 0, 0).matrix, Matrix::Bt709);
    assert_eq!(of(b"UYVY", 3, 1, 0).matrix, Matrix::Bt601, "said by the driver");
    assert_eq!(of(b"YU12", 8, 2, 0).matrix, Matrix::Bt709, "said by the driver");
    assert_eq!(of(b"YU12", 10, 0, 0).matrix, Matrix::Bt2020);
    assert_eq!(of(b"YUYV", 7, 0, 0).range, Range::Full, "JPEG");
    assert_eq!(of(b"YUYV", 8, 0, 1).range, Range::Full, "said by the driver");
    assert_eq!(of(b"RGB3", 8, 0, 0).range, Range::Full);
    assert_eq!(of(b"RGB3", 8, 0, 2).range, Range::Limited, "said by the driver");
    assert_eq!(of(b"GREY", 8, 0, 0).range, Range::Full, "a sensor's numbers");
}

#[test]
fn formats_have_the_names_that_the_kernel_gives_them() {
    for name in FORMAT_NAMES.split(", ") {
        for name in name.trim_end_matches(')').split(" (or ") {
            let code = FourCc::named(name).unwrap_or_else(|| panic!("{name} is promised"));
            assert!(code.is_readable());
            assert_eq!(FourCc::of(code.number()), code);
        }
    }
    // v4l2_fourcc('Y', 'U', 'Y', 'V') of linux/videodev2.h.
    assert_eq!(FourCc(*b"YUYV").number(), 0x5659_5559);
    assert_eq!(FourCc::named("H264"), None);
    assert_eq!(FourCc(*b"Y10 ").to_string(), "Y10");
}
