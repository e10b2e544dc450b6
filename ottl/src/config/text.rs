//! Text that was written in another form, and where each of its bytes stands there.
//!
//! A statement of OTTL is the value of a YAML scalar: quotes are gone, escapes are decoded, lines are
//! folded, references are replaced. [`Text`] keeps the way back, so that a problem in the statement
//! is shown where it was written.

use std::ops::Range;

use ottl_syntax::Span;

/// A text, and where in the configuration each of its bytes comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    value: String,
    /// In order, without gaps, together as long as the value.
    pieces: Vec<Piece>,
    /// All of it in the configuration.
    whole: Span,
}

/// Bytes of the text that come from one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Offset of the first byte in the text.
    at: usize,
    source: Span,
    /// Whether the text is what stands there, byte for byte; if not, all of the piece comes from all
    /// of the place.
    exact: bool,
}

/// A change to a text: `range` of it becomes `replacement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Byte offsets in the text.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub replacement: String,
}

impl Text {
    /// The text itself.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where all of it stands in the configuration.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.whole
    }

    /// A text of which only the place as a whole is known.
    #[must_use]
    pub fn opaque(value: &str, whole: Span) -> Self {
        let mut builder = Builder::default();
        builder.stand_in(value, whole);
        builder.finish(whole)
    }

    /// Where a part of the text, given by byte offsets, stands in the configuration. For an empty
    /// part that is the place before which it is; offsets behind the end count as the end.
    #[must_use]
    pub fn locate(&self, part: Span) -> Span {
        let (start, end) = (part.start as usize, part.end as usize);
        let Some(first) = self.piece(start.min(self.value.len())) else {
            return self.whole;
        };
        if start >= self.value.len() {
            let end = self.pieces[first].source.end as usize;
            return Span::new(end, end);
        }
        let from = self.start_in(first, start);
        if end <= start {
            return Span::new(from, from);
        }
        let last = self.piece(end.min(self.value.len()) - 1).unwrap_or(first);
        Span::new(from, self.end_in(last, end.min(self.value.len())))
    }

    /// The offset in the text of what stands at an offset of the configuration; nothing when that is
    /// outside of all of it. Between the lines of a text it is the next line.
    #[must_use]
    pub fn offset_of(&self, place: usize) -> Option<usize> {
        let whole = self.whole.range();
        if place < whole.start || place > whole.end {
            return None;
        }
        for piece in &self.pieces {
            let source = piece.source.range();
            if place < source.end {
                let inside = place.saturating_sub(source.start);
                return Some(piece.at + if piece.exact { inside } else { 0 });
            }
        }
        Some(self.value.len())
    }

    /// Whether the part was written as it is, so that a change to it is a change to the place.
    #[must_use]
    pub fn is_exact(&self, part: Span) -> bool {
        let end = (part.end as usize).min(self.value.len());
        let start = (part.start as usize).min(end);
        let (Some(first), Some(last)) = (self.piece(start), self.piece(end.saturating_sub(1)))
        else {
            return false;
        };
        let pieces = &self.pieces[first.min(last)..=last.max(first)];
        pieces.iter().all(|piece| piece.exact)
            && pieces
                .windows(2)
                .all(|pair| pair[0].source.end == pair[1].source.start)
    }

    /// The text after changes, which are in order and do not overlap.
    #[must_use]
    pub fn edited(&self, edits: &[Edit]) -> Self {
        let mut builder = Builder::default();
        let mut at = 0;
        for edit in edits {
            self.copy(at..edit.range.start, &mut builder);
            let place = self.locate(Span::new(edit.range.start, edit.range.end));
            builder.stand_in(&edit.replacement, place);
            at = edit.range.end;
        }
        self.copy(at..self.value.len(), &mut builder);
        builder.finish(self.whole)
    }

    /// Texts one behind the other, each on lines of its own; nothing when there are none.
    #[must_use]
    pub fn lines(texts: &[Self]) -> Self {
        let mut builder = Builder::default();
        for text in texts {
            text.copy(0..text.value.len(), &mut builder);
            let end = text.whole.end as usize;
            builder.stand_in("\n", Span::new(end, end));
        }
        let whole = texts.iter().map(Self::whole).reduce(Span::to);
        builder.finish(whole.unwrap_or_default())
    }

    fn copy(&self, range: Range<usize>, builder: &mut Builder) {
        let Some(first) = self.piece(range.start) else {
            return;
        };
        for index in first..self.pieces.len() {
            let piece = self.pieces[index];
            let from = piece.at.max(range.start);
            let to = self.piece_end(index).min(range.end);
            if from >= to {
                break;
            }
            let part = &self.value[from..to];
            if piece.exact {
                builder.copy(part, piece.source.start as usize + from - piece.at);
            } else {
                builder.stand_in(part, piece.source);
            }
        }
    }

    /// The piece that the byte at `offset` is in; the last one for the end of the text.
    fn piece(&self, offset: usize) -> Option<usize> {
        self.pieces
            .partition_point(|piece| piece.at <= offset)
            .checked_sub(1)
    }

    fn piece_end(&self, index: usize) -> usize {
        self.pieces
            .get(index + 1)
            .map_or(self.value.len(), |next| next.at)
    }

    fn start_in(&self, index: usize, offset: usize) -> usize {
        let piece = self.pieces[index];
        let start = piece.source.start as usize;
        if piece.exact {
            start + offset - piece.at
        } else {
            start
        }
    }

    fn end_in(&self, index: usize, offset: usize) -> usize {
        let piece = self.pieces[index];
        if piece.exact {
            piece.source.start as usize + offset - piece.at
        } else {
            piece.source.end as usize
        }
    }
}

