//! The part of pickle that dictionaries of plain values and tensors are written in (protocol 2, PEP 307).
//!
//! A name is looked up in a list of three kinds: how torch rebuilds a tensor, the empty ordered dictionary beside it,
//! and types of numbers. Nothing that a file names is called; every other name and every other instruction is refused
//! by its name.

use super::bad;
use crate::error::Result;

/// Instructions of one file at most; a parameter vector has about fifty.
const STEPS_MAX: usize = 10_000;
/// Values in the memory of one file at most.
const MEMO_MAX: usize = 4096;
/// Bytes of one text at most: copies of it may be asked for at every step.
const TEXT_BYTES_MAX: usize = 1 << 12;
/// How deep values lie in each other at most.
const DEPTH_MAX: usize = 16;

/// What a pickle holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dictionary(Vec<(Value, Value)>),
    Tensor(Tensor),
    /// A name of the list.
    Name(Name),
    /// Numbers in a file beside the pickle.
    Storage {
        element: Element,
        key: String,
        held: usize,
    },
    /// Where a group of values begins.
    Mark,
}

/// Names that a pickle may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Rebuild,
    OrderedDictionary,
    Storage(Element),
}

/// Types of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    F64,
    F32,
    F16,
    Bf16,
}

/// Numbers one after the other in a file beside the pickle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) element: Element,
    /// Which file.
    pub(super) storage: String,
    /// How many numbers the file holds.
    pub(super) held: usize,
    /// The first that is the tensor's.
    pub(super) offset: usize,
    /// How many are the tensor's.
    pub(super) count: usize,
}

