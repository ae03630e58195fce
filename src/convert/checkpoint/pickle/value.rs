//! The values of a pickle.

/// A value's place among the [`Values`] of its pickle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// One value. Text and bytes are those of the pickle.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A longer integer: two's complement, least significant byte first.
    LongInt(&'a [u8]),
    /// A floating point number.
    Float(f64),
    /// Text; also a byte string of Python 2 that is UTF-8.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A tuple.
    Tuple(Box<[NodeId]>),
    /// A list.
    List(Vec<NodeId>),
    /// A set or frozen set.
    Set(Vec<NodeId>),
    /// A dictionary, entries in the order of the pickle, keys perhaps repeated.
    Dict(Vec<(NodeId, NodeId)>),
    /// The name of a class or function, which is not looked up.
    Global {
        /// Its module: `torch._utils`.
        module: &'a str,
        /// Its name there: `_rebuild_tensor_v2`.
        name: &'a str,
    },
    /// What a call would have made.
    Made(Box<Made>),
    /// An object that lies outside the pickle, under this id.
    Persistent(NodeId),
}

/// The object that a call would have made, and what was done to it afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What would have been called.
    pub callee: NodeId,
    /// The arguments, as a rule a tuple.
    pub arguments: NodeId,
    /// The state that it was given, as a rule a dictionary of attributes.
    pub state: Option<NodeId>,
    /// Entries that were set, if it is a dictionary.
    pub entries: Vec<(NodeId, NodeId)>,
    /// Elements that were appended or added, if it is a list or a set.
    pub elements: Vec<NodeId>,
}

impl Value<'_> {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::LongInt(_) => "an integer",
            Value::Float(_) => "a floating point number",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Tuple(_) => "a tuple",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Dict(_) => "a dictionary",
            Value::Global { .. } => "the name of a class or function",
            Value::Made(_) => "an object",
            Value::Persistent(_) => "an object outside the pickle",
        }
    }
}

/// All values of one pickle.
#[derive(Debug, Default)]
pub struct Values<'a> {
    nodes: Vec<Value<'a>>,
}

impl<'a> Values<'a> {
    /// The value at a place that these values gave out.
    pub fn get(&self, id: NodeId) -> &Value<'a> {
        &self.nodes[id.0 as usize]
    }

    /// Every value, in the order of the pickle, whether or not the root leads to it.
    pub fn all(&self) -> impl Iterator<Item = &Value<'a>> {
        self.nodes.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut Value<'a> {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn add(&mut self, value: Value<'a>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("the machine stops at VALUES_MAX"));
        self.nodes.push(value);
        id
    }
}
