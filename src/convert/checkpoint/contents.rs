//! Where in a pickle the tensors are.

use std::collections::HashSet;

use super::error::{CheckpointFault, quoted};
use super::lookup::{Entries, Lookup};
use super::pickle::{NodeId, Value};
use super::torch::{Torch, View};

/// Keys under which training scripts keep a network's weights, in the order in which they are tried.
const WEIGHTS_KEYS: [&str; 3] = ["state_dict", "model_state_dict", "model"];
/// Dictionaries within dictionaries, at most.
const NESTING_MAX: usize = 4;
/// Bytes of a tensor's name, at most.
const NAME_BYTES_MAX: usize = 512;
/// Tensors, at most; the published network has 413.
const TENSORS_MAX: usize = 1 << 15;

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
        lookup: Lookup::new(torch),
        tensors: Vec::new(),
        ignored: Vec::new(),
    };
    let kind = search.weights(root)?;
    search.remove_prefix();
    search.refuse_duplicates()?;
    if search.tensors.is_empty() {
        return Err(CheckpointFault::NoTensors {
            found: "a network without parameters".to_owned(),
        });
    }
    Ok(Contents {
        tensors: search.tensors,
        kind,
        ignored: search.ignored,
    })
}

/// The tensors that were found so far.
pub(super) struct Search<'v, 'a> {
    pub(super) lookup: Lookup<'v, 'a>,
    tensors: Vec<(String, View<'a>)>,
    ignored: Vec<String>,
}

impl<'a> Search<'_, 'a> {
    /// Follows the dictionaries from the root to the one that holds the weights, or to a module.
    fn weights(&mut self, root: NodeId) -> Result<ContentsKind, CheckpointFault> {
        let mut id = root;
        for _ in 0..NESTING_MAX {
            if self.lookup.is_module(id)? {
                self.module_tree(id)?;
                return Ok(ContentsKind::Module);
            }
            let Some(entries) = self.lookup.entries(id)? else {
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
            found: match self.lookup.torch.get(root) {
                Value::Made(made) => match self.lookup.torch.global(made.callee) {
                    Some((module, name)) => format!("an object of {}.{}", quoted(module), quoted(name)),
                    None => "an object".to_owned(),
                },
                other => other.kind().to_owned(),
            },
        })
    }

    /// The entry to go on with, unless the weights are in this dictionary itself.
    fn entry_with_weights(&mut self, entries: &Entries) -> Result<Option<NodeId>, CheckpointFault> {
        let mut found = Vec::new();
        for &(key, value) in entries {
            if self.lookup.is_module(value)? || self.holds_tensors(value)? {
                found.push((key, value));
            }
        }
        if let Some(value) = self.usual(&found) {
            return Ok(Some(value));
        }
        let is_state_dict = |&(_, value): &(NodeId, NodeId)| !matches!(self.lookup.torch.view(value), Ok(None));
        if entries.iter().any(is_state_dict) {
            return Ok(None);
        }
        match found[..] {
            [] => {}
            [(_, value)] => return Ok(Some(value)),
            _ => {
                return Err(CheckpointFault::Ambiguous {
                    entries: self.lookup.names(found.iter().map(|&(key, _)| key)),
                });
            }
        }
        // The weights may lie deeper.
        match self.usual(entries) {
            Some(value) if self.lookup.entries(value)?.is_some() => Ok(Some(value)),
            _ => Err(CheckpointFault::NoTensors {
                found: format!("a dictionary of {} entries without tensors", entries.len()),
            }),
        }
    }

    /// The value under the first of the usual keys that is there.
    fn usual(&self, entries: &Entries) -> Option<NodeId> {
        let under = |wanted| entries.iter().find(|&&(key, _)| self.lookup.key(key) == Some(wanted));
        WEIGHTS_KEYS.into_iter().find_map(under).map(|&(_, value)| value)
    }

    fn holds_tensors(&mut self, id: NodeId) -> Result<bool, CheckpointFault> {
        let entries = self.lookup.entries(id)?.unwrap_or_default();
        Ok(entries
            .iter()
            .any(|&(key, value)| self.lookup.key(key).is_some() && !matches!(self.lookup.torch.view(value), Ok(None))))
    }

    fn state_dict(&mut self, entries: &Entries) -> Result<(), CheckpointFault> {
        let mut others = Vec::new();
        for &(key, value) in entries {
            match self.lookup.key(key) {
                Some(name) if self.add(name, value)? => {}
                _ => others.push(key),
            }
        }
        self.ignore(others.into_iter());
        Ok(())
    }

    /// Adds the tensor, if the value is one.
    pub(super) fn add(&mut self, name: &str, value: NodeId) -> Result<bool, CheckpointFault> {
        let view = self
            .lookup
            .torch
            .view(value)
            .map_err(|reason| CheckpointFault::Tensor {
                name: quoted(name),
                reason,
            })?;
        let Some(view) = view else {
            return Ok(false);
        };
        if name.is_empty() {
            return Err(CheckpointFault::Tensor {
                name: "\"\"".to_owned(),
                reason: "it has no name; save the network's state_dict() again".to_owned(),
            });
        }
        Self::check_name_length(name.len())?;
        if self.tensors.len() == TENSORS_MAX {
            return Err(CheckpointFault::TooLarge {
                what: "it has too many tensors".to_owned(),
                limit: format!("{TENSORS_MAX} tensors"),
            });
        }
        self.tensors.push((name.to_owned(), view));
        Ok(true)
    }

    pub(super) fn check_name_length(bytes: usize) -> Result<(), CheckpointFault> {
        if bytes > NAME_BYTES_MAX {
            return Err(CheckpointFault::TooLarge {
                what: format!("the name of a tensor has {bytes} bytes"),
                limit: format!("{NAME_BYTES_MAX} bytes"),
            });
        }
        Ok(())
    }

    fn ignore(&mut self, keys: impl Iterator<Item = NodeId>) {
        const NAMED: usize = 64;
        for key in keys.take(NAMED.saturating_sub(self.ignored.len())) {
            self.ignored.push(self.lookup.name(key));
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
