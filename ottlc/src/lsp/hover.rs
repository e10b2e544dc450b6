//! What is known of the name at a place.

use ottl::reference::{self, Root};
use ottl::{Context, Diagnostic, context_name};
use ottl_syntax::ast::Item;
use ottl_syntax::lexer::{Token, TokenKind, lex};
use ottl_syntax::{Span, print_item};

use super::cursor;
use super::markdown;
use super::place::Place;

/// The text about the name at a place, and where the name stands in the source.
pub(super) fn about(place: &Place) -> Option<(String, Span)> {
    let options = place.engine.options();
    let limits = &options.limits;
    if place.source.len() > limits.max_source_bytes {
        return None;
    }
    let lexed = lex(&place.source, place.mode.lexing(), options.dialect, limits);
    let hover = Hover {
        place,
        tokens: lexed.tokens,
    };
    let (start, end) = hover.name()?;
    let span = hover.tokens[start].span.to(hover.tokens[end - 1].span);
    hover.text(start, end).map(|text| (text, span))
}

/// The explanation of the problems at an offset of a file.
pub(super) fn explanations(problems: &[Diagnostic], offset: usize) -> Vec<String> {
    let mut codes = Vec::new();
    for problem in problems {
        let span = problem.primary.span.range();
        let is_here = span.start <= offset && offset <= span.end && span.start < span.end;
        if is_here && !codes.contains(&problem.code) {
            codes.push(problem.code);
        }
    }
    codes.into_iter().map(markdown::explanation).collect()
}

/// More segments than any path has.
const MAX_SEGMENTS: usize = 8;

struct Hover<'p> {
    place: &'p Place,
    tokens: Vec<Token>,
}

