//! The engine: the language, its functions, and how programs run.

use std::sync::Arc;

use otlp_columns::{BatchLimits, Pool, PoolLimits, Signal};
use ottl_compiler::{
    Checked, Component, Gates, Group, Language, Lints, Options, Passes, Problem, Registry, Target,
};
use ottl_syntax::Dialect;
use ottl_vm::path::Context;
use ottl_vm::{Environment, ErrorMode, ExecSettings, Function, Interpreter, Request};

use crate::environment::SystemEnvironment;
use crate::error::CompileError;
use crate::limits::EngineLimits;
use crate::samples::{ErrorSample, SampleSettings, Samples};
use crate::script::{Condition, Expression, Script};
use crate::trace::Traced;

/// Compiles OTTL. Cheap to clone.
///
/// The default engine speaks the strict dialect with all standard functions, stops a run with the
/// first failure, and takes the time and random numbers from the machine.
#[derive(Clone, Debug)]
pub struct Engine {
    registry: Arc<Registry>,
    options: Options,
    settings: ExecSettings,
    interpreter: Interpreter,
    batch_limits: BatchLimits,
    /// Memory that the batches of all scripts share.
    pool: Arc<Pool>,
    merges_points: bool,
    samples: Option<Samples>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            registry: Arc::new(Registry::new(ottl_stdlib::registry())),
            options: Options::default(),
            settings: ExecSettings::new(Arc::new(SystemEnvironment::default())),
            interpreter: Interpreter::default(),
            batch_limits: BatchLimits::default(),
            pool: Pool::new(PoolLimits::default().max_bytes),
            merges_points: false,
            samples: None,
        }
    }
}

