//! Every function, with arguments that nobody would give.

use std::sync::LazyLock;

use ottl::reference::contexts_of;
use ottl::{Context, Engine, Function, Param, ParamKind, ValueKind, context_name, signals_of};

use super::programs;

/// What parts the texts of an input.
const SEPARATOR: u8 = 0x1f;
/// So many texts are looked at.
const TEXTS: usize = 6;

/// Calls a function of the registry with arguments made of bytes, by rows and by columns.
///
/// The texts of an input are parted by the byte 0x1f. The first is the name of the function; what
/// is no name stands for any function. The bytes of the second choose what each argument is: a text
/// as an attribute or a literal, or a value made of one by another function. All others are texts.
///
/// # Panics
/// When the interpreters disagree, or what comes out is no message.
pub fn functions(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == SEPARATOR);
    let name = parts.next().unwrap_or_default();
    let choices = parts.next().unwrap_or_default();
    let texts: Vec<_> = parts.take(TEXTS).collect();
    let registry = ENGINE.registry();
    let known = std::str::from_utf8(name).ok();
    let function = match known.and_then(|name| registry.find(name)) {
        Some(id) => registry.get(id).clone(),
        None => {
            let all: Vec<_> = registry.all();
            let Some(function) = all.get(programs::hash(name) % all.len()) else {
                return;
            };
            (*function).clone()
        }
    };
    let contexts = contexts_of(&*function);
    let mut arguments = Arguments::new(choices, &texts);
    let context = contexts[arguments.choose(contexts.len())];
    arguments.attributes = attributes(context);
    let call = arguments.call(&*function);
    let statement = match function.signature().is_editor() {
        true => call,
        false => format!("set({}[\"r\"], {call})", arguments.attributes),
    };
    for &signal in signals_of(context) {
        let message = programs::message(signal, &texts);
        let statement = std::slice::from_ref(&statement);
        if !programs::compare(&ENGINE, signal, Some(context), statement, &message) {
            return;
        }
    }
}

static ENGINE: LazyLock<Engine> = LazyLock::new(programs::engine);

/// The map of a context that has the texts.
fn attributes(context: Context) -> String {
    let name = context_name(context);
    match name {
        "metric" => "metric.metadata".to_owned(),
        "exemplar" => "exemplar.filtered_attributes".to_owned(),
        _ => format!("{name}.attributes"),
    }
}

/// Writes arguments as the choices have it.
struct Arguments<'a> {
    choices: std::slice::Iter<'a, u8>,
    texts: &'a [&'a [u8]],
    attributes: String,
    next: usize,
    depth: usize,
}

