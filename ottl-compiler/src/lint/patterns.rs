//! The regular expressions of a program, as lints see them.

use ottl_syntax::Span;
use ottl_vm::{Literal, Role, Type};
use regex_syntax::hir::{Hir, HirKind};

use super::Around;
use super::walk::Node;
use crate::hir::{ArgKind, ExprKind};

/// Bytes of the patterns of a program that are looked at. A class of a few bytes may stand for
/// hundreds of ranges, so that reading a pattern takes longer than its length tells.
const MOST_BYTES: usize = 64 << 10;

/// A pattern in the source.
pub(super) struct Pattern {
    /// The function it is given to.
    pub(super) taker: &'static str,
    /// Whether that function asks whether it matches, and no more.
    pub(super) is_asked: bool,
    pub(super) span: Span,
    pub(super) hir: Hir,
}

/// Reads patterns until they were too many.
#[derive(Default)]
pub(super) struct Reader {
    read: usize,
}

impl Reader {
    /// The pattern that a call is given as a literal.
    pub(super) fn pattern(&mut self, around: &Around<'_>, node: Node<'_>) -> Option<Pattern> {
        let Node::Call(call) = node else {
            return None;
        };
        let signature = around.registry.get(call.function).signature();
        let mut params = signature.params.iter();
        let index = params.position(|param| param.role == Role::Regex)?;
        let ArgKind::Value(expr) = &call.args.get(index)?.kind else {
            return None;
        };
        let ExprKind::Literal(Literal::String(text)) = &expr.kind else {
            return None;
        };
        self.read = self.read.saturating_add(text.len());
        if self.read > MOST_BYTES {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        // What only the syntax of the reference has is left alone.
        let hir = regex_syntax::parse(text).ok()?;
        Some(Pattern {
            taker: signature.name,
            is_asked: signature.result == Type::Bool,
            span: expr.span,
            hir,
        })
    }
}

/// What a pattern is a sequence of.
pub(super) fn parts(hir: &Hir) -> &[Hir] {
    match hir.kind() {
        HirKind::Concat(parts) => parts,
        _ => std::slice::from_ref(hir),
    }
}
