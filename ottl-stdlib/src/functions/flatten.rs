//! `flatten(target, prefix?, depth?, resolve_conflicts?)`

use std::collections::HashMap;

use otlp_columns::{Entry, Heap, PoolRange, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    out_of_memory, spend,
};

use crate::support::maps::MapBuilder;
use crate::support::prepared::Prepared;

/// The editor `flatten`.
pub(crate) const FLATTEN: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "flatten",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::optional("prefix", ParamKind::StringLiteral),
        Param::optional("depth", ParamKind::IntLiteral),
        Param::optional("resolve_conflicts", ParamKind::BoolLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Replaces nested maps and lists by keys joined with dots.\n\n\
           `prefix` is put before every key. `depth`, at least 1, is how many levels are dissolved; \
           deeper values stay as they are. Empty maps and lists vanish. Where two values come to the \
           same key the later one wins, unless `resolve_conflicts` is true: then the later one gets a \
           number behind its key, and so do the elements of a list, except the first. The \
           index of an element within a list in a list follows that of the list without a dot.",
    examples: &[
        Example {
            title: "Maps and lists",
            source: "flatten(span.attributes)",
            attributes: r#"{"a":{"b":{"c":1}},"d":["x","y"]}"#,
            result: r#"{"a.b.c":1,"d.0":"x","d.1":"y"}"#,
        },
        Example {
            title: "With a prefix, one level",
            source: r#"flatten(span.attributes, "app", depth=1)"#,
            attributes: r#"{"a":{"b":{"c":1}}}"#,
            result: r#"{"app.a.b":{"c":1}}"#,
        },
        Example {
            title: "With numbers for what comes to the same key",
            source: "flatten(span.attributes, resolve_conflicts=true)",
            attributes: r#"{"a":{"b":1},"a.b":2,"l":["x","y"]}"#,
            result: r#"{"a.b":1,"a.b.0":2,"l":"x","l.0":"y"}"#,
        },
    ],
};

/// How deep this looks whatever `depth` says. What batches hold is not as deep.
const MAX_DEPTH: i64 = 200;
/// Bytes of a key that are copied for one unit of work.
const KEY_BYTES_PER_UNIT: u64 = 16;

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let prefix = args.string(1).unwrap_or_default().to_vec();
    let depth = args.int(2).unwrap_or(i64::MAX);
    if depth < 1 {
        return Err(BindError::param(2, "The depth must be at least 1."));
    }
    let resolve_conflicts = args.bool(3).unwrap_or(false);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let map = cx.map(0)?;
        let mut flattener = Flattener {
            heap: cx.heap_mut(),
            result: MapBuilder::default(),
            suffixes: HashMap::new(),
            resolve_conflicts,
            depth: depth.min(MAX_DEPTH),
            key: prefix.clone(),
        };
        flattener.map(map, 0)?;
        let result = flattener.result;
        let map = cx.heap_mut().alloc_map(result.entries());
        cx.write_map(0, map)?;
        Ok(Value::Nil)
    }))
}

struct Flattener<'h> {
    heap: &'h mut Heap,
    result: MapBuilder,
    /// How often each key, by its place in the result, was given a number.
    suffixes: HashMap<usize, usize>,
    resolve_conflicts: bool,
    depth: i64,
    /// The key of what is being looked at.
    key: Vec<u8>,
}