impl<'a> Arguments<'a> {
    fn new(choices: &'a [u8], texts: &'a [&'a [u8]]) -> Self {
        Self {
            choices: choices.iter(),
            texts,
            attributes: String::new(),
            next: 0,
            depth: 0,
        }
    }

    /// A number below `count`; the first when there are no choices left.
    fn choose(&mut self, count: usize) -> usize {
        let choice = self.choices.next().map_or(0, |byte| usize::from(*byte));
        choice % count.max(1)
    }

    fn call(&mut self, function: &dyn Function) -> String {
        let signature = function.signature();
        let mut arguments = Vec::new();
        for param in signature.params {
            if param.optional {
                if self.choose(3) == 0 {
                    continue;
                }
                let argument = self.argument(param);
                arguments.push(format!("{} = {argument}", param.name));
            } else {
                arguments.push(self.argument(param));
            }
        }
        format!("{}({})", signature.name, arguments.join(", "))
    }

    fn argument(&mut self, param: &Param) -> String {
        match param.kind {
            ParamKind::Setter | ParamKind::GetSetter => match self.choose(4) {
                0..2 => self.attribute(),
                2 => format!("{}[\"n\"][0]", self.attributes),
                _ => self.attributes.clone(),
            },
            ParamKind::MapGetSetter => match self.choose(4) {
                0..3 => self.attributes.clone(),
                _ => self.key("m"),
            },
            ParamKind::SliceGetSetter => self.key("l"),
            ParamKind::Value(kind) => self.value(kind),
            ParamKind::List(kind) => self.literal_list(kind),
            ParamKind::AnyList(kind) => match self.choose(2) {
                0 => self.literal_list(kind),
                _ => self.value(ValueKind::Slice),
            },
            ParamKind::StringLiteral => self.literal(),
            ParamKind::StringLiterals => format!("[{}, {}]", self.literal(), self.literal()),
            ParamKind::IntLiteral => self.int_literal(),
            ParamKind::DoubleLiteral => self.double_literal(),
            ParamKind::DoubleLiterals => {
                format!("[{}, {}]", self.double_literal(), self.double_literal())
            }
            ParamKind::BoolLiteral => self.one_of(&["true", "false"]),
            ParamKind::Enum => self.one_of(&["SPAN_KIND_SERVER", "STATUS_CODE_ERROR"]),
            ParamKind::Function => self.one_of(&["SHA256", "ToUpperCase", "String", "Hex", "Trim"]),
            ParamKind::Output => "exporter.kafka".to_owned(),
            ParamKind::Lambda(count) => self.lambda(count),
        }
    }

    fn value(&mut self, kind: ValueKind) -> String {
        self.depth += 1;
        let value = match kind {
            _ if self.depth > 4 => self.attribute(),
            ValueKind::Any => self.any(),
            ValueKind::String | ValueKind::StringLike | ValueKind::BytesLike => self.text(),
            ValueKind::Int | ValueKind::IntLike => self.int(),
            ValueKind::Double | ValueKind::DoubleLike => self.double(),
            ValueKind::Bool | ValueKind::BoolLike => match self.choose(3) {
                0 => self.key("f"),
                1 => "true".to_owned(),
                _ => format!("Bool({})", self.attribute()),
            },
            ValueKind::Map => self.map(),
            ValueKind::Slice => self.list(),
            ValueKind::Time => self.time(),
            ValueKind::Duration => match self.choose(3) {
                0 => format!("Duration({})", self.attribute()),
                1 => "Duration(\"36h1m1.5s\")".to_owned(),
                _ => format!("({} - {})", self.time(), self.time()),
            },
        };
        self.depth -= 1;
        value
    }

    fn any(&mut self) -> String {
        match self.choose(10) {
            0 => self.text(),
            1 => self.int(),
            2 => self.double(),
            3 => self.map(),
            4 => self.list(),
            5 => self.time(),
            6 => self.value(ValueKind::Duration),
            7 => self.one_of(&["nil", "true", "0x00ff"]),
            8 => format!("ParseJSON({})", self.attribute()),
            _ => self.key("n"),
        }
    }

    fn text(&mut self) -> String {
        match self.choose(8) {
            0..4 => self.attribute(),
            4..6 => self.literal(),
            6 => format!("Concat([{}, {}], \"\")", self.attribute(), self.literal()),
            _ => self.one_of(&["1", "nil", "2.5"]),
        }
    }

    fn int(&mut self) -> String {
        match self.choose(4) {
            0 => self.key("i"),
            1 => self.int_literal(),
            2 => format!("Int({})", self.attribute()),
            _ => format!("Len({})", self.attribute()),
        }
    }

    fn int_literal(&mut self) -> String {
        const NUMBERS: [&str; 10] = [
            "1",
            "0",
            "-1",
            "2",
            "7",
            "100",
            "65536",
            "1000000000",
            "9223372036854775807",
            "-9223372036854775807",
        ];
        self.one_of(&NUMBERS)
    }

    fn double(&mut self) -> String {
        match self.choose(3) {
            0 => self.key("d"),
            1 => self.double_literal(),
            _ => format!("Double({})", self.attribute()),
        }
    }

    fn double_literal(&mut self) -> String {
        self.one_of(&["0.5", "0.0", "-1.5", "1e308", "99.9", "5e-324"])
    }

    fn map(&mut self) -> String {
        match self.choose(5) {
            0 => self.key("m"),
            1 => format!("ParseJSON({})", self.attribute()),
            2 => self.attributes.clone(),
            3 => format!("{{\"k\": {}, {}: 1}}", self.attribute(), self.literal()),
            _ => format!("ParseKeyValue({}, \"=\", \"&\")", self.attribute()),
        }
    }

    fn list(&mut self) -> String {
        match self.choose(6) {
            0 => self.key("l"),
            1 => format!("[{}, {}]", self.attribute(), self.attribute()),
            2 => format!("Split({}, {})", self.attribute(), self.attribute()),
            3 => format!("ParseJSON({})", self.attribute()),
            4 => format!("Values({})", self.attributes),
            _ => self.key("n"),
        }
    }

    fn time(&mut self) -> String {
        match self.choose(5) {
            0 => "Now()".to_owned(),
            1 => format!("UnixNano({})", self.key("i")),
            2 => format!("UnixSeconds({})", self.key("i")),
            3 => format!("Time({}, {})", self.attribute(), self.literal()),
            _ => format!("Time({}, \"%Y-%m-%d\")", self.attribute()),
        }
    }

    fn literal_list(&mut self, kind: ValueKind) -> String {
        let count = self.choose(4);
        let elements: Vec<_> = (0..count).map(|_| self.value(kind)).collect();
        format!("[{}]", elements.join(", "))
    }

    fn lambda(&mut self, count: usize) -> String {
        let params: Vec<_> = (0..count).map(|at| format!("p{at}")).collect();
        let last = count.saturating_sub(1);
        self.depth += 1;
        let body = match self.choose(if self.depth > 4 { 6 } else { 9 }) {
            0 => format!("p{last} != nil"),
            1 => format!("p{last}"),
            2 => "p0".to_owned(),
            3 => format!("Concat([p0, p{last}], \"\")"),
            4 => format!("IsMatch(p{last}, {})", self.attribute()),
            5 => format!("[p0, p{last}]"),
            6 => format!("Reduce({}, [p0], {})", self.list(), self.lambda(3)),
            7 => format!("MapEach({}, {})", self.list(), self.lambda(2)),
            _ => format!("{} == p0", self.any()),
        };
        self.depth -= 1;
        format!("({}) => {body}", params.join(", "))
    }

    fn one_of(&mut self, choices: &[&str]) -> String {
        choices[self.choose(choices.len())].to_owned()
    }

    fn key(&self, key: &str) -> String {
        format!("{}[\"{key}\"]", self.attributes)
    }

    /// The next text as an attribute.
    fn attribute(&mut self) -> String {
        let at = self.step();
        format!("{}[\"{at}\"]", self.attributes)
    }

    /// The next text as a literal.
    fn literal(&mut self) -> String {
        let at = self.step();
        let text = self.texts.get(at).copied().unwrap_or_default();
        let mut literal = "\"".to_owned();
        for &byte in text {
            match byte {
                b'"' | b'\\' => literal.extend(['\\', char::from(byte)]),
                b' '..=b'~' => literal.push(char::from(byte)),
                _ => literal.push_str(&format!("\\x{byte:02x}")),
            }
        }
        literal.push('"');
        literal
    }

    fn step(&mut self) -> usize {
        let at = self.next % self.texts.len().max(1);
        self.next += 1;
        at
    }
}
