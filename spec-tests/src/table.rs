//! Expansion of the hand-written tables in `cases-src/` to cases.
//!
//! A table is a text file that an engineer can extend without thinking about JSON. A line is one of
//!
//! | line | meaning |
//! | --- | --- |
//! | `# …` | a comment |
//! | `[set/attr-string]` | starts a group; its cases are `set/attr-string-001` and so on |
//! | `context = log` | a setting: `context`, `input`, `literal`, `mode`, `component`, `gates` or `otelcol` |
//! | `each V = 1 \| "a" \| nil` | `$V` in a case line makes one case per value |
//! | `all W = 1 \| "a" \| nil` | `$W` in a case line makes one source per value in the same case |
//! | `! set(log.body, 1)` | a case with a statement |
//! | `? log.body == 1` | a case with a condition |
//! | `= log.body` | a case with a value expression |
//! | `+ log.flags` | one more source for the case above |
//! | `@ log_statements:` | a case with a configuration, whose further lines begin with `+` |
//!
//! The values of a list may name lists that are declared below it; `∅` is the empty value.
//! Settings and lists that stand before the first group hold for the whole file, those inside a
//! group until the next group. `␤`, `␍` and `␉` in a case line stand for a line feed, a
//! carriage return and a tab.
//! `input` names a file of `cases-src/inputs/` or is an OTLP/JSON message itself; several names,
//! as in `input = sum | gauge`, make one case for each. `literal` is the
//! same for cases that read no path, which need only a small message to run on. `gates` lists the
//! feature gates to open and, with a minus sign, to close; `component` names the component that
//! a configuration is for, or that is to be configured with the sources. `otelcol` is a JSON object
//! with what is known of the request that brings the message.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::case::{Case, Component, Kind, Signal};

/// What is wrong with a table, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TableError {}

/// Expands a table; `inputs` returns the text of a named input.
///
/// # Errors
/// Returns the first line that is not one of the documented forms, or a case that lacks a
/// context or an input.
pub fn expand(
    text: &str,
    inputs: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Case>, TableError> {
    let mut reader = Reader {
        inputs,
        file: Settings::default(),
        current: Settings::default(),
        group: None,
        pending: Vec::new(),
        cases: Vec::new(),
    };
    for (i, line) in text.lines().enumerate() {
        reader.line(line).map_err(|message| TableError {
            line: i + 1,
            message,
        })?;
    }
    let last = text.lines().count();
    reader.flush().map_err(|message| TableError {
        line: last,
        message,
    })?;
    Ok(reader.cases)
}

/// Expands the table in `file`; named inputs are the files of the folder `inputs` beside it, or
/// else beside its folder.
///
/// # Errors
/// Says what is wrong with the table or why the file cannot be read.
pub fn expand_file(file: &Path) -> Result<Vec<Case>, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("cannot read the table: {e}"))?;
    let folders = [
        file.with_file_name("inputs"),
        file.with_file_name("../inputs"),
    ];
    let input = |name: &str| {
        let file = format!("{name}.json");
        folders
            .iter()
            .find_map(|folder| fs::read_to_string(folder.join(&file)).ok())
    };
    expand(&text, &input).map_err(|e| e.to_string())
}

/// What holds for the case lines that follow.
#[derive(Clone, Default)]
struct Settings {
    context: Option<String>,
    mode: Option<String>,
    component: Option<Component>,
    gates: Vec<String>,
    otelcol: Option<Value>,
    inputs: Vec<(Signal, Box<RawValue>)>,
    /// Replaces `input` in cases whose sources read no path.
    literal: Option<(Signal, Box<RawValue>)>,
    variables: Vec<Variable>,
}

/// A list of values that is substituted into case lines.
#[derive(Clone)]
struct Variable {
    /// With the dollar sign.
    name: String,
    values: Vec<String>,
    /// Whether each value makes a case of its own rather than a source.
    separate: bool,
}

/// What the lines of a case are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Sources(Kind),
    Configuration,
}

