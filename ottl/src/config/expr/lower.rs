//! From the tree of an expression to a condition of OTTL.
//!
//! Each part has a few values, each under a condition of its own; what operators make of them is worked
//! out here for each combination, so that what is left are tests of texts and numbers.

use std::cmp::Ordering;

use ottl_syntax::{Code, Diagnostic, Span};

use super::cases::{Cases, Nature, Truth, Value, fails, too_intricate};
use super::cond::Cond;
use super::tree::{Binary, Expr, Kind, Order};
use super::{Failed, MAX_CONDITION, Piece, functions, unsupported};
use crate::config::matching::quoted;
use crate::config::problems::short;

/// How deep the brackets of the condition may nest.
const MAX_BRACKETS: usize = 40;

/// How much may be compared for one `in`, as the size of both sides for each comparison. A condition
/// of the greatest size that is made of small ones takes far less.
const MAX_COMPARED: usize = 64 * MAX_CONDITION;

/// What `MetricType` is, and what it is called in OTTL.
const TYPES: [(&str, &str); 5] = [
    ("Gauge", "GAUGE"),
    ("Sum", "SUM"),
    ("Histogram", "HISTOGRAM"),
    ("ExponentialHistogram", "EXPONENTIAL_HISTOGRAM"),
    ("Summary", "SUMMARY"),
];

/// What there is of a data point, without functions.
const NAMES: [&str; 2] = ["MetricName", "MetricType"];

/// Writes the condition.
pub(super) fn condition(tree: &Expr) -> Result<Vec<Piece>, Failed> {
    let truth = values(tree)?.truth(tree.span, "A filter");
    if let Some(failure) = truth.failure {
        return Err(Box::new(failure.as_ref().clone()));
    }
    if truth.holds.depth() > MAX_BRACKETS {
        return Err(too_intricate(tree.span));
    }
    let mut pieces = Vec::new();
    truth.holds.write(&mut pieces, tree.span);
    Ok(pieces)
}

/// The values of a part.
pub(super) fn values(expr: &Expr) -> Result<Cases, Failed> {
    let span = expr.span;
    Ok(match &expr.kind {
        Kind::Nil => Cases::one(Value::Nil, Nature::Nil),
        Kind::Bool(value) => Cases::one(Value::Bool(*value), Nature::Bool),
        Kind::Int(value) => Cases::one(Value::Int(*value), Nature::Int),
        Kind::Float(value) => Cases::one(Value::Float(*value), Nature::Float),
        Kind::Text(text) => Cases::one(Value::Text(text.clone()), Nature::Text),
        Kind::Array(_) => return Err(unsupported(span, "An array that is not behind `in`")),
        Kind::Name(name) => named(name, span)?,
        Kind::Call {
            name,
            name_span,
            arguments,
        } => functions::call(name, *name_span, arguments, span)?,
        Kind::Not(operand) => {
            let mut truth = boolean(operand, "`not`")?;
            truth.holds = truth.holds.not();
            truth.cases(span)?
        }
        Kind::Signed {
            is_negative,
            operand,
        } => signed(operand, *is_negative, span)?,
        Kind::All(parts) => all(parts)?.cases(span)?,
        Kind::Any(parts) => any(parts)?.cases(span)?,
        Kind::Binary {
            operator,
            at,
            left,
            right,
        } => binary(*operator, *at, left, right, span)?,
        Kind::Ordered { first, rest } => ordered(first, rest, span)?,
        Kind::Choice {
            condition,
            then,
            otherwise,
        } => choice(condition, then.as_deref(), otherwise, span)?,
    })
}

fn named(name: &str, span: Span) -> Result<Cases, Failed> {
    let list = match name {
        "MetricName" => vec![(Cond::Always, Value::Written("metric.name".into()))],
        "MetricType" => {
            let types = TYPES
                .iter()
                .map(|(name, symbol)| (Cond::Type(symbol, span), Value::Text((*name).to_owned())));
            types.collect()
        }
        "HasLabel" | "Label" => {
            let message = format!("`{name}` is a function, which takes a key: `{name}(\"key\")`.");
            return Ok(Cases::failure(fails(span, message)));
        }
        "$env" => return Err(unsupported(span, "`$env`")),
        _ => return Ok(Cases::failure(unknown(name, &NAMES, span))),
    };
    Ok(Cases {
        list,
        nature: Nature::Unknown,
    })
}

