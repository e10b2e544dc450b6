//! Source text to tokens.
//!
//! The tokens are the reference's: a maximal run such as `IsMatch` is several *pieces*, `I`, `s`,
//! `M`, `atch`, because the reference's own lexer splits it there and its grammar puts the pieces
//! together again, white space or not. Reproducing that split is the only way to agree with it on
//! `1 == 1and true` (accepted) and `span.fooBar` (rejected); the parser joins the pieces.
//!
//! Every byte of the source is covered by a token, by white space, by a comment or by a
//! diagnostic. Lexing never fails: what is wrong becomes a [`TokenKind::Error`] or a token whose
//! value is a guess, and always a diagnostic.

use logos::Logos;

use crate::diagnostic::Sink;
use crate::literal;
use crate::{Code, Diagnostic, Dialect, Limits, Span};

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// The class of a token. Its value is read from the source with its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `nil`
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// `not`
    Not,
    /// `and`
    And,
    /// `or`
    Or,
    /// `where`, only where a clause may begin. Elsewhere it is a [`Lower`](Self::Lower).
    Where,
    /// `in` before a list, in the `selfops` dialect. Never straight from the lexer, as the next ones.
    In,
    /// `not in` before a list, in the `selfops` dialect.
    NotIn,
    /// `else` behind a statement, in the `selfops` dialect.
    Else,
    /// `on error MODE` at the end of a statement, in the `selfops` dialect.
    OnError,
    /// A piece, or a whole name, of lowercase letters, digits and underscores.
    Lower,
    /// A piece, or a whole name, of uppercase letters, digits and underscores.
    Upper,
    /// A name of several pieces that starts with a lowercase letter. Never straight from the lexer.
    MixedLower,
    /// A name of several pieces that starts with an uppercase letter. Never straight from the lexer.
    MixedUpper,
    /// A lone `_`
    Underscore,
    /// Decimal digits, or octal ones behind a leading zero.
    Int,
    /// Digits with a point.
    Float,
    /// A string, quotes included.
    String,
    /// `0x` and hexadecimal digits.
    Bytes,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `=`
    Assign,
    /// `=>`
    Arrow,
    /// `(`
    LParen,
    /// `)`
    RParen,
    /// `{`
    LBrace,
    /// `}`
    RBrace,
    /// `[`
    LBracket,
    /// `]`
    RBracket,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// Something that is no token and has a diagnostic already.
    Error,
}

impl TokenKind {
    /// The bracket that closes this one, if it opens one.
    pub(crate) fn closer(self) -> Option<Self> {
        match self {
            Self::LParen => Some(Self::RParen),
            Self::LBracket => Some(Self::RBracket),
            Self::LBrace => Some(Self::RBrace),
            _ => None,
        }
    }

    pub(crate) fn opens(self) -> bool {
        self.closer().is_some()
    }

    pub(crate) fn closes(self) -> bool {
        matches!(self, Self::RParen | Self::RBracket | Self::RBrace)
    }

    /// Whether it is a name or a piece of one.
    pub(crate) fn is_name(self) -> bool {
        matches!(
            self,
            Self::Lower | Self::Upper | Self::MixedLower | Self::MixedUpper
        )
    }

    /// Whether an operand can end with the token.
    #[must_use]
    pub fn ends_operand(self) -> bool {
        self.closes()
            || matches!(
                self,
                Self::Nil
                    | Self::True
                    | Self::False
                    | Self::Lower
                    | Self::Upper
                    | Self::Int
                    | Self::Float
                    | Self::String
                    | Self::Bytes
            )
    }
}

/// What kind of text is lexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexMode {
    /// One statement, condition or value: no comments, and only a quote ends a string.
    Single,
    /// A file of statements: `#` starts a comment, and a string without an end does not hide the
    /// statements behind it.
    Script,
}

/// The result of lexing.
#[derive(Clone, Debug, PartialEq)]
pub struct Lexed {
    /// The tokens in source order.
    pub tokens: Vec<Token>,
    /// What was wrong, in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits `source` into tokens.
#[must_use]
pub fn lex(source: &str, mode: LexMode, dialect: Dialect, limits: &Limits) -> Lexed {
    let mut sink = Sink::new(limits.max_diagnostics);
    let tokens = lex_into(source, mode, dialect, &mut sink);
    Lexed {
        tokens,
        diagnostics: sink.finish(),
    }
}

pub(crate) fn lex_into(
    source: &str,
    mode: LexMode,
    dialect: Dialect,
    sink: &mut Sink,
) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        mode,
        dialect,
        raw: Raw::lexer(source),
        tokens: Vec::with_capacity(source.len() / BYTES_PER_TOKEN + 1),
        sink,
        strings_end_with_line: 0,
    };
    lexer.run();
    lexer.tokens
}

