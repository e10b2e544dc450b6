//! The stages in order: parse, infer the context, resolve, check, generate.

use otlp_columns::{Level, Signal};
use ottl_syntax::{Code, Diagnostic, Severity, Span, ast};
use ottl_vm::Program;
use ottl_vm::path::{self, Context};

use crate::codegen::Generator;
use crate::hir::{Condition, Expr, Statement};
use crate::infer::Hints;
use crate::lint::Lints;
use crate::lower::Lowering;
use crate::{Options, Registry};

/// A problem in one of several sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Index of the source.
    pub source: usize,
    /// What is wrong there.
    pub diagnostic: Diagnostic,
}

/// Sources that were accepted.
#[derive(Debug)]
pub struct Compiled {
    /// Ready to run.
    pub program: Program,
    /// What is legal but will not do what was meant.
    pub warnings: Vec<Problem>,
}

/// What sources are about.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The kind of message.
    pub signal: Signal,
    /// The context; inferred from the paths when it is not given.
    pub context: Option<Context>,
}

/// The language in which sources are compiled: functions and options.
#[derive(Clone, Copy, Debug)]
pub struct Language<'a> {
    /// The functions.
    pub registry: &'a Registry,
    /// Everything else.
    pub options: &'a Options,
}

/// A checked script.
#[derive(Debug)]
pub struct Checked {
    /// The context that was given or inferred, if one was.
    pub context: Option<Context>,
    /// The syntax tree, as far as it could be built.
    pub ast: Vec<ast::Statement>,
    /// The resolved statements; complete only without errors.
    pub hir: Vec<Statement>,
    /// Errors and warnings, in source order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether the script is rejected.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(is_error)
    }
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

