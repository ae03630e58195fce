//! An island as an operator of tract's.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use tract_linalg::multithread::{Executor, current_tract_executor};
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

use super::entry::Given;
use super::head::Traits;
use super::islands::{BODY, HALF_PRECISION, KERNELS, OPERATOR, shapes_of};
use super::kernels;
use super::lower::lower;
use super::memory::Memory;
use super::program::{Macs, Program, Wanted};
use super::units::units;
use super::view::View;
use crate::network::prepare::Picture;

/// Teaches tract's reader of ONNX the islands' operator.
pub(super) fn register(onnx: &mut tract_onnx::Onnx) {
    onnx.op_register.insert(OPERATOR, read);
}

fn read(_context: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let attribute = |name| node.attribute.iter().find(|attribute| attribute.name == name);
    let body = attribute(BODY)
        .and_then(|attribute| attribute.g.as_ref())
        .context("an island without a body")?;
    let kernels = match attribute(KERNELS) {
        Some(name) => kernels::named(&name.s).context("the processor has no such kernels")?,
        None => kernels::best(),
    };
    let halves = attribute(HALF_PRECISION).and_then(|_| kernels::best_halves());
    let shapes = shapes_of(body);
    let view = View::new(body, &shapes);
    let nodes: Vec<usize> = (0..body.node.len()).collect();
    let wanted = node.output.iter().map(String::as_str).collect();
    let steps = lower(&view, &nodes, &wanted).map_err(|refusal| format_err!("{}", refusal.reason))?;
    let order = |tensors: Vec<&String>, names: &[String]| -> TractResult<Vec<usize>> {
        let place = |name| tensors.iter().position(|tensor| *tensor == name);
        names
            .iter()
            .map(|name| place(name).with_context(|| format!("an island without {name}")))
            .collect()
    };
    let inputs = order(steps.inputs.iter().map(|(tensor, _)| tensor).collect(), &node.input)?;
    let outputs = order(
        steps.outputs.iter().map(|output| &output.tensor).collect(),
        &node.output,
    )?;
    let units = units(&steps);
    let program = Program::new(steps, &units, &view, kernels, halves)?;
    let island = Island {
        program: Arc::new(program),
        inputs,
        outputs,
        idle: Arc::default(),
    };
    Ok((expand(island), vec![]))
}

/// A program, and memory for as many runs as there were at once.
#[derive(Clone)]
pub(in super::super) struct Island {
    program: Arc<Program>,
    /// For each input of the node the program's input that it is.
    inputs: Vec<usize>,
    /// For each output of the node the program's output that it is.
    outputs: Vec<usize>,
    idle: Arc<Mutex<Vec<Memory>>>,
}

impl Island {
    fn shapes(&self) -> Vec<TVec<usize>> {
        let shapes = self.program.output_shapes();
        let shape = |output: &usize| {
            let [channels, height, width] = shapes[*output];
            tvec!(1, channels, height, width)
        };
        self.outputs.iter().map(shape).collect()
    }

    /// Multiply-adds of one run.
    pub(super) fn macs(&self) -> Macs {
        self.program.macs()
    }

    /// The island that a model is, if it is nothing else.
    pub(in super::super) fn whole(model: &TypedModel) -> Option<Self> {
        let [source, node] = model.nodes() else {
            return None;
        };
        let island = node.op_as::<Self>()?;
        let alone = model.inputs == [OutletId::new(source.id, 0)] && model.outputs == [OutletId::new(node.id, 0)];
        (alone && island.inputs == [0] && island.outputs == [0]).then(|| island.clone())
    }

    /// Bytes of memory that one run's maps take.
    pub(super) fn memory(&self) -> usize {
        self.program.memory_size()
    }

    /// The kernels that compute it.
    pub(super) fn kernels(&self) -> &'static str {
        self.program.kernels()
    }

    /// Name, kind and multiply-adds of each of its steps.
    pub(in super::super) fn steps(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        self.program.steps()
    }

    /// Runs it; `watch` is called after each of its [`steps`](Self::steps).
    pub(in super::super) fn run(
        &self,
        inputs: &[TValue],
        watch: &mut (dyn FnMut() + Send),
    ) -> TractResult<TVec<TValue>> {
        let mut in_order: Vec<Given> = inputs.iter().map(|_| Given::Planes(&[])).collect();
        for (planes, input) in inputs.iter().zip(&self.inputs) {
            in_order[*input] = Given::Planes(planes.try_as_plain_ram()?.as_slice::<f32>()?);
        }
        let mut results = self
            .shapes()
            .iter()
            .map(|shape| Tensor::zero::<f32>(shape))
            .collect::<TractResult<Vec<_>>>()?;
        {
            let views = results.iter_mut().map(Tensor::try_as_plain_ram_mut);
            let mut views = views.collect::<TractResult<Vec<_>>>()?;
            let slices = views.iter_mut().map(|view| view.as_slice_mut::<f32>());
            let mut slices = slices.collect::<TractResult<Vec<_>>>()?;
            self.run_program(&in_order, &mut Wanted::Planes(&mut slices), watch);
        }
        Ok(results.into_iter().map(Tensor::into_tvalue).collect())
    }

    /// Runs it for traits instead of probabilities; `watch` as in [`run`](Self::run). It must be a whole network, whose input `picture` is.
    pub(in super::super) fn run_for_traits(&self, picture: &Picture, traits: Traits, watch: &mut (dyn FnMut() + Send)) {
        self.run_program(&[Given::Picture(picture)], &mut Wanted::Traits(traits), watch);
    }

    fn run_program(&self, inputs: &[Given], wanted: &mut Wanted, watch: &mut (dyn FnMut() + Send)) {
        let memory = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = memory.unwrap_or_else(|| self.program.memory());
        let pool = match current_tract_executor() {
            Executor::MultiThread(pool) => Some(pool),
            _ => None,
        };
        self.program.run(&mut memory, inputs, wanted, pool.as_deref(), watch);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
}

impl fmt::Debug for Island {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Macs { bytes, halves, floats } = self.macs();
        write!(
            f,
            "island of {bytes} multiply-adds of bytes, {halves} of halves and {floats} of floats"
        )
    }
}

impl PartialEq for Island {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.program, &other.program)
    }
}

impl Eq for Island {}

impl Expansion for Island {
    fn name(&self) -> StaticName {
        OPERATOR.into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(self.outputs.len())
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        _inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        for (output, shape) in outputs.iter().zip(self.shapes()) {
            solver.equals(&output.datum_type, f32::datum_type())?;
            solver.equals(
                &output.shape,
                shape.iter().map(|side| side.to_dim()).collect::<TVec<TDim>>(),
            )?;
        }
        Ok(())
    }

    fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.clone(), inputs)
    }
}

impl Op for Island {
    fn name(&self) -> StaticName {
        OPERATOR.into()
    }

    op_as_typed_op!();
}

impl EvalOp for Island {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.run(&inputs, &mut || {})
    }
}

impl TypedOp for Island {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(self.shapes().iter().map(f32::fact).collect())
    }

    fn cost(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<(Cost, TDim)>> {
        let Macs { bytes, halves, floats } = self.macs();
        Ok(tvec!((
            Cost::FMA(f32::datum_type()),
            (bytes + halves + floats).to_dim()
        )))
    }

    as_op!();
}
