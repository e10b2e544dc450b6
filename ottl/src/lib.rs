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
//! [`Engine`] compiles scripts, conditions and expressions, and takes functions of your own.
//! [`Batch`] is a message, in and out. Do not use this crate to build messages from nothing.

mod engine;
mod environment;
mod error;
mod script;

pub use engine::Engine;
pub use environment::SystemEnvironment;
pub use error::CompileError;
pub use otlp_columns::{
    Batch, BatchLimits, BitSet, DecodeError, EncodeError, Heap, Level, Signal, Value, json,
};
pub use ottl_compiler::{Checked, Problem, declaration, dump};
pub use ottl_syntax::{Diagnostic, Dialect, Limits, Severity, render};
pub use ottl_vm::path::{Context, context_name, context_named, signals_of};
pub use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Engine as Interpreter, Environment, ErrorMode,
    ExecError, FixedEnvironment, Function, Param, ParamKind, Report, RunError, Signature,
    StatementError, StatementReport, Type, ValueKind,
};
pub use script::{Condition, Expression, Mask, Script};
