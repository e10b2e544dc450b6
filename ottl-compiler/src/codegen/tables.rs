//! The constants, paths and outputs of a program, each of them once.

use std::collections::HashMap;

use ottl_vm::{KeyUse, Literal, Operand, PathUse, Program};

/// What instructions refer to by number.
#[derive(Default)]
pub(super) struct Tables {
    constants: Table<Literal>,
    paths: Table<PathUse>,
    outputs: Table<String>,
}

/// A list, and where in it an element is. Elements are told apart by an encoding in bytes, since
/// they have no equality of their own that can be hashed: doubles differ where their bits do.
struct Table<T> {
    list: Vec<T>,
    known: HashMap<Vec<u8>, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            known: HashMap::new(),
        }
    }
}

impl<T> Table<T> {
    fn number(&mut self, encoding: Vec<u8>, element: impl FnOnce() -> T) -> u32 {
        *self.known.entry(encoding).or_insert_with(|| {
            self.list.push(element());
            (self.list.len() - 1) as u32
        })
    }
}

impl Tables {
    pub(super) fn constant(&mut self, literal: &Literal) -> Operand {
        let mut encoding = Vec::new();
        encode(literal, &mut encoding);
        Operand::Constant(self.constants.number(encoding, || literal.clone()))
    }

    pub(super) fn string(&mut self, text: &[u8]) -> Operand {
        self.constant(&Literal::String(text.to_owned()))
    }

    /// The number of a path. Its name with the context says what it is.
    pub(super) fn path(&mut self, path: PathUse) -> u32 {
        let mut encoding = Vec::new();
        encode_bytes(path.name.as_bytes(), &mut encoding);
        for key in &path.keys {
            match key {
                KeyUse::Str(text) => {
                    encoding.push(0);
                    encode_bytes(text, &mut encoding);
                }
                KeyUse::Int(index) => {
                    encoding.push(1);
                    encoding.extend(index.to_le_bytes());
                }
                KeyUse::Dynamic => encoding.push(2),
            }
        }
        self.paths.number(encoding, || path)
    }

    pub(super) fn output(&mut self, name: &str) -> usize {
        let encoding = name.as_bytes().to_owned();
        self.outputs.number(encoding, || name.to_owned()) as usize
    }

    /// Moves the tables into the program.
    pub(super) fn fill(&mut self, program: &mut Program) {
        program.constants = std::mem::take(&mut self.constants.list);
        program.paths = std::mem::take(&mut self.paths.list);
        program.outputs = std::mem::take(&mut self.outputs.list);
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
