//! The conversation with `ottlc lsp`: its order, mistakes of clients, and files as they change.

use crate::common::editor::{Editor, able};
use serde_json::{Value as Json, json};

const SCRIPT: &str = "file:///a.ottl";

fn code(answer: &Json) -> i64 {
    answer["error"]["code"].as_i64().expect("an error")
}

#[test]
fn a_conversation_in_order_ends_well() {
    let mut editor = Editor::start(&["--stdio"]);
    let result = editor.initialize(&able(), &json!({}));
    assert_eq!(result["serverInfo"]["name"], "ottlc");
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(result["capabilities"]["textDocumentSync"]["change"], 2);
    assert_eq!(editor.leave(), 0);
}

#[test]
fn leaving_without_shutdown_is_a_failure() {
    let mut editor = Editor::new();
    editor.notify("exit", &Json::Null);
    assert_eq!(editor.end(), 1);
    assert_eq!(Editor::new().end(), 1, "the client went away");
}

#[test]
fn requests_out_of_order_are_refused() {
    let mut editor = Editor::start(&[]);
    let params = json!({});
    assert_eq!(code(&editor.ask("textDocument/hover", &params)), -32002);
    editor.initialize(&json!({}), &Json::Null);
    assert_eq!(code(&editor.ask("initialize", &params)), -32600);
    assert_eq!(code(&editor.ask("textDocument/nothing", &params)), -32601);
    assert_eq!(code(&editor.ask("textDocument/hover", &params)), -32602);
    assert_eq!(code(&editor.ask("textDocument/hover", &json!([1]))), -32602);
    editor.notify("$/nothing", &params);
    assert_eq!(editor.request("shutdown", &Json::Null), Json::Null);
    assert_eq!(code(&editor.ask("textDocument/hover", &params)), -32600);
    editor.notify("exit", &Json::Null);
    assert_eq!(editor.end(), 0);
}

#[test]
fn malformed_messages_are_answered_and_survived() {
    let mut editor = Editor::new();
    for (bytes, wanted) in [
        (&b"Content-Length: 1\r\n\r\n{"[..], -32700),
        (b"Content-Length: x\r\n\r\n", -32700),
        (b"nonsense\r\n\r\n", -32700),
        (b"Content-Length: 2\r\n\r\n{}", -32600),
        (b"Content-Length: 2\r\n\r\n\xff\xfe", -32700),
        (b"content-length:4\r\nContent-Type: x\r\n\r\nnull", -32600),
    ] {
        editor.write(bytes);
        let answer =
            editor.wait(|message| message["id"].is_null() && message.get("error").is_some());
        assert_eq!(code(&answer), wanted, "{}", String::from_utf8_lossy(bytes));
    }
    for params in [Json::Null, json!(5), json!({"textDocument": 1}), json!([])] {
        for method in ["didOpen", "didChange", "didClose", "didSave"] {
            editor.notify(&format!("textDocument/{method}"), &params);
        }
        editor.notify("workspace/didChangeConfiguration", &params);
        editor.notify("$/cancelRequest", &params);
    }
    editor.open(SCRIPT, "set(span.name, 1");
    assert!(!editor.problems(SCRIPT).is_empty());
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_request_about_a_file_that_is_not_open_has_an_empty_answer() {
    let mut editor = Editor::new();
    let at = json!({
        "textDocument": {"uri": "file:///none.ottl"},
        "position": {"line": 4_000_000_000_u32, "character": 4_000_000_000_u32},
    });
    for method in [
        "completion",
        "hover",
        "signatureHelp",
        "formatting",
        "documentSymbol",
    ] {
        let answer = editor.request(&format!("textDocument/{method}"), &at);
        assert!(answer.is_null(), "{method}: {answer}");
    }
}

#[test]
fn changes_are_followed_and_closing_clears() {
    let mut editor = Editor::new();
    editor.open(SCRIPT, "set(span.nme, \"é🦀\")\nset(span.name, \"x\")\n");
    let problems = editor.problems(SCRIPT);
    assert_eq!(problems.len(), 1);
    let problem = &problems[0];
    assert_eq!(problem["code"], "E0203");
    assert_eq!(problem["severity"], 1);
    assert_eq!(problem["source"], "ottl");
    let range = json!({
        "start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 12},
    });
    assert_eq!(problem["range"], range);
    let message = problem["message"].as_str().expect("a message");
    assert!(
        message.contains("help: did you mean `span.name`?"),
        "{message}"
    );

    editor.change(SCRIPT, &[([0, 10, 0, 10], "a"), ([1, 15, 1, 18], "1 +")]);
    let problems = editor.problems(SCRIPT);
    assert_eq!(problems[0]["range"]["start"]["line"], 1, "{problems:?}");
    editor.change(SCRIPT, &[([1, 15, 1, 18], "\"y\"")]);
    assert_eq!(editor.problems(SCRIPT), Vec::<Json>::new());

    editor.change(SCRIPT, &[([0, 0, 9, 0], "bad(")]);
    assert!(!editor.problems(SCRIPT).is_empty());
    let close = json!({"textDocument": {"uri": SCRIPT}});
    editor.notify("textDocument/didClose", &close);
    let cleared = editor.wait(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"].get("version").is_none()
    });
    assert_eq!(cleared["params"]["diagnostics"], json!([]));
    assert_eq!(editor.leave(), 0);
}

