//! Compiled programs.

use std::fmt;
use std::ops::Range;

use otlp_columns::{Level, Projection, Signal};

use crate::constants::ReadyConstants;
use crate::environment::ErrorMode;
use crate::function::{Kernel, Literal};
use crate::instruction::{Instruction, Operand, Register, RegisterKind};
use crate::native::Native;
use crate::path::{Context, PathDef};
use crate::table::Table;

/// A list of statements, conditions or expressions, ready to run over batches of one signal.
#[derive(Debug)]
pub struct Program {
    /// The kind of message it runs over.
    pub signal: Signal,
    /// The level whose rows are its items.
    pub context: Context,
    /// The instructions of all parts, one after the other.
    pub code: Vec<Instruction>,
    /// Statements, conditions or expressions, in source order.
    pub parts: Vec<Part>,
    /// The order and manner in which parts are run.
    pub groups: Vec<Group>,
    /// Kinds of the registers.
    pub registers: Vec<RegisterKind>,
    /// Literal values.
    pub constants: Vec<Literal>,
    /// The same, made ready for runs.
    pub ready: ReadyConstants,
    /// The paths that are read and written.
    pub paths: Vec<PathUse>,
    /// The function calls.
    pub calls: Vec<Call>,
    /// The bodies of lambdas.
    pub lambdas: Vec<Lambda>,
    /// What values are looked up in.
    pub tables: Vec<Table>,
    /// How many regions keep their failures for others.
    pub kept_failures: u32,
    /// What it needs of a message.
    pub projection: Projection,
    /// Number of masks.
    pub masks: u32,
    /// Names of the outputs that items can be routed to.
    pub outputs: Vec<String>,
    /// Whether a function makes other metrics of metrics; the program then runs metric by metric.
    pub reshapes: bool,
    /// Whether a part uses the cache of the context.
    pub uses_cache: bool,
    /// Whether a part uses the cache that items and messages share.
    pub uses_shared_cache: bool,
    /// The level whose rows each get a resource, a scope and a metric of their own to write to;
    /// those that are equal in the end are put together again. None where items share them, or
    /// nothing is written there.
    pub separates: Option<Level>,
    /// Whether a part reads what is known of the request.
    pub uses_request: bool,
    /// Machine code for some of its instructions.
    pub native: Option<Box<dyn Native>>,
}

impl Program {
    /// How many of the parts a run runs. Those behind them are only evaluated on request.
    #[must_use]
    pub fn run_parts(&self) -> usize {
        self.groups.last().map_or(0, |group| group.parts.end)
    }
}

/// A statement, condition or expression.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its source text.
    pub source: String,
    /// The byte at which it begins in the script, or in a source of its own.
    pub offset: usize,
    /// Its instructions.
    pub code: Range<usize>,
    /// Where its result is; `None` for statements.
    pub result: Option<Register>,
    /// The items it runs for.
    pub items: Items,
    /// What happens when it fails; what the settings of the run say, if nothing is said here.
    pub error_mode: Option<ErrorMode>,
}

/// The items that a part runs for, as conditions before it have sorted them.
///
/// A mask is a set of items that is empty at first. Parts whose result is a condition fill masks,
/// later parts, in the same group or another, run for the items of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// Only those of this mask.
    pub of: Option<Mask>,
    /// Only those that are not in this mask.
    pub without: Option<Mask>,
    /// Where those go for which the result is true.
    pub held: Option<Mask>,
    /// Where those go for which the result is false.
    pub missed: Option<Mask>,
}

impl Items {
    /// Whether they may be fewer than all.
    #[must_use]
    pub fn are_some(self) -> bool {
        self.of.is_some() || self.without.is_some()
    }
}

/// A mask's number, below [`Program::masks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mask(pub u32);

/// Neighbouring statements that are run together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The parts.
    pub parts: Range<usize>,
    /// How they are run.
    pub mode: GroupMode,
    /// Those of them that the column interpreter runs together, in their order.
    pub fused: Vec<Fused>,
}

/// Neighbouring statements whose code is also there in one piece, in which they share what they have
/// in common. It does the same as the parts one after the other. Nobody but the column interpreter
/// runs it; whoever looks at single parts has theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fused {
    /// The parts, which run for the same items.
    pub parts: Range<usize>,
    /// Their code. Parts that never do anything have none in it.
    pub code: Range<usize>,
}

/// How a group is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupMode {
    /// Each statement over many items, then the next: no item sees what another one wrote.
    Columns,
    /// Each item through all statements, then the next.
    Rows {
        /// Which effect makes it necessary.
        reason: String,
    },
}

/// A path as a program uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct PathUse {
    /// Its name with the context, for messages.
    pub name: String,
    /// What it is.
    pub def: PathDef,
    /// Its keys.
    pub keys: Vec<KeyUse>,
}

impl PathUse {
    /// The level whose rows it belongs to.
    #[must_use]
    pub fn level(&self) -> Level {
        self.def.access.level()
    }

    /// Number of keys that are known only when the program runs.
    #[must_use]
    pub fn dynamic_keys(&self) -> usize {
        let dynamic = |key: &&KeyUse| matches!(key, KeyUse::Dynamic);
        self.keys.iter().filter(dynamic).count()
    }
}

/// A key as a program uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// A literal string.
    Str(Vec<u8>),
    /// A literal integer.
    Int(i64),
    /// The next of the values that come with the access.
    Dynamic,
}

/// The body of a lambda. It runs by rows, in registers of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lambda {
    /// Its instructions, outside of those of all parts.
    pub code: Range<usize>,
    /// Where its arguments go; `None` for those that it does not name.
    pub params: Vec<Option<Register>>,
    /// Where the arguments of lambdas around it go that it uses.
    pub captures: Vec<Register>,
    /// Where its result is.
    pub result: Operand,
}

/// A function call, bound to its arguments.
pub struct Call {
    /// The function's name.
    pub name: &'static str,
    /// The code; `None` for a function argument that cannot be called with one string.
    pub kernel: Option<Box<dyn Kernel>>,
    /// One for each parameter.
    pub args: Vec<CallArg>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("args", &self.args)
            .finish_non_exhaustive()
    }
}

/// Where a kernel finds an argument among the values that come with the call.
#[derive(Debug)]
pub enum CallArg {
    /// Nowhere: the parameter is optional and has no argument.
    Absent,
    /// In one slot.
    Value(usize),
    /// In several slots.
    List {
        /// The first slot.
        first: usize,
        /// Number of slots.
        len: usize,
    },
    /// A path that the kernel reads and writes itself.
    Path {
        /// Index into [`Program::paths`].
        path: usize,
        /// The slot of its first dynamic key.
        first_key: usize,
    },
    /// A function to call with one string, which is its only slot.
    Function(Box<Call>),
    /// An index into [`Program::outputs`].
    Output(usize),
    /// A lambda that the kernel calls, as often as it likes.
    Lambda {
        /// Index into [`Program::lambdas`].
        lambda: usize,
        /// The slot of the first of [`Lambda::captures`].
        first_capture: usize,
    },
}
