//! Where in a pickle the tensors are.

use std::collections::HashSet;

use super::error::{CheckpointFault, quoted};
use super::pickle::{NodeId, Value};
use super::torch::{Torch, View};

/// Keys under which training scripts keep a network's weights, in the order in which they are tried.
const WEIGHTS_KEYS: [&str; 3] = ["state_dict", "model_state_dict", "model"];
/// Dictionaries within dictionaries, at most.
const NESTING_MAX: usize = 4;
/// Modules within modules, at most; the published network has 6.
const MODULE_DEPTH_MAX: usize = 64;
/// Bytes of a tensor's name, at most.
const NAME_BYTES_MAX: usize = 512;
/// Tensors, at most; the published network has 413.
const TENSORS_MAX: usize = 1 << 15;
/// Modules that wait for their turn, at most.
const WAITING_MAX: usize = 1 << 15;
/// Entries of dictionaries that are looked at, at most: a module may stand in a tree many times, and that many times over.
const LOOKS_MAX: usize = 1 << 21;

/// What a pickle holds for us.
pub(super) struct Contents<'a> {
    /// By name, in the order of the file.
    pub(super) tensors: Vec<(String, View<'a>)>,
    pub(super) kind: ContentsKind,
    /// The entries that say nothing about weights.
    pub(super) ignored: Vec<String>,
}

/// The form that they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentsKind {
    Module,
    StateDict,
}

/// Finds the tensors that the state dictionary of the saved network has.
pub(super) fn find<'a>(torch: Torch<'_, 'a>, root: NodeId) -> Result<Contents<'a>, CheckpointFault> {
    let mut search = Search {
        torch,
        looks_left: LOOKS_MAX,
        tensors: Vec::new(),
        ignored: Vec::new(),
    };
    let kind = search.weights(root)?;
    search.remove_prefix();
    search.refuse_duplicates()?;
    if search.tensors.is_empty() {
        return Err(CheckpointFault::NoTensors {
            found: match kind {
                ContentsKind::Module => "a module without parameters".to_owned(),
                ContentsKind::StateDict => "an empty dictionary".to_owned(),
            },
        });
    }
    Ok(Contents {
        tensors: search.tensors,
        kind,
        ignored: search.ignored,
    })
}

type Entries = Vec<(NodeId, NodeId)>;

struct Search<'v, 'a> {
    torch: Torch<'v, 'a>,
    looks_left: usize,
    tensors: Vec<(String, View<'a>)>,
    ignored: Vec<String>,
}

impl<'v, 'a> Search<'v, 'a> {
    /// Follows the dictionaries from the root to the one that holds the weights, or to a module.
    fn weights(&mut self, root: NodeId) -> Result<ContentsKind, CheckpointFault> {
        let mut id = root;
        for _ in 0..NESTING_MAX {
            if self.is_module(id)? {
                self.module_tree(id)?;
                return Ok(ContentsKind::Module);
            }
            let Some(entries) = self.entries(id)? else {
                break;
            };
            match self.entry_with_weights(&entries)? {
                Some(next) => {
                    self.ignore(entries.iter().filter(|&&(_, value)| value != next).map(|&(key, _)| key));
                    id = next;
                }
                None => {
                    self.state_dict(&entries)?;
                    return Ok(ContentsKind::StateDict);
                }
            }
        }
        Err(CheckpointFault::NoTensors {
            found: match self.torch.get(root) {
                Value::Made(made) => match self.torch.global(made.callee) {
                    Some((module, name)) => format!("an object of {}.{}", quoted(module), quoted(name)),
                    None => "an object".to_owned(),
                },
                other => other.kind().to_owned(),
            },
        })
    }

    /// The entry to go on with, unless the weights are in this dictionary itself.
    fn entry_with_weights(&mut self, entries: &Entries) -> Result<Option<NodeId>, CheckpointFault> {
        for wanted in WEIGHTS_KEYS {
            for &(key, value) in entries {
                if self.key(key) == Some(wanted) && (self.is_module(value)? || self.entries(value)?.is_some()) {
                    return Ok(Some(value));
                }
            }
        }
        for &(_, value) in entries {
            if !matches!(self.torch.view(value), Ok(None)) {
                return Ok(None);
            }
        }
        let mut found = Vec::new();
        for &(key, value) in entries {
            if self.is_module(value)? || self.holds_tensors(value)? {
                found.push((key, value));
            }
        }
        match found[..] {
            [] => Err(CheckpointFault::NoTensors {
                found: format!("a dictionary of {} entries without tensors", entries.len()),
            }),
            [(_, value)] => Ok(Some(value)),
            _ => Err(CheckpointFault::Ambiguous {
                entries: self.names(found.iter().map(|&(key, _)| key)),
            }),
        }
    }

