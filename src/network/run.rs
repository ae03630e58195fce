//! Running a bundle's network through tract.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use image::RgbImage;
use thiserror::Error;
use tract_linalg::multithread::{Executor, multithread_tract_scope};
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;

use super::graph::{self, GraphError};
use super::int8::{self, Choice, Fusion, Island, Traits};
use super::prepare::Picture;
use super::profile::{RunProfile, run_profiled, watched};
use super::{Bundle, BundleError, Manifest};
use crate::allocator;
use crate::frame::Size;
use crate::traits::{Trait, TraitMask, TraitSet};

/// How to run a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSettings {
    /// Threads of one run, 1 to 64; more never change the result.
    pub threads: usize,
    /// How its operators are computed.
    pub engine: Engine,
}

/// How a network's operators are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// fishrig's fused operators, and tract's for what they don't cover.
    #[default]
    Fused,
    /// The same, with dense convolutions of floats in half precision where the processor has it ([`half_precision`](super::half_precision)); masks
    /// then depend on the processor.
    FusedInHalves,
    /// The same as [`Fused`](Self::Fused) by this one of the [`kernel_families`](super::kernel_families), not the fastest, for comparison.
    FusedBy(&'static str),
    /// tract's own operators alone, for comparison.
    Plain,
}

impl Engine {
    /// By what fused operators compute; `None` where there are none.
    fn choice(self) -> Option<Choice> {
        let fused = Choice::default();
        match self {
            Self::Fused => Some(fused),
            Self::FusedInHalves => Some(Choice {
                half_precision: true,
                ..fused
            }),
            Self::FusedBy(name) => Some(Choice {
                kernels: Some(name),
                ..fused
            }),
            Self::Plain => None,
        }
    }
}

impl NetworkSettings {
    /// On so many threads.
    pub fn on_threads(threads: usize) -> Self {
        Self {
            threads,
            engine: Engine::default(),
        }
    }
}

impl Default for NetworkSettings {
    /// As many threads as there are processors.
    fn default() -> Self {
        Self::on_threads(std::thread::available_parallelism().map_or(1, usize::from).min(64))
    }
}

/// Why a network does not load or run.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// The bundle changed since it was opened.
    #[error(transparent)]
    Bundle(BundleError),
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

/// How long the steps of one segmentation took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTimes {
    /// Stretching the crop to the network's size, and normalizing it.
    pub prepare: Duration,
    /// The network itself.
    pub network: Duration,
    /// From probabilities to the mask and its confidence; nothing where the network's last step does that.
    pub masks: Duration,
}

impl StepTimes {
    /// The steps together.
    pub fn whole(&self) -> Duration {
        self.prepare + self.network + self.masks
    }
}

/// A loaded network.
pub struct TraitNetwork {
    manifest: Manifest,
    classes: Vec<Trait>,
    plan: Arc<TypedRunnableModel>,
    /// The whole network, where it is one fused operator: it gives traits without probabilities of every pixel.
    whole: Option<Island>,
    fusion: Fusion,
    executor: Executor,
}

impl TraitNetwork {
    /// Loads and optimizes the network of a bundle, and checks its shapes against the manifest.
    ///
    /// # Errors
    /// [`NetworkError::Load`] if tract can't take it, [`NetworkError::Shape`] if it is another network than the manifest describes.
    pub fn load(bundle: &Bundle, settings: &NetworkSettings) -> Result<Self, NetworkError> {
        // The message is gone before the optimizer begins: it is as large as all weights.
        let typed = {
            let message = read_message(bundle)?;
            typed(message, bundle.manifest(), bundle.origin(), settings.engine)?
        };
        Self::optimized(typed, bundle.manifest(), bundle.origin(), settings)
    }

