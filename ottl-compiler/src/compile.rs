//! The stages in order: parse, infer the context, resolve, check, generate.
//!
//! [`Language`] runs them over a script here, over single sources in [`sources`](crate::sources).

use otlp_columns::{Level, Signal};
use ottl_syntax::{Code, Diagnostic, Severity, Span, ast};
use ottl_vm::path::{self, Context};
use ottl_vm::{Patterns, Program};

use crate::codegen::Generator;
use crate::hir::Item;
use crate::infer::Hints;
use crate::lint::Linter;
use crate::lower::{Lowering, Names};
use crate::probe::Probes;
use crate::problems::{Problem, Problems};
use crate::{Options, Registry};

/// Sources that were accepted.
#[derive(Debug)]
pub struct Compiled {
    /// Ready to run.
    pub program: Program,
    /// What is legal but will not do what was meant.
    pub warnings: Vec<Problem>,
    /// The probes of its conditions, if the language has them.
    pub probes: Option<Probes>,
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
    /// The compiled patterns of all sources together, where they share the memory for them.
    pub(crate) patterns: Option<&'a Patterns>,
    pub(crate) has_probes: bool,
}

impl<'a> Language<'a> {
    /// A language in which each source has the memory for patterns to itself.
    #[must_use]
    pub fn new(registry: &'a Registry, options: &'a Options) -> Self {
        Self {
            registry,
            options,
            patterns: None,
            has_probes: false,
        }
    }

    /// The same language, with compiled patterns that the sources share.
    #[must_use]
    pub fn with_patterns(self, patterns: &'a Patterns) -> Self {
        Self {
            patterns: Some(patterns),
            ..self
        }
    }

    /// The same language, whose programs have probes of their conditions or have none.
    #[must_use]
    pub fn with_probes(self, has_probes: bool) -> Self {
        Self { has_probes, ..self }
    }
}

/// A checked script.
#[derive(Debug)]
pub struct Checked {
    /// The context that was given or inferred, if one was.
    pub context: Option<Context>,
    /// The syntax tree, as far as it could be built.
    pub ast: Vec<ast::Item>,
    /// The resolved statements; complete only without errors.
    pub hir: Vec<Item>,
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
    /// Checks a script of many statements and reports every problem, up to the limit of
    /// [`Options`].
    ///
    /// Without a signal any one will do that has the context.
    #[must_use]
    pub fn check_script(
        &self,
        signal: Option<Signal>,
        context: Option<Context>,
        source: &str,
    ) -> Checked {
        let mut hir = Vec::new();
        let (checked, _) = self.check_with(signal, context, source, &mut |items| hir.extend(items));
        Checked { hir, ..checked }
    }

    /// Checks a script and generates what it has without errors. `lowered` gets the items of HIR.
    fn check_with(
        &self,
        signal: Option<Signal>,
        given: Option<Context>,
        source: &str,
        lowered: &mut dyn FnMut(Vec<Item>),
    ) -> (Checked, Option<Generated>) {
        let options = self.options;
        let parsed = ottl_syntax::parse_script(source, options.dialect, &options.limits);
        let ast = parsed.value.unwrap_or_default();
        let unparsed = Errors::new(&parsed.diagnostics);
        let mut problems = Problems::new(options.limits.max_diagnostics);
        for diagnostic in parsed.diagnostics {
            problems.report(diagnostic);
        }
        let mut hints = Hints::default();
        if given.is_none() || options.selfops() {
            hints.items(&ast, options);
        }
        problems.is_broken = !unparsed.spans.is_empty();
        let context = self.context(&hints, signal, given, &ast, &mut problems);
        let generated = context.map(|context| {
            let signal = signal.unwrap_or(path::signals_of(context)[0]);
            let items = Source {
                text: source,
                ast: &ast,
                unparsed: &unparsed,
            };
            self.generate_items((signal, context), items, &mut problems, lowered)
        });
        let checked = Checked {
            context,
            ast,
            hir: Vec::new(),
            diagnostics: in_source_order(problems, context.filter(|_| given.is_none())),
        };
        (checked, generated)
    }

