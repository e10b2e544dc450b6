//! `ottlc run`: forms of data, what is written, what is said.

use std::fs;
use std::io::{Read, Write};

use crate::common::{Folder, canonical, delimited, spans, wire, words};
use ottl::Signal;
use serde_json::{Value as Json, json};

const MARK: &str = "set(span.attributes[\"seen\"], true) where span.name != \"span 1\"\n";

/// A folder with the script `s.ottl`, which marks all spans but `span 1`.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("s.ottl", MARK);
    folder
}

fn marked(count: usize) -> Json {
    let mut message = canonical(Signal::Traces, &wire(Signal::Traces, &spans(count)));
    let list = message.pointer_mut("/resourceSpans/0/scopeSpans/0/spans");
    for (n, span) in list
        .and_then(Json::as_array_mut)
        .into_iter()
        .flatten()
        .enumerate()
    {
        if n != 1 {
            span["attributes"] = json!([{"key": "seen", "value": {"boolValue": true}}]);
        }
    }
    message
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn gunzip(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(content)
        .read_to_end(&mut out)
        .expect("gzip");
    out
}

fn from_json(text: &[u8]) -> Json {
    let wire = ottl::json::to_wire(Signal::Traces, text).expect("OTLP/JSON");
    canonical(Signal::Traces, &wire)
}

#[test]
fn a_message_goes_out_as_it_came() {
    let folder = folder();
    let message = wire(Signal::Traces, &spans(3));
    let args = words("run --signal traces --script s.ottl");
    let run = folder.run_with(&args, &message).success();
    assert_eq!(canonical(Signal::Traces, &run.out), marked(3));
    assert!(run.err.contains("3 spans in 1 message"), "{}", run.err);
    let run = folder.run_with(&args, spans(3).as_bytes()).success();
    assert_eq!(from_json(&run.out), marked(3));
}

#[test]
fn what_the_script_leaves_alone_is_the_same_bytes() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.name, \"x\") where span.name == \"none\"",
    );
    // An unknown field stays as well.
    let mut message = wire(Signal::Traces, &spans(2));
    message.extend_from_slice(b"\x7a\x03abc");
    let run = folder
        .run_with(&words("run --signal traces --script s.ottl"), &message)
        .success();
    assert_eq!(run.out, message);
}

#[test]
fn a_pretty_document_is_one_message() {
    let text: Json = serde_json::from_str(&spans(2)).expect("JSON");
    let args = words("run --signal traces --script s.ottl");
    let run = folder()
        .run_with(&args, format!("\u{feff}\n{text:#}").as_bytes())
        .success();
    assert_eq!(from_json(&run.out), marked(2));
}

#[test]
fn one_line_is_one_document() {
    let folder = folder();
    folder.file("in.jsonl", format!("{}\n \n", spans(3)));
    folder
        .run(&words("run --signal traces -s s.ottl in.jsonl -o out.pb"))
        .success();
    assert_eq!(canonical(Signal::Traces, &folder.read("out.pb")), marked(3));
}

#[test]
fn streams_keep_their_messages() {
    let folder = folder();
    let lines = format!("{}\n\n{}\n{}", spans(1), spans(4), spans(0));
    let args = words("run --signal traces --script s.ottl");
    let run = folder.run_with(&args, lines.as_bytes()).success();
    let out: Vec<_> = run
        .text()
        .lines()
        .map(|line| from_json(line.as_bytes()))
        .collect();
    assert_eq!(out, [marked(1), marked(4), marked(0)]);
    assert!(run.err.contains("5 spans in 3 messages"), "{}", run.err);

    let messages = [1, 4, 0].map(|count| wire(Signal::Traces, &spans(count)));
    let args = words("run --signal traces --script s.ottl --output-format json-lines");
    let run = folder.run_with(&args, &delimited(&messages)).success();
    let out: Vec<_> = run
        .text()
        .lines()
        .map(|line| from_json(line.as_bytes()))
        .collect();
    assert_eq!(out, [marked(1), marked(4), marked(0)]);
}

#[test]
fn a_stream_as_one_message_is_the_union() {
    let messages = [1, 4].map(|count| wire(Signal::Traces, &spans(count)));
    let args = words("run --signal traces --script s.ottl --output-format proto");
    let run = folder().run_with(&args, &delimited(&messages)).success();
    let out = canonical(Signal::Traces, &run.out);
    let (one, four) = (marked(1), marked(4));
    let expected = [&one["resourceSpans"][0], &four["resourceSpans"][0]];
    assert_eq!(out, json!({"resourceSpans": expected}));
}

