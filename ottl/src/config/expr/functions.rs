//! The functions that expressions may call.

use ottl_syntax::{Code, Diagnostic, Span};

use super::cases::{Cases, Nature, Value, fails};
use super::cond::Cond;
use super::lower::{unknown, values};
use super::tree::Expr;
use super::{Failed, unsupported};
use crate::config::matching::quoted;

/// The blanks that `trim` removes: those of Unicode.
const BLANKS: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\
                      \u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

/// Functions that take an expression about elements.
const WITH_PREDICATES: [&str; 15] = [
    "all",
    "none",
    "any",
    "one",
    "filter",
    "map",
    "count",
    "sum",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "groupBy",
    "sortBy",
    "reduce",
];

/// Other functions of the language that are not read here.
const OTHERS: [&str; 46] = [
    "type",
    "abs",
    "ceil",
    "floor",
    "round",
    "int",
    "float",
    "split",
    "splitAfter",
    "replace",
    "repeat",
    "join",
    "lastIndexOf",
    "max",
    "min",
    "mean",
    "median",
    "toJSON",
    "fromJSON",
    "toBase64",
    "fromBase64",
    "now",
    "duration",
    "date",
    "timezone",
    "first",
    "last",
    "get",
    "take",
    "keys",
    "values",
    "toPairs",
    "fromPairs",
    "reverse",
    "uniq",
    "concat",
    "flatten",
    "sort",
    "bitand",
    "bitor",
    "bitxor",
    "bitnand",
    "bitshl",
    "bitshr",
    "bitushr",
    "bitnot",
];

/// A function on texts.
#[derive(Clone, Copy)]
struct Signature {
    name: &'static str,
    /// How many texts it takes, at least and at most.
    takes: (usize, usize),
    gives: Nature,
}

const fn signature(name: &'static str, takes: (usize, usize), gives: Nature) -> Signature {
    Signature { name, takes, gives }
}

const FUNCTIONS: [Signature; 10] = [
    signature("len", (1, 1), Nature::Int),
    signature("lower", (1, 1), Nature::Text),
    signature("upper", (1, 1), Nature::Text),
    signature("trim", (1, 2), Nature::Text),
    signature("trimPrefix", (1, 2), Nature::Text),
    signature("trimSuffix", (1, 2), Nature::Text),
    signature("hasPrefix", (2, 2), Nature::Bool),
    signature("hasSuffix", (2, 2), Nature::Bool),
    signature("indexOf", (2, 2), Nature::Int),
    signature("string", (1, 1), Nature::Text),
];

pub(super) fn takes_predicate(name: &str) -> bool {
    WITH_PREDICATES.contains(&name)
}

/// The values of a call.
pub(super) fn call(
    name: &str,
    name_span: Span,
    arguments: &[Expr],
    span: Span,
) -> Result<Cases, Failed> {
    match name {
        "HasLabel" | "Label" => return label(name, arguments, span),
        _ if OTHERS.contains(&name) => {
            return Err(unsupported(name_span, &format!("The function `{name}`")));
        }
        _ => {}
    }
    let Some(known) = FUNCTIONS.iter().find(|known| known.name == name) else {
        let known = FUNCTIONS.iter().map(|known| known.name);
        let known: Vec<_> = known.chain(["HasLabel", "Label"]).collect();
        return Ok(Cases::failure(unknown(name, &known, name_span)));
    };
    let (least, most) = known.takes;
    if !(least..=most).contains(&arguments.len()) {
        let message = format!("`{name}` does not take {} arguments.", arguments.len());
        return Err(Box::new(Diagnostic::error(
            Code::WrongArity,
            name_span,
            message,
        )));
    }
    let first = values(&arguments[0])?.split(span);
    let second = match arguments.get(1) {
        Some(second) => values(second)?.split(span),
        None => Cases::one(Value::Text(implied(name).to_owned()), Nature::Text),
    };
    if name != "string" {
        let what = format!("`{name}`");
        first.takes(&[Nature::Text, Nature::Nil], span, &what)?;
        second.takes(&[Nature::Text, Nature::Nil], span, &what)?;
    }
    first.combine(second, known.gives, span, |first, second| {
        for value in [&first, &second] {
            if value.written().is_none() && name == "string" {
                return Err(unsupported(span, "What is no text as a text"));
            }
            if value.written().is_none() {
                let message = format!("`{name}` takes a text, and this is {}.", value.describe());
                return Ok(Value::Failure(fails(span, message).into()));
            }
        }
        apply(name, &first, &second, span)
    })
}

