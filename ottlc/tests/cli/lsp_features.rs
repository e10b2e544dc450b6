//! What `ottlc lsp` proposes, explains, lays out and mends, in scripts and in configurations.

use crate::common::editor::{Editor, apply};
use serde_json::{Value as Json, json};

/// A transform processor with these lines below `trace_statements`.
fn transform(lines: &str) -> String {
    let lines: Vec<_> = lines
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    format!(
        "receivers: {{}}\nprocessors:\n  transform/x:\n    trace_statements:\n{}",
        lines.concat()
    )
}

#[test]
fn editors_begin_statements_and_converters_are_values() {
    let mut editor = Editor::new();
    let at_head = editor.proposals("a.ottl", "set(span.name, \"x\")\nse¦");
    assert!(at_head.has("set") && at_head.has("limit"));
    assert!(!at_head.has("Concat") && !at_head.has("span") && !at_head.has("when"));
    let set = at_head.get("set");
    assert_eq!(set["detail"], "set(target: a path, value: any value)");
    assert_eq!(set["documentation"]["kind"], "markdown");
    assert_eq!(set["insertTextFormat"], 2);
    assert_eq!(
        at_head.taken("set"),
        "set(span.name, \"x\")\nset(${1:target}, ${2:value})$0"
    );

    let value = editor.proposals("a.ottl", "set(span.name, Con¦");
    assert!(value.has("Concat") && value.has("span") && value.has("resource"));
    assert!(value.has("SPAN_KIND_SERVER") && value.has("nil") && value.has("value="));
    assert!(!value.has("set") && !value.has("log") && !value.has("SEVERITY_NUMBER_INFO"));
    let full = value.get("Substring(…)");
    let text = full["textEdit"]["newText"].as_str().expect("a text");
    assert!(text.contains("${4:utf8") || text.contains("="), "{text}");
}

#[test]
fn what_is_known_of_the_request_is_there_in_every_context() {
    let mut editor = Editor::new();
    assert!(
        editor
            .proposals("a.ottl", "set(span.name, o¦")
            .has("otelcol")
    );
    let parts = editor.proposals("a.ottl", "set(span.name, otelcol.client.¦");
    assert!(parts.has("metadata") && parts.has("addr") && parts.has("auth"));
    assert!(!parts.has("name"));
    assert_eq!(parts.get("addr")["detail"], "string, read-only");
    let shown = editor.hover("a.ottl", "set(span.name, otelcol.client.ad¦dr)");
    assert!(shown.contains("otelcol.client.addr: string"), "{shown}");
    let shown = editor.hover("a.ottl", "set(span.name, otel¦col.client.addr)");
    assert!(shown.contains("the request"), "{shown}");
}

#[test]
fn a_call_that_has_its_bracket_gets_no_second_one() {
    let mut editor = Editor::new();
    let value = editor.proposals("a.ottl", "set(span.name, Conc¦([\"a\"], \"\"))");
    assert_eq!(
        value.taken("Concat"),
        "set(span.name, Concat([\"a\"], \"\"))"
    );
}

#[test]
fn clients_without_snippets_get_plain_text() {
    let mut editor = Editor::start(&[]);
    editor.initialize(&json!({}), &Json::Null);
    let value = editor.proposals("a.ottl", "set(span.name, Con¦");
    assert_eq!(value.get("Concat")["insertTextFormat"], 1);
    assert_eq!(value.get("Concat")["documentation"]["kind"], "plaintext");
    assert_eq!(value.taken("Concat"), "set(span.name, Concat(");
    assert_eq!(value.taken("Now"), "set(span.name, Now()");
}

#[test]
fn paths_are_proposed_segment_by_segment() {
    let mut editor = Editor::new();
    let fields = editor.proposals("a.ottl", "set(span.na¦");
    assert!(fields.has("name") && fields.has("status") && fields.has("cache"));
    assert!(!fields.has("nil") && !fields.has("version"));
    assert_eq!(fields.get("name")["detail"], "string");
    assert_eq!(fields.taken("name"), "set(span.name");
    let docs = fields.get("kind")["documentation"]["value"].as_str();
    assert!(docs.expect("documentation").contains("`kind` of `Span`"));
    let inner = editor.proposals("a.ottl", "set(span.status.¦, 1)");
    assert_eq!(inner.labels(), ["code", "message"]);
    let other = editor.proposals("a.ottl", "set(span.name, resource.¦");
    assert!(other.has("schema_url") && !other.has("cache"));
    let point = editor.proposals("a.ottl", "set(datapoint.positive.¦");
    assert_eq!(point.labels(), ["bucket_counts", "offset"]);
}