impl Value {
    /// What a dictionary has under a text; the last one where it has several, as in Python.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dictionary(entries) = self else { return None };
        let found = entries.iter().rev().find(|(name, _)| matches!(name, Self::Text(text) if text == key));
        found.map(|(_, value)| value)
    }

    fn depth(&self) -> usize {
        let deepest = |values: &[Self]| values.iter().map(Self::depth).max().unwrap_or(0);
        match self {
            Self::Tuple(values) | Self::List(values) => 1 + deepest(values),
            Self::Dictionary(entries) => {
                1 + entries.iter().map(|(key, value)| key.depth().max(value.depth())).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}

/// Runs the program and gives what it leaves.
pub(super) fn load(program: &[u8]) -> Result<Value> {
    let mut machine = Machine { program, at: 0, stack: Vec::new(), memo: Vec::new() };
    for _ in 0..STEPS_MAX {
        let code = machine.byte()?;
        if code == b'.' {
            let last = machine.pop()?;
            return if machine.stack.is_empty() { Ok(last) } else { Err(broken()) };
        }
        machine.step(code)?;
    }
    Err(bad(format!("its pickle has more than {STEPS_MAX} instructions")))
}

struct Machine<'a> {
    program: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    memo: Vec<Option<Value>>,
}

fn broken() -> crate::error::EngineError {
    bad("its pickle is broken".into())
}

impl Machine<'_> {
    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            0x80 => {
                let protocol = self.byte()?;
                if protocol > 5 {
                    return Err(bad(format!("its pickle has protocol {protocol}; 2 to 5 are read")));
                }
            }
            // The length of a frame, which is the rest of the program.
            0x95 => drop(self.take(8)?),
            b'(' => self.push(Value::Mark)?,
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'K' | b'M' | b'J' | 0x8a | b'G' => self.number(code)?,
            b'X' | 0x8c => self.text(code)?,
            b'}' => self.push(Value::Dictionary(Vec::new()))?,
            b']' => self.push(Value::List(Vec::new()))?,
            b')' => self.push(Value::Tuple(Vec::new()))?,
            b't' => {
                let values = self.group()?;
                self.push(Value::Tuple(values))?;
            }
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b's' | b'u' | b'a' | b'e' => self.fill(code)?,
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(code)?,
            b'c' | 0x93 => self.name(code)?,
            b'Q' => {
                let value = self.pop()?;
                let storage = storage(value)?;
                self.push(storage)?;
            }
            b'R' => self.call()?,
            other => {
                return Err(bad(format!(
                    "its pickle has the instruction {:?} (0x{other:02x}), which no parameter vector needs. Nothing was run",
                    char::from(other)
                )));
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, count: usize) -> Result<&[u8]> {
        let end = self.at.checked_add(count).ok_or_else(broken)?;
        let bytes = self.program.get(self.at..end).ok_or_else(broken)?;
        self.at = end;
        Ok(bytes)
    }

    fn push(&mut self, value: Value) -> Result<()> {
        if value.depth() > DEPTH_MAX {
            return Err(bad(format!("values in its pickle lie deeper than {DEPTH_MAX} in each other")));
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        self.stack.pop().filter(|value| *value != Value::Mark).ok_or_else(broken)
    }

    /// The values above the last mark, which goes.
    fn group(&mut self) -> Result<Vec<Value>> {
        let place = self.stack.iter().rposition(|value| *value == Value::Mark).ok_or_else(broken)?;
        let values = self.stack.split_off(place + 1);
        self.stack.pop();
        Ok(values)
    }

    fn number(&mut self, code: u8) -> Result<()> {
        let value = match code {
            b'K' => Value::Int(i64::from(self.byte()?)),
            b'M' => Value::Int(little(self.take(2)?, false)),
            b'J' => Value::Int(little(self.take(4)?, true)),
            b'G' => {
                let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| broken())?;
                Value::Float(f64::from_be_bytes(bytes))
            }
            _ => {
                let length = usize::from(self.byte()?);
                if length > 8 {
                    return Err(bad("a whole number in its pickle has more than 64 bits".into()));
                }
                Value::Int(little(self.take(length)?, true))
            }
        };
        self.push(value)
    }

    fn text(&mut self, code: u8) -> Result<()> {
        let length = if code == b'X' { little(self.take(4)?, false) } else { i64::from(self.byte()?) };
        let length = usize::try_from(length).map_err(|_| broken())?;
        if length > TEXT_BYTES_MAX {
            return Err(bad(format!(
                "a text in its pickle has {length} bytes; {TEXT_BYTES_MAX} are read at most"
            )));
        }
        let text = String::from_utf8(self.take(length)?.to_vec()).map_err(|_| broken())?;
        self.push(Value::Text(text))
    }

    fn tuple(&mut self, count: usize) -> Result<()> {
        let place = self.stack.len().checked_sub(count).ok_or_else(broken)?;
        let values = self.stack.split_off(place);
        if values.contains(&Value::Mark) {
            return Err(broken());
        }
        self.push(Value::Tuple(values))
    }

    /// Puts values into the dictionary or list below them.
    fn fill(&mut self, code: u8) -> Result<()> {
        let values = match code {
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                vec![key, value]
            }
            b'a' => vec![self.pop()?],
            _ => self.group()?,
        };
        match (self.pop()?, code) {
            (Value::Dictionary(mut entries), b's' | b'u') if values.len().is_multiple_of(2) => {
                let mut values = values.into_iter();
                while let (Some(key), Some(value)) = (values.next(), values.next()) {
                    entries.push((key, value));
                }
                self.push(Value::Dictionary(entries))
            }
            (Value::List(mut list), b'a' | b'e') => {
                list.extend(values);
                self.push(Value::List(list))
            }
            _ => Err(broken()),
        }
    }

    /// Keeps the last value under a number, or gives one that was kept.
    fn remember(&mut self, code: u8) -> Result<()> {
        let place = match code {
            b'q' | b'h' => usize::from(self.byte()?),
            b'r' | b'j' => usize::try_from(little(self.take(4)?, false)).map_err(|_| broken())?,
            _ => self.memo.len(),
        };
        if place >= MEMO_MAX {
            return Err(bad(format!("its pickle keeps more than {MEMO_MAX} values")));
        }
        if matches!(code, b'h' | b'j') {
            let value = self.memo.get(place).cloned().flatten().ok_or_else(broken)?;
            return self.push(value);
        }
        // Values that hold others are kept by nobody who reads them back here; copies of them could grow without end.
        let value = self.stack.last().filter(|value| value.depth() == 0).cloned();
        if self.memo.len() <= place {
            self.memo.resize(place + 1, None);
        }
        self.memo[place] = value.filter(|value| *value != Value::Mark);
        Ok(())
    }

    fn name(&mut self, code: u8) -> Result<()> {
        let (module, name) = if code == b'c' {
            (self.line()?, self.line()?)
        } else {
            match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => (module, name),
                _ => return Err(broken()),
            }
        };
        let known = match (module.as_str(), name.as_str()) {
            ("torch._utils", "_rebuild_tensor_v2") => Name::Rebuild,
            ("collections", "OrderedDict") => Name::OrderedDictionary,
            ("torch", "DoubleStorage") => Name::Storage(Element::F64),
            ("torch", "FloatStorage") => Name::Storage(Element::F32),
            ("torch", "HalfStorage") => Name::Storage(Element::F16),
            ("torch", "BFloat16Storage") => Name::Storage(Element::Bf16),
            _ => {
                return Err(bad(format!(
                    "its pickle names {module}.{name}, which is neither a tensor nor a type of its numbers. \
                     Nothing was run"
                )));
            }
        };
        self.push(Value::Name(known))
    }

    fn line(&mut self) -> Result<String> {
        let rest = self.program.get(self.at..).ok_or_else(broken)?;
        let length = rest.iter().take(TEXT_BYTES_MAX).position(|&byte| byte == b'\n').ok_or_else(broken)?;
        let line = self.take(length)?.to_vec();
        self.at += 1;
        String::from_utf8(line).map_err(|_| broken())
    }

    /// A name with its arguments, as far as that is a value.
    fn call(&mut self) -> Result<()> {
        let (arguments, name) = (self.pop()?, self.pop()?);
        let value = match (name, arguments) {
            (Value::Name(Name::OrderedDictionary), Value::Tuple(none)) if none.is_empty() => {
                Value::Dictionary(Vec::new())
            }
            (Value::Name(Name::Rebuild), Value::Tuple(arguments)) => Value::Tensor(tensor(arguments)?),
            _ => return Err(bad("its pickle builds something that is not a tensor. Nothing was run".into())),
        };
        self.push(value)
    }
}