struct Reader<'a> {
    inputs: &'a dyn Fn(&str) -> Option<String>,
    file: Settings,
    current: Settings,
    /// The name of the group and the number of its cases so far.
    group: Option<(String, usize)>,
    /// The lines of the case being read, each with what the first one is.
    pending: Vec<(Content, String)>,
    cases: Vec<Case>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            self.flush()?;
            if self.group.is_none() {
                self.file = self.current.clone();
            }
            self.current = self.file.clone();
            self.group = Some((name.to_owned(), 0));
            return Ok(());
        }
        let (sigil, rest) = line.split_once(' ').unwrap_or((line, ""));
        let content = match sigil {
            "!" => Content::Sources(Kind::Statements),
            "?" => Content::Sources(Kind::Conditions),
            "=" => Content::Sources(Kind::Expressions),
            "@" => Content::Configuration,
            "+" => return self.continue_case(rest),
            _ => {
                self.flush()?;
                return self.setting(line);
            }
        };
        self.flush()?;
        self.pending.push((content, unescape(rest)));
        Ok(())
    }

    fn continue_case(&mut self, rest: &str) -> Result<(), String> {
        let Some((content, _)) = self.pending.first() else {
            return Err("`+` adds a line to a case, but no case line stands above it".to_owned());
        };
        self.pending.push((*content, unescape(rest)));
        Ok(())
    }

    fn setting(&mut self, line: &str) -> Result<(), String> {
        let unknown = || {
            format!(
                "`{line}` is no table line; case lines begin with `!`, `?`, `=`, `@` or `+`, settings \
                 are `context`, `input`, `literal`, `mode`, `component`, `gates`, `otelcol`, \
                 `each NAME` and `all NAME`"
            )
        };
        let (name, value) = line.split_once(" = ").ok_or_else(unknown)?;
        match name.split_once(' ') {
            Some((word @ ("each" | "all"), variable)) => {
                self.current.variables.push(Variable {
                    name: format!("${variable}"),
                    values: value
                        .split(" | ")
                        .map(|v| v.trim().replace('∅', ""))
                        .collect(),
                    separate: word == "each",
                });
            }
            _ => match name {
                "context" => self.current.context = Some(value.to_owned()),
                "mode" => self.current.mode = Some(value.to_owned()),
                "component" => self.current.component = Some(component(value)?),
                "gates" => {
                    self.current.gates = value.split(',').map(|g| g.trim().to_owned()).collect();
                }
                "input" if value.starts_with('{') => self.current.inputs = vec![self.input(value)?],
                "input" => {
                    let names = value.split(" | ").map(|name| self.input(name.trim()));
                    self.current.inputs = names.collect::<Result<_, _>>()?;
                }
                "otelcol" => {
                    let parsed = serde_json::from_str(value);
                    self.current.otelcol = Some(parsed.map_err(|e| format!("`otelcol`: {e}"))?);
                }
                "literal" => self.current.literal = Some(self.input(value)?),
                _ => return Err(unknown()),
            },
        }
        Ok(())
    }

    fn input(&self, value: &str) -> Result<(Signal, Box<RawValue>), String> {
        let text = match value.starts_with('{') {
            true => value.to_owned(),
            false => (self.inputs)(value).ok_or_else(|| format!("there is no input `{value}`"))?,
        };
        let text = compact(&text);
        let signal = match text.split('"').nth(1) {
            Some("resourceSpans") => Signal::Traces,
            Some("resourceLogs") => Signal::Logs,
            Some("resourceMetrics") => Signal::Metrics,
            Some("resourceProfiles") => Signal::Profiles,
            _ => {
                return Err(format!(
                    "input `{value}` is not an OTLP message of a known signal"
                ));
            }
        };
        let raw = RawValue::from_string(text).map_err(|e| format!("input `{value}`: {e}"))?;
        Ok((signal, raw))
    }

    /// Turns the lines read so far into cases, one for each choice of the `each` values.
    fn flush(&mut self) -> Result<(), String> {
        let lines = std::mem::take(&mut self.pending);
        let Some(&(content, _)) = lines.first() else {
            return Ok(());
        };
        let mut choices = vec![lines.into_iter().map(|(_, text)| text).collect::<Vec<_>>()];
        for variable in &self.current.variables {
            choices = choices
                .into_iter()
                .flat_map(|lines| variable.substitute(lines))
                .collect();
        }
        for sources in choices {
            let left = |v: &&Variable| sources.iter().any(|s| s.contains(&v.name));
            if let Some(variable) = self.current.variables.iter().find(left) {
                return Err(format!(
                    "the value of another list names `{}`, which has to be declared below that list",
                    variable.name
                ));
            }
            self.push_cases(content, &sources)?;
        }
        Ok(())
    }

    /// Makes one case of the sources for each input.
    fn push_cases(&mut self, content: Content, sources: &[String]) -> Result<(), String> {
        let (group, count) = self
            .group
            .as_mut()
            .ok_or("a case needs a `[group]` above it")?;
        let settings = &self.current;
        let missing = |what: &str| format!("the case above needs a setting `{what} = …`");
        let (kind, config) = match content {
            Content::Sources(kind) => (kind, None),
            Content::Configuration => (Kind::default(), Some(sources.join("\n").into())),
        };
        let context = match (&config, &settings.context) {
            (Some(_), _) if settings.component.is_none() => return Err(missing("component")),
            (Some(_), _) => String::new(),
            (None, Some(context)) => context.clone(),
            (None, None) => return Err(missing("context")),
        };
        let literal = settings.literal.as_slice();
        let inputs = match settings.component.is_some() || sources.iter().any(|s| reads_a_path(s)) {
            false if !literal.is_empty() => literal,
            _ => &settings.inputs,
        };
        if inputs.is_empty() {
            return Err(missing("input"));
        }
        for (signal, input) in inputs {
            *count += 1;
            let mut case = Case {
                id: format!("{group}-{count:03}"),
                kind,
                signal: *signal,
                component: settings.component,
                context: context.clone(),
                gates: settings.gates.clone(),
                error_mode: settings.mode.clone().filter(|_| {
                    config.is_none() && (kind == Kind::Statements || settings.component.is_some())
                }),
                statements: Vec::new(),
                conditions: Vec::new(),
                expressions: Vec::new(),
                config: config.clone(),
                otelcol: settings.otelcol.clone(),
                input: input.clone(),
                expect: None,
            };
            if config.is_none() {
                case.set_sources(sources.to_vec());
            }
            self.cases.push(case);
        }
        Ok(())
    }
}

