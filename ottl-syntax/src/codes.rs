//! The table of diagnostic codes. A code names one kind of problem for good: it is never reused.
//!
//! `E01xx` lexing and parsing, `E02xx` names, `E03xx` calls and arguments, `E04xx` types,
//! `E05xx` dialects, `E06xx` and `W06xx` configurations, `E09xx` and `W09xx` limits, `W04xx` what is
//! legal but cannot work. `E0306` was never reported and stays free.

macro_rules! codes {
    ($($name:ident = $text:literal, $title:literal;)+) => {
        /// A kind of problem. Its text, as `E0101`, is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $name,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable text, as `E0101`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// One line that says what kind of problem it is.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means, a wrong and a right example, and what to do, in Markdown; see
            /// [`explanation`](crate::explanation).
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("explanations/", $text, ".md")),)+
                }
            }

            /// The code with a text, as `E0101`; lowercase will do.
            #[must_use]
            pub fn named(text: &str) -> Option<Self> {
                let is_it = |code: &&Self| code.as_str().eq_ignore_ascii_case(text);
                Self::ALL.iter().find(is_it).copied()
            }
        }
    };
}

codes! {
    InvalidToken = "E0101", "a character that starts no token";
    InvalidString = "E0102", "a string with an invalid escape or without an end";
    InvalidNumber = "E0103", "a number that does not fit its type";
    InvalidBytes = "E0104", "a byte literal with an odd number of digits";
    UnexpectedToken = "E0105", "a token that cannot stand here";
    UnexpectedEnd = "E0106", "a statement that ends too early";
    WrongSort = "E0107", "a value where a condition must stand, or the other way round";
    EditorNotFirst = "E0108", "an editor used as a value, or a converter used as a statement";
    EditorIndexed = "E0109", "keys behind an editor";
    NestedLambda = "E0110", "a lambda whose body is a lambda";

    UnknownContext = "E0201", "a path whose context does not exist here";
    MissingContext = "E0202", "a path without a context name";
    UnknownPath = "E0203", "a path that the context does not have";
    PathNotIndexable = "E0204", "keys behind a path that has none";
    UnknownEnum = "E0205", "an enum symbol that the context does not have";
    UnknownFunction = "E0206", "a function that does not exist";
    ForeignCache = "E0207", "the cache of another context";
    ContextNotInferred = "E0208", "paths from which no context can be inferred";
    DuplicateParameter = "E0209", "a lambda parameter declared twice";

    WrongArity = "E0301", "too few or too many arguments";
    UnknownParameter = "E0302", "a named argument that the function does not have";
    PositionalAfterNamed = "E0303", "an argument without a name behind one with a name";
    WrongArgument = "E0304", "an argument of a kind that the parameter does not take";
    InvalidArgument = "E0305", "a literal argument that the function rejects";
    DuplicateDefinition = "E0307", "a constant or macro with a name that is taken";

    NeverWritable = "W0401", "an assignment that fails on every item";
    NeverTrue = "W0402", "a comparison whose result is always the same";
    NeverConverts = "W0403", "an argument that fails on every item";
    InvalidArithmetic = "W0404", "arithmetic that fails on every item";
    SharedWrite = "W0405", "a write to what several items share, from one of them";
    Contradiction = "W0406", "conditions that exclude each other, or of which one always holds";
    OutsideEnum = "W0407", "a number that no value of an enum has";
    UnlikelyKey = "W0408", "a key of an attribute that is nearly a conventional one";
    RenamedKey = "W0409", "a key of an attribute that the conventions have renamed";
    UnusedCache = "W0410", "a value in the cache that is only written or only read";
    NeverMatches = "W0411", "a pattern that matches no text";
    SlowPattern = "W0412", "a pattern that takes longer than what it stands for";

    NeedsSelfops = "E0501", "a form that only the selfops dialect has";
    NeedsLambda = "E0502", "a lambda while lambdas are switched off";

    InvalidYaml = "E0601", "a configuration that is not valid YAML";
    DuplicateKey = "E0602", "a key that stands twice in one mapping";
    UnknownKey = "E0603", "a key that the component does not have";
    WrongShape = "E0604", "a value of a type that its key does not take";
    UnknownChoice = "E0605", "a value that is none of those its key takes";
    InvalidSettings = "E0606", "settings that need or exclude each other";
    InvalidReference = "E0607", "a reference to the environment that cannot be resolved";
    ForeignExpression = "E0608", "an expression of an old filter that cannot be carried over";
    NotChecked = "W0601", "a part of a configuration that cannot be checked here";
    NoEffect = "W0602", "a part of a configuration without any effect";
    ReadOtherwise = "W0603", "a part of a configuration that is read otherwise than it seems";

    SourceTooLong = "E0901", "a source text longer than the limit";
    NestedTooDeep = "E0902", "nesting deeper than the limit";
    TooManyErrors = "E0903", "more problems than are reported";
    TooManyNodes = "E0904", "a configuration with more parts than the limit";
    TooManyWarnings = "W0903", "more warnings than are reported";
}
