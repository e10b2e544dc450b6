//! The values that `include` and `exclude` compare attributes with, and how OTTL says it.
//!
//! From internal/filter/filtermatcher: a value is equal to what has the same type and content, where a
//! whole number and another never have the same type, and neither have their elements. Lists have
//! the same elements in the same order, maps the same keys in any.

use ottl_syntax::{Code, Diagnostic};

use super::fields::Reader;
use super::matching::quoted;
use super::yaml::{Node, NodeKind, Resolved, Style};

/// How deep a value may nest.
const MAX_DEPTH: usize = 30;
/// How many parts a value may have.
const MAX_PARTS: usize = 1_000;
/// The longest comparison with a value, in bytes.
const MAX_LENGTH: usize = 256 << 10;

/// What an attribute is compared with.
#[derive(Debug)]
pub(crate) enum Value {
    /// Only inside of others.
    Nil,
    Text(String),
    Bool(bool),
    Int(i64),
    Float(f64),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// That what a path leads to is of the same type and equal; nothing when that takes too much to say.
    pub(crate) fn equals(&self, path: &str) -> Option<String> {
        let mut out = "(".to_owned();
        self.write(path, &mut out)?;
        out.push(')');
        Some(out)
    }

    /// Writes tests with `and` between them.
    fn write(&self, path: &str, out: &mut String) -> Option<()> {
        match self {
            Self::Nil => out.push_str(&format!("{path} == nil")),
            Self::Text(text) => out.push_str(&format!("{path} == {}", quoted(text))),
            Self::Bool(value) => out.push_str(&format!("{path} == {value}")),
            // The least number cannot be written.
            Self::Int(i64::MIN) => {
                out.push_str(&format!("IsInt({path}) and {path} < {}", i64::MIN + 1));
            }
            Self::Int(value) => out.push_str(&format!("IsInt({path}) and {path} == {value}")),
            Self::Float(value) if value.is_nan() => out.push_str("false"),
            Self::Float(value) if value.is_infinite() => {
                let (sign, limit) = match value.is_sign_positive() {
                    true => (">", f64::MAX),
                    false => ("<", f64::MIN),
                };
                let limit = float(limit);
                out.push_str(&format!("IsDouble({path}) and {path} {sign} {limit}"));
            }
            Self::Float(value) => {
                let value = float(*value);
                out.push_str(&format!("IsDouble({path}) and {path} == {value}"));
            }
            Self::List(elements) => {
                let length = elements.len();
                out.push_str(&format!("IsList({path}) and Len({path}) == {length}"));
                for (index, element) in elements.iter().enumerate() {
                    out.push_str(" and ");
                    element.write(&format!("{path}[{index}]"), out)?;
                }
            }
            Self::Map(entries) => {
                let length = entries.len();
                out.push_str(&format!("IsMap({path}) and Len({path}) == {length}"));
                for (key, value) in entries {
                    let key = quoted(key);
                    if matches!(value, Self::Nil) {
                        out.push_str(&format!(" and ContainsValue(Keys({path}), {key})"));
                    }
                    out.push_str(" and ");
                    value.write(&format!("{path}[{key}]"), out)?;
                }
            }
        }
        (out.len() <= MAX_LENGTH).then_some(())
    }
}

/// Reads a value, and whether there is a reference in it whose value is not known. Nothing stands for
/// no value.
pub(crate) fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<(Value, bool)> {
    if node.kind() == NodeKind::Scalar(Resolved::Null) {
        return None;
    }
    let mut parts = Parts {
        reader,
        is_open: false,
        left: MAX_PARTS,
    };
    let value = parts.value(node, 0)?;
    Some((value, parts.is_open))
}

/// A value while it is read.
struct Parts<'r, 'e> {
    reader: &'r mut Reader<'e>,
    is_open: bool,
    /// How many parts it may have still.
    left: usize,
}

impl Parts<'_, '_> {
    fn value(&mut self, node: Node<'_>, depth: usize) -> Option<Value> {
        let Some(left) = self.left.checked_sub(1).filter(|_| depth <= MAX_DEPTH) else {
            let message = "The value is too large to be compared with.";
            let problems = &mut self.reader.problems;
            problems.error(Code::InvalidSettings, node.span(), message);
            return None;
        };
        self.left = left;
        let value = match node.kind() {
            NodeKind::Scalar(Resolved::Null) => Some(Value::Nil),
            NodeKind::Scalar(Resolved::String(text)) => {
                let is_plain = node
                    .scalar()
                    .is_some_and(|scalar| scalar.style == Style::Plain && scalar.tag.is_none());
                if is_plain && is_time(text) {
                    self.time(node);
                    return None;
                }
                let text = self.reader.text(node, "`value`")?;
                self.is_open |= text.is_open;
                Some(Value::Text(text.value().to_owned()))
            }
            NodeKind::Scalar(Resolved::Bool(value)) => Some(Value::Bool(value)),
            NodeKind::Scalar(Resolved::Int(digits)) => {
                int(digits).map(Value::Int).or_else(|| number(digits))
            }
            NodeKind::Scalar(Resolved::Float(digits)) => number(digits),
            NodeKind::Sequence => {
                let elements = node.items().map(|item| self.value(item, depth + 1));
                return elements.collect::<Option<_>>().map(Value::List);
            }
            NodeKind::Mapping => {
                let entries = node.entries().map(|(key, value)| {
                    let name = key.scalar().map(|scalar| scalar.value.clone());
                    if name.is_none() {
                        self.reader.problems.wrong_shape(key, "A key", "a text");
                    }
                    Some((name?, self.value(value, depth + 1)?))
                });
                return entries.collect::<Option<_>>().map(Value::Map);
            }
        };
        if value.is_none() {
            let message = "An attribute is not compared with such a number here.";
            let problems = &mut self.reader.problems;
            problems.error(Code::InvalidSettings, node.span(), message);
        }
        value
    }

