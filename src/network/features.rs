//! The first part of a network alone: what training reads of the layers that it leaves as they are.

use std::collections::HashSet;
use std::sync::Arc;

use image::RgbImage;
use tract_linalg::multithread::{Executor, multithread_tract_scope};
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto};
use tract_onnx::prelude::*;

use super::run::{executor, failed, guarded, input, load_error};
use super::{Manifest, NetworkError, NetworkSettings, graph, int8};

/// The part of a network that leads from the picture to some of its tensors, its features.
pub struct FeatureNetwork {
    manifest: Manifest,
    /// `None` where the picture itself is the only feature.
    plan: Option<Arc<TypedRunnableModel>>,
    /// For each feature, which of the plan's results it is; the picture where it is none.
    features: Vec<Option<usize>>,
    executor: Executor,
}

impl FeatureNetwork {
    /// Loads what leads to the tensors `names`, in whose order features come; `origin` names the network in errors.
    ///
    /// # Errors
    /// [`NetworkError::Load`] if tract can't take it, or if there is no such tensor.
    pub fn load(
        message: &ModelProto,
        manifest: &Manifest,
        origin: &str,
        settings: &NetworkSettings,
        names: &[String],
    ) -> Result<Self, NetworkError> {
        let refused = |reason: String| load_error(origin, reason);
        let summary = graph::check(message).map_err(|e| refused(e.to_string()))?;
        let picture = &summary.input.0;
        let computed: Vec<&String> = names.iter().filter(|name| *name != picture).collect();
        let plan = match computed.is_empty() {
            true => None,
            false => {
                let part = leading_to(message, &computed);
                let (part, _) = guarded(|| Ok(int8::fuse(part, int8::Choice::default())))
                    .map_err(refused)?
                    .map_err(|e| refused(e.to_string()))?;
                let plan = guarded(|| {
                    int8::reader()
                        .model_for_proto_model(&part)?
                        .into_optimized()?
                        .into_runnable()
                });
                Some(plan.map_err(refused)?)
            }
        };
        Ok(Self {
            manifest: manifest.clone(),
            plan,
            features: names
                .iter()
                .map(|name| computed.iter().position(|c| *c == name))
                .collect(),
            executor: executor(settings.threads),
        })
    }

    /// The features of a crop, each row-major as channels×height×width. A crop of the network's size is taken as it is, any other is stretched.
    ///
    /// # Errors
    /// [`NetworkError::Run`] with tract's reason.
    pub fn features(&self, crop: &RgbImage) -> Result<Vec<Vec<f32>>, NetworkError> {
        let picture = input(crop, &self.manifest)?;
        let values = |tensor: &Tensor| -> Result<Vec<f32>, NetworkError> {
            let view = tensor.to_plain_array_view::<f32>().map_err(failed)?;
            Ok(view.iter().copied().collect())
        };
        let Some(plan) = &self.plan else {
            let planes = values(&picture)?;
            return Ok(vec![planes; self.features.len()]);
        };
        let given = tvec!(picture.clone().into());
        let run = || multithread_tract_scope(self.executor.clone(), || plan.run(given));
        let results = guarded(run).map_err(NetworkError::Run)?;
        let of = |feature: &Option<usize>| match feature {
            Some(index) => values(&results[*index]),
            None => values(&picture),
        };
        self.features.iter().map(of).collect()
    }
}

/// The nodes on the way to some tensors, which are the results.
fn leading_to(message: &ModelProto, wanted: &[&String]) -> ModelProto {
    let graph = message.graph.clone().unwrap_or_default();
    let mut needed: HashSet<String> = wanted.iter().map(|name| (*name).clone()).collect();
    let mut nodes = Vec::new();
    for node in graph.node.into_iter().rev() {
        if node.output.iter().any(|made| needed.contains(made)) {
            needed.extend(node.input.iter().cloned());
            nodes.push(node);
        }
    }
    nodes.reverse();
    let result = |name: &&String| ValueInfoProto {
        name: (*name).clone(),
        ..ValueInfoProto::default()
    };
    ModelProto {
        graph: Some(GraphProto {
            node: nodes,
            initializer: (graph.initializer.into_iter())
                .filter(|weight| needed.contains(&weight.name))
                .collect(),
            input: graph.input,
            output: wanted.iter().map(result).collect(),
            name: graph.name,
            ..GraphProto::default()
        }),
        ir_version: message.ir_version,
        opset_import: message.opset_import.clone(),
        ..ModelProto::default()
    }
}
