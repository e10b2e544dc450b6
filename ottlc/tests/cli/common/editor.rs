//! An editor that talks to `ottlc lsp` over its standard streams.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

/// The mark of the cursor in the texts of tests.
pub(crate) const CURSOR: &str = "¦";

/// A running server and what it said.
pub(crate) struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next_id: i64,
    /// What came that nobody waited for yet.
    unread: VecDeque<Json>,
    version: i64,
}

impl Editor {
    /// Starts the server without saying anything to it.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ottlc"))
            .arg("lsp")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            input,
            output,
            next_id: 0,
            unread: VecDeque::new(),
            version: 0,
        }
    }

    /// Starts the server as an editor with all abilities does.
    pub(crate) fn new() -> Self {
        Self::with(&json!({}))
    }

    /// The same with settings.
    pub(crate) fn with(options: &Json) -> Self {
        let mut editor = Self::start(&[]);
        editor.initialize(&able(), options);
        editor
    }

    pub(crate) fn initialize(&mut self, capabilities: &Json, options: &Json) -> Json {
        let params = json!({
            "processId": null,
            "rootUri": null,
            "capabilities": capabilities,
            "initializationOptions": options,
        });
        let result = self.request("initialize", &params);
        self.notify("initialized", &json!({}));
        result
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the server listens");
        input.write_all(bytes).expect("the server reads");
        input.flush().expect("the server reads");
    }

    pub(crate) fn send(&mut self, message: &Json) {
        let body = message.to_string();
        let framed = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.write(framed.as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Json) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask(&mut self, method: &str, params: &Json) -> Json {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The result of a request that has to succeed.
    pub(crate) fn request(&mut self, method: &str, params: &Json) -> Json {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The first message of a kind that was not waited for before.
    pub(crate) fn wait(&mut self, is_it: impl Fn(&Json) -> bool) -> Json {
        if let Some(at) = self.unread.iter().position(&is_it) {
            return self.unread.remove(at).expect("it is there");
        }
        loop {
            let message = self.read().expect("the server goes on talking");
            if is_it(&message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }

    /// The next message; nothing when the server ended.
    pub(crate) fn read(&mut self) -> Option<Json> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self
                .output
                .read_line(&mut line)
                .expect("the server writes text")
                == 0
            {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", number)) => length = number.parse().expect("a number"),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output
            .read_exact(&mut body)
            .expect("the whole message");
        let message: Json = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        Some(message)
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        self.version += 1;
        let item = json!({
            "uri": uri, "languageId": "x", "version": self.version, "text": text,
        });
        self.notify("textDocument/didOpen", &json!({"textDocument": item}));
    }

    /// Changes parts of a file: ranges as line, column, line, column.
    pub(crate) fn change(&mut self, uri: &str, changes: &[([u32; 4], &str)]) {
        self.version += 1;
        let changes: Json = changes
            .iter()
            .map(|([a, b, c, d], text)| {
                json!({
                    "range": {
                        "start": {"line": a, "character": b}, "end": {"line": c, "character": d},
                    },
                    "text": text,
                })
            })
            .collect();
        let item = json!({"uri": uri, "version": self.version});
        let params = json!({"textDocument": item, "contentChanges": changes});
        self.notify("textDocument/didChange", &params);
    }

    /// The problems of a file as it was last opened or changed.
    pub(crate) fn problems(&mut self, uri: &str) -> Vec<Json> {
        let version = self.version;
        let message = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        let problems = message["params"]["diagnostics"].as_array();
        problems.expect("a list").clone()
    }

    /// What a request about the cursor in a new file says.
    pub(crate) fn at_cursor(&mut self, method: &str, name: &str, text: &str) -> Json {
        let uri = format!("file:///{name}");
        let before = text.split(CURSOR).next().expect("a first part");
        let line = before.matches('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or("")
            .encode_utf16()
            .count();
        self.open(&uri, &text.replacen(CURSOR, "", 1));
        let params = json!({
            "textDocument": {"uri": uri}, "position": {"line": line, "character": column},
        });
        self.request(method, &params)
    }

    /// What is proposed at the cursor of a new file.
    pub(crate) fn proposals(&mut self, name: &str, text: &str) -> Proposals {
        let list = self.at_cursor("textDocument/completion", name, text);
        let items = list["items"].as_array().expect("a list").clone();
        Proposals {
            text: text.to_owned(),
            items,
        }
    }

    /// What is said about the name at the cursor of a new file; empty when nothing is.
    pub(crate) fn hover(&mut self, name: &str, text: &str) -> String {
        let hover = self.at_cursor("textDocument/hover", name, text);
        let value = hover["contents"]["value"].as_str();
        value.unwrap_or_default().to_owned()
    }

    /// Ends the conversation in order, and gives the exit status.
    pub(crate) fn leave(mut self) -> i32 {
        assert_eq!(self.request("shutdown", &Json::Null), Json::Null);
        self.notify("exit", &Json::Null);
        self.end()
    }

    /// Closes the server's input and waits for its end.
    pub(crate) fn end(mut self) -> i32 {
        self.input = None;
        while self.read().is_some() {}
        let status = self.child.wait().expect("the server ends");
        status.code().expect("the server was not killed")
    }
}

/// The abilities of an editor that has all of them.
pub(crate) fn able() -> Json {
    json!({
        "general": {"positionEncodings": ["utf-16"]},
        "textDocument": {
            "completion": {"completionItem": {
                "snippetSupport": true, "documentationFormat": ["markdown", "plaintext"],
            }},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "publishDiagnostics": {"relatedInformation": true},
            "signatureHelp": {"signatureInformation": {"documentationFormat": ["markdown"]}},
        },
    })
}

/// What was proposed in a text.
pub(crate) struct Proposals {
    text: String,
    pub(crate) items: Vec<Json>,
}

impl Proposals {
    pub(crate) fn labels(&self) -> Vec<&str> {
        self.items
            .iter()
            .filter_map(|item| item["label"].as_str())
            .collect()
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.labels().contains(&label)
    }

    pub(crate) fn get(&self, label: &str) -> &Json {
        let mut items = self.items.iter();
        let found = items.find(|item| item["label"] == label);
        found.unwrap_or_else(|| panic!("no {label} in {:?}", self.labels()))
    }

    /// The text with a proposal taken.
    pub(crate) fn taken(&self, label: &str) -> String {
        let edit = &self.get(label)["textEdit"];
        let text = self.text.replacen(CURSOR, "", 1);
        apply(&text, std::slice::from_ref(edit))
    }
}

/// A text after edits, with columns in UTF-16 units.
pub(crate) fn apply(text: &str, edits: &[Json]) -> String {
    let offset = |position: &Json| {
        let line = position["line"].as_u64().expect("a line") as usize;
        let column = position["character"].as_u64().expect("a column") as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut units = 0;
        for (at, c) in text[start..].char_indices() {
            if units >= column {
                return start + at;
            }
            units += c.len_utf16();
        }
        text.len()
    };
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            let new = edit["newText"].as_str().expect("a text");
            (offset(&range["start"])..offset(&range["end"]), new)
        })
        .collect();
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = text.to_owned();
    for (range, new) in edits.into_iter().rev() {
        out.replace_range(range, new);
    }
    out
}
