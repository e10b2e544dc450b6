//! The functions of expressions.

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Boolean,
    Ceiling,
    Concat,
    Contains,
    Count,
    EndsWith,
    False,
    Floor,
    Last,
    LocalName,
    LowerCase,
    Matches,
    Name,
    NamespaceUri,
    NormalizeSpace,
    Not,
    Number,
    Position,
    Replace,
    Reverse,
    Round,
    StartsWith,
    String,
    StringJoin,
    StringLength,
    Substring,
    SubstringAfter,
    SubstringBefore,
    Sum,
    Translate,
    True,
}

/// How many arguments a function may have, and how many of them it looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arity {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) used: usize,
}

const ANY: usize = usize::MAX;

const fn arity(min: usize, max: usize, used: usize) -> Arity {
    Arity { min, max, used }
}

impl Function {
    /// The function with a name.
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"boolean" => Self::Boolean,
            b"ceiling" => Self::Ceiling,
            b"concat" => Self::Concat,
            b"contains" => Self::Contains,
            b"count" => Self::Count,
            b"ends-with" => Self::EndsWith,
            b"false" => Self::False,
            b"floor" => Self::Floor,
            b"last" => Self::Last,
            b"local-name" => Self::LocalName,
            b"lower-case" => Self::LowerCase,
            b"matches" => Self::Matches,
            b"name" => Self::Name,
            b"namespace-uri" => Self::NamespaceUri,
            b"normalize-space" => Self::NormalizeSpace,
            b"not" => Self::Not,
            b"number" => Self::Number,
            b"position" => Self::Position,
            b"replace" => Self::Replace,
            b"reverse" => Self::Reverse,
            b"round" => Self::Round,
            b"starts-with" => Self::StartsWith,
            b"string" => Self::String,
            b"string-join" => Self::StringJoin,
            b"string-length" => Self::StringLength,
            b"substring" => Self::Substring,
            b"substring-after" => Self::SubstringAfter,
            b"substring-before" => Self::SubstringBefore,
            b"sum" => Self::Sum,
            b"translate" => Self::Translate,
            b"true" => Self::True,
            _ => return None,
        })
    }

    /// How many arguments it takes when it is given `given`.
    pub(super) fn arity(self, given: usize) -> Arity {
        match self {
            Self::True | Self::False | Self::Last | Self::Position => arity(0, ANY, 0),
            Self::Boolean
            | Self::Number
            | Self::String
            | Self::Name
            | Self::LocalName
            | Self::NamespaceUri => arity(0, 1, 1),
            Self::NormalizeSpace => arity(0, ANY, 1),
            Self::LowerCase
            | Self::StringLength
            | Self::Not
            | Self::Count
            | Self::Sum
            | Self::Ceiling
            | Self::Floor
            | Self::Round
            | Self::Reverse => arity(1, ANY, 1),
            Self::StartsWith | Self::EndsWith | Self::Contains => arity(2, ANY, 2),
            // With more than three arguments the reference overlooks the third as well.
            Self::Substring => arity(2, ANY, if given == 3 { 3 } else { 2 }),
            Self::Matches | Self::SubstringBefore | Self::SubstringAfter | Self::StringJoin => {
                arity(2, 2, 2)
            }
            Self::Replace | Self::Translate => arity(3, 3, 3),
            Self::Concat => arity(2, ANY, ANY),
        }
    }
}