    /// [`load`](Self::load) for an ONNX message that is in no bundle yet; `origin` names it in errors.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_message(
        message: ModelProto,
        manifest: &Manifest,
        origin: &str,
        settings: &NetworkSettings,
    ) -> Result<Self, NetworkError> {
        let typed = typed(message, manifest, origin, settings.engine)?;
        Self::optimized(typed, manifest, origin, settings)
    }

    fn optimized(
        (model, mut fusion): (TypedModel, Fusion),
        manifest: &Manifest,
        origin: &str,
        settings: &NetworkSettings,
    ) -> Result<Self, NetworkError> {
        let plan = guarded(|| model.into_optimized()?.into_runnable()).map_err(|reason| load_error(origin, reason))?;
        // Maps are allocated by the first run: beside what loading has freed, they would be the peak of memory.
        allocator::give_back();
        int8::describe(&mut fusion, plan.model());
        Ok(Self {
            manifest: manifest.clone(),
            classes: manifest.classes().map_err(|reason| NetworkError::Load {
                origin: origin.to_owned(),
                reason,
            })?,
            whole: Island::whole(plan.model()),
            plan,
            fusion,
            executor: executor(settings.threads),
        })
    }

    /// The format of half precision in which some of it is computed; masks then depend on the processor.
    pub fn half_precision(&self) -> Option<&'static str> {
        self.fusion.halves
    }

    /// What of it fishrig's fused operators compute.
    pub fn fusion(&self) -> &Fusion {
        &self.fusion
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
        self.segment_timed(crop).map(|(segmentation, _)| segmentation)
    }

    /// [`segment`](Self::segment), and how long each step took.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn segment_timed(&self, crop: &RgbImage) -> Result<(Segmentation, StepTimes), NetworkError> {
        let begin = Instant::now();
        if let Some(island) = &self.whole {
            let picture = Picture::of(crop, &self.manifest.input);
            let prepared = Instant::now();
            let segmentation = self.traits(island, &picture, &mut || {})?;
            let times = StepTimes {
                prepare: prepared - begin,
                network: prepared.elapsed(),
                masks: Duration::ZERO,
            };
            return Ok((segmentation, times));
        }
        let input = input(crop, &self.manifest)?;
        let prepared = Instant::now();
        let output = self.run(input)?;
        let ran = Instant::now();
        let segmentation = self.segmentation(plane_values(&output)?);
        let times = StepTimes {
            prepare: prepared - begin,
            network: ran - prepared,
            masks: ran.elapsed(),
        };
        Ok((segmentation, times))
    }

    /// The probabilities, classes×height×width, at the network's input size.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn probabilities(&self, crop: &RgbImage) -> Result<Vec<f32>, NetworkError> {
        let output = self.run(input(crop, &self.manifest)?)?;
        Ok(plane_values(&output)?.to_vec())
    }

    /// [`segment`](Self::segment), and what each operator took. Watching changes no result.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn segment_profiled(&self, crop: &RgbImage) -> Result<(Segmentation, RunProfile), NetworkError> {
        if let Some(island) = &self.whole {
            let picture = Picture::of(crop, &self.manifest.input);
            let begin = Instant::now();
            let (segmentation, operators) = watched(island, |watch| self.traits(island, &picture, watch))?;
            let whole = begin.elapsed();
            return Ok((segmentation, RunProfile { operators, whole }));
        }
        let input = input(crop, &self.manifest)?;
        let run = multithread_tract_scope(self.executor.clone(), || run_profiled(&self.plan, input));
        let (outputs, profile) = run.map_err(failed)?;
        Ok((self.segmentation(plane_values(&outputs[0])?), profile))
    }

    /// What [`segmentation`](Self::segmentation) says of the same probabilities.
    fn traits(
        &self,
        island: &Island,
        picture: &Picture,
        watch: &mut (dyn FnMut() + Send),
    ) -> Result<Segmentation, NetworkError> {
        let size = self.manifest.input.size();
        let classes: Vec<u16> = self
            .classes
            .iter()
            .map(|class| TraitSet::EMPTY.with(*class).bits())
            .collect();
        let mut bits = vec![0u16; size.pixels() as usize];
        let mut present = vec![(0u32, 0f64); size.height as usize * classes.len()];
        let traits = Traits {
            threshold: self.manifest.output.threshold,
            classes: &classes,
            bits: &mut bits,
            present: &mut present,
        };
        let run = || {
            multithread_tract_scope(self.executor.clone(), || island.run_for_traits(picture, traits, watch));
            Ok(())
        };
        guarded(run).map_err(NetworkError::Run)?;
        let rows = present.chunks_exact(classes.len());
        let of_class = |class: usize| rows.clone().map(move |row| row[class]);
        Ok(self.found(bits, of_class))
    }

    /// A segmentation from the bits of its traits, and the number and the sum of probabilities of each class in each row.
    fn found<R: Iterator<Item = (u32, f64)>>(&self, bits: Vec<u16>, rows_of: impl Fn(usize) -> R) -> Segmentation {
        let mut confidence = [None; Trait::COUNT];
        for (index, which) in self.classes.iter().enumerate() {
            let (count, sum) = rows_of(index).fold((0, 0.0), |(count, sum), row| (count + row.0, sum + row.1));
            confidence[which.channel()] = (count > 0).then(|| (sum / f64::from(count)) as f32);
        }
        Segmentation {
            mask: TraitMask::from_bits(self.manifest.input.size(), bits)
                .expect("one value for each pixel of the input"),
            confidence,
            not_assessed: self.manifest.not_assessed(),
        }
    }

    fn run(&self, input: Tensor) -> Result<TValue, NetworkError> {
        let run = || multithread_tract_scope(self.executor.clone(), || self.plan.run(tvec!(input.into())));
        Ok(guarded(run).map_err(NetworkError::Run)?.swap_remove(0))
    }

    /// What probabilities say that [`TraitNetwork::probabilities`] gave.
    ///
    /// # Panics
    /// If there are not classes×height×width of them.
    pub fn segmentation(&self, probabilities: &[f32]) -> Segmentation {
        let size = self.manifest.input.size();
        let threshold = self.manifest.output.threshold;
        let (pixels, width) = (size.pixels() as usize, size.width as usize);
        let mut bits = vec![0u16; pixels];
        for (which, plane) in self.classes.iter().zip(probabilities.chunks_exact(pixels)) {
            let bit = TraitSet::EMPTY.with(*which).bits();
            for (traits, p) in bits.iter_mut().zip(plane) {
                *traits |= if *p > threshold { bit } else { 0 };
            }
        }
        self.found(bits, |class| {
            let rows = probabilities[class * pixels..][..pixels].chunks_exact(width);
            rows.map(move |row| {
                let present = row.iter().filter(|p| **p > threshold);
                present.fold((0, 0.0), |(count, sum), p| (count + 1, sum + f64::from(*p)))
            })
        })
    }
}

