//! Dictionaries, objects and their attributes, looked up with a bound on all looks together.

use super::error::{CheckpointFault, quoted};
use super::pickle::{NodeId, Value};
use super::torch::Torch;

/// Entries of dictionaries that are looked at, at most: a module may stand in a tree many times, and that many times over.
const LOOKS_MAX: usize = 1 << 21;

/// Keys and values of a dictionary.
pub(super) type Entries = Vec<(NodeId, NodeId)>;

/// The values of a pickle, looked up a bounded number of times.
pub(super) struct Lookup<'v, 'a> {
    pub(super) torch: Torch<'v, 'a>,
    looks_left: usize,
}

impl<'v, 'a> Lookup<'v, 'a> {
    pub(super) fn new(torch: Torch<'v, 'a>) -> Self {
        Self {
            torch,
            looks_left: LOOKS_MAX,
        }
    }

    pub(super) fn is_module(&mut self, id: NodeId) -> Result<bool, CheckpointFault> {
        Ok(self.attribute(id, "_parameters")?.is_some() && self.attribute(id, "_modules")?.is_some())
    }

    pub(super) fn attribute_entries(&mut self, id: NodeId, name: &str) -> Result<Entries, CheckpointFault> {
        match self.attribute(id, name)? {
            Some(attribute) => Ok(self.entries(attribute)?.unwrap_or_default()),
            None => Ok(Entries::new()),
        }
    }

    /// An attribute of an object, from the state that it was given.
    pub(super) fn attribute(&mut self, id: NodeId, name: &str) -> Result<Option<NodeId>, CheckpointFault> {
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
    pub(super) fn entries(&mut self, id: NodeId) -> Result<Option<Entries>, CheckpointFault> {
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

    /// A name, where a key is one.
    pub(super) fn key(&self, id: NodeId) -> Option<&'a str> {
        match *self.torch.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Counts entries that are about to be looked at.
    pub(super) fn look(&mut self, entries: usize) -> Result<(), CheckpointFault> {
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

    /// Keys for a message.
    pub(super) fn names(&self, keys: impl Iterator<Item = NodeId>) -> String {
        const NAMED: usize = 8;
        keys.take(NAMED)
            .map(|key| self.name(key))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// A key for a message.
    pub(super) fn name(&self, key: NodeId) -> String {
        match *self.torch.get(key) {
            Value::Text(text) => quoted(text),
            Value::Int(number) => number.to_string(),
            ref other => other.kind().to_owned(),
        }
    }
}
