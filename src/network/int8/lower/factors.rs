//! Squeeze-and-excite without the map between: a convolution whose result is averaged, and then multiplied with what follows from its means.
//!
//! The mean of a pointwise convolution is the convolution of the mean. So the factors can be had from the map that the convolution reads, which is smaller,
//! and the convolution itself comes last: it multiplies with them, adds the residual and clamps while its sums are in registers.

use super::super::steps::{Clamp, Form, Map, MapId, Shape, Step, Steps, Term, Work};
use super::super::view::View;

/// Sums of bytes of so many pixels are whole numbers that a float holds.
const WIDTH_MAX: usize = (1 << 24) / 255;
/// How many times as many pixels as input channels there must be: the weights are held a second time, in floats, for the means.
const PIXELS_FOR_EACH_INPUT: usize = 8;

/// Every convolution whose map is wanted for its means and for a sum of it times factors alone becomes that sum.
pub(super) fn into_convolutions(steps: &mut Steps, view: &View) {
    let readers = steps.readers();
    let found = (0..steps.steps.len()).filter_map(|maker| Excited::of(steps, &readers, maker, view));
    for excited in found.collect::<Vec<_>>() {
        excited.rewrite(steps);
    }
}

/// One squeeze-and-excite, by the maps that its steps make.
struct Excited {
    /// That of the convolution.
    map: MapId,
    /// Its mean.
    mean: MapId,
    /// The sum of it, times factors, and of another map.
    sum: MapId,
    factor: MapId,
    residual: Option<Term>,
    clamp: Clamp,
}

impl Excited {
    fn of(steps: &Steps, readers: &[Vec<usize>], maker: usize, view: &View) -> Option<Self> {
        let map = steps.steps[maker].output;
        let Work::Convolve {
            input,
            convolution,
            factor: None,
            residual: None,
            clamp: Clamp::NONE,
            ..
        } = &steps.steps[maker].work
        else {
            return None;
        };
        let from = steps.maps[*input].shape;
        let pointwise = convolution.kernel == [1, 1] && convolution.strides == [1, 1] && convolution.pads == [0, 0];
        let worth = from.height * from.width >= PIXELS_FOR_EACH_INPUT * convolution.inputs && from.width <= WIDTH_MAX;
        let known = convolution.groups == 1 && view.has_constant_floats(&convolution.weights);
        let leaves = steps.outputs.iter().any(|output| output.map == map);
        if !pointwise || !worth || !known || leaves {
            return None;
        }
        let &[mean, sum] = readers[map].as_slice() else {
            return None;
        };
        let (mean, sum) = (&steps.steps[mean], &steps.steps[sum]);
        let (
            Work::Mean { .. },
            Work::Sum {
                terms,
                offset: None,
                clamp,
            },
        ) = (&mean.work, &sum.work)
        else {
            return None;
        };
        let (own, other): (Vec<Term>, Vec<Term>) = terms.iter().partition(|term| term.map == map);
        let (&[own], [] | [_]) = (own.as_slice(), other.as_slice()) else {
            return None;
        };
        let residual = other.first().copied();
        let added = residual.is_none_or(|term| term.form == Form::Floats && term.factor.is_none());
        (own.form == Form::Floats && own.shift == 0 && added).then_some(Self {
            map,
            mean: mean.output,
            sum: sum.output,
            factor: own.factor?,
            residual,
            clamp: *clamp,
        })
    }

    fn rewrite(self, steps: &mut Steps) {
        let made = |steps: &Steps, map: MapId| steps.steps.iter().position(|step| step.output == map);
        let Some(maker) = made(steps, self.map) else {
            return;
        };
        let Work::Convolve {
            input,
            form,
            convolution,
            ..
        } = steps.steps.remove(maker).work
        else {
            return;
        };
        let (Some(mean), Some(sum)) = (made(steps, self.mean), made(steps, self.sum)) else {
            return;
        };
        steps.maps.push(Map {
            shape: Shape {
                height: 1,
                width: 1,
                channels: convolution.inputs,
            },
            floats: true,
            bytes: None,
            border: 0,
        });
        let squeezed = steps.maps.len() - 1;
        let convolve = |input, form, factor, residual, clamp| Work::Convolve {
            input,
            form,
            convolution: convolution.clone(),
            factor,
            residual,
            clamp,
        };
        steps.steps[sum].work = convolve(input, form, Some(self.factor), self.residual, self.clamp);
        steps.steps[mean].work = convolve(squeezed, Form::Floats, None, None, Clamp::NONE);
        let squeeze = Step {
            name: format!("{}, before its convolution", steps.steps[mean].name),
            work: Work::Mean { input, form },
            output: squeezed,
        };
        steps.steps.insert(mean, squeeze);
    }
}
