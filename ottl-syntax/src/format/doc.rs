//! A small document algebra: text, places where a line may break, and groups of them.
//!
//! A group is set on one line if what is in it, and what follows it up to the next place for a
//! break, fits into the page; otherwise all its own breaks are taken and its inner groups are asked
//! in turn. A document is a flat list of steps, so that neither building nor setting it recurses,
//! and a group is measured by looking ahead no further than the page is wide.

use crate::render;

/// How many columns one level of indentation takes.
const INDENT: usize = 2;

/// What a place for a break is while its group stays on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flat {
    /// Nothing.
    Empty,
    /// A space.
    Space,
}

impl Flat {
    fn text(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Space => " ",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The next `bytes` of the text, which take `width` columns up to a [`Wrap`](Self::Wrap).
    Text {
        bytes: usize,
        width: u32,
    },
    /// The text before ended with a line end of its own, inside a literal.
    Wrap,
    /// The next `bytes` of the text, which count for no group: nothing becomes better by making
    /// room for a comment.
    Comment {
        bytes: usize,
    },
    /// A place for a break.
    Line(Flat),
    /// A break in any case.
    Hard,
    Open,
    Close,
    Indent,
    Dedent,
}

/// A document that is being built, or is built.
#[derive(Debug, Default)]
pub(crate) struct Doc {
    steps: Vec<Step>,
    /// What the steps print, in their order.
    text: String,
}

impl Doc {
    /// Appends what `write` appends to the string that it is given.
    pub(crate) fn text_with(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let added = &self.text[start..];
        match added.rfind('\n') {
            None => {
                let (bytes, width) = (added.len(), columns(added));
                self.push_text(bytes, width);
            }
            Some(end) => {
                let (first, last) = added.split_at(end + 1);
                let first_line = &first[..first.find('\n').unwrap_or(0)];
                let before = (first.len(), columns(first_line));
                let behind = (last.len(), columns(last));
                self.push_text(before.0, before.1);
                self.steps.push(Step::Wrap);
                self.push_text(behind.0, behind.1);
            }
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.text_with(|out| out.push_str(text));
    }

    /// Text that touches what is before it is one step with it.
    fn push_text(&mut self, more: usize, columns: u32) {
        if let Some(Step::Text { bytes, width }) = self.steps.last_mut() {
            *bytes += more;
            *width = width.saturating_add(columns);
        } else {
            let (bytes, width) = (more, columns);
            self.steps.push(Step::Text { bytes, width });
        }
    }

    /// A comment behind what is on the line already. A [`hard`](Self::hard) break must follow.
    pub(crate) fn comment(&mut self, text: &str) {
        self.text.push(' ');
        self.text.push_str(text);
        let bytes = text.len() + 1;
        self.steps.push(Step::Comment { bytes });
    }

    pub(crate) fn line(&mut self, flat: Flat) {
        self.steps.push(Step::Line(flat));
    }

    pub(crate) fn hard(&mut self) {
        self.steps.push(Step::Hard);
    }

    pub(crate) fn open(&mut self) {
        self.steps.push(Step::Open);
    }

    pub(crate) fn close(&mut self) {
        self.steps.push(Step::Close);
    }

    pub(crate) fn indent(&mut self) {
        self.steps.push(Step::Indent);
    }

    pub(crate) fn dedent(&mut self) {
        self.steps.push(Step::Dedent);
    }

    /// Sets the document on the page, from where the page ends.
    pub(crate) fn set(&self, page: &mut Page) {
        let mut text = self.text.as_str();
        let mut take = |bytes| {
            let (taken, rest) = text.split_at(bytes);
            text = rest;
            taken
        };
        let mut indent = 0_usize;
        // For each open group whether it is set on one line; outside of them nothing is.
        let mut flat = vec![false];
        let is_flat = |flat: &[bool]| flat.last().is_some_and(|flat| *flat);
        for (at, step) in self.steps.iter().enumerate() {
            if page.is_full() {
                return;
            }
            match *step {
                Step::Text { bytes, width } => page.text(take(bytes), width as usize),
                Step::Wrap => page.column = 0,
                Step::Comment { bytes } => page.text(take(bytes), 0),
                Step::Line(flat_as) if is_flat(&flat) => {
                    page.text(flat_as.text(), flat_as.text().len());
                }
                Step::Line(_) | Step::Hard => page.new_line(indent * INDENT),
                Step::Open => {
                    let fits = is_flat(&flat) || self.fits(at, page);
                    flat.push(fits);
                }
                Step::Close => {
                    flat.pop();
                }
                Step::Indent => indent += 1,
                Step::Dedent => indent = indent.saturating_sub(1),
            }
        }
    }

    /// Whether the group that opens at `from` fits on the line that the page ends with.
    fn fits(&self, from: usize, page: &Page) -> bool {
        let mut column = page.column;
        let mut depth = 0_usize;
        let mut closed = false;
        for step in &self.steps[from..] {
            match *step {
                Step::Text { width, .. } => column = column.saturating_add(width as usize),
                Step::Wrap => column = 0,
                Step::Line(_) | Step::Comment { .. } | Step::Hard if closed => return true,
                Step::Line(flat) => column = column.saturating_add(flat.text().len()),
                Step::Comment { .. } | Step::Hard => return false,
                Step::Open => depth += 1,
                Step::Close => {
                    depth = depth.saturating_sub(1);
                    closed |= depth == 0;
                }
                Step::Indent | Step::Dedent => {}
            }
            if column > page.width {
                return false;
            }
        }
        true
    }
}

fn columns(text: &str) -> u32 {
    let width: usize = text.chars().map(render::width).sum();
    u32::try_from(width).unwrap_or(u32::MAX)
}

/// The text that documents are set on, one behind the other.
#[derive(Debug)]
pub(crate) struct Page {
    out: String,
    /// How many columns the last line has.
    column: usize,
    /// Spaces that the last line begins with once something stands on it.
    owed: usize,
    width: usize,
    line_end: &'static str,
    /// How many bytes the text may have.
    limit: usize,
}

impl Page {
    /// An empty page of `width` columns, for `limit` bytes at most.
    pub(crate) fn new(width: usize, line_end: &'static str, limit: usize) -> Self {
        Self {
            out: String::new(),
            column: 0,
            owed: 0,
            width,
            line_end,
            limit,
        }
    }

    /// A page without edges.
    pub(crate) fn endless() -> Self {
        Self::new(usize::MAX, "\n", usize::MAX)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Whether there is more text than there may be; then it is not complete.
    pub(crate) fn is_full(&self) -> bool {
        self.out.len() > self.limit
    }

    pub(crate) fn text(&mut self, text: &str, width: usize) {
        if text.is_empty() {
            return;
        }
        for _ in 0..std::mem::take(&mut self.owed) {
            self.out.push(' ');
        }
        self.out.push_str(text);
        self.column = self.column.saturating_add(width);
    }

    pub(crate) fn new_line(&mut self, indent: usize) {
        self.out.push_str(self.line_end);
        self.owed = indent;
        self.column = indent;
    }

    pub(crate) fn into_text(self) -> String {
        self.out
    }
}
