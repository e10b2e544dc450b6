//! What a function is to the compiler and to the interpreters.
//!
//! A [`Function`] declares its [`Signature`]. The compiler checks a call against it and *binds* the
//! function to the call's arguments, once; binding is where regexes are compiled and literal
//! arguments are rejected. The resulting [`Kernel`] is called for each item with a
//! [`CallContext`](crate::CallContext).

use std::fmt;
use std::marker::PhantomData;

use crate::path::Access;
use crate::program::KeyUse;
use crate::{CallContext, Calls, ExecError, Patterns};
use otlp_columns::{Field, Level, MapField, Value};

/// A function of the language.
pub trait Function: Send + Sync {
    /// Name, parameters and documentation.
    fn signature(&self) -> &Signature;

    /// Who offers it.
    fn home(&self) -> Home {
        Home::Standard
    }

    /// The contexts that have it; none named means every context.
    fn contexts(&self) -> &'static [Level] {
        &[]
    }

    /// Whether it replaces the metric that it is called for, or appends others to its scope; see
    /// [`CallContext::replace_metric`]. No other kernel may do so.
    fn reshapes(&self) -> bool {
        false
    }

    /// Fields of the item that it writes without being given their paths; it reads only those that
    /// [`Signature::fields`] lists as well.
    fn writes(&self) -> &'static [Field] {
        &[]
    }

    /// Maps of the item that it reads and writes without being given their paths.
    fn maps(&self) -> &'static [MapField] {
        &[]
    }

    /// Whether equal arguments always give equal results within a run, and a call does nothing but
    /// give its result, given also the fields that [`Signature::fields`] lists. Calls of such a
    /// function may be left out where the result is known, and made where nobody asked for it.
    fn is_pure(&self) -> bool {
        false
    }

    /// Prepares the function for one call in the source.
    ///
    /// # Errors
    /// A sentence when the arguments that are literal cannot work, such as an invalid regex.
    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError>;

    /// The same for a call of whose result only the value of one key is used, if it is a map. The
    /// map need not have any other keys.
    ///
    /// # Errors
    /// As [`Self::bind`].
    fn bind_for_key(&self, args: &BindArgs<'_>, key: &[u8]) -> Result<Bound, BindError> {
        let _ = key;
        self.bind(args)
    }
}

/// Who offers a function, and with that where it can be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Home {
    /// The language itself. Reference: `ottlfuncs.StandardFuncs`.
    #[default]
    Standard,
    /// The reference's experimental module, `xottl`.
    Experimental,
    /// The transform processor.
    Transform,
    /// The filter processor.
    Filter,
    /// The `selfops` dialect.
    Selfops,
}

