//! Answers of an engine, as they stand in a file.

use std::collections::HashMap;
use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::Value;

use crate::case::read_lines;

/// One line: the answer of `spec-eval`, or a whole case with the answer in it.
#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(alias = "expect")]
    answer: Value,
}

/// Reads one answer a line, `{"id": …, "answer": …}` or a case with `expect`; gives them by id.
///
/// # Errors
/// Fails when reading fails or a line is no answer; the error names the line.
pub fn read_answers(reader: impl BufRead) -> io::Result<HashMap<String, Value>> {
    let lines: Vec<Line> = read_lines(reader)?;
    Ok(lines
        .into_iter()
        .map(|line| (line.id, line.answer))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_answered_cases_are_read() {
        let text = "{\"id\":\"a\",\"answer\":{\"output\":{}}}\n\n\
                    {\"id\":\"b\",\"input\":{},\"expect\":{\"results\":[true]}}\n";
        let answers = read_answers(text.as_bytes()).unwrap();
        assert_eq!(answers["a"], serde_json::json!({"output": {}}));
        assert_eq!(answers["b"], serde_json::json!({"results": [true]}));
        let error = read_answers("\n{\"id\":\"a\"}".as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("line 2: "), "{error}");
    }
}
