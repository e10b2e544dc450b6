//! The files that are open in the editor, as the editor has them.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use gen_lsp_types::{Position, Range};
use ottl::Diagnostic;
use ottl_syntax::Span;
use serde_json::Value as Json;

use super::positions::{Encoding, Lines};

/// The longest file that is kept, in bytes.
pub(super) const MAX_DOCUMENT: usize = 16 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A script.
    Script,
    /// YAML, which may be a configuration of the Collector.
    Config,
    /// Something else, of which nothing is said.
    Other,
}

impl Kind {
    /// By the name of the file, and by what the editor calls its language.
    fn of(uri: &str, language: &str) -> Self {
        let name = name_of(uri);
        let extension = name.rsplit('.').next().unwrap_or_default();
        let is = |known: &str| extension.eq_ignore_ascii_case(known);
        if is("ottl") || language.eq_ignore_ascii_case("ottl") {
            return Self::Script;
        }
        if is("yaml") || is("yml") || language.to_ascii_lowercase().contains("yaml") {
            return Self::Config;
        }
        Self::Other
    }
}

/// The name of a file without the escapes of its URI.
pub(super) fn name_of(uri: &str) -> Cow<'_, str> {
    let name = uri.split(['?', '#']).next().unwrap_or(uri);
    percent_encoding::percent_decode_str(name).decode_utf8_lossy()
}

/// Why the text of a file is not known, until all of it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// It is too long to be kept.
    TooLong,
    /// A change of it could not be read.
    Missed,
}

/// An open file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) uri: String,
    pub(super) kind: Kind,
    pub(super) version: Option<i64>,
    text: String,
    lines: Lines,
    pub(super) lost: Option<Lost>,
    /// Whether it changed since its problems were told.
    pub(super) is_dirty: bool,
    /// The problems, with places in the text, once somebody asked for them.
    problems: OnceCell<Vec<Diagnostic>>,
}

impl Document {
    fn new(uri: String, language: &str, version: Option<i64>, text: String) -> Self {
        let kind = Kind::of(&uri, language);
        let mut document = Self {
            uri,
            kind,
            version,
            text: String::new(),
            lines: Lines::default(),
            lost: None,
            is_dirty: true,
            problems: OnceCell::new(),
        };
        document.replace(text);
        document
    }

    /// All of it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text behind what some editors put before it, and how many bytes that has.
    pub(super) fn body(&self) -> (&str, usize) {
        match self.text.strip_prefix('\u{feff}') {
            Some(body) => (body, self.text.len() - body.len()),
            None => (&self.text, 0),
        }
    }

    pub(super) fn offset(&self, position: Position, encoding: Encoding) -> usize {
        self.lines.offset(&self.text, position, encoding)
    }

    pub(super) fn range(&self, span: Span, encoding: Encoding) -> Range {
        self.lines.range(&self.text, span, encoding)
    }

    /// The problems, which `find` finds if that was not done for this text.
    pub(super) fn problems(&self, find: impl FnOnce() -> Vec<Diagnostic>) -> &[Diagnostic] {
        self.problems.get_or_init(find)
    }

    /// Has the problems found and told again.
    pub(super) fn mark_dirty(&mut self) {
        self.is_dirty = true;
        self.problems = OnceCell::new();
    }

    fn replace(&mut self, text: String) {
        if text.len() > MAX_DOCUMENT {
            self.lose(Lost::TooLong);
            return;
        }
        self.lost = None;
        self.text = text;
        self.lines = Lines::new(&self.text);
        self.mark_dirty();
    }

    /// Forgets the text.
    pub(super) fn lose(&mut self, why: Lost) {
        self.lost = Some(why);
        self.text = String::new();
        self.lines = Lines::default();
        self.mark_dirty();
    }

