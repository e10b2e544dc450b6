//! Damaged, hostile and missing input: a clear sentence and no output.

use std::fs;
use std::io::Write;

use crate::common::{Folder, delimited, spans, wire, words};
use ottl::Signal;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.attributes[\"seen\"], true)\n");
    folder
}

/// Runs over `input` and expects a failure that says `words`, and no output.
fn fails(folder: &Folder, options: &str, input: &[u8], said: &[&str]) {
    let before = folder.names();
    let line = format!("run --signal traces -s s.ottl - -o out {options}");
    folder.run_with(&words(&line), input).failure(1, said);
    assert_eq!(folder.names(), before);
}

#[test]
fn a_message_cut_short() {
    let folder = folder();
    let message = wire(Signal::Traces, &spans(3));
    for end in 1..message.len() {
        fails(
            &folder,
            "",
            &message[..end],
            &["<stdin>: message 1", "at byte"],
        );
    }
}

#[test]
fn a_stream_cut_short() {
    let folder = folder();
    let messages = [3, 2].map(|count| wire(Signal::Traces, &spans(count)));
    let stream = delimited(&messages);
    let second = messages[0].len() + 1;
    fails(
        &folder,
        "",
        &stream[..stream.len() - 1],
        &[
            "Message 2",
            &format!("begins at byte {second}"),
            "file ends",
        ],
    );
}

#[test]
fn offsets_count_from_the_start_of_the_file() {
    let mut messages = vec![wire(Signal::Traces, &spans(3)); 3];
    // The third message gets a resource that is longer than itself.
    messages[2] = b"\x0a\x7f".to_vec();
    let stream = delimited(&messages);
    let at = stream.len() - 2;
    let fields: Vec<_> = (at..at + 3).map(|at| format!("at byte {at}.")).collect();
    let folder = folder();
    let run = folder.run_with(
        &words("run --signal traces -s s.ottl --output-format json-lines"),
        &stream,
    );
    let run = run.failure(1, &["message 3"]);
    assert!(
        fields.iter().any(|field| run.err.contains(field.as_str())),
        "{}",
        run.err
    );
}

#[test]
fn compressed_data_cut_short() {
    let folder = folder();
    let content = spans(1000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(content.as_bytes()).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let zstd = zstd::encode_all(content.as_bytes(), 1).expect("memory");
    for (name, compressed) in [("gzip", gzip), ("zstd", zstd)] {
        for end in [5, compressed.len() / 2, compressed.len() - 1] {
            fails(
                &folder,
                "",
                &compressed[..end],
                &["<stdin>", name, "cut short"],
            );
        }
    }
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let folder = folder();
    let zeros = vec![b' '; 8 << 20];
    let bomb = zstd::encode_all(&zeros[..], 19).expect("memory");
    let options = "--max-message-size 1M --input-format json";
    fails(
        &folder,
        options,
        &bomb,
        &["more than 1,048,576 bytes", "--max-message-size"],
    );
}

#[test]
fn a_message_of_the_limit_is_read_and_one_byte_more_is_not() {
    let folder = folder();
    let message = wire(Signal::Traces, &spans(3));
    let stream = delimited(std::slice::from_ref(&message));
    let line = format!("{}\n", spans(3));
    let size = message.len();
    for (input, size) in [
        (&message, size),
        (&stream, size),
        (&line.into_bytes(), spans(3).len()),
    ] {
        let fits = format!("run --signal traces -s s.ottl --max-message-size {size}");
        folder.run_with(&words(&fits), input).success();
        let options = format!("--max-message-size {}", size - 1);
        fails(
            &folder,
            &options,
            input,
            &["Message 1", "--max-message-size"],
        );
    }
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    let folder = folder();
    let mut stream = delimited(&[wire(Signal::Traces, &spans(1))]);
    stream.extend_from_slice(b"\xff\xff\xff\xff\x01\x0a");
    fails(&folder, "", &stream, &["Message 2", "536870911 bytes"]);
    stream.extend_from_slice(&[0xff; 20]);
    fails(&folder, "--max-message-size 1G", &stream, &["Message 2"]);
    let endless = [0xff; 30];
    fails(
        &folder,
        "--input-format proto-delimited",
        &endless,
        &["not a varint"],
    );
}

#[test]
fn another_signal() {
    let folder = folder();
    let logs = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"5"}]}]}]}"#;
    let help = "try --signal logs";
    fails(&folder, "", logs.as_bytes(), &["no `resourceSpans`", help]);
    fails(&folder, "", &wire(Signal::Logs, logs), &["message 1", help]);
    fails(
        &folder,
        "",
        &delimited(&[wire(Signal::Logs, logs)]),
        &["message 1", help],
    );
}

