//! The values that a part of an expression may have, each with the condition under which it does.

use std::rc::Rc;

use ottl_syntax::{Code, Diagnostic, Span};

use super::cond::Cond;
use super::{Failed, MAX_CONDITION};
use crate::config::matching::quoted;

/// How many values a part of an expression may have.
const MAX_CASES: usize = 64;

/// A value. Nothing is known of some before there is a data point.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// The text of a label: an attribute that may be absent or no text, which is an empty text then.
    Label(String),
    /// A text that is an expression of OTTL.
    Written(Rc<str>),
    /// A whole number that is an expression of OTTL.
    Count(Rc<str>),
    /// The boolean that the condition is.
    Holds(Cond),
    /// There is none, for this reason.
    Failure(Rc<Diagnostic>),
}

/// The type of a part as the language knows it before it runs, which is mostly not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Unknown,
    Nil,
    Bool,
    Int,
    Float,
    Text,
}

impl Nature {
    pub(super) fn is_comparable_to(self, other: Self) -> bool {
        let is_number = |nature| matches!(nature, Self::Int | Self::Float);
        let is_open = |nature| matches!(nature, Self::Unknown | Self::Nil);
        is_open(self) || is_open(other) || self == other || is_number(self) && is_number(other)
    }

    /// That of a choice between two parts.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nil, other) => other,
            (one, Self::Nil) => one,
            (one, other) if one == other => one,
            _ => Self::Unknown,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "a value",
            Self::Nil => "nil",
            Self::Bool => "a boolean",
            Self::Int | Self::Float => "a number",
            Self::Text => "a text",
        }
    }
}

/// The values of a part. Their conditions exclude each other, but for that of a failure: for which
/// data points a part fails is of no interest, as long as it does for any.
#[derive(Clone, Debug)]
pub(super) struct Cases {
    pub(super) list: Vec<(Cond, Value)>,
    pub(super) nature: Nature,
}

/// A part that is a boolean or fails.
#[derive(Debug)]
pub(super) struct Truth {
    pub(super) holds: Cond,
    pub(super) failure: Option<Rc<Diagnostic>>,
}

impl Value {
    /// The attribute of a data point that a label is.
    pub(super) fn path(key: &str) -> String {
        format!("attributes[{}]", quoted(key))
    }

    /// What it may be, without labels.
    fn split(self, span: Span) -> Vec<(Cond, Self)> {
        let Self::Label(key) = self else {
            return vec![(Cond::Always, self)];
        };
        let path = Self::path(&key);
        let is_text = Cond::test(format!("IsString({path})"), span);
        vec![
            (is_text.clone(), Self::Written(path.into())),
            (is_text.not(), Self::Text(String::new())),
        ]
    }

    /// A text as it is written in OTTL; nothing for what is no text.
    pub(super) fn written(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(quoted(text)),
            Self::Written(text) => Some(text.as_ref().to_owned()),
            _ => None,
        }
    }

    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) | Self::Holds(_) => "a boolean",
            Self::Int(_) | Self::Float(_) | Self::Count(_) => "a number",
            Self::Text(_) | Self::Label(_) | Self::Written(_) => "a text",
            Self::Failure(_) => "nothing",
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Label(text) => text.len(),
            Self::Written(text) | Self::Count(text) => text.len(),
            Self::Holds(cond) => cond.size(),
            Self::Nil | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Failure(_) => 8,
        }
    }
}

impl Cases {
    pub(super) fn one(value: Value, nature: Nature) -> Self {
        Self {
            list: vec![(Cond::Always, value)],
            nature,
        }
    }

    pub(super) fn failure(failure: Failed) -> Self {
        Self::one(Value::Failure(failure.into()), Nature::Unknown)
    }

    /// Fails for what is known to be none of some types, of which `what` takes one.
    pub(super) fn takes(&self, natures: &[Nature], at: Span, what: &str) -> Result<(), Failed> {
        if self.nature == Nature::Unknown || natures.contains(&self.nature) {
            return Ok(());
        }
        let message = format!("{what} does not take {}.", self.nature.name());
        let code = Code::ForeignExpression;
        Err(Box::new(Diagnostic::error(code, at, message)))
    }

