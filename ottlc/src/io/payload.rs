//! The content of one message: protobuf from JSON, batches from protobuf, and what to say when that
//! is not possible.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottl::{Batch, DecodeError, DecodeReason, Signal, json};
use serde::de::IgnoredAny;

use crate::error::Error;
use crate::io::format::Format;
use crate::io::messages::Message;
use crate::limits;

const SIGNALS: [Signal; 4] = Signal::ALL;

/// The message as protobuf.
pub(crate) fn wire(
    file: &str,
    signal: Signal,
    format: Format,
    message: &Message,
) -> Result<Bytes, Error> {
    if !format.is_json() {
        return Ok(message.content.clone());
    }
    let text = message.content.strip_prefix(super::detect::BYTE_ORDER_MARK);
    // Behind the last line there is no place that an error could name.
    let text = text.unwrap_or(&message.content).trim_ascii_end();
    let wire = json::to_wire(signal, text).map_err(|mut error| {
        error.line += message.line as usize - 1;
        Error::new(error.to_string()).at(place(file, message))
    })?;
    if wire.is_empty() {
        check_names(signal, text).map_err(|error| error.at(place(file, message)))?;
    }
    Ok(wire.into())
}

/// A JSON document without resources may be another kind of document altogether.
fn check_names(signal: Signal, text: &[u8]) -> Result<(), Error> {
    let names: BTreeMap<String, IgnoredAny> = serde_json::from_slice(text).unwrap_or_default();
    let has = |signal| {
        let (camel, snake) = resources(signal);
        names.contains_key(camel) || names.contains_key(snake)
    };
    if names.is_empty() || has(signal) {
        return Ok(());
    }
    let (wanted, _) = resources(signal);
    let error = Error::new(format!("The document has no `{wanted}`."));
    Err(match SIGNALS.into_iter().find(|other| has(*other)) {
        Some(other) => wrong_signal(error, other),
        None => error.help("Check that the file is OTLP/JSON."),
    })
}

fn resources(signal: Signal) -> (&'static str, &'static str) {
    match signal {
        Signal::Traces => ("resourceSpans", "resource_spans"),
        Signal::Logs => ("resourceLogs", "resource_logs"),
        Signal::Metrics => ("resourceMetrics", "resource_metrics"),
        Signal::Profiles => ("resourceProfiles", "resource_profiles"),
    }
}

fn wrong_signal(error: Error, actual: Signal) -> Error {
    let name = actual.name();
    error.help(format!("The message holds {name}: try --signal {name}."))
}

/// What to say of a message that cannot be decoded.
pub(crate) fn decode_error(
    file: &str,
    signal: Signal,
    format: Format,
    message: &Message,
    wire: &Bytes,
    mut error: DecodeError,
) -> Error {
    if !format.is_json() {
        error.offset += message.offset as usize;
    }
    let said = Error::new(error.to_string()).at(place(file, message));
    if error.reason == DecodeReason::TooManyRows {
        return said.help(limits::GROWTH);
    }
    let fits = |other: &Signal| *other != signal && Batch::decode(*other, wire.clone()).is_ok();
    match SIGNALS.into_iter().find(fits) {
        Some(other) => wrong_signal(said, other),
        None if is_text(wire) => said.help(
            "The file is text, but not OTLP/JSON, which begins with `{` and the name of a field.",
        ),
        None if message.number == 1 => {
            said.help("The file is damaged or no OTLP; see also --signal and --input-format.")
        }
        None => said.help("The message is damaged; those before it are well formed."),
    }
}

/// Whether bytes look like something that a person can read.
fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    start.iter().all(is_text)
}

/// Where a message is.
pub(crate) fn place(file: &str, message: &Message) -> String {
    format!("{file}: message {}", message.number)
}