/// What is no name of the language, or is none of a data point.
pub(super) fn unknown(name: &str, known: &[&str], span: Span) -> Failed {
    let message = match name {
        "MetricName" | "MetricType" => format!("`{name}` is no function."),
        _ => format!("Expressions have no name `{}`.", short(name)),
    };
    let error = *fails(span, message);
    Box::new(
        match ottl_compiler::nearest(name, known.iter().copied()).filter(|meant| *meant != name) {
            Some(meant) => error.with_fix(span, format!("did you mean `{meant}`?"), meant),
            None => error.with_note(
                "They have MetricName, MetricType, HasLabel(\"key\") and Label(\"key\").",
            ),
        },
    )
}

fn signed(operand: &Expr, is_negative: bool, span: Span) -> Result<Cases, Failed> {
    let Cases { list, nature } = values(operand)?;
    let signed = list.into_iter().map(|(guard, value)| {
        let value = match value {
            Value::Int(value) if is_negative => Value::Int(value.wrapping_neg()),
            Value::Float(value) if is_negative => Value::Float(-value),
            Value::Count(_) if is_negative => {
                return Err(unsupported(span, "A sign in front of what is no literal"));
            }
            Value::Int(_) | Value::Float(_) | Value::Count(_) | Value::Failure(_) => value,
            other => {
                let message = format!("A sign stands in front of {}.", other.describe());
                Value::Failure(fails(span, message).into())
            }
        };
        Ok((guard, value))
    });
    let list = signed.collect::<Result<_, _>>()?;
    Ok(Cases { list, nature })
}

/// A part that has to be a boolean, since `what` takes one.
fn boolean(expr: &Expr, what: &str) -> Result<Truth, Failed> {
    let cases = values(expr)?;
    cases.takes(&[Nature::Bool], expr.span, what)?;
    Ok(cases.truth(expr.span, what))
}

fn all(parts: &[Expr]) -> Result<Truth, Failed> {
    let mut all = Truth {
        holds: Cond::Always,
        failure: None,
    };
    for part in parts {
        let truth = boolean(part, "`and`")?;
        if !matches!(all.holds, Cond::Never) {
            all.failure = all.failure.or(truth.failure);
        }
        all.holds = all.holds.and(truth.holds);
    }
    Ok(all)
}

fn any(parts: &[Expr]) -> Result<Truth, Failed> {
    let mut any = Truth::default();
    for part in parts {
        let truth = boolean(part, "`or`")?;
        if !matches!(any.holds, Cond::Always) {
            any.failure = any.failure.or(truth.failure);
        }
        any.holds = any.holds.or(truth.holds);
    }
    Ok(any)
}

fn choice(
    condition: &Expr,
    then: Option<&Expr>,
    otherwise: &Expr,
    span: Span,
) -> Result<Cases, Failed> {
    let chosen = values(condition)?;
    chosen.takes(&[Nature::Bool], condition.span, "A choice")?;
    let then = then.map_or_else(|| Ok(chosen.clone()), values)?;
    let otherwise = values(otherwise)?;
    let nature = then.nature.or(otherwise.nature);
    let truth = chosen.truth(condition.span, "A choice");
    let failure = truth.failure.into_iter();
    let mut list: Vec<_> = failure
        .map(|failure| (Cond::Always, Value::Failure(failure)))
        .collect();
    let sides = [(truth.holds.clone(), then), (truth.holds.not(), otherwise)];
    for (chosen, side) in sides {
        let side = side.list.into_iter();
        list.extend(side.map(|(guard, value)| (chosen.clone().and(guard), value)));
    }
    Cases { list, nature }.checked(span)
}

fn binary(
    operator: Binary,
    at: Span,
    left: &Expr,
    right: &Expr,
    span: Span,
) -> Result<Cases, Failed> {
    match operator {
        Binary::Equal | Binary::NotEqual => {
            let (one, other) = (values(left)?, values(right)?);
            comparable(one.nature, other.nature, at)?;
            let mut truth = equal(one, other, span)?.truth(span, "`==`");
            if operator == Binary::NotEqual {
                truth.holds = truth.holds.not();
            }
            truth.cases(span)
        }
        Binary::In => within(left, right, at, span),
        Binary::Coalesce => coalesce(left, right, span),
        Binary::Add => add(left, right, at, span),
        Binary::Matches => matches(left, right, at, span),
        Binary::Contains => text_test("contains", left, right, at, span),
        Binary::StartsWith => text_test("startsWith", left, right, at, span),
        Binary::EndsWith => text_test("endsWith", left, right, at, span),
    }
}

