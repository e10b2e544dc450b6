//! The forms of a statement: `editor(…) where condition` and the rule `condition > editor(…)`.

use crate::ast::{Call, CompareOp, ErrorMode, Expr, Statement, StatementForm};
use crate::cover::{self, Kind, Node};
use crate::lower::Lower;
use crate::names;
use crate::{Code, Diagnostic, Dialect, Span};

pub(crate) fn lower(lower: &mut Lower<'_>, source: cover::Source) -> Option<Statement> {
    let cover::Source {
        body,
        clause,
        otherwise,
        mode,
    } = source;
    let parts = [clause.as_ref(), otherwise.as_ref()];
    let ends = parts.into_iter().flatten().map(|node| node.span);
    let span = ends.chain(mode).fold(body.span, Span::to);
    let mut statement = if let Kind::Call(call) = body.kind {
        let editor = editor(lower, call, body.span)?;
        let condition = clause.map(|clause| lower.condition(clause));
        Statement {
            span,
            editor,
            condition,
            otherwise: None,
            error_mode: None,
            form: StatementForm::Editor,
        }
    } else {
        match detach(body) {
            Ok((condition, action)) => rule(lower, condition, action, clause, span)?,
            Err(body) => {
                no_editor(lower, body);
                clause.map(|clause| lower.condition(clause));
                return None;
            }
        }
    };
    if let Some(node) = otherwise {
        statement.otherwise = alternative(lower, node, statement.condition.is_some());
    }
    statement.error_mode = mode.and_then(|span| error_mode(lower, span));
    Some(statement)
}

/// The editor behind `else`.
fn alternative(lower: &mut Lower<'_>, node: Node, has_condition: bool) -> Option<Call> {
    let span = node.span;
    if !has_condition {
        let message = "`else` needs a condition before it.";
        let diagnostic = Diagnostic::error(Code::UnexpectedToken, span, message);
        lower.sink.push(diagnostic);
    }
    match node.kind {
        Kind::Call(call) => editor(lower, call, span),
        Kind::Error => None,
        _ => {
            let message = "An editor is called behind `else`.";
            let diagnostic = Diagnostic::error(Code::UnexpectedToken, span, message);
            lower.sink.push(diagnostic);
            None
        }
    }
}

/// The last word of `on error MODE`.
fn error_mode(lower: &mut Lower<'_>, span: Span) -> Option<ErrorMode> {
    let text = lower.text(span);
    let word = text.split_whitespace().last().unwrap_or_default();
    match word {
        "propagate" => Some(ErrorMode::Propagate),
        "ignore" => Some(ErrorMode::Ignore),
        "silent" => Some(ErrorMode::Silent),
        _ => {
            let message = format!("There is no error mode `{word}`.");
            let diagnostic = Diagnostic::error(Code::UnexpectedToken, span, message)
                .with_note("The error modes are propagate, ignore and silent.");
            lower.sink.push(diagnostic);
            None
        }
    }
}

fn editor(lower: &mut Lower<'_>, call: cover::Call, span: Span) -> Option<Call> {
    if call.name.starts_lower() {
        lower.check_not_indexed(&call);
        return Some(lower.call(call, span));
    }
    let name = names::text(lower.text(call.name.span));
    let mut diagnostic = Diagnostic::error(
        Code::EditorNotFirst,
        call.name.span,
        format!("Editor names must start with a lowercase letter but got `{name}`."),
    )
    .with_note("A converter computes a value; a statement starts with an editor such as `set`.");
    if lower.dialect == Dialect::Selfops {
        diagnostic = diagnostic.with_note("A rule is written `condition > editor(…)`.");
    }
    lower.sink.push(diagnostic);
    // Its arguments may have problems of their own.
    lower.call(call, span);
    None
}

/// The action at the end of a rule.
struct Action {
    operator: Span,
    span: Span,
    call: cover::Call,
}

