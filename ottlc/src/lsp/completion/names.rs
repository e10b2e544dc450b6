//! The names that may stand at a place: functions, keywords and what the source itself defines; and what
//! [`paths`](super::paths) has.

use gen_lsp_types::CompletionItemKind as Kind;
use ottl::{Dialect, Function, ParamKind, Signature};
use ottl_syntax::ast::{Item, MacroBody};
use ottl_syntax::print_item;

use super::Proposal;
use crate::lsp::cursor::{self, Cursor, Expected, Mode};
use crate::lsp::markdown;
use crate::lsp::place::Place;

/// Everything that may stand at the cursor, and whether it is everything.
pub(super) fn all(place: &Place, cursor: &Cursor) -> (Vec<Proposal>, bool) {
    let mut names = Names {
        place,
        cursor,
        behind: place.source[place.offset..]
            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        found: Vec::new(),
    };
    let mut is_all = true;
    match &cursor.expected {
        Expected::Nothing => {}
        Expected::Statement => {
            names.statement();
            names.continuation();
        }
        Expected::Operand { condition } => names.operand(*condition),
        Expected::Operator { clause, condition } => names.operator(*clause, *condition),
        Expected::Segment(segments) => names.segment(segments),
        Expected::Key { quoted } => {
            is_all = names.keys(*quoted);
            if !quoted {
                names.operand(false);
            }
        }
    }
    (names.found, is_all)
}

/// A place, and what was found so far that may stand there.
pub(super) struct Names<'p> {
    pub(super) place: &'p Place,
    pub(super) cursor: &'p Cursor,
    /// What follows the word at the cursor.
    pub(super) behind: &'p str,
    found: Vec<Proposal>,
}