fn comparable(one: Nature, other: Nature, at: Span) -> Result<(), Failed> {
    if one.is_comparable_to(other) {
        return Ok(());
    }
    let message = format!(
        "{} is never equal to {}, and comparing them is an error.",
        capital(one.name()),
        other.name()
    );
    Err(Box::new(Diagnostic::error(
        Code::ForeignExpression,
        at,
        message,
    )))
}

fn capital(text: &str) -> String {
    text.replacen('a', "A", 1)
}

/// Whether values are equal, which those of different types are not.
fn equal(left: Cases, right: Cases, span: Span) -> Result<Cases, Failed> {
    let (left, right) = match (label_and_text(&left, &right), label_and_text(&right, &left)) {
        (true, _) | (_, true) => (left, right),
        _ => (left.split(span), right.split(span)),
    };
    left.combine(right, Nature::Bool, span, |left, right| {
        Ok(Value::Holds(equality(&left, &right, span)))
    })
}

/// Whether labels are compared with texts that are not empty, as which an attribute that is no text
/// never is.
fn label_and_text(labels: &Cases, texts: &Cases) -> bool {
    let is_label = |value: &Value| matches!(value, Value::Label(_));
    let is_text = |value: &Value| matches!(value, Value::Text(text) if !text.is_empty());
    labels.list.iter().all(|(_, value)| is_label(value))
        && texts.list.iter().all(|(_, value)| is_text(value))
}

fn equality(left: &Value, right: &Value, span: Span) -> Cond {
    let test = |left: &str, right: &str| Cond::test(format!("{left} == {right}"), span);
    match (left, right) {
        (Value::Nil, Value::Nil) => Cond::Always,
        (Value::Bool(one), Value::Bool(other)) => Cond::of(one == other),
        (Value::Holds(cond), Value::Bool(value)) | (Value::Bool(value), Value::Holds(cond)) => {
            if *value {
                cond.clone()
            } else {
                cond.clone().not()
            }
        }
        (Value::Holds(one), Value::Holds(other)) => {
            let both = one.clone().and(other.clone());
            both.or(one.clone().not().and(other.clone().not()))
        }
        (Value::Text(one), Value::Text(other)) => Cond::of(one == other),
        (Value::Label(key), Value::Text(text)) | (Value::Text(text), Value::Label(key)) => {
            test(&Value::path(key), &quoted(text))
        }
        (Value::Written(_) | Value::Text(_), Value::Written(_) | Value::Text(_)) => {
            let (Some(left), Some(right)) = (left.written(), right.written()) else {
                return Cond::Never;
            };
            test(&left, &right)
        }
        _ => match (number(left), number(right)) {
            (Some(one), Some(other)) => compared(&one, &other, "==", span, Ordering::is_eq),
            _ => Cond::Never,
        },
    }
}

/// A number, known or to be asked for.
enum Number {
    Known(f64),
    Whole(i64),
    Asked(String),
}

fn number(value: &Value) -> Option<Number> {
    Some(match value {
        Value::Int(value) => Number::Whole(*value),
        Value::Float(value) => Number::Known(*value),
        Value::Count(text) => Number::Asked(text.as_ref().to_owned()),
        _ => return None,
    })
}

impl Number {
    fn written(&self) -> String {
        match self {
            Self::Known(value) => crate::config::value::float(*value),
            Self::Whole(value) => value.to_string(),
            Self::Asked(text) => text.clone(),
        }
    }
}

fn compared(
    left: &Number,
    right: &Number,
    sign: &str,
    span: Span,
    holds: impl Fn(Ordering) -> bool,
) -> Cond {
    #[expect(clippy::cast_precision_loss, reason = "the language compares them so")]
    let float = |value: i64| value as f64;
    let known = match (left, right) {
        (Number::Whole(one), Number::Whole(other)) => Some(one.cmp(other)),
        (Number::Known(one), Number::Known(other)) => one.partial_cmp(other),
        (Number::Whole(one), Number::Known(other)) => float(*one).partial_cmp(other),
        (Number::Known(one), Number::Whole(other)) => one.partial_cmp(&float(*other)),
        (Number::Asked(_), _) | (_, Number::Asked(_)) => {
            let text = format!("{} {sign} {}", left.written(), right.written());
            return Cond::test(text, span);
        }
    };
    Cond::of(known.is_some_and(holds))
}