/// How long a token and the white space behind it are at least in most sources.
const BYTES_PER_TOKEN: usize = 3;

#[derive(Logos, Clone, Copy, Debug, PartialEq)]
#[logos(skip r"[\t\n\x0C\r ]+")]
enum Raw {
    #[regex("0x[a-fA-F0-9]+")]
    Bytes,
    #[regex(r"([0-9]+\.[0-9]*|[0-9]*\.[0-9]+)([eE][-+]?[0-9]+)?")]
    Float,
    #[regex("[0-9]+")]
    Int,
    #[token("\"")]
    DoubleQuote,
    #[token("'")]
    SingleQuote,
    #[token("`")]
    Backquote,
    #[token("#")]
    Hash,
    #[token("nil")]
    Nil,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("not")]
    Not,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[regex("[a-z][a-z0-9_]*")]
    Lower,
    #[regex("[A-Z][A-Z0-9_]*")]
    Upper,
    #[regex("_[a-zA-Z0-9_]*")]
    Underscores,
    #[token("==")]
    Eq,
    #[token("!=")]
    Ne,
    #[token("<")]
    Lt,
    #[token("<=")]
    Le,
    #[token(">")]
    Gt,
    #[token(">=")]
    Ge,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("=")]
    Assign,
    #[token("=>")]
    Arrow,
    #[token("(")]
    LParen,
    #[token(")")]
    RParen,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token("[")]
    LBracket,
    #[token("]")]
    RBracket,
    #[token(":")]
    Colon,
    #[token(",")]
    Comma,
    #[token(".")]
    Dot,
}

struct Lexer<'s, 'd> {
    source: &'s str,
    mode: LexMode,
    dialect: Dialect,
    raw: logos::Lexer<'s, Raw>,
    tokens: Vec<Token>,
    sink: &'d mut Sink,
    /// Up to this offset the end of a string was searched in vain. Until there strings end with
    /// their line, since searching again from every quote would take quadratic time.
    strings_end_with_line: usize,
}

impl Lexer<'_, '_> {
    fn run(&mut self) {
        while let Some(raw) = self.raw.next() {
            let span = self.span();
            match raw {
                Ok(Raw::DoubleQuote) => self.string(b'"'),
                Ok(Raw::SingleQuote) => self.single_quoted(),
                Ok(Raw::Backquote) if self.dialect == Dialect::Selfops => self.raw_string(),
                Ok(Raw::Backquote) => self.backquote(span),
                Ok(Raw::Hash) if self.mode == LexMode::Script => self.comment(),
                Ok(Raw::Hash) => self.invalid(span),
                Ok(Raw::Int) => self.int(span),
                Ok(Raw::Float) => self.float(span),
                Ok(Raw::Bytes) => self.bytes(span),
                Ok(Raw::Underscores) => self.underscores(span),
                Ok(raw) => {
                    let kind = self.simple(raw, span);
                    self.push(kind, span);
                }
                Err(()) => self.invalid(span),
            }
        }
    }

    fn span(&self) -> Span {
        let range = self.raw.span();
        Span::new(range.start, range.end)
    }

    fn text(&self, span: Span) -> &str {
        &self.source[span.range()]
    }

    fn push(&mut self, kind: TokenKind, span: Span) {
        self.tokens.push(Token { kind, span });
    }

    fn simple(&self, raw: Raw, span: Span) -> TokenKind {
        match raw {
            Raw::Nil | Raw::True | Raw::False | Raw::Not | Raw::And | Raw::Or => {
                self.keyword(raw, span)
            }
            Raw::Upper => TokenKind::Upper,
            Raw::Eq => TokenKind::Eq,
            Raw::Ne => TokenKind::Ne,
            Raw::Lt => TokenKind::Lt,
            Raw::Le => TokenKind::Le,
            Raw::Gt => TokenKind::Gt,
            Raw::Ge => TokenKind::Ge,
            Raw::Plus => TokenKind::Plus,
            Raw::Minus => TokenKind::Minus,
            Raw::Star => TokenKind::Star,
            Raw::Slash => TokenKind::Slash,
            Raw::Assign => TokenKind::Assign,
            Raw::Arrow => TokenKind::Arrow,
            Raw::LParen => TokenKind::LParen,
            Raw::RParen => TokenKind::RParen,
            Raw::LBrace => TokenKind::LBrace,
            Raw::RBrace => TokenKind::RBrace,
            Raw::LBracket => TokenKind::LBracket,
            Raw::RBracket => TokenKind::RBracket,
            Raw::Colon => TokenKind::Colon,
            Raw::Comma => TokenKind::Comma,
            Raw::Dot => TokenKind::Dot,
            // Only the first of these comes here.
            Raw::Lower
            | Raw::Bytes
            | Raw::Float
            | Raw::Int
            | Raw::DoubleQuote
            | Raw::SingleQuote
            | Raw::Backquote
            | Raw::Hash
            | Raw::Underscores => TokenKind::Lower,
        }
    }

