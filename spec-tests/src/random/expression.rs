//! Random values and conditions, written from templates.
//!
//! In a template, `@` and a letter stand for something random: `@i` an integer, `@d` a double, `@n`
//! either, `@s` a string, `@b` a boolean, `@m` a map, `@l` a list, `@y` bytes, `@t` a time, `@u` a
//! duration, `@a` anything, `@v` any path, `@w` a string that is no literal (the parser already
//! evaluates conversions of literals and rejects what fails); in capitals a literal: `@S` a string, `@I` a small integer, `@R` a
//! regular expression, `@G` a glob, `@X` a replacement, `@K` an attribute key.

use super::message::{INTS, TEXTS};
use super::path::{Context, KEYS, Type, path};
use super::rng::Rng;

/// Writes expressions of one case.
pub(super) struct Writer<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) context: Context,
    /// How many of a hundred values may have a type that was not asked for.
    pub(super) loose: usize,
}

/// How deep templates nest before only literals and paths are drawn.
const DEEPEST: usize = 2;

const INTEGERS: [&str; 26] = [
    "Len(@s)",
    "Len(@l)",
    "Len(@m)",
    "Int(@v)",
    "Int(@w)",
    "Int(@d)",
    "Int(@b)",
    "ParseInt(\"2a\", 16)",
    "ParseInt(@w, 10)",
    "Index(@s, @s)",
    "Index(@l, @a)",
    "FNV(@s)",
    "Year(@t)",
    "Month(@t)",
    "Day(@t)",
    "Hour(@t)",
    "Minute(@t)",
    "Second(@t)",
    "Nanosecond(@t)",
    "Weekday(@t)",
    "UnixNano(@t)",
    "UnixMilli(@t)",
    "UnixSeconds(@t)",
    "Nanoseconds(@u)",
    "Milliseconds(@u)",
    "UnixMicro(@t)",
];

const DOUBLES: [&str; 7] = [
    "Double(@v)",
    "Double(@i)",
    "Double(@w)",
    "Log(@n)",
    "Hours(@u)",
    "Minutes(@u)",
    "Seconds(@u)",
];

const STRINGS: [&str; 30] = [
    "Concat([@s, @s], @S)",
    "Concat([@a, @a, @a], \"-\")",
    "Concat([@s, @i], @s)",
    "String(@a)",
    "String(@i)",
    "String(@d)",
    "ToUpperCase(@s)",
    "ToLowerCase(@s)",
    "ToSnakeCase(@s)",
    "ToCamelCase(@s)",
    "ConvertCase(@s, \"upper\")",
    "ConvertCase(@s, \"snake\")",
    "Trim(@s)",
    "Trim(@s, \"a\")",
    "TrimPrefix(@s, @s)",
    "TrimSuffix(@s, @S)",
    "Substring(@s, 0, 1)",
    "Substring(@s, @I, @I)",
    "Substring(@s, 1, 3, true)",
    "MD5(@s)",
    "SHA1(@s)",
    "SHA256(@s)",
    "Hex(@y)",
    "Hex(@i)",
    "Hex(@s)",
    "Split(@s, \",\")[0]",
    "Split(@s, @S)[@I]",
    "FormatTime(@t, \"%Y-%m-%d %H:%M:%S\")",
    "FormatTime(@t, \"%j/%y %p\")",
    "Coalesce([@s, @s])",
];

const BOOLEANS: [&str; 19] = [
    "IsMatch(@s, @R)",
    "IsMatch(@v, @R)",
    "IsString(@v)",
    "IsInt(@v)",
    "IsDouble(@v)",
    "IsBool(@v)",
    "IsMap(@v)",
    "IsList(@a)",
    "IsEmpty(@a)",
    "HasPrefix(@s, @s)",
    "HasSuffix(@s, @S)",
    "ContainsValue(@l, @a)",
    "Bool(@w)",
    "Bool(@i)",
    "IsMatch(@s, @s)",
    "IsInt(@i)",
    "IsString(@w)",
    "IsMap(@m)",
    "IsList(@l)",
];