impl Engine {
    /// The same engine with another dialect.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.options.dialect = dialect;
        self
    }

    /// The same engine with other feature gates of the reference open.
    #[must_use]
    pub fn with_gates(mut self, gates: Gates) -> Self {
        self.options.gates = gates;
        self
    }

    /// The same engine with other passes of the optimiser; all of them at first. They change how fast
    /// programs are, and no answer.
    #[must_use]
    pub fn with_passes(mut self, passes: Passes) -> Self {
        self.options.passes = passes;
        self
    }

    /// The same engine with warnings about what is legal and may be meant; none at first.
    #[must_use]
    pub fn with_lints(mut self, lints: Lints) -> Self {
        self.options.lints = lints;
        self
    }

    /// The same engine with the functions that a component of a collector has.
    #[must_use]
    pub fn with_component(mut self, component: Component) -> Self {
        self.options.component = component;
        self
    }

    /// The same engine, in whose sources a path that begins with no context belongs to the context
    /// that the source is compiled for, or does not.
    #[must_use]
    pub fn with_bare_paths(mut self, bare: bool) -> Self {
        self.options.bare_paths = bare;
        self
    }

    /// The same engine, in whose scripts `cache` is one map for all items and not one for each, or
    /// is not. [`Script::run_shared`] hands it on from message to message.
    ///
    /// Statements of a script that writes to it run item by item.
    #[must_use]
    pub fn with_shared_cache(mut self, shared: bool) -> Self {
        self.options.shared_cache = shared;
        self
    }

    /// The same engine with other limits.
    ///
    /// ```
    /// use ottl::{Engine, EngineLimits, RunLimits};
    ///
    /// let run = RunLimits { max_depth: 20, ..RunLimits::default() };
    /// let engine = Engine::default().with_limits(EngineLimits { run, ..EngineLimits::default() });
    /// assert_eq!(engine.limits().run.max_depth, 20);
    /// ```
    #[must_use]
    pub fn with_limits(mut self, limits: EngineLimits) -> Self {
        self.options.limits = limits.source;
        self.options.patterns = limits.patterns;
        self.batch_limits = limits.batch;
        self.pool = Pool::new(limits.pool.max_bytes);
        self.settings.limits = limits.run;
        self
    }

    /// The limits of the engine.
    #[must_use]
    pub fn limits(&self) -> EngineLimits {
        EngineLimits {
            source: self.options.limits,
            patterns: self.options.patterns,
            batch: self.batch_limits,
            pool: PoolLimits {
                max_bytes: self.pool.max_bytes(),
            },
            run: self.settings.limits,
        }
    }

    /// The same engine with another error mode.
    #[must_use]
    pub fn with_error_mode(mut self, mode: ErrorMode) -> Self {
        self.settings.error_mode = mode;
        self
    }

    /// The same engine with another clock, zone and source of randomness.
    #[must_use]
    pub fn with_environment(mut self, environment: Arc<dyn Environment>) -> Self {
        self.settings.environment = environment;
        self
    }

    /// The same engine with another interpreter; all give the same answers.
    #[must_use]
    pub fn with_interpreter(mut self, interpreter: Interpreter) -> Self {
        self.interpreter = interpreter;
        self
    }

    /// The same engine, which merges data points that a script makes equal, or does not.
    ///
    /// A script that removes attributes may leave data points of a metric that nothing tells apart.
    /// With this option each run ends with [`Batch::merge_points`](crate::Batch::merge_points),
    /// which adds them or keeps the last, as the type of the metric demands, and the report counts
    /// them. Where points were routed to outputs, a merged point goes where the one did that stays.
    /// It is off at first.
    #[must_use]
    pub fn with_merged_points(mut self, merges: bool) -> Self {
        self.merges_points = merges;
        self
    }

    /// The same engine, in which an item that writes to its resource or scope gets one of its own,
    /// or does not.
    ///
    /// In OTTL all items of a resource share it: of several that write to it the last one wins, for
    /// all of them. With this option each span, log record, data point or profile gets what its own
    /// statements write to its resource, its scope and its metric. What is equal in the end is put
    /// together again, in the order of the first items, whatever resources the items had before.
    /// What is inside of an item, such as span events, moves with it. A script that writes nothing
    /// there runs as it always does, and a message in which nothing there changed keeps its order. It is
    /// off at first.
    ///
    /// ```
    /// use ottl::{Engine, Signal, json};
    ///
    /// let text = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
    ///     {"severityText":"a"},{"severityText":"b"},{"severityText":"a"}]}]}]}"#;
    /// let script = Engine::default().with_regrouping(true).compile(
    ///     Signal::Logs,
    ///     None,
    ///     r#"set(resource.attributes["level"], log.severity_text)"#,
    /// )?;
    /// let mut batch = script.decode(json::to_wire(Signal::Logs, text.as_bytes())?)?;
    /// script.run(&mut batch)?;
    ///
    /// let mut out = Vec::new();
    /// json::from_wire(Signal::Logs, &batch.encode(), &mut out)?;
    /// let logs = |level: &str, records: &str| {
    ///     format!(
    ///         r#"{{"resource":{{"attributes":[{{"key":"level","value":{{"stringValue":"{level}"}}}}]}},"#
    ///     ) + &format!(r#""scopeLogs":[{{"logRecords":[{records}]}}]}}"#)
    /// };
    /// let a = logs("a", r#"{"severityText":"a"},{"severityText":"a"}"#);
    /// let b = logs("b", r#"{"severityText":"b"}"#);
    /// assert_eq!(String::from_utf8(out)?, format!(r#"{{"resourceLogs":[{a},{b}]}}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_regrouping(mut self, regroups: bool) -> Self {
        self.options.regroups = regroups;
        self
    }

    /// The same engine, whose scripts hand samples of failures that are ignored to `sink`; see
    /// [`samples`](crate::samples).
    ///
    /// ```
    /// # use ottl::{Engine, ErrorMode, Signal};
    /// # use ottl::samples::SampleSettings;
    /// # use std::sync::{Arc, Mutex};
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let keep = Arc::clone(&seen);
    /// let engine = Engine::default()
    ///     .with_error_mode(ErrorMode::Ignore)
    ///     .with_error_samples(SampleSettings::default(), move |sample| {
    ///         keep.lock().expect("nobody panics").push(sample);
    ///     });
    /// let source = r#"set(log.body, Int(log.attributes["a"]) + 1)"#;
    /// let script = engine.compile(Signal::Logs, None, source)?;
    /// # let record = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
    /// #     {"attributes":[{"key":"a","value":{"stringValue":"ann"}}]}]}]}]}"#;
    /// # let mut batch = script.decode(ottl::json::to_wire(Signal::Logs, record)?)?;
    /// script.run(&mut batch)?;
    /// let seen = seen.lock().expect("nobody panics");
    /// assert_eq!(seen[0].source, source);
    /// assert!(seen[0].message.contains(r#""stringValue":"<string of 3 bytes>""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_error_samples(
        mut self,
        settings: SampleSettings,
        sink: impl Fn(ErrorSample) + Send + Sync + 'static,
    ) -> Self {
        self.samples = Some(Samples {
            settings: Arc::new(settings),
            sink: Arc::new(sink),
        });
        self
    }

    /// The same engine, whose runs and traces know of a request where nobody hands in another.
    pub(crate) fn with_request(mut self, request: Option<Arc<Request>>) -> Self {
        self.settings.request = request;
        self
    }

    /// The same engine with one more function, in place of one with the same name.
    #[must_use]
    pub fn with_function(mut self, function: impl Function + 'static) -> Self {
        Arc::make_mut(&mut self.registry).add(Arc::new(function));
        self
    }

    /// The functions that programs may call.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The language that sources are written in.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn language(&self) -> Language<'_> {
        Language::new(&self.registry, &self.options)
    }

    /// Checks a script without a message to run it over, and reports every problem in it.
    #[must_use]
    pub fn check(&self, signal: Option<Signal>, context: Option<Context>, source: &str) -> Checked {
        self.language().check_script(signal, context, source)
    }

    /// The context that a script seems to have, which may be half written; [`Engine::check`] knows
    /// better about those that are complete.
    #[must_use]
    pub fn guess_context(&self, signal: Option<Signal>, source: &str) -> Option<Context> {
        self.language().guess_script(signal, source)
    }

    /// The context that a group of sources seems to have, which may be half written.
    #[must_use]
    pub fn guess_context_of(&self, signal: Option<Signal>, group: Group<'_>) -> Option<Context> {
        self.language().guess_group(signal, group)
    }

    /// The functions that sources may call in a context, or in any one, sorted by name.
    #[must_use]
    pub fn functions(&self, context: Option<Context>) -> Vec<&Arc<dyn Function>> {
        let fits = |function: &&Arc<dyn Function>| {
            let function = &***function;
            let contexts = || crate::reference::contexts_of(function);
            self.options.has(function.home())
                && context.is_none_or(|context| contexts().contains(&context))
        };
        self.registry.all().into_iter().filter(fits).collect()
    }

    /// Compiles a script: statements with line breaks between them, and `#` comments.
    ///
    /// Without a context it is inferred from the paths.
    ///
    /// # Errors
    /// Every problem in the source, when one of them is an error.
    pub fn compile(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        source: &str,
    ) -> Result<Script, CompileError> {
        let target = Target {
            signal,
            context: context.into(),
        };
        let compiled = self.language().compile_script(target, source);
        let compiled = compiled.map_err(|diagnostics| CompileError::script(source, diagnostics))?;
        Ok(self.statements(compiled))
    }

    /// Compiles statements that come each in a source of its own, as in a configuration.
    ///
    /// # Errors
    /// Every problem in every source, when one of them is an error.
    pub fn compile_statements(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        sources: &[String],
    ) -> Result<Script, CompileError> {
        self.compile_group(signal, context, Group::of(sources))
    }

    /// Compiles statements that come each in a source of its own, and run only for the items for
    /// which one of the group's conditions holds. The conditions are parts of the script as well,
    /// in front of the statements.
    ///
    /// # Errors
    /// Every problem in every source, when one of them is an error.
    pub fn compile_group(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        group: Group<'_>,
    ) -> Result<Script, CompileError> {
        let target = Target {
            signal,
            context: context.into(),
        };
        let compiled = self.language().compile_group(target, group);
        let compiled = compiled.map_err(|problems| {
            let sources = [group.conditions, group.statements].concat();
            CompileError::sources(&sources, problems)
        })?;
        Ok(self.statements(compiled))
    }

    /// Statements that were compiled, ready to run as the engine runs them.
    pub(crate) fn statements(&self, compiled: ottl_compiler::Compiled) -> Script {
        self.script(compiled).with_merged_points(self.merges_points)
    }

    pub(crate) fn script(&self, compiled: ottl_compiler::Compiled) -> Script {
        Script::new(
            compiled.program,
            compiled
                .warnings
                .into_iter()
                .map(|problem: Problem| problem.diagnostic)
                .collect(),
            self.settings.clone(),
            self.interpreter,
            (self.batch_limits, Arc::clone(&self.pool)),
        )
        .with_probes(compiled.probes)
        .with_samples(self.samples.clone())
    }

    /// Compiles a script to be traced: run over one item, with the values of all parts of its
    /// conditions.
    ///
    /// # Errors
    /// As [`Engine::compile`].
    pub fn trace(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        source: &str,
    ) -> Result<Traced, CompileError> {
        let target = Target {
            signal,
            context: context.into(),
        };
        let language = self.language().with_probes(true);
        let compiled = language.compile_script(target, source);
        let compiled = compiled.map_err(|diagnostics| CompileError::script(source, diagnostics))?;
        Ok(Traced::new(self.statements(compiled)))
    }

    /// Compiles a group to be traced, as [`Engine::compile_group`] does to be run.
    ///
    /// # Errors
    /// As [`Engine::compile_group`].
    pub fn trace_group(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        group: Group<'_>,
    ) -> Result<Traced, CompileError> {
        let target = Target {
            signal,
            context: context.into(),
        };
        let language = self.language().with_probes(true);
        let compiled = language.compile_group(target, group);
        let compiled = compiled.map_err(|problems| {
            let sources = [group.conditions, group.statements].concat();
            CompileError::sources(&sources, problems)
        })?;
        Ok(Traced::new(self.statements(compiled)))
    }

    /// Compiles a condition, to be asked which items it holds for.
    ///
    /// # Errors
    /// Every problem in the source, when one of them is an error.
    pub fn compile_condition(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        source: &str,
    ) -> Result<Condition, CompileError> {
        let sources = [source.to_owned()];
        let target = Target {
            signal,
            context: context.into(),
        };
        let compiled = self.language().compile_conditions(target, &sources);
        let compiled = compiled.map_err(|problems| CompileError::sources(&sources, problems))?;
        Ok(Condition::new(self.script(compiled)))
    }

    /// Compiles an expression, to be asked for its value for each item.
    ///
    /// # Errors
    /// Every problem in the source, when one of them is an error.
    pub fn compile_expression(
        &self,
        signal: Signal,
        context: impl Into<Option<Context>>,
        source: &str,
    ) -> Result<Expression, CompileError> {
        let sources = [source.to_owned()];
        let target = Target {
            signal,
            context: context.into(),
        };
        let compiled = self.language().compile_expressions(target, &sources);
        let compiled = compiled.map_err(|problems| CompileError::sources(&sources, problems))?;
        Ok(Expression::new(self.script(compiled)))
    }
}
