//! Resolving paths: what stands between the dots becomes one definition of the context's table.
//!
//! Every path begins with a context that is visible from the program's own, and only the last
//! segment has keys. Whether the keys fit what the path holds is for [`lint`](crate::lint) and the
//! machine.

use ottl_syntax::{Code, Diagnostic, Span, ast};
use ottl_vm::path::{self, Context, Keys, PathDef};

use crate::hir::{Key, Path};
use crate::lower::Lowering;
use crate::suggest;

/// The name that the context scope had.
const OLD_SCOPE: &str = "instrumentation_scope";

/// What a path begins with, and so whose paths it can be.
#[derive(Clone, Copy)]
enum Root {
    /// A context.
    Context(Context),
    /// What is known of the request, which is no context but visible from all of them.
    Request,
}

impl Root {
    fn named(name: &str) -> Option<Self> {
        match name {
            path::REQUEST => Some(Self::Request),
            _ => path::context_named(name).map(Self::Context),
        }
    }

    /// Its paths, but for those of the `selfops` dialect.
    fn paths(self) -> &'static [PathDef] {
        match self {
            Self::Context(context) => path::paths(context),
            Self::Request => path::request_paths(),
        }
    }

    fn find(self, name: &str, selfops: bool) -> Option<PathDef> {
        match self {
            Self::Context(context) => find(context, name, selfops),
            Self::Request => self.paths().iter().find(|def| def.name == name).copied(),
        }
    }
}

/// What a path means in a context.
pub(crate) fn find(context: Context, name: &str, selfops: bool) -> Option<PathDef> {
    let own = path::paths(context).iter();
    let more = if selfops {
        path::selfops_paths(context)
    } else {
        &[]
    };
    own.chain(more).find(|def| def.name == name).copied()
}

/// The segments of a path without keys, with dots between them.
pub(crate) fn dotted(segments: &[ast::Segment]) -> String {
    let names: Vec<_> = segments
        .iter()
        .map(|segment| segment.name.text.as_str())
        .collect();
    names.join(".")
}

/// The same behind the name of what they belong to.
fn whole_name(prefix: &str, segments: &[ast::Segment]) -> String {
    let names = segments.iter().map(|segment| segment.name.text.as_str());
    let length = names.clone().map(|name| name.len() + 1).sum::<usize>();
    let mut whole = String::with_capacity(prefix.len() + length);
    whole.push_str(prefix);
    for name in names {
        whole.push('.');
        whole.push_str(name);
    }
    whole
}