#[test]
fn a_stream_does_not_fit_into_one_document() {
    let folder = folder();
    folder.file("in.jsonl", format!("{}\n{}\n", spans(1), spans(2)));
    let args = words("run --signal traces -s s.ottl in.jsonl --output-format json -o out");
    folder.run(&args).failure(1, &["one message", "json-lines"]);
    assert_eq!(folder.names(), ["in.jsonl", "s.ottl"]);
}

#[test]
fn every_form_becomes_every_other() {
    let folder = folder();
    folder.file("start", wire(Signal::Traces, &spans(3)));
    let forms = ["proto", "proto-delimited", "json", "json-lines", "proto"];
    let mut before = "start".to_owned();
    for (step, form) in forms.iter().enumerate() {
        let compression = ["gzip", "zstd", "none"][step % 3];
        let line = format!(
            "run --signal traces -s s.ottl {before} --output-format {form} \
             --output-compression {compression} -o step{step}"
        );
        folder.run(&words(&line)).success();
        before = format!("step{step}");
    }
    // The last step compressed with zstd.
    let line = format!("run --signal traces -s s.ottl {before} --output-compression none");
    let run = folder.run(&words(&line)).success();
    assert_eq!(canonical(Signal::Traces, &run.out), marked(3));
}

#[test]
fn the_name_of_the_output_tells_its_form() {
    let folder = folder();
    folder.file("in.pb", wire(Signal::Traces, &spans(3)));
    folder
        .run(&words("run --signal traces -s s.ottl in.pb -o out.json.gz"))
        .success();
    assert_eq!(from_json(&gunzip(&folder.read("out.json.gz"))), marked(3));
    folder
        .run(&words(
            "run --signal traces -s s.ottl out.json.gz -o out.pb",
        ))
        .success();
    assert_eq!(canonical(Signal::Traces, &folder.read("out.pb")), marked(3));
}

#[test]
fn standard_output_is_compressed_as_the_input() {
    let content = gzip(spans(3).as_bytes());
    let args = words("run --signal traces -s s.ottl");
    let run = folder().run_with(&args, &content).success();
    assert_eq!(from_json(&gunzip(&run.out)), marked(3));
}

#[test]
fn members_of_gzip_are_read_one_after_the_other() {
    let mut content = gzip(format!("{}\n", spans(1)).as_bytes());
    content.extend(gzip(format!("{}\n", spans(2)).as_bytes()));
    let args = words("run --signal traces -s s.ottl --output-compression none");
    let run = folder().run_with(&args, &content).success();
    assert_eq!(run.text().lines().count(), 2);
}

#[test]
fn a_file_can_be_its_own_output() {
    let folder = folder();
    folder.file("x.json", spans(3));
    folder
        .run(&words("run --signal traces -s s.ottl x.json -o x.json"))
        .success();
    assert_eq!(from_json(&folder.read("x.json")), marked(3));
    assert_eq!(folder.names(), ["s.ottl", "x.json"]);
}

#[test]
fn nothing_is_lost_when_a_statement_fails() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"n\"], Int(span.name) / 0)\n",
    );
    folder.file("x.json", spans(3));
    folder.file("out.json", "as before");
    let args = words("run --signal traces -s s.ottl x.json -o out.json");
    folder
        .run(&args)
        .failure(1, &["x.json: message 1: span 1", "line 1", "--error-mode"]);
    assert_eq!(folder.read("out.json"), b"as before");
    assert_eq!(folder.names(), ["out.json", "s.ottl", "x.json"]);
}

#[test]
fn failures_are_ignored_and_counted() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"n\"], 1 / 0) where span.name != \"span 3\"\n",
    );
    let line = "run --signal traces -s s.ottl --error-mode ignore";
    let run = folder
        .run_with(&words(line), spans(20).as_bytes())
        .success();
    assert_eq!(run.err.matches("on span ").count(), 10, "{}", run.err);
    assert!(run.err.contains("on span 1 of message 1"), "{}", run.err);
    assert!(run.err.contains("failed  9 times more"), "{}", run.err);
    let line = "run --signal traces -s s.ottl --error-mode silent --report json";
    let run = folder
        .run_with(&words(line), spans(20).as_bytes())
        .success();
    let report: Json = serde_json::from_str(&run.err).expect("JSON");
    assert_eq!(report["statements"][0]["failed"], 19);
    assert_eq!(report["failures"], json!([]));
}

