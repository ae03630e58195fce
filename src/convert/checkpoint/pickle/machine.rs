//! The stack machine that a pickle is a program for.

use std::collections::HashMap;

use super::PickleError;
use super::bytes::Bytes;
use super::opcode::Opcode;
use super::value::{Made, NodeId, Value, Values};

/// The most values that a pickle may make. The published network, a whole pickled module, makes 29,000.
pub const VALUES_MAX: usize = 1 << 19;

/// A pickle that was read.
#[derive(Debug)]
pub struct Pickle<'a> {
    /// Everything that it made.
    pub values: Values<'a>,
    /// The value that Python would have returned.
    pub root: NodeId,
    /// Bytes up to and with its end; others may follow.
    pub length: usize,
}

/// Reads the pickle at the start of `bytes`.
///
/// # Errors
/// Pickles that end early, opcodes that are refused (named, with their place), operands of the wrong kind, more than [`VALUES_MAX`] values.
pub fn read(bytes: &[u8]) -> Result<Pickle<'_>, PickleError> {
    let mut machine = Machine {
        bytes: Bytes::new(bytes),
        opcode_at: 0,
        values: Values::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        machine.opcode_at = machine.bytes.position();
        let byte = machine.bytes.u8()?;
        let opcode = Opcode::of(byte).map_err(|refused| {
            machine.error(match refused {
                Some(refused) => format!("the opcode {} is refused: {}", refused.name, refused.why),
                None => format!("the byte 0x{byte:02x} is no opcode"),
            })
        })?;
        if opcode == Opcode::Stop {
            let root = machine.pop()?;
            return Ok(Pickle {
                values: machine.values,
                root,
                length: machine.bytes.position(),
            });
        }
        machine.step(opcode)?;
    }
}

struct Machine<'a> {
    bytes: Bytes<'a>,
    opcode_at: usize,
    values: Values<'a>,
    stack: Vec<NodeId>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, NodeId>,
}

impl<'a> Machine<'a> {
    fn step(&mut self, opcode: Opcode) -> Result<(), PickleError> {
        match opcode {
            Opcode::Proto => match self.bytes.u8()? {
                2..=5 => Ok(()),
                other => Err(self.error(format!("protocol {other}; protocols 2 to 5 are read"))),
            },
            // A hint for buffering.
            Opcode::Frame => self.bytes.u64().map(|_| ()),
            Opcode::Stop => Ok(()),

            Opcode::Mark => {
                if self.marks.len() == VALUES_MAX {
                    return Err(self.error(format!("more than {VALUES_MAX} marks on the stack")));
                }
                self.marks.push(self.stack.len());
                Ok(())
            }
            Opcode::Pop => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                    return Ok(());
                }
                self.pop().map(|_| ())
            }
            Opcode::PopMark => self.pop_to_mark().map(|_| ()),
            Opcode::Dup => {
                let top = self.top()?;
                self.push_again(top)
            }

            Opcode::None => self.push(Value::None),
            Opcode::NewTrue => self.push(Value::Bool(true)),
            Opcode::NewFalse => self.push(Value::Bool(false)),
            Opcode::BinInt => {
                let value = self.bytes.i32()?;
                self.push(Value::Int(value.into()))
            }
            Opcode::BinInt1 => {
                let value = self.bytes.u8()?;
                self.push(Value::Int(value.into()))
            }
            Opcode::BinInt2 => {
                let value = self.bytes.u16()?;
                self.push(Value::Int(value.into()))
            }
            Opcode::Long1 => {
                let length = self.bytes.u8()?;
                self.push_integer(length.into())
            }
            Opcode::Long4 => {
                let length = self.bytes.i32()?;
                let length = u64::try_from(length).map_err(|_| self.error(format!("an integer of {length} bytes")))?;
                self.push_integer(length)
            }
            Opcode::BinFloat => {
                let value = f64::from_be_bytes(self.bytes.array()?);
                self.push(Value::Float(value))
            }