#[test]
fn json_that_is_none() {
    let folder = folder();
    fails(
        &folder,
        "",
        b"{\"resourceSpans\":[}",
        &["line 1, column 19"],
    );
    fails(
        &folder,
        "",
        b"{\"name\":\"package\"}",
        &["no `resourceSpans`"],
    );
    let lines = format!("{}\n{{\"resourceSpans\":5}}\n", spans(1));
    fails(&folder, "", lines.as_bytes(), &["message 2", "line 2"]);
    let deep = "[".repeat(100_000);
    let deep = format!("{{\"resourceSpans\":{deep}");
    fails(&folder, "", deep.as_bytes(), &["message 1"]);
    fails(&folder, "--input-format json", b"", &["message 1"]);
}

#[test]
fn data_that_is_nothing_at_all() {
    let folder = folder();
    for input in [
        &b"hello, world\n"[..],
        &[0xff; 100],
        b"\x00\x01\x02",
        b"[1,2]",
    ] {
        fails(&folder, "", input, &["<stdin>"]);
    }
}

#[test]
fn text_that_is_no_json_is_called_so() {
    let folder = folder();
    for text in ["set(span.name, 1)\n", "[1, 2]", "resourceSpans: []\n"] {
        fails(&folder, "", text.as_bytes(), &["The file is text"]);
    }
}

#[test]
fn a_line_cut_short_has_its_number() {
    let lines = format!("{}\n\n{{\"resourceSpans\":\n", spans(1));
    fails(
        &folder(),
        "--input-format json-lines",
        lines.as_bytes(),
        &["message 2", "line 3, column 17"],
    );
}

#[test]
fn nothing_is_no_error() {
    let folder = folder();
    let args = words("run --signal traces -s s.ottl");
    assert_eq!(folder.run_with(&args, b"").success().out, b"");
    let lines = words("run --signal traces -s s.ottl --input-format json-lines");
    assert_eq!(folder.run_with(&lines, b"\n\n").success().out, b"");
    assert_eq!(folder.run_with(&args, b"{}").success().out, b"{}\n");
}

#[test]
fn files_that_cannot_be_read_or_written() {
    let folder = folder();
    folder.file("in.json", spans(1));
    fs::create_dir(folder.path("dir")).expect("a folder");
    let run = |line: &str, said: &[&str]| {
        folder.run(&words(line)).failure(1, said);
    };
    run(
        "run --signal traces -s s.ottl none.json",
        &["none.json", "does not exist"],
    );
    run(
        "run --signal traces -s none.ottl in.json",
        &["none.ottl", "does not exist"],
    );
    run(
        "run --signal traces -s s.ottl dir",
        &["dir", "is a directory"],
    );
    run(
        "run --signal traces -s dir in.json",
        &["dir", "is a directory"],
    );
    run(
        "run --signal traces -s s.ottl in.json -o dir",
        &["dir", "is a directory"],
    );
    run(
        "run --signal traces -s s.ottl in.json -o none/out",
        &["none/out", "its folder does not exist"],
    );
    run(
        "run --signal traces -s s.ottl in.json -o in.json/out",
        &["in.json/out", "its folder is a file"],
    );
    #[cfg(target_os = "linux")]
    run(
        "run --signal traces -s s.ottl in.json -o /dev/full",
        &["/dev/full", "the disk is full"],
    );
    let mut permissions = fs::metadata(folder.path("in.json"))
        .expect("a file")
        .permissions();
    permissions.set_readonly(true);
    fs::set_permissions(folder.path("in.json"), permissions).expect("my file");
    let said = ["in.json", "permission is denied"];
    run("run --signal traces -s s.ottl in.json -o in.json", &said);
}

#[test]
fn a_command_line_that_is_wrong() {
    let folder = folder();
    let run = |line: &str, said: &[&str]| {
        folder.run(&words(line)).failure(2, said);
    };
    run("", &["Usage"]);
    run("run -s s.ottl", &["--signal"]);
    run("run --signal traces -s -", &["standard input"]);
    run(
        "run --signal traces -s s.ottl --max-message-size 3G",
        &["below 2G"],
    );
    run(
        "run --signal metrics -s s.ottl --context wombat",
        &["wombat"],
    );
    run(
        "bench --signal traces -s s.ottl --input x --seconds never",
        &["seconds"],
    );
}

#[test]
fn a_script_with_mistakes() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.nam, \"x\")\nsett(span.name, \"x\")\n");
    fails(
        &folder,
        "",
        b"{}",
        &["E0203", "E0206", "did you mean", "rejected for 2 errors"],
    );
}