    /// A keyword directly before an uppercase letter is the first piece of a longer name.
    fn keyword(&self, raw: Raw, span: Span) -> TokenKind {
        let next = self.source.as_bytes().get(span.end as usize);
        if next.is_some_and(u8::is_ascii_uppercase) {
            return TokenKind::Lower;
        }
        match raw {
            Raw::Nil => TokenKind::Nil,
            Raw::True => TokenKind::True,
            Raw::False => TokenKind::False,
            Raw::Not => TokenKind::Not,
            Raw::And => TokenKind::And,
            _ => TokenKind::Or,
        }
    }

    fn comment(&mut self) {
        let rest = self.raw.remainder();
        let length = rest.find('\n').unwrap_or(rest.len());
        self.raw.bump(length);
    }

    fn underscores(&mut self, span: Span) {
        if self.text(span) == "_" {
            self.push(TokenKind::Underscore, span);
            return;
        }
        let name = self.text(span).to_owned();
        self.sink.push(
            Diagnostic::error(
                Code::InvalidToken,
                span,
                format!("`{}` is not a name.", shorten(&name)),
            )
            .with_note(
                "A name starts with a letter. A lone `_` is a lambda parameter that is not used.",
            ),
        );
        self.push(TokenKind::Error, span);
    }

    fn int(&mut self, span: Span) {
        if let Err(error) = literal::int(self.text(span)) {
            let diagnostic = error.diagnostic(span, self.text(span));
            self.sink.push(diagnostic);
        }
        self.push(TokenKind::Int, span);
    }

    fn float(&mut self, span: Span) {
        if literal::float(self.text(span)).is_none() {
            self.sink.push(
                Diagnostic::error(
                    Code::InvalidNumber,
                    span,
                    "This number does not fit a 64-bit floating point number.",
                )
                .with_note("The largest number is about 1.797e308."),
            );
        }
        self.push(TokenKind::Float, span);
    }

    fn bytes(&mut self, span: Span) {
        if !(span.end - span.start).is_multiple_of(2) {
            let text = self.text(span);
            let padded = format!("0x0{}", &text[2..]);
            let diagnostic = Diagnostic::error(
                Code::InvalidBytes,
                span,
                "A byte literal needs an even number of hexadecimal digits.",
            )
            .with_label(format!("{} digits", text.len() - 2))
            .with_fix(span, "write two digits for each byte", padded);
            self.sink.push(diagnostic);
        }
        self.push(TokenKind::Bytes, span);
    }

    fn single_quoted(&mut self) {
        let start = self.raw.span().start;
        self.string(b'\'');
        if self.dialect == Dialect::Selfops {
            return;
        }
        let span = Span::new(start, self.raw.span().end);
        let mut diagnostic = Diagnostic::error(
            Code::NeedsSelfops,
            span,
            "Single quotes do not make a string in the strict dialect.",
        )
        .with_note("`--dialect selfops` switches single-quoted strings on.");
        if let Some(body) = self.text(span).strip_prefix('\'') {
            let body = body.strip_suffix('\'').unwrap_or(body);
            if !body.contains(['"', '\\', '\'']) {
                let replacement = format!("\"{body}\"");
                diagnostic = diagnostic.with_fix(span, "use double quotes", replacement);
            }
        }
        self.sink.push(diagnostic);
    }

