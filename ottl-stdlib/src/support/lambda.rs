//! What functions that take lambdas share.

use otlp_columns::{ListKind, PoolRange, Value};
use ottl_vm::{CallContext, ExecError, type_name};

/// A list or a map, entry by entry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    List(PoolRange),
    Map(PoolRange),
}

impl Source {
    /// The list or map of a parameter.
    pub(crate) fn of(cx: &mut CallContext<'_>, param: usize) -> Result<Self, ExecError> {
        match cx.value(param)? {
            Value::Map(..) => cx.map(param).map(Self::Map),
            Value::List(..) | Value::Bytes(_) | Value::Wire(_) => cx.slice(param).map(Self::List),
            other => Err(ExecError::expected("a list or a map", type_name(other))),
        }
    }

    pub(crate) fn len(self) -> usize {
        match self {
            Self::List(range) | Self::Map(range) => range.len as usize,
        }
    }

    /// The index or key of an entry, and its value as it is stored.
    pub(crate) fn raw(self, cx: &CallContext<'_>, index: usize) -> (Value, Value) {
        match self {
            Self::List(range) => (Value::Int(index as i64), cx.heap().list(range)[index]),
            Self::Map(range) => {
                let entry = cx.heap().map(range)[index];
                (Value::Str(entry.key), entry.value)
            }
        }
    }

    /// The index or key of an entry, and its value so that it can be looked into.
    pub(crate) fn entry(self, cx: &mut CallContext<'_>, index: usize) -> (Value, Value) {
        let (key, value) = self.raw(cx, index);
        (key, cx.heap_mut().resolve(value))
    }

    /// A list of the chosen entries, or a map of them.
    pub(crate) fn select(self, cx: &mut CallContext<'_>, chosen: &[usize]) -> Value {
        match self {
            Self::List(range) => {
                let list = cx.heap().list(range);
                let list: Vec<_> = chosen.iter().map(|&index| list[index]).collect();
                list_of(cx, &list)
            }
            Self::Map(range) => {
                let map = cx.heap().map(range);
                let map: Vec<_> = chosen.iter().map(|&index| map[index]).collect();
                let map = cx.heap_mut().alloc_map(&map);
                Value::Map(otlp_columns::MapKind::Map, map)
            }
        }
    }
}

pub(crate) fn list_of(cx: &mut CallContext<'_>, elements: &[Value]) -> Value {
    Value::List(ListKind::Slice, cx.heap_mut().alloc_list(elements))
}

/// The first entry for which the predicate of a parameter gives `wanted`.
pub(crate) fn find(
    cx: &mut CallContext<'_>,
    source: Source,
    predicate: usize,
    wanted: bool,
) -> Result<Option<usize>, ExecError> {
    for index in 0..source.len() {
        let (key, value) = source.entry(cx, index);
        if holds(cx, predicate, &[key, value])? == wanted {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Calls the lambda of a parameter, whose result may be anything but nil.
pub(crate) fn value(
    cx: &mut CallContext<'_>,
    lambda: usize,
    args: &[Value],
) -> Result<Value, ExecError> {
    match cx.call_lambda(lambda, args)? {
        Value::Nil => Err(ExecError::new("The lambda has no result: it is nil.")),
        value => Ok(value),
    }
}

/// A value as lambdas see it: lists of strings or doubles as list literals, bytes and the like as integers.
pub(crate) fn normalized(value: Value) -> Value {
    match value {
        Value::List(ListKind::Strings | ListKind::Doubles, range) => {
            Value::List(ListKind::Any, range)
        }
        other => other.as_opaque_number().map_or(other, Value::Int),
    }
}

/// Calls the lambda of a parameter, whose result must be a boolean.
pub(crate) fn holds(
    cx: &mut CallContext<'_>,
    predicate: usize,
    args: &[Value],
) -> Result<bool, ExecError> {
    match cx.call_lambda(predicate, args)? {
        Value::Bool(holds) => Ok(holds),
        other => Err(ExecError::expected(
            "a boolean as the result of the lambda",
            type_name(other),
        )),
    }
}
