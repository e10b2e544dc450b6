//! What stands between tokens: comments and blank lines.

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'s> {
    /// From `#` to the last character that is no white space.
    pub(crate) text: &'s str,
    /// How many lines end between what is before and the comment.
    lines_before: usize,
}

impl Comment<'_> {
    /// Whether it stands on a line of its own and not behind what is before.
    pub(crate) fn has_own_line(&self) -> bool {
        self.lines_before > 0
    }

    /// Whether there is a blank line before it.
    pub(crate) fn is_behind_blank(&self) -> bool {
        self.lines_before > 1
    }
}

/// What stands between two tokens.
#[derive(Debug)]
pub(crate) struct Gap<'s> {
    /// The comments in their order.
    pub(crate) comments: Vec<Comment<'s>>,
    /// How many lines end behind the last comment, or at all.
    lines_behind: usize,
}

impl<'s> Gap<'s> {
    /// Reads a piece of source that holds white space, comments and, if it is a name, its pieces.
    pub(crate) fn of(text: &'s str) -> Self {
        let lines_in = |text: &str| text.bytes().filter(|b| *b == b'\n').count();
        let mut comments = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('#') {
            let lines_before = lines_in(&rest[..start]);
            let length = rest[start..].find('\n').unwrap_or(rest.len() - start);
            let text = rest[start..start + length].trim_end();
            comments.push(Comment { text, lines_before });
            rest = &rest[start + length..];
        }
        let lines_behind = lines_in(rest);
        Self {
            comments,
            lines_behind,
        }
    }

    /// Whether it ends with a blank line.
    pub(crate) fn has_blank_behind(&self) -> bool {
        self.lines_behind > 1
    }
}
