//! What the names in a pickle mean to torch. Every name that is not in this file means nothing.

use super::element::ElementType;
use super::error::quoted;
use super::pickle::{NodeId, Value, Values};

/// The most dimensions that a tensor may have; torch itself stops at 64.
const DIMENSIONS_MAX: usize = 16;

/// A storage as the pickle speaks of it: a row of elements outside the pickle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StorageClaim<'a> {
    pub(super) key: &'a str,
    pub(super) kind: StorageKind,
    /// Elements of the whole storage that lies in the file.
    pub(super) elements: u64,
    /// First element and number of elements of the part that is meant, if it is not the whole (torch before 0.4).
    pub(super) part: Option<(u64, u64)>,
}

/// What a storage consists of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum StorageKind {
    /// Elements of a type that is read.
    Elements(ElementType),
    /// Plain bytes; the tensor says what they are.
    Untyped,
    /// Elements that are not read, of so many bytes.
    Other(u64),
}

/// A tensor as the pickle speaks of it: a view of a storage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View<'a> {
    pub(super) storage: StorageClaim<'a>,
    pub(super) element: ElementType,
    /// In elements.
    pub(super) offset: u64,
    pub(super) shape: Vec<u64>,
    /// In elements.
    pub(super) strides: Vec<u64>,
}

impl StorageKind {
    /// Bytes of one element.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Elements(element) => element.bytes() as u64,
            Self::Untyped => 1,
            Self::Other(bytes) => bytes,
        }
    }

    /// The classes of storages, `torch/storage.py` and `torch/__init__.py`.
    fn of_class(module: &str, name: &str) -> Option<Self> {
        if !matches!(module, "torch" | "torch.cuda" | "torch.storage") {
            return None;
        }
        Some(match name {
            "DoubleStorage" => Self::Elements(ElementType::Float64),
            "FloatStorage" => Self::Elements(ElementType::Float32),
            "HalfStorage" => Self::Elements(ElementType::Float16),
            "BFloat16Storage" => Self::Elements(ElementType::BFloat16),
            "LongStorage" => Self::Elements(ElementType::Int64),
            "IntStorage" => Self::Elements(ElementType::Int32),
            "ShortStorage" => Self::Elements(ElementType::Int16),
            "CharStorage" => Self::Elements(ElementType::Int8),
            "ByteStorage" => Self::Elements(ElementType::UInt8),
            "BoolStorage" => Self::Elements(ElementType::Bool),
            "UntypedStorage" | "_UntypedStorage" => Self::Untyped,
            "ComplexDoubleStorage" => Self::Other(16),
            "ComplexFloatStorage" => Self::Other(8),
            "QInt32Storage" => Self::Other(4),
            "QInt8Storage" | "QUInt8Storage" | "QUInt4x2Storage" | "QUInt2x4Storage" => Self::Other(1),
            _ => return None,
        })
    }
}

/// The values of a pickle, asked as torch would ask them. An `Err` is a sentence for the message.
#[derive(Clone, Copy)]
pub(super) struct Torch<'v, 'a>(pub(super) &'v Values<'a>);

impl<'v, 'a> Torch<'v, 'a> {
    pub(super) fn get(self, id: NodeId) -> &'v Value<'a> {
        self.0.get(id)
    }

