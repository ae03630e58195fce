//! What the machine does to its stack, its values and its memo.

use std::collections::HashMap;

use super::PickleError;
use super::bytes::Bytes;
use super::value::{Made, NodeId, Value, Values};

/// The most values that a pickle may make. The published network, a whole pickled module, makes 20,895.
pub const VALUES_MAX: usize = 1 << 19;

/// A machine that carries out one pickle.
pub(super) struct Machine<'a> {
    pub(super) bytes: Bytes<'a>,
    pub(super) opcode_at: usize,
    pub(super) values: Values<'a>,
    pub(super) stack: Vec<NodeId>,
    /// Heights of the stack.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, NodeId>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes: Bytes::new(bytes),
            opcode_at: 0,
            values: Values::default(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
    }

    pub(super) fn push(&mut self, value: Value<'a>) -> Result<(), PickleError> {
        if self.values.len() == VALUES_MAX {
            return Err(self.error(format!("more than {VALUES_MAX} values; no checkpoint needs as many")));
        }
        let id = self.values.add(value);
        self.push_again(id)
    }

    pub(super) fn push_again(&mut self, id: NodeId) -> Result<(), PickleError> {
        if self.stack.len() == VALUES_MAX {
            return Err(self.error(format!("more than {VALUES_MAX} values on the stack")));
        }
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn push_integer(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        if bytes.len() > 8 {
            return self.push(Value::LongInt(bytes));
        }
        let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.push(Value::Int(i64::from_le_bytes(wide)))
    }

    pub(super) fn push_text(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        let text = self.text(bytes)?;
        self.push(Value::Text(text))
    }

    /// A `str` of Python 2, which is text or bytes.
    pub(super) fn push_old_string(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        self.push(std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text))
    }

    pub(super) fn push_bytes(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        self.push(Value::Bytes(bytes))
    }

    pub(super) fn push_tuple<const N: usize>(&mut self) -> Result<(), PickleError> {
        let mut elements = [None; N];
        for element in elements.iter_mut().rev() {
            *element = Some(self.pop()?);
        }
        self.push(Value::Tuple(elements.into_iter().flatten().collect()))
    }

    pub(super) fn push_made(&mut self, callee: NodeId, arguments: NodeId) -> Result<(), PickleError> {
        self.push(Value::Made(Box::new(Made {
            callee,
            arguments,
            state: None,
            entries: Vec::new(),
            elements: Vec::new(),
        })))
    }

    pub(super) fn append(&mut self, mut elements: Vec<NodeId>) -> Result<(), PickleError> {
        let list = self.top()?;
        match self.values.get_mut(list) {
            Value::List(all) => all.append(&mut elements),
            Value::Made(made) => made.elements.append(&mut elements),
            other => {
                let kind = other.kind();
                return Err(self.error(format!("{kind} takes no further elements")));
            }
        }
        Ok(())
    }

    pub(super) fn add_to_set(&mut self, mut elements: Vec<NodeId>) -> Result<(), PickleError> {
        let set = self.top()?;
        match self.values.get_mut(set) {
            Value::Set(all) => all.append(&mut elements),
            Value::Made(made) => made.elements.append(&mut elements),
            other => {
                let kind = other.kind();
                return Err(self.error(format!("{kind} is no set")));
            }
        }
        Ok(())
    }

    pub(super) fn set_entries(&mut self, mut entries: Vec<(NodeId, NodeId)>) -> Result<(), PickleError> {
        let dict = self.top()?;
        match self.values.get_mut(dict) {
            Value::Dict(all) => all.append(&mut entries),
            Value::Made(made) => made.entries.append(&mut entries),
            other => {
                let kind = other.kind();
                return Err(self.error(format!("{kind} has no entries to set")));
            }
        }
        Ok(())
    }

    pub(super) fn build(&mut self) -> Result<(), PickleError> {
        let state = self.pop()?;
        let object = self.top()?;
        let fault = match self.values.get_mut(object) {
            Value::Made(made) if made.state.is_none() => {
                made.state = Some(state);
                return Ok(());
            }
            Value::Made(_) => "an object is given its state twice".to_owned(),
            other => format!("{} takes no state", other.kind()),
        };
        Err(self.error(fault))
    }

    pub(super) fn remember(&mut self, place: u32) -> Result<(), PickleError> {
        let top = self.top()?;
        if self.memo.len() == VALUES_MAX {
            return Err(self.error(format!("more than {VALUES_MAX} values are remembered")));
        }
        self.memo.insert(place, top);
        Ok(())
    }

    pub(super) fn recall(&mut self, place: u32) -> Result<(), PickleError> {
        let Some(&id) = self.memo.get(&place) else {
            return Err(self.error(format!("nothing was remembered under {place}")));
        };
        self.push_again(id)
    }

    pub(super) fn top(&self) -> Result<NodeId, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.last() {
            Some(&id) if self.stack.len() > floor => Ok(id),
            _ => Err(self.error("a value is needed and none is on the stack".to_owned())),
        }
    }

    pub(super) fn pop(&mut self) -> Result<NodeId, PickleError> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<NodeId>, PickleError> {
        let Some(height) = self.marks.pop() else {
            return Err(self.error("a mark is needed and none is on the stack".to_owned()));
        };
        // Not `split_off`, which may hand on the room that the stack once took.
        let popped = self.stack[height..].to_vec();
        self.stack.truncate(height);
        Ok(popped)
    }

    pub(super) fn pop_entries(&mut self) -> Result<Vec<(NodeId, NodeId)>, PickleError> {
        let flat = self.pop_to_mark()?;
        let (pairs, []) = flat.as_chunks::<2>() else {
            return Err(self.error("the last key of a dictionary has no value".to_owned()));
        };
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    }

    pub(super) fn text(&self, bytes: &'a [u8]) -> Result<&'a str, PickleError> {
        std::str::from_utf8(bytes).map_err(|_| self.error("text that is not UTF-8".to_owned()))
    }

    pub(super) fn error(&self, reason: String) -> PickleError {
        PickleError {
            position: self.opcode_at,
            reason,
            ends_early: false,
        }
    }
}
