//! Sources that come one by one, as in configurations: statements, conditions or expressions.
//!
//! All of them make one program and have one context. A problem says in which source it is.

use ottl_syntax::ast;
use ottl_vm::Patterns;

use crate::Options;
use crate::codegen::Generator;
use crate::compile::{Compiled, Language, Target, default_context};
use crate::hir::{Condition, Expr, Statement};
use crate::infer::Hints;
use crate::lint::Lints;
use crate::lower::Lowering;
use crate::problems::{Problem, Problems};

impl Language<'_> {
    /// Compiles statements that come each in a source of its own, as in configurations.
    ///
    /// # Errors
    /// The problems of all sources up to the limit, when one of them is an error.
    pub fn compile_statements(
        &self,
        target: Target,
        sources: &[String],
    ) -> Result<Compiled, Vec<Problem>> {
        self.compile_sources(target, sources, &StatementSources)
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
        self.compile_sources(target, sources, &ConditionSources)
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
        self.compile_sources(target, sources, &ExpressionSources)
    }

    fn compile_sources<K: SourceKind>(
        &self,
        target: Target,
        sources: &[String],
        kind: &K,
    ) -> Result<Compiled, Vec<Problem>> {
        let mut problems = Problems::new(self.options.limits.max_diagnostics);
        let (asts, hints) = self.parse_sources(sources, kind, &mut problems);
        problems.enter(0);
        let context = self.context(
            &hints,
            Some(target.signal),
            target.context,
            &[],
            &mut problems,
        );
        let context = context.unwrap_or(default_context(target.signal));
        let mut hir = Vec::with_capacity(asts.len());
        for (index, ast) in &asts {
            problems.enter(*index);
            let mut lowering = Lowering::new(self.registry, self.options, context, &mut problems);
            hir.push(kind.lower(&mut lowering, ast));
        }
        if problems.errors() > 0 {
            return Err(problems.finish());
        }
        for ((index, _), hir) in asts.iter().zip(&hir) {
            problems.enter(*index);
            kind.lint(&mut Lints::new(self.registry, &mut problems), hir);
        }
        let patterns = Patterns::new(self.options.patterns);
        let about = (target.signal, context);
        let mut generator = Generator::new(self.registry, &patterns, about, &mut problems);
        kind.generate(&mut generator, &hir, sources);
        let program = generator.finish();
        if problems.errors() > 0 {
            return Err(problems.finish());
        }
        Ok(Compiled {
            program,
            warnings: problems.finish(),
        })
    }

    /// The trees of the sources that could be parsed, each with its index, and what they tell
    /// about the context.
    fn parse_sources<K: SourceKind>(
        &self,
        sources: &[String],
        kind: &K,
        problems: &mut Problems,
    ) -> (Vec<(usize, K::Ast)>, Hints) {
        let mut hints = Hints::default();
        let mut asts = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            problems.enter(index);
            let parsed = kind.parse(source, self.options);
            parsed
                .diagnostics
                .into_iter()
                .for_each(|diagnostic| problems.report(diagnostic));
            if let Some(ast) = parsed.value {
                kind.hints(&mut hints, &ast, self.options);
                asts.push((index, ast));
            }
        }
        (asts, hints)
    }
}

/// Statements, conditions and expressions go through the same stages.
trait SourceKind {
    type Ast;
    type Hir;

    fn parse(&self, source: &str, options: &Options) -> ottl_syntax::Parsed<Self::Ast>;
    fn hints(&self, hints: &mut Hints, ast: &Self::Ast, options: &Options);
    fn lower(&self, lowering: &mut Lowering<'_>, ast: &Self::Ast) -> Self::Hir;
    fn lint(&self, lints: &mut Lints<'_>, hir: &Self::Hir);
    fn generate(&self, generator: &mut Generator<'_>, hir: &[Self::Hir], sources: &[String]);
}

struct StatementSources;

impl SourceKind for StatementSources {
    type Ast = ast::Statement;
    type Hir = Statement;

    fn parse(&self, source: &str, options: &Options) -> ottl_syntax::Parsed<ast::Statement> {
        ottl_syntax::parse_statement(source, options.dialect, &options.limits)
    }

    fn hints(&self, hints: &mut Hints, ast: &ast::Statement, options: &Options) {
        hints.statement(ast, options);
    }

    fn lower(&self, lowering: &mut Lowering<'_>, ast: &ast::Statement) -> Statement {
        lowering.statement(ast)
    }

    fn lint(&self, lints: &mut Lints<'_>, hir: &Statement) {
        lints.statement(hir);
    }

    fn generate(&self, generator: &mut Generator<'_>, hir: &[Statement], sources: &[String]) {
        generator.statements(hir, sources);
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

    fn lower(&self, lowering: &mut Lowering<'_>, ast: &ast::Expr) -> Condition {
        lowering.condition(ast)
    }

    fn lint(&self, lints: &mut Lints<'_>, hir: &Condition) {
        lints.condition(hir);
    }

    fn generate(&self, generator: &mut Generator<'_>, hir: &[Condition], sources: &[String]) {
        generator.conditions(hir, sources);
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

    fn lower(&self, lowering: &mut Lowering<'_>, ast: &ast::Expr) -> Expr {
        lowering.value(ast)
    }

    fn lint(&self, lints: &mut Lints<'_>, hir: &Expr) {
        lints.expr(hir);
    }

    fn generate(&self, generator: &mut Generator<'_>, hir: &[Expr], sources: &[String]) {
        generator.expressions(hir, sources);
    }
}
