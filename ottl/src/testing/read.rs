//! Reads test files.

use std::collections::HashMap;

use ottl_syntax::{Code, Diagnostic};

use super::fields::Reader;
use super::settings::{self, Draft, SourceFile};
use super::{Case, Expect, TestFile, data};
use crate::config::problems::Problems;
use crate::config::yaml::{Document, Node, NodeKind, Resolved, YamlLimits};

/// How many problems of a file are reported.
const MAX_PROBLEMS: usize = 100;
/// The keys of a case beside those that say what is tested.
const CASE_KEYS: [&str; 4] = ["name", "skip", "input", "expect"];

pub(super) fn file(source: &str) -> Result<TestFile, Vec<Diagnostic>> {
    let document = Document::parse(source, &YamlLimits::default())?;
    let mut reader = Reader {
        problems: Problems::new(MAX_PROBLEMS),
        file: SourceFile::new(source),
    };
    let cases = match document.root() {
        Some(root) => cases(&mut reader, root),
        None => {
            let span = ottl_syntax::Span::new(0, 0);
            let message = "The test file is empty.";
            let note = "It says what is tested, as `script: FILE`, and has a list `tests`.";
            reader.error_with_note(Code::InvalidSettings, span, message, note);
            Vec::new()
        }
    };
    match reader.problems.errors() {
        0 => Ok(TestFile { cases }),
        _ => Err(reader.problems.finish()),
    }
}

fn cases(reader: &mut Reader, root: Node<'_>) -> Vec<Case> {
    let known = [&settings::KEYS[..], &["tests", "$schema"][..]].concat();
    let Some(fields) = reader.fields(root, "A test file", &known) else {
        return Vec::new();
    };
    let of_file = Draft::default().read(reader, &fields);
    let Some(tests) = fields.given("tests") else {
        let message = "There are no tests.";
        let note = "A test file has a list `tests`.";
        reader.error_with_note(Code::InvalidSettings, root.span(), message, note);
        return Vec::new();
    };
    if tests.kind() != NodeKind::Sequence {
        reader
            .problems
            .wrong_shape(tests, "`tests`", "a list of cases");
        return Vec::new();
    }
    if tests.items().len() == 0 {
        let message = "The list `tests` is empty.";
        let note = "Give it cases, each with `input` and `expect`.";
        reader.error_with_note(Code::WrongShape, tests.span(), message, note);
    }
    let mut names = HashMap::new();
    let mut cases = Vec::new();
    for (index, node) in tests.items().enumerate() {
        let Some(case) = case(reader, &of_file, node, index) else {
            continue;
        };
        if let Some(first) = names.insert(case.name.clone(), case.span) {
            let message = format!("There are two tests `{}`.", case.name);
            let error = Diagnostic::error(Code::DuplicateKey, case.span, message);
            reader
                .problems
                .report(error.with_secondary(first, "first here"));
        }
        cases.push(case);
    }
    cases
}

fn case(reader: &mut Reader, of_file: &Draft, node: Node<'_>, index: usize) -> Option<Case> {
    let known = [&CASE_KEYS[..], &settings::KEYS[..]].concat();
    let fields = reader.fields(node, "A test", &known)?;
    let name = fields.given("name");
    let span = name.map_or(node.span(), Node::span);
    let name = match name {
        Some(name) => reader.scalar(name, "`name`")?,
        None => format!("test {}", index + 1),
    };
    let draft = of_file.read(reader, &fields);
    draft.check(reader);
    let settings = draft.settings;
    if settings.program.is_none() {
        let message = format!("It is not said what `{name}` tests.");
        let note =
            "Say `script: FILE`, `config: FILE` or `statements: […]` at the top of the file.";
        reader.error_with_note(Code::InvalidSettings, span, message, note);
    }
    let Some(signal) = settings.signal else {
        let message = format!("It is not said what kind of data `{name}` has.");
        let note = "Say `signal: traces`, logs, metrics or profiles at the top of the file.";
        reader.error_with_note(Code::InvalidSettings, span, message, note);
        return None;
    };
    let skip = match fields.given("skip") {
        Some(node) => match node.kind() {
            NodeKind::Scalar(Resolved::Bool(skip)) => skip.then(|| "skipped".to_owned()),
            _ => reader.text(node, "`skip`"),
        },
        None => None,
    };
    let Some(expect) = fields.given("expect") else {
        let message = format!("It is not said what `{name}` expects.");
        let note = "Give `expect` with `output`, `assert`, `errors` or another expectation.";
        reader.error_with_note(Code::InvalidSettings, span, message, note);
        return None;
    };
    let expect = Expect::read(reader, signal, expect)?;
    let input = fields.given("input");
    if input.is_none() && expect.compile_errors.is_empty() {
        let message = format!("The test `{name}` has no input.");
        let note = "Give `input` with a message, or the path of a file with one.";
        reader.error_with_note(Code::InvalidSettings, span, message, note);
    }
    let input = input.and_then(|node| data::read(reader, signal, node, "`input`"));
    Some(Case {
        name,
        span,
        skip,
        settings,
        input,
        expect,
    })
}
