//! What is legal but will not do what was meant, reported as warnings.
//!
//! What cannot work on any item follows from types and is always reported ([`types`]). Everything
//! else is asked for by name ([`Lint`]), since it may be meant. A lint is one file here and one line
//! in the list below; a walk over the program shows every node to each of them.

mod cache;
mod contradiction;
mod conventions;
mod enum_range;
mod facts;
mod never_matching;
mod patterns;
mod shared_write;
mod slow_pattern;
mod types;
mod unknown_key;
mod walk;

use otlp_columns::Level;
use ottl_vm::path::Context;

use self::types::Types;
use self::walk::{Node, Usage};
use crate::hir::{Condition, Expr, Item, Statement};
use crate::problems::Problems;
use crate::{Options, Registry};

pub(crate) use self::types::decided_by_types;

/// The keys of attributes that the semantic conventions have, without those that were renamed.
#[must_use]
pub fn conventional_keys() -> &'static [&'static str] {
    conventions::KNOWN
}

macro_rules! lints {
    ($($lint:ident = $name:literal, $rule:path, $title:literal;)+) => {
        /// A kind of warning that is given on request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Lint {
            $(#[doc = $title] $lint,)+
        }

        impl Lint {
            /// Every lint.
            pub const ALL: &[Self] = &[$(Self::$lint),+];

            /// The name by which it is asked for.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$lint => $name,)+ }
            }

            fn rule(self) -> Box<dyn Rule> {
                match self { $(Self::$lint => Box::new(<$rule>::default()),)+ }
            }
        }
    };
}

lints! {
    SharedWrite = "shared-write", shared_write::SharedWrite, "A write to what several items share, from one of them.";
    Contradiction = "contradiction", contradiction::Contradiction, "A condition that never or always holds.";
    EnumRange = "enum-range", enum_range::EnumRange, "A number that no value of an enum has.";
    UnknownKey = "unknown-key", unknown_key::UnknownKey, "An attribute's key that is nearly a conventional one.";
    Cache = "cache", cache::Cache, "A value in the cache that is only written or only read.";
    NeverMatching = "never-matching", never_matching::NeverMatching, "A pattern that matches no text.";
    SlowPattern = "slow-pattern", slow_pattern::SlowPattern, "A pattern that takes longer than what it stands for.";
}

/// A set of lints. The default is none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lints(u16);

impl Lints {
    /// No lint.
    pub const NONE: Self = Self(0);

    /// Every lint.
    #[must_use]
    pub fn all() -> Self {
        Lint::ALL
            .iter()
            .fold(Self::NONE, |set, lint| set.with(*lint))
    }

    /// The set with one lint more.
    #[must_use]
    pub fn with(self, lint: Lint) -> Self {
        Self(self.0 | 1 << lint as u16)
    }

    /// Whether a lint is in the set.
    #[must_use]
    pub fn contains(self, lint: Lint) -> bool {
        self.0 >> lint as u16 & 1 == 1
    }

    /// The lints of a list of names with commas between them; `all` stands for every lint.
    ///
    /// # Errors
    /// A sentence about the first name that no lint has.
    pub fn parse(names: &str) -> Result<Self, String> {
        let mut set = Self::NONE;
        for name in names.split(',').map(str::trim) {
            if name == "all" {
                set = Self::all();
                continue;
            }
            let Some(lint) = Lint::ALL.iter().find(|lint| lint.name() == name) else {
                let known: Vec<_> = Lint::ALL.iter().map(|lint| lint.name()).collect();
                let known = known.join(", ");
                return Err(format!(
                    "There is no lint `{name}`. The lints are {known}, and `all` is every one."
                ));
            };
            set = set.with(*lint);
        }
        Ok(set)
    }
}

/// What a lint sees of the program beside the node.
struct Around<'a> {
    registry: &'a Registry,
    /// The context of the program.
    context: Context,
    /// Whether items get what they write to of their own.
    regroups: bool,
    problems: &'a mut Problems,
}

