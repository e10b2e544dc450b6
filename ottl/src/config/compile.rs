//! Compiles what is OTTL in a component, and shows its problems where they stand in the file.

use otlp_columns::Signal;
use ottl_compiler::{Compiled, Component, Group as Sources, Language, Options, Problem, Target};
use ottl_syntax::{Code, Diagnostic, Dialect, Severity, Span, parse_condition, parse_statement};
use ottl_vm::path::{self, Context};
use ottl_vm::{ErrorMode, Patterns};

use super::filter::{self, Decides, Filter, FilterGroup};
use super::pipeline::{
    FilterProgram, FilterRule, GroupProgram, Pipeline, RouteProgram, RouteRule, RoutingProgram,
};
use super::problems::Problems;
use super::read::Model;
use super::routing::{self, Parts, Route, Routing, Rule};
use super::sites::Sort;
use super::source::{Name, Source, has_context, names, names_in_call};
use super::transform::{self, Group, Transform};
use crate::Engine;

/// The output that stands for what a route takes.
const TAKEN: &str = "taken";

/// Reports every problem of a component's statements and conditions.
pub(super) fn check(engine: &Engine, model: &Model, problems: &mut Problems) {
    Compiler::new(engine, problems, false).component(model);
}

/// Makes a component ready to run; nothing when there are errors.
pub(super) fn pipeline(
    engine: &Engine,
    model: &Model,
    problems: &mut Problems,
) -> Option<Pipeline> {
    Compiler::new(engine, problems, true).component(model)
}

/// The same with all that is needed to see why conditions did not hold.
pub(super) fn traced_pipeline(
    engine: &Engine,
    model: &Model,
    problems: &mut Problems,
) -> Option<Pipeline> {
    let compiler = Compiler::new(engine, problems, true);
    let mut compiler = Compiler {
        has_probes: true,
        ..compiler
    };
    compiler.component(model)
}

struct Compiler<'p> {
    engine: Engine,
    problems: &'p mut Problems,
    /// Whether what was compiled is run afterwards.
    runs: bool,
    /// Whether the conditions of what was compiled can be looked into.
    has_probes: bool,
    /// What all groups and conditions of the component have compiled.
    patterns: Patterns,
}

impl<'p> Compiler<'p> {
    fn new(engine: &Engine, problems: &'p mut Problems, runs: bool) -> Self {
        Self {
            // Statements and conditions of one component do not have the same functions; which of
            // them may call which is checked here.
            engine: engine.clone().with_component(Component::Any),
            problems,
            runs,
            has_probes: false,
            patterns: Patterns::new(engine.limits().patterns),
        }
    }

    fn component(&mut self, model: &Model) -> Option<Pipeline> {
        match model {
            Model::Transform(transform) => self.transform(transform),
            Model::Filter(filter) => self.filter(filter),
            Model::Routing(routing) => self.routing(routing),
        }
    }

    fn language<'a>(&'a self, engine: &'a Engine) -> Language<'a> {
        Language::new(engine.registry(), engine.options())
            .with_patterns(&self.patterns)
            .with_probes(self.has_probes)
    }

    fn engine(&self, context: Option<Context>) -> Engine {
        self.engine.clone().with_bare_paths(context.is_some())
    }

    fn transform(&mut self, transform: &Transform) -> Option<Pipeline> {
        if let Some(span) = transform.flattens
            && !self.engine.options().gates.flatten_logs
        {
            let message = "`flatten_data` needs the feature gate transform.flatten.logs.";
            let error = Diagnostic::error(Code::InvalidSettings, span, message).with_note(
                "Open it with --feature-gates=transform.flatten.logs, or leave the key out.",
            );
            self.problems.report(error);
        }
        let mut programs = Vec::new();
        for group in &transform.groups {
            programs.push(self.group(group, transform.flattens(group.signal)));
        }
        let groups: Option<Vec<_>> = programs.into_iter().collect();
        let limits = self.engine.limits().batch;
        groups.map(|groups| Pipeline::transform(limits, groups, transform.flattens.is_some()))
    }

