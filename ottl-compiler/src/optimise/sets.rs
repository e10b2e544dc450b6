//! Literals that one value is compared with.

use ottl_vm::{CompareOp, Literal, Table};

use super::{ValueId, Values};
use crate::hir::{Condition, Expr};

/// From so many literals on looking a value up is faster than comparing it with each.
pub(crate) const FEW: usize = 8;

/// A value that equals one of some literals, all of which can be looked up.
pub(crate) struct Choice<'h> {
    pub(crate) value: &'h Expr,
    pub(crate) id: ValueId,
    pub(crate) keys: Vec<&'h Literal>,
}

/// A condition as a choice, when it is one.
pub(crate) fn choice<'h>(values: &Values, condition: &'h Condition) -> Option<Choice<'h>> {
    match condition {
        Condition::Compare {
            op: CompareOp::Eq,
            lhs,
            rhs,
            ..
        } => equality(values, lhs, rhs).or_else(|| equality(values, rhs, lhs)),
        Condition::In { value, list, .. } => Some(Choice {
            value,
            id: unknown(values, value)?,
            keys: list
                .iter()
                .map(|literal| Table::is_key(literal).then_some(literal))
                .collect::<Option<_>>()?,
        }),
        Condition::Or(parts) => {
            let (first, rest) = parts.split_first()?;
            let mut all = choice(values, first)?;
            for part in rest {
                let next = choice(values, part).filter(|next| next.id == all.id)?;
                all.keys.extend(next.keys);
            }
            Some(all)
        }
        Condition::Known { .. }
        | Condition::Compare { .. }
        | Condition::Truth(_)
        | Condition::Not(_)
        | Condition::And(_) => None,
    }
}

fn equality<'h>(values: &Values, value: &'h Expr, key: &'h Expr) -> Option<Choice<'h>> {
    let crate::hir::ExprKind::Literal(key) = &key.kind else {
        return None;
    };
    let keys = Table::is_key(key).then(|| vec![key])?;
    let id = unknown(values, value)?;
    Some(Choice { value, id, keys })
}

/// The number of a value that no literal has.
fn unknown(values: &Values, value: &Expr) -> Option<ValueId> {
    let id = values.of(value)?;
    values.literal(id).is_none().then_some(id)
}

/// Conditions of which one has to hold, those about one value together.
pub(crate) enum Alternative<'h> {
    One(&'h Condition),
    Set(Choice<'h>),
}

/// Puts neighbouring alternatives about one value together where they are many.
pub(crate) fn alternatives<'h>(values: &Values, parts: &'h [Condition]) -> Vec<Alternative<'h>> {
    let mut pieces = Vec::new();
    let mut rest = parts;
    while let Some((first, behind)) = rest.split_first() {
        let Some(mut set) = choice(values, first) else {
            pieces.push(Alternative::One(first));
            rest = behind;
            continue;
        };
        let mut len = 1;
        while let Some(next) = rest.get(len).and_then(|part| choice(values, part))
            && next.id == set.id
        {
            set.keys.extend(next.keys);
            len += 1;
        }
        let (together, behind) = rest.split_at(len);
        match set.keys.len() < FEW {
            true => pieces.extend(together.iter().map(Alternative::One)),
            false => pieces.push(Alternative::Set(set)),
        }
        rest = behind;
    }
    pieces
}
