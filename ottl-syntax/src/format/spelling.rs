//! Where the words of a document come from: the source, or the tree.

use crate::lexer::{self, LexMode, Token, TokenKind};
use crate::names;
use crate::{Dialect, Limits};

use super::comments::{Comment, Gap};

/// A word of a tree, which is one token of a source.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'t> {
    /// A keyword, an operator or another sign.
    Sign(&'static str),
    /// Keywords with white space between them, which are one token.
    Phrase(&'static str),
    /// A name that is one piece.
    Name(&'t str),
    /// A name of a function or parameter, which may have pieces with white space between them.
    Pieces(&'t str),
    Int(i64),
    Float(f64),
    String(&'t [u8]),
    Bytes(&'t [u8]),
}

/// Spells words, which are asked for in the order of the source.
pub(crate) trait Spelling {
    /// Appends the next word, `word`, to `out`.
    fn spell(&mut self, word: Word<'_>, out: &mut String);

    /// Whether a comma is next.
    fn is_at_comma(&self) -> bool;

    /// Takes the next word without spelling it.
    fn skip(&mut self);

    /// Takes the comments before the next word that were not taken yet.
    fn comments(&mut self) -> Vec<Comment<'_>>;

    /// Whether there is a blank line before the next word: before its comments, and behind them.
    fn blanks(&self) -> [bool; 2];
}

/// Words as they are written in a source. A comment that stands where the layout has no place for
/// it waits for the next place.
#[derive(Debug)]
pub(crate) struct Written<'s, 't> {
    source: &'s str,
    /// Tokens that were not taken yet, names joined.
    tokens: std::slice::Iter<'t, Token>,
    /// Up to here the source was looked at.
    end: usize,
    waiting: Vec<Comment<'s>>,
}

impl<'s, 't> Written<'s, 't> {
    /// The words of `tokens`, the names of which are joined.
    pub(crate) fn new(source: &'s str, tokens: &'t [Token]) -> Self {
        Self {
            source,
            tokens: tokens.iter(),
            end: tokens.first().map_or(0, |token| token.span.start as usize),
            waiting: Vec::new(),
        }
    }

    /// The comments that found no place.
    pub(crate) fn finish(self) -> Vec<Comment<'s>> {
        debug_assert!(
            self.tokens.len() == 0,
            "tokens that no tree has: {:?}",
            self.tokens
        );
        self.waiting
    }

    /// Looks at the source up to the next token.
    fn approach(&mut self) {
        if let Some(token) = self.tokens.as_slice().first() {
            let start = token.span.start as usize;
            self.waiting
                .extend(Gap::of(&self.source[self.end..start]).comments);
            self.end = start;
        }
    }

    fn next(&mut self) -> &'s str {
        self.approach();
        let Some(token) = self.tokens.next() else {
            debug_assert!(false, "a tree that the tokens do not have");
            return "";
        };
        self.end = token.span.end as usize;
        &self.source[token.span.range()]
    }
}

impl Spelling for Written<'_, '_> {
    fn spell(&mut self, word: Word<'_>, out: &mut String) {
        let text = self.next();
        match word {
            Word::Sign(sign) => {
                debug_assert_eq!(sign, text);
                out.push_str(text);
            }
            Word::Phrase(phrase) => {
                self.waiting.extend(Gap::of(text).comments);
                out.push_str(phrase);
            }
            Word::Name(_) | Word::Pieces(_) => {
                self.waiting.extend(Gap::of(text).comments);
                name(text, out);
            }
            Word::Int(_) | Word::Float(_) | Word::String(_) | Word::Bytes(_) => out.push_str(text),
        }
    }

    fn is_at_comma(&self) -> bool {
        let next = self.tokens.as_slice().first();
        next.is_some_and(|token| token.kind == TokenKind::Comma)
    }

    fn skip(&mut self) {
        self.next();
    }

    fn comments(&mut self) -> Vec<Comment<'_>> {
        self.approach();
        std::mem::take(&mut self.waiting)
    }

    fn blanks(&self) -> [bool; 2] {
        let Some(token) = self.tokens.as_slice().first() else {
            return [false; 2];
        };
        let gap = Gap::of(&self.source[self.end..token.span.start as usize]);
        match gap.comments.first() {
            Some(comment) => [comment.is_behind_blank(), gap.has_blank_behind()],
            None => [gap.has_blank_behind(), false],
        }
    }
}

/// Writes a name without the white space and the comments between its pieces, unless it is this
/// white space that makes it a name: `n il()` calls a function that `nil()` does not.
fn name(text: &str, out: &mut String) {
    let is_whole = |text: &str| !text.contains(|c: char| c == '#' || c.is_ascii_whitespace());
    let joined = names::text(text);
    if is_whole(text) || is_name(&joined) {
        out.push_str(&joined);
        return;
    }
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    let pieces: Vec<&str> = lines.flat_map(str::split_ascii_whitespace).collect();
    out.push_str(&pieces.join(" "));
}

/// Words that begin something else where a statement may begin: a line that begins with `where` or
/// `else` goes on with the statement before, and one that begins with `when` is a block.
const LEADING: [&str; 3] = ["where", "else", "when"];

/// Whether the text is read as the pieces of a name wherever it stands.
fn is_name(text: &str) -> bool {
    let lexed = lexer::lex(text, LexMode::Single, Dialect::Strict, &Limits::default());
    !LEADING.contains(&text) && lexed.diagnostics.is_empty() && lexed.tokens.iter().all(is_piece)
}

fn is_piece(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Lower | TokenKind::Upper)
}

/// Writes a name of which no pieces are known so that it is read as the same name: with white space
/// in the keywords that it would otherwise have.
pub(crate) fn put_name(text: &str, out: &mut String) {
    if is_name(text) {
        out.push_str(text);
        return;
    }
    let lexed = lexer::lex(text, LexMode::Single, Dialect::Strict, &Limits::default());
    for token in &lexed.tokens {
        let piece = &text[token.span.range()];
        if is_piece(token) && !LEADING.contains(&piece) {
            out.push_str(piece);
        } else {
            out.extend([&piece[..1], " ", &piece[1..]]);
        }
    }
}
