//! Random values and conditions.

use ottl::{Context, ParamKind, context_name};
use ottl_compiler::enums::symbols;
use ottl_vm::{Type, ValueKind};
use serde_json::{Value, json};

use super::message::INTS;
use super::path::{COMMON, Place, main_map, path, target};
use super::rng::Rng;
use super::vocabulary::{Callable, Hint, Vocabulary, fits, type_of};
use crate::case::Component;

/// Writes expressions of one case.
pub(super) struct Writer<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) context: Context,
    pub(super) component: Option<Component>,
    /// Whether the sources are conditions and no statements.
    pub(super) conditions: bool,
    /// How many of a hundred values may have a type that was not asked for.
    pub(super) loose: usize,
    /// The parameters of the lambdas around.
    pub(super) locals: Vec<&'static str>,
    /// Values that the items of the message are to have, by attribute.
    pub(super) planted: Vec<(String, Value)>,
    /// Whether something stands behind the gate of lambdas.
    pub(super) needs_lambdas: bool,
}

/// How deep calls nest before only literals and paths are drawn.
const DEEPEST: usize = 2;

const DOUBLES: [&str; 8] = [
    "0.5",
    "1.0",
    "-2.5",
    "1500.0",
    "0.0",
    "0.1",
    "9007199254740993.0",
    "-0.0",
];

const REGEXES: [&str; 14] = [
    "^a",
    "o",
    "\\\\d+",
    "(\\\\w+)=(\\\\w+)",
    "[aeiou]",
    ".*",
    "^$",
    "(?i)get",
    "^(s|i)",
    "1$",
    "\\\\s",
    "(?P<first>.)(.*)",
    "",
    "(",
];

const REPLACEMENTS: [&str; 7] = ["x", "$1", "<$0>", "", "${1}_", "$first", "$$"];

/// Texts that mean something to some function. The first ones stand in messages, too.
pub(super) const TEXTS: [&str; 24] = [
    "a",
    "alpha",
    "GET /cart",
    "prod",
    "",
    "héllo ✓",
    "42",
    "id=7 user=ann",
    "x,y,z",
    "true",
    "2.5",
    "someName",
    "{\"k\":\"v\",\"n\":1}",
    "2024-02-03",
    "-7",
    "0x1f",
    "1h30m",
    "[1,null,{\"a\":2.0}]",
    "<a x=\"1\"><b>t</b><b/></a>",
    "10.0.0.7",
    "https://u:p@h.io:81/p/a.b?q=1#f",
    "aGk=",
    "İıß ǅ",
    " \t pad ",
];