impl Lowering<'_> {
    pub(crate) fn path(&mut self, source: &ast::Path) -> Option<Path> {
        let (root, segments) = self.path_root(source)?;
        let prefix = prefix(source, root, segments);
        let whole = whole_name(prefix, segments);
        let name = &whole[prefix.len() + 1..];
        let def = if name == "cache" {
            self.cache(source, root)?
        } else {
            self.path_def(source, root, segments, name)?
        };
        Some(Path {
            span: source.span,
            keys: self.path_keys(segments, &def)?,
            name: whole,
            def,
        })
    }

    /// Splits off the context's name.
    fn path_root<'s>(&mut self, source: &'s ast::Path) -> Option<(Root, &'s [ast::Segment])> {
        let visible = path::visible_contexts(self.context);
        let (first, rest) = source.segments.split_first()?;
        let name = first.name.text.as_str();
        let has_context = !rest.is_empty() && first.keys.is_empty();
        let is_visible = visible.contains(&name) || self.is_old_name(name);
        if self.options.bare_paths && !(has_context && is_visible) {
            return Some((Root::Context(self.context), &source.segments));
        }
        if !has_context {
            self.missing_context(source, visible);
            return None;
        }
        if is_visible {
            return Root::named(name).map(|root| (root, rest));
        }
        let own = path::context_name(self.context);
        let mut diagnostic = Diagnostic::error(
            Code::UnknownContext,
            first.name.span,
            format!("Paths in the context {own} cannot begin with `{name}`."),
        )
        .with_note(format!("They begin with one of {}.", visible.join(", ")));
        let whole = dotted(&source.segments);
        if let Some(meant) = suggest::nearest(name, visible.iter().copied()) {
            let text = format!("did you mean `{meant}.{}`?", dotted(rest));
            diagnostic = diagnostic.with_fix(first.name.span, text, meant);
        } else if find(self.context, &whole, self.options.selfops()).is_some() {
            diagnostic = with_context(diagnostic, source.span, own, &whole);
        }
        self.report(diagnostic);
        None
    }

    fn missing_context(&mut self, source: &ast::Path, visible: &[&'static str]) {
        let whole = dotted(&source.segments);
        let first = &source.segments[0].name.text;
        let diagnostic = if visible.contains(&first.as_str()) && source.segments.len() == 1 {
            Diagnostic::error(
                Code::UnknownPath,
                source.span,
                format!("`{first}` is a context, not a path."),
            )
            .with_note("A field follows behind a dot, as in `span.name`.")
        } else {
            let diagnostic = Diagnostic::error(
                Code::MissingContext,
                source.span,
                format!("The path `{whole}` has no context name."),
            );
            let owner = visible.iter().copied().find(|name| {
                Root::named(name)
                    .is_some_and(|root| root.find(&whole, self.options.selfops()).is_some())
            });
            match owner {
                Some(owner) => with_context(diagnostic, source.span, owner, &whole),
                None => {
                    diagnostic.with_note(format!("Paths begin with one of {}.", visible.join(", ")))
                }
            }
        };
        self.report(diagnostic);
    }

    fn is_old_name(&self, name: &str) -> bool {
        self.options.old_names && self.context == Context::Scope && name == OLD_SCOPE
    }

    fn cache(&mut self, source: &ast::Path, root: Root) -> Option<PathDef> {
        if let Root::Context(context) = root
            && context == self.context
            && source.segments[0].name.text != OLD_SCOPE
        {
            return Some(match self.options.shared_cache {
                true => path::shared_cache(context),
                false => path::cache(context),
            });
        }
        let own = path::context_name(self.context);
        let span = source.segments[0].name.span;
        self.report(
            Diagnostic::error(
                Code::ForeignCache,
                source.span,
                "Only the cache of the program's own context can be used.",
            )
            .with_fix(span, format!("did you mean `{own}.cache`?"), own),
        );
        None
    }

    fn path_def(
        &mut self,
        source: &ast::Path,
        root: Root,
        segments: &[ast::Segment],
        name: &str,
    ) -> Option<PathDef> {
        let selfops = self.options.selfops();
        if let Some(def) = root.find(name, selfops) {
            return Some(def);
        }
        let prefix = prefix(source, root, segments);
        let mut diagnostic = Diagnostic::error(
            Code::UnknownPath,
            source.span,
            format!("The context {prefix} has no path `{prefix}.{name}`."),
        );
        let span = names_span(segments);
        let known = root.paths().iter().map(|def| def.name);
        // The longest beginning that is a path with keys, and what is behind it.
        let indexed = (1..segments.len()).rev().find_map(|at| {
            let (base, behind) = segments.split_at(at);
            let def = root.find(&dotted(base), selfops)?;
            (def.keys == Keys::Any).then(|| (def, dotted(behind)))
        });
        if let Some((base, behind)) = indexed {
            let fixed = format!("{prefix}.{}[\"{behind}\"]", base.name);
            diagnostic = diagnostic
                .with_fix(
                    source.span,
                    format!("did you mean `{fixed}`?"),
                    fixed.clone(),
                )
                .with_note("Keys of a map stand in brackets and quotes.");
        } else if let Some(meant) = suggest::nearest(name, known.chain(own_cache(root))) {
            let text = format!("did you mean `{prefix}.{meant}`?");
            diagnostic = diagnostic.with_fix(span, text, meant);
        } else if root.find(name, true).is_some() {
            diagnostic = diagnostic.with_note("The selfops dialect has it: --dialect selfops.");
        }
        self.report(diagnostic);
        None
    }

    /// Keys may only stand behind the last segment, and only where the path takes them.
    fn path_keys(&mut self, segments: &[ast::Segment], def: &PathDef) -> Option<Vec<Key>> {
        let (last, before) = segments.split_last()?;
        let misplaced = before.iter().find(|segment| !segment.keys.is_empty());
        let wrong = match (misplaced, def.keys, last.keys.as_slice()) {
            (Some(segment), _, _) => Some((segment, "keys only stand at its end")),
            (None, Keys::None, [_, ..]) => Some((last, "it takes no keys")),
            (None, Keys::One, [_, _, ..]) => Some((last, "it takes one key only")),
            _ => None,
        };
        if let Some((segment, why)) = wrong {
            let span = segment
                .keys
                .iter()
                .map(|key| key.span)
                .reduce(Span::to)
                .unwrap_or(segment.name.span);
            self.report(Diagnostic::error(
                Code::PathNotIndexable,
                span,
                format!(
                    "The path `{}` cannot be indexed like this: {why}.",
                    def.name
                ),
            ));
            return None;
        }
        Some(self.keys(&last.keys))
    }
}

/// The name of the context as it was written, or of the one that was not.
fn prefix<'s>(source: &'s ast::Path, root: Root, segments: &[ast::Segment]) -> &'s str {
    match (segments.len() < source.segments.len(), root) {
        (true, _) => &source.segments[0].name.text,
        (false, Root::Context(context)) => path::context_name(context),
        (false, Root::Request) => path::REQUEST,
    }
}

fn own_cache(root: Root) -> Option<&'static str> {
    match root {
        Root::Context(_) => Some("cache"),
        Root::Request => None,
    }
}

fn names_span(segments: &[ast::Segment]) -> Span {
    segments
        .iter()
        .map(|segment| segment.name.span)
        .reduce(Span::to)
        .unwrap_or_default()
}

fn with_context(diagnostic: Diagnostic, span: Span, owner: &str, whole: &str) -> Diagnostic {
    let start = Span::new(span.start as usize, span.start as usize);
    diagnostic.with_fix(
        start,
        format!("did you mean `{owner}.{whole}`?"),
        format!("{owner}."),
    )
}