    /// Compiles a group, whose items have what is above them for themselves or share it.
    fn group(&mut self, group: &Group, is_flat: bool) -> Option<GroupProgram> {
        if self.problems.is_full() {
            return None;
        }
        let sorted: Vec<_> = sorted(&group.conditions, Sort::Condition)
            .chain(sorted(&group.statements, Sort::Statement))
            .collect();
        if group.context.is_none() {
            self.inferable(&sorted, group.span)?;
        }
        let (conditions, statements) = (texts(&group.conditions), texts(&group.statements));
        let sources = Sources {
            conditions: &conditions,
            statements: &statements,
        };
        let engine = self
            .engine(group.context)
            .with_error_mode(group.error_mode)
            .with_shared_cache(group.shares_cache);
        let regroups = is_flat || engine.options().regroups;
        let engine = engine.with_regrouping(regroups);
        let target = Target {
            signal: group.signal,
            context: group.context,
        };
        let compiled = self.language(&engine).compile_group(target, sources);
        let compiled = self.report(&sorted, compiled)?;
        let known = transform::contexts(group.signal);
        self.has_context("The transform processor", &compiled, known, group.span)?;
        for (source, sort) in sorted {
            let component = match sort {
                Sort::Statement => Component::Transform,
                Sort::Condition => Component::Filter,
            };
            self.functions(source, sort, component, "The transform processor")?;
        }
        if !self.runs {
            return None;
        }
        let spans = group.conditions.iter().chain(&group.statements);
        let spans: Vec<_> = spans.map(|source| source.text.whole()).collect();
        let places = spans.iter().map(|span| span.start as usize).collect();
        Some(GroupProgram {
            span: group.span,
            sources: spans,
            script: engine.statements(compiled).with_places(places),
            shares: group.shares_cache,
        })
    }

    fn filter(&mut self, filter: &Filter) -> Option<Pipeline> {
        let mut programs = Vec::new();
        for group in &filter.groups {
            programs.push(self.filter_group(group));
        }
        let groups: Option<Vec<_>> = programs.into_iter().collect();
        groups.map(|groups| Pipeline::filter(self.engine.limits(), groups))
    }

    fn filter_group(&mut self, group: &FilterGroup) -> Option<FilterProgram> {
        let mut rules = Vec::new();
        for condition in &group.conditions {
            let rule = self.condition(&condition.source, group.signal, condition.context);
            let rule = rule.map(|rule| FilterRule {
                decides: condition.decides,
                ..rule
            });
            let known = self.functions(
                &condition.source,
                Sort::Condition,
                Component::Filter,
                "The filter processor",
            );
            rules.push(rule.filter(|_| known.is_some()));
        }
        let rules: Vec<FilterRule> = rules.into_iter().collect::<Option<_>>()?;
        let mut contexts = group.contexts.clone();
        contexts.extend(rules.iter().map(FilterRule::context));
        Some(FilterProgram {
            signal: group.signal,
            rules,
            contexts,
            error_mode: group.error_mode,
            is_old: group.is_old,
        })
    }

    fn condition(
        &mut self,
        source: &Source,
        signal: Signal,
        context: Option<Context>,
    ) -> Option<FilterRule> {
        if self.problems.is_full() {
            return None;
        }
        if context.is_none() {
            self.inferable(&[(source, Sort::Condition)], source.text.whole())?;
        }
        let engine = self.engine(context);
        let target = Target { signal, context };
        let texts = [source.value().to_owned()];
        let compiled = self.language(&engine).compile_conditions(target, &texts);
        let compiled = self.report(&[(source, Sort::Condition)], compiled)?;
        let (known, place) = (filter::contexts(signal), source.text.whole());
        self.has_context("The filter processor", &compiled, known, place)?;
        if !self.runs {
            return None;
        }
        Some(FilterRule {
            span: source.text.whole(),
            condition: crate::Condition::new(engine.script(compiled)),
            decides: Decides::Items,
        })
    }

    fn routing(&mut self, routing: &Routing) -> Option<Pipeline> {
        let mut routes = Vec::new();
        for route in &routing.routes {
            for signal in path::signals_of(route.context) {
                match &route.rule {
                    Rule::Request(rule) if !rule.is_known() => {}
                    _ => routes.push(self.route(route, *signal)),
                }
            }
        }
        let routes: Option<Vec<_>> = routes.into_iter().collect();
        routes.map(|routes| {
            Pipeline::routing(RoutingProgram {
                limits: self.engine.limits(),
                error_mode: routing.error_mode,
                default_pipelines: pipelines(&routing.default_pipelines),
                routes,
            })
        })
    }

