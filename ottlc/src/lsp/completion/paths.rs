//! Paths, enum symbols and keys of attributes: what a context has.

use std::collections::BTreeMap;

use gen_lsp_types::CompletionItemKind as Kind;
use ottl::reference::{self, PathDef, Root};
use ottl::{Context, context_named, signals_of};

use super::Proposal;
use super::names::Names;
use crate::lsp::markdown;

/// How many keys of attributes are proposed at once.
const MAX_KEYS: usize = 100;

impl Names<'_> {
    /// Whether the data that the source is about has a context.
    fn fits(&self, context: Context) -> bool {
        let signal = self.place.signal;
        signal.is_none_or(|signal| signals_of(context).contains(&signal))
    }

    /// The contexts in which the source may run.
    fn contexts(&self) -> Vec<Context> {
        match self.place.context {
            Some(context) => vec![context],
            None => {
                let all = reference::CONTEXTS.into_iter();
                all.filter(|context| self.fits(*context)).collect()
            }
        }
    }

    pub(super) fn enums(&mut self, rank: u8) {
        let mut symbols = BTreeMap::new();
        for context in self.contexts() {
            symbols.extend(reference::symbols(context, self.dialect()));
        }
        for (name, number) in symbols {
            let proposal = Proposal::new(name, Kind::EnumMember, rank);
            self.add(proposal.detail(number.to_string()));
        }
    }

    /// The names that paths begin with.
    pub(super) fn paths(&mut self, rank: u8) {
        let mut visible = Vec::new();
        for context in self.contexts() {
            for name in reference::visible_contexts(context) {
                if !visible.contains(name) {
                    visible.push(*name);
                }
            }
        }
        for name in visible {
            let Some(context) = context_named(name) else {
                continue;
            };
            let proposal = Proposal::new(name, Kind::Module, rank);
            let text = markdown::context(context);
            self.add(proposal.detail("context").documentation(text));
        }
        let proposal = Proposal::new(Root::Request.name(), Kind::Module, rank);
        let text = markdown::request();
        self.add(proposal.detail("the request").documentation(text));
        if let Some(context) = self.place.context.filter(|_| self.has_bare_paths()) {
            self.fields(Root::Context(context), &[], rank - 1);
        }
    }

    fn has_bare_paths(&self) -> bool {
        self.place.engine.options().bare_paths
    }

    /// What may follow behind a dot.
    pub(super) fn segment(&mut self, segments: &[String]) {
        let Some((first, rest)) = segments.split_first() else {
            return;
        };
        match (Root::named(first), self.place.context) {
            (Some(Root::Context(context)), _) if !self.fits(context) => {}
            (Some(root), _) => self.fields(root, rest, 0),
            (None, Some(context)) if self.has_bare_paths() => {
                self.fields(Root::Context(context), segments, 0);
            }
            _ => {}
        }
    }

    /// The segments that follow behind others in paths.
    fn fields(&mut self, root: Root, before: &[String], rank: u8) {
        let mut fields: BTreeMap<&str, Option<PathDef>> = BTreeMap::new();
        let own = self.place.context.map(Root::Context);
        let is_own = own.is_none_or(|own| own == root);
        for def in root.paths(self.dialect()) {
            if def.name == "cache" && !is_own {
                continue;
            }
            let names: Vec<_> = def.name.split('.').collect();
            let is_behind = names.len() > before.len()
                && before
                    .iter()
                    .zip(&names)
                    .all(|(written, name)| written == name);
            if is_behind {
                let is_last = names.len() == before.len() + 1;
                let field = fields.entry(names[before.len()]).or_default();
                *field = if is_last { Some(def) } else { *field };
            }
        }
        for (name, def) in fields {
            let proposal = Proposal::new(name, Kind::Field, rank);
            self.add(match def {
                Some(def) => proposal
                    .detail(markdown::path_detail(&def))
                    .documentation(format!(
                        "{}\n\n{}",
                        markdown::path_head(root.name(), &def),
                        markdown::path(&def)
                    )),
                None => proposal.detail("has fields"),
            });
        }
    }

    /// Keys of attributes that the semantic conventions have; says whether all of them are proposed.
    pub(super) fn keys(&mut self, quoted: bool) -> bool {
        let written = &self.place.source[self.cursor.start..self.place.offset];
        let all = reference::conventional_keys().iter();
        let mut fitting = all.filter(|key| key.starts_with(written)).peekable();
        for key in fitting.by_ref().take(MAX_KEYS) {
            let proposal = Proposal::new(key, Kind::Constant, 0).detail("semantic convention");
            let closing = if self.behind.starts_with(']') {
                ""
            } else {
                "]"
            };
            self.add(match quoted {
                true => proposal,
                false => proposal.text(format!("\"{key}\"{closing}")),
            });
        }
        fitting.peek().is_none()
    }
}
