//! Fused networks: the nodes of a graph that a convolution network is made of, computed together on bytes where the file says so.
//!
//! tract's own operators run a quantized network as floats between passes that quantize and dequantize. Here the ONNX graph is rewritten before
//! tract reads it, while the integer weights are still there:
//!
//! * [`islands`] finds the nodes that are understood and makes one node of each connected part of them;
//! * [`lower`] turns the nodes of an island into [`steps`]: convolutions with all that follows them, sums, enlargements;
//! * both ask a [`view`] of the graph, also for its [`constants`];
//! * [`units`] says which steps run together, row by row; they are made [`ready`]: weights packed by [`convolution`], units joined to a [`chain`] that
//!   leaves the maps between them out; every other map gets a place in [`memory`];
//! * a [`program`] runs them: rows shared out to threads by [`share`], the [`entry`] of a picture's bytes, and the [`head`], by which planes of
//!   probabilities leave, or traits at once;
//! * [`kernels`] and [`rows`] compute, each in the instructions that the processor has, all with the same bits; only half precision, where somebody asks
//!   for it, depends on the processor: what such a convolution reads is [`narrow`]ed first;
//! * [`operator`] is what tract sees.
//!
//! What is not understood runs through tract as before. Float networks are fused as well.

mod aligned;
mod chain;
mod constants;
mod convolution;
mod entry;
mod head;
mod islands;
mod kernels;
mod lower;
mod memory;
mod narrow;
mod operator;
mod program;
mod ready;
mod rows;
mod share;
mod steps;
mod units;
mod view;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::TypedModel;

pub(super) use head::Traits;
pub use islands::{Choice, Fusion, LeftNode};
pub(super) use operator::Island;

use super::graph::GraphError;

/// The graph with an operator of ours for each part that is fused, to be computed as chosen; what [`reader`] reads.
///
/// # Errors
/// Those of [`check`](super::graph::check).
pub(super) fn fuse(model: ModelProto, choice: Choice) -> Result<(ModelProto, Fusion), GraphError> {
    islands::fuse(model, choice)
}

/// What islands of a plan say of themselves, added to what is known of them.
pub(super) fn describe(fusion: &mut Fusion, model: &TypedModel) {
    for island in model.nodes().iter().filter_map(|node| node.op_as::<Island>()) {
        let macs = island.macs();
        fusion.kernels = Some(island.kernels());
        fusion.byte_macs += macs.bytes;
        fusion.half_macs += macs.halves;
        fusion.float_macs += macs.floats;
        fusion.memory += island.memory();
    }
    if fusion.half_macs > 0 {
        fusion.halves = half_precision();
    }
}

/// The families of kernels that this processor can run, the fastest first; the last is plain Rust.
pub fn kernel_families() -> Vec<&'static str> {
    kernels::all().into_iter().map(|kernels| kernels.name()).collect()
}

/// The format of half precision that this processor multiplies faster than floats, and for which there are kernels.
pub fn half_precision() -> Option<&'static str> {
    kernels::best_halves().map(|kernels| kernels.name())
}

/// A whole graph by fused steps alone, each by itself and in chains as long as can be, on each family of kernels that this processor has, on one thread
/// and on three; or why that can't be.
#[cfg(test)]
pub(crate) fn run_alone(model: &ModelProto, input: &[f32]) -> Result<Vec<(String, Vec<f32>)>, String> {
    run_by(model, input, kernels::all().into_iter().map(|kernels| (kernels, None)))
}

/// The same in half precision; nothing where the processor has none.
#[cfg(test)]
pub(crate) fn run_alone_in_halves(model: &ModelProto, input: &[f32]) -> Result<Vec<(String, Vec<f32>)>, String> {
    let halves = kernels::best_halves().map(|halves| (kernels::best(), Some(halves)));
    run_by(model, input, halves.into_iter())
}

