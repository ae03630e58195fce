//! Smooth random fields in the plane, and stray numbers for grid cells.

/// A field of smooth noise; equal seeds give equal fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noise {
    seed: u32,
}

impl Noise {
    /// The field of a seed.
    pub const fn new(seed: u32) -> Self {
        Self { seed }
    }

    /// One octave: mean about 0, mostly within -1..1, about one bump a unit.
    pub fn at(self, x: f32, y: f32) -> f32 {
        let (cx, cy) = (x.floor(), y.floor());
        let (i, j) = (cx as i32, cy as i32);
        let (u, v) = (ease(x - cx), ease(y - cy));
        let corner = |di: i32, dj: i32| cell(self.seed, i.wrapping_add(di), j.wrapping_add(dj));
        let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * u;
        let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * u;
        (top + (bottom - top) * v) * 3.4 - 1.7
    }

    /// `octaves` octaves, each of 2.1 times the last one's frequency and half its height.
    pub fn cloud(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut sum, mut height, mut frequency) = (0.0, 1.0, 1.0);
        for octave in 0..octaves {
            let field = Self::new(self.seed.wrapping_add(octave.wrapping_mul(0x9E37_79B9)));
            sum += height * field.at(x * frequency, y * frequency);
            height *= 0.5;
            frequency *= 2.1;
        }
        sum
    }

    /// A number from 0 to 1 that belongs to the cell (`i`, `j`) alone.
    pub fn of_cell(self, i: i32, j: i32) -> f32 {
        cell(self.seed, i, j)
    }

    /// How deep a point lies in a round speck: 1 at its middle, 0 outside. Every unit cell holds at most one, in a share `density` of the
    /// cells, with a radius up to `radius` (under a half) cells.
    pub fn specks(self, x: f32, y: f32, density: f32, radius: f32) -> f32 {
        let (i, j) = (x.floor() as i32, y.floor() as i32);
        if cell(self.seed, i, j) >= density {
            return 0.0;
        }
        let size = radius * (0.35 + 0.65 * cell(self.seed ^ 0x51ED, i, j));
        let room = 1.0 - 2.0 * size;
        let dx = x - i as f32 - size - room * cell(self.seed ^ 0xA511, i, j);
        let dy = y - j as f32 - size - room * cell(self.seed ^ 0x7C15, i, j);
        (1.0 - (dx * dx + dy * dy) / (size * size)).max(0.0)
    }
}

fn ease(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// A well mixed hash of cell and seed, as a number from 0 to 1.
fn cell(seed: u32, i: i32, j: i32) -> f32 {
    let mut h = seed ^ (i as u32).wrapping_mul(0x85EB_CA6B) ^ (j as u32).wrapping_mul(0xC2B2_AE35);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297A_2D39);
    h ^= h >> 15;
    (h >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_smooth_and_centred() {
        let field = Noise::new(7);
        let mut sum = 0.0;
        for k in 0..10_000 {
            let (x, y) = (k as f32 * 0.37, k as f32 * 0.211);
            let v = field.at(x, y);
            assert!(v.abs() <= 1.7);
            assert!((field.at(x + 1e-3, y) - v).abs() < 0.02, "jump at {x}, {y}");
            sum += v;
        }
        assert!((sum / 10_000.0f32).abs() < 0.1);
    }
}
