use image::Rgb;
use rand::SeedableRng;

use super::*;
use crate::frame::Size;
use crate::traits::{Trait, TraitSet};

/// Whose pixels tell their traits: red is head, green is trunk, anything else nothing.
fn coloured() -> (RgbImage, TraitMask) {
    let size = Size::new(96, 64);
    let mut mask = TraitMask::empty(size);
    let picture = RgbImage::from_fn(size.width, size.height, |x, y| {
        let (which, colour) = match (x, y) {
            (20..45, 16..48) => (Some(Trait::Head), [250, 10, 10]),
            (45..80, 20..44) => (Some(Trait::Trunk), [10, 250, 10]),
            _ => (None, [60, 60, 200]),
        };
        if let Some(which) = which {
            mask.set(x, y, TraitSet::EMPTY.with(which));
        }
        Rgb(colour)
    });
    (picture, mask)
}

#[test]
fn a_mask_moves_with_its_picture() {
    let (picture, mask) = coloured();
    for seed in 0..60 {
        let (moved, traits) = moved::at_random(&picture, &mask, &mut ChaCha8Rng::seed_from_u64(seed));
        let mut wrong = 0;
        for (x, y, pixel) in moved.enumerate_pixels() {
            let [r, g, _] = pixel.0;
            let seen = [(Trait::Head, r), (Trait::Trunk, g)]
                .into_iter()
                .filter(|(_, value)| *value > 130);
            let seen: TraitSet = seen.map(|(which, _)| which).collect();
            wrong += u32::from(seen != traits.get(x, y));
        }
        // Borders are soft in the picture and hard in the mask.
        assert!(wrong < 150, "seed {seed}: {wrong} pixels");
    }
}

#[test]
fn the_same_seed_alters_the_same_way() {
    let (picture, mask) = coloured();
    let run = |seed| altered(&picture, &mask, &mut ChaCha8Rng::seed_from_u64(seed));
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).0, run(6).0);
}

#[test]
fn pictures_smaller_than_the_tiles_are_altered_too() {
    for (width, height) in [(1, 1), (3, 9), (64, 1)] {
        let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, 90, y as u8]));
        let mask = TraitMask::empty(Size::new(width, height));
        for seed in 0..40 {
            altered(&picture, &mask, &mut ChaCha8Rng::seed_from_u64(seed));
        }
    }
}
