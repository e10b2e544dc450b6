//! Literals at compile time: whether they convert, what comparing them gives.
//!
//! The machine's own rules are asked, over a heap that is thrown away, so that no second copy of
//! them can differ.

use otlp_columns::{Heap, Value};
use ottl_vm::{
    CompareOp, ExecError, Literal, TextBuilder, ValueKind, Zones, compare, compose, convert,
};

/// Whether a literal argument converts as the parameter demands.
pub(crate) fn converts(kind: ValueKind, literal: &Literal) -> Result<(), ExecError> {
    let is_plain = matches!(
        (kind, literal),
        (ValueKind::Any, _)
            | (
                ValueKind::String | ValueKind::StringLike,
                Literal::String(_)
            )
            | (ValueKind::Int | ValueKind::IntLike, Literal::Int(_))
            | (
                ValueKind::Double | ValueKind::DoubleLike,
                Literal::Double(_)
            )
            | (ValueKind::Bool | ValueKind::BoolLike, Literal::Bool(_))
    );
    if is_plain {
        return Ok(());
    }
    let mut heap = Heap::scratch();
    let value = compose::literal(&mut heap, literal);
    match kind {
        ValueKind::Any => Ok(()),
        ValueKind::String => convert::string(value).map(drop),
        // Text needs no conversion, and so no room either.
        ValueKind::StringLike if matches!(value, Value::Str(_)) => Ok(()),
        ValueKind::StringLike => {
            let mut text = TextBuilder::from(&heap);
            convert::push_string_like(&mut heap, &Zones::default(), value, &mut text)
        }
        ValueKind::Int => convert::int(value).map(drop),
        ValueKind::IntLike => convert::int_like(&heap, value).map(drop),
        ValueKind::Double => convert::double(value).map(drop),
        ValueKind::DoubleLike => convert::double_like(&heap, value).map(drop),
        ValueKind::Bool => convert::bool(value).map(drop),
        ValueKind::BoolLike => convert::bool_like(&heap, value).map(drop),
        ValueKind::BytesLike => convert::bytes_like(&mut heap, value).map(drop),
        ValueKind::Map => convert::map(value).map(drop),
        ValueKind::Slice => convert::slice(&mut heap, value).map(drop),
        ValueKind::Time => convert::time(value).map(drop),
        ValueKind::Duration => convert::duration(value).map(drop),
    }
}

/// What a comparison of literals gives.
pub(crate) fn compare_literals(op: CompareOp, left: &Literal, right: &Literal) -> bool {
    let mut heap = Heap::scratch();
    let left: Value = compose::literal(&mut heap, left);
    let right: Value = compose::literal(&mut heap, right);
    compare(&mut heap, op, left, right)
}

/// Whether a map literal's lists and maps can be held; the reference makes them when it parses.
pub(crate) fn makes_map(entries: &[(Vec<u8>, Literal)]) -> Result<(), ExecError> {
    let mut heap = Heap::scratch();
    for (_, value) in entries {
        let value = compose::literal(&mut heap, value);
        compose::map_value(&mut heap, value)?;
    }
    Ok(())
}
