//! Tags, text, comments, instructions and directives of a document, as Go's `encoding/xml` reads
//! them when it is strict.
//!
//! Only the five predefined entities and character references are expanded; a document type
//! declaration is one [`Token::Directive`] that nobody looks into. Prefixes are replaced by the
//! namespaces they stand for. Names and text go into the [`Store`] of the reader.

use std::borrow::Cow;
use std::collections::HashMap;

use encoding_rs::Encoding;
use ottl_vm::ExecError;

use super::names::is_name;
use super::parts::{character, declared};
use super::store::{Span, Store};

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A start tag; its attributes are in [`Reader::attributes`].
    Start(Name),
    /// An end tag, or the end of an empty element.
    End,
    /// Text between tags, or a section of character data.
    Text(Span),
    /// A comment.
    Comment(Span),
    /// A processing instruction, the XML declaration included: its target, and the rest.
    Instruction(Span, Span),
    /// Anything else that begins with `<!`.
    Directive(Span),
}

/// A name with what stands before its colon: first the prefix, later the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) space: Span,
    pub(crate) local: Span,
}

/// An attribute of a start tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Name,
    pub(crate) value: Span,
}

/// How often a document may change its encoding. Each time, what follows is converted anew.
const MAX_ENCODINGS: usize = 2;
/// How many bytes the reference keeps of how a token is written.
const MAX_SOURCE: usize = 4096;
/// The namespace of the prefix `xml`.
pub(super) const XML_NAMESPACE: &[u8] = b"http://www.w3.org/XML/1998/namespace";

/// Reads a document token by token.
pub(crate) struct Reader<'a> {
    input: Cow<'a, [u8]>,
    at: usize,
    /// Whether declared encodings are followed; otherwise all but UTF-8 is an error.
    decodes: bool,
    /// Encodings declared so far.
    encodings: usize,
    pub(super) store: Store,
    attributes: Vec<Attribute>,
    open: Vec<Open>,
    /// The namespaces of the prefixes that are declared here.
    namespaces: HashMap<Box<[u8]>, Span>,
    /// The namespace of the prefix `xml`, once it is used.
    xml_namespace: Option<Span>,
    /// What to restore in `namespaces` when elements end.
    shadowed: Vec<(Box<[u8]>, Option<Span>)>,
    /// Whether the last start tag was that of an empty element.
    empty: bool,
    source: Source,
}

/// An element that is open.
struct Open {
    /// Its name with the prefix as it is written.
    name: Name,
    /// How many entries of `shadowed` are those of the elements around it.
    shadowed: usize,
}

/// The bytes as they were written that the reference sees beside a token.
struct Source {
    /// Whether the first byte of what follows was read with the token before.
    looked_ahead: bool,
    start: usize,
    end: usize,
    decoded: Decoded,
}

/// How the bytes beside a token relate to the input, which changes with the encoding.
enum Decoded {
    /// They are part of it.
    Never,
    /// The next token has all that follows beside it, as it was before it was decoded.
    Next(Vec<u8>),
    /// This token has.
    Now(Vec<u8>),
    /// No further one has anything.
    Before,
}

impl<'a> Reader<'a> {
    /// Reads `input`. Encodings other than UTF-8 are an error unless it `decodes`.
    pub(crate) fn new(input: &'a [u8], decodes: bool) -> Self {
        Self {
            input: Cow::Borrowed(input),
            at: 0,
            decodes,
            encodings: 0,
            store: Store::default(),
            attributes: Vec::new(),
            open: Vec::new(),
            namespaces: HashMap::new(),
            xml_namespace: None,
            shadowed: Vec::new(),
            empty: false,
            source: Source {
                looked_ahead: false,
                start: 0,
                end: 0,
                decoded: Decoded::Never,
            },
        }
    }

