//! `grammar/ottl.ebnf` is what the parser takes: whatever is written by its rules parses, in either
//! dialect.

use std::collections::HashMap;

use ottl_syntax::{Dialect, Limits, parse_condition, parse_script, parse_statement, parse_value};
use proptest::prelude::*;

const GRAMMAR: &str = include_str!("../../grammar/ottl.ebnf");
/// Rules behind this comment are of characters, those before it of tokens.
const TOKENS: &str = "(* Tokens.";
const SELFOPS: &str = "(* What the selfops dialect adds.";

#[derive(Clone, Debug)]
enum Rule {
    Text(String),
    Special(String),
    Name(String),
    All(Vec<Rule>),
    One(Vec<Rule>),
    Times(usize, Box<Rule>),
    Maybe(Box<Rule>),
    Many(Box<Rule>),
}

struct Grammar {
    rules: HashMap<String, Rule>,
    /// Names of rules between whose parts nothing may stand.
    tokens: Vec<String>,
}

impl Grammar {
    fn read(dialect: Dialect) -> Self {
        let (strict, selfops) = GRAMMAR.split_once(SELFOPS).expect("both dialects");
        let at = strict.find(TOKENS).expect("a part about tokens");
        let (phrases, tokens) = strict.split_at(at);
        let (tokens, script) = tokens.split_once("(* Script files").expect("a last part");
        let mut grammar = Self {
            rules: rules(phrases).into_iter().collect(),
            tokens: Vec::new(),
        };
        for (name, rule) in rules(tokens) {
            grammar.tokens.push(name.clone());
            grammar.rules.insert(name, rule);
        }
        grammar.rules.extend(rules(&format!("(* {script}")));
        if dialect == Dialect::Selfops {
            grammar.rules.extend(rules(&format!("(* {selfops}")));
        }
        grammar
    }
}

/// The rules in a text, in their order.
fn rules(text: &str) -> Vec<(String, Rule)> {
    let text = without_comments(text);
    let mut rest = Reader { rest: text.trim() };
    let mut rules = Vec::new();
    while !rest.rest.is_empty() {
        let name = rest.name();
        rest.expect("=");
        let rule = rest.alternatives();
        rest.expect(";");
        rules.push((name, rule));
    }
    rules
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("(*");
    let first = parts.next().unwrap_or_default().to_owned();
    let behind = |part| str::split_once(part, "*)").map_or("", |(_, rest)| rest);
    parts.map(behind).fold(first, |all, part| all + part)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest.strip_prefix(sign);
        self.rest = found.map_or(self.rest, str::trim_start);
        found.is_some()
    }

    #[track_caller]
    fn expect(&mut self, sign: &str) {
        assert!(self.take(sign), "{sign} is missing: {:.60}", self.rest);
    }

    fn until(&mut self, end: char) -> String {
        let (found, rest) = self.rest.split_once(end).expect("an end");
        self.rest = rest.trim_start();
        found.to_owned()
    }

    fn name(&mut self) -> String {
        let is_end = |c: char| !c.is_ascii_lowercase() && c != ' ';
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        assert!(!name.trim().is_empty(), "a name is missing: {rest:.60}");
        name.trim().to_owned()
    }

    fn alternatives(&mut self) -> Rule {
        let mut found = vec![self.sequence()];
        while self.take("|") {
            found.push(self.sequence());
        }
        Rule::One(found)
    }

    fn sequence(&mut self) -> Rule {
        let mut found = vec![self.part()];
        while self.take(",") {
            found.push(self.part());
        }
        Rule::All(found)
    }

    fn part(&mut self) -> Rule {
        for (quote, end) in [("\"", '"'), ("'", '\'')] {
            if self.take(quote) {
                return Rule::Text(self.until(end));
            }
        }
        if self.take("?") {
            return Rule::Special(self.until('?').trim().to_owned());
        }
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            if self.take(open) {
                let inner = Box::new(self.alternatives());
                self.expect(close);
                return match open {
                    "(" => *inner,
                    "[" => Rule::Maybe(inner),
                    _ => Rule::Many(inner),
                };
            }
        }
        let digits = self.rest.len() - self.rest.trim_start_matches(char::is_numeric).len();
        if digits > 0 {
            let count = self.rest[..digits].parse().expect("a number");
            self.rest = self.rest[digits..].trim_start();
            self.expect("*");
            return Rule::Times(count, Box::new(self.part()));
        }
        Rule::Name(self.name())
    }
}

