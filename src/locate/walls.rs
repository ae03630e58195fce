//! Walls of a tank and edges of a table: what runs along the frame's edges and is no ground.

use super::plane::Plane;

/// Share of a column or row that differs from the ground in a wall.
const SHARE: f32 = 0.85;

/// Walls take at most this share of the frame on each side.
const DEEPEST: f32 = 0.15;

/// The pixels of walls. A column or row belongs to a wall if most of it differs from the ground by `least`, from the frame's edge inwards
/// without a gap; so does what hangs on to the wall like a tilted wall's wedge.
pub fn find(distances: &Plane<u8>, least: u8) -> Plane<bool> {
    let (width, height) = (distances.width(), distances.height());
    let column_share = |x: usize| (0..height).filter(|y| distances.at(x, *y) >= least).count() as f32 / height as f32;
    let row_share = |y: usize| distances.row(y).iter().filter(|d| **d >= least).count() as f32 / width as f32;
    let (deepest_x, deepest_y) = ((width as f32 * DEEPEST) as usize, (height as f32 * DEEPEST) as usize);
    // What goes on deeper than a wall is some large thing at the edge.
    let thickness = |deepest: usize, share: &dyn Fn(usize) -> f32| {
        let count = (0..deepest).take_while(|i| share(*i) > SHARE).count();
        if count == deepest { 0 } else { count }
    };
    let left = thickness(deepest_x, &column_share);
    let right = thickness(deepest_x, &|i| column_share(width - 1 - i));
    let top = thickness(deepest_y, &row_share);
    let bottom = thickness(deepest_y, &|i| row_share(height - 1 - i));
    let mut walls = Plane::from_fn(distances.size(), |x, y| {
        x < left || x + right >= width || y < top || y + bottom >= height
    });
    if left + right + top + bottom == 0 {
        return walls;
    }
    // A tilted wall's wedge and the blur of its edge: at most as much again as the wall is thick, and a little.
    for y in 0..height {
        if left > 0 {
            let end = (left..(2 * left + 3).min(width))
                .find(|x| distances.at(*x, y) < least)
                .unwrap_or(left);
            walls.row_mut(y)[..end.max(left)].fill(true);
        }
        if right > 0 {
            let inner = width - right;
            let start = (inner.saturating_sub(right + 3)..inner)
                .rev()
                .find(|x| distances.at(*x, y) < least)
                .map_or(inner, |x| x + 1);
            walls.row_mut(y)[start..].fill(true);
        }
    }
    walls
}
