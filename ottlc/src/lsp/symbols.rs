//! The outline of a file: statements, blocks and definitions of a script, components of a configuration.

use gen_lsp_types as lsp;
use lsp::SymbolKind;
use ottl::config::{self, ReadOptions};
use ottl::{Dialect, Limits};
use ottl_syntax::ast::{Item, Statement};
use ottl_syntax::{Span, parse_script, print_expr};

use super::documents::{Document, Kind};
use super::positions::Encoding;

/// How much of a statement is shown, in characters.
const SHOWN: usize = 60;
/// How many statements of a component are listed.
const MAX_LISTED: usize = 5000;

/// The symbols of a file, with those inside of them.
pub(super) fn symbols(
    document: &Document,
    dialect: Dialect,
    encoding: Encoding,
) -> Vec<lsp::DocumentSymbol> {
    let (text, base) = document.body();
    let outline = Outline {
        document,
        text,
        base,
        encoding,
    };
    match document.kind {
        Kind::Script => {
            let parsed = parse_script(text, dialect, &Limits::default());
            outline.items(&parsed.value.unwrap_or_default())
        }
        Kind::Config => outline.components(),
        Kind::Other => Vec::new(),
    }
}

struct Outline<'d> {
    document: &'d Document,
    text: &'d str,
    base: usize,
    encoding: Encoding,
}

impl Outline<'_> {
    fn symbol(
        &self,
        name: String,
        kind: SymbolKind,
        (whole, own): (Span, Span),
        children: Vec<lsp::DocumentSymbol>,
    ) -> lsp::DocumentSymbol {
        let range = |span: Span| self.document.range(span.shifted(self.base), self.encoding);
        let children = (!children.is_empty()).then_some(children);
        let (whole, own) = (range(whole.to(own)), range(own));
        lsp::DocumentSymbol::new(name, None, kind, None, None, whole, own, children)
    }

    fn items(&self, items: &[Item]) -> Vec<lsp::DocumentSymbol> {
        items.iter().map(|item| self.item(item)).collect()
    }

    fn item(&self, item: &Item) -> lsp::DocumentSymbol {
        match item {
            Item::Statement(statement) => self.statement(statement),
            Item::When(when) => {
                let arms = when.arms.iter().flat_map(|arm| &arm.items);
                let all = arms.chain(when.otherwise.iter().flatten());
                let children = all.map(|item| self.item(item)).collect();
                let condition = when.arms.first().map(|arm| print_expr(&arm.condition));
                let name = short(&format!("when {}", condition.unwrap_or_default()));
                self.symbol(
                    name,
                    SymbolKind::Namespace,
                    (when.span, when.span),
                    children,
                )
            }
            Item::Const(constant) => self.symbol(
                constant.name.text.clone(),
                SymbolKind::Constant,
                (constant.span, constant.name.span),
                Vec::new(),
            ),
            Item::Macro(definition) => self.symbol(
                definition.name.text.clone(),
                SymbolKind::Function,
                (definition.span, definition.name.span),
                Vec::new(),
            ),
        }
    }

    fn statement(&self, statement: &Statement) -> lsp::DocumentSymbol {
        let name = short(&self.text[statement.span.range()]);
        let spans = (statement.span, statement.editor.name.span);
        self.symbol(name, SymbolKind::Function, spans, Vec::new())
    }

    fn components(&self) -> Vec<lsp::DocumentSymbol> {
        let read = config::read(self.text, &ReadOptions::default());
        let components = read.components.iter().map(|component| {
            let groups = component.sites();
            let sites = groups.iter().flat_map(|group| &group.sites);
            let children: Vec<_> = sites
                .take(MAX_LISTED)
                .map(|site| {
                    let whole = site.text.whole();
                    let name = short(site.text.value());
                    self.symbol(name, SymbolKind::Function, (whole, whole), Vec::new())
                })
                .collect();
            let groups = component.sites();
            let spans = groups.iter().flat_map(|group| &group.sites);
            let whole = spans
                .map(|site| site.text.whole())
                // What an alias stands for may be anywhere.
                .filter(|span| span.start >= component.span().start)
                .fold(component.span(), Span::to);
            let name = component.name().to_owned();
            self.symbol(
                name,
                SymbolKind::Module,
                (whole, component.span()),
                children,
            )
        });
        components.collect()
    }
}

/// A source on one line, cut where it is long; never empty, which clients reject.
fn short(source: &str) -> String {
    let source = source.trim_start();
    let end = source.char_indices().nth(4 * SHOWN);
    let source = end.map_or(source, |(end, _)| &source[..end]);
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        _ if line.is_empty() => "(empty)".to_owned(),
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
