//! The problem that every engine gets: sizes, weights, features, labels. Numbers come from a hash of their index, so that Python makes the same.

/// Channels of the encoder's four results, largest map first (SE-ResNeXt50).
pub const LEVELS: [usize; 4] = [256, 512, 1024, 2048];
/// Height and width of the largest map: a quarter of 320 by 800.
pub const QUARTER: [usize; 2] = [80, 200];
/// Width of the pyramid.
pub const PYRAMID: usize = 128;
/// Width of the segmentation branches.
pub const SEGMENTATION: usize = 64;
/// Groups of a GroupNorm.
pub const GROUPS: usize = 32;
/// Traits.
pub const CLASSES: usize = 12;
/// Units of the branches of p5, p4, p3, p2; only the last one's does not enlarge.
pub const UNITS: [usize; 4] = [3, 2, 1, 1];
/// Adam's rate.
pub const RATE: f64 = 1e-4;
/// Chance that a channel is dropped before the head.
pub const DROPOUT: f32 = 0.2;

/// One of 2^24 steps of [0, 1), from an index (MurmurHash3's finalizer).
pub fn uniform(index: u32, seed: u32) -> f32 {
    let mut h = index.wrapping_mul(0x9E37_79B1).wrapping_add(seed.wrapping_mul(0x85EB_CA77));
    h ^= h >> 16;
    h = h.wrapping_mul(0x85EB_CA6B);
    h ^= h >> 13;
    h = h.wrapping_mul(0xC2B2_AE35);
    h ^= h >> 16;
    (h >> 8) as f32 / (1 << 24) as f32
}

/// `length` values.
pub fn values(length: usize, seed: u32, scale: f32, shift: f32) -> Vec<f32> {
    (0..length as u32).map(|i| uniform(i, seed) * scale + shift).collect()
}

/// A parameter: its shape and first values.
pub struct Parameter {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// In the order in which every engine takes them: laterals of p5 to p2 (weight, bias), units (weight, gain, shift), head (weight, bias).
pub fn parameters() -> Vec<Parameter> {
    let mut list: Vec<Parameter> = Vec::new();
    let weight = |list: &mut Vec<Parameter>, output: usize, input: usize, side: usize| {
        let fan = input * side * side;
        let bound = (6.0f64 / fan as f64).sqrt() as f32;
        let values = values(output * fan, 10 + list.len() as u32, 2.0 * bound, -bound);
        list.push(Parameter { shape: vec![output, input, side, side], values });
    };
    let constant = |list: &mut Vec<Parameter>, length: usize, value: f32| {
        list.push(Parameter { shape: vec![length], values: vec![value; length] });
    };
    for level in LEVELS.iter().rev() {
        weight(&mut list, PYRAMID, *level, 1);
        constant(&mut list, PYRAMID, 0.0);
    }
    for units in UNITS {
        for unit in 0..units {
            weight(&mut list, SEGMENTATION, if unit == 0 { PYRAMID } else { SEGMENTATION }, 3);
            constant(&mut list, SEGMENTATION, 1.0);
            constant(&mut list, SEGMENTATION, 0.0);
        }
    }
    weight(&mut list, CLASSES, SEGMENTATION, 1);
    constant(&mut list, CLASSES, 0.0);
    list
}

/// The encoder's results for a batch, largest map first.
pub fn features(batch: usize) -> Vec<Parameter> {
    LEVELS
        .iter()
        .enumerate()
        .map(|(k, &channels)| {
            let shape = vec![batch, channels, QUARTER[0] >> k, QUARTER[1] >> k];
            let values = values(shape.iter().product(), 100 + k as u32, 1.0, 0.0);
            Parameter { shape, values }
        })
        .collect()
}

/// One plane a trait: blocks of 16 by 16 pixels belong to a trait or to none.
pub fn labels(batch: usize) -> Parameter {
    let (height, width) = (QUARTER[0] * 4, QUARTER[1] * 4);
    let mut values = vec![0.0; batch * CLASSES * height * width];
    for b in 0..batch {
        for y in 0..height {
            for x in 0..width {
                let block = (b * 20 + y / 16) * 50 + x / 16;
                let class = (uniform(block as u32, 200) * 13.0) as usize;
                if class > 0 {
                    values[((b * CLASSES + class - 1) * height + y) * width + x] = 1.0;
                }
            }
        }
    }
    Parameter { shape: vec![batch, CLASSES, height, width], values }
}

/// What the merged map's channels are multiplied with: 0 or 1 / (1 - p).
pub fn dropout(batch: usize, step: u32) -> Parameter {
    let values = (0..(batch * SEGMENTATION) as u32)
        .map(|i| if uniform(i, 300 + step) < DROPOUT { 0.0 } else { 1.0 / (1.0 - DROPOUT) })
        .collect();
    Parameter { shape: vec![batch, SEGMENTATION, 1, 1], values }
}

/// Linear interpolation with aligned corners as a matrix of `output` rows: for engines without its gradient.
pub fn interpolation(input: usize, output: usize) -> Vec<f32> {
    let mut matrix = vec![0.0; output * input];
    for i in 0..output {
        let at = i as f64 * (input - 1) as f64 / (output - 1) as f64;
        let low = (at as usize).min(input - 2);
        let part = at - low as f64;
        matrix[i * input + low] = (1.0 - part) as f32;
        matrix[i * input + low + 1] = part as f32;
    }
    matrix
}
