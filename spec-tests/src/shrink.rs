//! Smaller cases of the same kind, to find the smallest that still shows a difference.

use std::ops::Range;

use ottl_syntax::ast::{Call, Expr, ExprKind};
use ottl_syntax::{Dialect, Limits, parse_condition, parse_statement, parse_value};
use serde_json::Value;
use serde_json::value::to_raw_value;

use crate::case::{Case, Kind};
use crate::tree::children;

/// How many smaller cases are tried at once.
const MOST: usize = 240;

/// Cases that lack one part of a case each, the smallest first.
#[must_use]
pub fn smaller(case: &Case) -> Vec<Case> {
    let mut all = with_fewer_sources(case);
    all.extend(with_smaller_sources(case));
    all.extend(with_smaller_input(case));
    all.sort_by_key(size);
    all.truncate(MOST);
    for (number, smaller) in all.iter_mut().enumerate() {
        smaller.id = format!("{}/{number}", case.id);
        smaller.expect = None;
    }
    all
}

/// How much there is to read in a case.
#[must_use]
pub fn size(case: &Case) -> usize {
    let sources: usize = case.sources().iter().map(String::len).sum();
    sources + case.input.get().len()
}

fn with_fewer_sources(case: &Case) -> Vec<Case> {
    let sources = case.sources();
    if sources.len() < 2 {
        return Vec::new();
    }
    let without = |at: usize| {
        let mut rest = sources.to_vec();
        rest.remove(at);
        let mut smaller = case.clone();
        smaller.set_sources(rest);
        smaller
    };
    (0..sources.len()).map(without).collect()
}

fn with_smaller_sources(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    for (at, source) in case.sources().iter().enumerate() {
        for (range, part) in replacements(case.kind, source) {
            let mut shorter = source.clone();
            shorter.replace_range(range, &part);
            let mut sources = case.sources().to_vec();
            sources[at] = shorter;
            let mut smaller = case.clone();
            smaller.set_sources(sources);
            all.push(smaller);
        }
    }
    all
}

/// Parts of a source, and what may stand in their place: what is inside of them, or nothing.
fn replacements(kind: Kind, source: &str) -> Vec<(Range<usize>, String)> {
    let limits = Limits::default();
    let mut all = Vec::new();
    match kind {
        Kind::Statements => {
            let parsed = parse_statement(source, Dialect::Strict, &limits);
            if let Some(statement) = parsed.value {
                if let Some(condition) = &statement.condition {
                    all.push((
                        statement.editor.span.range().end..source.len(),
                        String::new(),
                    ));
                    of_expr(source, condition, &mut all);
                }
                of_call(source, &statement.editor, &mut all);
            }
        }
        Kind::Conditions => {
            let parsed = parse_condition(source, Dialect::Strict, &limits);
            if let Some(condition) = parsed.value {
                of_expr(source, &condition, &mut all);
            }
        }
        Kind::Expressions => {
            let parsed = parse_value(source, Dialect::Strict, &limits);
            if let Some(value) = parsed.value {
                of_expr(source, &value, &mut all);
            }
        }
    }
    all
}

fn of_expr(source: &str, expr: &Expr, all: &mut Vec<(Range<usize>, String)>) {
    for child in children(expr) {
        let inner = source.get(child.span.range()).unwrap_or_default();
        all.push((expr.span.range(), inner.to_owned()));
        of_expr(source, child, all);
    }
    match &expr.kind {
        ExprKind::Call(call) => of_call_parts(call, all),
        ExprKind::Path(path) => {
            for key in path.segments.iter().flat_map(|segment| &segment.keys) {
                all.push((key.span.range(), String::new()));
            }
        }
        ExprKind::List(elements) if !elements.is_empty() => {
            all.push((expr.span.range(), "[]".to_owned()));
        }
        _ => {}
    }
}

fn of_call(source: &str, call: &Call, all: &mut Vec<(Range<usize>, String)>) {
    for argument in &call.args {
        of_expr(source, &argument.value, all);
    }
    of_call_parts(call, all);
}

/// Calls without their last argument, and without the index of their result.
fn of_call_parts(call: &Call, all: &mut Vec<(Range<usize>, String)>) {
    if let [.., before, last] = &call.args[..] {
        all.push((
            before.span.range().end..last.span.range().end,
            String::new(),
        ));
    }
    for key in &call.keys {
        all.push((key.span.range(), String::new()));
    }
}

fn with_smaller_input(case: &Case) -> Vec<Case> {
    let Ok(input) = serde_json::from_str::<Value>(case.input.get()) else {
        return Vec::new();
    };
    let mut pointers = Vec::new();
    parts(&input, &mut String::new(), &mut pointers);
    let without = |pointer: &String| {
        let mut rest = input.clone();
        remove(&mut rest, pointer);
        let mut smaller = case.clone();
        smaller.input = to_raw_value(&rest).ok()?;
        Some(smaller)
    };
    pointers.iter().filter_map(without).collect()
}

/// The JSON pointers of all parts of a value.
fn parts(value: &Value, pointer: &mut String, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(at, element)| (at.to_string(), element))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), field))
            .collect(),
        _ => return,
    };
    for (name, child) in children {
        let outer = pointer.len();
        pointer.push('/');
        pointer.push_str(&name);
        all.push(pointer.clone());
        parts(child, pointer, all);
        pointer.truncate(outer);
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((outer, name)) = pointer.rsplit_once('/') else {
        return;
    };
    match value.pointer_mut(outer) {
        Some(Value::Array(elements)) => {
            if let Ok(at) = name.parse::<usize>() {
                elements.remove(at);
            }
        }
        Some(Value::Object(fields)) => {
            fields.remove(name);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::read_case;

    #[test]
    fn smaller_cases_lack_one_part() {
        let line = r#"{"id":"a","signal":"logs","context":"log","statements":["set(log.body, Len([1, 2])) where true","clear(log.attributes)"],"input":{"resourceLogs":[{"schemaUrl":"u"}]}}"#;
        let case = read_case(line.as_bytes()).unwrap().expect("a case");
        let all = smaller(&case);
        let has = |sources: &[&str]| all.iter().any(|it| it.sources() == sources);
        assert!(has(&["clear(log.attributes)"]));
        assert!(has(&[
            "set(log.body, Len([1, 2]))",
            "clear(log.attributes)"
        ]));
        assert!(has(&[
            "set(log.body, [1, 2]) where true",
            "clear(log.attributes)"
        ]));
        assert!(
            all.iter()
                .any(|it| it.input.get() == r#"{"resourceLogs":[{}]}"#)
        );
        assert!(all.iter().any(|it| it.input.get() == "{}"));
        assert!(all.iter().all(|it| size(it) < size(&case)));
    }
}
