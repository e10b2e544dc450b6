//! What a user agent tells about a browser and an operating system, as uap-core describes it.
//!
//! The definitions are expressions in an order of which the first that matches counts. They are made
//! by the build script. An expression is compiled when a text has the words that it needs, which
//! few texts have of few expressions.

mod known;
mod prefilter;

use std::sync::{LazyLock, OnceLock};

use ottl_vm::{CallContext, ExecError, Room, TextBuilder};

use super::regex::{GoRegex, Haystack, Match, Template};
pub(crate) use known::answer;
use prefilter::Prefilter;

include!(concat!(env!("OUT_DIR"), "/user_agents.rs"));

/// The definitions of browsers.
static BROWSERS: LazyLock<Definitions<4>> = LazyLock::new(|| Definitions::new(AGENTS));
/// The definitions of operating systems.
static OPERATING_SYSTEMS: LazyLock<Definitions<5>> = LazyLock::new(|| Definitions::new(SYSTEMS));

/// The family where no definition matches.
const OTHER: &[u8] = b"Other";
/// What a definition may take. There are hundreds of them for all scripts together, so that their
/// caches are small.
const ROOM: Room = Room {
    caches: 512 << 10,
    ..Room::of(32 << 20)
};

type Sources<const PARTS: usize> = &'static [(&'static str, [&'static str; PARTS])];

/// Definitions that give a family and the parts of a version.
struct Definitions<const PARTS: usize> {
    sources: Sources<PARTS>,
    compiled: Vec<OnceLock<Definition<PARTS>>>,
    prefilter: Prefilter,
}

struct Definition<const PARTS: usize> {
    regex: GoRegex,
    templates: [Template; PARTS],
}

/// What a text tells.
struct Found {
    text: TextBuilder,
    /// Where the family ends in the text; the version follows.
    family: Option<usize>,
}

impl Found {
    fn family(&self) -> &[u8] {
        self.family.map_or(OTHER, |end| &self.text.bytes()[..end])
    }

    /// The parts of the version with points between them. It may be empty.
    fn version(&self) -> &[u8] {
        &self.text.bytes()[self.family.unwrap_or(0)..]
    }
}

impl<const PARTS: usize> Definitions<PARTS> {
    fn new(sources: Sources<PARTS>) -> Self {
        Self {
            sources,
            compiled: sources.iter().map(|_| OnceLock::new()).collect(),
            prefilter: Prefilter::new(sources.iter().map(|(regex, _)| *regex)),
        }
    }

    fn get(&self, index: usize) -> &Definition<PARTS> {
        self.compiled[index].get_or_init(|| {
            let (regex, templates) = &self.sources[index];
            Definition {
                regex: GoRegex::new(regex.as_bytes(), ROOM).expect("the expression is valid"),
                templates: templates.map(|template| Template::new(template.as_bytes())),
            }
        })
    }

    /// What the first definition that matches says of `text`.
    ///
    /// A definition whose family is empty for the text is passed over, but if none follows that
    /// matches, its version stays, as in the reference.
    ///
    /// # Errors
    /// When the run has to stop.
    fn find(&self, cx: &CallContext<'_>, text: &[u8]) -> Result<Found, ExecError> {
        cx.spend(1 + text.len() as u64 / 8)?;
        let words = self.prefilter.words(&Haystack::text(text));
        let mut found = Found {
            text: TextBuilder::new(cx.heap(), cx.limits().max_string_bytes),
            family: None,
        };
        for index in self.prefilter.candidates(&words) {
            let definition = self.get(index);
            let family = definition.regex.first(cx.heap().meter(), text, |matched| {
                definition.write(text, matched, &mut found.text)
            })?;
            if let Some(family @ 1..) = family {
                found.family = Some(family);
                break;
            }
        }
        Ok(found)
    }
}

impl<const PARTS: usize> Definition<PARTS> {
    /// Writes the family and the version of a match, and tells how long the family is.
    fn write(
        &self,
        text: &[u8],
        matched: &Match<'_>,
        out: &mut TextBuilder,
    ) -> Result<usize, ExecError> {
        out.truncate(0);
        self.templates[0].expand(&self.regex, text, matched, out)?;
        let family = out.len();
        for (at, template) in self.templates.iter().enumerate().skip(1) {
            let before = out.len();
            // The first part of the version has no point before it, even if it is empty.
            if at > 1 {
                out.push(b".")?;
            }
            let start = out.len();
            template.expand(&self.regex, text, matched, out)?;
            if out.len() == start {
                out.truncate(before);
            }
        }
        Ok(family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_compile<const PARTS: usize>(definitions: &Definitions<PARTS>) {
        for index in 0..definitions.sources.len() {
            assert_eq!(definitions.get(index).templates.len(), PARTS);
        }
    }

    #[test]
    fn every_definition_is_valid() {
        all_compile(&BROWSERS);
        all_compile(&OPERATING_SYSTEMS);
    }
}
