//! Running a bundle's network through tract.

use image::RgbImage;
use thiserror::Error;
use tract_linalg::multithread::{Executor, multithread_tract_scope};
use tract_onnx::prelude::*;

use super::prepare::prepare;
use super::{Bundle, Manifest};
use crate::frame::Size;
use crate::traits::{Trait, TraitMask, TraitSet};

/// How to run a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSettings {
    /// Threads of one run, 1 to 64; more never change the result.
    pub threads: usize,
}

impl Default for NetworkSettings {
    /// As many threads as there are processors.
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from).min(64),
        }
    }
}

/// Why a network does not load or run.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// tract does not take the file.
    #[error("bundle {origin}: network.onnx can't be loaded: {reason}")]
    Load {
        /// The bundle.
        origin: String,
        /// tract's reason.
        reason: String,
    },
    /// Input or output do not have the shape that the manifest states.
    #[error("bundle {origin}: the network's {which} is {found}, the manifest needs {wanted}")]
    Shape {
        /// The bundle.
        origin: String,
        /// "input" or "output".
        which: &'static str,
        /// Shape in the file.
        found: String,
        /// Shape that the manifest implies.
        wanted: String,
    },
    /// A run failed.
    #[error("the network failed on this crop: {0}")]
    Run(String),
}

/// What the network says about one crop.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// The traits, at the network's input size; [`TraitMask::resized`] brings them to the crop.
    pub mask: TraitMask,
    /// Mean probability over the pixels where a trait is present, in channel order; `None` where it is not present.
    pub confidence: [Option<f32>; Trait::COUNT],
    /// Traits about which this network can say nothing.
    pub not_assessed: TraitSet,
}

/// A loaded network.
pub struct TraitNetwork {
    manifest: Manifest,
    classes: Vec<Trait>,
    plan: Arc<TypedRunnableModel>,
    executor: Executor,
}

impl TraitNetwork {
    /// Loads and optimizes the network of a bundle, and checks its shapes against the manifest.
    ///
    /// # Errors
    /// [`NetworkError::Load`] if tract can't take it, [`NetworkError::Shape`] if it is another network than the manifest describes.
    pub fn load(bundle: &Bundle, settings: &NetworkSettings) -> Result<Self, NetworkError> {
        let manifest = bundle.manifest().clone();
        let load = |reason: String| NetworkError::Load {
            origin: bundle.origin().to_owned(),
            reason,
        };
        let classes = manifest.classes().map_err(load)?;
        let size = manifest.input.size();
        let model = tract_onnx::onnx()
            .model_for_read(&mut std::io::Cursor::new(bundle.network()))
            .and_then(|model| model.with_input_fact(0, f32::fact(shape(3, size)).into()))
            .and_then(|model| model.into_typed())
            .map_err(|e| load(format!("{e:#}")))?;
        let check = |which, fact: TractResult<&TypedFact>, channels| {
            let found = fact.map_or_else(|e| format!("{e:#}"), |f| format!("{:?} of {:?}", f.shape, f.datum_type));
            let wanted = f32::fact(shape(channels, size));
            let wanted = format!("{:?} of {:?}", wanted.shape, wanted.datum_type);
            if found == wanted {
                return Ok(());
            }
            let origin = bundle.origin().to_owned();
            Err(NetworkError::Shape {
                origin,
                which,
                found,
                wanted,
            })
        };
        check("input", model.input_fact(0), 3)?;
        check("output", model.output_fact(0), classes.len())?;
        let plan = model
            .into_optimized()
            .and_then(|model| model.into_runnable())
            .map_err(|e| load(format!("{e:#}")))?;
        Ok(Self {
            manifest,
            classes,
            plan,
            executor: executor(settings.threads),
        })
    }

    /// What the bundle says about this network.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Segments the fish in a crop of any size.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn segment(&self, crop: &RgbImage) -> Result<Segmentation, NetworkError> {
        Ok(self.segmentation(&self.probabilities(crop)?))
    }

    /// What probabilities say that [`TraitNetwork::probabilities`] gave.
    ///
    /// # Panics
    /// If there are not classes×height×width of them.
    pub fn segmentation(&self, probabilities: &[f32]) -> Segmentation {
        let size = self.manifest.input.size();
        let planes: Vec<&[f32]> = probabilities.chunks_exact(size.pixels() as usize).collect();
        let threshold = self.manifest.output.threshold;
        let mut bits = vec![0u16; size.pixels() as usize];
        let mut confidence = [None; Trait::COUNT];
        for (which, plane) in self.classes.iter().zip(planes) {
            let bit = TraitSet::EMPTY.with(*which).bits();
            let (mut sum, mut count) = (0f64, 0u32);
            for (traits, p) in bits.iter_mut().zip(plane) {
                if *p > threshold {
                    *traits |= bit;
                    sum += f64::from(*p);
                    count += 1;
                }
            }
            confidence[which.channel()] = (count > 0).then(|| (sum / f64::from(count)) as f32);
        }
        Segmentation {
            mask: TraitMask::from_bits(size, bits).expect("one value for each pixel of the input"),
            confidence,
            not_assessed: self.manifest.not_assessed(),
        }
    }

    /// The probabilities, classes×height×width, at the network's input size.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn probabilities(&self, crop: &RgbImage) -> Result<Vec<f32>, NetworkError> {
        let failed = |e: TractError| NetworkError::Run(format!("{e:#}"));
        let values = prepare(crop, &self.manifest.input);
        let input = Tensor::from_shape(&shape(3, self.manifest.input.size()), &values).map_err(failed)?;
        let outputs = multithread_tract_scope(self.executor.clone(), || self.plan.run(tvec!(input.into())));
        let outputs = outputs.map_err(failed)?;
        let output = outputs[0].to_plain_array_view::<f32>().map_err(failed)?;
        Ok(output.iter().copied().collect())
    }
}

fn executor(threads: usize) -> Executor {
    match threads {
        0 | 1 => Executor::SingleThread,
        more => Executor::multithread_with_name(more, "trait-network"),
    }
}

fn shape(channels: usize, size: Size) -> [usize; 4] {
    [1, channels, size.height as usize, size.width as usize]
}
