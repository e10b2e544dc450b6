//! URLs as Go's `net/url` splits and writes them.
//!
//! It is more lenient than the standards of the web: schemes have no rules of their own, nothing is
//! normalised but the case of the scheme, and text that is not UTF-8 passes through. The only
//! parts whose syntax is checked are the host, the port and the user.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use memchr::{memchr, memchr_iter, memmem, memrchr};
use ottl_vm::{ExecError, TextBuilder};

use super::hex;

type Text<'a> = Cow<'a, [u8]>;

/// A URL taken apart. Texts are decoded unless their name says otherwise.
#[derive(Debug, Default)]
pub(crate) struct Url<'a> {
    pub(crate) scheme: Vec<u8>,
    pub(crate) user: Option<User<'a>>,
    /// With its port and, where it is an IPv6 address, brackets.
    pub(crate) host: Text<'a>,
    pub(crate) path: Text<'a>,
    pub(crate) encoded_query: &'a [u8],
    pub(crate) fragment: Text<'a>,
    /// What follows the scheme, where that does not begin with a slash.
    opaque: &'a [u8],
    encoded_path: &'a [u8],
    encoded_fragment: &'a [u8],
    has_no_host: bool,
    has_empty_query: bool,
}

/// The part before the `@`.
#[derive(Debug)]
pub(crate) struct User<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) password: Option<Text<'a>>,
}

/// The parts of a URL that allow different characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    User,
    Host,
    /// What follows the `%` in an IPv6 address.
    Zone,
    Path,
    /// A name or a value in a query, where `+` stands for a space.
    Query,
    Fragment,
}

impl Part {
    /// Whether a character stands for itself.
    #[inline]
    fn allows(self, byte: u8) -> bool {
        ALLOWED[usize::from(byte)] >> (self as u8) & 1 == 1
    }
}

/// The bit of characters that may stand in an encoded text although some part does not allow them.
const RESERVED: u8 = 7;

/// For each character the parts that allow it, one bit each, and [`RESERVED`].
const ALLOWED: &[u8; 256] = &allowed();

const fn allowed() -> [u8; 256] {
    let (user, host, zone) = (1, 2, 4);
    let (path, query, fragment) = (8, 16, 32);
    let (reserved, all) = (1 << RESERVED, user | host | zone | path | query | fragment);
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => all,
            b'$' | b'&' | b'+' | b',' | b';' | b'=' => all & !query | reserved,
            b':' => host | zone | path | fragment | reserved,
            b'/' => path | fragment,
            b'@' => path | fragment | reserved,
            b'?' => fragment,
            b'!' | b'(' | b')' | b'*' => host | zone | fragment | reserved,
            b'\'' | b'[' | b']' => host | zone | reserved,
            b'<' | b'>' | b'"' => host | zone,
            b'%' => reserved,
            _ => 0,
        };
        byte += 1;
    }
    table
}

#[cold]
fn invalid(what: &str) -> ExecError {
    ExecError::new(format!("The URL is not valid: {what}."))
}

