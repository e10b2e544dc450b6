//! Sources that come one by one, as in configurations: statements, conditions or expressions.
//!
//! All of them make one program and have one context. A problem says in which source it is.

use otlp_columns::Signal;
use ottl_syntax::{Span, ast};
use ottl_vm::Patterns;
use ottl_vm::path::Context;

use crate::Options;
use crate::codegen::Generator;
use crate::compile::{Compiled, Language, Target};
use crate::hir::{Arm, Block, Condition, Expr, Head, Item};
use crate::infer::Hints;
use crate::lint::Linter;
use crate::lower::Lowering;
use crate::probe::Probes;
use crate::problems::{Problem, Problems};

/// Statements that come each in a source of its own, and run where one of the conditions holds.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The conditions; without any the statements run for every item.
    pub conditions: &'a [String],
    /// The statements.
    pub statements: &'a [String],
}

impl<'a> Group<'a> {
    /// Statements that run for every item.
    #[must_use]
    pub fn of(statements: &'a [String]) -> Self {
        Self {
            conditions: &[],
            statements,
        }
    }
}

impl Language<'_> {
    /// Compiles a group of statements as configurations have them. The conditions are evaluated
    /// before the first statement. The sources of problems are counted through, conditions first.
    ///
    /// # Errors
    /// The problems of all sources up to the limit, when one of them is an error.
    pub fn compile_group(
        &self,
        target: Target,
        group: Group<'_>,
    ) -> Result<Compiled, Vec<Problem>> {
        let mut problems = Problems::new(self.options.limits.max_diagnostics);
        let mut hints = Hints::default();
        let Group {
            conditions,
            statements,
        } = group;
        let of = (conditions, 0);
        let heads = self.parse_sources(of, &ConditionSources, &mut hints, &mut problems);
        let of = (statements, conditions.len());
        let asts = self.parse_sources(of, &StatementSources, &mut hints, &mut problems);
        let Some(context) = self.context_of(target, &hints, &mut problems) else {
            return Err(problems.finish());
        };
        // The reference reads these with a parser of its own.
        let options = Options {
            old_names: self.options.bare_paths,
            ..*self.options
        };
        let of_conditions = Language {
            options: &options,
            ..*self
        };
        let heads = of_conditions.lower(context, &heads, &ConditionSources, &mut problems);
        let asts = self.lower(context, &asts, &StatementSources, &mut problems);
        if problems.errors() > 0 {
            return Err(problems.finish());
        }
        let mut linter = Linter::new(self.registry, self.options, context);
        lint(&mut linter, &heads, &ConditionSources, &mut problems);
        lint(&mut linter, &asts, &StatementSources, &mut problems);
        linter.finish(&mut problems);
        let heads = heads.into_iter().map(|(index, condition)| Head {
            span: Span::new(0, conditions[index].len()),
            text: conditions[index].clone(),
            condition,
            error_mode: None,
        });
        let heads: Vec<_> = heads.collect();
        let mut items: Vec<_> = asts.into_iter().flat_map(|(_, items)| items).collect();
        if !heads.is_empty() {
            let arm = Arm {
                conditions: heads,
                items,
            };
            items = vec![Item::Block(Block {
                arms: vec![arm],
                otherwise: Vec::new(),
            })];
        }
        self.generate((target.signal, context), problems, |generator| {
            generator.items([items.as_slice()]);
            generator.probes(None)
        })
    }

    /// Compiles conditions.
    ///
    /// # Errors
    /// The problems of all sources up to the limit, when one of them is an error.
    pub fn compile_conditions(
        &self,
        target: Target,
        sources: &[String],
    ) -> Result<Compiled, Vec<Problem>> {
        self.compile_sources(target, sources, &ConditionSources, |generator, hir| {
            generator.conditions(hir, sources);
            let has_probes = self.has_probes;
            has_probes.then(|| generator.probes_of(hir, sources))
        })
    }

    /// Compiles value expressions.
    ///
    /// # Errors
    /// The problems of all sources up to the limit, when one of them is an error.
    pub fn compile_expressions(
        &self,
        target: Target,
        sources: &[String],
    ) -> Result<Compiled, Vec<Problem>> {
        self.compile_sources(target, sources, &ExpressionSources, |generator, hir| {
            generator.expressions(hir, sources);
            None
        })
    }

    fn compile_sources<K: SourceKind>(
        &self,
        target: Target,
        sources: &[String],
        kind: &K,
        generate: impl FnOnce(&mut Generator<'_>, &[K::Hir]) -> Option<Probes>,
    ) -> Result<Compiled, Vec<Problem>> {
        let mut problems = Problems::new(self.options.limits.max_diagnostics);
        let mut hints = Hints::default();
        let asts = self.parse_sources((sources, 0), kind, &mut hints, &mut problems);
        let Some(context) = self.context_of(target, &hints, &mut problems) else {
            return Err(problems.finish());
        };
        let hir = self.lower(context, &asts, kind, &mut problems);
        if problems.errors() > 0 {
            return Err(problems.finish());
        }
        let mut linter = Linter::new(self.registry, self.options, context);
        lint(&mut linter, &hir, kind, &mut problems);
        linter.finish(&mut problems);
        let hir: Vec<_> = hir.into_iter().map(|(_, hir)| hir).collect();
        self.generate((target.signal, context), problems, |generator| {
            generate(generator, &hir)
        })
    }

    /// The context; nothing where it does not fit the signal, which has then been reported and would
    /// make every path wrong.
    fn context_of(
        &self,
        target: Target,
        hints: &Hints,
        problems: &mut Problems,
    ) -> Option<Context> {
        problems.enter(0);
        let Target { signal, context } = target;
        self.context(hints, Some(signal), context, &[], problems)
    }

    fn lower<K: SourceKind>(
        &self,
        context: Context,
        asts: &[(usize, &str, K::Ast)],
        kind: &K,
        problems: &mut Problems,
    ) -> Vec<(usize, K::Hir)> {
        let lower = |(index, source, ast): &(usize, &str, K::Ast)| {
            problems.enter(*index);
            let mut lowering = Lowering::new(self.registry, self.options, context, problems);
            (*index, kind.lower(&mut lowering, ast, source))
        };
        asts.iter().map(lower).collect()
    }

    fn generate(
        &self,
        about: (Signal, Context),
        mut problems: Problems,
        generate: impl FnOnce(&mut Generator<'_>) -> Option<Probes>,
    ) -> Result<Compiled, Vec<Problem>> {
        let own = Patterns::new(self.options.patterns);
        let patterns = self.patterns.unwrap_or(&own);
        let mut generator = Generator::new(self.registry, patterns, about, &mut problems)
            .with_options(self.options);
        if self.has_probes {
            generator = generator.with_conditions();
        }
        let probes = generate(&mut generator);
        let program = generator.finish();
        if problems.errors() > 0 {
            return Err(problems.finish());
        }
        Ok(Compiled {
            program,
            warnings: problems.finish(),
            probes,
        })
    }

    /// The trees of the sources that could be parsed, each with its index counted from `first`.
    fn parse_sources<'s, K: SourceKind>(
        &self,
        (sources, first): (&'s [String], usize),
        kind: &K,
        hints: &mut Hints,
        problems: &mut Problems,
    ) -> Vec<(usize, &'s str, K::Ast)> {
        let mut asts = Vec::with_capacity(sources.len());
        for (index, source) in (first..).zip(sources) {
            problems.enter(index);
            let parsed = kind.parse(source, self.options);
            parsed
                .diagnostics
                .into_iter()
                .for_each(|diagnostic| problems.report(diagnostic));
            if let Some(ast) = parsed.value {
                hints.source = index;
                kind.hints(hints, &ast, self.options);
                asts.push((index, source.as_str(), ast));
            }
        }
        asts
    }
}

fn lint<K: SourceKind>(
    linter: &mut Linter<'_>,
    hir: &[(usize, K::Hir)],
    kind: &K,
    problems: &mut Problems,
) {
    for (index, hir) in hir {
        problems.enter(*index);
        kind.lint(linter, hir, problems);
    }
}

/// Statements, conditions and expressions go through the same stages.
trait SourceKind {
    type Ast;
    type Hir;

    fn parse(&self, source: &str, options: &Options) -> ottl_syntax::Parsed<Self::Ast>;
    fn hints(&self, hints: &mut Hints, ast: &Self::Ast, options: &Options);
    fn lower(&self, lowering: &mut Lowering<'_>, ast: &Self::Ast, source: &str) -> Self::Hir;
    fn lint(&self, linter: &mut Linter<'_>, hir: &Self::Hir, problems: &mut Problems);
}

struct StatementSources;

impl SourceKind for StatementSources {
    type Ast = ast::Statement;
    type Hir = Vec<Item>;

    fn parse(&self, source: &str, options: &Options) -> ottl_syntax::Parsed<ast::Statement> {
        ottl_syntax::parse_statement(source, options.dialect, &options.limits)
    }

    fn hints(&self, hints: &mut Hints, ast: &ast::Statement, options: &Options) {
        hints.statement(ast, options);
    }

    fn lower(&self, lowering: &mut Lowering<'_>, ast: &ast::Statement, source: &str) -> Vec<Item> {
        lowering.statement_items(ast, source)
    }

    fn lint(&self, linter: &mut Linter<'_>, hir: &Vec<Item>, problems: &mut Problems) {
        linter.items(hir, problems);
    }
}

struct ConditionSources;

impl SourceKind for ConditionSources {
    type Ast = ast::Expr;
    type Hir = Condition;

    fn parse(&self, source: &str, options: &Options) -> ottl_syntax::Parsed<ast::Expr> {
        ottl_syntax::parse_condition(source, options.dialect, &options.limits)
    }

    fn hints(&self, hints: &mut Hints, ast: &ast::Expr, options: &Options) {
        hints.expr(ast, options);
    }

    fn lower(&self, lowering: &mut Lowering<'_>, ast: &ast::Expr, _: &str) -> Condition {
        lowering.condition(ast)
    }

    fn lint(&self, linter: &mut Linter<'_>, hir: &Condition, problems: &mut Problems) {
        linter.condition(hir, problems);
    }
}

struct ExpressionSources;

impl SourceKind for ExpressionSources {
    type Ast = ast::Expr;
    type Hir = Expr;

    fn parse(&self, source: &str, options: &Options) -> ottl_syntax::Parsed<ast::Expr> {
        ottl_syntax::parse_value(source, options.dialect, &options.limits)
    }

    fn hints(&self, hints: &mut Hints, ast: &ast::Expr, options: &Options) {
        hints.expr(ast, options);
    }

    fn lower(&self, lowering: &mut Lowering<'_>, ast: &ast::Expr, _: &str) -> Expr {
        lowering.value(ast)
    }

    fn lint(&self, linter: &mut Linter<'_>, hir: &Expr, problems: &mut Problems) {
        linter.expr(hir, problems);
    }
}