/// The second argument of a function where it is left out.
fn implied(name: &str) -> &'static str {
    match name {
        "trim" => BLANKS,
        _ => " ",
    }
}

/// Whether a data point has a label, or which; `name` says what is asked for.
fn label(name: &str, arguments: &[Expr], span: Span) -> Result<Cases, Failed> {
    let [key] = arguments else {
        let message = format!("`{name}` takes one key, not {} arguments.", arguments.len());
        return Ok(Cases::failure(fails(span, message)));
    };
    let Cases { list, .. } = values(key)?;
    let found = list.into_iter().map(|(guard, value)| {
        let text = match value {
            Value::Text(text) => text,
            Value::Nil => String::new(),
            Value::Failure(_) => return Ok((guard, value)),
            Value::Label(_) | Value::Written(_) => {
                return Err(unsupported(key.span, "A key that is no literal"));
            }
            other => {
                let message = format!("`{name}` takes a text, and this is {}.", other.describe());
                return Ok((guard, Value::Failure(fails(key.span, message).into())));
            }
        };
        Ok((
            guard,
            match name {
                "Label" => Value::Label(text),
                _ => Value::Holds(presence(&text, span)),
            },
        ))
    });
    let list = found.collect::<Result<_, _>>()?;
    let nature = Nature::Unknown;
    Cases { list, nature }.checked(span)
}

/// An attribute without a value is there as well.
fn presence(key: &str, span: Span) -> Cond {
    let (path, key) = (Value::path(key), quoted(key));
    let has_value = Cond::test(format!("{path} != nil"), span);
    let has_key = format!("ContainsValue(Keys(attributes), {key})");
    has_value.or(Cond::test(has_key, span))
}

/// What a function makes of texts.
fn apply(name: &str, first: &Value, second: &Value, span: Span) -> Result<Value, Failed> {
    let (Some(text), Some(other)) = (first.written(), second.written()) else {
        return Ok(Value::Nil);
    };
    let written = |text: String| Ok(Value::Written(text.into()));
    match name {
        "len" => Ok(match first {
            Value::Text(text) => whole(text.chars().count()),
            _ => Value::Count(format!("Len(Split({text}, \"\"))").into()),
        }),
        "lower" => written(format!("ToLowerCase({text})")),
        "upper" => written(format!("ToUpperCase({text})")),
        "trim" if matches!(second, Value::Text(_)) => written(format!("Trim({text}, {other})")),
        "trim" => Err(unsupported(span, "A set of characters that is no literal")),
        "trimPrefix" => written(format!("TrimPrefix({text}, {other})")),
        "trimSuffix" => written(format!("TrimSuffix({text}, {other})")),
        "indexOf" => Ok(match (first, second) {
            (Value::Text(text), Value::Text(other)) => {
                text.find(other.as_str()).map_or(Value::Int(-1), whole)
            }
            _ => Value::Count(format!("Index({text}, {other})").into()),
        }),
        "hasPrefix" | "hasSuffix" => {
            let operator = match name {
                "hasPrefix" => "startsWith",
                _ => "endsWith",
            };
            let test = text_test(operator, first, second, span);
            Ok(test.map_or(Value::Nil, Value::Holds))
        }
        _ => Ok(first.clone()),
    }
}

fn whole(count: usize) -> Value {
    i64::try_from(count).map_or(Value::Nil, Value::Int)
}

/// `contains`, `startsWith` or `endsWith`; nothing if one side is no text.
pub(super) fn text_test(operator: &str, left: &Value, right: &Value, span: Span) -> Option<Cond> {
    if let (Value::Text(text), Value::Text(part)) = (left, right) {
        return Some(Cond::of(match operator {
            "contains" => text.contains(part.as_str()),
            "startsWith" => text.starts_with(part.as_str()),
            _ => text.ends_with(part.as_str()),
        }));
    }
    let (text, part) = (left.written()?, right.written()?);
    let test = match operator {
        "contains" => format!("Index({text}, {part}) >= 0"),
        "startsWith" => format!("HasPrefix({text}, {part})"),
        _ => format!("HasSuffix({text}, {part})"),
    };
    Some(Cond::test(test, span))
}
