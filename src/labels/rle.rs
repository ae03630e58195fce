//! Run-length codes of masks: COCO's (down the columns) and CVAT's (along the rows), background first.

use super::canvas::Canvas;
use super::{Form, LabelsError};
use crate::frame::{PixelBox, Size};
use crate::traits::{Trait, TraitMask, TraitSet};

/// Run lengths of one trait of a mask that covers `crop` of a picture, down the columns of the whole picture, as COCO counts: background first.
pub fn column_lengths(mask: &TraitMask, which: Trait, crop: PixelBox, picture: Size) -> Vec<u64> {
    column_lengths_of(&transposed(mask), which, crop, picture)
}

/// The mask's bits column by column: many traits are coded faster from one such turn.
pub fn transposed(mask: &TraitMask) -> Vec<u16> {
    let Size { width, height } = mask.size();
    let mut columns = vec![0; mask.bits().len()];
    for y in 0..height {
        for (x, bits) in mask.row(y).iter().enumerate() {
            columns[x * height as usize + y as usize] = *bits;
        }
    }
    debug_assert_eq!(columns.len(), width as usize * height as usize);
    columns
}

/// [`column_lengths`] of a mask that was [`transposed`].
pub fn column_lengths_of(columns: &[u16], which: Trait, crop: PixelBox, picture: Size) -> Vec<u64> {
    let bit = TraitSet::EMPTY.with(which).bits();
    let height = u64::from(picture.height);
    let mut lengths = Vec::new();
    let (mut start, mut on) = (0, false);
    let mut switch = |at: u64, to: bool| {
        if to != on {
            lengths.push(at - start);
            (start, on) = (at, to);
        }
    };
    for (x, column) in columns.chunks(crop.height().max(1) as usize).enumerate() {
        let top = (u64::from(crop.left) + x as u64) * height + u64::from(crop.top);
        for (y, bits) in column.iter().enumerate() {
            switch(top + y as u64, bits & bit != 0);
        }
        // Between two columns of the crop lies background, unless the crop is as high as the picture.
        if u64::from(crop.height()) < height {
            switch(top + u64::from(crop.height()), false);
        }
    }
    switch(u64::from(crop.right) * height, false);
    let total = picture.pixels();
    if start < total {
        lengths.push(total - start);
    }
    lengths
}

/// Run lengths of one trait along the rows of a part of a mask, as CVAT counts: background first.
pub fn row_lengths(mask: &TraitMask, which: Trait, part: PixelBox) -> Vec<u64> {
    let bit = TraitSet::EMPTY.with(which).bits();
    let rows = (part.top..part.bottom).map(|y| &mask.row(y)[part.left as usize..part.right as usize]);
    let mut lengths = vec![0];
    let mut on = false;
    for bits in rows.flatten() {
        if (bits & bit != 0) != on {
            on = !on;
            lengths.push(0);
        }
        *lengths.last_mut().expect("never empty") += 1;
    }
    lengths
}

/// COCO's text for run lengths (cocodataset/cocoapi, `common/maskApi.c`, `rleToString`): signed differences in base 32.
pub fn compressed(lengths: &[u64]) -> String {
    let mut text = String::new();
    for (i, length) in lengths.iter().enumerate() {
        let mut rest = *length as i64 - if i > 2 { lengths[i - 2] as i64 } else { 0 };
        loop {
            let group = (rest & 0x1f) as u8;
            rest >>= 5;
            let sign_is_clear = if group & 0x10 != 0 { rest == -1 } else { rest == 0 };
            text.push(char::from(48 + if sign_is_clear { group } else { group | 0x20 }));
            if sign_is_clear {
                break;
            }
        }
    }
    text
}

/// The run lengths in COCO's text.
///
/// # Errors
/// In words, for a character that is none of the code, a number that does not end or is too large, and a length below 0.
pub fn decompressed(text: &str) -> Result<Vec<u64>, String> {
    /// Six groups of five bits are more than any picture has.
    const GROUPS: u32 = 8;
    let mut lengths: Vec<i64> = Vec::new();
    let mut bytes = text.bytes().enumerate();
    while let Some((at, mut byte)) = bytes.next() {
        let (mut value, mut groups) = (0i64, 0);
        loop {
            let group = i64::from(byte.wrapping_sub(48));
            if group >= 64 || groups == GROUPS {
                return Err(format!("character {} of its counts is none of the code", at + 1));
            }
            value |= (group & 0x1f) << (5 * groups);
            groups += 1;
            if group & 0x20 == 0 {
                if group & 0x10 != 0 {
                    value |= -1 << (5 * groups);
                }
                break;
            }
            let next = bytes.next().ok_or("its counts end within a number")?;
            byte = next.1;
        }
        if lengths.len() > 2 {
            value = value.saturating_add(lengths[lengths.len() - 2]);
        }
        if value < 0 {
            return Err(format!("count {} of its counts is below 0", lengths.len() + 1));
        }
        lengths.push(value);
    }
    Ok(lengths.into_iter().map(i64::unsigned_abs).collect())
}

/// Paints run lengths down the columns of the whole picture.
pub(super) fn paint_columns(canvas: &mut Canvas, lengths: &[u64], which: Trait) -> Result<(), LabelsError> {
    let height = canvas.size().height;
    let pixels = canvas.size().pixels();
    check_sum(Form::Coco, lengths, pixels)?;
    canvas.spend(lengths.len() as u64)?;
    for (start, end) in on_runs(lengths) {
        let mut at = start;
        while at < end {
            let (x, y) = ((at / u64::from(height)) as u32, (at % u64::from(height)) as u32);
            let length = (end - at).min(u64::from(height - y));
            canvas.paint_column(x, y, y + length as u32, which)?;
            at += length;
        }
    }
    Ok(())
}

