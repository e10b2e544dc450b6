//! Diagnostics as text for a terminal, with the source line and carets below the place.
//!
//! Source and file name come from strangers: control characters and the invisible characters that
//! reorder text are shown as replacements, and of a very long line only a window is shown.

use std::fmt::Write;

use crate::{Diagnostic, LineIndex, Severity, Span};

/// The widest piece of a source line that is shown, in columns.
const WINDOW: usize = 120;
/// How much of a long line is shown before the place.
const LEAD: usize = 40;
const TAB: usize = 4;

/// Renders the diagnostics, each followed by an empty line.
///
/// `file` names the source in `--> file:line:column`; columns count characters from 1. `source` is
/// the text that the spans refer to. `color` adds ANSI colours.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], file: &str, source: &str, color: bool) -> String {
    let mut out = String::new();
    let index = LineIndex::new(source);
    for diagnostic in diagnostics {
        Renderer {
            out: &mut out,
            index: &index,
            color,
            gutter: 0,
        }
        .diagnostic(diagnostic, file);
        out.push('\n');
    }
    out
}

#[derive(Clone, Copy)]
enum Style {
    Error,
    Warning,
    Gutter,
    Bold,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Error => "\x1b[1;31m",
            Self::Warning => "\x1b[1;33m",
            Self::Gutter => "\x1b[1;34m",
            Self::Bold => "\x1b[1m",
        }
    }
}

/// What is marked on one line.
struct Mark<'a> {
    /// Line number from 1.
    line: usize,
    /// The bytes to underline, relative to the line's start.
    start: usize,
    end: usize,
    text: &'a str,
    primary: bool,
}

struct Renderer<'a> {
    out: &'a mut String,
    index: &'a LineIndex<'a>,
    color: bool,
    /// Width of the widest line number.
    gutter: usize,
}

impl Renderer<'_> {
    fn diagnostic(&mut self, diagnostic: &Diagnostic, file: &str) {
        let (word, style) = match diagnostic.severity {
            Severity::Error => ("error", Style::Error),
            Severity::Warning => ("warning", Style::Warning),
        };
        let head = format!("{word}[{}]", diagnostic.code.as_str());
        self.styled(style, &head);
        let message = format!(": {}\n", clean(&diagnostic.message));
        self.styled(Style::Bold, &message);

        let marks = self.marks(diagnostic);
        let last = marks.last().map_or(1, |mark| mark.line);
        self.gutter = last.to_string().len();
        self.place(diagnostic.primary.span, file);
        self.lines(&marks, style);
        self.footer(diagnostic);
    }

    fn styled(&mut self, style: Style, text: &str) {
        if self.color && !text.trim().is_empty() {
            let body = text.trim_end_matches('\n');
            let _ = write!(
                self.out,
                "{}{body}\x1b[0m{}",
                style.code(),
                &text[body.len()..]
            );
        } else {
            self.out.push_str(text);
        }
    }

    fn place(&mut self, span: Span, file: &str) {
        let at = self.index.line_column(span.start as usize);
        let arrow = format!("{:gutter$}--> ", "", gutter = self.gutter + 1);
        self.styled(Style::Gutter, &arrow);
        let _ = writeln!(self.out, "{}:{}:{}", clean(file), at.line, at.column);
    }

    /// The marks in the order of their lines, the primary one first on its line.
    fn marks<'d>(&self, diagnostic: &'d Diagnostic) -> Vec<Mark<'d>> {
        let mut marks = Vec::new();
        self.mark(
            diagnostic.primary.span,
            &diagnostic.primary.text,
            true,
            &mut marks,
        );
        for label in &diagnostic.secondary {
            self.mark(label.span, &label.text, false, &mut marks);
        }
        marks.sort_by_key(|mark| (mark.line, !mark.primary, mark.start));
        marks
    }

    /// Marks the span; of several lines only the first and the last.
    fn mark<'d>(&self, span: Span, text: &'d str, primary: bool, marks: &mut Vec<Mark<'d>>) {
        let (start, end) = (span.start as usize, span.end as usize);
        let first = self.index.line_column(start).line;
        let last = self
            .index
            .line_column(end.saturating_sub(1).max(start))
            .line;
        let lines = if first == last {
            vec![first]
        } else {
            vec![first, last]
        };
        for line in lines {
            let range = self.index.line_range(line);
            let content = &self.index.source()[range.clone()];
            let indent = content.len() - content.trim_start().len();
            let from = if line == first {
                start.saturating_sub(range.start)
            } else {
                indent
            };
            let to = end.min(range.end).saturating_sub(range.start);
            marks.push(Mark {
                line,
                start: from.min(content.len()),
                end: to.max(from).min(content.len()),
                text: if line == last { text } else { "" },
                primary,
            });
        }
    }

    fn bar(&mut self, number: Option<usize>) {
        let gutter = self.gutter;
        let text = match number {
            Some(number) => format!(" {number:>gutter$} |"),
            None => format!(" {:gutter$} |", ""),
        };
        self.styled(Style::Gutter, &text);
    }

    fn lines(&mut self, marks: &[Mark<'_>], style: Style) {
        self.bar(None);
        self.out.push('\n');
        let mut before = None;
        for group in marks.chunk_by(|a, b| a.line == b.line) {
            let line = group[0].line;
            if before.is_some_and(|before| before + 1 < line) {
                self.styled(Style::Gutter, "...\n");
            }
            before = Some(line);
            let content = &self.index.source()[self.index.line_range(line)];
            let shown = Shown::new(content, group[0].start);
            self.bar(Some(line));
            if !shown.text.is_empty() {
                let _ = write!(self.out, " {}", shown.text);
            }
            self.out.push('\n');
            for mark in group {
                self.underline(mark, &shown, content, style);
            }
        }
    }

    fn underline(&mut self, mark: &Mark<'_>, shown: &Shown, content: &str, style: Style) {
        self.bar(None);
        let (start, end) = shown.columns(content, mark.start, mark.end);
        let sign = if mark.primary { "^" } else { "-" };
        let mut text = sign.repeat((end - start).max(1));
        if !mark.text.is_empty() {
            text.push(' ');
            text.push_str(&clean(mark.text));
        }
        let _ = write!(self.out, " {:start$}", "");
        let style = if mark.primary { style } else { Style::Gutter };
        self.styled(style, &text);
        self.out.push('\n');
    }

    fn footer(&mut self, diagnostic: &Diagnostic) {
        if diagnostic.notes.is_empty() && diagnostic.fix.is_none() {
            return;
        }
        self.bar(None);
        self.out.push('\n');
        for note in &diagnostic.notes {
            self.footnote("note", note);
        }
        if let Some(fix) = &diagnostic.fix {
            let replacement = fix.replacement.trim();
            if replacement.is_empty() || fix.message.contains(replacement) {
                self.footnote("help", &fix.message);
            } else {
                self.footnote("help", &format!("{}: `{replacement}`", fix.message));
            }
        }
    }

    fn footnote(&mut self, word: &str, text: &str) {
        let equals = format!(" {:gutter$} = ", "", gutter = self.gutter);
        self.styled(Style::Gutter, &equals);
        self.styled(Style::Bold, word);
        let _ = writeln!(self.out, ": {}", clean(text));
    }
}