    /// The same with labels as texts.
    pub(super) fn split(self, span: Span) -> Self {
        let list = self.list.into_iter().flat_map(|(guard, value)| {
            let split = value.split(span).into_iter();
            split.map(move |(own, value)| (guard.clone().and(own), value))
        });
        Self {
            list: list.collect(),
            nature: self.nature,
        }
    }

    /// Whether each holds, as `what` needs it.
    pub(super) fn truth(self, span: Span, what: &str) -> Truth {
        let mut truth = Truth::default();
        for (guard, value) in self.list {
            let holds = match value {
                Value::Bool(holds) => Cond::of(holds),
                Value::Holds(cond) => cond,
                Value::Failure(failure) => {
                    truth.failure.get_or_insert(failure);
                    continue;
                }
                other => {
                    let is = other.describe();
                    let failure = fails(span, format!("{what} takes a boolean, and this is {is}."));
                    truth.failure.get_or_insert_with(|| failure.into());
                    continue;
                }
            };
            truth.holds = truth.holds.or(guard.and(holds));
        }
        truth
    }

    /// What a function makes of each two of the values, when neither is a failure.
    pub(super) fn combine(
        self,
        other: Self,
        nature: Nature,
        whole: Span,
        mut make: impl FnMut(Value, Value) -> Result<Value, Failed>,
    ) -> Result<Self, Failed> {
        if self.list.len() * other.list.len() > MAX_CASES {
            return Err(too_intricate(whole));
        }
        let mut list = Vec::new();
        for (guard, left) in self.list {
            if let Value::Failure(_) = left {
                list.push((guard, left));
                continue;
            }
            for (own, right) in &other.list {
                let guard = guard.clone().and(own.clone());
                if matches!(guard, Cond::Never) {
                    continue;
                }
                let made = match right {
                    Value::Failure(_) => right.clone(),
                    right => make(left.clone(), right.clone())?,
                };
                list.push((guard, made));
            }
        }
        Self { list, nature }.checked(whole)
    }

    /// The same without what never comes to be, unless there is too much of it.
    pub(super) fn checked(self, whole: Span) -> Result<Self, Failed> {
        let mut list = Vec::with_capacity(self.list.len());
        let mut has_failed = false;
        for (guard, value) in self.list {
            let is_failure = matches!(value, Value::Failure(_));
            if matches!(guard, Cond::Never) || is_failure && has_failed {
                continue;
            }
            has_failed |= is_failure;
            list.push((if is_failure { Cond::Always } else { guard }, value));
        }
        let nature = self.nature;
        let checked = Self { list, nature };
        if checked.list.len() > MAX_CASES || checked.size() > MAX_CONDITION {
            return Err(too_intricate(whole));
        }
        Ok(checked)
    }

    /// About how many bytes the conditions and values take when written.
    pub(super) fn size(&self) -> usize {
        let sizes = self.list.iter();
        sizes
            .map(|(guard, value)| guard.size() + value.size())
            .sum()
    }
}

impl Default for Truth {
    fn default() -> Self {
        Self {
            holds: Cond::Never,
            failure: None,
        }
    }
}

impl Truth {
    /// Its failure, and the boolean that it is otherwise.
    pub(super) fn cases(self, whole: Span) -> Result<Cases, Failed> {
        let failure = self.failure.into_iter();
        let mut list: Vec<_> = failure
            .map(|failure| (Cond::Always, Value::Failure(failure)))
            .collect();
        let value = match self.holds {
            Cond::Always => Value::Bool(true),
            Cond::Never => Value::Bool(false),
            cond => Value::Holds(cond),
        };
        list.push((Cond::Always, value));
        let nature = Nature::Bool;
        Cases { list, nature }.checked(whole)
    }
}

/// What fails for each data point that comes so far.
pub(super) fn fails(span: Span, message: impl Into<String>) -> Failed {
    Box::new(
        Diagnostic::error(Code::ForeignExpression, span, message).with_note(
            "In the Collector it is an error of every data point that comes so far, and no message \
             with such a data point gets through.",
        ),
    )
}

pub(super) fn too_intricate(span: Span) -> Failed {
    let message = "The expression is too intricate to be carried over to OTTL.";
    Box::new(
        Diagnostic::error(Code::ForeignExpression, span, message).with_note(
            "Write several expressions in its place, of which one has to match, or conditions of \
             OTTL under `metric_conditions`.",
        ),
    )
}