/// A whole number of up to eight bytes, the lowest first.
fn little(bytes: &[u8], is_signed: bool) -> i64 {
    let mut whole = [0; 8];
    let is_negative = is_signed && bytes.last().is_some_and(|last| last & 0x80 != 0);
    whole.fill(if is_negative { 0xff } else { 0 });
    for (place, byte) in whole.iter_mut().zip(bytes) {
        *place = *byte;
    }
    i64::from_le_bytes(whole)
}

/// `("storage", type, key, device, count)`.
fn storage(id: Value) -> Result<Value> {
    let Value::Tuple(parts) = id else { return Err(broken()) };
    match parts.as_slice() {
        [
            Value::Text(word),
            Value::Name(Name::Storage(element)),
            Value::Text(key),
            Value::Text(_),
            Value::Int(held),
        ] if word == "storage" => {
            let held = usize::try_from(*held).map_err(|_| broken())?;
            Ok(Value::Storage { element: *element, key: key.clone(), held })
        }
        _ => Err(bad("its numbers are stored in a way that is not read".into())),
    }
}

/// `(storage, offset, size, stride, requires_grad, hooks)` of one axis without gaps.
fn tensor(arguments: Vec<Value>) -> Result<Tensor> {
    let whole = |value: &Value| match value {
        Value::Int(number) => usize::try_from(*number).map_err(|_| broken()),
        _ => Err(broken()),
    };
    let (Some(Value::Storage { element, key, held }), Some(offset)) = (arguments.first(), arguments.get(1))
    else {
        return Err(broken());
    };
    let (Some(Value::Tuple(size)), Some(Value::Tuple(stride))) = (arguments.get(2), arguments.get(3)) else {
        return Err(broken());
    };
    let ([count], [step]) = (size.as_slice(), stride.as_slice()) else {
        return Err(bad(format!("`task_vector` has {} axes, not one", size.len())));
    };
    if whole(step)? != 1 && whole(count)? > 1 {
        return Err(bad("the numbers of `task_vector` are not one after the other".into()));
    }
    Ok(Tensor {
        element: *element,
        storage: key.clone(),
        held: *held,
        offset: whole(offset)?,
        count: whole(count)?,
    })
}