/// A function prepared for one call in the source.
pub trait Kernel: Send + Sync {
    /// Runs for one item. Editors return [`Value::Nil`].
    ///
    /// # Errors
    /// When it cannot do its work on this item; see the error modes.
    fn call(&self, cx: &mut CallContext<'_>) -> Result<Value, ExecError>;

    /// Runs for many items. That this is a method puts the loop where the function is known.
    fn call_each(&self, calls: &mut Calls<'_>) {
        while let Some(cx) = calls.next_call() {
            let result = self.call(cx);
            calls.finish(result);
        }
    }
}

impl<F> Kernel for F
where
    F: Fn(&mut CallContext<'_>) -> Result<Value, ExecError> + Send + Sync,
{
    fn call(&self, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        self(cx)
    }
}

/// A kernel that remembers something from one item of a chunk to the next. What a call gives must
/// not depend on it.
struct Remembering<M, F> {
    kernel: F,
    memory: PhantomData<fn() -> M>,
}

impl<M, F> Kernel for Remembering<M, F>
where
    M: Default,
    F: Fn(&mut M, &mut CallContext<'_>) -> Result<Value, ExecError> + Send + Sync,
{
    fn call(&self, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        (self.kernel)(&mut M::default(), cx)
    }

    fn call_each(&self, calls: &mut Calls<'_>) {
        let mut memory = M::default();
        while let Some(cx) = calls.next_call() {
            let result = (self.kernel)(&mut memory, cx);
            calls.finish(result);
        }
    }
}

/// What binding gives.
pub enum Bound {
    /// Code to call.
    Kernel(Box<dyn Kernel>),
    /// Writes the value of one parameter to the path of another, which the engine can do without a
    /// call.
    Store {
        /// Index of the parameter that is the path.
        target: usize,
        /// Index of the parameter that is the value.
        value: usize,
    },
}

impl Bound {
    /// A kernel from a closure.
    pub fn kernel<F>(kernel: F) -> Self
    where
        F: Fn(&mut CallContext<'_>) -> Result<Value, ExecError> + Send + Sync + 'static,
    {
        Self::Kernel(Box::new(kernel))
    }

    /// A kernel from a closure that is given what it left behind when it was called for the item
    /// before, if that item is of the same chunk; otherwise an `M` that is new. Its results must not
    /// depend on what it was given: it is for memory and for answers that stay true.
    pub fn remembering<M, F>(kernel: F) -> Self
    where
        M: Default + 'static,
        F: Fn(&mut M, &mut CallContext<'_>) -> Result<Value, ExecError> + Send + Sync + 'static,
    {
        Self::Kernel(Box::new(Remembering {
            kernel,
            memory: PhantomData,
        }))
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(_) => f.write_str("Kernel"),
            Self::Store { target, value } => write!(f, "Store({target} <- {value})"),
        }
    }
}

/// Why literal arguments cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindError {
    /// Index of the parameter at fault, if it is one.
    pub param: Option<usize>,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl BindError {
    /// An error about one parameter.
    #[must_use]
    pub fn param(index: usize, message: impl Into<String>) -> Self {
        Self {
            param: Some(index),
            message: message.into(),
        }
    }
}

/// The arguments of a call as far as they are known when the program is compiled.
#[derive(Debug)]
pub struct BindArgs<'a> {
    /// One for each parameter of the signature.
    pub args: &'a [BindArg],
    /// What the patterns of the program's source are compiled with.
    pub patterns: &'a Patterns,
}

/// One argument at compile time.
#[derive(Clone, Debug, PartialEq)]
pub enum BindArg {
    /// An optional parameter without argument.
    Absent,
    /// Known only when the program runs.
    Dynamic,
    /// A path whose keys are literal.
    Path(BindPath),
    /// A literal.
    Literal(Literal),
    /// A literal list; elements are [`BindArg::Dynamic`] or [`BindArg::Literal`].
    List(Vec<BindArg>),
    /// A function's name.
    Function(String),
    /// An output's name.
    Output(String),
    /// A lambda.
    Lambda,
}

/// A path with literal keys at compile time; equal for the same place, however it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindPath {
    /// What it leads into.
    pub access: Access,
    /// The keys, none of them dynamic.
    pub keys: Vec<KeyUse>,
}

/// A literal value at compile time.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `nil`
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer, or an enum's number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Text; not necessarily UTF-8.
    String(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list whose elements are literals.
    List(Vec<Literal>),
    /// A map whose values are literals.
    Map(Vec<(Vec<u8>, Literal)>),
}

impl BindArgs<'_> {
    /// Whether an optional parameter has an argument.
    #[must_use]
    pub fn is_present(&self, index: usize) -> bool {
        !matches!(self.args.get(index), None | Some(BindArg::Absent))
    }

    /// Whether two arguments are evidently the same place of the item.
    #[must_use]
    pub fn is_same_place(&self, one: usize, other: usize) -> bool {
        match (self.args.get(one), self.args.get(other)) {
            (Some(BindArg::Path(one)), Some(BindArg::Path(other))) => one == other,
            _ => false,
        }
    }

    /// Whether one argument evidently is the place of a map or list around the place that is another,
    /// and if so after how many keys.
    #[must_use]
    pub fn holds(&self, one: usize, other: usize) -> Option<usize> {
        match (self.args.get(one), self.args.get(other)) {
            (Some(BindArg::Path(one)), Some(BindArg::Path(other))) => {
                let holds = one.access == other.access
                    && one.keys.len() < other.keys.len()
                    && other.keys.starts_with(&one.keys);
                holds.then_some(one.keys.len())
            }
            _ => None,
        }
    }

    /// The text of a literal string argument.
    #[must_use]
    pub fn string(&self, index: usize) -> Option<&[u8]> {
        match self.args.get(index) {
            Some(BindArg::Literal(Literal::String(text))) => Some(text),
            _ => None,
        }
    }

    /// The number of a literal integer argument.
    #[must_use]
    pub fn int(&self, index: usize) -> Option<i64> {
        match self.args.get(index) {
            Some(BindArg::Literal(Literal::Int(value))) => Some(*value),
            _ => None,
        }
    }

    /// The number of a literal floating-point argument.
    #[must_use]
    pub fn double(&self, index: usize) -> Option<f64> {
        match self.args.get(index) {
            Some(BindArg::Literal(Literal::Double(value))) => Some(*value),
            _ => None,
        }
    }

    /// The value of a literal boolean argument.
    #[must_use]
    pub fn bool(&self, index: usize) -> Option<bool> {
        match self.args.get(index) {
            Some(BindArg::Literal(Literal::Bool(value))) => Some(*value),
            _ => None,
        }
    }

    /// The elements of a list argument when each is a literal string.
    #[must_use]
    pub fn strings(&self, index: usize) -> Option<Vec<&[u8]>> {
        self.elements(index, |literal| match literal {
            Literal::String(text) => Some(text.as_slice()),
            _ => None,
        })
    }

    /// The elements of a list argument when each is a literal floating-point number.
    #[must_use]
    pub fn doubles(&self, index: usize) -> Option<Vec<f64>> {
        self.elements(index, |literal| match literal {
            Literal::Double(value) => Some(*value),
            _ => None,
        })
    }

    fn elements<'a, T>(
        &'a self,
        index: usize,
        element: impl Fn(&'a Literal) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(BindArg::List(elements)) = self.args.get(index) else {
            return None;
        };
        elements
            .iter()
            .map(|it| match it {
                BindArg::Literal(literal) => element(literal),
                _ => None,
            })
            .collect()
    }
}

