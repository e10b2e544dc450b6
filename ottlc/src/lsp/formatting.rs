//! Lays a file out: a script as `ottlc fmt` does, and of a configuration its statements and conditions.
//!
//! In YAML only what stands in one line and what stands behind `|` is laid out, and only if the file
//! means afterwards exactly what it meant before: it is read again to see that.

use std::collections::{HashMap, HashSet};

use ottl::config::yaml::{Document as Yaml, Style, YamlLimits};
use ottl::config::{self, ReadOptions, Site, Sort};
use ottl::{Dialect, Limits};
use ottl_syntax::{FormatOptions, Span, format_condition, format_script, format_statement};

use super::documents::{Document, Kind};
use super::settings::Settings;

/// A width that nothing has, so that all stays on one line.
const ONE_LINE: usize = 1 << 24;
/// In a file with more statements and conditions none is laid out.
const MAX_SOURCES: usize = 20_000;
/// The least width of a line in a block.
const NARROWEST: usize = 40;

/// A part of the file and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) span: Span,
    pub(super) text: String,
}

/// What to change in a file to lay it out, in its order; nothing where it cannot be parsed.
pub(super) fn changes(document: &Document, settings: &Settings) -> Vec<Change> {
    let (text, base) = document.body();
    let mut changes = match document.kind {
        Kind::Script => script(text, settings),
        Kind::Config => configuration(text, settings),
        Kind::Other => Vec::new(),
    };
    for change in &mut changes {
        change.span = change.span.shifted(base);
    }
    changes
}

fn options(width: usize) -> FormatOptions {
    FormatOptions {
        width,
        limits: Limits::default(),
    }
}

