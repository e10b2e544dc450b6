//! `contradiction`: conditions on one path that exclude each other, or of which one always holds.
//!
//! What `and` joins is read as facts about paths. `or` is the same the other way round: it always
//! holds when its alternatives cannot all be false at once. Nil and other types are minded: a
//! comparison of order that fails says nothing.

use std::collections::HashMap;

use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::{CompareOp, Role};

use super::enum_range::mirrored;
use super::facts::{self, Fact, Known};
use super::{Around, Rule};
use crate::Registry;
use crate::hir::{ArgKind, Condition, Expr, ExprKind, Key, Path};

#[derive(Default)]
pub(super) struct Contradiction;

impl Rule for Contradiction {
    fn condition(&mut self, around: &mut Around<'_>, condition: &Condition) {
        chains(around, condition, None);
    }
}

/// Looks at every chain once. `seen` is what was wanted of the condition when the chain around it
/// was looked at.
fn chains(around: &mut Around<'_>, condition: &Condition, seen: Option<bool>) {
    let (parts, wanted) = match condition {
        Condition::And(parts) => (parts, true),
        Condition::Or(parts) => (parts, false),
        Condition::Not(inner) => return chains(around, inner, seen.map(|wanted| !wanted)),
        Condition::Known { .. }
        | Condition::Compare { .. }
        | Condition::In { .. }
        | Condition::Truth(_) => return,
    };
    if seen != Some(wanted) {
        let mut found = Vec::new();
        gather(around.registry, condition, wanted, &mut found);
        // A list is checked against all that is known, whatever the order.
        found.sort_by_key(|(_, _, fact)| matches!(fact, Fact::OneOf(_)));
        judge(around, &found, wanted);
    }
    for part in parts {
        chains(around, part, Some(wanted));
    }
}

type Found<'h> = (&'h Path, Span, Fact<'h>);

fn judge(around: &mut Around<'_>, found: &[Found<'_>], wanted: bool) {
    let mut known: HashMap<String, Known> = HashMap::new();
    for (path, span, fact) in found {
        let Some(place) = place(path) else {
            continue;
        };
        let name = place.clone();
        let about = known.entry(place).or_insert_with(|| Known::new(path.ty()));
        let Some(other) = about.learn(fact, *span) else {
            continue;
        };
        let (message, label) = match wanted {
            true => (
                format!("These conditions on `{name}` cannot hold together."),
                "never holds where the other one does",
            ),
            false => (
                format!("One of these conditions on `{name}` always holds."),
                "always holds where the other one does not",
            ),
        };
        let note = match wanted {
            true => "`or` joins alternatives.",
            false => "`and` joins conditions that must all hold.",
        };
        around.problems.report(
            Diagnostic::warning(Code::Contradiction, *span, message)
                .with_label(label)
                .with_secondary(other, "the other one")
                .with_note(note),
        );
    }
}

/// A text that is the same for the same place only.
fn place(path: &Path) -> Option<String> {
    let mut place = path.name.clone();
    for key in &path.keys {
        match key {
            Key::Str(text) => place.push_str(&format!("[\"{}\"]", text.escape_ascii())),
            Key::Int(index) => place.push_str(&format!("[{index}]")),
            Key::Expr(_) => return None,
        }
    }
    Some(place)
}

/// What is known of paths where the condition is as `wanted`.
fn gather<'h>(
    registry: &Registry,
    condition: &'h Condition,
    wanted: bool,
    found: &mut Vec<Found<'h>>,
) {
    match (condition, wanted) {
        (Condition::And(parts), true) | (Condition::Or(parts), false) => {
            for part in parts {
                gather(registry, part, wanted, found);
            }
        }
        (Condition::Not(inner), _) => gather(registry, inner, !wanted, found),
        (Condition::Compare { span, op, lhs, rhs }, _) => {
            let sides = match (&lhs.kind, &rhs.kind) {
                (ExprKind::Path(path), ExprKind::Literal(literal)) => (path, *op, literal),
                (ExprKind::Literal(literal), ExprKind::Path(path)) => {
                    (path, mirrored(*op), literal)
                }
                _ => return,
            };
            let (path, op, literal) = sides;
            let op = match wanted {
                true => Some(op),
                false => opposite(op, path),
            };
            found.extend(op.map(|op| (path, *span, Fact::Compare(op, literal))));
        }
        (Condition::In { span, value, list }, _) => {
            let ExprKind::Path(path) = &value.kind else {
                return;
            };
            if wanted {
                found.push((path, *span, Fact::OneOf(list)));
            } else {
                found.extend(
                    list.iter()
                        .map(|literal| (path, *span, Fact::Compare(CompareOp::Ne, literal))),
                );
            }
        }
        (Condition::Truth(expr), _) => found.extend(type_test(registry, expr, wanted)),
        (Condition::Known { .. } | Condition::And(_) | Condition::Or(_), _) => {}
    }
}

/// What holds where a comparison does not, if there is one such operator.
fn opposite(op: CompareOp, path: &Path) -> Option<CompareOp> {
    // A value of another type is neither smaller nor greater.
    let is_ordered = path.ty() == ottl_vm::Type::Int && !path.nullable();
    match op {
        CompareOp::Eq => Some(CompareOp::Ne),
        CompareOp::Ne => Some(CompareOp::Eq),
        _ if !is_ordered => None,
        CompareOp::Lt => Some(CompareOp::Ge),
        CompareOp::Le => Some(CompareOp::Gt),
        CompareOp::Gt => Some(CompareOp::Le),
        CompareOp::Ge => Some(CompareOp::Lt),
    }
}

fn type_test<'h>(registry: &Registry, expr: &'h Expr, wanted: bool) -> Option<Found<'h>> {
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    let ArgKind::Value(tested) = &call.args.first()?.kind else {
        return None;
    };
    let ExprKind::Path(path) = &tested.kind else {
        return None;
    };
    let param = registry.get(call.function).signature().params.first()?;
    let Role::Tested(tested_type) = param.role else {
        return None;
    };
    let types = facts::tested(tested_type)?;
    Some((path, expr.span, Fact::Types(types, wanted)))
}
