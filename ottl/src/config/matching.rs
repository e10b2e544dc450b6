//! `include` and `exclude`, the oldest form of the filter processor, as conditions of OTTL.
//!
//! From internal/filter: filterspan, filterlog, filtermetric and filtermatcher. Each side becomes one
//! condition under which an item is dropped: that it matches what is excluded, or does not match what
//! is included. What differs from plain comparisons of OTTL is written out: numbers of different
//! types are never equal here, and an attribute without a value is there.

use otlp_columns::Signal;
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::path::Context;

use super::expr;
use super::fields::Reader;
use super::filter::{Decides, FilterCondition};
use super::properties::{Attribute, Library, Names, attributes, libraries, severity, sources};
use super::shape::{Fields, is_null};
use super::source::Source;
use super::text::Builder;
use super::yaml::{Node, Style};

const SPAN_KEYS: [&str; 12] = [
    "match_type",
    "regexp",
    "services",
    "span_names",
    "span_kinds",
    "attributes",
    "resources",
    "libraries",
    "metric_names",
    "log_bodies",
    "log_severity_texts",
    "log_severity_number",
];
const LOG_KEYS: [&str; 6] = [
    "match_type",
    "resource_attributes",
    "record_attributes",
    "severity_texts",
    "severity_number",
    "bodies",
];
const METRIC_KEYS: [&str; 5] = [
    "match_type",
    "regexp",
    "metric_names",
    "expressions",
    "resource_attributes",
];
const SPAN_KINDS: [&str; 5] = [
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];
/// What stands for the name of a service that has none.
const NO_SERVICE: &str = "<nil-service-name>";

/// Reads `include` and `exclude`, which have the places `sides` in the file.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    signal: Signal,
    sides: [Option<Node<'_>>; 2],
) -> Vec<FilterCondition> {
    let mut conditions = Vec::new();
    for (node, is_included) in sides.into_iter().zip([true, false]) {
        let Some(node) = node.filter(|node| !is_null(*node)) else {
            continue;
        };
        let what = if is_included {
            "`include`"
        } else {
            "`exclude`"
        };
        let keys: &[&str] = match signal {
            Signal::Traces => &SPAN_KEYS,
            Signal::Logs => &LOG_KEYS,
            Signal::Metrics | Signal::Profiles => &METRIC_KEYS,
        };
        let Some(fields) = reader.fields(node, what, keys) else {
            continue;
        };
        regexp(reader, &fields);
        let mut side = Side::new(reader, &fields, node.span());
        let parts = match signal {
            Signal::Traces => vec![(Context::Span, side.span())],
            Signal::Logs => vec![(Context::Log, side.log())],
            Signal::Metrics | Signal::Profiles => side.metric(),
        };
        let expressions = side.expressions();
        for (context, all) in parts {
            let condition = all.condition(is_included, node.span());
            conditions.extend(condition.map(|source| FilterCondition {
                context: Some(context),
                source,
                decides: Decides::Items,
            }));
        }
        conditions.extend(expressions.map(|source| FilterCondition {
            context: Some(Context::DataPoint),
            source,
            decides: Decides::Metrics {
                dropped: !is_included,
            },
        }));
    }
    conditions
}

/// Checks settings of how regular expressions are kept, which change nothing.
pub(crate) fn regexp(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let Some(node) = fields.get("regexp") else {
        return;
    };
    let known = ["cacheenabled", "cachemaxnumentries"];
    if let Some(fields) = reader.fields(node, "`regexp`", &known) {
        reader.boolean(fields.get("cacheenabled"), "cacheenabled");
    }
}

/// How texts are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Strict,
    Regexp,
    Expressions,
    /// It is none of them, or not given.
    Unknown,
}

/// One side while it is read.
struct Side<'r, 'f, 'd, 'e> {
    reader: &'r mut Reader<'e>,
    fields: &'f Fields<'d>,
    place: Span,
    how: Match,
    is_reported: bool,
}