    fn holds_tensors(&mut self, id: NodeId) -> Result<bool, CheckpointFault> {
        let entries = self.entries(id)?.unwrap_or_default();
        Ok(entries
            .iter()
            .any(|&(key, value)| self.key(key).is_some() && !matches!(self.torch.view(value), Ok(None))))
    }

    fn state_dict(&mut self, entries: &Entries) -> Result<(), CheckpointFault> {
        let mut others = Vec::new();
        for &(key, value) in entries {
            match self.key(key) {
                Some(name) if self.add(name, value)? => {}
                _ => others.push(key),
            }
        }
        self.ignore(others.into_iter());
        Ok(())
    }

    /// Adds the tensor, if the value is one.
    fn add(&mut self, name: &str, value: NodeId) -> Result<bool, CheckpointFault> {
        let view = self.torch.view(value).map_err(|reason| CheckpointFault::Tensor {
            name: quoted(name),
            reason,
        })?;
        let Some(view) = view else {
            return Ok(false);
        };
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(CheckpointFault::TooLarge {
                what: format!("the name of a tensor has {} bytes", name.len()),
                limit: format!("1 to {NAME_BYTES_MAX} bytes"),
            });
        }
        if self.tensors.len() == TENSORS_MAX {
            return Err(CheckpointFault::TooLarge {
                what: "it has too many tensors".to_owned(),
                limit: format!("{TENSORS_MAX} tensors"),
            });
        }
        self.tensors.push((name.to_owned(), view));
        Ok(true)
    }

