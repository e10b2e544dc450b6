//! `unknown-key`: an attribute's key that no semantic convention knows, but that is nearly one they
//! know; and, where it is written, one that they have renamed.
//!
//! Keys are free, so that one is suspicious only when it differs from a known one in its separators,
//! or in a letter or two.

use std::collections::{HashMap, HashSet};

use ottl_syntax::{Code, Diagnostic};
use ottl_vm::path::Access;

use super::conventions::{KNOWN, RENAMED};
use super::walk::{Node, Usage};
use super::{Around, Rule};
use crate::hir::{Key, Path};

/// How many unknown keys of a program are compared letter by letter with all known ones.
const MOST_COMPARED: usize = 500;
/// A key as short as this is too easily another one.
const SHORTEST: usize = 6;
/// A key as long as this may differ in two letters.
const LONG: usize = 12;

pub(super) struct UnknownKey {
    /// What stands for each known key, by the key itself.
    current: HashMap<&'static str, &'static str>,
    /// The same by the key's letters alone.
    letters: HashMap<String, &'static str>,
    /// The keys that were looked at; each is told about once.
    seen: HashSet<(Vec<u8>, bool)>,
    compared: usize,
}

impl Default for UnknownKey {
    fn default() -> Self {
        let known = KNOWN.iter().map(|key| (*key, *key));
        let current: HashMap<_, _> = known.chain(RENAMED.iter().copied()).collect();
        let mut letters = HashMap::new();
        for (key, meant) in RENAMED
            .iter()
            .copied()
            .chain(KNOWN.iter().map(|key| (*key, *key)))
        {
            letters.insert(bare(key), meant);
        }
        Self {
            current,
            letters,
            seen: HashSet::new(),
            compared: 0,
        }
    }
}

impl Rule for UnknownKey {
    fn node(&mut self, around: &mut Around<'_>, node: Node<'_>) {
        let Node::Path(path, usage) = node else {
            return;
        };
        let ("attributes", Access::Map(_), Some(Key::Str(key))) =
            (path.def.name, path.def.access, path.keys.first())
        else {
            return;
        };
        let is_written = usage != Usage::Read;
        let Ok(text) = std::str::from_utf8(key) else {
            return;
        };
        if !self.seen.insert((key.clone(), is_written)) {
            return;
        }
        match self.current.get(text) {
            // What comes in may still have the old name, and a script must read it by that.
            Some(current) if *current != text && is_written => {
                around.problems.report(renamed(path, text, current));
            }
            Some(_) => {}
            None => {
                if let Some(meant) = self.meant(text) {
                    around.problems.report(unknown(path, text, meant));
                }
            }
        }
    }
}

impl UnknownKey {
    fn meant(&mut self, key: &str) -> Option<&'static str> {
        let length = key.len();
        if length < SHORTEST {
            return None;
        }
        if let Some(meant) = self.letters.get(&bare(key)) {
            return Some(meant);
        }
        let limit = if length < LONG { 1 } else { 2 };
        if self.compared == MOST_COMPARED {
            return None;
        }
        self.compared += 1;
        let lower = key.to_lowercase();
        let candidates = self.current.iter().filter(|(known, _)| {
            // Nobody mistypes the first letter; `test.name` is no `host.name`.
            known.len().abs_diff(length) <= limit && known.as_bytes()[0] == lower.as_bytes()[0]
        });
        candidates
            .map(|(known, meant)| (strsim::damerau_levenshtein(&lower, known), *meant))
            .filter(|(distance, _)| *distance <= limit)
            .min()
            .map(|(_, meant)| meant)
    }
}

/// The letters and digits of a key, small.
fn bare(key: &str) -> String {
    let letters = key.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn unknown(path: &Path, key: &str, meant: &str) -> Diagnostic {
    let message = format!("No semantic convention knows the attribute \"{key}\".");
    Diagnostic::warning(Code::UnlikelyKey, path.span, message)
        .with_note(format!("Did you mean \"{meant}\"?"))
}

fn renamed(path: &Path, key: &str, current: &str) -> Diagnostic {
    let message = format!("The attribute \"{key}\" has another name now.");
    Diagnostic::warning(Code::RenamedKey, path.span, message)
        .with_note(format!("The semantic conventions call it \"{current}\"."))
}
