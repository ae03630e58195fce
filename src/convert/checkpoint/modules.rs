//! The tensors of a tree of modules.

use std::collections::HashSet;

use super::contents::Search;
use super::error::{CheckpointFault, quoted};
use super::pickle::{NodeId, Value};

/// Modules within modules, at most; the published network has 7.
const MODULE_DEPTH_MAX: usize = 64;
/// Modules that wait for their turn, at most.
const WAITING_MAX: usize = 1 << 15;

impl<'a> Search<'_, 'a> {
    /// Parameters, buffers, then children, depth first: the order of `Module.state_dict` in `torch/nn/modules/module.py`.
    pub(super) fn module_tree(&mut self, root: NodeId) -> Result<(), CheckpointFault> {
        let mut waiting = vec![(String::new(), root, 0)];
        while let Some((path, id, depth)) = waiting.pop() {
            let fault = |reason: String| CheckpointFault::Module {
                path: match path.strip_suffix('.') {
                    Some(path) => quoted(path),
                    None => "at the root".to_owned(),
                },
                reason,
            };
            if depth > MODULE_DEPTH_MAX {
                return Err(fault(format!(
                    "lies more than {MODULE_DEPTH_MAX} modules deep, or contains itself"
                )));
            }
            if !self.lookup.is_module(id)? {
                return Err(fault("is no module".to_owned()));
            }
            let transient = self.transient_buffers(id)?;
            for kind in ["_parameters", "_buffers"] {
                for (key, value) in self.lookup.attribute_entries(id, kind)? {
                    let Some(name) = self.lookup.key(key) else {
                        return Err(fault(format!("has an entry in {kind} without a name")));
                    };
                    let left_out = *self.lookup.torch.get(value) == Value::None
                        || (kind == "_buffers" && transient.contains(name));
                    if left_out {
                        continue;
                    }
                    let full = joined(&path, name)?;
                    if !self.add(&full, value)? {
                        return Err(fault(format!(
                            "has an entry {} in {kind} that is no tensor",
                            quoted(name)
                        )));
                    }
                }
            }
            for (key, child) in self.lookup.attribute_entries(id, "_modules")?.into_iter().rev() {
                let Some(name) = self.lookup.key(key) else {
                    return Err(fault("has a child without a name".to_owned()));
                };
                if waiting.len() == WAITING_MAX {
                    return Err(fault(format!("is one of more than {WAITING_MAX}")));
                }
                if *self.lookup.torch.get(child) != Value::None {
                    waiting.push((joined(&path, name)? + ".", child, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// Names of buffers that a state dictionary leaves out.
    fn transient_buffers(&mut self, module: NodeId) -> Result<HashSet<&'a str>, CheckpointFault> {
        let Some(id) = self.lookup.attribute(module, "_non_persistent_buffers_set")? else {
            return Ok(HashSet::new());
        };
        let names = match self.lookup.torch.get(id) {
            // set([…]), as protocol 2 writes it.
            Value::Made(made) => match self.lookup.torch.sequence(made.arguments) {
                Some(&[list]) => self.lookup.torch.sequence(list),
                _ => None,
            },
            _ => self.lookup.torch.sequence(id),
        };
        let names = names.unwrap_or_default();
        self.lookup.look(names.len())?;
        Ok(names.iter().filter_map(|&name| self.lookup.key(name)).collect())
    }
}

fn joined(path: &str, name: &str) -> Result<String, CheckpointFault> {
    Search::check_name_length(path.len() + name.len())?;
    Ok(format!("{path}{name}"))
}