#[test]
fn the_report_counts_statement_by_statement() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "# one\nset(span.name, \"x\") where span.name == \"span 1\"\n\n\
         set(span.kind, SPAN_KIND_UNSPECIFIED)\n  where span.name == \"x\"\n",
    );
    let lines = format!("{}\n{}\n", spans(2), spans(3));
    let args = words("run --signal traces -s s.ottl --report json");
    let run = folder.run_with(&args, lines.as_bytes()).success();
    let report: Json = serde_json::from_str(&run.err).expect("JSON");
    assert_eq!(report["messages"], 2);
    assert_eq!(report["items"], 5);
    assert_eq!(report["bytes_read"], lines.len());
    assert_eq!(report["bytes_written"], run.out.len());
    assert_eq!(report["input_format"], "json-lines");
    assert_eq!(
        report["statements"],
        json!([
            {
                "line": 2,
                "statement": "set(span.name, \"x\") where span.name == \"span 1\"",
                "matched": 2, "changed": 2, "failed": 0,
            },
            {
                "line": 4,
                "statement": "set(span.kind, SPAN_KIND_UNSPECIFIED) where span.name == \"x\"",
                "matched": 2, "changed": 0, "failed": 0,
            },
        ])
    );
    let args = words("run --signal traces -s s.ottl --report none");
    assert_eq!(folder.run_with(&args, lines.as_bytes()).success().err, "");
}

#[test]
fn routes_are_files_of_their_own() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "route(exporter.even) where span.name == \"span 0\" or span.name == \"span 2\"\n\
         route(exporter.never) where span.name == \"x\"\n",
    );
    let lines = format!("{}\n{}\n", spans(1), spans(3));
    folder.file("in.jsonl", &lines);
    let line = "run --signal traces --dialect selfops -s s.ottl in.jsonl -o all.jsonl \
                --route even=even.jsonl.gz --route exporter.never=never.jsonl";
    let run = folder.run(&words(line)).success();
    assert!(
        run.err.contains("3 spans to even: even.jsonl.gz"),
        "{}",
        run.err
    );
    let even = gunzip(&folder.read("even.jsonl.gz"));
    let even: Vec<_> = even
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(even.len(), 2);
    let names = from_json(even[1])["resourceSpans"][0]["scopeSpans"][0]["spans"].clone();
    assert_eq!(names, json!([{"name": "span 0"}, {"name": "span 2"}]));
    assert_eq!(folder.read("never.jsonl"), b"");
    let all = folder.read("all.jsonl");
    assert_eq!(
        all.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .count(),
        2
    );
}

#[test]
fn routes_must_exist() {
    let folder = Folder::new();
    folder.file("s.ottl", "route(exporter.a)");
    let line = "run --signal traces --context span --dialect selfops -s s.ottl --route b=b.pb";
    folder
        .run(&words(line))
        .failure(2, &["to b", "It routes to a."]);
    folder.file("s.ottl", "set(span.name, \"x\")");
    folder.run(&words(line)).failure(2, &["no `route` at all"]);
    let line = "run --signal traces --dialect selfops -s s.ottl --route a=x --route b=x";
    folder.run(&words(line)).failure(2, &["x"]);
}

#[test]
fn warnings_do_not_stop_a_run() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.name, \"x\") where span.name == 1");
    let args = words("run --signal traces -s s.ottl");
    let run = folder.run_with(&args, spans(1).as_bytes()).success();
    assert!(run.err.contains("W0402"), "{}", run.err);
}

#[test]
fn points_that_became_equal_are_merged() {
    let folder = Folder::new();
    folder.file("s.ottl", "keep_keys(datapoint.attributes, [])\n");
    let point = |pod: &str, value: i64| {
        json!({
            "attributes": [{"key": "pod", "value": {"stringValue": pod}}],
            "timeUnixNano": "1",
            "asInt": value.to_string(),
        })
    };
    let sum = json!({
        "dataPoints": [point("a", 1), point("b", 2)],
        "aggregationTemporality": 1,
        "isMonotonic": true,
    });
    let message = json!({
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "requests", "sum": sum}]}]}],
    });
    let args = "run --signal metrics --script s.ottl";
    let values = |args: &str| {
        let input = message.to_string();
        let run = folder.run_with(&words(args), input.as_bytes()).success();
        let out: Json = serde_json::from_slice(&run.out).expect("OTLP/JSON");
        let points = out.pointer("/resourceMetrics/0/scopeMetrics/0/metrics/0/sum/dataPoints");
        let points = points.and_then(Json::as_array).expect("points").clone();
        let values: Vec<_> = points.iter().map(|point| point["asInt"].clone()).collect();
        (values, run.err)
    };
    assert_eq!(values(args).0, [json!("1"), json!("2")]);
    let (merged, report) = values(&format!("{args} --merge-points"));
    assert_eq!(merged, [json!("3")]);
    assert!(
        report.contains("merged  1 data point into others"),
        "{report}"
    );
}

