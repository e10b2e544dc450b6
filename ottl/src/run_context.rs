//! What comes from outside for one run.

use std::fmt;
use std::sync::Arc;

use otlp_columns::Interrupt;
use ottl_vm::{Environment, ExecSettings, Request};

/// What comes from outside for one run, beside the message: how long it may take, and what is known
/// of the request that brought the message. By default nothing.
///
/// ```
/// # use ottl::{Engine, Level, RunContext, Signal};
/// use std::sync::Arc;
///
/// let script = Engine::default().compile(
///     Signal::Traces,
///     None,
///     r#"set(span.attributes["tenant"], otelcol.client.metadata["x-tenant"][0])"#,
/// )?;
/// let request = ottl::Request::default().with_metadata("X-Tenant", ["acme"]);
/// let context = RunContext::default().with_request(Arc::new(request));
/// let mut batch = script.decode(vec![10, 4, 18, 2, 18, 0])?;
/// let report = script.run_with(&mut batch, &context)?;
/// assert_eq!(report.statements[0].changed, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct RunContext {
    pub(crate) interrupt: Option<Arc<Interrupt>>,
    pub(crate) request: Option<Arc<Request>>,
    pub(crate) environment: Option<Arc<dyn Environment>>,
}

impl RunContext {
    /// The same, with what ends the run when it says `true`; see
    /// [`Script::run_until`](crate::Script::run_until).
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Arc<Interrupt>) -> Self {
        self.interrupt = Some(interrupt);
        self
    }

    /// The same, with what the paths that begin with `otelcol` lead to.
    #[must_use]
    pub fn with_request(mut self, request: Arc<Request>) -> Self {
        self.request = Some(request);
        self
    }

    /// The same in another environment.
    pub(crate) fn with_environment(mut self, environment: Arc<dyn Environment>) -> Self {
        self.environment = Some(environment);
        self
    }

    /// The settings of an engine for this run.
    pub(crate) fn apply(&self, settings: &ExecSettings) -> ExecSettings {
        let mut settings = settings.clone();
        settings.interrupt = self.interrupt.clone().or(settings.interrupt);
        settings.request = self.request.clone().or(settings.request);
        if let Some(environment) = &self.environment {
            settings.environment = Arc::clone(environment);
        }
        settings
    }
}

impl fmt::Debug for RunContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunContext")
            .field("interrupt", &self.interrupt.is_some())
            .field("request", &self.request)
            .finish()
    }
}
