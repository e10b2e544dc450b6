//! Functions that are bound while a program runs, because an argument that must be literal is not.
//!
//! Only the `selfops` dialect allows that. A function is bound to the values that such arguments have
//! for the item, and the kernel is kept for the next item with the same values. So a function needs
//! to know nothing of it. Few kernels are kept, and what their patterns may take is limited like that
//! of other patterns of the data.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use otlp_columns::{PoolRange, Value};

use crate::function::{BindArg, BindArgs, Bound, Function, Kernel, Literal, ParamKind};
use crate::patterns::{Kept, PatternLimits, Patterns};
use crate::types::type_name;
use crate::{CallContext, ExecError};

/// How many kernels each call keeps.
const KEPT: usize = 8;
/// Kernels for longer values are not kept, and values that are longer still are rejected.
const MAX_KEPT_LEN: usize = 4 << 10;
const MAX_LEN: usize = 64 << 10;
/// Units of work to bind, in any case, and for each byte of the values.
const WORK_TO_BIND: u64 = 1000;
const WORK_PER_BYTE: u64 = 16;
/// Bytes of patterns that are compiled for one unit of work.
const BYTES_PER_UNIT: u64 = 2;

impl ParamKind {
    /// Whether the reference takes nothing but a literal, which the `selfops` dialect can compute.
    #[must_use]
    pub fn is_literal(self) -> bool {
        matches!(
            self,
            Self::StringLiteral
                | Self::StringLiterals
                | Self::IntLiteral
                | Self::DoubleLiteral
                | Self::DoubleLiterals
                | Self::BoolLiteral
        )
    }
}

/// A call of a function some of whose literal arguments are computed.
pub struct Rebound {
    function: Arc<dyn Function>,
    /// What is known of the arguments.
    args: Vec<BindArg>,
    /// The parameters whose arguments are computed.
    computed: Vec<usize>,
    limits: PatternLimits,
    /// What all calls of the program may keep.
    room: Arc<Kept>,
    /// The kernels used last, the latest at the end.
    kept: Mutex<Vec<Known>>,
}

/// What came of binding to some values.
struct Known {
    values: Vec<BindArg>,
    outcome: Result<Arc<dyn Kernel>, ExecError>,
    /// What was taken for it.
    size: usize,
}

impl Rebound {
    /// A call of `function`, of whose arguments those of `computed` are known only when it is called.
    /// `patterns` are those of the program.
    #[must_use]
    pub fn new(
        function: Arc<dyn Function>,
        args: Vec<BindArg>,
        computed: Vec<usize>,
        patterns: &Patterns,
    ) -> Self {
        Self {
            function,
            args,
            computed,
            limits: *patterns.limits(),
            room: Arc::clone(patterns.kept()),
            kept: Mutex::default(),
        }
    }

    /// The kernel for these values.
    fn kernel(
        &self,
        cx: &CallContext<'_>,
        values: Vec<BindArg>,
    ) -> Result<Arc<dyn Kernel>, ExecError> {
        if let Some(known) = self.known(&values) {
            return known;
        }
        let len: usize = values.iter().map(size).sum();
        if len > MAX_LEN {
            return Err(ExecError::new(format!(
                "The computed arguments of `{}` are longer than {MAX_LEN} bytes.",
                self.function.signature().name
            )));
        }
        cx.spend(WORK_TO_BIND + WORK_PER_BYTE * len as u64)?;
        let patterns = Patterns::for_data(self.limits, KEPT, &self.room);
        let outcome = self.bind(&values, &patterns);
        cx.spend(patterns.used() as u64 / BYTES_PER_UNIT)?;
        if len <= MAX_KEPT_LEN {
            self.keep(Known {
                size: len + patterns.used() + size_of::<Known>(),
                outcome: outcome.clone(),
                values,
            });
        }
        outcome
    }