/// Pieces of a condition with their places; each part has to hold.
#[derive(Default)]
struct All {
    parts: Vec<Vec<(String, Span)>>,
    is_open: bool,
}

impl All {
    fn push(&mut self, part: Vec<(String, Span)>) {
        self.parts.push(part);
    }

    fn text(&mut self, text: String, span: Span) {
        self.push(vec![(text, span)]);
    }

    /// The condition under which an item is dropped; nothing if there are no parts.
    fn condition(self, is_included: bool, place: Span) -> Option<Source> {
        if self.parts.is_empty() {
            return None;
        }
        let mut builder = Builder::default();
        builder.stand_in(if is_included { "not (" } else { "(" }, place);
        for (index, part) in self.parts.into_iter().enumerate() {
            if index > 0 {
                builder.stand_in(" and ", place);
            }
            for (text, span) in part {
                builder.stand_in(&text, span);
            }
        }
        builder.stand_in(")", place);
        Some(Source {
            text: builder.finish(place),
            style: Style::Plain,
            is_open: self.is_open,
        })
    }
}

impl<'r, 'f, 'd, 'e> Side<'r, 'f, 'd, 'e> {
    fn new(reader: &'r mut Reader<'e>, fields: &'f Fields<'d>, place: Span) -> Self {
        let how = fields.entry("match_type");
        let text = how.and_then(|(_, node)| reader.text(node, "`match_type`"));
        let how = match text.as_ref().map(Source::value) {
            Some("strict") => Match::Strict,
            Some("regexp") => Match::Regexp,
            Some("expr") => Match::Expressions,
            _ => Match::Unknown,
        };
        Self {
            reader,
            fields,
            place: text.map_or(place, |text| text.text.whole()),
            how,
            is_reported: false,
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.reader
            .problems
            .error(Code::InvalidSettings, span, message);
    }

    /// Whether texts can be compared; told of once when it is not said how.
    fn is_comparable(&mut self) -> bool {
        let is_known = matches!(self.how, Match::Strict | Match::Regexp);
        if !is_known && !self.is_reported {
            self.is_reported = true;
            let message = "`match_type` does not say how to compare.";
            let error = Diagnostic::error(Code::UnknownChoice, self.place, message)
                .with_note("It is strict or regexp.");
            self.reader.problems.report(error);
        }
        is_known
    }

    fn names(&mut self, key: &str) -> Names {
        Names::read(self.reader, self.fields, key)
    }

    /// That a text is one of several, or matches one of several patterns.
    fn one_of(&mut self, all: &mut All, path: &str, names: &Names) {
        if names.list.is_empty() || !self.is_comparable() {
            return;
        }
        all.is_open |= names.is_open;
        all.push(self.any(path, names));
    }

    /// `(path == "a" or path == "b")`, or the same with patterns.
    fn any(&self, path: &str, names: &Names) -> Vec<(String, Span)> {
        let mut pieces = Vec::with_capacity(names.list.len() + 1);
        for (index, (name, span)) in names.list.iter().enumerate() {
            let before = if index == 0 { "(" } else { " or " };
            pieces.push((format!("{before}{}", self.compared(path, name)), *span));
        }
        pieces.push((")".to_owned(), self.place));
        pieces
    }

    fn compared(&self, path: &str, name: &str) -> String {
        match self.how {
            Match::Regexp => format!("IsMatch({path}, {})", quoted(name)),
            _ => format!("{path} == {}", quoted(name)),
        }
    }

    fn span(&mut self) -> All {
        let mut all = All::default();
        let errors = self.reader.problems.errors();
        for key in ["log_bodies", "log_severity_texts", "metric_names"] {
            let names = self.names(key);
            if let Some((_, span)) = names.list.first() {
                self.error(*span, format!("Spans cannot be matched by `{key}`."));
            }
        }
        if let Some((key, node)) = self.fields.entry("log_severity_number")
            && !is_null(node)
        {
            self.error(
                key.span(),
                "Spans cannot be matched by `log_severity_number`.",
            );
        }
        let services = self.names("services");
        let names = self.names("span_names");
        let kinds = self.names("span_kinds");
        let own = attributes(self.reader, self.fields, "attributes");
        let resources = attributes(self.reader, self.fields, "resources");
        let libraries = libraries(self.reader, self.fields);
        let lists = [&services, &names, &kinds];
        if lists.iter().all(|list| list.list.is_empty())
            && own.is_empty()
            && resources.is_empty()
            && libraries.is_empty()
            && self.reader.problems.errors() == errors
        {
            let message = "There is nothing to match spans by.";
            let error = Diagnostic::error(Code::InvalidSettings, self.place, message).with_note(
                "Give one of services, span_names, span_kinds, attributes, resources and libraries.",
            );
            self.reader.problems.report(error);
        }
        self.service(&mut all, &services);
        self.one_of(&mut all, "name", &names);
        for (name, span) in &kinds.list {
            if self.how == Match::Strict && !SPAN_KINDS.contains(&name.as_str()) && !kinds.is_open {
                let message = format!("`{}` is no kind of span.", super::problems::short(name));
                let error = Diagnostic::error(Code::UnknownChoice, *span, message).with_note(
                    format!("They are {}.", super::problems::all_of(&SPAN_KINDS)),
                );
                self.reader.problems.report(error);
            }
        }
        self.one_of(&mut all, "kind.deprecated_string", &kinds);
        self.libraries(&mut all, &libraries);
        self.attributes(&mut all, "resource.attributes", &resources);
        self.attributes(&mut all, "attributes", &own);
        all
    }

    fn log(&mut self) -> All {
        let mut all = All::default();
        let bodies = self.names("bodies");
        let texts = self.names("severity_texts");
        let severity = severity(self.reader, self.fields);
        let own = attributes(self.reader, self.fields, "record_attributes");
        let resources = attributes(self.reader, self.fields, "resource_attributes");
        self.one_of(&mut all, "body.string", &bodies);
        self.one_of(&mut all, "severity_text", &texts);
        if let Some(severity) = severity {
            let least = format!("severity_number >= {}", severity.least);
            let text = match severity.takes_undefined {
                true => format!("(severity_number == 0 or {least})"),
                false => format!("(severity_number != 0 and {least})"),
            };
            all.is_open |= severity.is_open;
            all.text(text, severity.span);
        }
        self.attributes(&mut all, "resource.attributes", &resources);
        self.attributes(&mut all, "attributes", &own);
        all
    }

    fn metric(&mut self) -> Vec<(Context, All)> {
        let mut of_resource = All::default();
        let resources = attributes(self.reader, self.fields, "resource_attributes");
        self.attributes(&mut of_resource, "attributes", &resources);
        let mut own = All::default();
        let names = self.names("metric_names");
        if self.how != Match::Expressions {
            self.one_of(&mut own, "name", &names);
        }
        vec![(Context::Resource, of_resource), (Context::Metric, own)]
    }

    /// That one of the expressions matches a data point.
    fn expressions(&mut self) -> Option<Source> {
        let expressions = sources(self.reader, self.fields, "expressions");
        if self.how != Match::Expressions || expressions.is_empty() {
            return None;
        }
        let (_, list) = self.fields.entry("expressions")?;
        let place = list.span();
        let mut builder = Builder::default();
        let mut is_open = false;
        for (index, expression) in expressions.iter().enumerate() {
            builder.stand_in(if index == 0 { "(" } else { " or (" }, place);
            match expr::condition(expression.value()) {
                Ok(pieces) => {
                    for (text, span) in pieces {
                        builder.stand_in(&text, expression.text.locate(span));
                    }
                }
                // What is missing in it is told when it is compiled.
                Err(_) if expression.is_open => {
                    builder.stand_in("${}", expression.text.whole());
                }
                Err(problem) => {
                    builder.stand_in("false", expression.text.whole());
                    self.reader.problems.report(expression.place(*problem));
                }
            }
            is_open |= expression.is_open;
            builder.stand_in(")", place);
        }
        Some(Source {
            text: builder.finish(place),
            style: Style::Plain,
            is_open,
        })
    }

    /// The name of a service is compared as text, whatever it is, and there always is one.
    fn service(&mut self, all: &mut All, names: &Names) {
        if names.list.is_empty() || !self.is_comparable() {
            return;
        }
        all.is_open |= names.is_open;
        let path = "resource.attributes[\"service.name\"]";
        let place = self.place;
        let text = |text: &str| (text.to_owned(), place);
        let mut part = vec![text(&format!("((IsString({path}) and "))];
        part.extend(self.any(path, names));
        part.push(text(&format!(
            ") or ({path} != nil and not IsString({path}) and "
        )));
        part.extend(self.any(&format!("String({path})"), names));
        let has = |name: &str| names.list.iter().any(|(known, _)| known == name);
        let is_there = "ContainsValue(Keys(resource.attributes), \"service.name\")";
        for (stand_in, is_there) in [
            ("", is_there.to_owned()),
            (NO_SERVICE, format!("not {is_there}")),
        ] {
            if self.how == Match::Regexp || has(stand_in) {
                part.push(text(&format!(") or ({path} == nil and {is_there} and ")));
                part.extend(self.any(&quoted(stand_in), names));
            }
        }
        part.push(text("))"));
        all.push(part);
    }

    /// All of them have to match.
    fn libraries(&mut self, all: &mut All, libraries: &[Library]) {
        for library in libraries {
            self.one_of(all, "instrumentation_scope.name", &library.name);
            if let Some(version) = &library.version {
                self.one_of(all, "instrumentation_scope.version", version);
            }
        }
    }

    /// All of them have to match.
    fn attributes(&mut self, all: &mut All, map: &str, attributes: &[Attribute]) {
        for attribute in attributes {
            let path = format!("{map}[{}]", quoted(&attribute.key));
            let Some(value) = &attribute.value else {
                let key = quoted(&attribute.key);
                let text = format!("({path} != nil or ContainsValue(Keys({map}), {key}))");
                all.text(text, attribute.span);
                continue;
            };
            if !self.is_comparable() {
                continue;
            }
            all.is_open |= attribute.is_open;
            let text = match (self.how, value.text()) {
                (Match::Regexp, Some(pattern)) => {
                    let kinds = ["IsString", "IsInt", "IsDouble", "IsBool"];
                    let kinds = kinds.map(|kind| format!("{kind}({path})")).join(" or ");
                    format!("(({kinds}) and IsMatch({path}, {}))", quoted(pattern))
                }
                (Match::Regexp, None) => {
                    let message = "With `match_type: regexp` the value of an attribute is a text.";
                    self.error(attribute.span, message);
                    continue;
                }
                _ => match value.equals(&path) {
                    Some(text) => text,
                    None => {
                        let message = "The value is too large to be compared with.";
                        self.error(attribute.span, message);
                        continue;
                    }
                },
            };
            all.text(text, attribute.span);
        }
    }
}

/// A text as it is written in OTTL.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottl_syntax::{Dialect, Limits, ast, parse_value};

    #[test]
    fn texts_are_quoted_so_that_they_stay_the_same() {
        for text in ["", "a", "\"\\\"", "\n\r\t\u{7}\u{85}é🦀", "^a\\.b$", "\\\\"] {
            let parsed = parse_value(&quoted(text), Dialect::Strict, &Limits::default());
            let expr = parsed.value.expect("a value");
            let ast::ExprKind::String(value) = expr.kind else {
                panic!("{text:?} is no string");
            };
            assert_eq!(value.as_slice(), text.as_bytes(), "{text:?}");
        }
    }
}
