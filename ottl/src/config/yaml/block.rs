//! Literal and folded block scalars: what the parser decoded is decoded again, with places.
//!
//! The parser is the authority on values; this only finds the way back, and whoever calls it
//! compares the results. The header is not looked at: how far the text is indented shows in where
//! it begins, and what became of the last line breaks in the value.

use std::ops::Range;

use ottl_syntax::Span;

use super::flow::line_break;
use crate::config::text::Builder;

/// Decodes a block scalar whose first line of text begins at the start of `range`, after its
/// indentation.
pub(super) fn block(source: &str, range: Range<usize>, value: &str, folded: bool) -> Builder {
    let mut block = Block {
        builder: Builder::default(),
        breaks: Vec::new(),
        was_spaced: true,
        folded,
    };
    let leading = value.len() - value.trim_start_matches('\n').len();
    let start = Span::new(range.start, range.start);
    block.builder.stand_in(&value[..leading], start);
    let line_start = source[..range.start]
        .rfind(['\n', '\r'])
        .map_or(0, |at| at + 1);
    let indent = range.start - line_start;
    let mut at = range.start;
    loop {
        let end = source[at..range.end]
            .find(['\n', '\r'])
            .map_or(range.end, |length| at + length);
        block.line(&source[at..end], at);
        let Some(behind) = line_break(source, end).filter(|behind| *behind <= range.end) else {
            break;
        };
        block.breaks.push(Span::new(end, behind));
        let rest = &source[behind..range.end];
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        at = behind + spaces.min(indent);
    }
    block.finish(value)
}

struct Block {
    builder: Builder,
    /// The line breaks since the last line of text.
    breaks: Vec<Span>,
    /// Whether the last line of text began with a blank. Such lines are not folded.
    was_spaced: bool,
    folded: bool,
}

impl Block {
    fn line(&mut self, line: &str, at: usize) {
        if line.is_empty() {
            return;
        }
        let is_spaced = line.starts_with([' ', '\t']);
        let folds = self.folded && !self.was_spaced && !is_spaced;
        match self.breaks.as_slice() {
            [one] if folds => self.builder.stand_in(" ", *one),
            [_, more @ ..] if folds => {
                for one in more {
                    self.builder.stand_in("\n", *one);
                }
            }
            all => {
                for one in all {
                    self.builder.stand_in("\n", *one);
                }
            }
        }
        self.breaks.clear();
        self.was_spaced = is_spaced;
        self.builder.copy(line, at);
    }

    /// Keeps as many of the last line breaks as the value has.
    fn finish(mut self, value: &str) -> Builder {
        for one in &self.breaks {
            self.builder.stand_in("\n", *one);
        }
        if let Some(rest) = self.builder.value().strip_prefix(value)
            && rest.bytes().all(|byte| byte == b'\n')
        {
            self.builder.truncate(value.len());
        }
        self.builder
    }
}
