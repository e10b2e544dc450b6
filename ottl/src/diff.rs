//! What is different in two messages of the same signal, each difference with its path.
//!
//! Messages are compared by what they mean: the order of fields and of attributes does not matter,
//! nor do the spelling of numbers and whether something empty is there or not. The order of items,
//! and of the elements of lists, does.
//!
//! ```
//! use ottl::{Signal, diff, json};
//!
//! let wire = |text: &str| json::to_wire(Signal::Traces, text.as_bytes());
//! let old = wire(r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#)?;
//! let new = wire(r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"b"}]}]}]}"#)?;
//! let changes = diff::messages(Signal::Traces, &old, &new, diff::Order::Free)?;
//! assert_eq!(changes[0].path, "resourceSpans[0].scopeSpans[0].spans[0].name");
//! assert_eq!(changes[0].before.as_deref(), Some("\"a\""));
//! assert_eq!(changes[0].after.as_deref(), Some("\"b\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Do not use this for messages that are large and have little in common: alignment gives up there
//! and compares elements by their numbers.

mod align;
mod node;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use otlp_columns::{DecodeError, Signal, json};

pub(crate) use self::node::Node;
pub(crate) use self::node::quoted;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is, as `resourceSpans[0].resource.attributes["service.name"]`. Elements have the
    /// numbers that they have before, new ones those that they have afterwards.
    pub path: String,
    /// What was there before; nothing if nothing was. Attributes are written as in OTTL, all else as
    /// in OTLP/JSON.
    pub before: Option<String>,
    /// What is there afterwards; nothing if nothing is.
    pub after: Option<String>,
}

/// Whether the order of attributes matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// It does not, as in OTLP.
    #[default]
    Free,
    /// It does.
    Kept,
}

/// The differences between two messages, which are protobuf, in the order of the fields.
///
/// # Errors
/// When one of them is not a well-formed message of the signal.
pub fn messages(
    signal: Signal,
    before: &[u8],
    after: &[u8],
    order: Order,
) -> Result<Vec<Change>, DecodeError> {
    let before = message(signal, before, order)?;
    let after = message(signal, after, order)?;
    Ok(nodes(&before, &after))
}

/// A message as a tree.
pub(crate) fn message(signal: Signal, wire: &[u8], order: Order) -> Result<Node, DecodeError> {
    let mut text = Vec::new();
    json::from_wire(signal, wire, &mut text)?;
    Ok(Node::parse(&text, order))
}

/// The differences between two trees.
pub(crate) fn nodes(before: &Node, after: &Node) -> Vec<Change> {
    let mut differ = Differ {
        path: String::new(),
        changes: Vec::new(),
    };
    differ.compare(Some(before), Some(after));
    differ.changes
}

struct Differ {
    path: String,
    changes: Vec<Change>,
}

impl Differ {
    fn compare(&mut self, before: Option<&Node>, after: Option<&Node>) {
        match (before, after) {
            (Some(before), Some(after)) if before == after => {}
            (Some(Node::Map(before)), Some(Node::Map(after))) => self.maps(before, after),
            (Some(Node::Map(before)), None) => self.maps(before, &[]),
            (None, Some(Node::Map(after))) => self.maps(&[], after),
            (Some(Node::Fields(before)), Some(Node::Fields(after))) => self.fields(before, after),
            (Some(Node::Fields(before)), None) if !is_element(&self.path) => {
                self.fields(before, &[]);
            }
            (None, Some(Node::Fields(after))) if !is_element(&self.path) => {
                self.fields(&[], after);
            }
            (Some(Node::List(before)), Some(Node::List(after))) => self.lists(before, after),
            (before, after) => self.changes.push(Change {
                path: self.path.clone(),
                before: before.map(Node::text),
                after: after.map(Node::text),
            }),
        }
    }

    /// Compares below a further step of the path.
    fn below(&mut self, step: &str, before: Option<&Node>, after: Option<&Node>) {
        let length = self.path.len();
        self.path.push_str(step);
        self.compare(before, after);
        self.path.truncate(length);
    }

    fn fields(&mut self, before: &[(String, Node)], after: &[(String, Node)]) {
        let dot = if self.path.is_empty() { "" } else { "." };
        for (name, node) in before {
            self.below(&format!("{dot}{name}"), Some(node), field(after, name));
        }
        for (name, node) in after {
            if field(before, name).is_none() {
                self.below(&format!("{dot}{name}"), None, Some(node));
            }
        }
    }

