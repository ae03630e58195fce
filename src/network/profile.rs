//! Which operators of a network take the time.

use std::time::{Duration, Instant};

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::Cost;
use tract_onnx::tract_core::plan::{SimpleState, eval};

use super::int8::Island;

/// One run of a network, watched operator by operator.
#[derive(Debug, Clone, PartialEq)]
pub struct RunProfile {
    /// What each operator took, in the order in which they ran.
    pub operators: Vec<OperatorTime>,
    /// The whole run of the network, with what lies between the operators.
    pub whole: Duration,
}

/// What one operator took.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorTime {
    /// The operator's name: that of the node in the ONNX file, and what tract's optimizer hung on it.
    pub name: String,
    /// What kind of operator it is, in tract's words; a convolution becomes `Im2col` and `OptMatMul`, for example.
    pub kind: String,
    /// Multiply-adds of a convolution or matrix product; 0 for all other kinds. One multiply-add counts once.
    pub macs: u64,
    /// Time from beginning to end, on all threads together.
    pub time: Duration,
}

/// Several runs of the same network, each operator with its median.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The operators, in the order in which they ran.
    pub operators: Vec<OperatorTime>,
    /// Median of what the runs took outside of all operators: handing values on and freeing them.
    pub between: Duration,
}

impl Profile {
    /// The medians of runs of one network; `None` without a run.
    pub fn of_runs(runs: &[RunProfile]) -> Option<Self> {
        let operators = runs
            .first()?
            .operators
            .iter()
            .enumerate()
            .map(|(at, operator)| OperatorTime {
                time: median(
                    runs.iter()
                        .filter_map(|run| Some(run.operators.get(at)?.time))
                        .collect(),
                ),
                ..operator.clone()
            });
        let outside = |run: &RunProfile| run.whole.saturating_sub(run.operators.iter().map(|o| o.time).sum());
        Some(Self {
            operators: operators.collect(),
            between: median(runs.iter().map(outside).collect()),
        })
    }

    /// The time of all operators and of what lies between; shares are of this.
    pub fn total(&self) -> Duration {
        self.operators.iter().map(|o| o.time).sum::<Duration>() + self.between
    }

    /// Multiply-adds of all convolutions and matrix products.
    pub fn macs(&self) -> u64 {
        self.operators.iter().map(|o| o.macs).sum()
    }
}

/// The middle one, or the later of the two in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Runs a plan once and takes the time of each operator. The caller chooses the threads.
pub(super) fn run_profiled(plan: &Arc<TypedRunnableModel>, input: Tensor) -> TractResult<(TVec<TValue>, RunProfile)> {
    let mut operators = Vec::with_capacity(plan.model().nodes().len());
    let begin = Instant::now();
    let mut state = SimpleState::new(plan)?;
    let outputs = state.run_plan_with_eval(tvec!(input.into()), |context, state, node, inputs| {
        if let Some(island) = node.op_as::<Island>() {
            let (outputs, steps) = watched(island, |watch| island.run(&inputs, watch))?;
            operators.extend(steps);
            return Ok(outputs);
        }
        let begin = Instant::now();
        let outputs = eval(context, state, node, inputs);
        operators.push(OperatorTime {
            name: node.name.clone(),
            kind: node.op.name().into_owned(),
            macs: multiply_adds(plan.model(), plan.model().node(node.id))?,
            time: begin.elapsed(),
        });
        outputs
    })?;
    drop(state);
    let whole = begin.elapsed();
    Ok((outputs, RunProfile { operators, whole }))
}

/// Runs an island, which calls what it is given after each of its steps, and takes the time of each.
pub(super) fn watched<T, E>(
    island: &Island,
    run: impl FnOnce(&mut (dyn FnMut() + Send)) -> Result<T, E>,
) -> Result<(T, Vec<OperatorTime>), E> {
    let (mut begin, mut times) = (Instant::now(), Vec::new());
    let result = run(&mut || {
        times.push(begin.elapsed());
        begin = Instant::now();
    })?;
    let steps = island.steps().zip(times);
    let operators = steps.map(|((name, kind, macs), time)| OperatorTime {
        name: name.to_owned(),
        kind: kind.to_owned(),
        macs,
        time,
    });
    Ok((result, operators.collect()))
}

/// Kinds whose cost are the multiply-adds of a convolution or matrix product. tract counts those of activation functions too, which nobody means
/// by the MACs of a network.
const CONVOLUTIONS: [&str; 7] = [
    "BlockedConv",
    "Conv",
    "DepthWiseConv",
    "DirectSpatialConv",
    "EinSum",
    "EinSumMatMul",
    "OptMatMul",
];

fn multiply_adds(model: &TypedModel, node: &TypedNode) -> TractResult<u64> {
    if !CONVOLUTIONS.contains(&&*node.op.name()) {
        return Ok(0);
    }
    let costs = node.op.cost(&model.node_input_facts(node.id)?)?;
    let multiply_adds = costs.iter().filter(|(cost, _)| matches!(cost, Cost::FMA(_)));
    multiply_adds
        .map(|(_, count)| Ok(u64::try_from(count.to_i64()?)?))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_has_the_median_of_its_own_times() {
        let run = |first: u64, second: u64, whole: u64| {
            let operator = |name: &str, macs, millis| OperatorTime {
                name: name.to_owned(),
                kind: "Conv".to_owned(),
                macs,
                time: Duration::from_millis(millis),
            };
            RunProfile {
                operators: vec![operator("stem", 5, first), operator("head", 2, second)],
                whole: Duration::from_millis(whole),
            }
        };
        let profile = Profile::of_runs(&[run(1, 30, 32), run(9, 10, 22), run(2, 20, 24)]).unwrap();
        let times: Vec<_> = profile.operators.iter().map(|o| o.time.as_millis()).collect();
        assert_eq!((times, profile.between.as_millis()), (vec![2, 20], 2));
        assert_eq!((profile.total().as_millis(), profile.macs()), (24, 7));
        assert_eq!(Profile::of_runs(&[]), None);
    }
}
