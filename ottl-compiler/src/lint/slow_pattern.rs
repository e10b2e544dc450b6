//! `slow-pattern`: a regular expression where a plain comparison would do, or that has to be tried
//! everywhere in a text.

use ottl_syntax::{Code, Diagnostic};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::patterns::{Pattern, Reader, parts};
use super::walk::Node;
use super::{Around, Rule};
use crate::Registry;

/// As many characters as a class may have to be searched for like a text.
const FEW: u32 = 4;

#[derive(Default)]
pub(super) struct SlowPattern {
    reader: Reader,
}

impl Rule for SlowPattern {
    fn node(&mut self, around: &mut Around<'_>, node: Node<'_>) {
        let Some(pattern) = self.reader.pattern(around, node) else {
            return;
        };
        let found = plain(around.registry, &pattern)
            .or_else(|| open_end(&pattern))
            .or_else(|| nothing_fixed(&pattern.hir));
        if let Some((message, note)) = found {
            around.problems.report(
                Diagnostic::warning(Code::SlowPattern, pattern.span, message).with_note(note),
            );
        }
    }
}

/// A message and a note.
type Advice = (String, String);

/// A pattern that asks for a text at the beginning, at the end, or anywhere.
fn plain(registry: &Registry, pattern: &Pattern) -> Option<Advice> {
    if !pattern.is_asked {
        return None;
    }
    let is_look = |part: &Hir, look| *part.kind() == HirKind::Look(look);
    let mut rest = parts(&pattern.hir);
    let mut is_anchored = (false, false);
    if let [first, behind @ ..] = rest
        && is_look(first, Look::Start)
    {
        (is_anchored.0, rest) = (true, behind);
    }
    if let [before @ .., last] = rest
        && is_look(last, Look::End)
    {
        (is_anchored.1, rest) = (true, before);
    }
    let [only] = rest else {
        return None;
    };
    let HirKind::Literal(literal) = only.kind() else {
        return None;
    };
    let text = std::str::from_utf8(&literal.0).ok()?;
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let (what, better, function) = match is_anchored {
        (true, true) => ("is the whole text", format!("… == \"{text}\""), None),
        (true, false) => (
            "is at the beginning of the text",
            format!("HasPrefix(…, \"{text}\")"),
            Some("HasPrefix"),
        ),
        (false, true) => (
            "is at the end of the text",
            format!("HasSuffix(…, \"{text}\")"),
            Some("HasSuffix"),
        ),
        (false, false) => (
            "is anywhere in the text",
            format!("Index(…, \"{text}\") >= 0"),
            Some("Index"),
        ),
    };
    if function.is_some_and(|function| registry.find(function).is_none()) {
        return None;
    }
    Some((
        format!("This pattern only asks whether \"{text}\" {what}."),
        format!("`{better}` says the same of a string and needs no pattern."),
    ))
}

/// A pattern that begins with `.*`, or where only a match is asked for also one that ends so.
fn open_end(pattern: &Pattern) -> Option<Advice> {
    let parts = parts(&pattern.hir);
    let asks = pattern.is_asked;
    let begins = parts.first().is_some_and(is_anything);
    let ends = asks && parts.last().is_some_and(is_anything);
    let (place, advice) = match (begins, ends) {
        (true, _) if asks => (
            "begins",
            format!(
                "Leave it out: `{}` searches the whole text anyway.",
                pattern.taker
            ),
        ),
        (true, _) => (
            "begins",
            "Each search reads to the end of the line. Begin with what must be there, or anchor \
             the pattern with `^`."
                .to_owned(),
        ),
        (false, true) => (
            "ends",
            format!(
                "Leave it out: `{}` does not mind what comes behind.",
                pattern.taker
            ),
        ),
        (false, false) => return None,
    };
    Some((
        format!("This pattern {place} with any number of any characters."),
        advice,
    ))
}

/// `.*` or `.*?`.
fn is_anything(hir: &Hir) -> bool {
    let HirKind::Repetition(repetition) = hir.kind() else {
        return false;
    };
    let HirKind::Class(Class::Unicode(class)) = repetition.sub.kind() else {
        return false;
    };
    let ranges = class.ranges();
    let reaches_end = ranges.last().is_some_and(|range| range.end() == char::MAX);
    let reaches_start = ranges.first().is_some_and(|range| range.start() == '\0');
    repetition.min == 0
        && repetition.max.is_none()
        && ranges.len() <= 2
        && reaches_start
        && reaches_end
}

/// A pattern that could begin anywhere and has no text that must be there.
fn nothing_fixed(hir: &Hir) -> Option<Advice> {
    let properties = hir.properties();
    let is_anchored = properties.look_set_prefix().contains(Look::Start)
        || properties.look_set_suffix().contains(Look::End);
    if is_anchored || has_text(hir) {
        return None;
    }
    Some((
        "This pattern has no text that must be there, and is tried everywhere.".to_owned(),
        "Anchor it with `^` or `$`, or add what stands beside it.".to_owned(),
    ))
}

/// Whether a text, or one of a few characters, is in whatever matches.
fn has_text(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(_) => true,
        HirKind::Class(Class::Unicode(class)) => {
            let sizes = class.iter().map(|range| range.len() as u32);
            sizes.sum::<u32>() <= FEW
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Repetition(repetition) => repetition.min > 0 && has_text(&repetition.sub),
        HirKind::Capture(group) => has_text(&group.sub),
        HirKind::Concat(parts) => parts.iter().any(has_text),
        HirKind::Alternation(parts) => parts.iter().all(has_text),
    }
}
