//! One case of the corpus, as it stands on one line of a JSONL file.

use std::fmt;
use std::io::{self, BufRead};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A question about OTTL and, once answered, what the reference did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Case {
    /// Unique name, such as `set/attr-string-001`.
    pub id: String,
    /// What the sources are.
    #[serde(default)]
    pub kind: Kind,
    /// What kind of message `input` is.
    pub signal: Signal,
    /// The OTTL context the sources run in, such as `span` or `datapoint`.
    pub context: String,
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

/// The three kinds of OTLP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// `TracesData`.
    Traces,
    /// `LogsData`.
    Logs,
    /// `MetricsData`.
    Metrics,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signal::Traces => "traces",
            Signal::Logs => "logs",
            Signal::Metrics => "metrics",
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
