//! Grok patterns: regular expressions with references to others by name, as `%{IP:client.address}`.
//!
//! A reference is `%{NAME}`, `%{NAME:field}` or `%{NAME:field:type}`. It becomes a group with the name
//! of the field, or else of the pattern; a point, which names of groups cannot have, is written as
//! three underscores. The patterns that are known to all are made by the build script.

use std::collections::HashMap;

use memchr::memmem;
use otlp_columns::{Heap, Slice, Value};
use ottl_vm::{ExecError, PatternError, Room, Size, go};

use super::pattern::Compile;
use super::regex::GoRegex;

include!(concat!(env!("OUT_DIR"), "/grok_patterns.rs"));

/// How deep references may refer to patterns with references, as in the reference.
const MAX_DEPTH: usize = 1000;
/// A pattern without references may have this part of the bytes that its automaton may take.
const MAX_LEN_FACTOR: usize = 16;
/// What it may take to write a pattern without references, in bytes that are read: so many times
/// the length that it may have.
const MAX_WORK_FACTOR: usize = 64;

/// What a point in the name of a field is in the name of a group.
const POINT: &str = "___";

/// The patterns that a call knows beside those that all know.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    own: HashMap<Vec<u8>, Vec<u8>>,
}

impl Definitions {
    /// Adds a pattern, or gives it another meaning.
    pub(crate) fn add(&mut self, name: &[u8], pattern: &[u8]) {
        self.own.insert(name.to_vec(), pattern.to_vec());
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        let own = self.own.get(name.as_bytes()).map(Vec::as_slice);
        own.or_else(|| {
            let place = PATTERNS.binary_search_by(|(known, _)| known.cmp(&name));
            place.ok().map(|place| PATTERNS[place].1.as_bytes())
        })
    }
}

/// A compiled grok pattern.
#[derive(Debug)]
pub(crate) struct Grok {
    regex: GoRegex,
    /// One for each group, `None` for those without a name.
    fields: Vec<Option<Field>>,
    work: u64,
}

/// The entry that a group makes.
#[derive(Debug)]
struct Field {
    key: Vec<u8>,
    kind: Kind,
}

/// What the text of a group is read as.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Int,
    Double,
    Bool,
    /// There is no type with the name that was given.
    Unknown,
}

impl Grok {
    /// Compiles a pattern into an automaton with so much room. With `named_only` a reference that
    /// names no field makes no entry.
    ///
    /// # Errors
    /// When it, or one it refers to, is malformed or does not exist, or it is too large.
    pub(crate) fn new(
        pattern: &[u8],
        definitions: &Definitions,
        named_only: bool,
        room: Room,
    ) -> Result<Self, PatternError> {
        let mut expansion = Expansion {
            definitions,
            named_only,
            limit: room.automaton,
            types: HashMap::new(),
            work: 0,
        };
        let expanded = expansion.expand(pattern)?;
        let regex = GoRegex::with_named_groups(&expanded, room)?;
        let field = |name: &String| Field {
            key: name.replace(POINT, ".").into_bytes(),
            kind: expansion.types.get(name).copied().unwrap_or(Kind::Text),
        };
        let names = regex.names().iter();
        Ok(Self {
            fields: names.map(|name| name.as_ref().map(field)).collect(),
            work: expansion.work as u64 / 8,
            regex,
        })
    }

    /// Whether there is something to capture.
    pub(crate) fn has_fields(&self) -> bool {
        self.fields.iter().any(Option::is_some)
    }

    /// The keys and values of a text, which may have a key several times; none when the pattern does
    /// not match. Groups that matched nothing are left out.
    ///
    /// # Errors
    /// When a part is not of the type that it should have, or the run has to stop.
    pub(crate) fn captures(
        &self,
        heap: &Heap,
        text: Slice,
    ) -> Result<Vec<(&[u8], Value)>, ExecError> {
        let bytes = heap.bytes(text);
        let captures = self.regex.first(heap.meter(), bytes, |found| {
            let mut captures = Vec::new();
            for (index, field) in self.fields.iter().enumerate() {
                if let Some(field) = field
                    && let Some(range) = found.group(index).filter(|range| !range.is_empty())
                {
                    let part = super::slices::part_of(text, range);
                    captures.push((field.key.as_slice(), field.read(heap, part)?));
                }
            }
            Ok(captures)
        })?;
        Ok(captures.unwrap_or_default())
    }
}