impl<'a> Url<'a> {
    /// Takes a URL, absolute or relative, apart.
    ///
    /// # Errors
    /// When a part is not what it has to be.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, ExecError> {
        let (whole, fragment) = cut(text, b'#');
        let mut url = Self::without_fragment(whole)?;
        url.fragment = decode(fragment, Part::Fragment)?;
        url.encoded_fragment = fragment;
        Ok(url)
    }

    fn without_fragment(text: &'a [u8]) -> Result<Self, ExecError> {
        if text.iter().any(u8::is_ascii_control) {
            return Err(invalid("it has a control character"));
        }
        let (scheme, rest) = scheme(text)?;
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            ..Self::default()
        };
        let (mut rest, query) = cut(rest, b'?');
        url.has_empty_query = query.is_empty() && text.ends_with(b"?");
        url.encoded_query = query;
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest;
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err(invalid("the first part of a relative path has a colon"));
            }
        }
        if rest.starts_with(b"//") && !(scheme.is_empty() && rest.starts_with(b"///")) {
            let authority = &rest[2..];
            let end = memchr(b'/', authority).unwrap_or(authority.len());
            url.authority(&authority[..end])?;
            rest = &authority[end..];
        } else {
            url.has_no_host = !scheme.is_empty();
        }
        url.path = decode(rest, Part::Path)?;
        url.encoded_path = rest;
        Ok(url)
    }

    fn authority(&mut self, authority: &'a [u8]) -> Result<(), ExecError> {
        let Some(at) = memrchr(b'@', authority) else {
            self.host = host(&self.scheme, authority)?;
            return Ok(());
        };
        self.host = host(&self.scheme, &authority[at + 1..])?;
        let user = &authority[..at];
        let is_allowed =
            |&byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !user.iter().all(is_allowed) {
            return Err(invalid("the user has a character that must be encoded"));
        }
        let (name, password) = match memchr(b':', user) {
            Some(at) => (&user[..at], Some(&user[at + 1..])),
            None => (user, None),
        };
        self.user = Some(User {
            name: decode(name, Part::User)?,
            password: password.map(|text| decode(text, Part::User)).transpose()?,
        });
        Ok(())
    }

    /// The host and the port as text; an empty port is none.
    pub(crate) fn host_and_port(&self) -> (&[u8], &[u8]) {
        let host = self.host.as_ref();
        let (host, port) = match memrchr(b':', host) {
            Some(at) if is_port(&host[at..]) => (&host[..at], &host[at + 1..]),
            _ => (host, &[][..]),
        };
        let inner = host
            .strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"));
        (inner.unwrap_or(host), port)
    }

    /// Writes the URL, put together from its parts, into an empty text.
    ///
    /// # Errors
    /// When the text would be too long, or the run has to stop.
    pub(crate) fn write(&self, out: &mut TextBuilder) -> Result<(), ExecError> {
        if !self.scheme.is_empty() {
            out.push(&self.scheme)?;
            out.push(b":")?;
        }
        if self.opaque.is_empty() {
            self.write_authority(out)?;
            self.write_path(out)?;
        } else {
            out.push(self.opaque)?;
        }
        if self.has_empty_query || !self.encoded_query.is_empty() {
            out.push(b"?")?;
            out.push(self.encoded_query)?;
        }
        if !self.fragment.is_empty() {
            out.push(b"#")?;
            let written = self.encoded_fragment;
            write_encoded(&self.fragment, written, Part::Fragment, out)?;
        }
        Ok(())
    }

    fn write_authority(&self, out: &mut TextBuilder) -> Result<(), ExecError> {
        let has_host = !self.host.is_empty();
        let has_authority = has_host || self.user.is_some();
        if has_authority || !self.scheme.is_empty() && !self.has_no_host && !self.path.is_empty() {
            out.push(b"//")?;
        }
        if let Some(user) = &self.user {
            user.write(out)?;
            out.push(b"@")?;
        }
        encode(&self.host, Part::Host, out)
    }

    fn write_path(&self, out: &mut TextBuilder) -> Result<(), ExecError> {
        // Go writes this one path decoded.
        if self.encoded_path == b"%2A" {
            return out.push(b"*");
        }
        let is_first = out.is_empty();
        write_encoded(&self.path, self.encoded_path, Part::Path, out)?;
        // What is before a colon in a relative path would be taken for a scheme.
        if is_first && cut(out.bytes(), b'/').0.contains(&b':') {
            let len = out.len();
            out.push(b"./")?;
            let path = out.bytes_mut();
            path.copy_within(..len, 2);
            path[..2].copy_from_slice(b"./");
        }
        Ok(())
    }
}

impl User<'_> {
    /// Appends the name and the password, encoded.
    ///
    /// # Errors
    /// When the text would be too long, or the run has to stop.
    pub(crate) fn write(&self, out: &mut TextBuilder) -> Result<(), ExecError> {
        encode(&self.name, Part::User, out)?;
        if let Some(password) = &self.password {
            out.push(b":")?;
            encode(password, Part::User, out)?;
        }
        Ok(())
    }
}

/// The text before and behind the first `byte`; all of it, and nothing, if there is none.
pub(crate) fn cut(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    match memchr(byte, text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

/// The scheme, which may be empty, and what follows its colon.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), ExecError> {
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let end = text.iter().position(|&byte| !is_scheme(byte));
    match end {
        Some(0) if text[0] == b':' => Err(invalid("it begins with a colon")),
        Some(end) if text[end] == b':' && text[0].is_ascii_alphabetic() => {
            Ok((&text[..end], &text[end + 1..]))
        }
        _ => Ok((&[], text)),
    }
}

/// The decoded host with its port.
fn host<'a>(scheme: &[u8], text: &'a [u8]) -> Result<Text<'a>, ExecError> {
    match memrchr(b'[', text) {
        Some(0) => return address(text),
        Some(_) => return Err(invalid("the host has a bracket")),
        None => {}
    }
    let is_web = matches!(scheme, b"http" | b"https");
    let colon = match is_web {
        true => memchr(b':', text),
        false => memrchr(b':', text),
    };
    if colon.is_some_and(|at| !is_port(&text[at..])) {
        return Err(invalid("the port is no number"));
    }
    decode(text, Part::Host)
}

