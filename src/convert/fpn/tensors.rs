//! Values by the names that a whole network has, from the file or drawn.

use super::error::FpnError;
use super::untrained::{Drawn, Untrained};
use super::{Scope, Weights};

pub(super) struct Tensors<'a, W> {
    weights: &'a W,
    scope: Scope,
    drawn: Drawn,
    parameters: u64,
}

impl<'a, W: Weights> Tensors<'a, W> {
    pub(super) fn new(weights: &'a W, scope: Scope, untrained: &Untrained) -> Self {
        Self {
            weights,
            scope,
            drawn: untrained.start(),
            parameters: 0,
        }
    }

    /// Learnt values that were taken.
    pub(super) fn parameters(&self) -> u64 {
        self.parameters
    }

    /// A parameter of the encoder.
    pub(super) fn take(&mut self, name: &str) -> Result<Vec<f32>, FpnError> {
        let values = self.statistics(name)?;
        self.parameters += values.len() as u64;
        Ok(values)
    }

    /// A value of the encoder that was measured, not learnt.
    pub(super) fn statistics(&self, name: &str) -> Result<Vec<f32>, FpnError> {
        let name = match self.scope {
            Scope::Whole => name,
            Scope::Encoder => name.trim_start_matches("encoder."),
        };
        let values = self.weights.read(name).map_err(|reason| FpnError::Unreadable {
            name: name.to_owned(),
            reason,
        })?;
        if values.iter().any(|v| !v.is_finite()) {
            let name = name.to_owned();
            return Err(FpnError::NotFinite { name });
        }
        Ok(values)
    }

    /// A parameter of decoder or head: from the file, or what `draw` makes where there is an encoder alone.
    pub(super) fn take_or_draw(
        &mut self,
        name: &str,
        draw: impl FnOnce(&mut Drawn) -> Vec<f32>,
    ) -> Result<Vec<f32>, FpnError> {
        match self.scope {
            Scope::Whole => self.take(name),
            Scope::Encoder => {
                let values = draw(&mut self.drawn);
                self.parameters += values.len() as u64;
                Ok(values)
            }
        }
    }
}