    /// The module and name of a class or function; what else an id in its place says is nothing.
    pub(super) fn global(self, id: NodeId) -> Option<(&'a str, &'a str)> {
        match *self.get(id) {
            Value::Global { module, name } => Some((module, name)),
            // torch before 1.6 kept the source of module classes beside their names: ("module", class, file, source).
            Value::Persistent(id) => match self.sequence(id)? {
                &[tag, class, ..] if *self.get(tag) == Value::Text("module") => match *self.get(class) {
                    Value::Global { module, name } => Some((module, name)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn sequence(self, id: NodeId) -> Option<&'v [NodeId]> {
        match self.get(id) {
            Value::Tuple(elements) => Some(elements),
            Value::List(elements) | Value::Set(elements) => Some(elements),
            _ => None,
        }
    }

    /// The tensor that a value is, if it is one.
    pub(super) fn view(self, id: NodeId) -> Result<Option<View<'a>>, String> {
        // A parameter holds a tensor, which may be of a subclass; more layers do not occur, and a cycle must end.
        const LAYERS: usize = 4;
        let Value::Made(made) = self.get(id) else {
            return Ok(None);
        };
        let (mut callee, mut arguments) = (made.callee, made.arguments);
        for _ in 0..LAYERS {
            let (Some((module, name)), Some(given)) = (self.global(callee), self.sequence(arguments)) else {
                return Ok(None);
            };
            match (module, name) {
                ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => {
                    return self.rebuilt(given, None).map(Some);
                }
                ("torch._utils", "_rebuild_tensor_v3") => {
                    let &[_, _, _, _, _, _, kind, ..] = given else {
                        return Err("it is rebuilt without a type of elements; the file is damaged".to_owned());
                    };
                    return self.rebuilt(given, Some(kind)).map(Some);
                }
                ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state")
                | ("torch.nn.parameter", "Parameter" | "Buffer")
                | ("torch.autograd.variable", "Variable") => {
                    let Some(Value::Made(data)) = given.first().map(|&data| self.get(data)) else {
                        return Err("it is a parameter without data; save the network's state_dict()".to_owned());
                    };
                    (callee, arguments) = (data.callee, data.arguments);
                }
                ("torch._tensor", "_rebuild_from_type_v2") => {
                    let &[function, _, inner, ..] = given else {
                        return Err("it is rebuilt from too few arguments; the file is damaged".to_owned());
                    };
                    (callee, arguments) = (function, inner);
                }
                ("torch._utils", other) if other.starts_with("_rebuild_") => {
                    return Err(format!(
                        "it is of a kind that is not read ({}); convert it to a plain dense tensor before saving",
                        quoted(other)
                    ));
                }
                _ => return Ok(None),
            }
        }
        Err("it is wrapped into itself; the file is damaged".to_owned())
    }

    /// The storage that a persistent id names; `None` for an id of something else.
    pub(super) fn storage(self, id: NodeId) -> Result<Option<StorageClaim<'a>>, String> {
        let Some(&[tag, class, key, _location, elements, ref rest @ ..]) = self.sequence(id) else {
            return Ok(None);
        };
        if *self.get(tag) != Value::Text("storage") {
            return Ok(None);
        }
        let damaged = |what: &str| format!("its storage has {what}; the file is damaged");
        let Some((module, name)) = self.global(class) else {
            return Err(damaged("no class"));
        };
        let Some(kind) = StorageKind::of_class(module, name) else {
            return Err(format!(
                "its storage is a {}.{}, which is not read; convert it with .float() before saving",
                quoted(module),
                quoted(name)
            ));
        };
        let &Value::Text(key) = self.get(key) else {
            return Err(damaged("no key"));
        };
        let elements = self.count(elements).ok_or_else(|| damaged("no number of elements"))?;
        let part = match rest.first() {
            None => None,
            Some(&part) if *self.get(part) == Value::None => None,
            Some(&part) => {
                let Some(&[_key, start, length]) = self.sequence(part) else {
                    return Err(damaged("a part that is no part"));
                };
                let (start, length) = (self.count(start), self.count(length));
                let within = start
                    .zip(length)
                    .filter(|&(start, length)| start.checked_add(length).is_some_and(|end| end <= elements));
                Some(within.ok_or_else(|| damaged("a part beyond its end"))?)
            }
        };
        Ok(Some(StorageClaim {
            key,
            kind,
            elements,
            part,
        }))
    }

    /// Every storage that the pickle speaks of, used or not.
    pub(super) fn storages(self) -> impl Iterator<Item = Result<StorageClaim<'a>, String>> {
        self.0.all().filter_map(move |value| match *value {
            Value::Persistent(id) => self.storage(id).transpose(),
            _ => None,
        })
    }

    /// Storage, offset, shape, strides, and arguments that say nothing about values.
    fn rebuilt(self, arguments: &[NodeId], kind: Option<NodeId>) -> Result<View<'a>, String> {
        let &[storage, offset, shape, strides, ..] = arguments else {
            return Err("it is rebuilt from too few arguments; the file is damaged".to_owned());
        };
        let storage = match self.get(storage) {
            &Value::Persistent(id) => self.storage(id)?,
            _ => None,
        };
        let Some(storage) = storage else {
            return Err("its values do not lie in a storage of the file; save the network's state_dict()".to_owned());
        };
        let element = match (kind, storage.kind) {
            (None, StorageKind::Elements(element)) => element,
            (Some(kind), StorageKind::Untyped | StorageKind::Elements(_)) => self.element_type(kind)?,
            (None, StorageKind::Untyped) => {
                return Err("its type of elements is not said; convert it with .float() before saving".to_owned());
            }
            (_, StorageKind::Other(_)) => {
                return Err(
                    "its elements are complex or quantized, which is not read; convert it with .dequantize() or .float() before saving"
                        .to_owned(),
                );
            }
        };
        let (shape, strides) = (self.counts(shape, "shape")?, self.counts(strides, "strides")?);
        if shape.len() != strides.len() {
            return Err(format!(
                "it has {} dimensions and {} strides; the file is damaged",
                shape.len(),
                strides.len()
            ));
        }
        let offset = self
            .count(offset)
            .ok_or("its offset is no number that can be; the file is damaged")?;
        Ok(View {
            storage,
            element,
            offset,
            shape,
            strides,
        })
    }

