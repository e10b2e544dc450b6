//! OTTL, the OpenTelemetry Transformation Language, as a compiler and a columnar batch engine.
//!
//! A script is compiled once and run over many messages. A message stays the bytes it came as:
//! only what the script needs is looked at, and only what it changes is written anew.
//!
//! ```
//! use ottl::{Engine, Level, Signal};
//!
//! let script = Engine::default().compile(
//!     Signal::Traces,
//!     Level::Span,
//!     r#"set(span.name, Concat([span.name, "checked"], " ")) where span.kind == SPAN_KIND_SERVER"#,
//! )?;
//! let message = ottl::json::to_wire(
//!     Signal::Traces,
//!     br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /cart","kind":2}]}]}]}"#,
//! )?;
//! let mut batch = script.decode(message)?;
//! let report = script.run(&mut batch)?;
//! assert_eq!(report.statements[0].changed, 1);
//!
//! let mut text = Vec::new();
//! ottl::json::from_wire(Signal::Traces, &batch.encode(), &mut text)?;
//! assert!(String::from_utf8(text)?.contains("GET /cart checked"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Conditions tell which items something holds for, expressions what its value is for each item, and
//! both call functions of your own like those of the language:
//!
//! ```
//! use ottl::{
//!     BindArgs, BindError, Bound, CallContext, Engine, Function, Level, Param, ParamKind, Signal,
//!     Signature, Type, Value, ValueKind,
//! };
//!
//! /// `Depth(path)`: how many parts a path has.
//! struct Depth;
//!
//! static SIGNATURE: Signature = Signature {
//!     name: "Depth",
//!     params: &[Param::new("path", ParamKind::Value(ValueKind::String))],
//!     result: Type::Int,
//!     fields: &[],
//!     docs: "How many parts a path has.",
//!     examples: &[],
//! };
//!
//! impl Function for Depth {
//!     fn signature(&self) -> &Signature {
//!         &SIGNATURE
//!     }
//!
//!     fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
//!         Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
//!             let path = cx.string(0)?;
//!             let slashes = cx.bytes(path).iter().filter(|byte| **byte == b'/');
//!             Ok(Value::Int(slashes.count() as i64))
//!         }))
//!     }
//! }
//!
//! let engine = Engine::default().with_function(Depth);
//! let is_deep = engine.compile_condition(Signal::Traces, Level::Span, "Depth(span.name) > 1")?;
//! let depth = engine.compile_expression(Signal::Traces, Level::Span, "Depth(span.name)")?;
//!
//! let message = ottl::json::to_wire(
//!     Signal::Traces,
//!     br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"/a"},{"name":"/a/b/c"}]}]}]}"#,
//! )?;
//! let mut batch = ottl::Batch::decode(Signal::Traces, message)?;
//! assert_eq!(depth.eval(&mut batch)?, [Ok(Value::Int(1)), Ok(Value::Int(3))]);
//!
//! let mask = is_deep.eval(&mut batch)?;
//! assert_eq!(mask.matched.iter().collect::<Vec<_>>(), [1]);
//! // A filter keeps the rows of a mask, or all others.
//! let deep = batch.encode_rows(Level::Span, &mask.matched);
//! assert_eq!(ottl::Batch::decode(Signal::Traces, deep)?.items(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Engine`] compiles scripts, conditions and expressions, and takes functions of your own.
//! [`Script::routed`] gives what a script sent to named outputs.
//! [`Batch`] is a message, in and out. Do not use this crate to build messages from nothing.

mod apply;
pub mod config;
pub mod diff;
mod engine;
mod environment;
mod error;
mod limits;
pub mod metrics;
pub mod reference;
mod request;
mod run_context;
pub mod samples;
mod script;
pub mod testing;
pub mod trace;

pub use apply::{Applied, ApplyError};
pub use engine::Engine;
pub use environment::SystemEnvironment;
pub use error::CompileError;
pub use limits::EngineLimits;
pub use otlp_columns::{
    Batch, BatchLimits, BitSet, DecodeError, DecodeReason, EncodeError, Heap, Interrupt, Level,
    PoolLimits, Separation, SharedMap as SharedCache, Signal, Value, json, put_varint,
    split_varint,
};
#[cfg(feature = "jit")]
pub use ottl_compiler::jit;
pub use ottl_compiler::{
    Checked, Component, Gates, Group, Lint, Lints, Pass, Passes, Problem, declaration,
    describe_param, dump, nearest,
};
pub use ottl_syntax::{Diagnostic, Dialect, Limits, Severity, render};
pub use ottl_vm::path::{Context, context_name, context_named, context_nouns, signals_of};
pub use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Environment, ErrorMode, ExecError, FixedEnvironment,
    Function, Home, Interpreter, Literal, Param, ParamKind, PatternLimits, Patterns, Program,
    Report, Request, Role, RunError, RunLimits, Signature, StatementError, StatementReport,
    TextBuilder, Type, ValueKind,
};
pub use request::{RequestError, request_from_json};
pub use run_context::RunContext;
pub use script::{Condition, Expression, Mask, Routed, Script};
