//! Running the program in a folder of its own.

#[cfg(feature = "lsp")]
pub(crate) mod editor;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ottl::{Signal, json, put_varint};
use serde_json::Value as Json;
use tempfile::TempDir;

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit status.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: Vec<u8>,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// Standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("standard output is UTF-8")
    }

    /// Fails the test unless the program succeeded.
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.err);
        self
    }

    /// Fails the test unless the program failed with `code` and says all of `words`.
    pub(crate) fn failure(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}{}", self.text(), self.err);
        let said = format!("{}{}", self.text(), self.err);
        for word in words {
            assert!(said.contains(word), "{word:?} is missing in:\n{said}");
        }
        assert!(!said.contains("panicked"), "{said}");
        self
    }
}

/// A folder for the files of one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("the folder is writable");
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names of the files in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("the folder is readable");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    /// Runs the program in the folder.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        self.run_with(args, b"")
    }

    /// Runs the program in the folder with something on standard input.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ottlc"))
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // The program may end without having read everything.
                let _ = stdin.write_all(input);
            });
            run_of(child.wait_with_output().expect("the program ends"))
        })
    }
}

fn run_of(output: Output) -> Run {
    Run {
        code: output.status.code().expect("the program was not killed"),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The arguments in a line of words.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// The folder of examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// A message with `count` spans named after their number.
pub(crate) fn spans(count: usize) -> String {
    let spans: Vec<_> = (0..count)
        .map(|n| format!(r#"{{"name":"span {n}"}}"#))
        .collect();
    let spans = spans.join(",");
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
}

/// The message as protobuf.
pub(crate) fn wire(signal: Signal, text: &str) -> Vec<u8> {
    json::to_wire(signal, text.as_bytes()).expect("OTLP/JSON")
}

/// Messages behind their lengths.
pub(crate) fn delimited(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for message in messages {
        put_varint(&mut out, message.len() as u64);
        out.extend_from_slice(message);
    }
    out
}

/// The message in one spelling: attributes sorted by their keys, and without the messages that mean
/// the same empty as absent.
pub(crate) fn canonical(signal: Signal, wire: &[u8]) -> Json {
    let mut text = Vec::new();
    json::from_wire(signal, wire, &mut text).expect("a well-formed message");
    let mut value = serde_json::from_slice(&text).expect("JSON");
    settle(&mut value);
    value
}

fn settle(value: &mut Json) {
    match value {
        Json::Array(elements) => {
            elements.iter_mut().for_each(settle);
            if elements.iter().all(|element| element.get("key").is_some()) {
                elements.sort_by_key(|element| element["key"].to_string());
            }
        }
        Json::Object(fields) => {
            for name in ["resource", "scope", "status"] {
                if fields.get(name) == Some(&Json::Object(serde_json::Map::new())) {
                    fields.remove(name);
                }
            }
            fields.values_mut().for_each(settle);
        }
        _ => {}
    }
}
