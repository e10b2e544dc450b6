//! The axes.

use std::collections::HashSet;

use ottl_vm::ExecError;

use super::navigator::Nav;
use super::plan::{Axis, Test};
use super::run::{Query, Run};

/// Where a step is.
#[derive(Default)]
pub(super) struct Walk {
    /// The node on the axis that was looked at last; none before the next node of the input.
    at: Option<Nav>,
    /// Whether no node was looked at yet.
    is_first: bool,
    /// How deep below its node of the input it is.
    pub(super) level: u32,
    /// How many nodes were found on this axis.
    pub(super) position: i64,
    /// The nodes that were found, on axes on which the same node is met several times.
    seen: HashSet<u64>,
    /// The walk through a sibling and what is below it.
    inner: Option<Box<Self>>,
}

impl Walk {
    fn from(node: Nav) -> Self {
        Self {
            at: Some(node),
            is_first: true,
            ..Self::default()
        }
    }

    /// Begins anew, but for what the reference does not set back.
    pub(super) fn reset(&mut self, axis: Axis) {
        match axis {
            Axis::Ancestor { .. } => {
                self.at = None;
                self.seen.clear();
            }
            Axis::Attribute | Axis::Child | Axis::Descendant { .. } => self.at = None,
            Axis::Below { .. }
            | Axis::Following
            | Axis::FollowingSibling
            | Axis::Parent
            | Axis::Preceding
            | Axis::PrecedingSibling
            | Axis::Itself => {}
        }
    }