/// `a < b <= c`: each is compared with the one behind it, until one comparison does not hold.
fn ordered(first: &Expr, rest: &[(Order, Span, Expr)], span: Span) -> Result<Cases, Failed> {
    let mut all = Truth {
        holds: Cond::Always,
        failure: None,
    };
    let mut left = values(first)?.split(span);
    for (order, at, right) in rest {
        let right = values(right)?.split(span);
        alike(&left, &right, *at, order.sign())?;
        let compared = left.combine(right.clone(), Nature::Bool, span, |left, right| {
            Ok(in_order(&left, &right, *order, *at, span))
        })?;
        let truth = compared.truth(span, "`and`");
        if !matches!(all.holds, Cond::Never) {
            all.failure = all.failure.or(truth.failure);
        }
        all.holds = all.holds.and(truth.holds);
        left = right;
    }
    all.cases(span)
}

/// Fails where an operator stands between what is known to be no two numbers and no two texts.
fn alike(left: &Cases, right: &Cases, at: Span, sign: &str) -> Result<(), Failed> {
    let what = format!("`{sign}`");
    let natures = [Nature::Int, Nature::Float, Nature::Text];
    left.takes(&natures, at, &what)?;
    right.takes(&natures, at, &what)?;
    comparable(left.nature, right.nature, at)
}

fn in_order(left: &Value, right: &Value, order: Order, at: Span, span: Span) -> Value {
    if let (Value::Text(one), Value::Text(other)) = (left, right) {
        return Value::Bool(order.holds(one.cmp(other)));
    }
    let sign = order.sign();
    if let (Some(left), Some(right)) = (left.written(), right.written()) {
        return Value::Holds(Cond::test(format!("{left} {sign} {right}"), span));
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        let holds = |found| order.holds(found);
        return Value::Holds(compared(&left, &right, sign, span, holds));
    }
    let message = format!(
        "`{sign}` compares {} with {}.",
        left.describe(),
        right.describe()
    );
    Value::Failure(fails(at, message).into())
}

/// Whether the left side is one of an array.
fn within(left: &Expr, right: &Expr, at: Span, span: Span) -> Result<Cases, Failed> {
    let found = values(left)?;
    let Kind::Array(elements) = &right.kind else {
        let right = values(right)?;
        right.takes(&[], at, "`in`")?;
        return found.combine(right, Nature::Bool, span, |_, right| match right {
            Value::Nil => Ok(Value::Bool(false)),
            other => {
                let message = format!("`in` takes an array, and this is {}.", other.describe());
                Ok(Value::Failure(fails(at, message).into()))
            }
        });
    };
    let elements: Vec<_> = elements.iter().map(values).collect::<Result<_, _>>()?;
    let mut natures = elements.iter().map(|element| element.nature);
    let nature = natures.next().unwrap_or(Nature::Unknown);
    if natures.all(|other| other == nature) {
        comparable(found.nature, nature, at)?;
    }
    let texts = elements.iter().all(|element| {
        let [(_, Value::Text(_))] = element.list.as_slice() else {
            return false;
        };
        true
    });
    let found = if texts && !elements.is_empty() {
        only_texts(found, at)
    } else {
        found
    };
    let failed = found.list.iter().find_map(|(_, value)| match value {
        Value::Failure(failure) => Some(failure.clone()),
        _ => None,
    });
    let mut any = among(&found, elements, span)?;
    any.failure = failed.or(any.failure);
    any.cases(span)
}

/// Whether values are equal to one of others. A short array may make a very large condition of them,
/// so that it is given up before that is there.
fn among(found: &Cases, elements: Vec<Cases>, span: Span) -> Result<Truth, Failed> {
    let mut any = Truth::default();
    let (mut size, mut compared) = (0, 0);
    let each = found.size();
    for element in elements {
        // Every value of one side is copied for every one of the other, whatever comes of it.
        compared += each * element.list.len() + element.size() * found.list.len();
        if compared > MAX_COMPARED {
            return Err(too_intricate(span));
        }
        let truth = equal(found.clone(), element, span)?.truth(span, "`in`");
        size += match &truth.holds {
            Cond::Never => 0,
            Cond::Any(parts) => parts.iter().map(Cond::size).sum(),
            holds => holds.size(),
        };
        any.holds = any.holds.or(truth.holds);
        any.failure = any.failure.or(truth.failure);
        if matches!(any.holds, Cond::Always) {
            size = 0;
        }
        if size > MAX_CONDITION {
            return Err(too_intricate(span));
        }
    }
    Ok(any)
}

