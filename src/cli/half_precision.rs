//! `--half-precision`, for the commands that run a network.

use crate::network::{Bundle, Engine, NetworkError, NetworkSettings, TraitNetwork, half_precision};

use super::say;

/// Whether to compute in half precision.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct HalfPrecision {
    /// Compute what a network has in floats in half precision where the processor can: faster, but masks then depend on the processor (docs/int8.md).
    #[arg(id = "half_precision", long = "half-precision")]
    pub(super) wanted: bool,
}

impl HalfPrecision {
    /// Loads a network, and says so where there is nothing to compute in half precision.
    ///
    /// # Errors
    /// Those of [`TraitNetwork::load`].
    pub(super) fn load(self, bundle: &Bundle, threads: usize) -> Result<TraitNetwork, NetworkError> {
        let engine = match self.wanted {
            true => Engine::FusedInHalves,
            false => Engine::Fused,
        };
        let network = TraitNetwork::load(bundle, &NetworkSettings { threads, engine })?;
        if self.wanted && network.half_precision().is_none() {
            let why = match half_precision() {
                None => "fishrig has no kernels in half precision for this processor; it computes in floats",
                Some(_) => "no layer of this network is in floats and large enough for half precision",
            };
            say(&format!("--half-precision changes nothing: {why}"));
        }
        Ok(network)
    }
}