impl Language<'_> {
    /// Checks a script of many statements and reports every problem.
    ///
    /// Without a signal any one will do that has the context.
    #[must_use]
    pub fn check_script(
        &self,
        signal: Option<Signal>,
        context: Option<Context>,
        source: &str,
    ) -> Checked {
        let options = self.options;
        let parsed = ottl_syntax::parse_script(source, options.dialect, &options.limits);
        let ast = parsed.value.unwrap_or_default();
        let mut diagnostics = parsed.diagnostics;
        let mut hints = Hints::default();
        for statement in &ast {
            hints.statement(statement, options);
        }
        let context = self.context(&hints, signal, context, &ast, &mut diagnostics);
        let mut hir = Vec::new();
        if let Some(context) = context {
            let signal = signal.unwrap_or(path::signals_of(context)[0]);
            for statement in &ast {
                let (lowered, found) =
                    self.check_statement(signal, context, statement, &diagnostics);
                hir.push(lowered);
                diagnostics.extend(found);
            }
        }
        diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
        Checked {
            context,
            ast,
            hir,
            diagnostics,
        }
    }

    /// Resolves one statement, and reports what is wrong with it. A statement without errors is
    /// also linted, and bound, which is where literal arguments are rejected.
    fn check_statement(
        &self,
        signal: Signal,
        context: Context,
        statement: &ast::Statement,
        known: &[Diagnostic],
    ) -> (Statement, Vec<Diagnostic>) {
        let mut lowering = Lowering::new(self.registry, self.options, context);
        let lowered = lowering.statement(statement);
        let mut found = lowering.diagnostics;
        let inside = |diagnostic: &Diagnostic| {
            let (span, whole) = (diagnostic.primary.span, statement.span);
            is_error(diagnostic) && span.start <= whole.end && span.end >= whole.start
        };
        if !known.iter().chain(&found).any(inside) {
            let mut lints = Lints::new(self.registry);
            lints.statement(&lowered);
            found.extend(lints.diagnostics);
            let mut generator = Generator::new(self.registry, signal, context);
            generator.statements(std::slice::from_ref(&lowered), &[String::new()]);
            found.extend(
                generator
                    .finish()
                    .1
                    .into_iter()
                    .map(|(_, diagnostic)| diagnostic),
            );
        }
        (lowered, found)
    }

    /// The context that was given, or that the paths tell; reports when there is none.
    fn context(
        &self,
        hints: &Hints,
        signal: Option<Signal>,
        given: Option<Context>,
        ast: &[ast::Statement],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Context> {
        let inferred = given.or_else(|| hints.infer(self.registry, self.options, signal));
        // The paths of points can be used in the metric context, whose points they are.
        let is_of_points = self.options.selfops() && hints.needs_points();
        let inferred = inferred.map(|context| match context {
            Level::Metric if is_of_points => Level::DataPoint,
            other => other,
        });
        let fits = |context: &Context| {
            signal.is_none_or(|signal| path::signals_of(*context).contains(&signal))
        };
        match inferred {
            Some(context) if fits(&context) => Some(context),
            Some(context) => {
                let name = path::context_name(context);
                let signal = signal.map_or("", Signal::name);
                diagnostics.push(Diagnostic::error(
                    Code::ContextNotInferred,
                    whole(ast),
                    format!("The context {name} does not exist in {signal}."),
                ));
                None
            }
            None if ast.is_empty() => signal.map(default_context),
            None => {
                diagnostics.push(
                    Diagnostic::error(
                        Code::ContextNotInferred,
                        whole(ast),
                        "The context cannot be inferred, since no path names one.",
                    )
                    .with_note("Paths begin with a context, as in `span.name`; or give the context with --context."),
                );
                None
            }
        }
    }

    /// Compiles a script of many statements.
    ///
    /// # Errors
    /// Every problem, when one of them is an error.
    pub fn compile_script(
        &self,
        target: Target,
        source: &str,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        let checked = self.check_script(Some(target.signal), target.context, source);
        if checked.has_errors() {
            return Err(checked.diagnostics);
        }
        let context = checked.context.unwrap_or(default_context(target.signal));
        let sources: Vec<_> = checked
            .ast
            .iter()
            .map(|statement| source[statement.span.range()].to_owned())
            .collect();
        let mut generator = Generator::new(self.registry, target.signal, context);
        generator.statements(&checked.hir, &sources);
        let (program, _) = generator.finish();
        let warnings = checked
            .diagnostics
            .into_iter()
            .map(|diagnostic| Problem {
                source: 0,
                diagnostic,
            })
            .collect();
        Ok(Compiled { program, warnings })
    }

    /// Compiles statements that come each in a source of its own, as in configurations.
    ///
    /// # Errors
    /// Every problem of every source, when one of them is an error.
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
    /// Every problem of every source, when one of them is an error.
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
    /// Every problem of every source, when one of them is an error.
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
        let mut problems = Problems::default();
        let mut hints = Hints::default();
        let mut asts = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            let parsed = kind.parse(source, self.options);
            problems.add(index, parsed.diagnostics);
            if let Some(ast) = parsed.value {
                kind.hints(&mut hints, &ast, self.options);
                asts.push((index, ast));
            }
        }
        let mut found = Vec::new();
        let context = self.context(&hints, Some(target.signal), target.context, &[], &mut found);
        problems.add(0, found);
        let context = context.unwrap_or(default_context(target.signal));
        let mut hir = Vec::with_capacity(asts.len());
        for (index, ast) in &asts {
            let mut lowering = Lowering::new(self.registry, self.options, context);
            hir.push(kind.lower(&mut lowering, ast));
            problems.add(*index, lowering.diagnostics);
        }
        if problems.failed {
            return Err(problems.list);
        }
        let mut lints = Lints::new(self.registry);
        for ((index, _), hir) in asts.iter().zip(&hir) {
            kind.lint(&mut lints, hir);
            problems.add(*index, std::mem::take(&mut lints.diagnostics));
        }
        let mut generator = Generator::new(self.registry, target.signal, context);
        kind.generate(&mut generator, &hir, sources);
        let (program, invalid) = generator.finish();
        for (part, diagnostic) in invalid {
            problems.add(part, vec![diagnostic]);
        }
        if problems.failed {
            return Err(problems.list);
        }
        Ok(Compiled {
            program,
            warnings: problems.list,
        })
    }
}

#[derive(Default)]
struct Problems {
    list: Vec<Problem>,
    failed: bool,
}

impl Problems {
    fn add(&mut self, source: usize, diagnostics: Vec<Diagnostic>) {
        for diagnostic in diagnostics {
            self.failed |= is_error(&diagnostic);
            self.list.push(Problem { source, diagnostic });
        }
    }
}

/// The context of a signal's items.
fn default_context(signal: Signal) -> Context {
    signal.item_level()
}

fn whole(ast: &[ast::Statement]) -> Span {
    ast.iter()
        .map(|statement| statement.span)
        .next()
        .unwrap_or_default()
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
