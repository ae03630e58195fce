//! The stack machine that a pickle is a program for.

use super::PickleError;
use super::opcode::Opcode;
use super::stack::{Machine, VALUES_MAX};
use super::value::{NodeId, Value, Values};

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
    let mut machine = Machine::new(bytes);
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
}