    /// Makes changes one after the other, each of a part of the text or of all of it.
    ///
    /// An editor that replaces many places sends them from the last to the first. Such changes do not
    /// move each other and are made in one go.
    fn change(&mut self, changes: &[Json], encoding: Encoding) {
        let mut edits = Edits::default();
        for change in changes {
            let text = change["text"].as_str();
            let range = &change["range"];
            match (text, serde_json::from_value::<Range>(range.clone())) {
                (Some(text), Ok(range)) if self.lost.is_none() => {
                    let (start, end) = (range.start.min(range.end), range.start.max(range.end));
                    if edits.first.is_some_and(|first| end >= first) {
                        self.make(std::mem::take(&mut edits));
                    }
                    let span = self.offset(start, encoding)..self.offset(end, encoding);
                    let first = Span::new(span.start, span.start);
                    edits.first = Some(self.range(first, encoding).start);
                    edits.list.push((span, text));
                }
                (Some(_), Ok(_)) => {}
                (Some(text), Err(_)) if range.is_null() => {
                    edits = Edits::default();
                    self.replace(text.to_owned());
                }
                _ => {
                    edits = Edits::default();
                    self.lose(Lost::Missed);
                }
            }
        }
        self.make(edits);
    }

    fn make(&mut self, edits: Edits<'_>) {
        if edits.list.is_empty() {
            return;
        }
        let mut changed = String::with_capacity(self.text.len());
        let mut rest = 0;
        for (span, text) in edits.list.into_iter().rev() {
            changed.push_str(&self.text[rest..span.start]);
            changed.push_str(text);
            rest = span.end;
        }
        changed.push_str(&self.text[rest..]);
        self.replace(changed);
    }
}

/// Changes of places each of which is before the one that was changed before it.
#[derive(Default)]
struct Edits<'c> {
    list: Vec<(std::ops::Range<usize>, &'c str)>,
    /// Where the last of them begins.
    first: Option<Position>,
}

/// The open files by their names.
#[derive(Debug, Default)]
pub(super) struct Documents {
    by_uri: BTreeMap<String, Document>,
}