impl Flattener<'_> {
    /// The entries of a map whose key is the present one.
    fn map(&mut self, map: PoolRange, depth: i64) -> Result<(), ExecError> {
        let len = self.key.len();
        if len > 0 {
            self.key.push(b'.');
        }
        let prefix = self.key.len();
        for at in map.range() {
            let entry = self.heap.map(PoolRange {
                start: at as u32,
                len: 1,
            })[0];
            self.key.extend_from_slice(self.heap.bytes(entry.key));
            self.value(entry.value, Some(entry), depth)?;
            self.key.truncate(prefix);
        }
        self.key.truncate(len);
        Ok(())
    }

    fn value(&mut self, value: Value, entry: Option<Entry>, depth: i64) -> Result<(), ExecError> {
        self.spend_key()?;
        match self.heap.resolve(value) {
            Value::Map(_, map) if depth < self.depth => self.map(map, depth + 1),
            Value::List(_, list) if depth < self.depth => self.list(list, depth + 1),
            _ => {
                self.leaf(value, entry);
                Ok(())
            }
        }
    }

    /// The elements of a list whose key is the present one.
    fn list(&mut self, list: PoolRange, depth: i64) -> Result<(), ExecError> {
        for index in 0..list.len as usize {
            let element = self.element(list, index);
            let len = self.key.len();
            self.spend_key()?;
            match self.heap.resolve(element) {
                Value::Map(_, map) if depth < self.depth => {
                    self.push_index(index);
                    self.map(map, depth + 1)?;
                }
                Value::List(_, inner) if depth < self.depth => {
                    self.push_index(index);
                    self.nested_list(inner, depth + 1)?;
                }
                _ => {
                    if !self.resolve_conflicts {
                        self.push_index(index);
                    }
                    self.leaf(element, None);
                }
            }
            self.key.truncate(len);
        }
        Ok(())
    }

    /// A list in a list: its elements are looked at like entries whose keys are the indexes, but
    /// without a dot before them.
    fn nested_list(&mut self, list: PoolRange, depth: i64) -> Result<(), ExecError> {
        for index in 0..list.len as usize {
            let element = self.element(list, index);
            let len = self.key.len();
            self.key.extend_from_slice(index.to_string().as_bytes());
            self.value(element, None, depth + 1)?;
            self.key.truncate(len);
        }
        Ok(())
    }

    /// Spends what one value under the present key takes, and stops where keys outgrow the heap.
    fn spend_key(&self) -> Result<(), ExecError> {
        if self.heap.exhausted() {
            return Err(out_of_memory(self.heap.meter()));
        }
        spend(
            self.heap.meter(),
            1 + self.key.len() as u64 / KEY_BYTES_PER_UNIT,
        )
    }

    fn element(&self, list: PoolRange, index: usize) -> Value {
        self.heap.list(list)[index]
    }

    fn push_index(&mut self, index: usize) {
        self.key.push(b'.');
        self.key.extend_from_slice(index.to_string().as_bytes());
    }

    fn leaf(&mut self, value: Value, entry: Option<Entry>) {
        let known = match self.resolve_conflicts {
            true => self.result.position(self.heap, &self.key),
            false => None,
        };
        if let Some(place) = known {
            let suffix = self.suffixes.entry(place).or_default();
            let number = *suffix;
            *suffix += 1;
            let len = self.key.len();
            self.push_index(number);
            self.put(value, None);
            self.key.truncate(len);
        } else {
            self.put(value, entry);
        }
    }

    fn put(&mut self, value: Value, entry: Option<Entry>) {
        let entry = match entry {
            Some(entry) if self.heap.bytes(entry.key) == self.key => entry,
            _ => Entry::new(self.heap.alloc(&self.key), value),
        };
        self.result.put(self.heap, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, attributes, edit, int, text};
    use ottl_vm::Literal;
    use serde_json::{Value as Json, json};

    #[track_caller]
    fn check(before: &str, args: [Arg; 3], expected: Json) {
        let [prefix, depth, resolve] = args;
        let after = edit(&FLATTEN, before, &[attributes(), prefix, depth, resolve]);
        assert_eq!(after, Ok(expected));
    }

    fn resolve() -> Arg {
        Arg::Literal(Literal::Bool(true))
    }

    #[test]
    fn lists_in_lists_have_no_dot_between_their_indexes() {
        check(
            r#"{"a":[[1,[2,{"k":3}]],{"m":[4]}]}"#,
            [Arg::Absent, Arg::Absent, Arg::Absent],
            json!({"a.00": 1, "a.01.0": 2, "a.01.1.k": 3, "a.1.m.0": 4}),
        );
    }

    #[test]
    fn the_depth_counts_lists_and_maps() {
        let before = r#"{"a":{"b":[{"c":1},[2]]}}"#;
        check(
            before,
            [Arg::Absent, int(1), Arg::Absent],
            json!({"a.b": [{"c": 1}, [2]]}),
        );
        check(
            before,
            [Arg::Absent, int(2), Arg::Absent],
            json!({"a.b.0": {"c": 1}, "a.b.1": [2]}),
        );
        check(
            before,
            [Arg::Absent, int(3), Arg::Absent],
            json!({"a.b.0.c": 1, "a.b.10": 2}),
        );
    }

    #[test]
    fn what_is_empty_vanishes() {
        check(
            r#"{"a":{},"b":[],"c":null,"d":{"e":{}},"":{"f":1}}"#,
            [Arg::Absent, Arg::Absent, Arg::Absent],
            json!({"c": null, "f": 1}),
        );
    }

    #[test]
    fn the_later_of_two_values_wins() {
        check(
            r#"{"a":{"b":1},"a.b":2}"#,
            [text("p"), Arg::Absent, Arg::Absent],
            json!({"p.a.b": 2}),
        );
    }

    #[test]
    fn numbers_resolve_conflicts() {
        check(
            r#"{"a":[1,2,3,{"k":4},[5,6]],"a.0":7}"#,
            [Arg::Absent, Arg::Absent, resolve()],
            json!({"a": 1, "a.0": 2, "a.1": 3, "a.3.k": 4, "a.40": 5, "a.41": 6, "a.0.0": 7}),
        );
    }

    #[test]
    fn a_depth_below_one_is_rejected() {
        let args = [attributes(), Arg::Absent, int(0)];
        assert!(matches!(edit(&FLATTEN, "{}", &args), Err(Failure::Bind(_))));
    }
}
