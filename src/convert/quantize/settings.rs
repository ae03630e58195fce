//! How to quantize.

use std::collections::BTreeSet;

use super::histogram::RangeMethod;
use crate::network::NetworkSettings;

/// How to quantize.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantizeSettings {
    /// How the range of an activation is chosen.
    pub range: RangeMethod,
    /// The most that the network's file may weigh, in bytes; `None`: 8 % more than with everything in int8.
    pub size_limit: Option<u64>,
    /// Whether to measure which layers had better stay in float.
    pub sensitivity: bool,
    /// Layers, or blocks of them, that stay in float whatever is measured.
    pub keep_float: BTreeSet<String>,
    /// A layer stays in float only if that alone gains this much IoU, and as much for each hundredth of the network's multiply-adds.
    pub least_gain: f64,
    /// Once this IoU with the float network is reached, no further layer stays in float.
    pub target: f64,
    /// How networks are run.
    pub network: NetworkSettings,
}

impl Default for QuantizeSettings {
    fn default() -> Self {
        Self {
            range: RangeMethod::Percentile(99.999),
            size_limit: None,
            sensitivity: true,
            keep_float: BTreeSet::new(),
            least_gain: 0.001,
            target: 0.995,
            network: NetworkSettings::default(),
        }
    }
}