const MAPS: [&str; 5] = [
    "{\"k\": @a}",
    "{}",
    "{\"m\": {\"n\": @i}}",
    "ParseJSON(\"{\\\"a\\\":1,\\\"b\\\":[null,\\\"x\\\"]}\")",
    "ParseJSON(@w)",
];

const LISTS: [&str; 8] = [
    "[@a, @a]",
    "[]",
    "[@s]",
    "[@i, @i, @i]",
    "Split(@s, @S)",
    "Keys(@m)",
    "Values(@m)",
    "[[@a], @m]",
];

const TIMES: [&str; 6] = [
    "Unix(@I)",
    "Unix(1700000000, 5)",
    "Time(\"2024-02-03 04:05:06\", \"%Y-%m-%d %H:%M:%S\")",
    "Time(@w, \"%Y-%m-%d\")",
    "(@t + @u)",
    "TruncateTime(@t, Duration(\"1h\"))",
];

const DURATIONS: [&str; 6] = [
    "Duration(\"1h30m\")",
    "Duration(\"250ms\")",
    "Duration(\"-5s\")",
    "(@t - @t)",
    "(@u + @u)",
    "(@u - @u)",
];

const DOUBLE_LITERALS: [&str; 5] = ["0.5", "1.0", "-2.5", "1.5e3", "0.0"];

const REGEXES: [&str; 12] = [
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
];

const GLOBS: [&str; 6] = ["*", "a*", "*o*", "?", "GET*", "alpha"];

const REPLACEMENTS: [&str; 6] = ["x", "$1", "<$0>", "", "${1}_", "$first"];