/// One lint at work on one program.
trait Rule {
    /// A statement. `guard` is the innermost level that the conditions around it depend on.
    fn statement(&mut self, _: &mut Around<'_>, _: &Statement, _guard: Option<Level>) {}

    /// A condition that is part of no other.
    fn condition(&mut self, _: &mut Around<'_>, _: &Condition) {}

    /// Any node of a statement, a condition or an expression.
    fn node(&mut self, _: &mut Around<'_>, _: Node<'_>) {}

    /// The end of the program.
    fn finish(&mut self, _: &mut Around<'_>) {}
}

/// Collects warnings about one program.
pub(crate) struct Linter<'a> {
    registry: &'a Registry,
    context: Context,
    regroups: bool,
    rules: Vec<Box<dyn Rule>>,
    /// The innermost level that the conditions depend on under which all statements run.
    guard: Option<Level>,
}

impl<'a> Linter<'a> {
    pub(crate) fn new(registry: &'a Registry, options: &Options, context: Context) -> Self {
        let lints = Lint::ALL.iter();
        let rules = lints
            .filter(|lint| options.lints.contains(**lint))
            .map(|lint| lint.rule());
        Self {
            registry,
            context,
            regroups: options.regroups,
            rules: rules.collect(),
            guard: None,
        }
    }

    pub(crate) fn items(&mut self, items: &[Item], problems: &mut Problems) {
        Types::new(self.registry, problems).items(items);
        if !self.rules.is_empty() {
            self.guarded(items, self.guard, problems);
        }
    }

    /// A condition that stands on its own. Statements that come after it run where it holds.
    pub(crate) fn condition(&mut self, condition: &Condition, problems: &mut Problems) {
        Types::new(self.registry, problems).condition(condition);
        if !self.rules.is_empty() {
            self.root(condition, problems);
            self.guard = self.guard.max(self.innermost(condition));
        }
    }

    pub(crate) fn expr(&mut self, expr: &Expr, problems: &mut Problems) {
        Types::new(self.registry, problems).expr(expr);
        if !self.rules.is_empty() {
            self.each(problems, |registry, visit| {
                walk::expr(registry, expr, visit);
            });
        }
    }

    /// What can be said only when the whole program was seen.
    pub(crate) fn finish(mut self, problems: &mut Problems) {
        self.rules(problems, |rule, around| rule.finish(around));
    }

    fn guarded(&mut self, items: &[Item], guard: Option<Level>, problems: &mut Problems) {
        for item in items {
            match item {
                Item::Statement(statement) => self.statement(statement, guard, problems),
                Item::Block(block) => {
                    let mut guard = guard;
                    for arm in &block.arms {
                        for head in &arm.conditions {
                            self.root(&head.condition, problems);
                            guard = guard.max(self.innermost(&head.condition));
                        }
                        self.guarded(&arm.items, guard, problems);
                    }
                    self.guarded(&block.otherwise, guard, problems);
                }
            }
        }
    }

    fn statement(&mut self, statement: &Statement, guard: Option<Level>, problems: &mut Problems) {
        self.each(problems, |registry, visit| {
            walk::call(registry, &statement.editor, visit);
        });
        if let Some(condition) = &statement.condition {
            self.root(condition, problems);
        }
        self.rules(problems, |rule, around| {
            rule.statement(around, statement, guard);
        });
    }

    fn root(&mut self, condition: &Condition, problems: &mut Problems) {
        self.each(problems, |registry, visit| {
            walk::condition(registry, condition, visit);
        });
        self.rules(problems, |rule, around| rule.condition(around, condition));
    }

    fn innermost(&self, condition: &Condition) -> Option<Level> {
        let mut level = None;
        walk::condition(self.registry, condition, &mut |node| {
            level = level.max(node_level(self.registry, self.context, node));
        });
        level
    }

    /// Shows every rule the nodes of a walk.
    fn each(
        &mut self,
        problems: &mut Problems,
        walk: impl FnOnce(&Registry, &mut dyn FnMut(Node<'_>)),
    ) {
        let registry = self.registry;
        walk(registry, &mut |node| {
            self.rules(problems, |rule, around| rule.node(around, node));
        });
    }

    /// Gives every rule its turn.
    fn rules(
        &mut self,
        problems: &mut Problems,
        mut turn: impl FnMut(&mut dyn Rule, &mut Around<'_>),
    ) {
        for rule in &mut self.rules {
            let mut around = Around {
                registry: self.registry,
                context: self.context,
                regroups: self.regroups,
                problems,
            };
            turn(&mut **rule, &mut around);
        }
    }
}

/// The level of the rows that a node reads.
fn node_level(registry: &Registry, context: Context, node: Node<'_>) -> Option<Level> {
    match node {
        Node::Path(path, Usage::Read | Usage::Change) => Some(path.level()),
        Node::Call(call) => {
            let function = registry.get(call.function);
            let reads_item = !function.signature().fields.is_empty();
            reads_item.then_some(context)
        }
        Node::Path(_, Usage::Write) | Node::Compare { .. } => None,
    }
}
