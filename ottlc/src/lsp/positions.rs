//! Byte offsets and the positions of the protocol: lines and columns from 0.
//!
//! Columns are counted in UTF-16 units unless the client agreed to something else. A position that is
//! not in the text, or within a character, is the nearest place before it that is.

use gen_lsp_types::{Position, Range};
use ottl_syntax::Span;

/// What columns are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 units.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The units that begin in a part of a text.
    fn units(self, part: &[u8]) -> usize {
        let first = |byte: &&u8| **byte & 0xc0 != 0x80;
        match self {
            Self::Utf8 => part.len(),
            // What has four bytes has two units.
            Self::Utf16 => {
                let long = part.iter().filter(|byte| **byte >= 0xf0);
                part.iter().filter(first).count() + long.count()
            }
            Self::Utf32 => part.iter().filter(first).count(),
        }
    }

    /// How many bytes have so many units, at most.
    fn bytes(self, text: &str, units: usize) -> usize {
        let mut rest = units;
        for (at, c) in text.char_indices() {
            let own = match self {
                Self::Utf8 => c.len_utf8(),
                Self::Utf16 => c.len_utf16(),
                Self::Utf32 => 1,
            };
            if own > rest {
                return at;
            }
            rest -= own;
        }
        text.len()
    }
}

/// Bytes of a stretch.
const STRETCH: usize = 1024;

/// Where the lines of a text begin, and how many units are before each stretch of it, so that a long
/// line need not be counted from its beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    starts: Vec<usize>,
    /// In UTF-16 units and in characters.
    stretches: Vec<(usize, usize)>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends {
                starts.push(at + 1);
            }
        }
        let mut stretches = Vec::with_capacity(bytes.len() / STRETCH + 1);
        let (mut units, mut characters) = (0, 0);
        for stretch in bytes.chunks(STRETCH) {
            stretches.push((units, characters));
            units += Encoding::Utf16.units(stretch);
            characters += Encoding::Utf32.units(stretch);
        }
        stretches.push((units, characters));
        Self { starts, stretches }
    }

    /// How many units are before a byte offset where a character begins.
    fn units_before(&self, text: &str, offset: usize, encoding: Encoding) -> usize {
        let stretch = offset / STRETCH;
        let (units, characters) = self.stretches.get(stretch).copied().unwrap_or_default();
        let before = match encoding {
            Encoding::Utf8 => return offset,
            Encoding::Utf16 => units,
            Encoding::Utf32 => characters,
        };
        before + encoding.units(&text.as_bytes()[stretch * STRETCH..offset])
    }

    /// The line that an offset is in, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        let behind = self.starts.partition_point(|start| *start <= offset);
        behind.saturating_sub(1)
    }

    /// The bytes of a line without its end; nothing behind the last one.
    pub(super) fn line(&self, text: &str, line: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let content = text[start..end].trim_end_matches(['\r', '\n']);
        Some(start..start + content.len())
    }

    /// The position of a byte offset.
    pub(super) fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let line = self.line_of(offset);
        let content = self.line(text, line).unwrap_or(offset..offset);
        let units = |offset| self.units_before(text, offset, encoding);
        let column = units(offset.min(content.end)) - units(content.start);
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position {
            line: short(line),
            character: short(column),
        }
    }

    /// The byte offset of a position.
    pub(super) fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        match self.line(text, position.line as usize) {
            Some(line) => {
                let column = position.character as usize;
                line.start + encoding.bytes(&text[line], column)
            }
            None => text.len(),
        }
    }

    /// The range of a span.
    pub(super) fn range(&self, text: &str, span: Span, encoding: Encoding) -> Range {
        Range {
            start: self.position(text, span.start as usize, encoding),
            end: self.position(text, span.end as usize, encoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn long_lines_are_counted_in_stretches() {
        let text = "x\n".to_owned() + &"a\u{e9}\u{1f980}".repeat(1500) + "\n";
        let lines = Lines::new(&text);
        for (offset, _) in text.char_indices() {
            let before = text[..offset].rsplit('\n').next().unwrap_or_default();
            let columns = ENCODINGS.map(|it| lines.position(&text, offset, it).character as usize);
            let utf16 = before.encode_utf16().count();
            assert_eq!(columns, [before.len(), utf16, before.chars().count()]);
        }
    }

    #[test]
    fn columns_are_in_the_units_that_were_agreed_on() {
        let text = "aé🦀b\r\nc\rd\n";
        let lines = Lines::new(text);
        let position = |encoding| lines.position(text, 7, encoding);
        assert_eq!(position(Encoding::Utf8), at(0, 7));
        assert_eq!(position(Encoding::Utf16), at(0, 4));
        assert_eq!(position(Encoding::Utf32), at(0, 3));
        let offset = |line, column| lines.offset(text, at(line, column), Encoding::Utf16);
        assert_eq!(offset(0, 3), 3, "in the midst of a character");
        assert_eq!(offset(0, 99), 8, "not in the line end");
        assert_eq!([offset(1, 0), offset(2, 1), offset(3, 0)], [10, 13, 14]);
        assert_eq!(offset(99, 99), text.len());
    }

    proptest! {
        #[test]
        fn places_survive_the_way_there_and_back(text in "[a\u{e9}\u{1f980}\r\n ]{0,40}") {
            let lines = Lines::new(&text);
            for encoding in ENCODINGS {
                for (offset, _) in text.char_indices() {
                    let is_inside_end = offset > 0
                        && matches!(text.as_bytes()[offset - 1], b'\r')
                        && text.as_bytes()[offset] == b'\n';
                    if !is_inside_end {
                        let position = lines.position(&text, offset, encoding);
                        prop_assert_eq!(lines.offset(&text, position, encoding), offset);
                    }
                }
            }
        }

        #[test]
        fn no_position_leads_out_of_the_text(
            text in "\\PC{0,8}[\r\n]{0,3}\\PC{0,8}",
            line in 0_u32..6,
            character in prop_oneof![0_u32..20, Just(u32::MAX)],
            offset in 0_usize..60,
        ) {
            let lines = Lines::new(&text);
            for encoding in ENCODINGS {
                let found = lines.offset(&text, at(line, character), encoding);
                prop_assert!(text.is_char_boundary(found));
                let position = lines.position(&text, offset, encoding);
                prop_assert!(lines.offset(&text, position, encoding) <= offset);
            }
        }
    }
}