impl Writer<'_> {
    /// A value of the wanted type.
    pub(super) fn value(&mut self, wanted: Type, depth: usize) -> String {
        let wanted = match wanted {
            Type::Any => self.rng.pick(&Type::COMMON),
            _ if self.rng.chance(self.loose) => self.rng.pick(&Type::COMMON),
            _ => wanted,
        };
        match self.rng.below(10) {
            0..=4 => path(self.rng, self.context, wanted),
            5..=7 if depth < DEEPEST => self.computed(wanted, depth),
            _ => self.literal(wanted, depth),
        }
    }

    fn computed(&mut self, wanted: Type, depth: usize) -> String {
        let numeric = matches!(wanted, Type::Int | Type::Float);
        if numeric && self.rng.chance(40) {
            return self.arithmetic(wanted, depth);
        }
        let templates: &[&str] = match wanted {
            Type::Int => &INTEGERS,
            Type::Float => &DOUBLES,
            Type::Text => &STRINGS,
            Type::Bool => &BOOLEANS,
            Type::Map => &MAPS,
            Type::List => &LISTS,
            Type::Time => &TIMES,
            Type::Duration => &DURATIONS,
            Type::Bytes | Type::Any => return self.literal(wanted, depth),
        };
        let template = self.rng.pick(templates);
        self.fill(template, depth + 1)
    }

    fn arithmetic(&mut self, wanted: Type, depth: usize) -> String {
        let operator = self.rng.pick(&["+", "-", "*", "/", "+"]);
        let left = self.operand(wanted, depth + 1);
        let right = self.operand(wanted, depth + 1);
        match self.rng.below(8) {
            0 => format!("-({left} {operator} {right})"),
            1..=4 => format!("({left} {operator} {right})"),
            _ => format!("{left} {operator} {right}"),
        }
    }

    /// What may stand in arithmetic: neither names of numbers nor literals of other types.
    fn operand(&mut self, wanted: Type, depth: usize) -> String {
        let any = if self.rng.chance(self.loose) {
            Type::Any
        } else {
            wanted
        };
        match self.rng.below(3) {
            0 if wanted == Type::Int => self.rng.pick(&INTS).to_string(),
            0 => self.rng.pick(&DOUBLE_LITERALS).to_owned(),
            1 if depth <= DEEPEST => self.computed(wanted, depth),
            _ => path(self.rng, self.context, any),
        }
    }

    fn literal(&mut self, wanted: Type, depth: usize) -> String {
        match wanted {
            Type::Int => {
                let enums = self.context.enums();
                match !enums.is_empty() && self.rng.chance(15) {
                    true => self.rng.pick(enums).to_owned(),
                    false => self.rng.pick(&INTS).to_string(),
                }
            }
            Type::Float => self.rng.pick(&DOUBLE_LITERALS).to_owned(),
            Type::Text => quote(self.rng.pick(&TEXTS)),
            Type::Bool => self.rng.pick(&["true", "false"]).to_owned(),
            Type::Map => self
                .rng
                .pick(&["{\"k\": \"v\"}", "{\"n\": 1}", "{}"])
                .to_owned(),
            Type::List => self.rng.pick(&["[1, 2]", "[\"a\", true]", "[]"]).to_owned(),
            Type::Bytes => self.rng.pick(&["0x0102", "0x6869"]).to_owned(),
            Type::Time => self.fill("Unix(1600000000, @I)", depth + 1),
            Type::Duration => (self.rng.pick(&["Duration(\"1s\")", "Duration(\"1m\")"])).to_owned(),
            Type::Any => "nil".to_owned(),
        }
    }

    /// Replaces the placeholders of a template.
    pub(super) fn fill(&mut self, template: &str, depth: usize) -> String {
        let mut parts = template.split('@');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let mut rest = part.chars();
            match rest.next() {
                Some(letter) => out.push_str(&self.placeholder(letter, depth)),
                None => out.push('@'),
            }
            out.push_str(rest.as_str());
        }
        out
    }

    fn placeholder(&mut self, letter: char, depth: usize) -> String {
        let wanted = match letter {
            'i' => Type::Int,
            'd' => Type::Float,
            'n' => self.rng.pick(&[Type::Int, Type::Float]),
            's' => Type::Text,
            'b' => Type::Bool,
            'm' => Type::Map,
            'l' => Type::List,
            'y' => Type::Bytes,
            't' => Type::Time,
            'u' => Type::Duration,
            'v' => return path(self.rng, self.context, Type::Any),
            'w' => {
                return match self.rng.chance(75) {
                    true => path(self.rng, self.context, Type::Text),
                    false => self.computed(Type::Text, depth.max(DEEPEST)),
                };
            }
            'S' => return quote(self.rng.pick(&["a", ",", " ", "o", "=", ""])),
            'I' => return self.rng.below(4).to_string(),
            'R' => return format!("\"{}\"", self.rng.pick(&REGEXES)),
            'G' => return quote(self.rng.pick(&GLOBS)),
            'X' => return quote(self.rng.pick(&REPLACEMENTS)),
            'K' => return quote(self.rng.pick(&KEYS).0),
            _ => Type::Any,
        };
        self.value(wanted, depth)
    }

    /// A boolean expression, for a `where` clause or as a condition of its own.
    pub(super) fn condition(&mut self, depth: usize) -> String {
        match self.rng.below(if depth < 3 { 10 } else { 6 }) {
            0..=2 => self.comparison(),
            3 => {
                let any = path(self.rng, self.context, Type::Any);
                format!("{any} {} nil", self.rng.pick(&["==", "!="]))
            }
            4..=5 => {
                let template = self.rng.pick(&BOOLEANS);
                self.fill(template, 1)
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
        let types = [
            Type::Int,
            Type::Int,
            Type::Text,
            Type::Text,
            Type::Float,
            Type::Bool,
            Type::Time,
            Type::Any,
            Type::List,
            Type::Map,
        ];
        let wanted = self.rng.pick(&types);
        let left = match wanted {
            Type::Any => path(self.rng, self.context, Type::Any),
            _ => self.value(wanted, 1),
        };
        let operator = self.rng.pick(&["==", "!=", "<", "<=", ">", ">="]);
        let right = self.value(wanted, 1);
        format!("{left} {operator} {right}")
    }
}

/// An OTTL string literal.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