/// An IPv6 address in brackets, and its port.
fn address(text: &[u8]) -> Result<Text<'static>, ExecError> {
    let Some(end) = memrchr(b']', text) else {
        return Err(invalid("the host has a bracket that is not closed"));
    };
    let port = &text[end + 1..];
    if !port.is_empty() && !is_port(port) {
        return Err(invalid("the port is no number"));
    }
    let inner = &text[1..end];
    let zone = memmem::find(inner, b"%25").unwrap_or(inner.len());
    let mut decoded = decode(&inner[..zone], Part::Host)?.into_owned();
    decoded.extend_from_slice(&decode(&inner[zone..], Part::Zone)?);
    let (address, zone) = cut(&decoded, b'%');
    let is_address =
        std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    if !is_address || zone.is_empty() && decoded.contains(&b'%') {
        return Err(invalid("what is in brackets is no IPv6 address"));
    }
    Ok([b"[", decoded.as_slice(), b"]", port].concat().into())
}

/// Whether a text is a colon and digits, or a colon.
fn is_port(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b":");
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// A text with `%` and two hexadecimal digits replaced by the byte that they stand for.
///
/// # Errors
/// When something else follows a `%`, or a host has what must or must not be encoded.
pub(crate) fn decode(text: &[u8], part: Part) -> Result<Text<'_>, ExecError> {
    let is_host = matches!(part, Part::Host | Part::Zone);
    if is_host
        && text
            .iter()
            .any(|&byte| byte.is_ascii() && byte != b'%' && !part.allows(byte))
    {
        return Err(invalid("the host has a character that it must not have"));
    }
    if memchr(b'%', text).is_none() && !(part == Part::Query && text.contains(&b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut copied = 0;
    for at in memchr_iter(b'%', text) {
        // Behind a `%` that was decoded there are digits, and no other `%`.
        let Some(byte) = text[at + 1..]
            .first_chunk()
            .and_then(|&digits| hex::byte(digits))
        else {
            return Err(invalid("two hexadecimal digits must follow a `%`"));
        };
        let is_allowed = match part {
            Part::Host => !byte.is_ascii() || byte == b'%',
            Part::Zone => byte == b'%' || byte == b' ' || Part::Host.allows(byte),
            Part::User | Part::Path | Part::Query | Part::Fragment => true,
        };
        if !is_allowed {
            return Err(invalid(
                "the host has an encoded character that it must not have",
            ));
        }
        decoded.extend_from_slice(&text[copied..at]);
        // A `+` that was encoded is not one that stands for a space.
        if part == Part::Query {
            spaces(&mut decoded, at - copied);
        }
        decoded.push(byte);
        copied = at + 3;
    }
    decoded.extend_from_slice(&text[copied..]);
    if part == Part::Query {
        spaces(&mut decoded, text.len() - copied);
    }
    Ok(Cow::Owned(decoded))
}

/// Replaces `+` in the last `count` bytes by spaces.
fn spaces(text: &mut [u8], count: usize) {
    let start = text.len() - count;
    for byte in &mut text[start..] {
        if *byte == b'+' {
            *byte = b' ';
        }
    }
}

/// Appends a text with what the part does not allow encoded.
fn encode(text: &[u8], part: Part, out: &mut TextBuilder) -> Result<(), ExecError> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

    if text.iter().all(|&byte| part.allows(byte)) {
        return out.push(text);
    }
    for run in text.chunk_by(|&left, &right| part.allows(left) && part.allows(right)) {
        match *run {
            [byte] if !part.allows(byte) => {
                let high = DIGITS[usize::from(byte >> 4)];
                out.push(&[b'%', high, DIGITS[usize::from(byte & 15)]])?;
            }
            _ => out.push(run)?,
        }
    }
    Ok(())
}

/// Appends a text as it was written, or encoded where that was not encoded as it should be.
fn write_encoded(
    text: &[u8],
    written: &[u8],
    part: Part,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    if is_encoding(written, part) {
        out.push(written)
    } else {
        encode(text, part, out)
    }
}

/// Whether a text has only characters that may stand in an encoded one.
fn is_encoding(text: &[u8], part: Part) -> bool {
    let mut bytes = text.iter();
    bytes.all(|&byte| part.allows(byte) || ALLOWED[usize::from(byte)] >> RESERVED == 1)
}
