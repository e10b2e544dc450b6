//! OTLP messages as columns over their own wire bytes.
//!
//! A [`Batch`] owns the bytes of one message. One pass indexes the rows of each [`Level`] and the
//! columns that a [`Projection`] names; nothing is copied to be read. Changes go beside the bytes,
//! and [`Batch::encode`] splices: whatever was not touched is copied as it came, unknown fields and
//! invalid UTF-8 included.
//!
//! ```
//! use otlp_columns::{Batch, BatchLimits, Field, Level, MapField, Projection, Signal, Value, json};
//!
//! let text = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /cart","attributes":
//!     [{"key":"http.status","value":{"intValue":"200"}}]},{"name":"ping"}]}]}]}"#;
//! let message = json::to_wire(Signal::Traces, text.as_bytes())?;
//!
//! let mut projection = Projection::new(Level::Span);
//! projection.add_field(Field::SpanName);
//! projection.add_key(MapField::Span, b"http.status");
//! let limits = BatchLimits::default();
//! let mut batch = Batch::decode_projected(Signal::Traces, message, &projection, limits)?;
//!
//! for row in 0..batch.items() {
//!     if batch.heap().bytes(batch.slice(Field::SpanName, row)) == b"ping" {
//!         batch.drop_row(Level::Span, row);
//!     } else if let Some(Value::Int(status)) = batch.map_get(MapField::Span, row, b"http.status") {
//!         batch.map_set(MapField::Span, row, b"http.status", Value::Bool(status < 400));
//!     }
//! }
//!
//! let mut out = Vec::new();
//! json::from_wire(Signal::Traces, &batch.encode(), &mut out)?;
//! assert_eq!(
//!     String::from_utf8(out)?,
//!     r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /cart","attributes":"#.to_owned()
//!         + r#"[{"key":"http.status","value":{"boolValue":true}}]}]}]}]}"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate knows the shape of OTLP and nothing of OTTL. It does no I/O. Do not use it to build
//! messages from nothing: the structs of `opentelemetry-proto` are for that.

mod batch;
mod bits;
mod dictionary;
mod encode;
mod error;
pub mod flat;
mod follow;
mod heap;
mod identity;
mod index;
pub mod json;
mod key_value;
mod keys;
mod merge;
mod messages;
mod meter;
pub mod metric;
pub mod pieces;
mod pool;
mod projection;
#[cfg(feature = "opentelemetry-proto")]
mod proto;
mod raw;
mod regroup;
mod schema;
mod shared;
mod slice;
mod split;
mod table;
mod validate;
mod value;
mod wire;

pub use batch::{Batch, BatchLimits};
pub use bits::BitSet;
pub use dictionary::Attribute;
pub use error::{DecodeError, DecodeReason, EncodeError};
pub use heap::{Heap, Piece};
pub use meter::{Interrupt, Meter, Stop};
pub use pool::{Pool, PoolLimits};
pub use projection::{MapUse, Projection};
pub use raw::Buckets;
pub use regroup::Separation;
pub use schema::{Field, Level, MapField, Shape, Signal, Storage};
pub use shared::SharedMap;
pub use slice::{PoolRange, Slice};
pub use split::split;
pub use table::Row;
pub use validate::MAX_VALUE_DEPTH;
pub use value::{Entry, ListKind, MapKind, OpaqueKind, Timestamp, Value};
pub use wire::{put_varint, split_varint};