#[test]
fn columns_are_bytes_where_the_client_wants_that() {
    let mut editor = Editor::start(&[]);
    let encodings = json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}});
    let result = editor.initialize(&encodings, &Json::Null);
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
    editor.open(SCRIPT, "set(span.name, Concat([\"é🦀\", span.nme], \"\"))");
    let problem = &editor.problems(SCRIPT)[0];
    assert_eq!(problem["range"]["start"]["character"], 33);
    editor.change(SCRIPT, &[([0, 33, 0, 41], "span.name")]);
    assert_eq!(editor.problems(SCRIPT), Vec::<Json>::new());
}

#[test]
fn settings_come_from_the_command_line_and_the_client() {
    let rule = "span.duration > 5 > set(span.name, \"x\")";
    let mut editor = Editor::start(&["--dialect", "selfops"]);
    editor.initialize(&able(), &Json::Null);
    editor.open(SCRIPT, rule);
    assert_eq!(editor.problems(SCRIPT), Vec::<Json>::new());

    let mut editor = Editor::with(&json!({"dialect": "strict", "context": "span"}));
    editor.open(SCRIPT, rule);
    assert!(!editor.problems(SCRIPT).is_empty());
    let settings = json!({"settings": {"ottl": {"dialect": "selfops", "lints": "nothing"}}});
    editor.notify("workspace/didChangeConfiguration", &settings);
    assert_eq!(editor.problems(SCRIPT), Vec::<Json>::new());
    let shown = editor.wait(|message| message["method"] == "window/showMessage");
    let text = shown["params"]["message"].as_str().expect("a message");
    assert!(text.contains("There is no lint `nothing`"), "{text}");
}

#[test]
fn settings_are_asked_for_where_the_client_has_them() {
    let mut editor = Editor::start(&[]);
    let capabilities = json!({"workspace": {"configuration": true}});
    editor.initialize(&capabilities, &Json::Null);
    let asked = editor.wait(|message| message["method"] == "workspace/configuration");
    assert_eq!(asked["params"]["items"][0]["section"], "ottl");
    let settings = json!([{"overrides": [{"files": "*.self.ottl", "dialect": "selfops"}]}]);
    editor.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": settings}));
    let rule = "span.duration > 5 > set(span.name, \"x\")";
    editor.open("file:///a.self.ottl", rule);
    assert_eq!(editor.problems("file:///a.self.ottl"), Vec::<Json>::new());
    editor.open(SCRIPT, rule);
    assert!(!editor.problems(SCRIPT).is_empty());
}

#[test]
fn related_places_are_told_to_clients_that_show_them() {
    let text = "connectors:\n  routing:\n    table:\n      - condition: \"true\"\n        \
                pipelines: [logs/a]\n      - condition: \"true\"\n        pipelines: [logs/b]\n";
    let uri = "file:///c.yaml";
    let mut editor = Editor::new();
    editor.open(uri, text);
    let problems = editor.problems(uri);
    let related = problems
        .iter()
        .find_map(|problem| problem["relatedInformation"].as_array());
    let related = related.expect("a problem with another place");
    assert_eq!(related[0]["location"]["uri"], uri);
    assert_eq!(related[0]["location"]["range"]["start"]["line"], 3);

    let mut editor = Editor::start(&[]);
    editor.initialize(&json!({}), &Json::Null);
    editor.open(uri, text);
    let problems = editor.problems(uri);
    assert!(
        problems
            .iter()
            .all(|problem| problem.get("relatedInformation").is_none())
    );
}

#[test]
fn other_files_and_other_yaml_are_left_alone() {
    let mut editor = Editor::new();
    editor.open("file:///a.rs", "fn main() {}");
    editor.open("file:///b.yaml", "services:\n  web: [\n");
    assert_eq!(editor.problems("file:///b.yaml"), Vec::<Json>::new());
    let at = json!({
        "textDocument": {"uri": "file:///a.rs"}, "position": {"line": 0, "character": 3},
    });
    let list = editor.request("textDocument/completion", &at);
    assert_eq!(list["items"], json!([]));
}

#[test]
fn huge_and_odd_files_are_survived() {
    let mut editor = Editor::new();
    for text in [
        "set(".repeat(20_000),
        "\"".repeat(30_000),
        "\u{feff}set(span.name, \"x\")\r\n".to_owned(),
        "\0\u{1}\u{7f}\u{202e}".to_owned(),
        "set(span.name, \"x\")\n".repeat(3_000),
        "x".repeat(17 << 20),
    ] {
        editor.open(SCRIPT, &text);
        editor.problems(SCRIPT);
        for (line, character) in [(0, 4), (0, 1_000_000), (2_999, 6), (u32::MAX, u32::MAX)] {
            let at = json!({
                "textDocument": {"uri": SCRIPT},
                "position": {"line": line, "character": character},
            });
            for method in ["completion", "hover", "signatureHelp"] {
                editor.request(&format!("textDocument/{method}"), &at);
            }
        }
        let file = json!({"textDocument": {"uri": SCRIPT}, "options": {}});
        editor.request("textDocument/formatting", &file);
        editor.request("textDocument/documentSymbol", &file);
    }
    for text in [
        "[".repeat(100_000),
        "processors:\n  transform: ".to_owned() + &"{a: ".repeat(9_000),
    ] {
        editor.open("file:///c.yaml", &text);
        editor.problems("file:///c.yaml");
        let at = json!({
            "textDocument": {"uri": "file:///c.yaml"}, "position": {"line": 1, "character": 900},
        });
        editor.request("textDocument/completion", &at);
        editor.request("textDocument/formatting", &at);
    }
    assert_eq!(editor.leave(), 0);
}