    /// Keeps a kernel in place of the oldest ones, if there is room for it.
    fn keep(&self, known: Known) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.len() >= KEPT || !self.room.take(known.size) {
            if kept.is_empty() {
                return;
            }
            self.room.give_back(kept.remove(0).size);
        }
        kept.push(known);
    }

    /// What is kept for these values, which then were used last.
    fn known(&self, values: &[BindArg]) -> Option<Result<Arc<dyn Kernel>, ExecError>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().rposition(|known| known.values == values)?;
        kept[at..].rotate_left(1);
        kept.last().map(|known| known.outcome.clone())
    }

    fn bind(&self, values: &[BindArg], patterns: &Patterns) -> Result<Arc<dyn Kernel>, ExecError> {
        let mut args = self.args.clone();
        for (&param, value) in self.computed.iter().zip(values) {
            args[param] = value.clone();
        }
        let args = &args;
        let bound = self.function.bind(&BindArgs { args, patterns });
        match bound {
            Ok(Bound::Kernel(kernel)) => Ok(Arc::from(kernel)),
            Ok(Bound::Store { .. }) => Err(ExecError::new(
                "The function cannot be bound while the program runs.",
            )),
            Err(error) => Err(ExecError::new(error.message)),
        }
    }

    /// The value of an argument as a literal that its parameter takes.
    fn literal(&self, cx: &mut CallContext<'_>, param: usize) -> Result<BindArg, ExecError> {
        let declared = self.function.signature().params[param];
        let value = cx.value(param)?;
        let value = cx.heap_mut().resolve(value);
        let wrong = |found| {
            let (what, found) = (expected(declared.kind), type_name(found));
            ExecError::new(format!("`{}` takes {what}, not {found}.", declared.name))
        };
        Ok(match (declared.kind, value) {
            (_, Value::Nil) if declared.optional => BindArg::Absent,
            (ParamKind::StringLiterals | ParamKind::DoubleLiterals, Value::List(_, range)) => {
                let kind = match declared.kind {
                    ParamKind::StringLiterals => ParamKind::StringLiteral,
                    _ => ParamKind::DoubleLiteral,
                };
                let mut elements = Vec::with_capacity(range.len as usize);
                cx.spend(u64::from(range.len))?;
                for at in range.range() {
                    let one = PoolRange {
                        start: at as u32,
                        len: 1,
                    };
                    let element = cx.heap().list(one)[0];
                    let element = cx.heap_mut().resolve(element);
                    let literal = scalar(cx, kind, element).ok_or_else(|| wrong(element))?;
                    elements.push(BindArg::Literal(literal));
                }
                BindArg::List(elements)
            }
            (kind, value) => BindArg::Literal(scalar(cx, kind, value).ok_or_else(|| wrong(value))?),
        })
    }
}

impl Kernel for Rebound {
    fn call(&self, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        let params = self.computed.iter();
        let values: Result<Vec<_>, _> = params.map(|&param| self.literal(cx, param)).collect();
        let kernel = self.kernel(cx, values?)?;
        kernel.call(cx)
    }
}

impl fmt::Debug for Rebound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebound")
            .field("function", &self.function.signature().name)
            .field("computed", &self.computed)
            .finish_non_exhaustive()
    }
}

/// A value as the literal of a kind.
fn scalar(cx: &CallContext<'_>, kind: ParamKind, value: Value) -> Option<Literal> {
    match (kind, value) {
        (ParamKind::StringLiteral, Value::Str(text)) => {
            Some(Literal::String(cx.bytes(text).to_vec()))
        }
        (ParamKind::IntLiteral, Value::Int(value)) => Some(Literal::Int(value)),
        (ParamKind::DoubleLiteral, Value::Double(value)) => Some(Literal::Double(value)),
        (ParamKind::BoolLiteral, Value::Bool(value)) => Some(Literal::Bool(value)),
        _ => None,
    }
}

fn expected(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::StringLiteral => "a string",
        ParamKind::StringLiterals => "a list of strings",
        ParamKind::IntLiteral => "an integer",
        ParamKind::DoubleLiteral => "a floating-point number",
        ParamKind::DoubleLiterals => "a list of floating-point numbers",
        ParamKind::BoolLiteral => "true or false",
        _ => "a literal",
    }
}

/// Bytes of a value.
fn size(value: &BindArg) -> usize {
    match value {
        BindArg::Literal(Literal::String(text)) => text.len(),
        BindArg::List(elements) => elements.iter().map(size).sum::<usize>() + elements.len(),
        _ => 8,
    }
}