/// Writes sentences as a list of numbers has it.
struct Writer<'a> {
    grammar: &'a Grammar,
    choices: &'a [u8],
    at: usize,
}

/// From here on the shortest sentence is written.
const DEEP: usize = 40;

impl Writer<'_> {
    fn choose(&mut self, count: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(choice) % count
    }

    fn sentence(&mut self, name: &str) -> String {
        let mut out = String::new();
        self.write(&Rule::Name(name.to_owned()), 0, &mut out);
        out
    }

    fn write(&mut self, rule: &Rule, depth: usize, out: &mut String) {
        let is_short = depth > DEEP || self.at >= self.choices.len();
        match rule {
            Rule::Text(text) => out.push_str(text),
            Rule::Special(text) => self.special(text, out),
            Rule::Name(name) => self.named(name, depth, out),
            Rule::All(parts) => self.parts(parts.iter(), depth, out),
            Rule::One(parts) => {
                let parts: Vec<_> = parts.iter().collect();
                let choice = if is_short {
                    0
                } else {
                    self.choose(parts.len())
                };
                self.write(parts[choice], depth + 1, out);
            }
            Rule::Times(count, part) => {
                self.parts(std::iter::repeat_n(&**part, *count), depth, out);
            }
            Rule::Maybe(part) => {
                if !is_short && self.choose(2) == 1 {
                    self.write(part, depth + 1, out);
                }
            }
            Rule::Many(part) => {
                let count = if is_short { 0 } else { self.choose(3) };
                self.parts(std::iter::repeat_n(&**part, count), depth, out);
            }
        }
    }

    fn parts<'r>(&mut self, parts: impl Iterator<Item = &'r Rule>, depth: usize, out: &mut String) {
        for part in parts {
            let mut text = String::new();
            self.write(part, depth + 1, &mut text);
            out.push_str(&text);
            if !text.is_empty() && !text.ends_with(['\n', SPACE]) && depth < IN_TOKEN {
                out.push(SPACE);
            }
        }
    }

    fn named(&mut self, name: &str, depth: usize, out: &mut String) {
        let rule = self.grammar.rules.get(name);
        let rule = rule.unwrap_or_else(|| panic!("there is no rule `{name}`"));
        let is_token = self.grammar.tokens.iter().any(|token| token == name) || name == "string";
        let depth = if is_token { depth.max(IN_TOKEN) } else { depth };
        let mut text = String::new();
        for _ in 0..20 {
            text.clear();
            self.write(rule, depth, &mut text);
            if is_possible(name, &text) {
                break;
            }
        }
        if !is_possible(name, &text) {
            text = self.plain(name);
        }
        out.push_str(&text);
        // A statement ends with its line.
        if matches!(name, "item" | "statement") && !text.ends_with('\n') {
            out.push('\n');
        }
    }

    fn plain(&mut self, name: &str) -> String {
        let number = self.choose(9) + 1;
        match name {
            "lower" => format!("a{number}"),
            "integer" => format!("{number}"),
            "escape" => "\\n".to_owned(),
            "name" => format!("a{number}"),
            other => panic!("nothing is always a `{other}`"),
        }
    }

    fn special(&mut self, text: &str, out: &mut String) {
        let range = |from: u8, count: usize, this: &mut Self| {
            char::from(from + u8::try_from(this.choose(count)).unwrap_or(0))
        };
        let chosen = match text {
            "0 to 9" => range(b'0', 10, self),
            "0 to 7" => range(b'0', 8, self),
            "a to z" => range(b'a', 26, self),
            "A to Z" => range(b'A', 26, self),
            "0 to 9, a to f, A to F" => ['0', '7', '9', 'a', 'd', 'F'][self.choose(6)],
            text if text.starts_with("any character but") => {
                [' ', 'x', '#', 'é', '(', '}', '\n', '日'][self.choose(8)]
            }
            other => panic!("what is `{other}`?"),
        };
        out.push(chosen);
    }
}