    /// The bytes of a name or text.
    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        self.store.bytes(span)
    }

    /// The attributes of the last start tag.
    pub(crate) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Whether everything is read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.input.len()
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The bytes that the reference's tree builder believes the last token to be written as, which
    /// is how it tells sections of character data and prefixes.
    pub(super) fn source(&self) -> &[u8] {
        match &self.source.decoded {
            Decoded::Never => &self.input[self.source.start..self.source.end],
            Decoded::Now(bytes) => bytes,
            Decoded::Next(_) | Decoded::Before => &[],
        }
    }

    /// The next token, or none at the end.
    ///
    /// # Errors
    /// When the document is not well-formed, with what is wrong and where.
    pub(crate) fn next(&mut self) -> Result<Option<Token>, ExecError> {
        self.begin_source();
        let token = self.token()?;
        self.source.end = self.at + usize::from(self.source.looked_ahead);
        self.source.end = self.source.end.max(self.source.start);
        Ok(token)
    }

    fn begin_source(&mut self) {
        self.source.start = self.at + usize::from(self.source.looked_ahead);
        self.source.decoded = match std::mem::replace(&mut self.source.decoded, Decoded::Before) {
            Decoded::Never => Decoded::Never,
            Decoded::Next(bytes) => Decoded::Now(bytes),
            Decoded::Now(_) | Decoded::Before => Decoded::Before,
        };
    }

    fn token(&mut self) -> Result<Option<Token>, ExecError> {
        if std::mem::take(&mut self.empty) {
            self.close();
            return Ok(Some(Token::End));
        }
        self.source.looked_ahead = false;
        let Some(first) = self.peek() else {
            if self.open.is_empty() {
                return Ok(None);
            }
            return Err(self.ends());
        };
        if first != b'<' {
            let text = self.text(End::Markup)?;
            self.source.looked_ahead = !self.is_at_end();
            return Ok(Some(Token::Text(text)));
        }
        self.at += 1;
        let token = match self.peek().ok_or_else(|| self.ends())? {
            b'/' => self.end_tag(),
            b'?' => self.instruction(),
            b'!' => self.declaration(),
            _ => self.start_tag(),
        };
        token.map(Some)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn take(&mut self) -> Result<u8, ExecError> {
        let byte = self.peek().ok_or_else(|| self.ends())?;
        self.at += 1;
        Ok(byte)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    fn ends(&self) -> ExecError {
        ExecError::new("The XML text ends too early.")
    }

    #[cold]
    pub(super) fn error(&self, what: &str) -> ExecError {
        ExecError::new(format!(
            "The XML text has an error at byte {}: {what}.",
            self.at
        ))
    }

    fn end_tag(&mut self) -> Result<Token, ExecError> {
        self.at += 1;
        let name = self.qualified_name()?;
        self.skip_blanks();
        if self.take()? != b'>' {
            return Err(self.error("an end tag has nothing behind its name"));
        }
        let is_open = self.open.last().is_some_and(|open| {
            self.store.equal(open.name.local, name.local)
                && self.store.equal(open.name.space, name.space)
        });
        if !is_open {
            return Err(self.error("the end tag closes no element that is open"));
        }
        self.close();
        Ok(Token::End)
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        for (prefix, before) in self.shadowed.drain(open.shadowed..).rev() {
            match before {
                Some(before) => self.namespaces.insert(prefix, before),
                None => self.namespaces.remove(&prefix),
            };
        }
    }

    fn start_tag(&mut self) -> Result<Token, ExecError> {
        let name = self.qualified_name()?;
        self.attributes.clear();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'>') => {
                    self.at += 1;
                    break;
                }
                Some(b'/') => {
                    self.at += 1;
                    if self.take()? != b'>' {
                        return Err(self.error("`/` stands alone in a tag"));
                    }
                    self.empty = true;
                    break;
                }
                _ => self.attribute()?,
            }
        }
        self.open_element(name)
    }

    fn attribute(&mut self) -> Result<(), ExecError> {
        let name = self.qualified_name()?;
        self.skip_blanks();
        if self.take()? != b'=' {
            return Err(self.error("an attribute has no value"));
        }
        self.skip_blanks();
        let quote = self.take()?;
        if !matches!(quote, b'"' | b'\'') {
            return Err(self.error("the value of an attribute has no quotes"));
        }
        let value = self.text(End::Quote(quote))?;
        self.attributes.push(Attribute { name, value });
        Ok(())
    }

    /// Notes which prefixes an element declares, and gives its own name and those of its attributes
    /// their namespaces.
    fn open_element(&mut self, name: Name) -> Result<Token, ExecError> {
        let shadowed = self.shadowed.len();
        for attribute in &self.attributes {
            let Name { space, local } = attribute.name;
            let prefix = match (self.store.bytes(space), self.store.bytes(local)) {
                (b"xmlns", prefix) => prefix,
                (b"", b"xmlns") => b"",
                _ => continue,
            };
            let before = self.namespaces.insert(prefix.into(), attribute.value);
            self.shadowed.push((prefix.into(), before));
        }
        self.open.push(Open { name, shadowed });
        for at in 0..self.attributes.len() {
            let name = self.attributes[at].name;
            if name.space.is_empty() {
                continue;
            }
            self.attributes[at].name = self.translated(name);
        }
        let is_xmlns = name.space.is_empty() && self.store.bytes(name.local) == b"xmlns";
        let name = if is_xmlns {
            name
        } else {
            self.translated(name)
        };
        Ok(Token::Start(name))
    }

    fn translated(&mut self, name: Name) -> Name {
        let Name { space, local } = name;
        let space = match self.store.bytes(space) {
            b"xmlns" => return name,
            b"xml" => *self
                .xml_namespace
                .get_or_insert_with(|| self.store.push(XML_NAMESPACE)),
            _ if self.namespaces.is_empty() => return name,
            prefix => self.namespaces.get(prefix).copied().unwrap_or(space),
        };
        Name { space, local }
    }

    fn qualified_name(&mut self) -> Result<Name, ExecError> {
        let name = self.name()?;
        let bytes = self.store.bytes(name);
        let mut colons = memchr::memchr_iter(b':', bytes);
        let Some(colon) = colons.next() else {
            let space = Span::default();
            return Ok(Name { space, local: name });
        };
        if colons.next().is_some() {
            return Err(self.error("a name has two colons"));
        }
        if colon == 0 || colon + 1 == bytes.len() {
            let space = Span::default();
            return Ok(Name { space, local: name });
        }
        Ok(Name {
            space: name.part(0..colon),
            local: name.part(colon + 1..bytes.len()),
        })
    }

    fn name(&mut self) -> Result<Span, ExecError> {
        let rest = &self.input[self.at..];
        let ends = |&byte: &u8| {
            byte.is_ascii()
                && !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'-'))
        };
        let Some(len) = rest.iter().position(ends) else {
            return Err(self.ends());
        };
        let name = &rest[..len];
        if !is_name(name) {
            return Err(self.error("a name was expected"));
        }
        self.at += len;
        Ok(self.store.push(name))
    }

    fn instruction(&mut self) -> Result<Token, ExecError> {
        self.at += 1;
        let target = self.name()?;
        self.skip_blanks();
        let rest = &self.input[self.at..];
        let Some(len) = memchr::memmem::find(rest, b"?>") else {
            return Err(self.ends());
        };
        let content = self.store.push(&rest[..len]);
        self.at += len + 2;
        if self.store.bytes(target) == b"xml" {
            self.follow_declaration(content)?;
        }
        Ok(Token::Instruction(target, content))
    }

    fn follow_declaration(&mut self, content: Span) -> Result<(), ExecError> {
        let content = self.store.bytes(content);
        if !matches!(declared(b"version=", content), b"" | b"1.0") {
            return Err(self.error("the version of XML is not 1.0"));
        }
        let encoding = declared(b"encoding=", content);
        if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"utf-8") {
            return Ok(());
        }
        let Some(encoding) = Encoding::for_label(encoding).filter(|_| self.decodes) else {
            return Err(self.error("the encoding is not supported"));
        };
        self.encodings += 1;
        if self.encodings > MAX_ENCODINGS {
            return Err(self.error("the encoding changes too often"));
        }
        let rest = &self.input[self.at..];
        let (decoded, _) = encoding.decode_without_bom_handling(rest);
        let decoded = decoded.into_owned().into_bytes();
        self.source.decoded = match self.source.decoded {
            Decoded::Never => Decoded::Next(rest[..rest.len().min(MAX_SOURCE)].to_vec()),
            _ => Decoded::Before,
        };
        self.input = Cow::Owned(decoded);
        self.at = 0;
        Ok(())
    }

    /// What begins with `<!`.
    fn declaration(&mut self) -> Result<Token, ExecError> {
        self.at += 1;
        let rest = &self.input[self.at..];
        if let Some(comment) = rest.strip_prefix(b"--") {
            let Some(len) = memchr::memmem::find(comment, b"--") else {
                return Err(self.ends());
            };
            self.at += 2 + len + 2;
            let comment = self.store.push(&comment[..len]);
            if self.take()? != b'>' {
                return Err(self.error("`--` stands in a comment"));
            }
            return Ok(Token::Comment(comment));
        }
        if rest.starts_with(b"[CDATA[") {
            self.at += b"[CDATA[".len();
            return self.text(End::Section).map(Token::Text);
        }
        if let [b'-' | b'[', ..] = rest {
            return Err(self.error("neither a comment nor a section of character data"));
        }
        self.directive()
    }

    /// A directive up to the `>` outside of quotes and inner angle brackets. Comments in it become
    /// a blank each.
    fn directive(&mut self) -> Result<Token, ExecError> {
        let start = self.store.len();
        // The first byte has no meaning, whatever it is.
        let first = self.take()?;
        self.store.extend(&[first]);
        let mut quote = None;
        let mut depth = 0_usize;
        loop {
            let byte = self.take()?;
            match (quote, byte) {
                (None, b'>') if depth == 0 => return Ok(Token::Directive(self.store.since(start))),
                (None, b'>') => depth -= 1,
                (None, b'<') if self.input[self.at..].starts_with(b"!--") => {
                    self.at += b"!--".len();
                    let Some(len) = memchr::memmem::find(&self.input[self.at..], b"-->") else {
                        return Err(self.ends());
                    };
                    self.at += len + b"-->".len();
                    self.store.extend(b" ");
                    continue;
                }
                (None, b'<') => depth += 1,
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(end), _) if end == byte => quote = None,
                _ => {}
            }
            self.store.extend(&[byte]);
        }
    }

    /// Text up to what ends it. Line ends become `\n`, references what they stand for.
    fn text(&mut self, end: End) -> Result<Span, ExecError> {
        let start = self.store.len();
        let mut copied = self.at;
        // Up to here `]]` before a `>` does not count: a reference stood there.
        let mut plain = self.at;
        loop {
            let Some(byte) = self.peek() else {
                if end == End::Section {
                    return Err(self.ends());
                }
                self.store.extend(&self.input[copied..self.at]);
                break;
            };
            match (byte, end) {
                (b'<', End::Markup) => {
                    self.store.extend(&self.input[copied..self.at]);
                    break;
                }
                (b'<', End::Quote(_)) => {
                    return Err(self.error("`<` stands in the value of an attribute"));
                }
                (b'>', End::Markup | End::Section)
                    if self.at >= plain + 2 && &self.input[self.at - 2..self.at] == b"]]" =>
                {
                    if end == End::Markup {
                        return Err(self.error("`]]>` stands in text"));
                    }
                    self.store.extend(&self.input[copied..self.at - 2]);
                    self.at += 1;
                    break;
                }
                (_, End::Quote(quote)) if byte == quote => {
                    self.store.extend(&self.input[copied..self.at]);
                    self.at += 1;
                    break;
                }
                (b'\r', _) => {
                    self.store.extend(&self.input[copied..self.at]);
                    self.store.extend(b"\n");
                    self.at += 1;
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    copied = self.at;
                }
                (b'&', End::Markup | End::Quote(_)) => {
                    self.store.extend(&self.input[copied..self.at]);
                    self.at += 1;
                    self.reference()?;
                    (copied, plain) = (self.at, self.at);
                }
                _ => self.at += 1,
            }
        }
        let text = self.store.since(start);
        self.check_characters(text)?;
        Ok(text)
    }

    fn reference(&mut self) -> Result<(), ExecError> {
        let rest = &self.input[self.at..];
        let Some(len) = memchr::memchr(b';', rest) else {
            return Err(self.error("`&` begins no reference"));
        };
        let char = match &rest[..len] {
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"amp" => Some('&'),
            b"apos" => Some('\''),
            b"quot" => Some('"'),
            [b'#', b'x', digits @ ..] => character(digits, 16),
            [b'#', digits @ ..] => character(digits, 10),
            _ => None,
        };
        let Some(char) = char else {
            return Err(self.error("the reference is not known"));
        };
        self.at += len + 1;
        self.store.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn check_characters(&self, text: Span) -> Result<(), ExecError> {
        let bytes = self.store.bytes(text);
        let Ok(valid) = std::str::from_utf8(bytes) else {
            return Err(self.error("text is not valid UTF-8"));
        };
        let is_control = |&byte: &u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
        if bytes.iter().any(is_control) || valid.contains(['\u{fffe}', '\u{ffff}']) {
            return Err(self.error("text has a character that XML does not allow"));
        }
        Ok(())
    }
}

/// What ends text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// `<`, or the end of the document.
    Markup,
    /// A quote.
    Quote(u8),
    /// `]]>`
    Section,
}