#[test]
fn keys_of_attributes_are_those_of_the_conventions() {
    let mut editor = Editor::new();
    let bare = editor.proposals("a.ottl", "set(span.attributes[http.requ¦");
    let _ = bare;
    let quoted = editor.proposals("a.ottl", "set(span.attributes[\"http.request.me¦\"], 1)");
    assert!(quoted.has("http.request.method"));
    assert!(!quoted.has("db.system.name"));
    assert_eq!(
        quoted.taken("http.request.method"),
        "set(span.attributes[\"http.request.method\"], 1)"
    );
    let open = editor.proposals("a.ottl", "set(resource.attributes[\"service.na¦");
    assert!(open.has("service.name"));
    let bracket = editor.proposals("a.ottl", "set(resource.attributes[serv¦");
    assert_eq!(
        bracket.taken("service.name"),
        "set(resource.attributes[\"service.name\"]"
    );
    let other = editor.proposals("a.ottl", "set(span.name, \"http.¦");
    assert!(other.labels().is_empty());
}

#[test]
fn words_follow_where_they_may() {
    let mut editor = Editor::new();
    let behind = editor.proposals("a.ottl", "set(span.name, \"x\") wh¦");
    assert_eq!(behind.labels(), ["where"]);
    let condition = editor.proposals("a.ottl", "set(span.name, \"x\") where span.kind == 1 ¦");
    assert_eq!(condition.labels(), ["and", "or"]);
    let not = editor.proposals("a.ottl", "set(span.name, \"x\") where ¦");
    assert!(not.has("not") && not.has("IsMatch") && not.has("span"));
    let indented = editor.proposals("a.ottl", "set(span.name, \"x\")\n  wh¦");
    assert!(indented.has("where") && indented.has("set"));
    let next = editor.proposals("a.ottl", "set(span.name, \"x\")\nwh¦");
    assert!(!next.has("where"));
    let comment = editor.proposals("a.ottl", "# se¦");
    assert!(comment.labels().is_empty());
}

#[test]
fn arguments_are_known_by_their_parameters() {
    let mut editor = Editor::new();
    let open = json!({"featureGates": "ottl.functions.enableLambda"});
    let hash = "replace_pattern(span.name, \"a\", \"b\", function=SH¦";
    let names = editor.proposals("a.ottl", hash);
    assert_eq!(
        names.taken("SHA256"),
        "replace_pattern(span.name, \"a\", \"b\", function=SHA256"
    );
    assert!(
        !editor
            .proposals("a.ottl", "set(span.name, Fil¦")
            .has("Filter")
    );
    let mut editor = Editor::with(&open);
    let lambda = "set(span.attributes, Filter(span.attributes, (key, val) => ¦";
    let locals = editor.proposals("a.ottl", lambda);
    assert!(locals.has("key") && locals.has("val"));
    let filter = editor.proposals("a.ottl", "set(span.name, Fil¦");
    let text = filter.get("Filter")["textEdit"]["newText"].as_str();
    assert!(text.expect("a text").contains("=> "), "{text:?}");
}