    fn route(&mut self, route: &Route, signal: Signal) -> Option<RouteProgram> {
        let (source, sort) = match &route.rule {
            Rule::Condition(source) => (source, Sort::Condition),
            Rule::Statement(source) => (source, Sort::Statement),
            Rule::Request(rule) => {
                return Some(RouteProgram {
                    signal,
                    context: Context::Resource,
                    span: rule.span(),
                    rule: RouteRule::Request(rule.clone()),
                    pipelines: pipelines(&route.pipelines),
                    copies: route.copies,
                });
            }
        };
        let rule = match sort {
            Sort::Condition => {
                let rule = self.condition_of_route(source, signal, route.context);
                rule.map(|rule| RouteRule::Condition(Box::new(rule)))
            }
            Sort::Statement => self.statement_of_route(source, signal, route.context),
        };
        self.functions(source, sort, Component::Other, "The routing connector")?;
        Some(RouteProgram {
            signal,
            context: route.context,
            span: source.text.whole(),
            rule: rule?,
            pipelines: pipelines(&route.pipelines),
            copies: route.copies,
        })
    }

    fn condition_of_route(
        &mut self,
        source: &Source,
        signal: Signal,
        context: Context,
    ) -> Option<crate::Condition> {
        let rule = self.condition(source, signal, Some(context))?;
        Some(rule.condition)
    }

    fn statement_of_route(
        &mut self,
        source: &Source,
        signal: Signal,
        context: Context,
    ) -> Option<RouteRule> {
        let parts = match routing::parts(source, &self.engine.options().limits) {
            Ok(parts) => parts,
            Err(diagnostics) => {
                let problem = |diagnostic| Problem {
                    source: 0,
                    diagnostic,
                };
                let problems = diagnostics.into_iter().map(problem).collect();
                self.report(&[(source, Sort::Statement)], Err(problems))?;
                return None;
            }
        };
        if let Some(arguments) = parts.arguments {
            let message = "The arguments of `route` have no effect in the routing connector.";
            let warning = Diagnostic::warning(Code::NoEffect, arguments, message)
                .with_note("The pipelines stand under `pipelines`.");
            self.problems.report(source.place(warning));
        }
        match parts {
            Parts {
                edits: false,
                condition: Some(condition),
                ..
            } => {
                let condition = self.condition_of_route(&condition, signal, context);
                condition.map(|condition| RouteRule::Condition(Box::new(condition)))
            }
            Parts {
                edits: false,
                condition: None,
                ..
            } => Some(RouteRule::All),
            Parts {
                edits: true,
                condition,
                ..
            } => self.edit_of_route(source, condition.as_ref(), signal, context),
        }
    }

    /// A statement that edits what it matches, with one in front that marks what is matched.
    fn edit_of_route(
        &mut self,
        source: &Source,
        condition: Option<&Source>,
        signal: Signal,
        context: Context,
    ) -> Option<RouteRule> {
        let engine = self.engine(Some(context));
        let target = Target {
            signal,
            context: Some(context),
        };
        let statement = source.value().to_owned();
        let sources = Sources {
            conditions: &[],
            statements: std::slice::from_ref(&statement),
        };
        let compiled = self.language(&engine).compile_group(target, sources);
        self.report(&[(source, Sort::Statement)], compiled)?;
        if !self.runs {
            return None;
        }
        // Where the condition fails, the statement itself tells so.
        let mark = match condition {
            Some(condition) => format!(
                "route(exporter.{TAKEN}) where {} on error silent",
                condition.value()
            ),
            None => format!("route(exporter.{TAKEN})"),
        };
        let mut limits = engine.limits();
        // The first failure is needed where failures end the run.
        limits.run.max_reported_errors = limits.run.max_reported_errors.max(1);
        let engine = engine
            .with_dialect(Dialect::Selfops)
            .with_limits(limits)
            .with_error_mode(ErrorMode::Ignore);
        let statements = [mark, statement];
        let compiled = self
            .language(&engine)
            .compile_group(target, Sources::of(&statements));
        let script = engine.statements(compiled.ok()?);
        Some(RouteRule::Edit(Box::new(script)))
    }

    /// Reports problems in the order of the sources. There is nothing to go on with after errors.
    fn report(
        &mut self,
        sources: &[(&Source, Sort)],
        compiled: Result<Compiled, Vec<Problem>>,
    ) -> Option<Compiled> {
        let (found, compiled) = match compiled {
            Ok(mut compiled) => (std::mem::take(&mut compiled.warnings), Some(compiled)),
            Err(problems) => (problems, None),
        };
        for Problem { source, diagnostic } in found {
            let Some((source, _)) = sources.get(source) else {
                continue;
            };
            if source.is_open && diagnostic.severity == Severity::Error {
                self.report_open(source);
            } else {
                self.problems.report(source.place(in_a_file(diagnostic)));
            }
        }
        compiled
    }