impl Names<'_> {
    pub(super) fn add(&mut self, proposal: Proposal) {
        self.found.push(proposal);
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.place.engine.options().dialect
    }

    fn is_selfops(&self) -> bool {
        self.dialect() == Dialect::Selfops
    }

    /// The head of a statement: editors, and in the `selfops` dialect conditions and definitions.
    fn statement(&mut self) {
        for function in self.place.engine.functions(self.place.context) {
            let name = function.signature().name;
            let is_allowed = self
                .place
                .editors
                .is_none_or(|editors| editors.contains(&name));
            if function.signature().is_editor() && is_allowed {
                self.function(&**function, 1);
            }
        }
        if self
            .place
            .editors
            .is_some_and(|editors| editors.contains(&"route"))
        {
            let route = Proposal::new("route", Kind::Function, 0)
                .text("route() where ")
                .detail("route()")
                .documentation(
                    "Sends what the condition holds for to the pipelines of this route.",
                );
            self.add(route);
        }
        self.definitions(true);
        if self.is_selfops() && self.place.mode == Mode::Script {
            for (word, snippet) in [
                ("when", "when ${1:condition} {\n  $0\n}"),
                ("const", "const ${1:name} = ${0:value}"),
                ("macro", "macro ${1:name}(${2:param}: ${3:any}) {\n  $0\n}"),
            ] {
                self.add(Proposal::new(word, Kind::Keyword, 2).snippet(snippet));
            }
        }
        if self.is_selfops() {
            self.operand(true);
        }
    }

    /// A value, or a condition.
    fn operand(&mut self, condition: bool) {
        let param = self.parameter();
        if self.cursor.call.as_ref().is_some_and(|call| call.begins) {
            self.parameter_names();
        }
        for local in &self.cursor.locals {
            let proposal = Proposal::new(local, Kind::Variable, 0);
            self.add(proposal.detail("parameter of the lambda"));
        }
        self.definitions(false);
        if param == Some(ParamKind::Function) {
            self.converters(true);
            return;
        }
        let is_enum = param == Some(ParamKind::Enum);
        self.enums(if is_enum { 0 } else { 4 });
        if param == Some(ParamKind::BoolLiteral) {
            self.words(&["true", "false"], 0);
            return;
        }
        self.paths(2);
        self.converters(false);
        self.words(&["nil", "true", "false"], 5);
        if condition {
            self.words(&["not"], 5);
        }
    }

    /// What the statement of the lines before may go on with, where the line is indented.
    fn continuation(&mut self) {
        let Place { source, mode, .. } = self.place;
        let before = &source[..self.cursor.start];
        let line = before.rsplit('\n').next().unwrap_or(before);
        if *mode != Mode::Script || line.is_empty() || !line.trim().is_empty() {
            return;
        }
        let end = before.trim_end().len();
        let earlier = cursor::look(source, end, *mode, self.dialect());
        if let Expected::Operator { clause, condition } = earlier.expected {
            self.operator(clause, condition);
        }
    }

    /// What may follow an operand.
    fn operator(&mut self, clause: bool, condition: bool) {
        if clause {
            self.words(&["where"], 0);
        }
        if condition {
            self.words(&["and", "or"], 1);
            if self.is_selfops() {
                self.add(Proposal::new("in", Kind::Keyword, 2).snippet("in [$0]"));
                let not_in = Proposal::new("not in", Kind::Keyword, 2);
                self.add(not_in.snippet("not in [$0]"));
                self.words(&["else"], 3);
            }
        }
        if self.is_selfops() && (clause || condition) {
            for mode in ["propagate", "ignore", "silent"] {
                self.words(&[&format!("on error {mode}")], 4);
            }
        }
    }

    fn words(&mut self, words: &[&str], rank: u8) {
        for word in words {
            self.add(Proposal::new(word, Kind::Keyword, rank));
        }
    }

    /// The parameter that the cursor is at.
    fn parameter(&self) -> Option<ParamKind> {
        let call = self.cursor.call.as_ref()?;
        let signature = self.signature(&call.name)?;
        let mut params = signature.params.iter();
        let param = match &call.named {
            Some(name) => params.find(|param| param.name == name),
            None => params.nth(call.argument),
        };
        param.map(|param| param.kind)
    }

    fn signature(&self, name: &str) -> Option<&Signature> {
        let registry = self.place.engine.registry();
        registry.find(name).map(|id| registry.get(id).signature())
    }

    /// The parameters that can be given by name.
    fn parameter_names(&mut self) {
        let Some(call) = &self.cursor.call else {
            return;
        };
        let Some(signature) = self.signature(&call.name) else {
            return;
        };
        let params = signature.params.iter().skip(call.argument);
        let proposals: Vec<_> = params
            .map(|param| {
                let name = format!("{}=", param.name);
                let optional = if param.optional {
                    ", may be left out"
                } else {
                    ""
                };
                let takes = ottl::describe_param(param.kind);
                Proposal::new(&name, Kind::Property, if param.optional { 1 } else { 6 })
                    .detail(format!("{takes}{optional}"))
            })
            .collect();
        self.found.extend(proposals);
    }

    fn converters(&mut self, as_names: bool) {
        for function in self.place.engine.functions(self.place.context) {
            let signature = function.signature();
            if signature.is_editor() {
                continue;
            }
            if as_names {
                let proposal = Proposal::new(signature.name, Kind::Function, 0)
                    .detail(ottl::declaration(signature))
                    .documentation(markdown::function(&**function));
                self.add(proposal);
            } else {
                self.function(&**function, 3);
            }
        }
    }

    fn function(&mut self, function: &dyn Function, rank: u8) {
        let signature = function.signature();
        let proposal = Proposal::new(signature.name, Kind::Function, rank)
            .detail(ottl::declaration(signature))
            .documentation(markdown::function(function));
        if self.behind.trim_start().starts_with('(') {
            self.add(proposal);
            return;
        }
        let has_optional = signature.params.iter().any(|param| param.optional);
        if has_optional {
            let mut full = proposal.clone();
            full.label = format!("{}(…)", signature.name);
            full.text = format!("{}(", signature.name);
            self.add(full.snippet(markdown::snippet(signature, true)));
        }
        let text = match signature.params.is_empty() {
            true => format!("{}()", signature.name),
            false => format!("{}(", signature.name),
        };
        self.add(
            proposal
                .text(text)
                .snippet(markdown::snippet(signature, false)),
        );
    }

    /// The constants and macros that were defined before, and the parameters of the macro around.
    fn definitions(&mut self, as_statement: bool) {
        if !self.is_selfops() {
            return;
        }
        for item in self.place.items() {
            let span = item.span().range();
            let is_before = span.end <= self.place.offset;
            let is_around = span.contains(&self.place.offset);
            let detail = || {
                print_item(&item)
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            };
            match &item {
                Item::Const(constant) if is_before && !as_statement => {
                    let proposal = Proposal::new(&constant.name.text, Kind::Constant, 0);
                    self.add(proposal.detail(detail()));
                }
                Item::Macro(definition) if is_around && !as_statement => {
                    for param in &definition.params {
                        let proposal = Proposal::new(&param.name.text, Kind::Variable, 0);
                        self.add(proposal.detail(param.ty.text.clone()));
                    }
                }
                Item::Macro(definition)
                    if is_before
                        && as_statement == matches!(definition.body, MacroBody::Items(_)) =>
                {
                    let name = &definition.name.text;
                    let params = definition.params.iter().enumerate();
                    let stops =
                        params.map(|(at, param)| format!("${{{}:{}}}", at + 1, param.name.text));
                    let stops: Vec<_> = stops.collect();
                    let proposal = Proposal::new(name, Kind::Function, 0)
                        .detail(detail())
                        .text(format!("{name}("))
                        .snippet(format!("{name}({})$0", stops.join(", ")));
                    self.add(proposal);
                }
                _ => {}
            }
        }
    }
}
