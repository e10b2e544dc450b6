//! Reading what is known of the request. From pkg/ottl/contexts/internal/ctxotelcol.

use otlp_columns::{Batch, MapKind, PoolRange, Value};

use super::Keys;
use super::keys::{MapKey, heap_get, index, map_key};
use crate::ExecError;
use crate::path::RequestPart;
use crate::request::folded;

pub(super) fn get(
    batch: &mut Batch,
    part: RequestPart,
    keys: Keys<'_>,
) -> Result<Value, ExecError> {
    let all = batch.aside(part as usize);
    let Some((first, rest)) = keys.split_first() else {
        return Ok(match (part, all) {
            (RequestPart::Address, address) => address,
            (_, Value::Nil) => Value::Map(MapKind::Map, PoolRange::EMPTY),
            (_, map) => map,
        });
    };
    // Without a call nobody looks at the key.
    if part == RequestPart::GrpcMetadata && all == Value::Nil {
        return Ok(Value::Nil);
    }
    let key = map_key(first)?;
    let Value::Map(_, range) = all else {
        return Ok(Value::Nil);
    };
    if part == RequestPart::Auth {
        let attribute = heap_get(batch.heap_mut(), range, key).unwrap_or_default();
        return index(batch.heap_mut(), attribute, rest);
    }
    let list = metadata(batch, range, key);
    match rest.len() {
        _ if list == Value::Nil => Ok(list),
        0 | 1 => index(batch.heap_mut(), list, rest),
        _ => Err(ExecError::new(
            "Values of metadata are strings, which cannot be indexed.",
        )),
    }
}

/// The values of a key; nil when there are none.
fn metadata(batch: &mut Batch, range: PoolRange, key: MapKey<'_>) -> Value {
    let heap = batch.heap_mut();
    let key = match key {
        MapKey::Literal(key) => String::from_utf8_lossy(key),
        MapKey::Heap(slice) => String::from_utf8_lossy(heap.bytes(slice)),
    };
    let key = folded(&key);
    match heap.map_get(range, key.as_bytes()) {
        Some(list @ Value::List(_, values)) if values.len > 0 => list,
        _ => Value::Nil,
    }
}