    /// Reports a context that was inferred and that the component does not have.
    fn has_context(
        &mut self,
        owner: &str,
        compiled: &Compiled,
        known: &[Context],
        place: Span,
    ) -> Option<()> {
        let context = compiled.program.context;
        let has = known.contains(&context);
        if !has {
            let name = path::context_name(context);
            let message = format!("{owner} has no context {name}.");
            self.problems
                .error(Code::ContextNotInferred, place, message);
        }
        has.then_some(())
    }

    /// Says that a source cannot be checked since it is not all there.
    fn report_open(&mut self, source: &Source) {
        let place = source.text.whole();
        let message = "With the values of its references not known, this cannot be checked.";
        self.problems.report(if self.runs {
            Diagnostic::error(Code::InvalidReference, place, message)
        } else {
            Diagnostic::warning(Code::NotChecked, place, message)
        });
    }

    /// Reports sources none of which has a path that begins with a context, so that there is nothing
    /// to infer one from. Of those that cannot be parsed nothing is known.
    fn inferable(&mut self, sources: &[(&Source, Sort)], place: Span) -> Option<()> {
        let options = *self.engine.options();
        let mut is_inferable = false;
        for (source, sort) in sources {
            let mut look = |name: Name<'_>| {
                is_inferable |= matches!(name, Name::Path(path) if has_context(path));
            };
            is_inferable |= !names_of(source, *sort, &options, &mut look);
        }
        if !is_inferable {
            let message = "There is no path that begins with a context, to infer it from.";
            let error = Diagnostic::error(Code::ContextNotInferred, place, message);
            self.problems.report(in_a_file(error));
        }
        is_inferable.then_some(())
    }

    /// Reports calls of functions that the component does not have.
    fn functions(
        &mut self,
        source: &Source,
        sort: Sort,
        component: Component,
        owner: &str,
    ) -> Option<()> {
        let options = *self.engine.options();
        let own = Options {
            component,
            ..options
        };
        let registry = self.engine.registry();
        let mut foreign = Vec::new();
        names_of(source, sort, &options, &mut |name| {
            let Name::Call(call) = name else { return };
            let home = registry
                .find(&call.name.text)
                .map(|id| registry.get(id).home());
            if home.is_some_and(|home| options.has(home) && !own.has(home)) {
                foreign.push(call.name.clone());
            }
        });
        let is_known = foreign.is_empty();
        for name in foreign {
            let message = format!("{owner} has no function `{}` here.", name.text);
            let error = Diagnostic::error(Code::UnknownFunction, name.span, message)
                .with_note("Another component of the Collector has it.");
            self.problems.report(source.place(error));
        }
        is_known.then_some(())
    }
}

/// Gives each call and path of a source to `found`; says whether it could be parsed.
fn names_of(
    source: &Source,
    sort: Sort,
    options: &Options,
    found: &mut dyn FnMut(Name<'_>),
) -> bool {
    let text = source.value();
    match sort {
        Sort::Statement => {
            let parsed = parse_statement(text, options.dialect, &options.limits);
            if let Some(statement) = &parsed.value {
                names_in_call(&statement.editor, found);
                let condition = statement.condition.iter();
                condition.for_each(|expr| names(expr, found));
            }
            !parsed.has_errors()
        }
        Sort::Condition => {
            let parsed = parse_condition(text, options.dialect, &options.limits);
            parsed.value.iter().for_each(|expr| names(expr, found));
            !parsed.has_errors()
        }
    }
}

fn texts(sources: &[Source]) -> Vec<String> {
    let texts = sources.iter().map(|source| source.value().to_owned());
    texts.collect()
}

fn sorted(sources: &[Source], sort: Sort) -> impl Iterator<Item = (&Source, Sort)> {
    sources.iter().map(move |source| (source, sort))
}

fn pipelines(names: &[routing::Name]) -> Vec<String> {
    names.iter().map(|name| name.name.clone()).collect()
}

/// The same problem in the words of configurations.
fn in_a_file(mut diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.code == Code::ContextNotInferred {
        diagnostic.notes = vec![
            "Paths begin with a context, as in `span.name`; or a group of statements or conditions \
             says what its `context` is."
                .to_owned(),
        ];
    }
    diagnostic
}

/// Where a part of a program stands in the file.
pub(super) fn place(sources: &[Span], part: usize, group: Span) -> Span {
    sources.get(part).copied().unwrap_or(group)
}
