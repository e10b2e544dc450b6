//! The constants, paths and outputs of a program, each of them once.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use ottl_vm::{KeyUse, Literal, Operand, PathUse, Program};

use crate::hir::{Key, Path};

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
    /// The encodings of the elements one behind the other, and behind them that of the element which
    /// is looked for.
    encodings: Vec<u8>,
    /// Where the encoding of each element ends.
    ends: Vec<usize>,
    /// The elements by the hashes of their encodings. Of those with one hash the next ones have the
    /// numbers behind it.
    known: HashMap<u64, u32, RandomState>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            encodings: Vec::new(),
            ends: Vec::new(),
            known: HashMap::default(),
        }
    }
}

impl<T> Table<T> {
    /// Where the encoding of the element is to be appended that is looked for next.
    fn encoding(&mut self) -> &mut Vec<u8> {
        &mut self.encodings
    }

    /// The number of the element that was encoded, which is made if there is none like it.
    fn number(&mut self, element: impl FnOnce() -> T) -> u32 {
        let start = self.ends.last().copied().unwrap_or(0);
        let encoding = &self.encodings[start..];
        let mut hash = self.known.hasher().hash_one(encoding);
        while let Some(&number) = self.known.get(&hash) {
            let end = self.ends[number as usize];
            let before = (number as usize).checked_sub(1);
            let known = &self.encodings[before.map_or(0, |before| self.ends[before])..end];
            if known == encoding {
                self.encodings.truncate(start);
                return number;
            }
            hash = hash.wrapping_add(1);
        }
        let number = self.list.len() as u32;
        self.known.insert(hash, number);
        self.ends.push(self.encodings.len());
        self.list.push(element());
        number
    }
}

impl Tables {
    pub(super) fn constant(&mut self, literal: &Literal) -> Operand {
        encode(literal, self.constants.encoding());
        Operand::Constant(self.constants.number(|| literal.clone()))
    }

    pub(super) fn string(&mut self, text: &[u8]) -> Operand {
        self.constant(&Literal::String(text.to_owned()))
    }

    /// The number of a path. Its name with the context says what it is.
    pub(super) fn path(&mut self, path: &Path) -> u32 {
        let out = self.paths.encoding();
        encode_bytes(path.name.as_bytes(), out);
        for key in &path.keys {
            match key {
                Key::Str(text) => {
                    out.push(0);
                    encode_bytes(text, out);
                }
                Key::Int(index) => {
                    out.push(1);
                    out.extend(index.to_le_bytes());
                }
                Key::Expr(_) => out.push(2),
            }
        }
        self.paths.number(|| PathUse {
            name: path.name.clone(),
            def: path.def,
            keys: path.keys.iter().map(key_use).collect(),
        })
    }

    pub(super) fn output(&mut self, name: &str) -> usize {
        self.outputs.encoding().extend(name.as_bytes());
        self.outputs.number(|| name.to_owned()) as usize
    }

    /// Moves the tables into the program.
    pub(super) fn fill(&mut self, program: &mut Program) {
        program.constants = std::mem::take(&mut self.constants.list);
        program.paths = std::mem::take(&mut self.paths.list);
        program.outputs = std::mem::take(&mut self.outputs.list);
    }
}

fn key_use(key: &Key) -> KeyUse {
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
