//! The constants, paths and outputs of a program, each of them once.

use ottl_vm::{KeyUse, Literal, Operand, PathUse, Program};

use crate::hir::{Key, Path};
use crate::optimise::hash::Map;

/// What instructions refer to by number.
#[derive(Default)]
pub(super) struct Tables {
    constants: Table<Literal>,
    paths: Table<PathUse>,
    outputs: Table<String>,
    /// Memory of encodings.
    encoding: Vec<u8>,
}

/// A list, and where in it an element is. Elements are told apart by an encoding in bytes, since
/// they have no equality of their own that can be hashed: doubles differ where their bits do.
struct Table<T> {
    list: Vec<T>,
    known: Map<Box<[u8]>, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            known: Map::default(),
        }
    }
}

impl<T> Table<T> {
    fn number(&mut self, encoding: &[u8], element: impl FnOnce() -> T) -> u32 {
        if let Some(known) = self.known.get(encoding) {
            return *known;
        }
        let number = self.list.len() as u32;
        self.known.insert(encoding.into(), number);
        self.list.push(element());
        number
    }
}

impl Tables {
    pub(super) fn constant(&mut self, literal: &Literal) -> Operand {
        self.encoding.clear();
        encode(literal, &mut self.encoding);
        let number = self.constants.number(&self.encoding, || literal.clone());
        Operand::Constant(number)
    }

    pub(super) fn string(&mut self, text: &[u8]) -> Operand {
        self.constant(&Literal::String(text.to_owned()))
    }

    /// The number of a path. Its name with the context says what it is.
    pub(super) fn path(&mut self, path: &Path) -> u32 {
        let encoding = &mut self.encoding;
        encoding.clear();
        encode_bytes(path.name.as_bytes(), encoding);
        for key in &path.keys {
            match key {
                Key::Str(text) => {
                    encoding.push(0);
                    encode_bytes(text, encoding);
                }
                Key::Int(index) => {
                    encoding.push(1);
                    encoding.extend(index.to_le_bytes());
                }
                Key::Expr(_) => encoding.push(2),
            }
        }
        self.paths.number(encoding, || PathUse {
            name: path.name.clone(),
            def: path.def,
            keys: path.keys.iter().map(used).collect(),
        })
    }

    pub(super) fn output(&mut self, name: &str) -> usize {
        self.outputs.number(name.as_bytes(), || name.to_owned()) as usize
    }

    /// Moves the tables into the program.
    pub(super) fn fill(&mut self, program: &mut Program) {
        program.constants = std::mem::take(&mut self.constants.list);
        program.paths = std::mem::take(&mut self.paths.list);
        program.outputs = std::mem::take(&mut self.outputs.list);
    }
}

fn used(key: &Key) -> KeyUse {
    match key {
        Key::Str(text) => KeyUse::Str(text.clone()),
        Key::Int(index) => KeyUse::Int(*index),
        Key::Expr(_) => KeyUse::Dynamic,
    }
}

/// Appends bytes that no other literal has, and that begin the bytes of no other literal.
pub(crate) fn encode(literal: &Literal, out: &mut Vec<u8>) {
    match literal {
        Literal::Nil => out.push(0),
        Literal::Bool(value) => out.extend([1, u8::from(*value)]),
        Literal::Int(value) => {
            out.push(2);
            out.extend(value.to_le_bytes());
        }
        Literal::Double(value) => {
            out.push(3);
            out.extend(value.to_bits().to_le_bytes());
        }
        Literal::String(text) => {
            out.push(4);
            encode_bytes(text, out);
        }
        Literal::Bytes(bytes) => {
            out.push(5);
            encode_bytes(bytes, out);
        }
        Literal::List(elements) => {
            out.push(6);
            encode_length(elements.len(), out);
            for element in elements {
                encode(element, out);
            }
        }
        Literal::Map(entries) => {
            out.push(7);
            encode_length(entries.len(), out);
            for (key, value) in entries {
                encode_bytes(key, out);
                encode(value, out);
            }
        }
    }
}

fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    encode_length(bytes.len(), out);
    out.extend(bytes);
}

fn encode_length(length: usize, out: &mut Vec<u8>) {
    out.extend((length as u64).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_constants_are_one_and_others_are_not() {
        let constants = [
            Literal::Nil,
            Literal::Bool(false),
            Literal::Int(0),
            Literal::Double(0.0),
            Literal::Double(-0.0),
            Literal::Double(f64::NAN),
            Literal::String(Vec::new()),
            Literal::String(b"\0".to_vec()),
            Literal::Bytes(Vec::new()),
            Literal::List(Vec::new()),
            Literal::List(vec![Literal::Nil]),
            Literal::List(vec![Literal::Nil, Literal::Nil]),
            Literal::List(vec![Literal::List(vec![Literal::Nil]), Literal::Nil]),
            Literal::List(vec![Literal::List(vec![Literal::Nil, Literal::Nil])]),
            Literal::Map(Vec::new()),
            Literal::Map(vec![(b"a".to_vec(), Literal::Nil)]),
            Literal::Map(vec![(Vec::new(), Literal::String(b"a".to_vec()))]),
        ];
        let mut tables = Tables::default();
        for _ in 0..2 {
            for (index, constant) in constants.iter().enumerate() {
                let number = Operand::Constant(index as u32);
                assert_eq!(tables.constant(constant), number, "{constant:?}");
            }
        }
        assert_eq!(tables.constants.list.len(), constants.len());
    }
}