impl Variable {
    /// The cases that `lines` stand for when this variable takes its values.
    fn substitute(&self, lines: Vec<String>) -> Vec<Vec<String>> {
        if !lines.iter().any(|l| l.contains(&self.name)) {
            return vec![lines];
        }
        let with = |line: &String, value: &String| line.replace(&self.name, value);
        if self.separate {
            return self
                .values
                .iter()
                .map(|v| lines.iter().map(|l| with(l, v)).collect())
                .collect();
        }
        let mut out = Vec::new();
        for line in &lines {
            match line.contains(&self.name) {
                true => out.extend(self.values.iter().map(|v| with(line, v))),
                false => out.push(line.clone()),
            }
        }
        vec![out]
    }
}

/// Whether a source may read a path; a string literal can look like one, which does no harm.
fn reads_a_path(source: &str) -> bool {
    const ROOTS: [&str; 11] = [
        "resource.",
        "scope.",
        "span.",
        "spanevent.",
        "log.",
        "metric.",
        "datapoint.",
        "exemplar.",
        "profile.",
        "profilesample.",
        "otelcol.",
    ];
    ROOTS.iter().any(|root| source.contains(root))
}

fn component(name: &str) -> Result<Component, String> {
    serde_json::from_value(name.into()).map_err(|_| {
        format!("`{name}` is no component; there are `transform`, `filter` and `routing`")
    })
}

fn unescape(source: &str) -> String {
    source
        .replace('␤', "\n")
        .replace('␍', "\r")
        .replace('␉', "\t")
}