#[test]
fn the_selfops_dialect_has_its_own_words() {
    let text = "const limit = 500\nmacro mask(target: path) {\n  set(target, \"\")\n}\n";
    let mut editor = Editor::with(&json!({"dialect": "selfops"}));
    let head = editor.proposals("a.ottl", &format!("{text}¦"));
    for label in ["when", "const", "macro", "mask", "set", "delete", "span"] {
        assert!(head.has(label), "{label}");
    }
    let value = editor.proposals("a.ottl", &format!("{text}set(span.name, lim¦"));
    assert!(value.has("limit") && value.has("ERROR"));
    let duration = editor.proposals("a.ottl", "set(span.name, span.du¦)");
    assert_eq!(duration.get("duration")["detail"], "double, read-only");
    let inside = editor.proposals("a.ottl", "when span.kind == 1 {\n  ¦\n}");
    assert!(inside.has("set"));
    let inside = "macro mask(target: path) {\n  set(¦target, \"\")\n}\n";
    assert!(editor.proposals("a.ottl", inside).has("target"));
    let mut strict = Editor::new();
    assert!(
        !strict
            .proposals("a.ottl", "set(span.name, span.du¦")
            .has("duration")
    );
}

#[test]
fn configurations_are_completed_however_they_are_quoted() {
    let mut editor = Editor::new();
    for (lines, taken) in [
        ("- set(span.na¦", "- set(span.name"),
        ("- set(span.na¦, \"x\")", "- set(span.name, \"x\")"),
        ("- 'set(span.na¦'", "- 'set(span.name'"),
        ("- 'set(span.na¦", "- 'set(span.name"),
        ("- \"set(span.na¦\"", "- \"set(span.name\""),
        ("- \"set(span.na¦", "- \"set(span.name"),
        ("- |\n  set(\n    span.na¦", "- |\n  set(\n    span.name"),
        (
            "- >-\n  set(span.na¦,\n  1)",
            "- >-\n  set(span.name,\n  1)",
        ),
        (
            "- set(span.attributes[\"a: b\"], span.na¦",
            "- set(span.attributes[\"a: b\"], span.name",
        ),
        (
            "- context: span\n  statements:\n    - set(na¦",
            "- context: span\n  statements:\n    - set(name",
        ),
    ] {
        let proposals = editor.proposals("c.yaml", &transform(lines));
        assert_eq!(
            proposals.taken("name"),
            transform(taken).trim_end().to_owned() + "\n",
            "{lines}"
        );
    }
    let empty = editor.proposals("c.yaml", &transform("- ¦\n- set(span.name, \"x\")"));
    assert!(empty.has("set") && empty.has("set_semconv_span_name"));
    let key = editor.proposals("c.yaml", &transform("- \"set(span.attributes[¦\""));
    let escaped = transform("- \"set(span.attributes[\\\"http.request.method\\\"]\"");
    assert_eq!(
        editor
            .proposals("c.yaml", &transform("- \"set(span.attributes[http¦\""))
            .taken("http.request.method"),
        escaped
    );
    assert!(!key.labels().is_empty());
}

#[test]
fn groups_and_signals_tell_the_context() {
    let mut editor = Editor::new();
    let lines = "- context: spanevent\n  statements:\n    - set(¦";
    let value = editor.proposals("c.yaml", &transform(lines));
    assert!(value.has("spanevent") && value.has("event_index") && !value.has("log"));
    let inferred = "- set(span.name, \"x\")\n- set(¦";
    let value = editor.proposals("c.yaml", &transform(inferred));
    assert!(value.has("span") && !value.has("datapoint"));
    let filter = "processors:\n  filter:\n    metric_conditions:\n      - metric.¦\n";
    assert!(editor.proposals("c.yaml", filter).has("unit"));
    let old = "processors:\n  filter:\n    logs:\n      log_record:\n        - IsMatch(¦\n";
    let value = editor.proposals("c.yaml", old);
    assert!(value.has("body") && value.has("SEVERITY_NUMBER_INFO"));
    let route = "connectors:\n  routing:\n    table:\n      - context: log\n        \
                 statement: ¦\n        pipelines: [logs]\n";
    let editors = editor.proposals("c.yaml", route);
    assert!(editors.has("route") && editors.has("delete_key") && !editors.has("set"));
}