impl Field {
    fn read(&self, heap: &Heap, part: Slice) -> Result<Value, ExecError> {
        let text = heap.bytes(part);
        match self.kind {
            Kind::Text => Ok(Value::Str(part)),
            Kind::Int => go::parse_int(text, 10).map(Value::Int),
            Kind::Double => go::parse_float(text).map(Value::Double),
            Kind::Bool => {
                let value = ottl_vm::convert::bool_like(heap, Value::Str(part))?;
                Ok(value.map_or(Value::Nil, Value::Bool))
            }
            Kind::Unknown => {
                let key = String::from_utf8_lossy(&self.key);
                Err(ExecError::new(format!(
                    "The type of the field `{key}` must be string, int, long, float, double, bool or boolean."
                )))
            }
        }
    }
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "string" => Self::Text,
            "int" | "long" => Self::Int,
            "float" | "double" => Self::Double,
            "bool" | "boolean" => Self::Bool,
            _ => Self::Unknown,
        }
    }
}

impl Compile for Grok {
    const KIND: &'static str = "grok pattern";
    /// A pattern of a few bytes may refer to one that takes several mebibytes.
    const MAX_SIZE: usize = 16 << 20;

    fn compile(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
        Self::new(pattern, &Definitions::default(), false, room)
    }

    fn size(&self) -> Size {
        let fields = self.fields.iter().flatten();
        let keys: usize = fields.map(|field| field.key.capacity()).sum();
        let mut size = self.regex.size();
        size.memory += keys + self.fields.capacity() * size_of::<Option<Field>>();
        size
    }

    fn work(&self) -> u64 {
        self.regex.work() + self.work
    }
}

/// A pattern while its references are replaced.
struct Expansion<'d> {
    definitions: &'d Definitions,
    named_only: bool,
    limit: usize,
    /// The types that references gave to groups. As in the reference, the last one holds for a name.
    types: HashMap<String, Kind>,
    /// Bytes that were read.
    work: usize,
}

impl Expansion<'_> {
    fn expand(&mut self, pattern: &[u8]) -> Result<Vec<u8>, PatternError> {
        let mut expanded = pattern.to_vec();
        for _ in 0..MAX_DEPTH {
            self.spend(expanded.len())?;
            let references = references(&expanded);
            if references.is_empty() {
                return Ok(expanded);
            }
            for reference in references {
                let replacement = self.replacement(&reference)?;
                let written = format!("%{{{reference}}}");
                expanded = self.replace(&expanded, written.as_bytes(), &replacement)?;
            }
        }
        Err(PatternError::Malformed(format!(
            "patterns refer to others more than {MAX_DEPTH} times in a row"
        )))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), PatternError> {
        let max = self.limit / MAX_LEN_FACTOR;
        self.work = self.work.saturating_add(bytes);
        if bytes > max || self.work > max.saturating_mul(MAX_WORK_FACTOR) {
            return Err(PatternError::TooLarge(self.limit));
        }
        Ok(())
    }

    fn replacement(&mut self, reference: &str) -> Result<Vec<u8>, PatternError> {
        let mut parts = reference.split(':');
        let name = parts.next().unwrap_or_default();
        let field = parts.next();
        let group = field.map_or_else(|| name.to_owned(), |field| field.replace('.', POINT));
        if let Some(kind) = parts.next() {
            self.types.insert(group.clone(), Kind::named(kind));
        }
        let Some(pattern) = self.definitions.get(name) else {
            let unknown = format!("there is no pattern `{name}`");
            return Err(PatternError::Malformed(unknown));
        };
        let open = match field {
            None if self.named_only => "(".to_owned(),
            _ => format!("(?P<{group}>"),
        };
        Ok([open.as_bytes(), pattern, b")"].concat())
    }

    fn replace(&mut self, text: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, PatternError> {
        self.spend(text.len())?;
        let mut replaced = Vec::with_capacity(text.len() + new.len());
        let mut copied = 0;
        for at in memmem::find_iter(text, old) {
            replaced.extend_from_slice(&text[copied..at]);
            replaced.extend_from_slice(new);
            copied = at + old.len();
            if replaced.len() > self.limit / MAX_LEN_FACTOR {
                return Err(PatternError::TooLarge(self.limit));
            }
        }
        replaced.extend_from_slice(&text[copied..]);
        Ok(replaced)
    }
}

/// What is between the braces of references, each once, in the order of their first places.
fn references(pattern: &[u8]) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    let mut references = Vec::new();
    for at in memmem::find_iter(pattern, b"%{") {
        if let Some(reference) = reference(&pattern[at + 2..])
            && known.insert(reference)
        {
            references.push(reference.to_owned());
        }
    }
    references
}

