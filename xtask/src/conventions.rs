//! The table of semantic conventions, which is written from the source of their package.
//!
//! The package has a constant for each key, but no list of them, and says only in the text of an
//! attribute what was renamed to what. Both are read from its source as it stands there; anything
//! that cannot be read is a failure, so that a new version of the package cannot shorten the table
//! silently.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{Failure, metadata};

/// Where the table is.
const PLACE: &str = "ottl-compiler/src/lint/conventions.rs";
const PACKAGE: &str = "opentelemetry-semantic-conventions";
/// Columns of the table.
const WIDTH: usize = 99;

const HEAD: &str = r#"//! The keys that the semantic conventions know, and which of them were renamed.
//!
//! Written by `cargo xtask generate` from the source of the package of the conventions; do not edit.
//! The keys themselves come from that package; only the names of its constants stand here, since it
//! has no list of them. What was renamed to what is in the package as the text of an attribute,
//! which a program cannot read.

#![expect(
    deprecated,
    reason = "data and statements still have the keys that were renamed"
)]

use opentelemetry_semantic_conventions::attribute;

macro_rules! known {
    ($($name:ident)+) => {
        /// Keys in use, and those that were removed without another in their place.
        pub(super) const KNOWN: &[&str] = &[$(attribute::$name),+];
    };
}

macro_rules! renamed {
    ($($old:ident => $new:ident,)+) => {
        /// Keys that have another name now, and that name.
        pub(super) const RENAMED: &[(&str, &str)] = &[$((attribute::$old, attribute::$new)),+];
    };
}
"#;

/// The place of the table and what it should be.
pub(crate) fn table(root: &Path) -> Result<(String, String), Failure> {
    let metadata = metadata::read(root)?;
    let mut packages = metadata.packages.iter();
    let package = packages.find(|package| package.name == PACKAGE);
    let package = package.ok_or_else(|| format!("No crate uses {PACKAGE}."))?;
    let source = package.manifest_path.with_file_name("src/attribute.rs");
    let source = fs::read_to_string(&source)
        .map_err(|error| format!("{} cannot be read: {error}.", source.display()))?;
    let content = write(&keys(&source)?);
    Ok((PLACE.to_owned(), content))
}

/// A key of the conventions.
#[derive(Debug, PartialEq, Eq)]
struct Key<'a> {
    /// The name of its constant.
    constant: &'a str,
    /// The constant of the key that it was renamed to.
    renamed_to: Option<&'a str>,
}

/// The keys of the package, in the order of its source.
fn keys(source: &str) -> Result<Vec<Key<'_>>, Failure> {
    let mut found = Vec::new();
    // What stands before a constant is its own documentation and attributes.
    let mut parts = source.split("pub const ");
    let mut before = parts.next().unwrap_or_default();
    for part in parts {
        let read = part.split_once(": &str =").and_then(|(constant, rest)| {
            let (_, rest) = rest.split_once('"')?;
            let (key, behind) = rest.split_once("\";")?;
            Some((constant, key, behind))
        });
        let Some((constant, key, behind)) = read else {
            let start: String = part.chars().take(60).collect();
            return Err(format!("The constant `{start}` of {PACKAGE} is no key.").into());
        };
        found.push((constant, key, new_name(before)));
        before = behind;
    }
    let by_key: HashMap<_, _> = found.iter().map(|(name, key, _)| (*key, *name)).collect();
    let keys = found.iter().map(|(constant, _, new)| Key {
        constant,
        renamed_to: new.and_then(|new| by_key.get(new).copied()),
    });
    Ok(keys.collect())
}

/// The new name that an attribute in front of a constant tells.
fn new_name(attributes: &str) -> Option<&str> {
    let (_, rest) = attributes.split_once("#[deprecated(")?;
    let (_, rest) = rest.split_once("renamed_to: ")?;
    rest.split_once('}').map(|(name, _)| name)
}

fn write(keys: &[Key<'_>]) -> String {
    let mut out = format!("{HEAD}\nrenamed! {{\n");
    for key in keys {
        if let Some(new) = key.renamed_to {
            let _ = writeln!(out, "    {} => {new},", key.constant);
        }
    }
    out.push_str("}\n\nknown! {\n");
    let known = keys.iter().filter(|key| key.renamed_to.is_none());
    let mut known: Vec<_> = known.map(|key| key.constant).collect();
    known.sort_unstable();
    let mut line = String::new();
    for name in known {
        if !line.is_empty() && 4 + line.len() + 1 + name.len() > WIDTH {
            let _ = writeln!(out, "    {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(name);
    }
    let _ = writeln!(out, "    {line}\n}}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"//! Keys.
/// An old one.
#[deprecated(note = "{note: Replaced by `b.c`., reason: renamed, renamed_to: b.c}")]
pub const A: &str = "a";
/// A new one.
pub const B_C: &str =
    "b.c";
#[deprecated(note = "{note: Removed., reason: obsoleted}")]
pub const D: &str = "d";
"#;

    #[test]
    fn keys_are_read_with_what_they_were_renamed_to() {
        let keys = keys(SOURCE).expect("it is well formed");
        let names: Vec<_> = keys
            .iter()
            .map(|key| (key.constant, key.renamed_to))
            .collect();
        assert_eq!(names, [("A", Some("B_C")), ("B_C", None), ("D", None)]);
        let table = write(&keys);
        assert!(
            table.ends_with("renamed! {\n    A => B_C,\n}\n\nknown! {\n    B_C D\n}\n"),
            "{table}"
        );
    }

    #[test]
    fn what_is_no_key_is_a_failure() {
        let failure = keys("pub const A: u8 = 1;").expect_err("it is no text");
        assert!(failure.to_string().contains("`A: u8 = 1;`"), "{failure}");
    }
}