/// Removes the white space between the tokens of a JSON text.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand_with_tiny(text: &str) -> Result<Vec<Case>, TableError> {
        expand(text, &|name| {
            (name == "tiny").then(|| "{ \"resourceLogs\": [] }".to_owned())
        })
    }

    const HEAD: &str = "context = log\ninput = tiny\n[g]\n";

    #[test]
    fn one_line_is_one_case() {
        let cases = expand_with_tiny(&format!("{HEAD}! set(log.body, 1)\n? true\n= 1\n")).unwrap();
        let ids: Vec<&str> = cases.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["g-001", "g-002", "g-003"]);
        assert_eq!(cases[0].statements, ["set(log.body, 1)"]);
        assert_eq!(cases[1].conditions, ["true"]);
        assert_eq!(cases[2].expressions, ["1"]);
        assert_eq!(cases[0].input.get(), "{\"resourceLogs\":[]}");
        assert_eq!(cases[0].signal, Signal::Logs);
    }

    #[test]
    fn a_plus_adds_a_source() {
        let cases = expand_with_tiny(&format!("{HEAD}= 1\n+ 2\n= 3\n")).unwrap();
        assert_eq!(cases[0].expressions, ["1", "2"]);
        assert_eq!(cases[1].expressions, ["3"]);
        assert_eq!(expand_with_tiny(&format!("{HEAD}+ 2")).unwrap_err().line, 4);
    }

    #[test]
    fn each_makes_cases_and_all_makes_sources() {
        let text = format!("{HEAD}each A = 1 | 2\nall B = x | y\n? $A == $B\n? $A\n? true\n");
        let cases = expand_with_tiny(&text).unwrap();
        let sources: Vec<&[String]> = cases.iter().map(Case::sources).collect();
        assert_eq!(
            sources,
            [
                &["1 == x", "1 == y"][..],
                &["2 == x", "2 == y"],
                &["1"],
                &["2"],
                &["true"]
            ]
        );
    }

    #[test]
    fn a_list_can_hold_the_empty_value() {
        let cases = expand_with_tiny(&format!("{HEAD}each A = ∅ | , 2\n= f(1$A)\n")).unwrap();
        assert_eq!(
            [&cases[0].expressions[0], &cases[1].expressions[0]],
            ["f(1)", "f(1, 2)"]
        );
    }

    #[test]
    fn several_inputs_make_several_cases() {
        let text = "context = log\ninput = tiny | tiny\n[g]\n! f()\n? true\n";
        let cases = expand_with_tiny(text).unwrap();
        let ids: Vec<&str> = cases.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["g-001", "g-002", "g-003", "g-004"]);
        assert_eq!(cases[1].statements, ["f()"]);
    }

    #[test]
    fn settings_of_a_group_end_with_it() {
        let text = "context = log\ninput = tiny\n[a]\nmode = ignore\n! f()\n[b]\n! f()\n";
        let cases = expand_with_tiny(text).unwrap();
        assert_eq!(cases[0].error_mode.as_deref(), Some("ignore"));
        assert_eq!(cases[1].error_mode, None);
    }

    #[test]
    fn cases_without_a_path_run_on_the_literal_input() {
        let text = "context = log\ninput = tiny\nliteral = {\"resourceLogs\":[{}]}\n[g]\n= 1\n= log.body\n";
        let cases = expand_with_tiny(text).unwrap();
        assert_eq!(cases[0].input.get(), "{\"resourceLogs\":[{}]}");
        assert_eq!(cases[1].input.get(), "{\"resourceLogs\":[]}");
    }

    #[test]
    fn a_configuration_keeps_its_lines() {
        let text = "component = filter\ninput = tiny\ngates = a, -b\n[g]\neach V = 1 | 2\n\
                    @ log_conditions:\n+   - log.body == $V\n";
        let cases = expand_with_tiny(text).unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(
            cases[1].config,
            Some("log_conditions:\n  - log.body == 2".into())
        );
        assert_eq!(cases[1].component, Some(Component::Filter));
        assert_eq!(cases[1].gates, ["a", "-b"]);
        assert!(cases[1].sources().is_empty());
        let nothing = expand_with_tiny("input = tiny\n[g]\n@ a: 1\n").unwrap_err();
        assert!(nothing.message.contains("component"), "{nothing}");
    }

    #[test]
    fn line_feeds_and_tabs_have_a_sign() {
        let cases = expand_with_tiny(&format!("{HEAD}? true␤and␉false\n? \n")).unwrap();
        assert_eq!(cases[0].conditions, ["true\nand\tfalse"]);
        assert_eq!(cases[1].conditions, [""]);
    }

    #[test]
    fn mistakes_name_their_line() {
        assert_eq!(expand_with_tiny("set(a, 1)").unwrap_err().line, 1);
        assert_eq!(expand_with_tiny("\ninput = nothing").unwrap_err().line, 2);
        let nowhere = expand_with_tiny("context = log\ninput = tiny\n? true\n").unwrap_err();
        assert!(nowhere.message.contains("[group]"), "{nowhere}");
        let order =
            expand_with_tiny(&format!("{HEAD}each A = 1\neach B = $A\n? $B\n")).unwrap_err();
        assert!(order.message.contains("declared below"), "{order}");
    }

    #[test]
    fn compacting_leaves_strings_alone() {
        assert_eq!(
            compact("{ \"a b\" : \"\\\" c\" , \"d\": 1 }"),
            "{\"a b\":\"\\\" c\",\"d\":1}"
        );
    }
}
