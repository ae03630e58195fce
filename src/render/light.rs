//! Colours as amounts of light: red, green and blue in linear units, 1 being the white of the ground.

/// Linear red, green and blue.
pub(crate) type Light = [f32; 3];

/// White of the ground.
pub(crate) const WHITE: Light = [1.0; 3];
/// No light.
pub(crate) const BLACK: Light = [0.0; 3];

/// The light of an 8-bit sRGB colour.
pub(crate) fn of_srgb(bytes: [u8; 3]) -> Light {
    bytes.map(|b| decode(f32::from(b) / 255.0))
}

/// The light of hue, saturation and value, 0 to 1 each; a hue outside wraps around. Hue and value are those of the sRGB colour.
pub(crate) fn of_hsv(hue: f64, saturation: f64, value: f64) -> Light {
    let channel = |offset: f64| {
        let k = (offset + hue.rem_euclid(1.0) * 6.0) % 6.0;
        let dip = saturation.clamp(0.0, 1.0) * k.min(4.0 - k).clamp(0.0, 1.0);
        decode((value.clamp(0.0, 1.0) * (1.0 - dip)) as f32)
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}

fn decode(v: f32) -> f32 {
    if v <= 0.04045 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

/// The sRGB value, 0 to 1, of an amount of light; more than 1 is cut.
pub(crate) fn encode(light: f32) -> f32 {
    let v = light.clamp(0.0, 1.0);
    if v <= 0.003_130_8 {
        v * 12.92
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    }
}

/// `a` at `share` 0, `b` at 1.
pub(crate) fn mix(a: Light, b: Light, share: f32) -> Light {
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * share)
}

/// Every channel times `factor`.
pub(crate) fn scaled(a: Light, factor: f32) -> Light {
    a.map(|v| v * factor)
}

/// Channel by channel.
pub(crate) fn product(a: Light, b: Light) -> Light {
    std::array::from_fn(|c| a[c] * b[c])
}

/// What passes through `thickness` layers of a stuff of which one layer passes `colour` (Beer and Lambert).
pub(crate) fn through(colour: Light, thickness: f32) -> Light {
    colour.map(|c| (c.max(1e-4).ln() * thickness).exp())
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smoothstep(low: f32, high: f32, v: f32) -> f32 {
    let t = ((v - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bell of height 1 and width `width` around `centre`.
pub(crate) fn bell(v: f32, centre: f32, width: f32) -> f32 {
    let t = (v - centre) / width;
    (-t * t).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_light() {
        for b in 0..=255u8 {
            let [r, ..] = of_srgb([b, 0, 0]);
            assert_eq!((encode(r) * 255.0).round() as u8, b);
        }
    }

    #[test]
    fn hues_are_where_they_belong() {
        assert_eq!(of_hsv(0.0, 1.0, 1.0), [1.0, 0.0, 0.0]);
        assert_eq!(of_hsv(1.0 / 3.0, 1.0, 1.0), [0.0, 1.0, 0.0]);
        assert_eq!(of_hsv(2.0 / 3.0, 1.0, 1.0), [0.0, 0.0, 1.0]);
        assert_eq!(of_hsv(0.4, 0.0, 1.0), WHITE);
    }
}