/// Paints run lengths along the rows of a part of the picture; what lies outside of the picture is cut off.
pub(super) fn paint_rows(
    canvas: &mut Canvas,
    lengths: &[u64],
    place: (i64, i64),
    part: Size,
    which: Trait,
) -> Result<(), LabelsError> {
    let width = u64::from(part.width);
    check_sum(Form::Cvat, lengths, part.pixels())?;
    canvas.spend(lengths.len() as u64)?;
    for (start, end) in on_runs(lengths) {
        let mut at = start;
        while at < end {
            let (x, y) = (at % width, at / width);
            let length = (end - at).min(width - x);
            canvas.spend(1)?;
            // Within the part both are below 2^32.
            let (left, row) = (place.0.saturating_add(x as i64), place.1.saturating_add(y as i64));
            if let Ok(row) = u32::try_from(row) {
                let column = |x: i64| x.clamp(0, i64::from(u32::MAX)) as u32;
                canvas.paint_row(row, column(left), column(left.saturating_add(length as i64)), which)?;
            }
            at += length;
        }
    }
    Ok(())
}

/// Start and end of each run that is on. The sum was checked.
fn on_runs(lengths: &[u64]) -> impl Iterator<Item = (u64, u64)> {
    let mut at = 0;
    let runs = lengths.iter().enumerate().map(move |(i, length)| {
        let start = at;
        at += length;
        (i, start, at)
    });
    runs.filter(|(i, ..)| i % 2 == 1).map(|(_, start, end)| (start, end))
}

fn check_sum(form: Form, lengths: &[u64], pixels: u64) -> Result<(), LabelsError> {
    let sum = lengths.iter().try_fold(0u64, |sum, length| sum.checked_add(*length));
    if sum == Some(pixels) {
        return Ok(());
    }
    let sum = sum.map_or("more than any number".to_owned(), |sum| sum.to_string());
    Err(LabelsError::Damaged {
        form,
        reason: format!("a mask's run lengths add up to {sum}, and it has {pixels} pixels"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Overlaps;
    use proptest::prelude::*;

    fn canvas(form: Form, size: Size) -> Canvas {
        Canvas::new(form, size, Overlaps::Keep)
    }

    proptest! {
        #[test]
        fn column_codes_give_the_mask(
            bits in prop::collection::vec(0u16..2, 24), left in 0u32..3, top in 0u32..3, more in (0u32..3, 0u32..3),
        ) {
            let mask = TraitMask::from_bits(Size::new(6, 4), bits.clone()).unwrap();
            let crop = PixelBox::new(left, top, left + 6, top + 4);
            let picture = Size::new(left + 6 + more.0, top + 4 + more.1);
            let lengths = column_lengths(&mask, Trait::DorsalFin, crop, picture);
            prop_assert_eq!(&decompressed(&compressed(&lengths)).unwrap(), &lengths);

            let mut canvas = canvas(Form::Coco, picture);
            paint_columns(&mut canvas, &lengths, Trait::DorsalFin).unwrap();
            let painted = canvas.finish();
            for y in 0..picture.height {
                for x in 0..picture.width {
                    let inside = x >= left && x < left + 6 && y >= top && y < top + 4;
                    let expected = inside && bits[((y - top) * 6 + x - left) as usize] != 0;
                    prop_assert_eq!(!painted.get(x, y).is_empty(), expected, "column {}, row {}", x, y);
                }
            }
        }

        #[test]
        fn row_codes_give_the_mask(bits in prop::collection::vec(0u16..2, 24)) {
            let size = Size::new(6, 4);
            let mask = TraitMask::from_bits(size, bits).unwrap();
            let part = PixelBox::new(1, 1, 5, 4);
            let lengths = row_lengths(&mask, Trait::DorsalFin, part);
            let mut canvas = canvas(Form::Cvat, size);
            paint_rows(&mut canvas, &lengths, (1, 1), part.size(), Trait::DorsalFin).unwrap();
            let painted = canvas.finish();
            for y in 0..4 {
                for x in 0..6 {
                    let inside = (1..5).contains(&x) && y >= 1;
                    prop_assert_eq!(painted.get(x, y), if inside { mask.get(x, y) } else { TraitSet::EMPTY });
                }
            }
        }

        #[test]
        fn any_lengths_survive_the_text(lengths in prop::collection::vec(0u64..200_000_000, 0..20)) {
            prop_assert_eq!(decompressed(&compressed(&lengths)).unwrap(), lengths);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[ -~]{0,60}", other in ".{0,20}") {
            let _ = decompressed(&text);
            let _ = decompressed(&other);
        }
    }

    #[test]
    fn sums_that_do_not_fit_are_refused_before_anything_is_painted() {
        let size = Size::new(6, 4);
        for lengths in [&[0, 25][..], &[0, 23], &[], &[0, u64::MAX, 3], &[1 << 40, 1 << 40]] {
            let told = paint_columns(&mut canvas(Form::Coco, size), lengths, Trait::Head)
                .unwrap_err()
                .to_string();
            assert!(told.contains("24 pixels"), "{told}");
            assert!(paint_rows(&mut canvas(Form::Cvat, size), lengths, (0, 0), size, Trait::Head).is_err());
        }
        // A part far outside is cut off.
        for place in [(i64::MAX, 0), (-3, -3), (i64::MIN, i64::MIN), (5, 3)] {
            paint_rows(&mut canvas(Form::Cvat, size), &[0, 24], place, size, Trait::Head).unwrap();
        }
    }
}