    fn maps(&mut self, before: &[(String, Node)], after: &[(String, Node)]) {
        let changes = self.changes.len();
        let (before_keys, after_keys) = (numbered(before), numbered(after));
        for (key, node) in &before_keys {
            let other = after_keys.get(key).copied();
            self.below(&step(key), Some(node), other);
        }
        for (key, node) in &after_keys {
            if !before_keys.contains_key(key) {
                self.below(&step(key), None, Some(node));
            }
        }
        // What is left when the order counts.
        if self.changes.len() == changes && before != after {
            let order = |entries: &[(String, Node)]| {
                let keys: Vec<_> = entries.iter().map(|(key, _)| quoted(key)).collect();
                Some(format!("keys in the order {}", keys.join(", ")))
            };
            self.changes.push(Change {
                path: self.path.clone(),
                before: order(before),
                after: order(after),
            });
        }
    }

    fn lists(&mut self, before: &[Node], after: &[Node]) {
        for (old, new) in align::align(before, after) {
            let number = old.or(new).unwrap_or_default();
            let (old, new) = (old.map(|at| &before[at]), new.map(|at| &after[at]));
            self.below(&format!("[{number}]"), old, new);
        }
    }
}

fn field<'n>(fields: &'n [(String, Node)], name: &str) -> Option<&'n Node> {
    let mut found = fields.iter().filter(|(known, _)| known == name);
    found.next().map(|(_, node)| node)
}

/// The entries of a map by their keys; a key that stands more than once is numbered.
fn numbered(entries: &[(String, Node)]) -> BTreeMap<(&str, usize), &Node> {
    let mut map = BTreeMap::new();
    let mut seen = HashMap::new();
    for (key, node) in entries {
        let number = seen.entry(key.as_str()).or_insert(0_usize);
        map.insert((key.as_str(), *number), node);
        *number += 1;
    }
    map
}

fn step((key, number): &(&str, usize)) -> String {
    let mut step = format!("[{}]", quoted(key));
    if *number > 0 {
        let _ = write!(step, "#{}", number + 1);
    }
    step
}

/// Whether a path leads to an element of a list, which is there or not as a whole.
fn is_element(path: &str) -> bool {
    path.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str, order: Order) -> Vec<String> {
        let tree = |text: &str| Node::parse(text.as_bytes(), order);
        let show = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        nodes(&tree(before), &tree(after))
            .iter()
            .map(|change| {
                let (before, after) = (show(&change.before), show(&change.after));
                format!("{}: {before} > {after}", change.path)
            })
            .collect()
    }

    #[test]
    fn attributes_are_compared_by_their_keys() {
        let before = r#"{"attributes":[{"key":"a","value":{"intValue":"1"}},{"key":"b","value":{"stringValue":"x"}}]}"#;
        let after = r#"{"attributes":[{"key":"b","value":{"stringValue":"y"}},{"key":"c","value":{"boolValue":true}}]}"#;
        let expected = [
            r#"attributes["a"]: 1 > -"#,
            r#"attributes["b"]: "x" > "y""#,
            r#"attributes["c"]: - > true"#,
        ];
        assert_eq!(changes(before, after, Order::Free), expected);
    }

    #[test]
    fn types_of_attributes_are_told_apart() {
        let of = |value: &str| format!(r#"{{"attributes":[{{"key":"a","value":{value}}}]}}"#);
        let (int, double) = (of(r#"{"intValue":"5"}"#), of(r#"{"doubleValue":5}"#));
        let text = of(r#"{"stringValue":"5"}"#);
        assert_eq!(
            changes(&int, &double, Order::Free),
            [r#"attributes["a"]: 5 > 5.0"#]
        );
        assert_eq!(
            changes(&int, &text, Order::Free),
            [r#"attributes["a"]: 5 > "5""#]
        );
    }

    #[test]
    fn order_counts_on_request() {
        let before = r#"{"attributes":[{"key":"a","value":{}},{"key":"b","value":{}}]}"#;
        let after = r#"{"attributes":[{"key":"b","value":{}},{"key":"a","value":{}}]}"#;
        assert_eq!(changes(before, after, Order::Free), [""; 0]);
        let expected = [r#"attributes: keys in the order "a", "b" > keys in the order "b", "a""#];
        assert_eq!(changes(before, after, Order::Kept), expected);
    }

    #[test]
    fn what_is_gone_does_not_make_all_behind_it_different() {
        let before = r#"{"spans":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#;
        let after = r#"{"spans":[{"name":"a"},{"name":"c"}]}"#;
        assert_eq!(
            changes(before, after, Order::Free),
            [r#"spans[1]: {"name":"b"} > -"#]
        );
    }

    #[test]
    fn something_empty_is_nothing() {
        assert_eq!(
            changes(r#"{"status":{}}"#, r#"{"status":{"code":2}}"#, Order::Free),
            ["status.code: - > 2"]
        );
        assert_eq!(changes(r#"{"status":{}}"#, "{}", Order::Free), [""; 0]);
    }
}
