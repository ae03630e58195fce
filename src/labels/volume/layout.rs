//! Which axes of a volume are the picture's, and which way they run.

use crate::frame::Size;
use crate::labels::canvas::checked_size;
use crate::labels::{Form, LabelsError};

/// The sizes of a volume's three axes, the fastest first, and the direction of a step along each: to the left, to the back and up of a patient
/// (LPS), which for a picture is to the right, down and out of it. Without directions where the file tells none.
#[derive(Debug, Clone)]
pub(in crate::labels) struct Axes {
    pub(in crate::labels) sizes: [i64; 3],
    pub(in crate::labels) directions: Option<[[f64; 3]; 3]>,
}

/// Which axes are the picture's, and which way they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::labels) struct Layout {
    /// The two axes of the picture, the faster one first.
    pub(in crate::labels) axes: [usize; 2],
    /// How many voxels they have.
    pub(in crate::labels) sizes: Size,
    /// Whether the faster axis runs down the picture.
    transposed: bool,
    /// Whether the picture's columns run the other way, and its rows.
    mirrored: [bool; 2],
}

impl Layout {
    /// The layout that the directions tell; with `as_stored`, or without directions, the faster axis runs to the right and the other down.
    pub(in crate::labels) fn of(form: Form, axes: &Axes, as_stored: bool) -> Result<Self, LabelsError> {
        let directions = axes.directions.filter(|_| !as_stored);
        let through = through_picture(form, axes, directions)?;
        let [a, b] = match through {
            0 => [1, 2],
            1 => [0, 2],
            _ => [0, 1],
        };
        let sizes = checked_size(form, axes.sizes[a], axes.sizes[b])?;
        let stored = Self {
            axes: [a, b],
            sizes,
            transposed: false,
            mirrored: [false, false],
        };
        let Some(directions) = directions else {
            return Ok(stored);
        };
        let (first, second) = (main_way(directions[a]), main_way(directions[b]));
        let (transposed, to_right, down) = match (first, second) {
            (Some((0, right)), Some((1, down))) => (false, right, down),
            (Some((1, down)), Some((0, right))) => (true, right, down),
            _ => {
                let way = |d: [f64; 3]| format!("({}, {}, {})", d[0], d[1], d[2]);
                let reason = format!(
                    "its axes run along {} and {}, and a picture's along the first and the second of left, posterior, superior",
                    way(directions[a]),
                    way(directions[b])
                );
                return Err(LabelsError::Axes { form, reason });
            }
        };
        Ok(Self {
            transposed,
            mirrored: [!to_right, !down],
            ..stored
        })
    }

    /// The size of the picture whose axes have `stored` voxels.
    pub(in crate::labels) fn upright(&self, stored: Size) -> Size {
        if self.transposed { stored.turned() } else { stored }
    }

    /// The size along the stored axes of a picture; its own inverse.
    pub(in crate::labels) fn stored(&self, picture: Size) -> Size {
        self.upright(picture)
    }

    /// Column and row, in a picture whose axes have `whole` voxels, of the voxel `i`, `j` along the stored axes.
    pub(super) fn place(&self, whole: Size, i: u32, j: u32) -> (u32, u32) {
        let size = self.upright(whole);
        let (x, y) = if self.transposed { (j, i) } else { (i, j) };
        let x = if self.mirrored[0] { size.width - 1 - x } else { x };
        let y = if self.mirrored[1] { size.height - 1 - y } else { y };
        (x, y)
    }
}

/// The axis through the picture: one of one voxel.
fn through_picture(form: Form, axes: &Axes, directions: Option<[[f64; 3]; 3]>) -> Result<usize, LabelsError> {
    let single = (0..3).filter(|axis| axes.sizes[*axis] == 1);
    let outward = |axis: &usize| {
        let direction = directions.map_or([0.0; 3], |all| all[*axis]);
        direction[2].abs() / length(direction).max(f64::MIN_POSITIVE)
    };
    // Of equal ones the last.
    let through = single.max_by(|a, b| outward(a).total_cmp(&outward(b)));
    through.ok_or_else(|| LabelsError::NotRead {
        form,
        what: format!(
            "a volume of {} x {} x {} voxels",
            axes.sizes[0], axes.sizes[1], axes.sizes[2]
        ),
        cure: "a picture has one slice: save the label of one picture",
    })
}

/// Along which of the three a direction runs, and whether forwards; `None` if it runs askew.
fn main_way(direction: [f64; 3]) -> Option<(usize, bool)> {
    /// A sixth of a degree comes from rounding.
    const COSINE: f64 = 0.99999;
    let along = (0..3).find(|i| direction[*i].abs() >= COSINE * length(direction))?;
    (direction[along] != 0.0).then_some((along, direction[along] > 0.0))
}

fn length(direction: [f64; 3]) -> f64 {
    direction.iter().map(|d| d * d).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(sizes: [i64; 3], directions: [[f64; 3]; 3]) -> Result<Layout, LabelsError> {
        let directions = Some(directions);
        Layout::of(Form::Nrrd, &Axes { sizes, directions }, false)
    }

    #[test]
    fn directions_tell_where_a_voxel_lies() {
        let size = [5, 3, 1];
        let whole = Size::new(5, 3);
        for (directions, place) in [
            ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], (1, 2)),
            ([[-0.2, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, 0.0, 1.0]], (3, 2)),
            ([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], (1, 0)),
            ([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], (2, 1)),
            ([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], (0, 1)),
        ] {
            assert_eq!(
                layout(size, directions).unwrap().place(whole, 1, 2),
                place,
                "{directions:?}"
            );
        }
        // The slice may be any axis.
        let first = layout([1, 5, 3], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).unwrap();
        assert_eq!((first.axes, first.sizes), ([1, 2], Size::new(5, 3)));
    }

    #[test]
    fn axes_of_no_picture_are_refused_but_for_as_stored() {
        let askew = [[0.9, 0.1, 0.0], [-0.1, 0.9, 0.0], [0.0, 0.0, 1.0]];
        let upright = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]];
        for directions in [askew, upright, [[0.0; 3]; 3], [[f64::NAN; 3]; 3]] {
            let told = layout([5, 3, 1], directions).unwrap_err().to_string();
            assert!(told.contains("--as-stored"), "{told}");
            let axes = Axes {
                sizes: [5, 3, 1],
                directions: Some(directions),
            };
            assert_eq!(Layout::of(Form::Nrrd, &axes, true).unwrap().sizes, Size::new(5, 3));
        }
        let plain = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert!(layout([5, 3, 2], plain).unwrap_err().to_string().contains("one slice"));
        assert!(layout([1 << 40, 3, 1], plain).is_err() && layout([0, 3, 1], plain).is_err());
    }
}
