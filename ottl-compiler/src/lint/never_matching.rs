//! `never-matching`: a regular expression that matches no text, because nothing can stand before
//! its beginning or behind its end, or because it has a class without characters.

use ottl_syntax::{Code, Diagnostic};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::patterns::Reader;
use super::walk::Node;
use super::{Around, Rule};

#[derive(Default)]
pub(super) struct NeverMatching {
    reader: Reader,
}

impl Rule for NeverMatching {
    fn node(&mut self, around: &mut Around<'_>, node: Node<'_>) {
        let Some(pattern) = self.reader.pattern(around, node) else {
            return;
        };
        if let Some(why) = why_never(&pattern.hir) {
            around.problems.report(
                Diagnostic::warning(
                    Code::NeverMatches,
                    pattern.span,
                    "This pattern matches no text.",
                )
                .with_label(why)
                .with_note(
                    "A `^` or `$` that is meant as a character is written `\\\\^` or `\\\\$`.",
                ),
            );
        }
    }
}

/// What makes a pattern fail on every text.
fn why_never(hir: &Hir) -> Option<&'static str> {
    if hir.properties().minimum_len().is_none() {
        return Some("it needs a character of a class that has none");
    }
    match hir.kind() {
        HirKind::Capture(group) => why_never(&group.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => why_never(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut reason = None;
            for part in parts {
                reason = Some(why_never(part)?);
            }
            reason
        }
        HirKind::Concat(parts) => sequence(parts),
        _ => None,
    }
}

fn sequence(parts: &[Hir]) -> Option<&'static str> {
    let (mut is_begun, mut is_ended) = (false, false);
    for part in parts {
        let properties = part.properties();
        if is_begun && properties.look_set_prefix().contains(Look::Start) {
            return Some("something must stand before the beginning of the text");
        }
        let takes_text = properties.minimum_len().is_some_and(|length| length > 0);
        if is_ended && takes_text {
            return Some("something must stand behind the end of the text");
        }
        is_begun |= takes_text;
        is_ended |= properties.look_set_suffix().contains(Look::End);
    }
    parts.iter().find_map(why_never)
}