#[cfg(test)]
fn run_by(
    model: &ModelProto,
    input: &[f32],
    processors: impl Iterator<Item = (&'static dyn kernels::Kernels, Option<&'static dyn kernels::HalfKernels>)>,
) -> Result<Vec<(String, Vec<f32>)>, String> {
    let shapes = super::graph::shapes(model).map_err(|e| e.to_string())?;
    let (view, steps) = lowered(model, &shapes)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .map_err(|e| e.to_string())?;
    let mut results = Vec::new();
    let ways = [
        ("step by step", units::singly(&steps)),
        ("row by row", units::chained(&steps, |_, _, _| true)),
    ];
    for ((kernels, halves), (way, units)) in processors.flat_map(|by| ways.iter().map(move |way| (by, way))) {
        let program = program::Program::new(steps.clone(), units, &view, kernels, halves).map_err(|e| e.to_string())?;
        for threads in [None, Some(&pool)] {
            let mut output = vec![0f32; program.output_shapes()[0].iter().product()];
            let mut memory = program.memory();
            // What an earlier picture left behind must not show.
            memory.floats.iter_mut().for_each(|slot| slot.fill(f32::NAN));
            memory.bytes.iter_mut().for_each(|slot| slot.fill(77));
            let mut planes = [&mut output[..]];
            program.run(
                &mut memory,
                &[entry::Given::Planes(input)],
                &mut program::Wanted::Planes(&mut planes),
                threads,
                &mut || {},
            );
            let who = format!("{} {way}, {} threads", kernels.name(), threads.map_or(1, |_| 3));
            results.push((who, output));
        }
    }
    Ok(results)
}

/// The steps of a whole graph, whose tensors have these shapes.
#[cfg(test)]
fn lowered<'a>(
    model: &'a ModelProto,
    shapes: &'a std::collections::HashMap<String, Vec<usize>>,
) -> Result<(view::View<'a>, steps::Steps), String> {
    let graph = model.graph.as_ref().ok_or("no graph")?;
    let view = view::View::new(graph, shapes);
    let nodes: Vec<usize> = (0..graph.node.len()).collect();
    let wanted = graph.output.iter().map(|output| output.name.as_str()).collect();
    let steps = lower::lower(&view, &nodes, &wanted).map_err(|refusal| refusal.reason)?;
    Ok((view, steps))
}

/// The kinds of the steps that a whole graph becomes, each by itself.
#[cfg(test)]
pub(crate) fn kinds_alone(model: &ModelProto) -> Result<Vec<&'static str>, String> {
    let shapes = super::graph::shapes(model).map_err(|e| e.to_string())?;
    let (view, steps) = lowered(model, &shapes)?;
    let units = units::singly(&steps);
    let program = program::Program::new(steps, &units, &view, kernels::best(), None).map_err(|e| e.to_string())?;
    Ok(program.steps().map(|(_, kind, _)| kind).collect())
}

/// A graph as networks run: what is understood fused, the rest through tract; or all through tract.
#[cfg(test)]
pub(crate) fn run_in_tract(model: &ModelProto, input: &[f32], fused: bool) -> (Fusion, Vec<f32>) {
    use tract_onnx::prelude::*;

    let (model, fusion) = match fused {
        true => fuse(model.clone(), Choice::default()).unwrap(),
        false => (model.clone(), Fusion::default()),
    };
    let plan = reader().model_for_proto_model(&model).unwrap();
    let plan = plan.into_optimized().unwrap().into_runnable().unwrap();
    let shape = plan
        .model()
        .input_fact(0)
        .unwrap()
        .shape
        .as_concrete()
        .unwrap()
        .to_vec();
    let result = plan
        .run(tvec!(Tensor::from_shape(&shape, input).unwrap().into()))
        .unwrap();
    let values = result[0].to_plain_array_view::<f32>().unwrap();
    (fusion, values.iter().copied().collect())
}

/// tract's reader of ONNX, which knows fused parts.
pub(super) fn reader() -> tract_onnx::Onnx {
    let mut onnx = tract_onnx::onnx();
    operator::register(&mut onnx);
    onnx
}