    fn backquote(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::error(Code::InvalidToken, span, "A backquote starts no token.")
                .with_note("Strings are written in double quotes; `--dialect selfops` switches strings without escapes in backquotes on."),
        );
        self.push(TokenKind::Error, span);
    }

    /// A string in which everything up to the next backquote stands for itself.
    fn raw_string(&mut self) {
        let start = self.raw.span().start;
        let rest = self.raw.remainder();
        let is_hopeless = start < self.strings_end_with_line;
        match rest.find('`').filter(|_| !is_hopeless) {
            Some(length) => {
                self.raw.bump(length + 1);
                let span = Span::new(start, self.raw.span().end);
                self.push(TokenKind::String, span);
            }
            None => {
                self.strings_end_with_line = self.source.len();
                self.raw.bump(first_line(rest));
                let opening = Span::new(start, start + 1);
                self.sink.push(
                    Diagnostic::error(Code::InvalidString, opening, "This string has no end.")
                        .with_label("starts here")
                        .with_note("Close it with a backquote; one inside needs a string in double quotes."),
                );
                let span = Span::new(start, self.raw.span().end);
                self.push(TokenKind::Error, span);
            }
        }
    }

    fn string(&mut self, quote: u8) {
        let start = self.raw.span().start;
        let rest = self.raw.remainder();
        let (length, closed) = self.find_end(start + 1, rest, quote);
        self.raw.bump(length);
        let span = Span::new(start, self.raw.span().end);
        let body_end = if closed { span.end - 1 } else { span.end };
        let body = Span::new(start + 1, body_end as usize);
        if closed {
            for error in literal::escape_errors(self.text(body), quote) {
                let diagnostic = error.diagnostic(body.start as usize);
                self.sink.push(diagnostic);
            }
        } else {
            let opening = Span::new(start, start + 1);
            self.sink.push(
                Diagnostic::error(Code::InvalidString, opening, "This string has no end.")
                    .with_label("starts here")
                    .with_note(format!(
                        "Close it with {}; a quote inside is written with a backslash before it.",
                        if quote == b'"' { "`\"`" } else { "`'`" }
                    )),
            );
        }
        let kind = if closed {
            TokenKind::String
        } else {
            TokenKind::Error
        };
        self.push(kind, span);
    }

    /// How many bytes of `rest`, the source from `start` on, belong to the string, its closing quote
    /// included, and whether there is a closing quote.
    fn find_end(&mut self, start: usize, rest: &str, quote: u8) -> (usize, bool) {
        let bytes = rest.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 2,
                b if b == quote => return (at + 1, true),
                b'\n' if start + at < self.strings_end_with_line => return (at, false),
                b'\n' if self.mode == LexMode::Script && starts_statement(&bytes[at + 1..]) => {
                    break;
                }
                _ => at += 1,
            }
        }
        if self.mode == LexMode::Single {
            return (rest.len(), false);
        }
        self.strings_end_with_line = start + at;
        (first_line(rest), false)
    }

    fn invalid(&mut self, span: Span) {
        if let Some(last) = self.tokens.last_mut()
            && last.kind == TokenKind::Error
            && last.span.end == span.start
            && self.sink.widen_last(Code::InvalidToken, last.span, span)
        {
            last.span = last.span.to(span);
            return;
        }
        let diagnostic = invalid_token(self.source, self.mode, span);
        self.sink.push(diagnostic);
        self.push(TokenKind::Error, span);
    }
}

fn first_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Whether a line begins like a statement: a name that starts in lowercase and `(`.
fn starts_statement(line: &[u8]) -> bool {
    let name = line
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .count();
    let gap = line[name..].iter().take_while(|b| **b == b' ').count();
    line.first().is_some_and(u8::is_ascii_lowercase) && line.get(name + gap) == Some(&b'(')
}

fn invalid_token(source: &str, mode: LexMode, span: Span) -> Diagnostic {
    let start = span.start as usize;
    let rest = &source[start..];
    let error = |span, message: String| Diagnostic::error(Code::InvalidToken, span, message);
    for (wrong, right) in [
        ("&&", "and"),
        ("||", "or"),
        ("&", "and"),
        ("|", "or"),
        ("!", "not"),
    ] {
        if rest.starts_with(wrong) {
            let whole = Span::new(start, start + wrong.len());
            let padded = match right {
                "not" => "not ".to_owned(),
                word => word.to_owned(),
            };
            return error(span, format!("`{wrong}` is not an operator.")).with_fix(
                whole,
                format!("write `{right}`"),
                padded,
            );
        }
    }
    let character = source[span.range()].chars().next().unwrap_or('\u{fffd}');
    match character {
        '%' => error(span, "`%` is not an operator.".to_owned())
            .with_note("The arithmetic operators are `+`, `-`, `*` and `/`."),
        '#' if mode == LexMode::Single => error(span, "`#` starts no token.".to_owned())
            .with_note("Comments are possible only in script files."),
        '\u{201c}' | '\u{201d}' | '\u{201e}' => error(
            span,
            format!("`{character}` is not a quote that starts a string."),
        )
        .with_fix(span, "use a straight double quote", "\""),
        c if c.is_whitespace() || c.is_control() || is_invisible(c) => error(
            span,
            format!("The character U+{:04X} cannot stand here.", u32::from(c)),
        )
        .with_note("Tokens are separated by spaces, tabs and line ends only."),
        c => error(span, format!("`{c}` starts no token.")),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}…")
}
