//! The twelve traits and sets of them.

use std::fmt;

/// A trait, in the channel order of the reference network (`CLASSES` of hdr-bgnn/BGNN-trait-segmentation, `helper_mini.py`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Trait {
    /// Dorsal fin or fins, spiny and soft part together.
    DorsalFin = 0,
    /// Adipose fin (the reference spells its name `adipos_fin`).
    AdiposeFin,
    /// Caudal fin.
    CaudalFin,
    /// Anal fin.
    AnalFin,
    /// Pelvic fins, both together.
    PelvicFin,
    /// Pectoral fin.
    PectoralFin,
    /// Head to the rear edge of the gill cover, without the eye.
    Head,
    /// Eye, the whole disc.
    Eye,
    /// Rays of the caudal fin.
    CaudalFinRay,
    /// Rays of other fins.
    AltFinRay,
    /// Spines of other fins.
    AltFinSpine,
    /// Trunk.
    Trunk,
}

impl Trait {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// All, in channel order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::DorsalFin,
        Self::AdiposeFin,
        Self::CaudalFin,
        Self::AnalFin,
        Self::PelvicFin,
        Self::PectoralFin,
        Self::Head,
        Self::Eye,
        Self::CaudalFinRay,
        Self::AltFinRay,
        Self::AltFinSpine,
        Self::Trunk,
    ];

    /// The network channel, 0 to 11.
    pub fn channel(self) -> usize {
        self as usize
    }

    /// The trait of a channel; `None` from 12 on.
    pub fn from_channel(channel: usize) -> Option<Self> {
        Self::ALL.get(channel).copied()
    }

    /// The name in BGNN's files, for example `adipos_fin`.
    pub fn bgnn_name(self) -> &'static str {
        match self {
            Self::DorsalFin => "dorsal_fin",
            Self::AdiposeFin => "adipos_fin",
            Self::CaudalFin => "caudal_fin",
            Self::AnalFin => "anal_fin",
            Self::PelvicFin => "pelvic_fin",
            Self::PectoralFin => "pectoral_fin",
            Self::Head => "head",
            Self::Eye => "eye",
            Self::CaudalFinRay => "caudal_fin_ray",
            Self::AltFinRay => "alt_fin_ray",
            Self::AltFinSpine => "alt_fin_spine",
            Self::Trunk => "trunk",
        }
    }

    /// The trait with that BGNN name.
    pub fn from_bgnn_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.bgnn_name() == name)
    }

    /// The name that people read on the display, for example `adipose fin`.
    pub fn label(self) -> &'static str {
        match self {
            Self::DorsalFin => "dorsal fin",
            Self::AdiposeFin => "adipose fin",
            Self::CaudalFin => "caudal fin",
            Self::AnalFin => "anal fin",
            Self::PelvicFin => "pelvic fin",
            Self::PectoralFin => "pectoral fin",
            Self::Head => "head",
            Self::Eye => "eye",
            Self::CaudalFinRay => "caudal rays",
            Self::AltFinRay => "fin rays",
            Self::AltFinSpine => "fin spines",
            Self::Trunk => "trunk",
        }
    }
}

impl fmt::Display for Trait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Any of the twelve traits; bit k is the trait of channel k.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TraitSet(u16);

impl TraitSet {
    /// No trait.
    pub const EMPTY: Self = Self(0);
    /// All twelve.
    pub const ALL: Self = Self((1 << Trait::COUNT) - 1);

    /// The set with these bits; bits above the twelfth are no traits and are dropped.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Bit k is set where the trait of channel k is in the set.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the set holds `which`.
    pub const fn contains(self, which: Trait) -> bool {
        self.0 & (1 << which as u16) != 0
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many traits the set holds.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The set and `which`.
    #[must_use]
    pub const fn with(self, which: Trait) -> Self {
        Self(self.0 | 1 << which as u16)
    }

    /// The set without `which`.
    #[must_use]
    pub const fn without(self, which: Trait) -> Self {
        Self(self.0 & !(1 << which as u16))
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The traits in channel order.
    pub fn iter(self) -> impl Iterator<Item = Trait> {
        Trait::ALL.into_iter().filter(move |t| self.contains(*t))
    }
}

impl FromIterator<Trait> for TraitSet {
    fn from_iter<I: IntoIterator<Item = Trait>>(traits: I) -> Self {
        traits.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_channels_are_a_bijection() {
        for (channel, which) in Trait::ALL.into_iter().enumerate() {
            assert_eq!(which.channel(), channel);
            assert_eq!(Trait::from_channel(channel), Some(which));
            assert_eq!(Trait::from_bgnn_name(which.bgnn_name()), Some(which));
        }
        assert_eq!(Trait::from_channel(12), None);
    }

    #[test]
    fn a_set_drops_bits_that_are_no_traits() {
        assert_eq!(TraitSet::from_bits(0xffff), TraitSet::ALL);
        assert_eq!(TraitSet::ALL.iter().collect::<TraitSet>(), TraitSet::ALL);
    }
}
