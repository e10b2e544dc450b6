//! Reading a pattern.

use crate::support::chars;

/// A pattern for a certain number of operands.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern {
    pub(super) pieces: Vec<Piece>,
    /// The first of the operands that no directive uses.
    pub(super) extra: Option<usize>,
}

/// A part of a pattern.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Text(Box<[u8]>),
    Directive(Directive),
}

/// What stands between a percent sign and the end of its verb.
#[derive(Debug, PartialEq)]
pub(super) struct Directive {
    pub(super) flags: Flags,
    pub(super) width: Size,
    pub(super) precision: Size,
    pub(super) action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    /// Prints an operand.
    Print { operand: usize, verb: char },
    /// Prints a percent sign.
    Percent,
    /// Complains about the number of an operand.
    BadIndex(char),
    /// Complains that there are too few operands.
    Missing(char),
    /// Complains that there is no verb.
    NoVerb,
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    Absent,
    Given(usize),
    /// That of an operand, or of one that is not there.
    Operand(usize),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Flags {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
}

/// Beyond this a width or a precision is none.
pub(super) const MAX_SIZE: usize = 1_000_000;

impl Pattern {
    /// Reads a pattern for so many operands. Every text is a pattern.
    pub(crate) fn new(text: &[u8], operands: usize) -> Self {
        let mut reader = Reader {
            text,
            at: 0,
            operands,
            next: 0,
            reordered: false,
        };
        let mut pieces = Vec::new();
        while reader.at < text.len() {
            let rest = &text[reader.at..];
            let percent = rest.iter().position(|&byte| byte == b'%');
            let plain = percent.unwrap_or(rest.len());
            if plain > 0 {
                pieces.push(Piece::Text(rest[..plain].into()));
            }
            reader.at += plain;
            if percent.is_some() {
                reader.at += 1;
                pieces.push(Piece::Directive(reader.directive()));
            }
        }
        let unused = !reader.reordered && reader.next < operands;
        Self {
            pieces,
            extra: unused.then_some(reader.next),
        }
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    operands: usize,
    /// The operand that is next in line.
    next: usize,
    /// Whether any operand was chosen by its number, after which none is too many.
    reordered: bool,
}

/// What became of a place where an operand's number may stand.
struct Index {
    /// Whether there was one that can be read.
    found: bool,
    /// Whether it was there but means no operand.
    wrong: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn directive(&mut self) -> Directive {
        let flags = self.flags();
        let index = self.index();
        let (mut after_index, mut wrong) = (index.found, index.wrong);
        let width = if self.star() {
            after_index = false;
            self.take_size()
        } else {
            let width = self.number(self.text.len());
            wrong |= after_index && width.is_some();
            width.map_or(Size::Absent, Size::Given)
        };
        let mut precision = Size::Absent;
        if self.peek() == Some(b'.') && self.at + 1 < self.text.len() {
            self.at += 1;
            wrong |= after_index;
            let index = self.index();
            wrong |= index.wrong;
            after_index = index.found;
            precision = if self.star() {
                after_index = false;
                self.take_size()
            } else {
                Size::Given(self.number(self.text.len()).unwrap_or(0))
            };
        }
        if !after_index {
            wrong |= self.index().wrong;
        }
        Directive {
            flags,
            width,
            precision,
            action: self.action(wrong),
        }
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'-' => flags.minus = true,
                b'+' => flags.plus = true,
                b'#' => flags.sharp = true,
                b' ' => flags.space = true,
                b'0' => flags.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    fn star(&mut self) -> bool {
        let star = self.peek() == Some(b'*');
        self.at += usize::from(star);
        star
    }

    fn take_size(&mut self) -> Size {
        let size = Size::Operand(self.next);
        self.next += usize::from(self.next < self.operands);
        size
    }

    /// Digits before `end`, as a number. One that is far too large takes all the rest of the text
    /// with it.
    fn number(&mut self, end: usize) -> Option<usize> {
        let mut number = None;
        while self.at < end {
            let digit = self.text[self.at].wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            let before = number.unwrap_or(0);
            if before > MAX_SIZE {
                self.at = end;
                return None;
            }
            number = Some(before * 10 + usize::from(digit));
            self.at += 1;
        }
        number
    }

    /// The number of an operand in brackets, counted from one, which makes that operand the next.
    fn index(&mut self) -> Index {
        if self.peek() != Some(b'[') {
            return Index {
                found: false,
                wrong: false,
            };
        }
        self.reordered = true;
        let rest = &self.text[self.at..];
        let close = rest.iter().position(|&byte| byte == b']');
        let Some(close) = close.filter(|_| rest.len() >= 3) else {
            self.at += 1;
            return Index {
                found: false,
                wrong: true,
            };
        };
        let end = self.at + close;
        self.at += 1;
        let number = self.number(end).filter(|_| self.at == end);
        self.at = end + 1;
        let operand = number.and_then(|number| number.checked_sub(1));
        let operand = operand.filter(|&operand| operand < self.operands);
        self.next = operand.unwrap_or(self.next);
        Index {
            found: number.is_some(),
            wrong: operand.is_none(),
        }
    }

    fn action(&mut self, wrong: bool) -> Action {
        let Some(verb) = self.char() else {
            return Action::NoVerb;
        };
        match verb {
            '%' => Action::Percent,
            verb if wrong => Action::BadIndex(verb),
            verb if self.next >= self.operands => Action::Missing(verb),
            verb => {
                let operand = self.next;
                self.next += 1;
                Action::Print { operand, verb }
            }
        }
    }

    /// The next character; U+FFFD for each byte that is part of none.
    fn char(&mut self) -> Option<char> {
        let (char, len) = chars::first(&self.text[self.at..])?;
        self.at += len;
        Some(char)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str, operands: usize) -> Directive {
        let mut pattern = Pattern::new(text.as_bytes(), operands);
        assert_eq!(pattern.pieces.len(), 1, "{text}");
        match pattern.pieces.remove(0) {
            Piece::Directive(directive) => directive,
            Piece::Text(_) => panic!("{text} has no directive"),
        }
    }

    #[test]
    fn operands_are_used_in_order_or_by_number() {
        let print = |operand, verb| Action::Print { operand, verb };
        assert_eq!(only("%d", 1).action, print(0, 'd'));
        assert_eq!(only("%[2]d", 2).action, print(1, 'd'));
        assert_eq!(only("%[3]*.[2]*[1]f", 3).action, print(0, 'f'));
        assert_eq!(only("%[3]*.[2]*[1]f", 3).width, Size::Operand(2));
        assert_eq!(only("%[5]d", 2).action, Action::BadIndex('d'));
        assert_eq!(only("%[x]d", 2).action, Action::BadIndex('d'));
        assert_eq!(only("%[1]2d", 2).action, Action::BadIndex('d'));
        assert_eq!(only("%d", 0).action, Action::Missing('d'));
        assert_eq!(only("%", 1).action, Action::NoVerb);
        // A point at the end of the text is a verb.
        assert_eq!(only("%5.", 1).action, print(0, '.'));
    }

    #[test]
    fn sizes_are_limited() {
        assert_eq!(only("%1000000d", 1).width, Size::Given(1_000_000));
        assert_eq!(only("%99999999d", 1).action, Action::NoVerb);
        assert_eq!(only("%.d", 1).precision, Size::Given(0));
    }

    #[test]
    fn operands_that_are_not_used_are_known() {
        assert_eq!(Pattern::new(b"%d", 3).extra, Some(1));
        assert_eq!(Pattern::new(b"%[1]d", 3).extra, None);
        assert_eq!(Pattern::new(b"", 0).extra, None);
    }
}
