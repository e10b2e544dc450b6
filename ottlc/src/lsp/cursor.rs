//! What a writer is in the midst of, told from the tokens before the cursor.
//!
//! What is being written can seldom be parsed, so that nothing here needs a tree: brackets are
//! followed from the beginning of the statement, and the last token says what may come next.

use ottl::Dialect;
use ottl_syntax::lexer::{LexMode, Token, TokenKind};
use ottl_syntax::{Limits, open_statement};

use TokenKind as T;

/// How many tokens before an arrow are looked at for its parameters.
const MAX_PARAMETERS: usize = 16;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A file of statements.
    Script,
    /// One statement.
    Statement,
    /// One condition.
    Condition,
}

impl Mode {
    pub(super) fn lexing(self) -> LexMode {
        match self {
            Self::Script => LexMode::Script,
            Self::Statement | Self::Condition => LexMode::Single,
        }
    }
}

/// What may stand where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nothing that can be proposed.
    Nothing,
    /// The head of a statement.
    Statement,
    /// A value, and whether a condition will do as well.
    Operand { condition: bool },
    /// What joins an operand to something else: `where` behind an editor, `and` in a condition, and
    /// whether a statement may end here, so that the `selfops` dialect allows more words.
    Operator { clause: bool, condition: bool },
    /// A segment of a path behind these ones.
    Segment(Vec<String>),
    /// A key of attributes, and whether its quote was written.
    Key { quoted: bool },
}

/// The call whose arguments the cursor is among.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// Which argument, from 0.
    pub(super) argument: usize,
    /// The name of the parameter, where one was written.
    pub(super) named: Option<String>,
    /// Whether nothing of the argument was written before the word at the cursor.
    pub(super) begins: bool,
}

/// A place in a source that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Where the word begins that the cursor is in or behind.
    pub(super) start: usize,
    pub(super) expected: Expected,
    /// The innermost call around it.
    pub(super) call: Option<Call>,
    /// The parameters of the lambdas around it.
    pub(super) locals: Vec<String>,
}

/// A bracket that is open.
struct Frame {
    kind: FrameKind,
    /// The index of the first token of the argument.
    begins: usize,
    argument: usize,
    named: Option<String>,
    locals: Vec<String>,
}

#[derive(PartialEq)]
enum FrameKind {
    Call(String),
    Parentheses,
    Other,
}

/// Looks at the place `offset` of a source, which must be where a character begins.
pub(super) fn look(source: &str, offset: usize, mode: Mode, dialect: Dialect) -> Cursor {
    let before = &source[..offset];
    let nothing = Cursor {
        start: offset,
        expected: Expected::Nothing,
        call: None,
        locals: Vec::new(),
    };
    if before.len() > Limits::default().max_source_bytes {
        return nothing;
    }
    let mut tokens = open_statement(before, mode.lexing(), dialect, &Limits::default());
    let end = tokens.last().map_or(0, |last| last.span.end as usize);
    if mode == Mode::Script && in_comment(before, end) {
        return nothing;
    }
    let look = Look {
        source: before,
        mode,
        dialect,
    };
    if let Some(opening) = look.open_string(&tokens, offset) {
        tokens.pop();
        let expected = match look.is_key(&tokens) {
            true => Expected::Key { quoted: true },
            false => Expected::Nothing,
        };
        let cursor = look.cursor(&tokens, opening + 1);
        return Cursor { expected, ..cursor };
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let start = before.trim_end_matches(is_word).len();
    tokens.retain(|token| (token.span.start as usize) < start);
    let mut cursor = look.cursor(&tokens, start);
    if before[start..].starts_with(|first: char| first.is_ascii_digit()) {
        cursor.expected = Expected::Nothing;
    }
    cursor
}

/// Whether the end of a text, whose last token ends at `end`, is in a comment.
fn in_comment(before: &str, end: usize) -> bool {
    let gap = before.get(end..).unwrap_or_default();
    let line = gap.rsplit('\n').next().unwrap_or(gap);
    line.contains('#')
}

struct Look<'s> {
    source: &'s str,
    mode: Mode,
    dialect: Dialect,
}

