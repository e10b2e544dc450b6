//! Replacement templates as Go's `Regexp.Expand` reads them: `$1`, `$name`, `${name}`, `$$`.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use ottl_vm::{ExecError, TextBuilder};
use regex::Regex;

use super::{GoRegex, Match};

/// A template taken apart.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// How many of the parts are names, which have to be found among those of the pattern.
    names: usize,
    uses_groups: bool,
}

/// Names that are compared for one unit of work.
const NAMES_PER_UNIT: usize = 8;

#[derive(Debug)]
enum Part {
    Text(Vec<u8>),
    Group(usize),
    Name(String),
}

impl Template {
    /// Any text is a template: a `$` that begins nothing stands for itself.
    pub(crate) fn new(template: &[u8]) -> Self {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        let mut rest = template;
        while let Some(at) = rest.iter().position(|&byte| byte == b'$') {
            text.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(b"$") {
                text.push(b'$');
                rest = after;
            } else if let Some((name, after)) = name(rest) {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(number(name).map_or_else(|| Part::Name(name.to_owned()), Part::Group));
                rest = after;
            } else {
                text.push(b'$');
            }
        }
        text.extend_from_slice(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let uses_groups = parts
            .iter()
            .any(|part| matches!(part, Part::Name(_) | Part::Group(1..)));
        let names = parts.iter().filter(|part| matches!(part, Part::Name(_)));
        Self {
            names: names.count(),
            parts,
            uses_groups,
        }
    }

    /// Whether more than the whole match is needed.
    pub(crate) fn uses_groups(&self) -> bool {
        self.uses_groups
    }

    /// Appends the template with the groups of a match in `text`. Groups that do not exist or took
    /// no part are empty.
    ///
    /// # Errors
    /// When the result would be too long, or the run has to stop.
    pub(crate) fn expand(
        &self,
        regex: &GoRegex,
        text: &[u8],
        found: &Match<'_>,
        out: &mut TextBuilder,
    ) -> Result<(), ExecError> {
        let compared = self.names.saturating_mul(regex.names().len());
        out.spend((self.parts.len() + compared / NAMES_PER_UNIT) as u64)?;
        for part in &self.parts {
            let part = match part {
                Part::Text(text) => text.as_slice(),
                Part::Group(index) => found.group(*index).map_or(&[][..], |range| &text[range]),
                Part::Name(name) => {
                    let group = |(index, known): (usize, &Option<String>)| {
                        (known.as_ref() == Some(name)).then(|| found.group(index))?
                    };
                    // Several groups may have the name; the first that took part counts.
                    let range = regex.names().iter().enumerate().find_map(group);
                    range.map_or(&[][..], |range| &text[range])
                }
            };
            out.push(part)?;
        }
        Ok(())
    }
}

/// The name behind a `$`, and what follows: the longest run of letters, digits and underscores,
/// in braces or not.
fn name(rest: &[u8]) -> Option<(&str, &[u8])> {
    let (body, braced) = match rest.strip_prefix(b"{") {
        Some(body) => (body, true),
        None => (rest, false),
    };
    let valid = body.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let end = valid.char_indices().try_for_each(|(at, char)| {
        if is_word(char) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(at)
        }
    });
    let end = end.break_value().unwrap_or(valid.len());
    if end == 0 {
        return None;
    }
    let after = &body[end..];
    let after = if braced {
        after.strip_prefix(b"}")?
    } else {
        after
    };
    Some((&valid[..end], after))
}

fn is_word(char: char) -> bool {
    static LETTER_OR_DIGIT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\A[\p{L}\p{Nd}]").expect("the pattern is valid"));
    if char.is_ascii() {
        char.is_ascii_alphanumeric() || char == '_'
    } else {
        LETTER_OR_DIGIT.is_match(char.encode_utf8(&mut [0; 4]))
    }
}

/// The group's number, if the name is a decimal number without leading zeros.
fn number(name: &str) -> Option<usize> {
    let plain = name.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = name.len() > 1 && name.starts_with('0');
    // Longer numbers are names to Go, and no group has either.
    if plain && !leading_zero && name.len() <= 9 {
        name.parse().ok()
    } else {
        None
    }
}