#[test]
fn keys_and_values_of_components_are_completed() {
    let mut editor = Editor::new();
    let key = editor.proposals("c.yaml", "processors:\n  transform:\n    err¦\n");
    assert!(key.has("error_mode") && key.has("trace_statements"));
    assert_eq!(
        key.taken("error_mode"),
        "processors:\n  transform:\n    error_mode: \n"
    );
    let present = "processors:\n  transform:\n    error_mode: ignore\n    ¦\n";
    let rest = editor.proposals("c.yaml", present);
    assert!(rest.has("log_statements") && !rest.has("error_mode"));
    let value = editor.proposals("c.yaml", "processors:\n  transform:\n    error_mode: ¦\n");
    assert_eq!(value.labels(), ["ignore", "propagate", "silent"]);
    let context = editor.proposals("c.yaml", &transform("- context: sp¦"));
    assert!(context.has("spanevent") && !context.has("log"));
    let group = editor.proposals("c.yaml", &transform("- context: span\n  st¦"));
    assert!(group.has("statements") && group.has("conditions"));
    let component = editor.proposals("c.yaml", "processors:\n  tra¦\n");
    assert_eq!(component.labels(), ["transform", "filter"]);
    let connector = editor.proposals("c.yaml", "connectors:\n  ¦\n");
    assert_eq!(connector.labels(), ["routing"]);
    let other = editor.proposals("c.yaml", "receivers:\n  otlp:\n    pro¦\n");
    assert!(other.labels().is_empty());
}

#[test]
fn names_are_explained() {
    let mut editor = Editor::new();
    for (text, wanted) in [
        ("s¦et(span.name, 1)", "set(target: a path"),
        ("set(span.name, Sub¦string(span.name, 0, 1))", "Parameters:"),
        ("set(span.na¦me, 1)", "span.name: string"),
        ("set(span.name¦, 1)", "`name` of `Span`"),
        ("set(span.status.co¦de, 1)", "span.status.code: int"),
        ("set(span.sta¦tus.code, 1)", "span.status: "),
        ("set(spa¦n.name, 1)", "Paths of each span"),
        ("set(span.kind, SPAN_KIND_SER¦VER)", "SPAN_KIND_SERVER = 2"),
        ("set(span.attri¦butes[\"a\"], 1)", "`attributes` of `Span`"),
        ("set(span.n¦me, 1)", "**E0203**"),
        ("set(span.name, Sub¦string(", "Parameters:"),
    ] {
        let hover = editor.hover("a.ottl", text);
        assert!(hover.contains(wanted), "{text}: {hover}");
    }
    for text in ["set(span.name, \"spa¦n\")", "set(span.name, 1) # se¦t", "¦"] {
        assert_eq!(editor.hover("a.ottl", text), "", "{text}");
    }
    let config = transform("- context: span\n  statements:\n    - 'set(na¦me, \"it''s\")'");
    let hover = editor.at_cursor("textDocument/hover", "c.yaml", &config);
    let text = hover["contents"]["value"].as_str().expect("a text");
    assert!(text.contains("span.name: string"), "{text}");
    assert_eq!(hover["range"]["start"], json!({"line": 6, "character": 17}));
    assert_eq!(hover["range"]["end"], json!({"line": 6, "character": 21}));
}

#[test]
fn calls_show_their_signatures() {
    let mut editor = Editor::new();
    let text = "set(span.name, Substring(span.name, ¦";
    let help = editor.at_cursor("textDocument/signatureHelp", "a.ottl", text);
    let label = help["signatures"][0]["label"].as_str().expect("a label");
    assert!(label.starts_with("Substring("), "{label}");
    assert_eq!(help["activeParameter"], 1);
    let parameter = &help["signatures"][0]["parameters"][1]["label"];
    assert!(
        label.contains(parameter.as_str().expect("a label")),
        "{parameter}"
    );
    let outside = editor.at_cursor(
        "textDocument/signatureHelp",
        "a.ottl",
        "set(span.name, 1) ¦",
    );
    assert!(outside.is_null());
}

#[test]
fn scripts_are_laid_out_unless_they_are_broken() {
    let mut editor = Editor::new();
    let uri = "file:///a.ottl";
    let text = "# first\nset( span.name ,\"é🦀\" )\n\n\n\nset(span.name, \"x\")\n";
    editor.open(uri, text);
    let params = json!({"textDocument": {"uri": uri}, "options": {"tabSize": 4}});
    let edits = editor.request("textDocument/formatting", &params);
    let formatted = apply(text, edits.as_array().expect("a list"));
    assert_eq!(
        formatted,
        "# first\nset(span.name, \"é🦀\")\n\nset(span.name, \"x\")\n"
    );
    editor.open(uri, &formatted);
    assert_eq!(
        editor.request("textDocument/formatting", &params),
        json!([])
    );
    editor.open(uri, "set( span.name");
    assert_eq!(
        editor.request("textDocument/formatting", &params),
        json!([])
    );
}