/// The part of a source line that is shown.
struct Shown {
    text: String,
    /// The columns of the line that are shown.
    from: usize,
    to: usize,
}

impl Shown {
    fn new(content: &str, focus: usize) -> Self {
        let width: usize = cells(content).map(|(_, _, width)| width).sum();
        if width <= WINDOW {
            let text: String = cells(content).map(|(_, c, width)| cell(c, width)).collect();
            let text = text.trim_end().to_owned();
            return Self {
                text,
                from: 0,
                to: width,
            };
        }
        let focus: usize = column(content, focus);
        let from = focus.saturating_sub(LEAD).min(width - WINDOW);
        let to = from + WINDOW;
        let mut text = String::new();
        if from > 0 {
            text.push('…');
        }
        let mut at = 0;
        for (_, c, width) in cells(content) {
            if at >= from && at + width <= to {
                text.push_str(&cell(c, width));
            } else if at < to && at + width > from {
                // A wide character that is cut keeps its visible columns as blanks.
                let visible = (at + width).min(to) - at.max(from);
                text.push_str(&" ".repeat(visible));
            }
            at += width;
            if at >= to {
                break;
            }
        }
        if to < width {
            text.push('…');
        }
        Self { text, from, to }
    }

    /// The columns below the shown text for the bytes `start..end` of the line.
    fn columns(&self, content: &str, start: usize, end: usize) -> (usize, usize) {
        let shift = usize::from(self.from > 0);
        let shown = |offset| column(content, offset).clamp(self.from, self.to) - self.from + shift;
        (shown(start), shown(end))
    }
}

/// The column at which the byte `offset` of the line is shown.
fn column(content: &str, offset: usize) -> usize {
    let before = cells(content).take_while(|(at, _, _)| *at < offset);
    before.map(|(_, _, width)| width).sum()
}

/// The characters of a line with their offsets and how many columns each takes.
fn cells(content: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut column = 0;
    content.char_indices().map(move |(at, c)| {
        let width = if c == '\t' {
            TAB - column % TAB
        } else {
            width(c)
        };
        column += width;
        (at, c, width)
    })
}

fn cell(c: char, width: usize) -> String {
    match c {
        '\t' => " ".repeat(width),
        c => visible(c).to_string(),
    }
}

/// How many columns a terminal uses for the character.
pub(crate) fn width(c: char) -> usize {
    match u32::from(visible(c)) {
        0x300..=0x36f
        | 0x483..=0x489
        | 0x591..=0x5bd
        | 0x64b..=0x65f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f
        | 0xe0100..=0xe01ef => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The character, or a stand-in for one that is invisible or would act on the terminal.
fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        c => c,
    }
}

fn clean(text: &str) -> String {
    text.chars().map(visible).collect()
}
