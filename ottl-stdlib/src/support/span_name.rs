//! The names of spans that the semantic conventions of OpenTelemetry want.
//!
//! <https://opentelemetry.io/docs/specs/semconv/>: of HTTP, RPC, databases and messaging. Keys of
//! attributes come with the one they had before, which counts where the present one is missing.

use otlp_columns::{Batch, Field, MapField, Value};
use ottl_vm::{ExecError, TextBuilder, text};

const SERVER: u64 = 2;
const CLIENT: u64 = 3;
const PRODUCER: u64 = 4;
const CONSUMER: u64 = 5;

/// Appends the name that the span `row` should have to `out`, which is empty, and nothing for a
/// span that no convention is for. The attributes of spans must be projected.
///
/// # Errors
/// When the name would be too long, or the run has to stop.
pub(crate) fn derive(
    batch: &mut Batch,
    row: usize,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    type Convention = fn(&mut Name<'_>) -> Result<(), ExecError>;

    let conventions: &[Convention] = match batch.scalars(Field::SpanKind)[row] {
        SERVER => &[
            |name| name.http("http.route"),
            |name| name.rpc(),
            |name| name.messaging(),
        ],
        CLIENT => &[
            |name| name.http("url.template"),
            |name| name.rpc(),
            |name| name.database(),
            |name| name.messaging(),
        ],
        PRODUCER | CONSUMER => &[|name| name.messaging()],
        _ => &[],
    };
    let mut name = Name { batch, row, out };
    for convention in conventions {
        convention(&mut name)?;
        if !name.out.is_empty() {
            break;
        }
    }
    Ok(())
}

/// A name in the making.
struct Name<'a> {
    batch: &'a mut Batch,
    row: usize,
    out: &'a mut TextBuilder,
}

impl Name<'_> {
    /// The attribute with the first of `keys` that the span has.
    fn get(&mut self, keys: &[&str]) -> Option<Value> {
        let mut keys = keys.iter();
        keys.find_map(|key| self.batch.map_get(MapField::Span, self.row, key.as_bytes()))
    }

    fn has(&mut self, key: &str) -> bool {
        self.get(&[key]) == Some(Value::Bool(true))
    }

    fn push(&mut self, value: Value) -> Result<(), ExecError> {
        text::attribute(self.batch.heap_mut(), value, self.out)
    }

    /// Appends `value` behind `mark`, if there is a value.
    fn push_behind(&mut self, mark: &[u8], value: Option<Value>) -> Result<(), ExecError> {
        let Some(value) = value else {
            return Ok(());
        };
        self.out.push(mark)?;
        self.push(value)
    }

    fn http(&mut self, subject: &str) -> Result<(), ExecError> {
        let Some(method) = self.get(&["http.request.method", "http.method"]) else {
            return Ok(());
        };
        self.push(method)?;
        let subject = self.get(&[subject]);
        self.push_behind(b" ", subject)
    }

    fn rpc(&mut self) -> Result<(), ExecError> {
        let Some(system) = self.get(&["rpc.system.name", "rpc.system"]) else {
            return Ok(());
        };
        let method = self.get(&["rpc.method", "rpc.grpc.method"]);
        match (self.get(&["rpc.service", "rpc.grpc.service"]), method) {
            (Some(service), Some(method)) => {
                self.push(service)?;
                self.push_behind(b"/", Some(method))
            }
            (Some(service), None) => {
                self.push(service)?;
                self.out.push(b"/*")
            }
            (None, method) => self.push(method.unwrap_or(system)),
        }
    }

    fn database(&mut self) -> Result<(), ExecError> {
        let Some(system) = self.get(&["db.system.name", "db.system"]) else {
            return Ok(());
        };
        if let Some(summary) = self.get(&["db.query.summary"]) {
            return self.push(summary);
        }
        if let Some(operation) = self.get(&["db.operation.name", "db.operation"]) {
            self.push(operation)?;
        }
        let operation = self.out.len();
        if operation > 0 {
            self.out.push(b" ")?;
        }
        let before = self.out.len();
        self.database_target()?;
        match self.out.len() {
            0 => self.push(system),
            len => {
                if len == before {
                    self.out.truncate(operation);
                }
                Ok(())
            }
        }
    }

    fn database_target(&mut self) -> Result<(), ExecError> {
        let before = self.out.len();
        if let Some(namespace) = self.get(&["db.namespace", "db.name"]) {
            self.push(namespace)?;
        }
        let has_namespace = self.out.len() > before;
        let target = self.get(&["db.collection.name", "db.stored_procedure.name"]);
        if target.is_some() {
            let mark: &[u8] = if has_namespace { b"." } else { b"" };
            return self.push_behind(mark, target);
        }
        match has_namespace {
            true => Ok(()),
            false => self.server(),
        }
    }

    /// Address and port of the server.
    fn server(&mut self) -> Result<(), ExecError> {
        let Some(address) = self.get(&["server.address"]) else {
            return Ok(());
        };
        self.push(address)?;
        let port = self.get(&["server.port"]);
        self.push_behind(b":", port)
    }

    fn messaging(&mut self) -> Result<(), ExecError> {
        let Some(system) = self.get(&["messaging.system"]) else {
            return Ok(());
        };
        let operation = self.get(&["messaging.operation.name", "messaging.operation"]);
        if let Some(operation) = operation {
            self.push(operation)?;
            let end = self.out.len();
            self.out.push(b" ")?;
            let before = self.out.len();
            self.destination()?;
            if self.out.len() == before {
                self.out.truncate(end);
            }
            return Ok(());
        }
        self.destination()?;
        match self.out.is_empty() {
            true => self.push(system),
            false => Ok(()),
        }
    }

    fn destination(&mut self) -> Result<(), ExecError> {
        if self.has("messaging.destination.temporary") {
            return self.out.push(b"(temporary)");
        }
        if self.has("messaging.destination.anonymous") {
            return self.out.push(b"(anonymous)");
        }
        let names = [
            "messaging.destination.template",
            "messaging.destination.name",
            "messaging.destination",
        ];
        match self.get(&names) {
            Some(name) => self.push(name),
            None => self.server(),
        }
    }
}
