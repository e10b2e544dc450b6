//! One case of the corpus, as it stands on one line of a JSONL file.

use std::fmt;
use std::io::{self, BufRead};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A question about OTTL and, once answered, what the reference did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Case {
    /// Unique name, such as `set/attr-string-001`.
    pub id: String,
    /// What the sources are.
    #[serde(default)]
    pub kind: Kind,
    /// What kind of message `input` is.
    pub signal: Signal,
    /// The component of the collector that is asked; OTTL alone when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    /// The OTTL context the sources run in, such as `span` or `datapoint`; empty in a case
    /// with a configuration, which names its contexts itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// The feature gates that are not as they are by default: ids, with a minus sign before
    /// those that are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<String>,
    /// What to do with an error of a statement; `propagate` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_mode: Option<String>,
    /// The sources of a case of kind [`Kind::Statements`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// The sources of a case of kind [`Kind::Conditions`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The sources of a case of kind [`Kind::Expressions`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<String>,
    /// The whole configuration of the component, in place of sources: YAML text or an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    /// What is known of the request that brought the message, laid out as the paths that begin with
    /// `otelcol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otelcol: Option<Value>,
    /// One OTLP/JSON message, byte for byte as it was written.
    pub input: Box<RawValue>,
    /// The answer of the reference; absent while nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Value>,
}

/// What the sources of a case are, and so what its answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Statements that change the message: the answer is the message afterwards.
    #[default]
    Statements,
    /// Boolean conditions: the answer is a list of booleans and errors.
    Conditions,
    /// Value expressions: the answer is a list of typed values and errors.
    Expressions,
}

/// A component of the collector that runs OTTL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// The transform processor: the answer is the message it passes on.
    Transform,
    /// The filter processor: the answer is the message it passes on, which is empty when
    /// it passes nothing on.
    Filter,
    /// The routing connector: the answer is a message for each pipeline.
    Routing,
}

impl Component {
    /// Its name in a case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transform => "transform",
            Self::Filter => "filter",
            Self::Routing => "routing",
        }
    }
}

/// The kinds of OTLP message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// `TracesData`.
    #[default]
    Traces,
    /// `LogsData`.
    Logs,
    /// `MetricsData`.
    Metrics,
    /// `ProfilesData`.
    Profiles,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signal::Traces => "traces",
            Signal::Logs => "logs",
            Signal::Metrics => "metrics",
            Signal::Profiles => "profiles",
        })
    }
}

impl Case {
    /// The OTTL sources, whatever their kind.
    pub fn sources(&self) -> &[String] {
        match self.kind {
            Kind::Statements => &self.statements,
            Kind::Conditions => &self.conditions,
            Kind::Expressions => &self.expressions,
        }
    }

    /// Stores `sources` in the field that belongs to the kind.
    pub fn set_sources(&mut self, sources: Vec<String>) {
        match self.kind {
            Kind::Statements => self.statements = sources,
            Kind::Conditions => self.conditions = sources,
            Kind::Expressions => self.expressions = sources,
        }
    }
}

/// Reads one case a line; empty lines are skipped, and what is not UTF-8 becomes U+FFFD.
///
/// # Errors
/// Fails when reading fails or a line is not a case; the error names the line.
pub fn read_cases(reader: impl BufRead) -> io::Result<Vec<Case>> {
    read_lines(reader)
}

pub(crate) fn read_lines<T: DeserializeOwned>(reader: impl BufRead) -> io::Result<Vec<T>> {
    let mut values = Vec::new();
    for (number, line) in reader.split(b'\n').enumerate() {
        let value = read_line(&line?).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("line {}: {error}", number + 1),
            )
        })?;
        values.extend(value);
    }
    Ok(values)
}

/// Reads the case on a line, if the line is not blank.
///
/// # Errors
/// When the line is no case.
pub fn read_case(line: &[u8]) -> serde_json::Result<Option<Case>> {
    read_line(line)
}

fn read_line<T: DeserializeOwned>(line: &[u8]) -> serde_json::Result<Option<T>> {
    let line = String::from_utf8_lossy(line);
    if line.trim().is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&line).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_printed_as_it_was_read() {
        let lines = [
            r#"{"id":"a","kind":"conditions","signal":"logs","context":"log","gates":["g","-h"],"conditions":["true"],"input":{}}"#,
            r#"{"id":"b","kind":"statements","signal":"traces","component":"routing","config":"table: []\n","input":{},"expect":{"outputs":{"traces/a":{}}}}"#,
            r#"{"id":"c","kind":"statements","signal":"profiles","component":"filter","config":{"error_mode":"ignore"},"input":{}}"#,
        ];
        for line in lines {
            let case = read_case(line.as_bytes()).unwrap().expect("a case");
            assert_eq!(serde_json::to_string(&case).unwrap(), line);
        }
    }
}
