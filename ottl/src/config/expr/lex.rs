//! The tokens of an expression.

use ottl_syntax::{Code, Diagnostic, Span};

use super::Failed;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Int(i64),
    Float(f64),
    /// An operator, a bracket, or a word that is an operator.
    Sign(&'static str),
    /// A literal of bytes.
    Bytes,
    End,
}

/// Signs, longer ones first.
const SIGNS: [&str; 35] = [
    "&&", "||", "==", "!=", "<=", ">=", "**", "??", "?.", "..", "::", "(", ")", "[", "]", "{", "}",
    ",", ";", "%", "+", "-", "^", "&", "!", "=", "*", "<", ">", "?", "|", ":", "#", "/", ".",
];
/// Words that are operators.
const WORDS: [&str; 11] = [
    "not",
    "in",
    "or",
    "and",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
    "let",
    "if",
    "else",
];

pub(super) fn tokens(source: &str) -> Result<Vec<(Token, Span)>, Failed> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip()?;
        let start = lexer.at;
        let token = lexer.token()?;
        if token == Token::End {
            // The end is behind the last token, not behind the line end of a folded text.
            let end = tokens
                .last()
                .map_or(0, |(_, span): &(Token, Span)| span.end as usize);
            tokens.push((token, Span::new(end, end)));
            return Ok(tokens);
        }
        tokens.push((token, Span::new(start, lexer.at)));
    }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

fn is_word(c: char) -> bool {
    c == '_' || c == '$' || c.is_alphabetic() || c.is_numeric()
}

fn error(code: Code, span: Span, message: impl Into<String>) -> Failed {
    Box::new(Diagnostic::error(code, span, message))
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn accept(&mut self, accepted: &str) -> bool {
        let is_there = self.peek().is_some_and(|c| accepted.contains(c));
        if is_there {
            self.at += 1;
        }
        is_there
    }

    fn accept_run(&mut self, accepted: &str) {
        while self.accept(accepted) {}
    }

    /// Skips blanks and comments.
    fn skip(&mut self) -> Result<(), Failed> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            if blank > 0 {
                self.at += blank;
            } else if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let Some(end) = comment.find("*/") else {
                    let span = Span::new(self.at, self.source.len());
                    return Err(error(
                        Code::UnexpectedEnd,
                        span,
                        "The comment does not end.",
                    ));
                };
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Failed> {
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        let mut following = self.rest().chars().skip(1);
        let second = following.next();
        match first {
            '\'' | '"' => self.text(first).map(Token::Text),
            '`' => self.raw().map(Token::Text),
            'b' | 'B' if matches!(second, Some('\'' | '"')) => {
                self.at += 1;
                self.text(second.unwrap_or('"')).map(|_| Token::Bytes)
            }
            '0'..='9' => self.number(),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => self.number(),
            c if is_word(c) => {
                let rest = self.rest();
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = rest[..end].to_owned();
                self.at += end;
                let sign = WORDS.iter().find(|known| **known == word);
                Ok(sign.map_or(Token::Name(word), |sign| Token::Sign(sign)))
            }
            c => {
                let sign = SIGNS.iter().find(|sign| self.rest().starts_with(**sign));
                let Some(sign) = sign else {
                    let span = Span::new(start, start + c.len_utf8());
                    let message = format!(
                        "No part of an expression begins with `{}`.",
                        c.escape_debug()
                    );
                    return Err(error(Code::InvalidToken, span, message));
                };
                self.at += sign.len();
                Ok(Token::Sign(sign))
            }
        }
    }

    /// A number as it stands, then its value.
    fn number(&mut self) -> Result<Token, Failed> {
        let start = self.at;
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        // Two points are an operator.
        if !self.rest().starts_with("..") && self.accept(".") {
            self.accept_run(digits);
        }
        if !self.rest().starts_with("..") && self.accept("eE") {
            self.accept("+-");
            self.accept_run(digits);
        }
        while self.peek().is_some_and(is_word) {
            self.next();
        }
        let span = Span::new(start, self.at);
        value(&self.source[start..self.at])
            .ok_or_else(|| error(Code::InvalidNumber, span, "This is no number."))
    }

    /// A text in quotes.
    fn text(&mut self, quote: char) -> Result<String, Failed> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.next() {
                None | Some('\n') => {
                    let span = Span::new(start, at);
                    return Err(error(Code::InvalidString, span, "The text has no end."));
                }
                Some(c) if c == quote => return Ok(text),
                Some('\\') => match self.escape(quote) {
                    Some(c) => text.push(c),
                    None => return Err(invalid_escape(Span::new(at, self.at))),
                },
                Some('\r') => text.push('\n'),
                Some(c) => text.push(c),
            }
        }
    }

    /// What an escape stands for, with the backslash behind.
    fn escape(&mut self, quote: char) -> Option<char> {
        let c = self.next()?;
        Some(match c {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' => '\\',
            c if c == quote => quote,
            'x' => self.digits(16, 2)?,
            'u' if self.accept("{") => {
                let end = self.rest().find('}').filter(|end| (1..=6).contains(end))?;
                let c = self.digits(16, end)?;
                self.at += 1;
                c
            }
            'u' => self.digits(16, 4)?,
            'U' => self.digits(16, 8)?,
            '0'..='3' => {
                self.at -= 1;
                self.digits(8, 3)?
            }
            _ => return None,
        })
    }

    /// The character whose number stands in so many digits; half a pair stands for none.
    fn digits(&mut self, radix: u32, count: usize) -> Option<char> {
        let digits = self.rest().get(..count)?;
        let all = digits.chars().all(|c| c.is_digit(radix));
        let number = all.then(|| u32::from_str_radix(digits, radix).ok())??;
        self.at += count;
        match number {
            0xd800..=0xdfff => Some(char::REPLACEMENT_CHARACTER),
            number => char::from_u32(number),
        }
    }

    /// A text in backquotes, where two stand for one.
    fn raw(&mut self) -> Result<String, Failed> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next() {
                None => {
                    let span = Span::new(start, self.at);
                    return Err(error(Code::InvalidString, span, "The text has no end."));
                }
                Some('`') if self.accept("`") => text.push('`'),
                Some('`') => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }
}

fn invalid_escape(span: Span) -> Failed {
    let note =
        "Write `\\\\` for a backslash, or the text in backquotes, where there are no escapes.";
    let message = "There is no such escape in a text.";
    Box::new(Diagnostic::error(Code::InvalidString, span, message).with_note(note))
}

/// The value of a number.
fn value(digits: &str) -> Option<Token> {
    let digits = digits.replace('_', "").to_ascii_lowercase();
    let whole = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(Token::Int);
    if let Some(hex) = digits.strip_prefix("0x") {
        return whole(hex, 16);
    }
    if digits.contains(['.', 'e']) {
        let value = digits.parse::<f64>().ok()?;
        return value.is_finite().then_some(Token::Float(value));
    }
    match digits.get(..2) {
        Some("0b") => whole(&digits[2..], 2),
        Some("0o") => whole(&digits[2..], 8),
        _ => whole(&digits, 10),
    }
}