impl Hover<'_> {
    fn is_piece(&self, at: usize) -> bool {
        let token = self.tokens.get(at);
        token.is_some_and(|token| matches!(token.kind, TokenKind::Lower | TokenKind::Upper))
    }

    fn touch(&self, at: usize) -> bool {
        self.tokens[at].span.end == self.tokens[at + 1].span.start
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The tokens of the name that the place is in or at the end of.
    fn name(&self) -> Option<(usize, usize)> {
        let offset = self.place.offset;
        let behind = self
            .tokens
            .partition_point(|token| token.span.start as usize <= offset);
        let at = behind.checked_sub(1)?;
        let at = match (self.is_piece(at), at.checked_sub(1)) {
            (true, _) => at,
            // Just behind a name that a bracket or dot follows.
            (false, Some(before))
                if self.is_piece(before) && self.tokens[before].span.end as usize == offset =>
            {
                before
            }
            _ => return None,
        };
        if self.tokens[at].span.end as usize >= offset {
            return Some(self.run(at));
        }
        None
    }

    /// The pieces that touch the one at `at`.
    fn run(&self, at: usize) -> (usize, usize) {
        let (mut start, mut end) = (at, at + 1);
        while start > 0 && self.is_piece(start - 1) && self.touch(start - 1) {
            start -= 1;
        }
        while self.is_piece(end) && self.touch(end - 1) {
            end += 1;
        }
        (start, end)
    }

    fn written(&self, start: usize, end: usize) -> &str {
        let span = self.tokens[start].span.to(self.tokens[end - 1].span);
        &self.place.source[span.range()]
    }

    fn text(&self, start: usize, end: usize) -> Option<String> {
        let name = self.written(start, end);
        let is_call = self.kind(end) == Some(TokenKind::LParen);
        let behind_dot = start > 0 && self.kind(start - 1) == Some(TokenKind::Dot);
        let before_dot = self.kind(end) == Some(TokenKind::Dot);
        if is_call && !behind_dot {
            return self.function(name).or_else(|| self.definition(name));
        }
        if behind_dot || before_dot {
            return self.path(start, end);
        }
        if self.locals().iter().any(|local| local == name) {
            return Some(format!(
                "{}\n\nParameter of the lambda.",
                markdown::code(name)
            ));
        }
        self.definition(name)
            .or_else(|| self.symbol(name))
            .or_else(|| self.function(name))
            .or_else(|| self.path(start, end))
    }

    fn function(&self, name: &str) -> Option<String> {
        let registry = self.place.engine.registry();
        let id = registry.find(name)?;
        Some(markdown::function_page(&**registry.get(id)))
    }

    /// The parameters of the lambdas around the place.
    fn locals(&self) -> Vec<String> {
        let dialect = self.place.engine.options().dialect;
        let Place {
            source,
            offset,
            mode,
            ..
        } = self.place;
        cursor::look(source, *offset, *mode, dialect).locals
    }

    /// The constant or macro with a name, or the parameter of the macro around.
    fn definition(&self, name: &str) -> Option<String> {
        for item in self.place.items() {
            let found = match &item {
                Item::Const(constant) if constant.name.text == name => Some("Constant."),
                Item::Macro(definition) if definition.name.text == name => Some("Macro."),
                Item::Macro(definition) if definition.span.range().contains(&self.place.offset) => {
                    let mut params = definition.params.iter();
                    let param = params.find(|param| param.name.text == name);
                    if let Some(param) = param {
                        let head = markdown::code(&format!("{name}: {}", param.ty.text));
                        return Some(format!("{head}\n\nParameter of the macro."));
                    }
                    None
                }
                _ => None,
            };
            if let Some(what) = found {
                return Some(format!("{}\n\n{what}", markdown::code(&print_item(&item))));
            }
        }
        None
    }

    fn symbol(&self, name: &str) -> Option<String> {
        let dialect = self.place.engine.options().dialect;
        let number_in = |context: Context| {
            let symbols = reference::symbols(context, dialect);
            let found = symbols.into_iter().find(|(known, _)| *known == name);
            found.map(|(_, number)| (context, number))
        };
        let mut contexts = self.place.context.into_iter().chain(reference::CONTEXTS);
        let (context, number) = contexts.find_map(number_in)?;
        let head = markdown::code(&format!("{name} = {number}"));
        let owner = context_name(context);
        Some(format!("{head}\n\nEnum symbol of the context `{owner}`."))
    }

    /// The path up to the name, or as far as it goes; or the context, if the name is one.
    fn path(&self, start: usize, end: usize) -> Option<String> {
        let name = self.written(start, end).to_owned();
        let before = self.segments_before(start)?;
        let own = self
            .place
            .context
            .filter(|_| self.place.engine.options().bare_paths);
        let named = Root::named(before.first().unwrap_or(&name));
        if let (Some(root), []) = (named, before.as_slice()) {
            let text = match root {
                Root::Context(context) => markdown::context(context),
                Root::Request => markdown::request(),
            };
            return Some(format!("{}\n\n{text}", markdown::code(&name)));
        }
        let root = named.or(own.map(Root::Context))?;
        let mut names = before[usize::from(named.is_some())..].to_vec();
        names.push(name);
        let paths = root.paths(self.place.engine.options().dialect);
        let mut end = end;
        loop {
            let dotted = names.join(".");
            if let Some(def) = paths.iter().find(|def| def.name == dotted) {
                let head = markdown::path_head(root.name(), def);
                return Some(format!("{head}\n\n{}", markdown::path(def)));
            }
            // What is no path by itself may be the beginning of one.
            let goes_on = self.kind(end) == Some(TokenKind::Dot) && self.is_piece(end + 1);
            if !goes_on || names.len() > MAX_SEGMENTS {
                return None;
            }
            let (start, behind) = self.run(end + 1);
            names.push(self.written(start, behind).to_owned());
            end = behind;
        }
    }

    /// The names of the path before the one at `start`; nothing when what is before its dot is none.
    fn segments_before(&self, start: usize) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut at = start;
        while at > 0 && self.kind(at - 1) == Some(TokenKind::Dot) {
            if at < 2 || !self.is_piece(at - 2) || names.len() > MAX_SEGMENTS {
                return None;
            }
            let (start, end) = self.run(at - 2);
            names.push(self.written(start, end).to_owned());
            at = start;
        }
        names.reverse();
        Some(names)
    }
}