/// Takes `> editor(…)` off the end of the last comparison, if the node ends with one.
fn detach(node: Node) -> Result<(Node, Action), Node> {
    let span = node.span;
    match node.kind {
        Kind::Compare(lhs, operator, rhs) => {
            let is_action = operator.op == CompareOp::Gt
                && matches!(&rhs.kind, Kind::Call(call) if call.name.starts_lower());
            match rhs.kind {
                Kind::Call(call) if is_action => Ok((
                    *lhs,
                    Action {
                        operator: operator.span,
                        span: rhs.span,
                        call,
                    },
                )),
                kind => {
                    let rhs = Box::new(Node {
                        span: rhs.span,
                        kind,
                    });
                    let kind = Kind::Compare(lhs, operator, rhs);
                    Err(Node { span, kind })
                }
            }
        }
        Kind::Not(inner) => detach_boxed(*inner, span, |inner| Kind::Not(Box::new(inner))),
        Kind::And(operands) => detach_last(operands, span, Kind::And),
        Kind::Or(operands) => detach_last(operands, span, Kind::Or),
        kind => Err(Node { span, kind }),
    }
}

fn detach_boxed(
    inner: Node,
    span: Span,
    rebuild: impl FnOnce(Node) -> Kind,
) -> Result<(Node, Action), Node> {
    match detach(inner) {
        Ok((inner, action)) => {
            let span = Span::new(span.start as usize, inner.span.end as usize);
            let kind = rebuild(inner);
            Ok((Node { span, kind }, action))
        }
        Err(inner) => {
            let kind = rebuild(inner);
            Err(Node { span, kind })
        }
    }
}

fn detach_last(
    mut operands: Vec<Node>,
    span: Span,
    rebuild: fn(Vec<Node>) -> Kind,
) -> Result<(Node, Action), Node> {
    match operands.pop() {
        Some(last) => detach_boxed(last, span, |last| {
            operands.push(last);
            rebuild(operands)
        }),
        None => Err(Node {
            span,
            kind: rebuild(operands),
        }),
    }
}

fn rule(
    lower: &mut Lower<'_>,
    condition: Node,
    action: Action,
    clause: Option<Node>,
    span: Span,
) -> Option<Statement> {
    if lower.dialect == Dialect::Strict {
        let editor = lower.text(action.span);
        let when = lower.text(condition.span);
        let replacement = format!("{editor} where {when}");
        let whole = condition.span.to(action.span);
        let mut diagnostic = Diagnostic::error(
            Code::NeedsSelfops,
            action.operator,
            "The strict dialect has no rules `condition > editor(…)`.",
        )
        .with_note("`--dialect selfops` switches rules on.");
        if clause.is_none() {
            diagnostic = diagnostic.with_fix(whole, "write the condition last", replacement);
        }
        lower.sink.push(diagnostic);
    }
    if let Some(clause) = clause {
        let message = "A rule has its condition before the `>` and no `where` clause.";
        let diagnostic = Diagnostic::error(Code::UnexpectedToken, clause.span, message);
        lower.reject(diagnostic, clause.span);
    }
    let condition: Expr = lower.condition(condition);
    lower.check_not_indexed(&action.call);
    let editor = lower.call(action.call, action.span);
    Some(Statement {
        span,
        editor,
        condition: Some(condition),
        otherwise: None,
        error_mode: None,
        form: StatementForm::Rule,
    })
}

fn no_editor(lower: &mut Lower<'_>, body: Node) {
    if matches!(body.kind, Kind::Error) {
        return;
    }
    let span = body.span;
    let is_name = matches!(&body.kind, Kind::Path(segments) if segments.len() == 1);
    let mut diagnostic = Diagnostic::error(
        Code::UnexpectedToken,
        span,
        "A statement starts with a call of an editor.",
    );
    diagnostic = match lower.dialect {
        Dialect::Strict => diagnostic.with_note("As in `set(span.name, \"x\") where condition`."),
        Dialect::Selfops => diagnostic.with_note(
            "As in `set(span.name, \"x\") where condition` or `condition > set(span.name, \"x\")`.",
        ),
    };
    if is_name {
        diagnostic = diagnostic.with_label("the arguments in brackets are missing");
    }
    lower.sink.push(diagnostic);
}
