//! XPath 1.0 as the reference evaluates it.
//!
//! The reference walks a document lazily, and what it selects follows from how it walks: nodes come
//! in the order in which the axes meet them, some of them twice, positions are those of the walk,
//! and text that is blank is passed over between siblings. So an expression is first parsed
//! ([`ast`]), then [planned](plan) as the reference plans it, and [`run`] walks in the same order,
//! a step at a time. Where the reference panics, such as when a function is given a number instead
//! of text, the rules of XPath 1.0 hold. `docs/deviations.md` has what else differs.

mod ast;
mod build;
mod call;
mod compare;
mod lexer;
mod navigator;
mod parser;
mod plan;
mod run;
mod signature;
mod step;
mod value;

#[cfg(test)]
mod tests;

use otlp_columns::Heap;
use ottl_vm::{BindArgs, BindError, ExecError};

use super::xml::{NodeAttribute, NodeId, Tree};
use plan::Plan;

/// A compiled expression.
pub(crate) struct XPath {
    plan: Plan,
}

/// A node that was selected, or one of its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selected {
    pub(crate) node: NodeId,
    /// Index of the attribute.
    attribute: Option<usize>,
}

impl Selected {
    /// The attribute, if it is one.
    pub(crate) fn attribute(self, tree: &Tree) -> Option<NodeAttribute> {
        tree.attributes(self.node).get(self.attribute?).copied()
    }
}

impl XPath {
    /// Compiles the expression that is argument `param`, or `default` when there is none or it is
    /// empty.
    ///
    /// # Errors
    /// When the expression is malformed or exceeds a limit.
    pub(crate) fn bind(
        args: &BindArgs<'_>,
        param: usize,
        default: &[u8],
    ) -> Result<Self, BindError> {
        let text = args.string(param).filter(|text| !text.is_empty());
        let text = text.unwrap_or(default);
        let ast = parser::parse(text).map_err(|reason| invalid(param, text, &reason))?;
        let plan = build::plan(&ast, args).map_err(|reason| invalid(param, text, &reason))?;
        Ok(Self { plan })
    }

    /// The nodes that the expression selects, in the order of the reference and with those that it
    /// meets twice, seen from the root of `tree`.
    ///
    /// # Errors
    /// When a computed text would be longer than `max_text`, a computed pattern is not valid, or the
    /// run has to stop.
    pub(crate) fn select(
        &self,
        tree: &Tree,
        heap: &Heap,
        max_text: usize,
    ) -> Result<Vec<Selected>, ExecError> {
        run::select(&self.plan, tree, heap, max_text)
    }
}

fn invalid(param: usize, text: &[u8], reason: &str) -> BindError {
    let text = String::from_utf8_lossy(text);
    BindError::param(
        param,
        format!("The XPath expression `{text}` is not valid: {reason}."),
    )
}