impl Documents {
    pub(super) fn get(&self, uri: &str) -> Option<&Document> {
        self.by_uri.get(uri)
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Document> {
        self.by_uri.values_mut()
    }

    /// `textDocument/didOpen`; says whether there was a file in it.
    pub(super) fn open(&mut self, params: &Json) -> bool {
        let item = &params["textDocument"];
        let (Some(uri), Some(text)) = (item["uri"].as_str(), item["text"].as_str()) else {
            return false;
        };
        let language = item["languageId"].as_str().unwrap_or_default();
        let version = item["version"].as_i64();
        let document = Document::new(uri.to_owned(), language, version, text.to_owned());
        self.by_uri.insert(uri.to_owned(), document);
        true
    }

    /// `textDocument/didChange`; says whether it was about an open file.
    pub(super) fn change(&mut self, params: &Json, encoding: Encoding) -> bool {
        let item = &params["textDocument"];
        let uri = item["uri"].as_str().unwrap_or_default();
        let Some(document) = self.by_uri.get_mut(uri) else {
            return false;
        };
        match params["contentChanges"].as_array() {
            Some(changes) => document.change(changes, encoding),
            None => document.lose(Lost::Missed),
        }
        document.version = item["version"].as_i64().or(document.version);
        document.mark_dirty();
        true
    }

    /// `textDocument/didClose`; gives the name of the file.
    pub(super) fn close(&mut self, params: &Json) -> Option<String> {
        let uri = params["textDocument"]["uri"].as_str()?;
        self.by_uri.remove(uri).map(|document| document.uri)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn open(text: &str) -> Documents {
        let mut documents = Documents::default();
        let item = json!({"uri": "file:///a.ottl", "languageId": "x", "version": 1, "text": text});
        assert!(documents.open(&json!({"textDocument": item})));
        documents
    }

    fn changed(documents: &mut Documents, changes: &Json) -> String {
        let item = json!({"uri": "file:///a.ottl", "version": 2});
        let params = json!({"textDocument": item, "contentChanges": changes});
        assert!(documents.change(&params, Encoding::Utf16));
        documents
            .get("file:///a.ottl")
            .expect("it is open")
            .text()
            .to_owned()
    }

    fn edit(from: (u32, u32), to: (u32, u32), text: &str) -> Json {
        json!({
            "range": {
                "start": {"line": from.0, "character": from.1},
                "end": {"line": to.0, "character": to.1},
            },
            "text": text,
        })
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let mut documents = open("é🦀x\r\ny\n");
        let changes = json!([edit((0, 1), (0, 3), "ab"), edit((1, 0), (1, 1), "zz")]);
        assert_eq!(changed(&mut documents, &changes), "éabx\r\nzz\n");
        let backwards = json!([edit((1, 2), (1, 0), "")]);
        assert_eq!(changed(&mut documents, &backwards), "éabx\r\n\n");
        assert_eq!(changed(&mut documents, &json!([{"text": "all"}])), "all");
    }

    #[test]
    fn what_is_too_long_is_lost_until_it_is_short_again() {
        let mut documents = open("x");
        let long = "y".repeat(MAX_DOCUMENT + 1);
        assert_eq!(changed(&mut documents, &json!([{"text": long}])), "");
        assert_eq!(
            changed(&mut documents, &json!([edit((0, 0), (0, 0), "a")])),
            ""
        );
        let lost = |documents: &Documents| {
            let document = documents.get("file:///a.ottl");
            document.expect("it is open").lost
        };
        assert_eq!(lost(&documents), Some(Lost::TooLong));
        assert_eq!(
            changed(&mut documents, &json!([{"text": "short"}])),
            "short"
        );
        let wrong = json!([{"range": {"start": 5}, "text": "x"}]);
        assert_eq!(changed(&mut documents, &wrong), "");
        assert_eq!(lost(&documents), Some(Lost::Missed));
        let again = json!([wrong[0], {"text": "whole"}]);
        assert_eq!(changed(&mut documents, &again), "whole");
        assert_eq!(lost(&documents), None);
    }

    #[test]
    fn files_are_told_apart() {
        assert_eq!(Kind::of("file:///a/b.OTTL", "plaintext"), Kind::Script);
        assert_eq!(Kind::of("untitled:1", "ottl"), Kind::Script);
        assert_eq!(Kind::of("file:///a/b.yml", ""), Kind::Config);
        assert_eq!(Kind::of("git:/c.yaml?ref=main", ""), Kind::Config);
        assert_eq!(
            name_of("file:///a%20%C3%A9%23.ottl#x"),
            "file:///a \u{e9}#.ottl"
        );
        assert_eq!(Kind::of("file:///a/b.rs", "rust"), Kind::Other);
    }

    proptest! {
        #[test]
        fn changes_together_are_changes_one_by_one(
            text in "[ab\u{e9}\u{1f980}\r\n]{0,24}",
            edits in proptest::collection::vec(
                ((0_u32..5, 0_u32..8), (0_u32..5, 0_u32..8), "[x\r\n]{0,3}"), 0..6),
            descending in any::<bool>(),
        ) {
            let mut edits = edits;
            if descending {
                edits.sort_by_key(|(from, to, _)| std::cmp::Reverse(*from.max(to)));
            }
            let edits: Vec<_> = edits.iter().map(|(from, to, new)| edit(*from, *to, new)).collect();
            let mut one_by_one = open(&text);
            for edit in &edits {
                changed(&mut one_by_one, &json!([edit]));
            }
            let together = changed(&mut open(&text), &Json::Array(edits));
            prop_assert_eq!(together, changed(&mut one_by_one, &json!([])));
        }

        #[test]
        fn no_change_panics(
            text in "\\PC{0,6}[\r\n]{0,2}\\PC{0,6}",
            from in (0_u32..4, 0_u32..9),
            to in (0_u32..4, 0_u32..9),
            new in "\\PC{0,4}",
        ) {
            changed(&mut open(&text), &json!([edit(from, to, &new)]));
        }
    }
}
