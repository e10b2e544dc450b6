//! Just enough protobuf to write a message.

use ottl::put_varint;

/// The order in which the fields of a message stand. Elements of one field keep theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As SDKs write.
    Ascending,
    /// As the Collector writes, which fills its buffer from the end.
    Descending,
}

/// A message that is being written.
#[derive(Debug, Default)]
pub(super) struct Message {
    fields: Vec<(u32, Field)>,
}

#[derive(Debug)]
enum Field {
    Varint(u64),
    Fixed(u64),
    Bytes(Vec<u8>),
    Message(Message),
}

impl Message {
    pub(super) fn varint(&mut self, number: u32, value: u64) {
        self.fields.push((number, Field::Varint(value)));
    }

    pub(super) fn fixed(&mut self, number: u32, value: u64) {
        self.fields.push((number, Field::Fixed(value)));
    }

    pub(super) fn double(&mut self, number: u32, value: f64) {
        self.fixed(number, value.to_bits());
    }

    pub(super) fn bytes(&mut self, number: u32, value: &[u8]) {
        self.fields.push((number, Field::Bytes(value.to_vec())));
    }

    pub(super) fn string(&mut self, number: u32, value: &str) {
        self.bytes(number, value.as_bytes());
    }

    pub(super) fn message(&mut self, number: u32, value: Self) {
        self.fields.push((number, Field::Message(value)));
    }

    /// An attribute; `value` writes the `AnyValue`.
    fn attribute(&mut self, number: u32, key: &str, value: impl FnOnce(&mut Self)) {
        let mut any = Self::default();
        value(&mut any);
        let mut entry = Self::default();
        entry.string(1, key);
        entry.message(2, any);
        self.message(number, entry);
    }

    pub(super) fn string_attribute(&mut self, number: u32, key: &str, value: &str) {
        self.attribute(number, key, |any| any.string(1, value));
    }

    pub(super) fn bool_attribute(&mut self, number: u32, key: &str, value: bool) {
        self.attribute(number, key, |any| any.varint(2, value.into()));
    }

    pub(super) fn int_attribute(&mut self, number: u32, key: &str, value: u64) {
        self.attribute(number, key, |any| any.varint(3, value));
    }

    pub(super) fn double_attribute(&mut self, number: u32, key: &str, value: f64) {
        self.attribute(number, key, |any| any.double(4, value));
    }

    pub(super) fn encode(mut self, order: Order) -> Vec<u8> {
        self.fields.sort_by_key(|(number, _)| match order {
            Order::Ascending => i64::from(*number),
            Order::Descending => -i64::from(*number),
        });
        let mut out = Vec::new();
        for (number, field) in self.fields {
            let number = u64::from(number);
            match field {
                Field::Varint(value) => {
                    put_varint(&mut out, number << 3);
                    put_varint(&mut out, value);
                }
                Field::Fixed(value) => {
                    put_varint(&mut out, number << 3 | 1);
                    out.extend(value.to_le_bytes());
                }
                Field::Bytes(bytes) => put_bytes(&mut out, number, &bytes),
                Field::Message(message) => put_bytes(&mut out, number, &message.encode(order)),
            }
        }
        out
    }
}

fn put_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}