/// Puts a text together from what stands in a source.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    value: String,
    pieces: Vec<Piece>,
}

impl Builder {
    /// Adds what stands in the source at `start`, as it is.
    pub(crate) fn copy(&mut self, part: &str, start: usize) {
        if part.is_empty() {
            return;
        }
        let source = Span::new(start, start + part.len());
        match self.pieces.last_mut() {
            Some(last) if last.exact && last.source.end == source.start => {
                last.source.end = source.end;
            }
            _ => self.push(source, true),
        }
        self.value.push_str(part);
    }

    /// Adds something that stands for what is at `source`.
    pub(crate) fn stand_in(&mut self, part: &str, source: Span) {
        if !part.is_empty() {
            self.push(source, false);
            self.value.push_str(part);
        }
    }

    fn push(&mut self, source: Span, exact: bool) {
        self.pieces.push(Piece {
            at: self.value.len(),
            source,
            exact,
        });
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// Forgets what is behind the first `len` bytes of the text.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.value.truncate(len);
        while self.pieces.last().is_some_and(|piece| piece.at >= len) {
            self.pieces.pop();
        }
        if let Some(last) = self.pieces.last_mut()
            && last.exact
        {
            last.source.end = last.source.start + u32::try_from(len - last.at).unwrap_or(0);
        }
    }

    pub(crate) fn finish(self, whole: Span) -> Text {
        Text {
            value: self.value,
            pieces: self.pieces,
            whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `it''s` in quotes at offset 10, as the text `it's`.
    fn quoted() -> Text {
        let mut builder = Builder::default();
        builder.copy("it", 11);
        builder.stand_in("'", Span::new(13, 15));
        builder.copy("s", 15);
        builder.finish(Span::new(10, 17))
    }

    #[test]
    fn parts_are_found_where_they_were_written() {
        let text = quoted();
        assert_eq!(text.value(), "it's");
        assert_eq!(text.locate(Span::new(0, 2)), Span::new(11, 13));
        assert_eq!(text.locate(Span::new(2, 3)), Span::new(13, 15));
        assert_eq!(text.locate(Span::new(1, 4)), Span::new(12, 16));
        assert_eq!(text.locate(Span::new(3, 3)), Span::new(15, 15));
        assert_eq!(text.locate(Span::new(4, 4)), Span::new(16, 16));
        assert_eq!(text.locate(Span::new(9, 12)), Span::new(16, 16));
    }

    #[test]
    fn places_are_found_in_the_text() {
        let text = quoted();
        let offsets = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18].map(|place| text.offset_of(place));
        let inside = [0, 0, 1, 2, 2, 3, 4, 4].map(Some);
        assert_eq!(offsets[1..9], inside);
        assert_eq!([offsets[0], offsets[9]], [None, None]);
    }

    #[test]
    fn only_what_was_written_as_it_is_can_be_changed() {
        let text = quoted();
        assert!(text.is_exact(Span::new(0, 2)));
        assert!(!text.is_exact(Span::new(1, 3)));
        assert!(!Text::opaque("x", Span::new(0, 9)).is_exact(Span::new(0, 1)));
    }

    #[test]
    fn edits_keep_the_way_back() {
        let edit = |range: Range<usize>, replacement: &str| Edit {
            range,
            replacement: replacement.to_owned(),
        };
        let text = quoted().edited(&[edit(0..0, "span."), edit(2..3, "X")]);
        assert_eq!(text.value(), "span.itXs");
        assert_eq!(text.locate(Span::new(0, 5)), Span::new(11, 11));
        assert_eq!(text.locate(Span::new(0, 7)), Span::new(11, 13));
        assert_eq!(text.locate(Span::new(7, 8)), Span::new(13, 15));
        assert_eq!(text.locate(Span::new(8, 9)), Span::new(15, 16));
    }

    #[test]
    fn lines_keep_their_places() {
        let mut first = Builder::default();
        first.copy("set(a)", 10);
        let mut second = Builder::default();
        second.stand_in("set(b)", Span::new(30, 40));
        let text = Text::lines(&[
            first.finish(Span::new(10, 16)),
            second.finish(Span::new(30, 40)),
        ]);
        assert_eq!(text.value(), "set(a)\nset(b)\n");
        assert_eq!(text.locate(Span::new(4, 5)), Span::new(14, 15));
        assert_eq!(text.locate(Span::new(11, 12)), Span::new(30, 40));
        assert_eq!(text.whole(), Span::new(10, 40));
    }

    #[test]
    fn nothing_stands_at_the_whole_place() {
        let text = Text::opaque("", Span::new(3, 5));
        assert_eq!(text.locate(Span::new(0, 0)), Span::new(3, 5));
        assert!(!text.is_exact(Span::new(0, 0)));
    }
}