/// Fails for what is no text, as looking for it among nothing but texts does.
fn only_texts(found: Cases, at: Span) -> Cases {
    let list = found.list.into_iter().map(|(guard, value)| {
        let is_text = matches!(
            value,
            Value::Text(_) | Value::Label(_) | Value::Written(_) | Value::Failure(_)
        );
        if is_text {
            return (guard, value);
        }
        let message = format!("Among texts, `in` looks for {}.", value.describe());
        (guard, Value::Failure(fails(at, message).into()))
    });
    Cases {
        list: list.collect(),
        nature: found.nature,
    }
}

/// The left side, or the right one where that is nil.
fn coalesce(left: &Expr, right: &Expr, span: Span) -> Result<Cases, Failed> {
    let (left, right) = (values(left)?, values(right)?);
    let nature = left.nature.or(right.nature);
    let mut list = Vec::new();
    for (guard, value) in left.list {
        if !matches!(value, Value::Nil) {
            list.push((guard, value));
            continue;
        }
        let right = right.list.iter();
        list.extend(right.map(|(own, value)| (guard.clone().and(own.clone()), value.clone())));
    }
    Cases { list, nature }.checked(span)
}

fn add(left: &Expr, right: &Expr, at: Span, span: Span) -> Result<Cases, Failed> {
    let (left, right) = (values(left)?.split(span), values(right)?.split(span));
    alike(&left, &right, at, "+")?;
    let nature = match (left.nature, right.nature) {
        (Nature::Text, Nature::Text) => Nature::Text,
        _ => Nature::Unknown,
    };
    left.combine(right, nature, span, |left, right| {
        if let (Value::Text(one), Value::Text(other)) = (&left, &right) {
            return Ok(Value::Text(format!("{one}{other}")));
        }
        if let (Some(left), Some(right)) = (left.written(), right.written()) {
            return Ok(Value::Written(
                format!("Concat([{left}, {right}], \"\")").into(),
            ));
        }
        if number(&left).is_some() && number(&right).is_some() {
            return Err(unsupported(at, "The operator `+` between numbers"));
        }
        let message = format!(
            "`+` stands between {} and {}.",
            left.describe(),
            right.describe()
        );
        Ok(Value::Failure(fails(at, message).into()))
    })
}

fn matches(left: &Expr, right: &Expr, at: Span, span: Span) -> Result<Cases, Failed> {
    let pattern = right.span;
    let (left, right) = (values(left)?.split(span), values(right)?.split(pattern));
    left.takes(&[Nature::Text], at, "`matches`")?;
    right.takes(&[Nature::Text], at, "`matches`")?;
    left.combine(right, Nature::Bool, span, |left, right| {
        match (left.written(), &right) {
            (_, Value::Nil) => Ok(Value::Bool(false)),
            (Some(text), Value::Text(found)) => {
                let test = format!("IsMatch({text}, {})", quoted(found));
                Ok(Value::Holds(Cond::test(test, span)))
            }
            (Some(_), Value::Written(_)) => {
                Err(unsupported(pattern, "A pattern that is no literal"))
            }
            (None, Value::Text(_)) if matches!(left, Value::Nil) => Ok(Value::Bool(false)),
            _ => Ok(not_texts("matches", &left, &right, at)),
        }
    })
}

fn not_texts(operator: &str, left: &Value, right: &Value, at: Span) -> Value {
    let message = format!(
        "`{operator}` stands between {} and {}, and takes texts.",
        left.describe(),
        right.describe()
    );
    Value::Failure(fails(at, message).into())
}

fn text_test(
    operator: &str,
    left: &Expr,
    right: &Expr,
    at: Span,
    span: Span,
) -> Result<Cases, Failed> {
    let (left, right) = (values(left)?.split(span), values(right)?.split(span));
    left.takes(&[Nature::Text], at, &format!("`{operator}`"))?;
    right.takes(&[Nature::Text], at, &format!("`{operator}`"))?;
    left.combine(right, Nature::Bool, span, |left, right| {
        if matches!(left, Value::Nil) || matches!(right, Value::Nil) {
            return Ok(Value::Bool(false));
        }
        let tested = functions::text_test(operator, &left, &right, span);
        Ok(tested.map_or_else(|| not_texts(operator, &left, &right, at), Value::Holds))
    })
}