    /// Resolves item by item, and reports what is wrong with them. Items without errors are
    /// also linted and generated, which is where literal arguments are rejected; not so those that
    /// could not be parsed.
    fn generate_items(
        &self,
        about: (Signal, Context),
        source: Source<'_>,
        problems: &mut Problems,
        lowered: &mut dyn FnMut(Vec<Item>),
    ) -> Generated {
        let own = Patterns::new(self.options.patterns);
        let patterns = self.patterns.unwrap_or(&own);
        let (options, context) = (self.options, about.1);
        let mut linter = Linter::new(self.registry, options, context);
        let mut names = Names::default();
        let mut lists = Vec::with_capacity(source.ast.len());
        for item in source.ast {
            problems.is_broken = source.unparsed.touch(item.span());
            let errors = problems.errors();
            let mut lowering = Lowering::new(self.registry, options, context, problems);
            std::mem::swap(&mut names, &mut lowering.names);
            let items = lowering.item(item, source.text);
            std::mem::swap(&mut names, &mut lowering.names);
            let is_whole = !problems.is_broken && problems.errors() == errors;
            if is_whole {
                linter.items(&items, problems);
            }
            lists.push((items, is_whole));
        }
        problems.is_broken = false;
        let mut generator =
            Generator::new(self.registry, patterns, about, problems).with_options(options);
        if self.has_probes {
            generator = generator.with_conditions();
        }
        let whole = lists.iter().filter(|(_, is_whole)| *is_whole);
        generator.items(whole.map(|(items, _)| items.as_slice()));
        // What an item with errors does is not known, and may be what others seem to lack.
        let is_whole = generator.problems.errors() == 0;
        if is_whole {
            linter.finish(generator.problems);
        }
        let probes = is_whole.then(|| generator.probes(Some(source.text)));
        let generated = Generated {
            probes: probes.flatten(),
            program: generator.finish(),
        };
        lists.into_iter().for_each(|(items, _)| lowered(items));
        generated
    }

    /// The context that was given, or that the paths tell; reports when there is none.
    pub(crate) fn context(
        &self,
        hints: &Hints,
        signal: Option<Signal>,
        given: Option<Context>,
        ast: &[ast::Item],
        problems: &mut Problems,
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
                let place = hints.place(context).filter(|_| given.is_none());
                let (source, place) = place.unwrap_or((0, beginning(ast)));
                problems.enter(source);
                problems.report(Diagnostic::error(
                    Code::ContextNotInferred,
                    place,
                    format!("The context {name} does not exist in {signal}."),
                ));
                None
            }
            None if ast.is_empty() => signal.map(default_context),
            // A path that names one may be in what could not be parsed.
            None if problems.is_broken => None,
            None => {
                problems.report(
                    Diagnostic::error(
                        Code::ContextNotInferred,
                        beginning(ast),
                        "The context cannot be inferred, since no path begins with the name of one.",
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
    /// Every problem up to the limit, when one of them is an error.
    pub fn compile_script(
        &self,
        target: Target,
        source: &str,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        let (signal, context) = (target.signal, target.context);
        let (checked, generated) = self.check_with(Some(signal), context, source, &mut drop);
        let Some(Generated { program, probes }) = generated.filter(|_| !checked.has_errors())
        else {
            return Err(checked.diagnostics);
        };
        let warnings = checked
            .diagnostics
            .into_iter()
            .map(|diagnostic| Problem {
                source: 0,
                diagnostic,
            })
            .collect();
        Ok(Compiled {
            program,
            warnings,
            probes,
        })
    }
}

/// What was made of a script; only without errors it is the whole of it.
struct Generated {
    program: Program,
    probes: Option<Probes>,
}

/// A script that was parsed.
#[derive(Clone, Copy)]
struct Source<'s> {
    text: &'s str,
    ast: &'s [ast::Item],
    /// Where it could not be parsed.
    unparsed: &'s Errors,
}

/// Where a source could not be parsed.
struct Errors {
    /// By their starts, and each with the furthest end up to there.
    spans: Vec<Span>,
}

impl Errors {
    fn new(diagnostics: &[Diagnostic]) -> Self {
        let errors = diagnostics.iter().filter(|diagnostic| is_error(diagnostic));
        let mut spans: Vec<_> = errors.map(|error| error.primary.span).collect();
        spans.sort_unstable();
        let mut end = 0;
        for span in &mut spans {
            end = end.max(span.end);
            span.end = end;
        }
        Self { spans }
    }

    /// Whether one of them is in `whole` or at its edge.
    fn touch(&self, whole: Span) -> bool {
        let behind = self.spans.partition_point(|span| span.start <= whole.end);
        behind > 0 && self.spans[behind - 1].end >= whole.start
    }
}

/// The problems from the first place to the last. Those with what a context does not have say so
/// where the context was `inferred`.
fn in_source_order(problems: Problems, inferred: Option<Context>) -> Vec<Diagnostic> {
    let list = problems.finish().into_iter();
    let mut diagnostics: Vec<_> = list.map(|problem| problem.diagnostic).collect();
    let is_rest = |code| matches!(code, Code::TooManyErrors | Code::TooManyWarnings);
    diagnostics.sort_by_key(|diagnostic| (is_rest(diagnostic.code), diagnostic.primary.span));
    if let Some(context) = inferred {
        let name = path::context_name(context);
        let note = format!(
            "The context {name} was inferred from the paths of all statements; give another with --context."
        );
        for diagnostic in &mut diagnostics {
            if diagnostic.code == Code::UnknownContext {
                diagnostic.notes.push(note.clone());
            }
        }
    }
    diagnostics
}

/// The context of a signal's items.
pub(crate) fn default_context(signal: Signal) -> Context {
    signal.item_level()
}

/// Where a problem is shown that no single place is to blame for.
fn beginning(ast: &[ast::Item]) -> Span {
    ast.first().map_or_else(Span::default, ast::Item::span)
}
