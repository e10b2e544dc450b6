//! The tokens of an expression.

use ottl_vm::go;

use crate::support::chars;
use crate::support::xml::{begins_name, continues_name};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Comma,
    Slash,
    SlashSlash,
    At,
    Dot,
    DotDot,
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    Star,
    Plus,
    Minus,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Not,
    Dollar,
    Union,
    /// A name; see [`Lexer::name`].
    Name,
    /// The name of an axis with the colons behind it.
    Axis,
    /// A text in quotes; see [`Lexer::string`].
    String,
    /// A number; see [`Lexer::number`].
    Number,
    End,
}

/// Reads an expression token by token.
///
/// The name, text and number of a token stay when the next token has none, which the parser relies
/// on where the reference does.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    /// Where the character after `current` is.
    at: usize,
    /// NUL at the end.
    current: char,
    current_len: usize,
    pub(super) kind: Kind,
    pub(super) name: &'a [u8],
    pub(super) prefix: &'a [u8],
    pub(super) string: &'a [u8],
    pub(super) number: f64,
    /// Whether a `(` follows a name.
    pub(super) is_call: bool,
}

impl<'a> Lexer<'a> {
    /// Reads up to the first token.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(text: &'a [u8]) -> Result<Self, String> {
        let mut lexer = Self {
            text,
            at: 0,
            current: '\0',
            current_len: 0,
            kind: Kind::End,
            name: b"",
            prefix: b"",
            string: b"",
            number: 0.0,
            is_call: false,
        };
        lexer.step();
        lexer.next()?;
        Ok(lexer)
    }

    /// Goes on to the next character, and tells whether there is one.
    fn step(&mut self) -> bool {
        let next = chars::first(&self.text[self.at..]);
        (self.current, self.current_len) = next.unwrap_or(('\0', 0));
        self.at += next.map_or(0, |(_, len)| len);
        next.is_some()
    }

    fn skip_blanks(&mut self) {
        while self.current.is_whitespace() && self.step() {}
    }

    fn error(&self, what: &str) -> String {
        let at = self.at - self.current_len;
        format!("{what} at byte {at}")
    }

    /// Goes on to the next token.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn next(&mut self) -> Result<(), String> {
        self.skip_blanks();
        let kind = match self.current {
            '\0' => {
                self.kind = Kind::End;
                return Ok(());
            }
            ',' => Kind::Comma,
            '@' => Kind::At,
            '(' => Kind::ParenOpen,
            ')' => Kind::ParenClose,
            '|' => Kind::Union,
            '*' => Kind::Star,
            '[' => Kind::BracketOpen,
            ']' => Kind::BracketClose,
            '+' => Kind::Plus,
            '-' => Kind::Minus,
            '=' => Kind::Equal,
            '$' => Kind::Dollar,
            '<' => return self.one_or_two('=', Kind::Less, Kind::LessOrEqual),
            '>' => return self.one_or_two('=', Kind::Greater, Kind::GreaterOrEqual),
            '!' => return self.one_or_two('=', Kind::Not, Kind::NotEqual),
            '/' => return self.one_or_two('/', Kind::Slash, Kind::SlashSlash),
            '.' => return self.dot(),
            '"' | '\'' => return self.quoted(),
            char if char.is_ascii_digit() => return self.decimal(self.at - 1),
            // Digits of other scripts begin a number that is none.
            char if is_name_char(char) && (begins_name(char) || !char.is_numeric()) => {
                return self.word();
            }
            _ => return Err(self.error("there is no token")),
        };
        self.kind = kind;
        self.step();
        Ok(())
    }

    fn one_or_two(&mut self, second: char, one: Kind, two: Kind) -> Result<(), String> {
        self.step();
        self.kind = one;
        if self.current == second {
            self.kind = two;
            self.step();
        }
        Ok(())
    }

    fn dot(&mut self) -> Result<(), String> {
        let start = self.at - 1;
        self.step();
        if self.current.is_ascii_digit() {
            return self.decimal(start);
        }
        self.kind = Kind::Dot;
        if self.current == '.' {
            self.kind = Kind::DotDot;
            self.step();
        }
        Ok(())
    }

    /// A number whose first byte is at `start`.
    fn decimal(&mut self, start: usize) -> Result<(), String> {
        self.kind = Kind::Number;
        while self.current.is_ascii_digit() {
            self.step();
        }
        if self.current == '.' && self.text[start] != b'.' {
            self.step();
            while self.current.is_ascii_digit() {
                self.step();
            }
        }
        let number = &self.text[start..self.at - self.current_len];
        self.number = go::parse_float(number).map_err(|_| self.error("the number is too large"))?;
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), String> {
        let quote = self.current;
        let rest = &self.text[self.at..];
        let Some(len) = rest.iter().position(|&byte| char::from(byte) == quote) else {
            return Err(self.error("a quote is not closed"));
        };
        self.kind = Kind::String;
        self.string = &rest[..len];
        self.at += len + 1;
        self.step();
        Ok(())
    }

    /// A name, with or without prefix, or an axis.
    fn word(&mut self) -> Result<(), String> {
        self.kind = Kind::Name;
        self.name = self.plain_name();
        self.prefix = b"";
        if self.current == ':' {
            self.step();
            match self.current {
                ':' => {
                    self.step();
                    self.kind = Kind::Axis;
                }
                '*' => {
                    self.prefix = self.name;
                    self.step();
                    self.name = b"*";
                }
                char if is_name_char(char) => {
                    self.prefix = self.name;
                    self.name = self.plain_name();
                }
                _ => return Err(self.error("a name is expected behind `:`")),
            }
        } else {
            self.skip_blanks();
            if self.current == ':' {
                self.step();
                if self.current != ':' {
                    return Err(self.error("`:` stands alone"));
                }
                self.step();
                self.kind = Kind::Axis;
            }
        }
        self.skip_blanks();
        self.is_call = self.current == '(';
        Ok(())
    }

    fn plain_name(&mut self) -> &'a [u8] {
        let start = self.at - self.current_len;
        while is_name_char(self.current) {
            if !self.step() {
                return &self.text[start..];
            }
        }
        // The reference takes the beginning of a longer character behind the name for a part of it.
        &self.text[start..self.at - 1]
    }
}

/// Whether a character is part of a name without prefix. The reference does not care which comes
/// first.
fn is_name_char(char: char) -> bool {
    char != ':' && continues_name(char)
}
