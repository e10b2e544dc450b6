//! Bytecode, functions and the two interpreters of the OTTL engine.
//!
//! A [`Program`] is a list of [`Instruction`]s over registers. [`run`] executes it over a
//! [`Batch`](otlp_columns::Batch): by columns where no item can see what another one wrote, by rows
//! where the order matters; the program says which. Functions come from outside through the
//! [`Function`] trait.
//!
//! Nothing here parses source text, does I/O, reads a clock or starts a thread: what a program
//! needs of the world comes through an [`Environment`].

pub mod access;
mod arithmetic;
mod calls;
pub mod civil;
mod column;
mod compare;
pub mod compose;
mod constants;
mod context;
pub mod convert;
mod digits;
mod environment;
mod error;
mod function;
pub mod go;
mod instruction;
mod limits;
pub mod native;
pub mod path;
mod patterns;
mod piecewise;
mod program;
mod rebind;
mod report;
mod request;
mod reshape;
mod row;
mod run;
mod slots;
mod step;
mod table;
pub mod text;
mod text_builder;
mod trace_state;
mod types;
mod verify;
mod zones;

pub use arithmetic::{arithmetic, negate};
pub use calls::Calls;
pub use compare::compare;
pub use constants::ReadyConstants;
pub use context::{CallContext, ListArg, RunState};
pub use environment::{
    Environment, ErrorMode, ExecSettings, FailedItem, FailureSink, FixedEnvironment,
};
pub use error::ExecError;
pub use function::{
    BindArg, BindArgs, BindError, BindPath, Bound, Example, Function, Home, Kernel, Literal, Param,
    ParamKind, Role, Signature, ValueKind,
};
pub use instruction::{ArithmeticOp, CompareOp, Instruction, Operand, Register, RegisterKind};
pub use limits::{RunLimits, out_of_memory, spend};
pub use patterns::{Kept, PatternError, PatternLimits, Patterns, Room, Size};
pub use piecewise::Piecewise;
pub use program::{
    Call, CallArg, Fused, Group, GroupMode, Items, KeyUse, Lambda, Mask, Part, PathUse, Program,
};
pub use rebind::Rebound;
pub use report::{Report, RunError, StatementError, StatementReport};
pub use request::Request;
pub use run::{Interpreter, Results, evaluate, run, run_in_order, run_shared};
pub use step::{Step, Stepper, Watch, evaluate_watched, run_watched};
pub use table::Table;
pub use text_builder::TextBuilder;
pub use types::{Type, type_name};
pub use verify::verify;
pub use zones::Zones;
