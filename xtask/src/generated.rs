//! Pages of `docs/` that are written from the code.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ottl::{Function, Home, Signature};
use ottl_syntax::Code;

use crate::{Failure, Findings};

/// The generated pages: their places and contents.
fn pages() -> [(&'static str, String); 2] {
    [
        ("docs/functions.md", functions()),
        ("docs/diagnostics.md", diagnostics()),
    ]
}

/// Writes every page.
pub(crate) fn write(root: &Path) -> Result<(), Failure> {
    for (place, content) in pages() {
        fs::write(root.join(place), content)?;
    }
    Ok(())
}

/// Finds the pages that differ from what would be written.
pub(crate) fn check(root: &Path) -> Findings {
    let stale = pages().into_iter().filter(|(place, content)| {
        fs::read_to_string(root.join(place)).ok().as_ref() != Some(content)
    });
    Ok(stale
        .map(|(place, _)| format!("{place} is not what the code says. Run cargo xtask generate."))
        .collect())
}

const NOTE: &str = "<!-- Written by cargo xtask generate; do not edit. -->";

fn functions() -> String {
    let engine = ottl::Engine::default();
    let all = engine.registry().all();
    let mut page = format!(
        "# Functions\n\n{NOTE}\n\nA `?` marks a parameter that may be left out. Editors change \
         something and stand at the head of a statement; converters give a value.\n"
    );
    for (title, editors) in [("Editors", true), ("Converters", false)] {
        let chosen = all
            .iter()
            .filter(|function| function.signature().is_editor() == editors);
        write_table(&mut page, title, chosen.map(|function| &***function));
    }
    page
}

fn write_table<'a>(
    page: &mut String,
    title: &str,
    functions: impl Iterator<Item = &'a (dyn Function + 'a)>,
) {
    let _ = write!(
        page,
        "\n## {title}\n\n| declaration | what it does |\n| --- | --- |\n"
    );
    for function in functions {
        let signature = function.signature();
        let declaration = ottl::declaration(signature);
        let home = match function.home() {
            Home::Standard => "",
            Home::Experimental => " Only with the gate `ottl.functions.enableLambda`.",
            Home::Transform => " From the transform processor.",
            Home::Filter => " From the filter processor.",
            Home::Selfops => " Only in the `selfops` dialect.",
        };
        let summary = cell(summary(signature));
        let _ = writeln!(page, "| `{}` | {summary}{home} |", cell(&declaration));
    }
}

/// The first paragraph of a function's documentation.
fn summary(signature: &Signature) -> &str {
    signature.docs.split("\n\n").next().unwrap_or_default()
}

/// Text that does not end the cell of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn diagnostics() -> String {
    let mut page = format!(
        "# Diagnostics\n\n{NOTE}\n\nA code names one kind of problem for good and is never reused. \
         `E` codes reject the source; `W` codes tell of what is legal and will not do what was \
         meant.\n"
    );
    for (phase, title) in PHASES {
        let _ = write!(
            page,
            "\n## {title}\n\n| code | what it is about |\n| --- | --- |\n"
        );
        for code in Code::ALL
            .iter()
            .filter(|code| code.as_str()[1..].starts_with(phase))
        {
            let _ = writeln!(page, "| `{}` | {} |", code.as_str(), cell(code.title()));
        }
    }
    page
}

/// The first two digits of codes, and what they have in common.
const PHASES: [(&str, &str); 7] = [
    ("01", "Lexing and parsing"),
    ("02", "Names"),
    ("03", "Calls and arguments"),
    ("04", "Types"),
    ("05", "Dialects"),
    ("06", "Configurations"),
    ("09", "Limits"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_and_function_has_one_row() {
        let page = diagnostics();
        for code in Code::ALL {
            let row = format!("| `{}` |", code.as_str());
            assert_eq!(page.matches(&row).count(), 1, "{}", code.as_str());
        }
        let page = functions();
        let engine = ottl::Engine::default();
        for function in engine.registry().all() {
            let row = format!("\n| `{}(", function.signature().name);
            assert_eq!(page.matches(&row).count(), 1, "{row}");
        }
    }

    #[test]
    fn a_stale_page_is_found() {
        let folder = std::env::temp_dir().join(format!("xtask-{}", std::process::id()));
        fs::create_dir_all(folder.join("docs")).expect("a folder for temporary files");
        write(&folder).expect("pages are written");
        assert_eq!(
            check(&folder).expect("pages are read"),
            Vec::<String>::new()
        );
        fs::write(folder.join("docs/functions.md"), "old").expect("a page is written");
        let findings = check(&folder).expect("pages are read");
        fs::remove_dir_all(&folder).expect("the folder is removed");
        assert_eq!(findings.len(), 1);
        assert!(findings[0].contains("docs/functions.md"));
    }
}