    /// A `torch.dtype`, which is pickled as its name.
    fn element_type(self, id: NodeId) -> Result<ElementType, String> {
        Ok(match self.global(id) {
            Some(("torch", "float64")) => ElementType::Float64,
            Some(("torch", "float32")) => ElementType::Float32,
            Some(("torch", "float16")) => ElementType::Float16,
            Some(("torch", "bfloat16")) => ElementType::BFloat16,
            Some(("torch", "int64")) => ElementType::Int64,
            Some(("torch", "int32")) => ElementType::Int32,
            Some(("torch", "int16")) => ElementType::Int16,
            Some(("torch", "int8")) => ElementType::Int8,
            Some(("torch", "uint8")) => ElementType::UInt8,
            Some(("torch", "bool")) => ElementType::Bool,
            Some((module, name)) => {
                return Err(format!(
                    "its elements are {}.{}, which is not read; convert it with .float() before saving",
                    quoted(module),
                    quoted(name)
                ));
            }
            None => return Err("its type of elements is no type; the file is damaged".to_owned()),
        })
    }

    /// A shape or strides: a tuple of integers, in older files within a `torch.Size`.
    fn counts(self, id: NodeId, what: &str) -> Result<Vec<u64>, String> {
        let inner = match self.get(id) {
            Value::Made(made) if self.global(made.callee) == Some(("torch", "Size")) => self
                .sequence(made.arguments)
                .and_then(|arguments| arguments.first().copied()),
            _ => Some(id),
        };
        let Some(elements) = inner.and_then(|inner| self.sequence(inner)) else {
            return Err(format!("its {what} can't be read; the file is damaged"));
        };
        if elements.len() > DIMENSIONS_MAX {
            return Err(format!(
                "it has {} dimensions; {DIMENSIONS_MAX} are allowed",
                elements.len()
            ));
        }
        elements
            .iter()
            .map(|&element| self.count(element))
            .collect::<Option<_>>()
            .ok_or_else(|| format!("a number of its {what} can't be; the file is damaged"))
    }

    fn count(self, id: NodeId) -> Option<u64> {
        match *self.get(id) {
            Value::Int(count) => u64::try_from(count).ok(),
            _ => None,
        }
    }
}