#[test]
fn configurations_are_laid_out_and_stay_what_they_are() {
    let mut editor = Editor::new();
    let uri = "file:///c.yaml";
    let text = transform("- set( span.name,\"x\" ) # why\n- |\n  set( span.name,\n  \"y\" )");
    editor.open(uri, &text);
    let params = json!({"textDocument": {"uri": uri}, "options": {}});
    let edits = editor.request("textDocument/formatting", &params);
    let formatted = apply(&text, edits.as_array().expect("a list"));
    let wanted = "- set(span.name, \"x\") # why\n- |\n  set(span.name, \"y\")";
    assert_eq!(formatted, transform(wanted));
}

#[test]
fn problems_are_mended() {
    let mut editor = Editor::new();
    for (name, text, mended) in [
        ("a.ottl", "set(span.nme, \"x\")", "set(span.name, \"x\")"),
        (
            "c.yaml",
            "processors:\n  filter:\n    trace_conditions:\n      - 'span.nme == \"it''s\"'\n",
            "processors:\n  filter:\n    trace_conditions:\n      - 'span.name == \"it''s\"'\n",
        ),
    ] {
        let uri = format!("file:///{name}");
        editor.open(&uri, text);
        let range = editor.problems(&uri)[0]["range"].clone();
        let params = json!({
            "textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []},
        });
        let actions = editor.request("textDocument/codeAction", &params);
        assert_eq!(actions[0]["title"], "Change to `span.name`");
        assert_eq!(actions[0]["kind"], "quickfix");
        let edits = actions[0]["edit"]["changes"][&uri]
            .as_array()
            .expect("a list");
        assert_eq!(apply(text, edits), mended);
        let only = json!({"only": ["refactor"], "diagnostics": []});
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": only});
        assert_eq!(
            editor.request("textDocument/codeAction", &params),
            json!([])
        );
    }
}

#[test]
fn files_have_an_outline() {
    let mut editor = Editor::with(&json!({"dialect": "selfops"}));
    let uri = "file:///a.ottl";
    let text = "const limit = 5\nwhen span.kind == 1 {\n  set(span.name, \"x\")\n}\n";
    editor.open(uri, text);
    let params = json!({"textDocument": {"uri": uri}});
    let symbols = editor.request("textDocument/documentSymbol", &params);
    assert_eq!(symbols[0]["name"], "limit");
    assert_eq!(symbols[1]["name"], "when span.kind == 1");
    assert_eq!(symbols[1]["children"][0]["name"], "set(span.name, \"x\")");
    let uri = "file:///c.yaml";
    editor.open(uri, &transform("- set(span.name, \"x\")"));
    let params = json!({"textDocument": {"uri": uri}});
    let symbols = editor.request("textDocument/documentSymbol", &params);
    assert_eq!(symbols[0]["name"], "transform/x");
    assert_eq!(symbols[0]["range"]["end"]["line"], 4);
}

#[test]
fn problems_of_configurations_stand_in_their_scalars() {
    let mut editor = Editor::new();
    let uri = "file:///c.yaml";
    let lines = "- set(span.nme, \"x\")\n- |\n  set(span.name,\n    Uppercas(span.name))\n- \"set(span.nme, \\\"x\\\")\"";
    editor.open(uri, &transform(lines));
    let places: Vec<_> = editor
        .problems(uri)
        .iter()
        .map(|problem| {
            let start = &problem["range"]["start"];
            (
                start["line"].as_u64(),
                start["character"].as_u64(),
                problem["code"].clone(),
            )
        })
        .collect();
    let at = |line, column, code: &str| (Some(line), Some(column), json!(code));
    assert_eq!(
        places,
        [at(4, 12, "E0203"), at(7, 10, "E0206"), at(8, 13, "E0203")]
    );
}
