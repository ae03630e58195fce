//! Temperature of the processor.

use std::path::Path;

/// The warmest of the kernel's thermal zones under `zones` (`/sys/class/thermal`), in degrees Celsius.
///
/// On a Raspberry Pi there is one, the processor; a Jetson has one each for processor, graphics and board.
pub(super) fn warmest(zones: &Path) -> Option<f32> {
    let entries = std::fs::read_dir(zones).ok()?;
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_zone = path.file_name()?.to_string_lossy().starts_with("thermal_zone");
            is_zone.then(|| std::fs::read_to_string(path.join("temp")).ok())?
        })
        .filter_map(|text| parse(&text))
        .max_by(f32::total_cmp)
}

/// Millidegrees as the kernel writes them; values that no working computer has are taken as a broken sensor.
fn parse(text: &str) -> Option<f32> {
    let millidegrees: i32 = text.trim().parse().ok()?;
    (-40_000..=150_000)
        .contains(&millidegrees)
        .then_some(millidegrees as f32 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warmest_zone_counts_and_nonsense_does_not() {
        let zones = tempfile::tempdir().unwrap();
        assert_eq!(warmest(zones.path()), None);
        assert_eq!(warmest(&zones.path().join("absent")), None);
        for (zone, text) in [
            ("thermal_zone0", "48312\n"),
            ("thermal_zone1", "61000\n"),
            ("thermal_zone2", "-274000\n"),
            ("thermal_zone3", "hot"),
            ("cooling_device0", "99000\n"),
        ] {
            std::fs::create_dir(zones.path().join(zone)).unwrap();
            std::fs::write(zones.path().join(zone).join("temp"), text).unwrap();
        }
        assert_eq!(warmest(zones.path()), Some(61.0));
    }
}
