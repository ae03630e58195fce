//! Where the learning layers are computed: by burn's flex, or by libtorch in a build with the feature `torch`.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;

use super::TrainError;

/// Where the learning layers are computed, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Processor {
    /// On this machine's processor, by burn's flex.
    #[default]
    Cpu,
    /// On this machine's processor, by libtorch.
    TorchCpu,
    /// On the first CUDA device, by libtorch.
    Cuda,
}

impl fmt::Display for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::TorchCpu => "torch-cpu",
            Self::Cuda => "cuda",
        })
    }
}

impl Processor {
    /// burn's device without gradients. libtorch takes so many threads from now on; flex takes rayon's.
    ///
    /// # Errors
    /// [`TrainError::Setting`] with the cure where this build or this machine has it not.
    #[cfg(feature = "torch")]
    #[allow(
        deprecated,
        reason = "burn means to give libtorch up for its own CUDA backend, whose build could not be had (docs/training.md)"
    )]
    pub(super) fn device(self, threads: usize) -> Result<Device, TrainError> {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
        match self {
            Self::Cpu => Ok(Device::flex()),
            Self::TorchCpu => Ok(Device::libtorch()),
            // burn would panic at the first tensor.
            Self::Cuda if !tch::Cuda::is_available() => Err(TrainError::Setting(
                "libtorch finds no CUDA device: nvidia-smi must list one, and the PyTorch whose libtorch this is must be made for CUDA \
                 (its torch.cuda.is_available() says whether it finds one); or train with --processor torch-cpu"
                    .to_owned(),
            )),
            Self::Cuda => Ok(Device::libtorch_cuda(0)),
        }
    }

    /// burn's device without gradients; flex takes rayon's threads.
    ///
    /// # Errors
    /// [`TrainError::Setting`] with the cure where this build has it not.
    #[cfg(not(feature = "torch"))]
    pub(super) fn device(self, _threads: usize) -> Result<Device, TrainError> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            Self::TorchCpu | Self::Cuda => Err(TrainError::Setting(format!(
                "this build can't train on {self}: one with --features torch can, beside an installed PyTorch (docs/training.md, \"With libtorch\")"
            ))),
        }
    }
}

/// Calls the engine. libtorch's exceptions arrive as panics (tch catches them at its border and unwraps): memory of a device that is full, above all.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, TrainError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        TrainError::Engine(reason(words).to_owned())
    })
}

/// libtorch's own words without the calls that led there, which follow in further lines; other words as they are.
fn reason(panic: &str) -> &str {
    let Some((_, words)) = panic.split_once("Torch(\"") else {
        return panic;
    };
    words.split("\\n").next().unwrap_or(words)
}
