//! Which of many literals a value equals, found at once.
//!
//! A table answers what comparing with each of its keys would: integers equal doubles of the same
//! size, truth values, texts and integers equal nothing of another type. The rules are those of
//! [`compare`](crate::compare); a test holds the two together. Only literals whose equality can be
//! looked up are keys; [`Table::insert`] refuses all others.
//!
//! Do not use it for a handful of keys of one statement: comparing with each is as fast.

use std::collections::HashMap;

use otlp_columns::{Heap, Value};

use crate::Literal;

/// Literals, and for each of them the arms that it leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The index of the first instruction of each arm. A table that is only asked whether it has a
    /// value has no arms.
    pub arms: Vec<u32>,
    strings: HashMap<Box<[u8]>, Arms>,
    ints: HashMap<i64, Arms>,
    /// The integers again, by the bits of the doubles that they equal.
    doubles: HashMap<u64, Arms>,
    bools: [Arms; 2],
}

/// Indexes into [`Table::arms`], ascending.
type Arms = Vec<u32>;

impl Table {
    /// Leads values that equal `key` to an arm. The arms of one key are given in ascending order.
    ///
    /// Returns false, and does nothing, for a literal that cannot be a key.
    pub fn insert(&mut self, key: &Literal, arm: u32) -> bool {
        if !Self::is_key(key) {
            return false;
        }
        match key {
            Literal::String(text) => match self.strings.get_mut(text.as_slice()) {
                Some(arms) => add(arms, arm),
                None => {
                    self.strings.insert(text.as_slice().into(), vec![arm]);
                }
            },
            Literal::Int(value) => {
                add(self.ints.entry(*value).or_default(), arm);
                let double = *value as f64;
                add(self.doubles.entry(bits(double)).or_default(), arm);
            }
            Literal::Bool(value) => add(&mut self.bools[usize::from(*value)], arm),
            Literal::Nil
            | Literal::Double(_)
            | Literal::Bytes(_)
            | Literal::List(_)
            | Literal::Map(_) => {}
        }
        true
    }

    /// Whether a literal can be a key.
    #[must_use]
    pub fn is_key(literal: &Literal) -> bool {
        matches!(
            literal,
            Literal::String(_) | Literal::Int(_) | Literal::Bool(_)
        )
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        let bools = self.bools.iter().filter(|arms| !arms.is_empty());
        self.strings.len() + self.ints.len() + bools.count()
    }

    /// Whether it has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The arms that a value leads to.
    #[inline]
    pub(crate) fn find(&self, heap: &Heap, value: Value) -> &[u32] {
        let arms = match value {
            Value::Str(text) => self.strings.get(heap.bytes(text)),
            Value::Int(value) => self.ints.get(&value),
            Value::Double(value) => self.doubles.get(&bits(value)).filter(|_| !value.is_nan()),
            Value::Bool(value) => Some(&self.bools[usize::from(value)]),
            _ => None,
        };
        arms.map_or(&[], Vec::as_slice)
    }
}

fn add(arms: &mut Arms, arm: u32) {
    if arms.last() != Some(&arm) {
        arms.push(arm);
    }
}

/// The bits of a double, the same for those that are equal.
fn bits(value: f64) -> u64 {
    // Both zeros become the positive one.
    (value + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use otlp_columns::ListKind;

    use super::*;
    use crate::{CompareOp, compare, compose};

    fn keys() -> Vec<Literal> {
        let text = |text: &str| Literal::String(text.as_bytes().to_vec());
        vec![
            text("a"),
            text(""),
            Literal::Int(0),
            text("a"),
            Literal::Int(1),
            Literal::Bool(true),
            Literal::Int(i64::MAX),
            Literal::Int(i64::MAX - 1),
            Literal::Int((1 << 53) + 1),
            Literal::Int(1 << 53),
            Literal::Int(-1),
            text("true"),
        ]
    }

    #[test]
    fn it_answers_what_comparing_with_each_key_does() {
        let heap = &mut Heap::scratch();
        let mut table = Table::default();
        for (arm, key) in (0..).zip(keys()) {
            assert!(table.insert(&key, arm), "{key:?}");
        }
        let list = heap.alloc_list(&[Value::Int(1)]);
        let mut values = vec![
            Value::Nil,
            Value::Bool(true),
            Value::Bool(false),
            Value::Double(0.0),
            Value::Double(-0.0),
            Value::Double(1.0),
            Value::Double(1.5),
            Value::Double(f64::NAN),
            Value::Double(f64::INFINITY),
            Value::Double((1_u64 << 53) as f64),
            Value::Double(i64::MAX as f64),
            Value::Int(2),
            Value::Bytes(heap.alloc(b"a")),
            Value::Bytes(heap.alloc(b"")),
            Value::Duration(1),
            Value::List(ListKind::Any, list),
            Value::Str(heap.alloc(b"b")),
        ];
        values.extend(keys().iter().map(|key| compose::literal(heap, key)));
        for value in values {
            let mut expected = Vec::new();
            for (arm, key) in (0..).zip(keys()) {
                let key = compose::literal(heap, &key);
                if compare(heap, CompareOp::Eq, value, key) {
                    expected.push(arm);
                }
            }
            assert_eq!(table.find(heap, value), expected, "{value:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_is_no_key() {
        let mut table = Table::default();
        for key in [
            Literal::Nil,
            Literal::Double(1.0),
            Literal::Bytes(Vec::new()),
            Literal::List(Vec::new()),
            Literal::Map(Vec::new()),
        ] {
            assert!(!table.insert(&key, 0), "{key:?}");
        }
        assert!(table.is_empty());
    }

    #[test]
    fn a_key_given_twice_leads_to_an_arm_once() {
        let mut table = Table::default();
        for arm in [0, 0, 3] {
            table.insert(&Literal::Int(7), arm);
        }
        assert_eq!(table.find(&Heap::scratch(), Value::Int(7)), [0, 3]);
        assert_eq!(table.len(), 1);
    }
}
