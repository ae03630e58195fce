//! Where the tensors come from.

/// Named tensors, as a state dict has them, without `module.`.
pub trait Weights {
    /// Every name and shape.
    fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])>;

    /// The values of one tensor, row-major, as float32.
    ///
    /// # Errors
    /// Why they can't be read.
    fn read(&self, name: &str) -> Result<Vec<f32>, String>;
}