            Opcode::ShortBinString => {
                let length = self.bytes.u8()?;
                self.push_old_string(length.into())
            }
            Opcode::BinString => {
                let length = self.bytes.i32()?;
                let length = u64::try_from(length).map_err(|_| self.error(format!("a string of {length} bytes")))?;
                self.push_old_string(length)
            }
            Opcode::ShortBinUnicode => {
                let length = self.bytes.u8()?;
                self.push_text(length.into())
            }
            Opcode::BinUnicode => {
                let length = self.bytes.u32()?;
                self.push_text(length.into())
            }
            Opcode::BinUnicode8 => {
                let length = self.bytes.u64()?;
                self.push_text(length)
            }
            Opcode::ShortBinBytes => {
                let length = self.bytes.u8()?;
                self.push_bytes(length.into())
            }
            Opcode::BinBytes => {
                let length = self.bytes.u32()?;
                self.push_bytes(length.into())
            }
            Opcode::BinBytes8 | Opcode::ByteArray8 => {
                let length = self.bytes.u64()?;
                self.push_bytes(length)
            }

            Opcode::EmptyTuple => self.push(Value::Tuple(Box::new([]))),
            Opcode::Tuple => {
                let elements = self.pop_to_mark()?;
                self.push(Value::Tuple(elements.into()))
            }
            Opcode::Tuple1 => self.push_tuple::<1>(),
            Opcode::Tuple2 => self.push_tuple::<2>(),
            Opcode::Tuple3 => self.push_tuple::<3>(),