    fn time(&mut self, node: Node<'_>) {
        let message = "Without quotes this is a date, which no attribute is.";
        let error = Diagnostic::error(Code::InvalidSettings, node.span(), message);
        let error = error.with_note("Put it in quotes to compare with the text.");
        self.reader.problems.report(error);
    }
}

/// A number that is no whole one to OTTL.
pub(crate) fn float(value: f64) -> String {
    let mut digits = format!("{value:?}");
    if !digits.contains('.') {
        let at = digits.find('e').unwrap_or(digits.len());
        digits.insert_str(at, ".0");
    }
    digits
}

fn number(digits: &str) -> Option<Value> {
    let digits = digits.replace('_', "").to_ascii_lowercase();
    let value = match digits.trim_start_matches(['+', '-']) {
        ".inf" if digits.starts_with('-') => f64::NEG_INFINITY,
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ => digits.parse::<f64>().ok()?,
    };
    Some(Value::Float(value))
}

/// A whole number in one of the forms of Go: a zero in front alone means base 8. Those of 64 bits without
/// a sign wrap around.
fn int(digits: &str) -> Option<i64> {
    let digits = digits.replace('_', "");
    let unsigned = digits.trim_start_matches(['+', '-']);
    let (body, radix) = match unsigned.get(..2) {
        Some("0b" | "0B") => (&unsigned[2..], 2),
        Some("0o" | "0O") => (&unsigned[2..], 8),
        Some("0x" | "0X") => (&unsigned[2..], 16),
        Some(two) if two.starts_with('0') => (&unsigned[1..], 8),
        _ => (unsigned, 10),
    };
    if digits.starts_with('-') {
        return i64::from_str_radix(&format!("-{body}"), radix).ok();
    }
    let value = u64::from_str_radix(body, radix).ok();
    value.map(u64::cast_signed)
}

/// Whether the Collector's parser takes a text without quotes for a point in time: `2024-05-06`, and
/// perhaps a time of day behind it.
fn is_time(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let numbers: Vec<_> = date.split('-').collect();
    let [year, month, day] = numbers.as_slice() else {
        return false;
    };
    let small = |text: &str| {
        let is_number = !text.is_empty() && text.len() <= 2;
        is_number && text.bytes().all(|digit| digit.is_ascii_digit())
    };
    let is_date = year.len() == 4
        && year.bytes().all(|digit| digit.is_ascii_digit())
        && small(month)
        && small(day);
    is_date && time.is_none_or(|time| time.split(':').take(2).all(small) && time.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_those_of_go() {
        for (digits, value) in [
            ("5", 5),
            ("-12", -12),
            ("+1_000", 1000),
            ("017", 15),
            ("0x1F", 31),
            ("-0b11", -3),
            ("0o17", 15),
            ("0", 0),
            ("18446744073709551615", -1),
        ] {
            assert_eq!(int(digits), Some(value), "{digits}");
        }
        assert_eq!(int("99999999999999999999"), None);
        assert_eq!(int("-9223372036854775809"), None);
    }

    #[test]
    fn numbers_are_written_so_that_they_are_floats() {
        let written = |value| Value::Float(value).equals("p");
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(written(5.0), some("(IsDouble(p) and p == 5.0)"));
        assert_eq!(written(1e300), some("(IsDouble(p) and p == 1.0e300)"));
    }

    #[test]
    fn lists_and_maps_are_compared_part_by_part() {
        let map = Value::Map(vec![
            ("k".to_owned(), Value::Nil),
            ("l".to_owned(), Value::List(vec![Value::Bool(true)])),
        ]);
        let written = map.equals("p").expect("it is short");
        assert_eq!(
            written,
            "(IsMap(p) and Len(p) == 2 and ContainsValue(Keys(p), \"k\") and p[\"k\"] == nil \
             and IsList(p[\"l\"]) and Len(p[\"l\"]) == 1 and p[\"l\"][0] == true)"
        );
    }

    #[test]
    fn dates_are_those_of_the_parser() {
        for time in [
            "2024-05-06",
            "2024-5-6",
            "2024-05-06T07:08:09Z",
            "2024-05-06 7:8:9.5",
        ] {
            assert!(is_time(time), "{time}");
        }
        for text in [
            "2024-05",
            "24-05-06",
            "2024-05-066",
            "a-b-c",
            "2024-05-06 x",
            "1-2-3",
            "",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