impl Writer<'_> {
    fn place(&self) -> Place {
        Place {
            context: self.context,
            in_component: self.component.is_some(),
        }
    }

    /// Whether the version of the reference that answers takes more than literals for a list.
    fn takes_any_list(&self) -> bool {
        self.component.is_none()
            && !matches!(self.context, Context::Profile | Context::ProfileSample)
    }

    /// A path or something of a lambda, to be read.
    fn read(&mut self, wanted: Type) -> String {
        if !self.locals.is_empty() && self.rng.chance(60) {
            let local = self.rng.pick(&self.locals);
            return match self.rng.below(12) {
                0 => format!("{local}[\"k\"]"),
                1 => format!("{local}[0]"),
                _ => local.to_owned(),
            };
        }
        let place = self.place();
        path(self.rng, place, wanted)
    }

    /// A path that is written.
    pub(super) fn written(&mut self, wanted: Type) -> String {
        let place = self.place();
        target(self.rng, place, wanted)
    }

    /// A value of the wanted type.
    pub(super) fn value(&mut self, wanted: Type, depth: usize) -> String {
        let wanted = match wanted {
            Type::Any | Type::Nil | Type::Opaque => self.rng.pick(&COMMON),
            _ if self.rng.chance(self.loose) => self.rng.pick(&COMMON),
            _ => wanted,
        };
        match self.rng.below(10) {
            0..=3 => self.read(wanted),
            4..=7 if depth < DEEPEST => self.computed(wanted, depth),
            _ => self.literal(wanted, depth),
        }
    }

    fn computed(&mut self, wanted: Type, depth: usize) -> String {
        let counts = [Type::Int, Type::Double, Type::Time, Type::Duration].contains(&wanted);
        if counts && self.rng.chance(35) {
            return self.arithmetic(wanted, depth);
        }
        let vocabulary = self.vocabulary;
        let all = vocabulary.callable(self.context, self.component, self.conditions, false);
        let of_type = |wanted| {
            let fits = |it: &&&Callable| it.signature().result == wanted;
            all.iter().filter(fits).copied().collect::<Vec<_>>()
        };
        let mut fitting = of_type(wanted);
        if fitting.is_empty() || self.rng.chance(25) {
            fitting = of_type(Type::Any);
        }
        match fitting.len() {
            0 => self.literal(wanted, depth),
            count => {
                let callable = fitting[self.rng.below(count)];
                self.converter(callable, depth + 1)
            }
        }
    }

    /// A call of a converter, sometimes with an index behind it.
    pub(super) fn converter(&mut self, callable: &Callable, depth: usize) -> String {
        let call = self.call(callable, depth);
        let indexed = match callable.signature().result {
            Type::Map => self.rng.chance(15),
            Type::List | Type::Any => self.rng.chance(10),
            _ => self.rng.chance(self.loose / 5),
        };
        if !indexed {
            return call;
        }
        match self.rng.below(5) {
            0 | 1 => format!("{call}[{}]", self.rng.below(3)),
            2 => format!("{call}[{}]", self.read(Type::Int)),
            3 => format!("{call}[{:?}]", self.rng.pick(&["k", "n", "a", "m1", "s1"])),
            _ => format!("{call}[\"m1\"][\"k\"]"),
        }
    }

    /// A call with arguments of its examples, of parameters of the same name, or drawn by kind.
    pub(super) fn call(&mut self, callable: &Callable, depth: usize) -> String {
        self.needs_lambdas |= callable.is_experimental();
        let signature = callable.signature();
        let example = match callable.examples.len() {
            0 => None,
            count if self.rng.chance(65) => Some(&callable.examples[self.rng.below(count)]),
            _ => None,
        };
        let mut named = false;
        let mut arguments = Vec::new();
        for (at, param) in signature.params.iter().enumerate() {
            let hint = example.and_then(|example| example[at].as_ref());
            let left_out = match (param.optional, hint) {
                (true, Some(_)) => self.rng.chance(15),
                (true, None) => self.rng.chance(60),
                (false, _) => at + 1 == signature.params.len() && self.rng.chance(self.loose / 5),
            };
            if left_out {
                named = true;
                continue;
            }
            let written = match hint {
                Some(hint) if self.rng.chance(75) => self.hinted(hint, param.kind),
                _ => self.argument(param.name, param.kind, depth),
            };
            named |= self.rng.chance(6);
            match named {
                true => arguments.push(format!("{}={written}", param.name)),
                false => arguments.push(written),
            }
        }
        if self.rng.chance(self.loose / 8) {
            arguments.push(self.value(Type::Any, DEEPEST));
        }
        format!("{}({})", signature.name, arguments.join(", "))
    }

    /// A literal as it is, or as an attribute that holds it.
    fn hinted(&mut self, hint: &Hint, kind: ParamKind) -> String {
        let is_value = matches!(kind, ParamKind::Value(_));
        match &hint.value {
            Some(value) if is_value && self.rng.chance(45) => self.plant(value.clone()),
            _ => hint.source.clone(),
        }
    }

    /// An attribute of the item that holds a value.
    fn plant(&mut self, value: Value) -> String {
        let known = self.planted.iter().find(|(_, it)| *it == value);
        let key = match known {
            Some((key, _)) => key.clone(),
            None => format!("p{}", self.planted.len()),
        };
        if known.is_none() {
            self.planted.push((key.clone(), value));
        }
        let name = context_name(self.context);
        format!("{name}.{}[{key:?}]", main_map(self.context))
    }

    fn argument(&mut self, name: &str, kind: ParamKind, depth: usize) -> String {
        let vocabulary = self.vocabulary;
        let hints = vocabulary.hints(name);
        // What only a few texts are right for is drawn from them.
        let often = match kind {
            ParamKind::StringLiteral | ParamKind::StringLiterals => 85,
            _ => 45,
        };
        let by_name = match self.rng.chance(often) && !hints.is_empty() {
            true => Some(&hints[self.rng.below(hints.len())]),
            false => None,
        };
        let by_name = by_name.filter(|hint| fits(hint, kind) || self.rng.chance(self.loose));
        match kind {
            ParamKind::Setter | ParamKind::GetSetter => self.written(Type::Any),
            ParamKind::MapGetSetter => self.written(Type::Map),
            ParamKind::SliceGetSetter => self.written(Type::List),
            ParamKind::Lambda(count) => self.lambda(name, count, depth),
            ParamKind::Function => {
                let names = vocabulary.of_one_text(self.context, self.component);
                self.rng.pick(&names).to_owned()
            }
            kind if let Some(hint) = by_name => self.hinted(hint, kind),
            ParamKind::Value(ValueKind::String | ValueKind::StringLike) if self.rng.chance(30) => {
                let text = self.special(name);
                match self.rng.chance(40) {
                    true => self.plant(json!({ "stringValue": text })),
                    false => quote(&text),
                }
            }
            ParamKind::Value(kind) => self.value(type_of(kind), depth),
            ParamKind::AnyList(_) if self.takes_any_list() && self.rng.chance(30) => {
                self.value(Type::List, depth)
            }
            ParamKind::List(kind) | ParamKind::AnyList(kind) => {
                let count = self.rng.below(4);
                let elements: Vec<_> = (0..count)
                    .map(|_| self.value(type_of(kind), depth))
                    .collect();
                format!("[{}]", elements.join(", "))
            }
            ParamKind::StringLiteral => {
                let text = self.special(name);
                quote(&text)
            }
            ParamKind::StringLiterals => {
                let count = self.rng.below(3);
                let elements: Vec<_> = (0..count).map(|_| quote(&self.special(name))).collect();
                format!("[{}]", elements.join(", "))
            }
            ParamKind::IntLiteral => self.rng.pick(&INTS).to_string(),
            ParamKind::DoubleLiteral => self.rng.pick(&DOUBLES).to_owned(),
            ParamKind::DoubleLiterals => "[0.5, 2.5]".to_owned(),
            ParamKind::BoolLiteral => self.rng.pick(&["true", "false"]).to_owned(),
            ParamKind::Enum => self.symbol().unwrap_or("UNKNOWN").to_owned(),
            ParamKind::Output => quote("none"),
        }
    }

    /// A text for a parameter, whose name tells what it may be.
    fn special(&mut self, name: &str) -> String {
        if name.contains("pattern") && self.rng.chance(50) {
            return self.rng.pick(&REGEXES).replace("\\\\", "\\");
        }
        if name.contains("replacement") && self.rng.chance(60) {
            return self.rng.pick(&REPLACEMENTS).to_owned();
        }
        if name.contains("key") && self.rng.chance(50) {
            return self.rng.pick(&super::path::KEYS).0.to_owned();
        }
        self.text()
    }

    fn text(&mut self) -> String {
        let texts = self.vocabulary.texts();
        match self.rng.chance(50) && !texts.is_empty() {
            true => texts[self.rng.below(texts.len())].clone(),
            false => self.rng.pick(&TEXTS).to_owned(),
        }
    }

    fn symbol(&mut self) -> Option<&'static str> {
        let known: Vec<_> = symbols(self.context, false).map(|(name, _)| name).collect();
        match known.len() {
            0 => None,
            _ => Some(self.rng.pick(&known)),
        }
    }

    fn lambda(&mut self, name: &str, count: usize, depth: usize) -> String {
        self.needs_lambdas = true;
        const NAMES: [&[&str]; 3] = [&["k", "v"], &["i", "w"], &["_", "v"]];
        let mut names: Vec<&'static str> = match count {
            0 => Vec::new(),
            1 => vec!["v"],
            2 => self.rng.pick(&NAMES).to_vec(),
            _ => vec!["acc", "k", "v"],
        };
        names.truncate(count);
        let outer = self.locals.len();
        self.locals
            .extend(names.iter().filter(|name| **name != "_"));
        let body = match name.contains("predicate") || name.contains("condition") {
            true => self.condition(depth + 2),
            false => self.value(Type::Any, depth),
        };
        self.locals.truncate(outer);
        format!("({}) => {body}", names.join(", "))
    }

    fn arithmetic(&mut self, wanted: Type, depth: usize) -> String {
        let (left, operator, right) = match (wanted, self.rng.below(4)) {
            (Type::Time, 0..=1) => (Type::Time, "+", Type::Duration),
            (Type::Time, 2) => (Type::Time, "-", Type::Duration),
            (Type::Time, _) => (Type::Duration, "+", Type::Time),
            (Type::Duration, 0..=1) => (Type::Time, "-", Type::Time),
            (Type::Duration, 2) => (Type::Duration, "+", Type::Duration),
            (Type::Duration, _) => (Type::Duration, "-", Type::Duration),
            (wanted, _) => (wanted, self.rng.pick(&["+", "-", "*", "/", "+"]), wanted),
        };
        let mixed = |rng: &mut Rng, wanted| match wanted {
            Type::Int | Type::Double if rng.chance(25) => rng.pick(&[Type::Int, Type::Double]),
            wanted => wanted,
        };
        let (left, right) = (mixed(self.rng, left), mixed(self.rng, right));
        let left = self.operand(left, depth + 1);
        let right = self.operand(right, depth + 1);
        match self.rng.below(8) {
            0 => format!("-({left} {operator} {right})"),
            1..=4 => format!("({left} {operator} {right})"),
            _ => format!("{left} {operator} {right}"),
        }
    }

    /// What may stand in arithmetic: neither names of numbers nor literals of other types.
    fn operand(&mut self, wanted: Type, depth: usize) -> String {
        let any = match self.rng.chance(self.loose) {
            true => Type::Any,
            false => wanted,
        };
        match self.rng.below(3) {
            0 if wanted == Type::Int => self.rng.pick(&INTS).to_string(),
            0 if wanted == Type::Double => self.rng.pick(&DOUBLES).to_owned(),
            0 if matches!(wanted, Type::Time | Type::Duration) => self.literal(wanted, depth),
            1 if depth <= DEEPEST => self.computed(wanted, depth),
            _ => self.read(any),
        }
    }

    /// A literal, or the shortest call for a type that has none.
    fn literal(&mut self, wanted: Type, depth: usize) -> String {
        match wanted {
            Type::Int => match self.rng.chance(15) {
                true => self.symbol().unwrap_or("0").to_owned(),
                false => self.rng.pick(&INTS).to_string(),
            },
            Type::Double => self.rng.pick(&DOUBLES).to_owned(),
            Type::String => {
                let text = self.text();
                quote(&text)
            }
            Type::Bool => self.rng.pick(&["true", "false"]).to_owned(),
            Type::Map => match self.rng.below(5) {
                0 => "{}".to_owned(),
                1 => "{\"n\": 1, \"s\": \"v\"}".to_owned(),
                2 if depth <= DEEPEST => {
                    format!("{{\"k\": {{\"m\": {}}}}}", self.value(Type::Any, depth + 1))
                }
                _ => format!("{{\"k\": {}}}", self.value(Type::Any, depth + 1)),
            },
            Type::List => {
                let count = self.rng.below(4);
                let elements: Vec<_> = (0..count)
                    .map(|_| self.value(Type::Any, depth + 1))
                    .collect();
                format!("[{}]", elements.join(", "))
            }
            Type::Bytes => self
                .rng
                .pick(&["0x0102", "0x6869", "0xff00fe", "0x00"])
                .to_owned(),
            Type::Time => {
                let times = [
                    "Unix(1600000000, 5)",
                    "Unix(0)",
                    "Unix(-1)",
                    "Unix(1707000000)",
                    "Unix(253402300800)",
                ];
                self.rng.pick(&times).to_owned()
            }
            Type::Duration => {
                let spans = ["1s", "1h30m", "-5s", "250ms", "1ns", "0s", "2540400h10m10s"];
                format!("Duration({:?})", self.rng.pick(&spans))
            }
            Type::TraceId => "TraceID(0x0102030405060708090a0b0c0d0e0f10)".to_owned(),
            Type::SpanId => "SpanID(0xa1a2a3a4a5a6a7a8)".to_owned(),
            Type::ProfileId => "ProfileID(0x0102030405060708090a0b0c0d0e0f10)".to_owned(),
            Type::Any | Type::Nil | Type::Opaque => "nil".to_owned(),
        }
    }

    /// A boolean expression, for a `where` clause or as a condition of its own.
    pub(super) fn condition(&mut self, depth: usize) -> String {
        match self.rng.below(if depth < 3 { 10 } else { 6 }) {
            0..=2 => self.comparison(),
            3 => {
                let any = self.read(Type::Any);
                format!("{any} {} nil", self.rng.pick(&["==", "!="]))
            }
            4..=5 => {
                let vocabulary = self.vocabulary;
                let all = vocabulary.callable(self.context, self.component, self.conditions, false);
                let is_bool = |it: &&Callable| it.signature().result == Type::Bool;
                let fitting: Vec<_> = all.into_iter().filter(is_bool).collect();
                let own: Vec<_> = fitting.iter().filter(|it| it.is_of_component()).collect();
                let callable = match !own.is_empty() && self.rng.chance(50) {
                    true => own[self.rng.below(own.len())],
                    false => fitting[self.rng.below(fitting.len())],
                };
                self.call(callable, 1)
            }
            6 => match self.condition(depth + 1) {
                inner if inner.starts_with("not ") => format!("not ({inner})"),
                inner => format!("not {inner}"),
            },
            7 => format!("({})", self.condition(depth + 1)),
            8 => format!(
                "{} and {}",
                self.condition(depth + 1),
                self.condition(depth + 1)
            ),
            _ => format!(
                "{} or {}",
                self.condition(depth + 1),
                self.condition(depth + 1)
            ),
        }
    }

    fn comparison(&mut self) -> String {
        let wanted = match self.rng.chance(15) {
            true => Type::Any,
            false => self.rng.pick(&COMMON),
        };
        let left = match wanted {
            Type::Any => self.read(Type::Any),
            _ => self.value(wanted, 1),
        };
        let right = match wanted {
            Type::Int | Type::Double if self.rng.chance(20) => Type::Double,
            wanted => wanted,
        };
        let operator = self.rng.pick(&["==", "!=", "<", "<=", ">", ">="]);
        let right = self.value(right, 1);
        format!("{left} {operator} {right}")
    }
}

/// An OTTL string literal.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
