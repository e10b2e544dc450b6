//! Messages on a stream: a header with their length, and JSON.
//!
//! What is no message is said to be malformed, and the next one is read: a mistake of a client does
//! not end the conversation.

use std::io::{self, BufRead, Read, Write};

use serde_json::{Value as Json, json};

/// The longest message that is read, in bytes.
const MAX_MESSAGE: u64 = 32 << 20;
/// The longest line of a header.
const MAX_HEADER: u64 = 8 << 10;

/// The number or text by which a request is answered.
pub(super) type Id = Json;

/// What was read.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// It wants an answer.
    Request {
        id: Id,
        method: String,
        params: Json,
    },
    /// It wants none.
    Notification { method: String, params: Json },
    /// An answer.
    Response { id: Id, result: Option<Json> },
    /// Something else, with the code of the error.
    Malformed { id: Id, code: i64, reason: String },
}

/// Codes of errors.
pub(super) const PARSE_ERROR: i64 = -32700;
pub(super) const INVALID_REQUEST: i64 = -32600;
pub(super) const METHOD_NOT_FOUND: i64 = -32601;
pub(super) const INVALID_PARAMS: i64 = -32602;
pub(super) const INTERNAL_ERROR: i64 = -32603;
pub(super) const NOT_INITIALIZED: i64 = -32002;
pub(super) const CANCELLED: i64 = -32800;

/// Reads the next message; nothing at the end of the stream.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    let malformed = |reason: String| Message::Malformed {
        id: Json::Null,
        code: PARSE_ERROR,
        reason,
    };
    let Some(length) = read_header(input)? else {
        return Ok(None);
    };
    let Some(length) = length else {
        let reason = "The header has no Content-Length that is a number.".to_owned();
        return Ok(Some(malformed(reason)));
    };
    if length > MAX_MESSAGE {
        let skipped = io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        let reason = format!("A message may have {MAX_MESSAGE} bytes at most.");
        return Ok((skipped == length).then(|| malformed(reason)));
    }
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(match serde_json::from_slice(&body) {
        Ok(value) => sort(value),
        Err(error) => malformed(format!("The message is not JSON: {error}.")),
    }))
}

/// The length that a header says the message has, if it says one; nothing at all at the end.
fn read_header(input: &mut impl BufRead) -> io::Result<Option<Option<u64>>> {
    let mut length = None;
    let mut is_first = true;
    loop {
        let mut line = Vec::new();
        input
            .by_ref()
            .take(MAX_HEADER)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            // Blank lines between messages are nobody's fault.
            if is_first {
                continue;
            }
            return Ok(Some(length));
        }
        is_first = false;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        if line[..colon].eq_ignore_ascii_case(b"content-length") {
            let number = std::str::from_utf8(&line[colon + 1..]).ok();
            length = number.and_then(|number| number.trim().parse().ok());
        }
    }
}

/// What a JSON value is as a message.
fn sort(value: Json) -> Message {
    let Json::Object(mut fields) = value else {
        return no_message(Json::Null);
    };
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let (id, params, method) = (take("id"), take("params"), take("method"));
    let has_id = id.is_i64() || id.is_u64() || id.is_string();
    match method {
        Json::String(method) if has_id => Message::Request { id, method, params },
        Json::String(method) if id.is_null() => Message::Notification { method, params },
        Json::Null if has_id && (fields.contains_key("result") || fields.contains_key("error")) => {
            Message::Response {
                id,
                result: fields.remove("result"),
            }
        }
        _ => no_message(if has_id { id } else { Json::Null }),
    }
}

fn no_message(id: Id) -> Message {
    Message::Malformed {
        id,
        code: INVALID_REQUEST,
        reason: "This is no request, no notification and no answer.".to_owned(),
    }
}

/// Writes messages.
#[derive(Debug)]
pub(super) struct Sender<W>(pub(super) W);

impl<W: Write> Sender<W> {
    fn send(&mut self, message: &Json) -> io::Result<()> {
        let body = message.to_string();
        write!(self.0, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.0.flush()
    }

    pub(super) fn request(&mut self, id: &str, method: &str, params: Json) -> io::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }

    pub(super) fn notify(&mut self, method: &str, params: Json) -> io::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    pub(super) fn answer(&mut self, id: Id, result: Json) -> io::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
    }

    pub(super) fn fail(&mut self, id: Id, code: i64, message: &str) -> io::Result<()> {
        let error = json!({"code": code, "message": message});
        self.send(&json!({"jsonrpc": "2.0", "id": id, "error": error}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<String> {
        let mut input = input;
        let mut all = Vec::new();
        while let Some(message) = read(&mut input).expect("reading from memory") {
            all.push(match message {
                Message::Request { id, method, .. } => format!("{method} {id}"),
                Message::Notification { method, .. } => method,
                Message::Response { id, .. } => format!("answer {id}"),
                Message::Malformed { id, code, .. } => format!("{code} {id}"),
            });
        }
        all
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn messages_are_told_apart() {
        let input = [
            framed(r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{}}"#),
            framed(r#"{"jsonrpc":"2.0","method":"b"}"#),
            framed(r#"{"jsonrpc":"2.0","id":"x","result":null}"#),
            framed(r#"{"jsonrpc":"2.0","id":"x"}"#),
            framed("[1]"),
        ];
        let expected = ["a 1", "b", "answer \"x\"", "-32600 \"x\"", "-32600 null"];
        assert_eq!(all(input.concat().as_bytes()), expected);
    }

    #[test]
    fn what_is_malformed_does_not_end_the_conversation() {
        let good = framed(r#"{"method":"b"}"#);
        for bad in [
            framed("{"),
            framed("\u{1}"),
            "Content-Length: x\r\n\r\n".to_owned(),
            "nonsense\r\n\r\n".to_owned(),
            "Content-Length: -1\r\n\r\n".to_owned(),
        ] {
            let input = format!("{bad}{good}");
            assert_eq!(all(input.as_bytes()), ["-32700 null", "b"], "{bad}");
        }
        assert_eq!(all(format!("\r\n\r\n{good}").as_bytes()), ["b"]);
    }

    #[test]
    fn lengths_are_not_believed() {
        let input = "Content-Length: 99999999999999\r\n\r\n{}";
        assert!(all(input.as_bytes()).is_empty());
        let long = MAX_MESSAGE as usize + 1;
        let header = format!("Content-Length: {long}\r\n\r\n");
        let mut input = header.into_bytes();
        input.resize(input.len() + long, b' ');
        input.extend_from_slice(framed(r#"{"method":"b"}"#).as_bytes());
        assert_eq!(all(&input), ["-32700 null", "b"]);
    }
}