/// The text up to a closing brace, if it is a name, a field and a type, or fewer of them.
fn reference(text: &[u8]) -> Option<&str> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_allowed = |byte: u8| is_word(byte) || matches!(byte, b':' | b'+' | b'.');
    let end = text.iter().position(|&byte| !is_allowed(byte))?;
    if text[end] != b'}' {
        return None;
    }
    let reference = std::str::from_utf8(&text[..end]).ok()?;
    let parts: Vec<_> = reference.split(':').collect();
    let are_words = |part: &&str| part.bytes().all(is_word);
    let is_reference = parts.len() <= 3
        && parts.iter().all(|part| !part.is_empty())
        && parts.iter().step_by(2).all(are_words);
    is_reference.then_some(reference)
}

#[cfg(test)]
mod tests {
    use otlp_columns::Heap;

    use super::*;

    const LIMIT: Room = Room::of(32 << 20);

    fn compile(pattern: &str, definitions: &Definitions) -> Result<Grok, PatternError> {
        Grok::new(pattern.as_bytes(), definitions, false, LIMIT)
    }

    fn shown(pattern: &str, text: &str) -> String {
        let grok = compile(pattern, &Definitions::default()).expect("a pattern");
        let mut heap = Heap::scratch();
        let text = heap.alloc(text.as_bytes());
        let captures = grok.captures(&heap, text).expect("texts of their types");
        let show = |(key, value): &(&[u8], Value)| {
            let value = match value {
                Value::Str(text) => String::from_utf8_lossy(heap.bytes(*text)).into_owned(),
                other => format!("{other:?}"),
            };
            format!("{}={value}", String::from_utf8_lossy(key))
        };
        captures.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_a_reference() {
        for (text, expected) in [
            ("WORD} x", Some("WORD")),
            ("WORD:a.b+c:int}", Some("WORD:a.b+c:int")),
            ("1:2:3}", Some("1:2:3")),
            ("WORD:a:b:c}", None),
            ("WO.RD}", None),
            ("WORD:a:b.c}", None),
            ("WORD:}", None),
            ("}", None),
            ("WORD", None),
            ("WO RD}", None),
        ] {
            assert_eq!(reference(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn references_become_groups() {
        assert_eq!(shown("%{INT:a.b:int}-%{WORD}", "7-x"), "a.b=Int(7) WORD=x");
        assert_eq!(
            shown("%{NUMBER:n:float}", "1.5"),
            "n=Double(1.5) BASE10NUM=1.5"
        );
        assert_eq!(shown("%{WORD:a} %{WORD:a}", "x y"), "a=x a=y");
        assert_eq!(shown("%{INT:a}?x", "x"), "");
        assert_eq!(shown("%{WORD", "%{WORD"), "");
    }

    #[test]
    fn the_last_type_of_a_name_holds() {
        assert_eq!(
            shown("%{INT:a:float} %{INT:a:int}", "1 2"),
            "a=Int(1) a=Int(2)"
        );
        let unknown = compile("%{INT:a:number}", &Definitions::default()).expect("a pattern");
        let mut heap = Heap::scratch();
        let text = heap.alloc(b"1");
        assert!(unknown.captures(&heap, text).is_err());
        assert!(unknown.captures(&heap, Slice::EMPTY).is_ok());
    }

    #[test]
    fn patterns_that_refer_to_themselves_end() {
        let mut definitions = Definitions::default();
        definitions.add(b"ONE", b"x%{ONE}");
        definitions.add(b"TWO", b"%{TWO}%{TWO}");
        definitions.add(b"A", b"%{B}");
        definitions.add(b"B", b"%{A:b}");
        for pattern in ["%{ONE}", "%{TWO}", "%{A}"] {
            assert!(compile(pattern, &definitions).is_err(), "{pattern}");
        }
    }

    #[test]
    fn growth_is_limited() {
        let mut definitions = Definitions::default();
        definitions.add(b"A0", b"x");
        for level in 1..30 {
            let name = format!("A{level}");
            let below = level - 1;
            definitions.add(
                name.as_bytes(),
                format!("%{{A{below}}}%{{A{below}}}").as_bytes(),
            );
        }
        assert!(compile("%{A5}", &definitions).is_ok());
        assert!(matches!(
            compile("%{A29}", &definitions),
            Err(PatternError::TooLarge(_))
        ));
    }

    #[test]
    fn the_known_patterns_are_sorted_and_nearly_all_compile() {
        assert!(PATTERNS.is_sorted_by(|(left, _), (right, _)| left < right));
        let compiles =
            |name: &str| compile(&format!("%{{{name}}}"), &Definitions::default()).is_ok();
        let broken: Vec<_> = PATTERNS
            .iter()
            .filter(|(name, _)| !compiles(name))
            .collect();
        assert!(broken.len() < 20, "{broken:?}");
    }
}