pub(super) fn failed(error: TractError) -> NetworkError {
    NetworkError::Run(format!("{error:#}"))
}

fn plane_values(output: &Tensor) -> Result<&[f32], NetworkError> {
    output
        .try_as_plain_ram()
        .and_then(|view| view.as_slice::<f32>())
        .map_err(failed)
}

/// The bundle's ONNX message; the file's bytes don't lie in memory beside it.
///
/// # Errors
/// [`NetworkError::Bundle`] if the file changed, [`NetworkError::Load`] if it is no ONNX.
pub fn read_message(bundle: &Bundle) -> Result<ModelProto, NetworkError> {
    let no_onnx = |e: GraphError| load_error(bundle.origin(), e.to_string());
    bundle
        .decode(|buffer| graph::count_parts(buffer))
        .map_err(NetworkError::Bundle)?
        .map_err(no_onnx)?;
    bundle
        .decode(|buffer| graph::decode_counted(buffer))
        .map_err(NetworkError::Bundle)?
        .map_err(no_onnx)
}

pub(super) fn load_error(origin: &str, reason: String) -> NetworkError {
    NetworkError::Load {
        origin: origin.to_owned(),
        reason,
    }
}

/// The network as tract understands it, not yet optimized; its shapes are those of the manifest.
pub(super) fn typed(
    mut message: ModelProto,
    manifest: &Manifest,
    origin: &str,
    engine: Engine,
) -> Result<(TypedModel, Fusion), NetworkError> {
    let refused = |e: GraphError| load_error(origin, e.to_string());
    let summary = graph::check(&message).map_err(refused)?;
    let size = manifest.input.size();
    check_shape(origin, "input", &summary.input.1, shape(3, size))?;
    check_shape(
        origin,
        "output",
        &summary.output.1,
        shape(manifest.output.classes.len(), size),
    )?;
    let mut fusion = Fusion::default();
    if let Some(choice) = engine.choice() {
        let fused = guarded(|| Ok(int8::fuse(message, choice))).map_err(|reason| load_error(origin, reason))?;
        (message, fusion) = fused.map_err(refused)?;
    }
    let model = guarded(|| {
        let model = int8::reader().model_for_proto_model(&message)?;
        model.with_input_fact(0, f32::fact(shape(3, size)).into())?.into_typed()
    });
    Ok((model.map_err(|reason| load_error(origin, reason))?, fusion))
}

fn check_shape(origin: &str, which: &'static str, found: &[usize], wanted: [usize; 4]) -> Result<(), NetworkError> {
    if found == wanted {
        return Ok(());
    }
    let words = |shape: &[usize]| shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
    Err(NetworkError::Shape {
        origin: origin.to_owned(),
        which,
        found: words(found),
        wanted: words(&wanted),
    })
}

/// A crop as the tensor that the network takes.
pub(super) fn input(crop: &RgbImage, manifest: &Manifest) -> Result<Tensor, NetworkError> {
    let values = Picture::of(crop, &manifest.input).planes();
    Tensor::from_shape(&shape(3, manifest.input.size()), &values).map_err(failed)
}

/// Calls tract, or fishrig's own pass before it. tract panics on some graphs and values that it does not expect: where values beyond 2³¹ steps
/// are quantized, for example. What the checks of [`graph`] do not keep out ends here as an error.
pub(super) fn guarded<T>(step: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => result.map_err(|e| format!("{e:#}")),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            Err(format!("tract stopped with a panic: {words}"))
        }
    }
}

pub(super) fn executor(threads: usize) -> Executor {
    match threads {
        0 | 1 => Executor::SingleThread,
        more => Executor::multithread_with_name(more, "trait-network"),
    }
}

pub(super) fn shape(channels: usize, size: Size) -> [usize; 4] {
    [1, channels, size.height as usize, size.width as usize]
}