    /// The next node on the axis that passes the test.
    pub(super) fn select<'a>(
        &mut self,
        axis: Axis,
        test: &Test,
        input: &mut Query<'a>,
        run: &mut Run<'a>,
    ) -> Result<Option<Nav>, ExecError> {
        match axis {
            Axis::Itself => {
                while let Some(node) = input.select(run)? {
                    if test.matches(run.tree, node) {
                        return Ok(Some(node));
                    }
                }
                return Ok(None);
            }
            Axis::Parent => {
                while let Some(mut node) = input.select(run)? {
                    if node.go_to_parent(run.tree) && test.matches(run.tree, node) {
                        return Ok(Some(node));
                    }
                }
                return Ok(None);
            }
            Axis::Below { or_self } => return self.below(or_self, test, input, run),
            _ => {}
        }
        loop {
            if self.at.is_none() {
                self.position = 0;
                let Some(node) = input.select(run)? else {
                    return Ok(None);
                };
                self.start(node);
            }
            while let Some(node) = self.advance(axis, test, run)? {
                if let Axis::Ancestor { .. } = axis {
                    if !run.note(&mut self.seen, node)? {
                        continue;
                    }
                    self.position += 1;
                }
                return Ok(Some(node));
            }
            self.at = None;
        }
    }

    fn start(&mut self, node: Nav) {
        self.at = Some(node);
        self.is_first = true;
        self.level = 0;
        self.inner = None;
    }

    /// The next node on the axis from the current node of the input.
    fn advance(
        &mut self,
        axis: Axis,
        test: &Test,
        run: &mut Run<'_>,
    ) -> Result<Option<Nav>, ExecError> {
        match axis {
            Axis::Ancestor { or_self } => self.up(or_self, test, run),
            Axis::Attribute => self.along(test, run, |node, run, _| {
                node.go_to_next_attribute(run.tree)
            }),
            Axis::Child => self.along(test, run, |node, run, is_first| {
                if is_first {
                    node.go_to_child(run.tree)
                } else {
                    node.go_to_next(run.tree)
                }
            }),
            Axis::FollowingSibling => {
                self.along(test, run, |node, run, _| node.go_to_next(run.tree))
            }
            Axis::PrecedingSibling => {
                self.along(test, run, |node, run, _| node.go_to_previous(run.tree))
            }
            Axis::Descendant { or_self } => self.down(or_self, test, run),
            Axis::Following => self.beside(test, run, Nav::go_to_next, false),
            Axis::Preceding => self.beside(test, run, Nav::go_to_previous, true),
            Axis::Parent | Axis::Itself | Axis::Below { .. } => Ok(None),
        }
    }

    /// Goes on by `forth` to a node that passes the test.
    fn along(
        &mut self,
        test: &Test,
        run: &mut Run<'_>,
        forth: impl Fn(&mut Nav, &Run<'_>, bool) -> bool,
    ) -> Result<Option<Nav>, ExecError> {
        let Some(at) = &mut self.at else {
            return Ok(None);
        };
        while forth(at, run, std::mem::take(&mut self.is_first)) {
            run.spend(1)?;
            if test.matches(run.tree, *at) {
                self.position += 1;
                return Ok(Some(*at));
            }
        }
        Ok(None)
    }

    fn up(
        &mut self,
        or_self: bool,
        test: &Test,
        run: &mut Run<'_>,
    ) -> Result<Option<Nav>, ExecError> {
        let Some(at) = &mut self.at else {
            return Ok(None);
        };
        if std::mem::take(&mut self.is_first) && or_self && test.matches(run.tree, *at) {
            return Ok(Some(*at));
        }
        while at.go_to_parent(run.tree) {
            run.spend(1)?;
            if test.matches(run.tree, *at) {
                return Ok(Some(*at));
            }
        }
        Ok(None)
    }

    fn down(
        &mut self,
        or_self: bool,
        test: &Test,
        run: &mut Run<'_>,
    ) -> Result<Option<Nav>, ExecError> {
        let Some(at) = &mut self.at else {
            return Ok(None);
        };
        if std::mem::take(&mut self.is_first) && or_self && test.matches(run.tree, *at) {
            self.position += 1;
            return Ok(Some(*at));
        }
        loop {
            run.spend(1)?;
            if at.go_to_child(run.tree) {
                self.level += 1;
            } else {
                loop {
                    if self.level == 0 {
                        return Ok(None);
                    }
                    if at.go_to_next(run.tree) {
                        break;
                    }
                    run.spend(1)?;
                    at.go_to_parent(run.tree);
                    self.level -= 1;
                }
            }
            if test.matches(run.tree, *at) {
                self.position += 1;
                return Ok(Some(*at));
            }
        }
    }

    /// Goes through siblings on one side, and then those of the parent, with all below them. The
    /// current node goes along.
    fn beside(
        &mut self,
        test: &Test,
        run: &mut Run<'_>,
        forth: fn(&mut Nav, &crate::support::xml::Tree) -> bool,
        counts_siblings: bool,
    ) -> Result<Option<Nav>, ExecError> {
        let Some(at) = &mut self.at else {
            return Ok(None);
        };
        loop {
            let inner = match &mut self.inner {
                Some(inner) => inner,
                none => {
                    while !forth(at, run.tree) {
                        run.spend(1)?;
                        if !at.go_to_parent(run.tree) {
                            return Ok(None);
                        }
                        if counts_siblings {
                            self.position = 0;
                        }
                    }
                    run.current = *at;
                    none.insert(Box::new(Self::from(*at)))
                }
            };
            if let Some(node) = inner.down(true, test, run)? {
                self.position = if counts_siblings {
                    self.position + 1
                } else {
                    inner.position
                };
                return Ok(Some(node));
            }
            self.inner = None;
        }
    }

    /// As the reference walks from nodes that are below each other: not from a node that matches
    /// itself, and if it has no children, through that node.
    fn below<'a>(
        &mut self,
        or_self: bool,
        test: &Test,
        input: &mut Query<'a>,
        run: &mut Run<'a>,
    ) -> Result<Option<Nav>, ExecError> {
        loop {
            run.spend(1)?;
            let mut at = match self.at {
                Some(mut at) if self.level > 0 => {
                    while !at.go_to_next(run.tree) {
                        run.spend(1)?;
                        self.level -= 1;
                        if self.level == 0 {
                            break;
                        }
                        at.go_to_parent(run.tree);
                    }
                    self.at = Some(at);
                    if self.level == 0 {
                        continue;
                    }
                    at
                }
                _ => {
                    let Some(mut at) = input.select(run)? else {
                        return Ok(None);
                    };
                    self.at = Some(at);
                    self.position = 0;
                    if or_self && test.matches(run.tree, at) {
                        self.position = 1;
                        return Ok(Some(at));
                    }
                    self.level += u32::from(at.go_to_child(run.tree));
                    at
                }
            };
            loop {
                run.spend(1)?;
                if test.matches(run.tree, at) {
                    self.at = Some(at);
                    self.position += 1;
                    return Ok(Some(at));
                }
                if !at.go_to_child(run.tree) {
                    break;
                }
                self.level += 1;
            }
            self.at = Some(at);
        }
    }
}