            Opcode::EmptyList => self.push(Value::List(Vec::new())),
            Opcode::List => {
                let elements = self.pop_to_mark()?;
                self.push(Value::List(elements))
            }
            Opcode::Append => {
                let element = self.pop()?;
                self.append(vec![element])
            }
            Opcode::Appends => {
                let elements = self.pop_to_mark()?;
                self.append(elements)
            }
            Opcode::EmptySet => self.push(Value::Set(Vec::new())),
            Opcode::FrozenSet => {
                let elements = self.pop_to_mark()?;
                self.push(Value::Set(elements))
            }
            Opcode::AddItems => {
                let elements = self.pop_to_mark()?;
                self.add_to_set(elements)
            }
            Opcode::EmptyDict => self.push(Value::Dict(Vec::new())),
            Opcode::Dict => {
                let entries = self.pop_entries()?;
                self.push(Value::Dict(entries))
            }
            Opcode::SetItem => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_entries(vec![(key, value)])
            }
            Opcode::SetItems => {
                let entries = self.pop_entries()?;
                self.set_entries(entries)
            }

            Opcode::BinGet => {
                let place = self.bytes.u8()?;
                self.recall(place.into())
            }
            Opcode::LongBinGet => {
                let place = self.bytes.u32()?;
                self.recall(place)
            }
            Opcode::BinPut => {
                let place = self.bytes.u8()?;
                self.remember(place.into())
            }
            Opcode::LongBinPut => {
                let place = self.bytes.u32()?;
                self.remember(place)
            }
            Opcode::Memoize => {
                let place = u32::try_from(self.memo.len()).expect("the memo is no longer than VALUES_MAX");
                self.remember(place)
            }

            Opcode::Global => {
                let (module, name) = (self.bytes.line()?, self.bytes.line()?);
                let (module, name) = (self.text(module)?, self.text(name)?);
                self.push(Value::Global { module, name })
            }
            Opcode::StackGlobal => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (&Value::Text(module), &Value::Text(name)) = (self.values.get(module), self.values.get(name))
                else {
                    return Err(self.error("the name of a class or function is no text".to_owned()));
                };
                self.push(Value::Global { module, name })
            }
            Opcode::Reduce | Opcode::NewObj => {
                let (arguments, callee) = (self.pop()?, self.pop()?);
                self.push_made(callee, arguments)
            }
            Opcode::NewObjEx => {
                // Arguments by name decide nothing that is read here.
                let (_by_name, arguments, callee) = (self.pop()?, self.pop()?, self.pop()?);
                self.push_made(callee, arguments)
            }
            Opcode::Build => self.build(),
            Opcode::BinPersId => {
                let id = self.pop()?;
                self.push(Value::Persistent(id))
            }
        }
    }

    fn push(&mut self, value: Value<'a>) -> Result<(), PickleError> {
        if self.values.len() == VALUES_MAX {
            return Err(self.error(format!("more than {VALUES_MAX} values; no checkpoint needs as many")));
        }
        let id = self.values.add(value);
        self.push_again(id)
    }

    fn push_again(&mut self, id: NodeId) -> Result<(), PickleError> {
        if self.stack.len() == VALUES_MAX {
            return Err(self.error(format!("more than {VALUES_MAX} values on the stack")));
        }
        self.stack.push(id);
        Ok(())
    }

    fn push_integer(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        if bytes.len() > 8 {
            return self.push(Value::LongInt(bytes));
        }
        let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.push(Value::Int(i64::from_le_bytes(wide)))
    }

    fn push_text(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        let text = self.text(bytes)?;
        self.push(Value::Text(text))
    }

    /// A `str` of Python 2, which is text or bytes.
    fn push_old_string(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        self.push(std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text))
    }

    fn push_bytes(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.bytes.take(length)?;
        self.push(Value::Bytes(bytes))
    }

    fn push_tuple<const N: usize>(&mut self) -> Result<(), PickleError> {
        let mut elements = [None; N];
        for element in elements.iter_mut().rev() {
            *element = Some(self.pop()?);
        }
        self.push(Value::Tuple(elements.into_iter().flatten().collect()))
    }

    fn push_made(&mut self, callee: NodeId, arguments: NodeId) -> Result<(), PickleError> {
        self.push(Value::Made(Box::new(Made {
            callee,
            arguments,
            state: None,
            entries: Vec::new(),
            elements: Vec::new(),
        })))
    }

    fn append(&mut self, mut elements: Vec<NodeId>) -> Result<(), PickleError> {
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

    fn add_to_set(&mut self, mut elements: Vec<NodeId>) -> Result<(), PickleError> {
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

    fn set_entries(&mut self, mut entries: Vec<(NodeId, NodeId)>) -> Result<(), PickleError> {
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

    fn build(&mut self) -> Result<(), PickleError> {
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

    fn remember(&mut self, place: u32) -> Result<(), PickleError> {
        let top = self.top()?;
        if self.memo.len() == VALUES_MAX {
            return Err(self.error(format!("more than {VALUES_MAX} values are remembered")));
        }
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), PickleError> {
        let Some(&id) = self.memo.get(&place) else {
            return Err(self.error(format!("nothing was remembered under {place}")));
        };
        self.push_again(id)
    }

    fn top(&self) -> Result<NodeId, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.last() {
            Some(&id) if self.stack.len() > floor => Ok(id),
            _ => Err(self.error("a value is needed and none is on the stack".to_owned())),
        }
    }

    fn pop(&mut self) -> Result<NodeId, PickleError> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<NodeId>, PickleError> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => Err(self.error("a mark is needed and none is on the stack".to_owned())),
        }
    }

    fn pop_entries(&mut self) -> Result<Vec<(NodeId, NodeId)>, PickleError> {
        let flat = self.pop_to_mark()?;
        let (pairs, []) = flat.as_chunks::<2>() else {
            return Err(self.error("the last key of a dictionary has no value".to_owned()));
        };
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    }

    fn text(&self, bytes: &'a [u8]) -> Result<&'a str, PickleError> {
        std::str::from_utf8(bytes).map_err(|_| self.error("text that is not UTF-8".to_owned()))
    }

    fn error(&self, reason: String) -> PickleError {
        PickleError {
            position: self.opcode_at,
            reason,
            ends_early: false,
        }
    }
}
