//! How an expression is evaluated: its operations, and how they depend on each other.

use std::fmt;

use super::ast::{Arithmetic, Comparison, NodeTest};
use super::navigator::{Nav, NodeType};
use super::signature::Function;
use crate::support::pattern::Pattern;
use crate::support::regex::GoRegex;
use crate::support::xml::Tree;

/// An operation of a [`Plan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpId(u32);

/// The operations of an expression.
#[derive(Debug)]
pub(super) struct Plan {
    ops: Vec<Op>,
    pub(super) top: OpId,
}

/// An operation. An operand that is missing is one on the axis `namespace`, which has no nodes.
#[derive(Debug)]
pub(super) enum Op {
    /// The current node.
    Context,
    /// The root of the document.
    Root,
    /// The nodes on an axis from each node of the input.
    Step {
        axis: Axis,
        test: Test,
        input: Option<OpId>,
    },
    /// The nodes of the input for which a condition holds.
    Filter {
        input: OpId,
        condition: OpId,
    },
    /// The nodes of the input, backwards.
    Reverse {
        input: Option<OpId>,
    },
    Number(f64),
    Text(Vec<u8>),
    /// The input, in parentheses, so that positions count all of it.
    Group {
        input: Option<OpId>,
    },
    Compare {
        op: Comparison,
        left: Option<OpId>,
        right: Option<OpId>,
    },
    Arithmetic {
        op: Arithmetic,
        left: Option<OpId>,
        right: Option<OpId>,
    },
    Logic {
        is_or: bool,
        left: Option<OpId>,
        right: Option<OpId>,
    },
    Union {
        left: Option<OpId>,
        right: Option<OpId>,
    },
    /// How many nodes the input has, counted once.
    Size {
        input: OpId,
    },
    /// What `child` selects from each node of the input.
    Merge {
        input: OpId,
        child: OpId,
    },
    Call {
        function: Function,
        args: Vec<Option<OpId>>,
        /// What `position` and `last` count nodes of.
        nodes: Option<OpId>,
        pattern: Option<CallPattern>,
    },
}

/// The pattern of a call of `matches` or `replace`.
pub(super) struct CallPattern(pub(super) Pattern<GoRegex>);

impl fmt::Debug for CallPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallPattern")
    }
}

/// The direction of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor {
        or_self: bool,
    },
    Attribute,
    Child,
    Descendant {
        or_self: bool,
    },
    /// As `Descendant`, from nodes that are descendants already: none is met twice.
    Below {
        or_self: bool,
    },
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    Itself,
}

/// Which nodes on an axis are meant.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) kind: NodeTest,
    pub(super) local: Vec<u8>,
    pub(super) prefix: Vec<u8>,
}

impl Test {
    /// Whether a node is meant.
    pub(super) fn matches(&self, tree: &Tree, nav: Nav) -> bool {
        let node_type = nav.node_type(tree);
        let is_kind = match self.kind {
            NodeTest::Any => true,
            NodeTest::Element => node_type == NodeType::Element,
            NodeTest::Attribute => node_type == NodeType::Attribute,
            NodeTest::Text => node_type == NodeType::Text,
            NodeTest::Comment => node_type == NodeType::Comment,
        };
        let any_name = self.local.is_empty() && self.prefix.is_empty();
        is_kind && (any_name || (nav.local(tree) == self.local && nav.prefix(tree) == self.prefix))
    }
}

impl Plan {
    /// No operation yet.
    pub(super) fn new() -> Self {
        Self {
            ops: Vec::new(),
            top: OpId(0),
        }
    }

    pub(super) fn add(&mut self, op: Op) -> OpId {
        self.ops.push(op);
        OpId(self.ops.len() as u32 - 1)
    }

    pub(super) fn get(&self, id: OpId) -> &Op {
        &self.ops[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: OpId) -> &mut Op {
        &mut self.ops[id.0 as usize]
    }

    /// The test of an operation that selects by one. `Below` is an exception of the reference.
    pub(super) fn test(&self, id: Option<OpId>) -> Option<&Test> {
        match self.get(id?) {
            Op::Step {
                axis: Axis::Below { .. },
                ..
            } => None,
            Op::Step { test, .. } => Some(test),
            _ => None,
        }
    }
}
