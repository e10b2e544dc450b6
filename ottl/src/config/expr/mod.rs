//! Expressions of `match_type: expr`, in which old filters say which metrics they mean, as OTTL.
//!
//! They are written in the language of github.com/expr-lang/expr (v1.17.8) and see a data point through
//! two names, `MetricName` and `MetricType`, and two functions, `HasLabel` and `Label`
//! (internal/filter/filterexpr). An expression becomes one condition in the context datapoint. What
//! every expression over these names is made of is read: literals, comparisons, `and`, `or`, `not`,
//! operators and functions on text, choices. What else the language has is told at its place.
//!
//! Values have types only when an expression runs, so that one may fail for some data points. Which
//! do is known here without running it, and such an expression is rejected; no condition that comes
//! from here fails.
//!
//! Do not use this for anything that is not over those four names.

mod cases;
mod cond;
mod functions;
mod lex;
mod lower;
mod parse;
mod tree;

use ottl_syntax::{Code, Diagnostic, Span};

/// Text of OTTL and the part of the expression that it comes from.
pub(super) type Piece = (String, Span);

/// What is wrong with an expression, at a place in it.
type Failed = Box<Diagnostic>;

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 32 << 10;
/// The longest condition that an expression may become, in bytes.
const MAX_CONDITION: usize = 128 << 10;

/// The condition of OTTL, in the context datapoint, that holds where an expression does. Places are
/// byte offsets in the expression.
///
/// # Errors
/// The first thing that is wrong with the expression, or that cannot be said in OTTL.
pub(super) fn condition(expression: &str) -> Result<Vec<Piece>, Failed> {
    if expression.len() > MAX_LENGTH {
        let message = format!("The expression is longer than {MAX_LENGTH} bytes.");
        let span = Span::new(0, expression.len());
        return Err(Box::new(Diagnostic::error(
            Code::SourceTooLong,
            span,
            message,
        )));
    }
    let tree = parse::parse(expression)?;
    lower::condition(&tree)
}

/// What the language has and is not read here.
fn unsupported(span: Span, what: &str) -> Failed {
    let message = format!("{what} cannot be carried over to OTTL.");
    Box::new(
        Diagnostic::error(Code::ForeignExpression, span, message).with_note(
            "Write it as a condition of OTTL under `metric_conditions`, as \
             `datapoint.attributes[\"key\"] == \"value\"`.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(expression: &str) -> String {
        let pieces = condition(expression).expect(expression);
        pieces.into_iter().map(|(text, _)| text).collect()
    }

    fn refused(expression: &str) -> (Code, String) {
        let error = condition(expression).expect_err(expression);
        let place = error.primary.span.range();
        (error.code, expression[place].to_owned())
    }

    #[test]
    fn expressions_become_conditions() {
        for (expression, ottl) in [
            ("MetricName == 'a'", r#"metric.name == "a""#),
            (
                "MetricName in ['a', 'b'] && !HasLabel(\"x\")",
                r#"(metric.name == "a" or metric.name == "b") and not (attributes["x"] != nil or ContainsValue(Keys(attributes), "x"))"#,
            ),
            ("Label('a') == 'b'", r#"attributes["a"] == "b""#),
            (
                "Label('a') == ''",
                r#"(IsString(attributes["a"]) and attributes["a"] == "") or not (IsString(attributes["a"]))"#,
            ),
            (
                "Label('a') startsWith 'b'",
                r#"IsString(attributes["a"]) and HasPrefix(attributes["a"], "b")"#,
            ),
            ("MetricType == 'Sum'", "metric.type == METRIC_DATA_TYPE_SUM"),
            ("true or MetricName < 5", "true"),
            ("MetricName == 5", "false"),
            (
                "Label('a') endsWith 'x' and HasLabel('b')",
                r#"IsString(attributes["a"]) and HasSuffix(attributes["a"], "x") and (attributes["b"] != nil or ContainsValue(Keys(attributes), "b"))"#,
            ),
        ] {
            assert_eq!(written(expression), ottl, "{expression}");
        }
    }

    #[test]
    fn what_is_outside_is_told_where_it_stands() {
        for (expression, code, place) in [
            (
                "MetricName == 'a' && 1 + len(MetricName) > 3",
                Code::ForeignExpression,
                "+",
            ),
            ("any([1], # > 0)", Code::ForeignExpression, "any"),
            ("let x = 1; x == 1", Code::ForeignExpression, "let"),
            ("MetricName[0] == 'a'", Code::ForeignExpression, "["),
            ("Foo('a')", Code::ForeignExpression, "Foo"),
            ("true && foo", Code::ForeignExpression, "foo"),
            (
                "Label('a') == 'b' && Label('c')",
                Code::ForeignExpression,
                "Label('c')",
            ),
            ("MetricName < 5", Code::ForeignExpression, "<"),
            ("'a' == 1", Code::ForeignExpression, "=="),
            ("MetricName == ", Code::UnexpectedEnd, ""),
            ("MetricName = 'a'", Code::UnexpectedToken, "="),
            ("MetricName == 'a", Code::InvalidString, "'a"),
            ("MetricName == \"\\q\"", Code::InvalidString, "\\q"),
            ("1x == 1", Code::InvalidNumber, "1x"),
            ("MetricName == 'a' @", Code::InvalidToken, "@"),
        ] {
            assert_eq!(
                refused(expression),
                (code, place.to_owned()),
                "{expression}"
            );
        }
    }

    #[test]
    fn hostile_expressions_end() {
        let deep = |open: &str, close: &str, times| {
            format!("{}true{}", open.repeat(times), close.repeat(times))
        };
        for expression in [
            deep("(", ")", 10_000),
            deep("!", "", 30_000),
            deep("true ? ", " : false", 1_000),
            deep("[", "]", 10_000),
            deep("if ", "{true}else{true}", 1_000),
            "(".repeat(30_000),
            "a ".repeat(50_000),
            "\"".to_owned(),
            "Label('a') + ".repeat(20) + "'' == ''",
            "HasLabel('a') == ".repeat(63) + "true",
        ] {
            assert!(
                condition(&expression).is_err(),
                "{}",
                &expression[..20.min(expression.len())]
            );
        }
        let wide = vec!["MetricName == 'a'"; 1_500].join(" or ");
        assert!(condition(&wide).is_ok());
    }

    #[test]
    fn every_piece_has_its_place() {
        let expression = "Label('a') == 'b' and MetricName matches '('";
        let pieces = condition(expression).expect("it is read");
        let pattern = pieces.iter().find(|(text, _)| text.contains("IsMatch"));
        let place = pattern.expect("it is there").1.range();
        assert_eq!(&expression[place], "MetricName matches '('");
    }
}