    /// Parameters, buffers, then children, depth first: the order of `Module.state_dict` in `torch/nn/modules/module.py`.
    fn module_tree(&mut self, root: NodeId) -> Result<(), CheckpointFault> {
        let mut waiting = vec![(String::new(), root, 0)];
        while let Some((path, id, depth)) = waiting.pop() {
            let fault = |reason: String| CheckpointFault::Module {
                path: quoted(path.trim_end_matches('.')),
                reason,
            };
            if depth > MODULE_DEPTH_MAX {
                return Err(fault(format!(
                    "lies more than {MODULE_DEPTH_MAX} modules deep, or contains itself"
                )));
            }
            if !self.is_module(id)? {
                return Err(fault("is no module".to_owned()));
            }
            let transient = self.transient_buffers(id)?;
            for kind in ["_parameters", "_buffers"] {
                for (key, value) in self.attribute_entries(id, kind)? {
                    let Some(name) = self.key(key) else {
                        return Err(fault(format!("has an entry in {kind} without a name")));
                    };
                    let left_out =
                        *self.torch.get(value) == Value::None || (kind == "_buffers" && transient.contains(name));
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
            for (key, child) in self.attribute_entries(id, "_modules")?.into_iter().rev() {
                let Some(name) = self.key(key) else {
                    return Err(fault("has a child without a name".to_owned()));
                };
                if waiting.len() == WAITING_MAX {
                    return Err(fault(format!("is one of more than {WAITING_MAX}")));
                }
                if *self.torch.get(child) != Value::None {
                    waiting.push((joined(&path, name)? + ".", child, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// Names of buffers that a state dictionary leaves out.
    fn transient_buffers(&mut self, module: NodeId) -> Result<HashSet<&'a str>, CheckpointFault> {
        let Some(id) = self.attribute(module, "_non_persistent_buffers_set")? else {
            return Ok(HashSet::new());
        };
        let names = match self.torch.get(id) {
            // set([…]), as protocol 2 writes it.
            Value::Made(made) => match self.torch.sequence(made.arguments) {
                Some(&[list]) => self.torch.sequence(list),
                _ => None,
            },
            _ => self.torch.sequence(id),
        };
        let names = names.unwrap_or_default();
        self.look(names.len())?;
        Ok(names.iter().filter_map(|&name| self.key(name)).collect())
    }

    fn is_module(&mut self, id: NodeId) -> Result<bool, CheckpointFault> {
        Ok(self.attribute(id, "_parameters")?.is_some() && self.attribute(id, "_modules")?.is_some())
    }

    fn attribute_entries(&mut self, id: NodeId, name: &str) -> Result<Entries, CheckpointFault> {
        match self.attribute(id, name)? {
            Some(attribute) => Ok(self.entries(attribute)?.unwrap_or_default()),
            None => Ok(Entries::new()),
        }
    }

    /// An attribute of an object, from the state that it was given.
    fn attribute(&mut self, id: NodeId, name: &str) -> Result<Option<NodeId>, CheckpointFault> {
        let Value::Made(made) = self.torch.get(id) else {
            return Ok(None);
        };
        let Some(Value::Dict(state)) = made.state.map(|state| self.torch.get(state)) else {
            return Ok(None);
        };
        self.look(state.len())?;
        Ok(state
            .iter()
            .find(|&&(key, _)| self.key(key) == Some(name))
            .map(|&(_, value)| value))
    }

    /// The entries of a dictionary; `None` for anything else.
    fn entries(&mut self, id: NodeId) -> Result<Option<Entries>, CheckpointFault> {
        match self.torch.get(id) {
            Value::Dict(entries) => {
                self.look(entries.len())?;
                Ok(Some(entries.clone()))
            }
            Value::Made(made) if self.torch.global(made.callee) == Some(("collections", "OrderedDict")) => {
                // Python 2 gives the entries as an argument, a list of pairs.
                let arguments = self.torch.sequence(made.arguments).unwrap_or_default();
                let pairs = arguments
                    .first()
                    .and_then(|&list| self.torch.sequence(list))
                    .unwrap_or_default();
                self.look(pairs.len() + made.entries.len())?;
                let pairs = pairs.iter().filter_map(|&pair| match self.torch.sequence(pair) {
                    Some(&[key, value]) => Some((key, value)),
                    _ => None,
                });
                Ok(Some(pairs.chain(made.entries.iter().copied()).collect()))
            }
            _ => Ok(None),
        }
    }

    fn key(&self, id: NodeId) -> Option<&'a str> {
        match *self.torch.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Counts entries that are about to be looked at.
    fn look(&mut self, entries: usize) -> Result<(), CheckpointFault> {
        match self.looks_left.checked_sub(entries + 1) {
            Some(left) => {
                self.looks_left = left;
                Ok(())
            }
            None => Err(CheckpointFault::TooLarge {
                what: "its dictionaries and modules contain each other too often".to_owned(),
                limit: format!("{LOOKS_MAX} entries"),
            }),
        }
    }

    fn ignore(&mut self, keys: impl Iterator<Item = NodeId>) {
        const NAMED: usize = 64;
        for key in keys.take(NAMED.saturating_sub(self.ignored.len())) {
            self.ignored.push(self.name(key));
        }
    }

    fn names(&self, keys: impl Iterator<Item = NodeId>) -> String {
        const NAMED: usize = 8;
        keys.take(NAMED)
            .map(|key| self.name(key))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn name(&self, key: NodeId) -> String {
        match *self.torch.get(key) {
            Value::Text(text) => quoted(text),
            Value::Int(number) => number.to_string(),
            ref other => other.kind().to_owned(),
        }
    }

    /// `torch.nn.DataParallel` puts the network into a module named `module`.
    fn remove_prefix(&mut self) {
        const PREFIX: &str = "module.";
        let wrapped = |(name, _): &(String, View)| name.len() > PREFIX.len() && name.starts_with(PREFIX);
        while !self.tensors.is_empty() && self.tensors.iter().all(wrapped) {
            for (name, _) in &mut self.tensors {
                name.drain(..PREFIX.len());
            }
        }
    }

    fn refuse_duplicates(&self) -> Result<(), CheckpointFault> {
        let mut seen = HashSet::new();
        match self.tensors.iter().find(|(name, _)| !seen.insert(name)) {
            Some((name, _)) => Err(CheckpointFault::Duplicate(quoted(name))),
            None => Ok(()),
        }
    }
}

fn joined(path: &str, name: &str) -> Result<String, CheckpointFault> {
    let bytes = path.len() + name.len();
    if bytes > NAME_BYTES_MAX {
        return Err(CheckpointFault::TooLarge {
            what: format!("the name of a tensor has {bytes} bytes"),
            limit: format!("{NAME_BYTES_MAX} bytes"),
        });
    }
    Ok(format!("{path}{name}"))
}