fn script(text: &str, settings: &Settings) -> Vec<Change> {
    match format_script(text, settings.dialect, &options(settings.width)) {
        Ok(formatted) => difference(text, &formatted).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

/// How many bytes the lines have that are equal in pairs, up to the first that are not.
fn common<'t>(pairs: impl Iterator<Item = (&'t str, &'t str)>) -> usize {
    let same = pairs.take_while(|(a, b)| a == b);
    same.map(|(line, _)| line.len()).sum()
}

/// What lies between the lines that two texts have in common at their beginning and end.
fn difference(old: &str, new: &str) -> Option<Change> {
    if old == new {
        return None;
    }
    let start = common(old.split_inclusive('\n').zip(new.split_inclusive('\n')));
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let (olds, news) = (
        old_rest.split_inclusive('\n'),
        new_rest.split_inclusive('\n'),
    );
    let end = common(olds.rev().zip(news.rev()));
    Some(Change {
        span: Span::new(start, old.len() - end),
        text: new_rest[..new_rest.len() - end].to_owned(),
    })
}

fn configuration(text: &str, settings: &Settings) -> Vec<Change> {
    let all = wanted(text, settings);
    if all.is_empty() {
        return Vec::new();
    }
    // Without quotes a scalar may end where none could see it coming.
    let quoted =
        |(style, change): &(Style, Change)| (*style != Style::Plain).then(|| change.clone());
    let whole: Vec<_> = all.iter().map(|(_, change)| change.clone()).collect();
    let safer: Vec<_> = all.iter().filter_map(quoted).collect();
    for changes in [whole, safer] {
        if keeps_meaning(text, &changes, settings.dialect) {
            return changes;
        }
    }
    Vec::new()
}

/// Each scalar that would be written otherwise, in the order of the file.
fn wanted(text: &str, settings: &Settings) -> Vec<(Style, Change)> {
    let read = config::read(text, &ReadOptions::default());
    let groups: Vec<_> = read.components.iter().flat_map(|it| it.sites()).collect();
    let sites: Vec<_> = groups.iter().flat_map(|group| &group.sites).collect();
    let mut all: Vec<(Style, Change)> = Vec::new();
    if sites.len() > MAX_SOURCES {
        return all;
    }
    // An alias is read wherever it stands, and a text that is cut at commas more than once as well.
    let mut times: HashMap<Span, usize> = HashMap::new();
    for site in &sites {
        *times.entry(site.text.whole()).or_default() += 1;
    }
    let elsewhere = used_elsewhere(text, &times);
    let mut seen = HashSet::new();
    for site in sites {
        let place = site.text.whole();
        if !elsewhere.contains(&place) && seen.insert(place) {
            let change = scalar(text, site, settings);
            all.extend(change.map(|change| (site.style, change)));
        }
    }
    all.sort_by_key(|(_, change)| change.span);
    all.retain(|(_, change)| change.text != text[change.span.range()]);
    all
}

/// Scalars that stand, as aliases, also where they are neither statements nor conditions. `times` says
/// how often each is one.
fn used_elsewhere(text: &str, times: &HashMap<Span, usize>) -> HashSet<Span> {
    let mut found: HashMap<Span, usize> = HashMap::new();
    let yaml = Yaml::parse(text, &YamlLimits::default());
    let mut open: Vec<_> = yaml.iter().filter_map(Yaml::root).collect();
    while let Some(node) = open.pop() {
        if node.scalar().is_some() {
            *found.entry(node.span()).or_default() += 1;
        }
        open.extend(node.items());
        open.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
    found.retain(|place, count| times.get(place).is_some_and(|times| *count > *times));
    found.into_keys().collect()
}

fn formatted(site: &Site<'_>, width: usize, dialect: Dialect) -> Option<String> {
    let value = site.text.value().trim_end_matches('\n');
    let format = match site.sort {
        Sort::Statement => format_statement,
        Sort::Condition => format_condition,
    };
    format(value, dialect, &options(width)).ok()
}

fn scalar(text: &str, site: &Site<'_>, settings: &Settings) -> Option<Change> {
    let whole = site.text.whole().range();
    let written = text.get(whole.clone())?;
    // What references stand for is not known, and what is escaped is best left alone.
    if site.is_open || !is_whole(text, site) || written.contains('$') {
        return None;
    }
    if site.style == Style::Literal {
        return block(text, site, settings);
    }
    let has_control = site.text.value().chars().any(char::is_control);
    if site.style == Style::Folded || written.contains(['\n', '\r']) || has_control {
        return None;
    }
    let line = formatted(site, ONE_LINE, settings.dialect)?;
    let new = match site.style {
        Style::SingleQuoted => format!("'{}'", line.replace('\'', "''")),
        Style::DoubleQuoted => {
            let escaped = line.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{escaped}\"")
        }
        _ => line.clone(),
    };
    is_scalar(&new, &line).then_some(Change {
        span: site.text.whole(),
        text: new,
    })
}

/// Whether a source is all of its scalar, which may be cut at commas into several.
fn is_whole(text: &str, site: &Site<'_>) -> bool {
    let whole = site.text.whole().range();
    let all = Span::new(0, site.text.value().trim_end_matches('\n').len());
    let part = site.text.locate(all).range();
    let is_edge = |range: std::ops::Range<usize>| {
        let edge = text.get(range).unwrap_or("?").trim();
        matches!(edge, "" | "'" | "\"")
    };
    is_edge(whole.start..part.start) && is_edge(part.end..whole.end.max(part.end))
}

/// Whether a piece of YAML is a scalar with a value.
fn is_scalar(piece: &str, value: &str) -> bool {
    let source = format!("- {piece}\n");
    let Ok(yaml) = Yaml::parse(&source, &YamlLimits::default()) else {
        return false;
    };
    let first = yaml.root().and_then(|root| root.items().next());
    let scalar = first.and_then(|node| node.scalar());
    scalar.is_some_and(|scalar| scalar.value == value)
}

fn block(text: &str, site: &Site<'_>, settings: &Settings) -> Option<Change> {
    let whole = site.text.whole().range();
    let written = text[whole.clone()].trim_end();
    let line_start = text[..whole.start].rfind('\n').map_or(0, |end| end + 1);
    let indent = text.get(line_start..whole.start)?;
    let is_indented = indent.chars().all(|c| c == ' ');
    if !is_indented || written.is_empty() || site.text.value().starts_with(['\n', ' ']) {
        return None;
    }
    let width = settings.width.saturating_sub(indent.len()).max(NARROWEST);
    let lines = formatted(site, width, settings.dialect)?;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<_> = lines.lines().collect();
    Some(Change {
        span: Span::new(whole.start, whole.start + written.len()),
        text: lines.join(&format!("{line_end}{indent}")),
    })
}

/// Whether the file has the same statements and conditions after the changes, but for their layout, and
/// the same problems beside them.
fn keeps_meaning(text: &str, changes: &[Change], dialect: Dialect) -> bool {
    let mut new = text.to_owned();
    for change in changes.iter().rev() {
        new.replace_range(change.span.range(), &change.text);
    }
    meaning(text, dialect) == meaning(&new, dialect)
}

/// What a configuration says, in one spelling.
fn meaning(text: &str, dialect: Dialect) -> Vec<String> {
    let read = config::read(text, &ReadOptions::default());
    let mut all: Vec<_> = read
        .diagnostics
        .iter()
        .map(|problem| format!("{} {}", problem.code.as_str(), problem.message))
        .collect();
    for component in &read.components {
        all.push(component.name().to_owned());
        for group in component.sites() {
            all.push(format!("{:?} {:?}", group.signal, group.context));
            for site in &group.sites {
                let value = site.text.value();
                let line = formatted(site, ONE_LINE, dialect);
                let ends = value.len() - value.trim_end_matches('\n').len();
                all.push(format!("{ends} {}", line.as_deref().unwrap_or(value)));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            signal: None,
            context: None,
            dialect: Dialect::Strict,
            gates: ottl::Gates::default(),
            lints: ottl::Lints::NONE,
            regroup: false,
            width: 100,
            overrides: Vec::new(),
        }
    }

    fn config_formatted(text: &str) -> String {
        let mut new = text.to_owned();
        for change in configuration(text, &settings()).iter().rev() {
            new.replace_range(change.span.range(), &change.text);
        }
        new
    }

    /// A configuration with these statements, one to a line, each behind a dash.
    fn file(statements: &str) -> String {
        let lines: Vec<_> = statements
            .lines()
            .map(|line| format!("      {line}\n"))
            .collect();
        format!(
            "processors:\n  transform:\n    trace_statements:\n{}",
            lines.concat()
        )
    }

    #[test]
    fn only_what_differs_is_changed() {
        let change = difference("a\nb \nc\n", "a\nb\nc\n").expect("they differ");
        assert_eq!(
            (change.span, change.text.as_str()),
            (Span::new(2, 5), "b\n")
        );
        assert_eq!(difference("a\n", "a\n"), None);
        let end = difference("a", "a\n").expect("they differ");
        assert_eq!((end.span, end.text.as_str()), (Span::new(0, 1), "a\n"));
    }

    #[test]
    fn scalars_are_laid_out_in_their_quotes() {
        let before = file(
            "- set( span.name,\"a\" )\n- 'set( span.name,\"it''s\" )'\n- \"set( span.name,\\\"\\\\\\\\d\\\" )\"",
        );
        let after = file(
            "- set(span.name, \"a\")\n- 'set(span.name, \"it''s\")'\n- \"set(span.name, \\\"\\\\\\\\d\\\")\"",
        );
        assert_eq!(config_formatted(&before), after);
        assert_eq!(config_formatted(&after), after);
    }

    #[test]
    fn blocks_keep_their_indentation_and_end() {
        let before = file(
            "- |\n    set(span.name,\n         \"a\")\n- |-\n  set( span.name,\"b\")\n\n- set(span.name, \"c\")",
        );
        let after = file(
            "- |\n    set(span.name, \"a\")\n- |-\n  set(span.name, \"b\")\n\n- set(span.name, \"c\")",
        );
        assert_eq!(config_formatted(&before), after);
        let windows = before.replace('\n', "\r\n");
        assert_eq!(config_formatted(&windows), after.replace('\n', "\r\n"));
    }

    #[test]
    fn what_would_break_the_file_is_left_alone() {
        for line in [
            "- 'set( span.name, \"${env:X}\" )'",
            "- >\n    set( span.name,\n    1 )",
            "- set( span.name,\n    1 )",
            "- set(span.attributes, {\"a\":1})",
            "- set( span.name",
        ] {
            let text = file(line);
            assert_eq!(config_formatted(&text), text, "{line}");
        }
        let flow = "processors:\n  filter:\n    trace_conditions: [span.name==\"a\", 'span.name==\"b\"']\n";
        let laid = "processors:\n  filter:\n    trace_conditions: [span.name == \"a\", 'span.name == \"b\"']\n";
        assert_eq!(config_formatted(flow), laid);
        let broken = "processors:\n  transform: [\n";
        assert_eq!(config_formatted(broken), broken);
    }

    #[test]
    fn what_is_used_elsewhere_stays() {
        let twice = file("- &s set( span.name,1 )\n- *s");
        let laid = file("- &s set(span.name, 1)\n- *s");
        assert_eq!(config_formatted(&twice), laid);
        let other = format!("{twice}  attributes:\n    actions: [{{key: *s, action: delete}}]\n");
        assert_eq!(config_formatted(&other), other);
    }

    #[test]
    fn what_is_no_ottl_stays_beside_what_is() {
        let old = "  filter/old:\n    spans: {include: {match_type: strict, span_names: [a]}}\n    \
                   metrics: {exclude: {match_type: expr, expressions: ['MetricName==\"a\"']}}\n";
        let before = format!("{}{old}", file("- set( span.name,\"a\" )"));
        let after = format!("{}{old}", file("- set(span.name, \"a\")"));
        assert_eq!(config_formatted(&before), after);
    }

    #[test]
    fn a_text_that_is_cut_at_commas_stays() {
        let text = "processors:\n  filter:\n    traces:\n      span: 'span.name==\"a\",span.name==\"b\"'\n";
        assert_eq!(config_formatted(text), text);
    }
}
