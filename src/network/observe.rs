//! Looking at what passes between the operators of a network.

use std::collections::HashMap;
use std::sync::Arc;

use image::RgbImage;
use tract_linalg::multithread::{Executor, multithread_tract_scope};
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::{SimpleState, eval};

use super::run::{Engine, executor, failed, guarded, input, load_error, typed};
use super::{Manifest, NetworkError, NetworkSettings};

/// A network some of whose tensors are watched while it runs. It is not optimized, since the optimizer makes tensors vanish; so it is slower
/// than a [`TraitNetwork`](super::TraitNetwork) and its last digits may differ.
pub struct ObservedNetwork {
    manifest: Manifest,
    plan: Arc<TypedRunnableModel>,
    executor: Executor,
    /// Node and output of each watched tensor, and its index in the list asked for.
    watched: HashMap<(usize, usize), usize>,
}

impl ObservedNetwork {
    /// Loads a network and finds the tensors `names` in it; `origin` names it in errors.
    ///
    /// # Errors
    /// [`NetworkError::Load`] and [`NetworkError::Shape`] as of [`TraitNetwork::load`](super::TraitNetwork::load), and a `Load` that names a tensor
    /// which is not there.
    pub fn load(
        message: &ModelProto,
        manifest: &Manifest,
        origin: &str,
        settings: &NetworkSettings,
        names: &[String],
    ) -> Result<Self, NetworkError> {
        let (model, _) = typed(message.clone(), manifest, origin, Engine::Plain)?;
        let watched = names.iter().enumerate().map(|(index, name)| {
            let by_label = model.find_outlet_label(name);
            let outlet = by_label.or_else(|| Some(OutletId::new(model.node_id_by_name(name).ok()?, 0)));
            let outlet = outlet.ok_or_else(|| NetworkError::Load {
                origin: origin.to_owned(),
                reason: format!("it has no tensor {name:?} any more once it is loaded"),
            })?;
            Ok(((outlet.node, outlet.slot), index))
        });
        Ok(Self {
            watched: watched.collect::<Result<_, NetworkError>>()?,
            manifest: manifest.clone(),
            plan: guarded(|| model.into_runnable()).map_err(|reason| load_error(origin, reason))?,
            executor: executor(settings.threads),
        })
    }

    /// Runs the network on a crop; `see` is handed the index, the shape and the values of each watched tensor as it comes.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn run(&self, crop: &RgbImage, mut see: impl FnMut(usize, &[usize], &[f32])) -> Result<(), NetworkError> {
        let input = input(crop, &self.manifest)?;
        multithread_tract_scope(self.executor.clone(), || {
            SimpleState::new(&self.plan)?.run_plan_with_eval(tvec!(input.into()), |context, state, node, inputs| {
                let outputs = eval(context, state, node, inputs)?;
                for (slot, value) in outputs.iter().enumerate() {
                    if let Some(index) = self.watched.get(&(node.id, slot)) {
                        let values = value.to_plain_array_view::<f32>()?;
                        see(*index, value.shape(), values.as_slice().unwrap_or(&[]));
                    }
                }
                TractResult::Ok(outputs)
            })
        })
        .map_err(failed)?;
        Ok(())
    }
}