impl Look<'_> {
    fn text(&self, token: Token) -> &str {
        &self.source[token.span.range()]
    }

    /// Where the string begins that has no end before the cursor.
    fn open_string(&self, tokens: &[Token], offset: usize) -> Option<usize> {
        let last = tokens.last()?;
        let is_string = self.text(*last).starts_with(['"', '\'', '`']);
        let is_open = last.kind == T::Error && last.span.end as usize == offset;
        (is_open && is_string).then_some(last.span.start as usize)
    }

    /// Whether a key of attributes follows the tokens.
    fn is_key(&self, tokens: &[Token]) -> bool {
        let [.., name, bracket] = tokens else {
            return false;
        };
        let has_keys = matches!(self.text(*name), "attributes" | "filtered_attributes");
        has_keys && bracket.kind == T::LBracket
    }

    fn is(&self, token: Option<&Token>, word: &str) -> bool {
        token.is_some_and(|token| token.kind == T::Lower && self.text(*token) == word)
    }

    /// What stands before the word that begins at `start`.
    fn cursor(&self, tokens: &[Token], start: usize) -> Cursor {
        let (frames, clause) = self.frames(tokens);
        let call = frames.iter().rev().find_map(|frame| match &frame.kind {
            FrameKind::Call(name) => Some(Call {
                name: name.clone(),
                argument: frame.argument,
                named: frame.named.clone(),
                begins: frame.begins == tokens.len(),
            }),
            _ => None,
        });
        let expected = self.expected(tokens, &frames, clause);
        let locals = frames.into_iter().flat_map(|frame| frame.locals);
        Cursor {
            start,
            expected,
            call,
            locals: locals.collect(),
        }
    }

    /// The brackets that are open behind the tokens, and whether a `where` was before them.
    fn frames(&self, tokens: &[Token]) -> (Vec<Frame>, bool) {
        let mut frames: Vec<Frame> = Vec::new();
        let mut clause = false;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                T::LParen | T::LBracket | T::LBrace => frames.push(Frame {
                    kind: self.frame_kind(tokens, at),
                    begins: at + 1,
                    argument: 0,
                    named: None,
                    locals: Vec::new(),
                }),
                T::RParen | T::RBracket | T::RBrace => {
                    frames.pop();
                }
                T::Lower if frames.is_empty() && at > 0 && self.text(*token) == "where" => {
                    clause = true;
                }
                _ => {}
            }
            let Some(frame) = frames.last_mut() else {
                continue;
            };
            match token.kind {
                T::Comma => {
                    frame.begins = at + 1;
                    frame.argument += 1;
                    frame.named = None;
                    frame.locals.clear();
                }
                T::Assign => {
                    let name = self.run(tokens, at);
                    if at > frame.begins && name.0 == frame.begins {
                        frame.named = Some(name.1.to_owned());
                    }
                }
                T::Arrow => frame.locals.extend(self.parameters(tokens, at)),
                _ => {}
            }
        }
        (frames, clause)
    }

    fn frame_kind(&self, tokens: &[Token], at: usize) -> FrameKind {
        if tokens[at].kind != T::LParen {
            return FrameKind::Other;
        }
        let (start, name) = self.run(tokens, at);
        match name {
            "" | "where" | "when" => FrameKind::Parentheses,
            // The parameters of a macro are no arguments.
            _ if start > 0 && self.is(tokens.get(start - 1), "macro") => FrameKind::Other,
            name => FrameKind::Call(name.to_owned()),
        }
    }

    /// The name whose pieces end before the token `at`: where it begins, and what it is.
    fn run(&self, tokens: &[Token], at: usize) -> (usize, &str) {
        let mut start = at;
        while start > 0
            && matches!(tokens[start - 1].kind, T::Lower | T::Upper)
            && (start == at || tokens[start - 1].span.end == tokens[start].span.start)
        {
            start -= 1;
        }
        if start == at {
            return (at, "");
        }
        let range = tokens[start].span.start as usize..tokens[at - 1].span.end as usize;
        (start, &self.source[range])
    }

    /// The parameters before an arrow.
    fn parameters(&self, tokens: &[Token], arrow: usize) -> Vec<String> {
        let before = tokens[..arrow].iter().rev();
        let before = before.skip(1).take(MAX_PARAMETERS);
        let names = before.take_while(|token| token.kind != T::LParen);
        let names = names.filter(|token| token.kind == T::Lower);
        names.map(|token| self.text(*token).to_owned()).collect()
    }

    fn expected(&self, tokens: &[Token], frames: &[Frame], clause: bool) -> Expected {
        let selfops = self.dialect == Dialect::Selfops;
        let is_condition = frames
            .last()
            .is_none_or(|frame| frame.kind == FrameKind::Parentheses);
        let operand = Expected::Operand {
            condition: is_condition,
        };
        let Some(last) = tokens.last() else {
            return match self.mode {
                Mode::Script | Mode::Statement => Expected::Statement,
                Mode::Condition => operand,
            };
        };
        if self.is_key(tokens) {
            return Expected::Key { quoted: false };
        }
        let first = tokens.first();
        let is_definition = selfops && (self.is(first, "const") || self.is(first, "macro"));
        match last.kind {
            T::Dot => self
                .segments(tokens)
                .map_or(Expected::Nothing, Expected::Segment),
            T::Colon if is_definition && frames.len() == 1 => Expected::Nothing,
            T::LParen | T::Comma if self.is_definition_head(tokens, frames) => Expected::Nothing,
            T::Lower if frames.is_empty() && tokens.len() > 1 && self.is(Some(last), "where") => {
                operand
            }
            T::Lower if selfops && self.is(Some(last), "when") => operand,
            T::Lower if selfops && frames.is_empty() && self.is(Some(last), "else") => {
                Expected::Statement
            }
            T::Lower if is_definition && tokens.len() == 1 => Expected::Nothing,
            kind if kind.ends_operand() => {
                let starts_with_editor = first.is_some_and(|token| token.kind == T::Lower)
                    && tokens.get(1).is_some_and(|token| token.kind != T::Dot);
                let is_block = selfops && self.is(first, "when");
                let in_clause = clause || is_block || self.mode == Mode::Condition;
                let joins = in_clause || selfops && !starts_with_editor;
                Expected::Operator {
                    clause: frames.is_empty()
                        && !in_clause
                        && starts_with_editor
                        && last.kind == T::RParen
                        && !is_definition,
                    condition: is_condition && (joins || !frames.is_empty()),
                }
            }
            T::Int | T::Float | T::Bytes | T::Error | T::Underscore => Expected::Nothing,
            _ => operand,
        }
    }

    /// Whether the parameters of a macro are being written.
    fn is_definition_head(&self, tokens: &[Token], frames: &[Frame]) -> bool {
        frames.len() == 1
            && frames[0].kind == FrameKind::Other
            && self.is(tokens.first(), "macro")
            && tokens.iter().all(|token| token.kind != T::Assign)
    }

    /// The names of a path that ends with a dot.
    fn segments(&self, tokens: &[Token]) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut at = tokens.len();
        while at > 0 && tokens[at - 1].kind == T::Dot {
            let (start, name) = self.run(tokens, at - 1);
            // A dot behind keys or a call leads nowhere.
            if name.is_empty() {
                return None;
            }
            names.push(name.to_owned());
            at = start;
        }
        names.reverse();
        Some(names)
    }
}

#[cfg(test)]
mod tests;