/// Name, parameters and documentation of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The name; editors begin with a lowercase letter, converters with an uppercase one.
    pub name: &'static str,
    /// The parameters; optional ones come last.
    pub params: &'static [Param],
    /// The type of the result, [`Type::Nil`](crate::Type::Nil) for editors.
    pub result: crate::Type,
    /// Fields of the item that it reads without being given their paths. A function with such fields
    /// exists only where the context is their level.
    pub fields: &'static [Field],
    /// What it does, in Markdown; the first line is a summary.
    pub docs: &'static str,
    /// Statements or expressions with their results; each is executed by a test.
    pub examples: &'static [Example],
}

impl Signature {
    /// Whether the function stands at the head of a statement.
    #[must_use]
    pub fn is_editor(&self) -> bool {
        self.name
            .starts_with(|first: char| first.is_ascii_lowercase())
    }

    /// Number of parameters without which a call is rejected.
    #[must_use]
    pub fn required(&self) -> usize {
        self.params.iter().filter(|param| !param.optional).count()
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The name in `name = value`.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// Whether it may be left out.
    pub optional: bool,
    /// What its argument means, where lints have something to say about that.
    pub role: Role,
}

/// What an argument means to its function, beside what can be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nothing that lints would look at.
    #[default]
    Plain,
    /// A regular expression. A function whose result is a boolean asks whether it matches, and no
    /// more.
    Regex,
    /// A value of which the function says whether it has this type.
    Tested(crate::Type),
}

impl Param {
    /// A parameter that must be given.
    #[must_use]
    pub const fn new(name: &'static str, kind: ParamKind) -> Self {
        Self {
            name,
            kind,
            optional: false,
            role: Role::Plain,
        }
    }

    /// A parameter that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, kind: ParamKind) -> Self {
        Self {
            name,
            kind,
            optional: true,
            role: Role::Plain,
        }
    }

    /// The same parameter with a meaning that lints know.
    #[must_use]
    pub const fn with_role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

/// What a parameter takes. The names are the reference's getters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// A path that is written. Reference: `Setter`.
    Setter,
    /// A path that is read and written. Reference: `GetSetter`.
    GetSetter,
    /// A path to a map, read and written. Reference: `PMapGetSetter`.
    MapGetSetter,
    /// A path to a list, read and written. Reference: `PSliceGetSetter`.
    SliceGetSetter,
    /// A value. Reference: one of the typed getters.
    Value(ValueKind),
    /// A literal list of values. Reference: `[]T`.
    List(ValueKind),
    /// A literal list of values, or a value that is a list. Reference: `SliceGetter`.
    AnyList(ValueKind),
    /// A string literal.
    StringLiteral,
    /// A list of string literals.
    StringLiterals,
    /// An integer literal.
    IntLiteral,
    /// A floating-point literal.
    DoubleLiteral,
    /// A list of floating-point literals.
    DoubleLiterals,
    /// A boolean literal.
    BoolLiteral,
    /// An enum symbol.
    Enum,
    /// The name of a converter that takes one string. Reference: `FunctionGetter`.
    Function,
    /// The name of an output, as `exporter.kafka`. Not in the reference.
    Output,
    /// A lambda with so many parameters. Reference: `LambdaExpression`.
    Lambda(usize),
}

/// How a value argument is typed or converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Any value. Reference: `Getter`.
    Any,
    /// A string or an error.
    String,
    /// Anything, converted to a string; nil stays nil. Reference: `StringLikeGetter`.
    StringLike,
    /// An integer or an error.
    Int,
    /// Anything that converts to an integer; nil stays nil.
    IntLike,
    /// A double or an error.
    Double,
    /// Anything that converts to a double; nil stays nil.
    DoubleLike,
    /// A boolean or an error.
    Bool,
    /// Anything that converts to a boolean; nil stays nil.
    BoolLike,
    /// Anything that converts to bytes; nil stays nil. Reference: `ByteSliceLikeGetter`.
    BytesLike,
    /// A map or an error.
    Map,
    /// A list or an error. Reference: `PSliceGetter`.
    Slice,
    /// A time or an error.
    Time,
    /// A duration or an error.
    Duration,
}

/// An executed example of a function's documentation.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows, in a few words.
    pub title: &'static str,
    /// An expression for converters, a statement for editors. Paths are those of a span, which has the
    /// name `op` and the kind server, or of a log record, metric, data point or profile where only
    /// those have the function.
    pub source: &'static str,
    /// For an editor, the attributes before, as JSON; for a converter, the attributes it may read.
    /// For functions of metrics and data points, the metric as OTLP/JSON.
    pub attributes: &'static str,
    /// For an editor, the attributes after, as JSON, or the metrics that there are then; for a
    /// converter, the result in the notation of the conformance cases, as `{"string":"a"}`.
    /// `error: …` with the message when the call fails on the item, `rejected: …` with the message
    /// when the source does not compile.
    pub result: &'static str,
}