const SPACE: char = ' ';
/// Added to the depth inside of tokens, whose parts touch.
const IN_TOKEN: usize = 1_000;

/// Whether what the comments of the grammar say is so.
fn is_possible(name: &str, text: &str) -> bool {
    const KEYWORDS: [&str; 6] = ["nil", "true", "false", "not", "and", "or"];
    const PLACED: [&str; 8] = [
        "where", "when", "else", "const", "macro", "on", "error", "in",
    ];
    match name {
        "lower" => !KEYWORDS.contains(&text) && !PLACED.contains(&text),
        "integer" => {
            let is_octal = text.len() > 1 && text.starts_with('0');
            text.len() < 18 && (!is_octal || !text.contains(['8', '9']))
        }
        "escape" => {
            let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
            match text.as_bytes() {
                [b'\\', b'x', ..] => code(&text[2..], 16).is_some_and(|code| code < 128),
                [b'\\', b'u' | b'U', ..] => code(&text[2..], 16).and_then(char::from_u32).is_some(),
                [b'\\', b'0'..=b'7', ..] => code(&text[1..], 8).is_some_and(|code| code < 128),
                _ => true,
            }
        }
        "name" => !text.trim().contains(' '),
        _ => true,
    }
}

fn check(dialect: Dialect, choices: &[u8]) -> Result<(), TestCaseError> {
    let grammar = Grammar::read(dialect);
    let limits = Limits::default();
    let write = |name| {
        let mut writer = Writer {
            grammar: &grammar,
            choices,
            at: 0,
        };
        writer.sentence(name)
    };
    let text = write("statement");
    let found = parse_statement(&text, dialect, &limits).diagnostics;
    prop_assert!(found.is_empty(), "{text}\n{found:#?}");
    let text = write("condition");
    let found = parse_condition(&text, dialect, &limits).diagnostics;
    prop_assert!(found.is_empty(), "{text}\n{found:#?}");
    let text = write("value");
    let found = parse_value(&text, dialect, &limits).diagnostics;
    prop_assert!(found.is_empty(), "{text}\n{found:#?}");
    let text = write("script");
    let found = parse_script(&text, dialect, &limits).diagnostics;
    prop_assert!(found.is_empty(), "{text}\n{found:#?}");
    Ok(())
}

#[test]
fn every_rule_is_there() {
    for dialect in [Dialect::Strict, Dialect::Selfops] {
        let grammar = Grammar::read(dialect);
        let mut waiting: Vec<_> = grammar.rules.values().collect();
        while let Some(rule) = waiting.pop() {
            match rule {
                Rule::Name(name) => assert!(grammar.rules.contains_key(name), "{name}"),
                Rule::All(parts) | Rule::One(parts) => waiting.extend(parts),
                Rule::Times(_, part) | Rule::Maybe(part) | Rule::Many(part) => waiting.push(part),
                Rule::Text(_) | Rule::Special(_) => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_the_strict_rules_write_parses(choices in prop::collection::vec(any::<u8>(), 0..120)) {
        check(Dialect::Strict, &choices)?;
    }

    #[test]
    fn what_the_selfops_rules_write_parses(choices in prop::collection::vec(any::<u8>(), 0..120)) {
        check(Dialect::Selfops, &choices)?;
    }
}
