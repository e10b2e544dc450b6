//! `cache`: a value in the cache that is written and never read, or read and never written.
//!
//! Where a function is given the whole cache, or a key is known only when the program runs, every
//! key may be meant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use otlp_columns::MapField;
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::path::Access;

use super::walk::{Node, Usage};
use super::{Around, Rule};
use crate::hir::{Key, Path};

#[derive(Default)]
pub(super) struct Cache {
    keys: HashMap<Vec<u8>, Uses>,
    reads_any: bool,
    writes_any: bool,
}

/// What is done with one key.
struct Uses {
    /// The source and the place where it is used first.
    first: (usize, Span),
    name: String,
    is_read: bool,
    is_written: bool,
}

impl Rule for Cache {
    fn node(&mut self, around: &mut Around<'_>, node: Node<'_>) {
        let Node::Path(path, usage) = node else {
            return;
        };
        if !matches!(path.def.access, Access::Map(MapField::Scratch(_))) {
            return;
        }
        let is_read = usage != Usage::Write;
        let is_written = usage != Usage::Read;
        let Some(Key::Str(key)) = path.keys.first() else {
            self.reads_any |= is_read;
            self.writes_any |= is_written;
            return;
        };
        let first = (around.problems.source(), path.span);
        let uses = match self.keys.entry(key.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Uses::new(first, path)),
        };
        uses.is_read |= is_read;
        uses.is_written |= is_written;
    }

    fn finish(&mut self, around: &mut Around<'_>) {
        let mut keys: Vec<_> = self.keys.drain().collect();
        keys.sort_by_key(|(_, uses)| uses.first);
        for (key, uses) in keys {
            let place = format!("{}[\"{}\"]", uses.name, key.escape_ascii());
            let (message, note) = if !uses.is_read && !self.reads_any {
                (
                    format!("`{place}` is written and never read."),
                    "The cache is gone when the statements have run. Write to an attribute, or \
                     remove the statement.",
                )
            } else if !uses.is_written && !self.writes_any {
                (
                    format!("`{place}` is read and never written, so that it is always nil."),
                    "The cache is empty when the statements begin, unless they share it with \
                     others.",
                )
            } else {
                continue;
            };
            let (source, span) = uses.first;
            around.problems.enter(source);
            let warning = Diagnostic::warning(Code::UnusedCache, span, message);
            around.problems.report(warning.with_note(note));
        }
    }
}

impl Uses {
    fn new(first: (usize, Span), path: &Path) -> Self {
        Self {
            first,
            name: path.name.clone(),
            is_read: false,
            is_written: false,
        }
    }
}