#[test]
fn items_get_the_resource_that_they_write() {
    let folder = Folder::new();
    let statement = r#"set(resource.attributes["level"], log.severity_text)"#;
    folder.file("s.ottl", statement);
    let config = format!("processors:\n  transform:\n    log_statements:\n      - '{statement}'\n");
    folder.file("c.yaml", &config);
    let record = |level: &str| json!({"severityText": level});
    let records = [record("a"), record("b"), record("a")];
    let message = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]});
    let levels = |args: &str| {
        let input = message.to_string();
        let run = folder.run_with(&words(args), input.as_bytes()).success();
        let out: Json = serde_json::from_slice(&run.out).expect("OTLP/JSON");
        let resources = out["resourceLogs"].as_array().expect("resources").clone();
        let level = |resource: &Json| {
            let value = resource.pointer("/resource/attributes/0/value/stringValue");
            let records = resource.pointer("/scopeLogs/0/logRecords");
            let records = records.and_then(Json::as_array).map_or(0, Vec::len);
            (value.cloned().unwrap_or_default(), records)
        };
        resources.iter().map(level).collect::<Vec<_>>()
    };
    for args in [
        "run --signal logs --script s.ottl",
        "run --signal logs --config c.yaml",
    ] {
        assert_eq!(levels(args), [(json!("a"), 3)]);
        let apart = levels(&format!("{args} --regroup"));
        assert_eq!(apart, [(json!("a"), 2), (json!("b"), 1)]);
    }
}

#[test]
fn a_link_stays_a_link() {
    let folder = folder();
    folder.file("in.json", spans(1));
    folder.file("real.json", "");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("real.json", folder.path("link.json")).expect("a link");
        folder
            .run(&words("run --signal traces -s s.ottl in.json -o link.json"))
            .success();
        assert!(
            fs::symlink_metadata(folder.path("link.json"))
                .expect("a link")
                .is_symlink()
        );
        assert_eq!(from_json(&folder.read("real.json")), marked(1));
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_written_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;

    let folder = folder();
    folder.file("in.json", spans(1));
    folder
        .run(&words("run --signal traces -s s.ottl in.json -o /dev/null"))
        .success();
    let null = fs::metadata("/dev/null").expect("a device");
    assert!(null.file_type().is_char_device());
}

#[cfg(unix)]
#[test]
fn who_stops_reading_hears_nothing() {
    use std::process::{Command, Stdio};

    let folder = folder();
    folder.file("in.jsonl", format!("{}\n", spans(1000)).repeat(200));
    let mut child = Command::new(env!("CARGO_BIN_EXE_ottlc"))
        .args(words("run --signal traces -s s.ottl --report none"))
        .arg(folder.path("in.jsonl"))
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut start = [0; 10];
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_exact(&mut start)
        .expect("output");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success());
    assert_eq!(output.stderr, b"");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};
    use std::thread::sleep;
    use std::time::Duration;

    // Whoever runs the tests may have it ignored, and then the program does not heed it.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    for signal in [2, 15] {
        if ignored.is_some_and(|ignored| ignored & 1 << (signal - 1) != 0) {
            continue;
        }
        let folder = folder();
        folder.file("out.jsonl", "as before");
        let mut child = Command::new(env!("CARGO_BIN_EXE_ottlc"))
            .args(words("run --signal traces -s s.ottl -o out.jsonl"))
            .current_dir(folder.path(""))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // The input stays open, so that the program waits for more of it.
        let mut stdin = child.stdin.take().expect("a pipe");
        let lines = format!("{}\n", spans(1)).repeat(2_000);
        stdin.write_all(lines.as_bytes()).expect("it reads");
        while !folder.names().iter().any(|name| name.ends_with(".part")) {
            assert_eq!(child.try_wait().expect("a child"), None, "it ended");
            sleep(Duration::from_millis(5));
        }
        let pid = child.id().to_string();
        let kill = Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status();
        assert!(kill.expect("kill runs").success());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.signal(), Some(signal));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("are as they were"), "{said}");
        assert_eq!(folder.names(), ["out.jsonl", "s.ottl"]);
        assert_eq!(folder.read("out.jsonl"), b"as before");
        drop(stdin);
    }
}

#[test]
fn the_script_is_not_overwritten() {
    let folder = folder();
    folder.file("in.json", spans(1));
    for output in ["-o s.ottl", "-o ./s.ottl", "--route a=s.ottl"] {
        let line = format!("run --signal traces -s s.ottl in.json {output}");
        folder
            .run(&words(&line))
            .failure(2, &["would take the place of the script"]);
    }
    let line = "run --signal traces -s s.ottl in.json -o x.json --route a=./x.json";
    folder
        .run(&words(line))
        .failure(2, &["Two outputs cannot both be written to"]);
    assert_eq!(folder.names(), ["in.json", "s.ottl"]);
}
