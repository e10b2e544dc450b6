//! Files that are written from the code: pages of `docs/`, and the table of conventions.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ottl::{Engine, Function, context_name, reference};
use ottl_syntax::Code;
use ottl_syntax::explanation::{Part, parts};

use crate::{Failure, Findings, conventions};

/// The folder that holds a page for each function and nothing else.
const FUNCTIONS: &str = "docs/functions";

/// The generated files: their places and contents.
type Files = Vec<(String, String)>;

fn files(root: &Path) -> Result<Files, Failure> {
    let mut files = pages();
    files.push(conventions::table(root)?);
    Ok(files)
}

/// Those that the code alone tells.
fn pages() -> Files {
    let engine = Engine::default();
    let all = engine.registry().all();
    let mut pages = vec![
        ("docs/functions.md".to_owned(), functions(&engine)),
        ("docs/diagnostics.md".to_owned(), diagnostics()),
    ];
    pages.extend(all.iter().map(|function| {
        let name = function.signature().name;
        (format!("{FUNCTIONS}/{name}.md"), page(&***function))
    }));
    pages
}

/// Writes every file, and removes those of functions that are no more.
pub(crate) fn write(root: &Path) -> Result<(), Failure> {
    write_files(root, files(root)?)
}

fn write_files(root: &Path, pages: Files) -> Result<(), Failure> {
    fs::create_dir_all(root.join(FUNCTIONS))?;
    for place in leftovers(root, &pages)? {
        fs::remove_file(root.join(place))?;
    }
    for (place, content) in pages {
        fs::write(root.join(place), content)?;
    }
    Ok(())
}

/// Finds the files that differ from what would be written.
pub(crate) fn check(root: &Path) -> Findings {
    check_files(root, files(root)?)
}

fn check_files(root: &Path, pages: Files) -> Findings {
    let mut findings: Vec<_> = leftovers(root, &pages)?
        .into_iter()
        .map(|place| format!("{place} is about no function. Run cargo xtask generate."))
        .collect();
    let stale = pages.into_iter().filter(|(place, content)| {
        fs::read_to_string(root.join(place)).ok().as_ref() != Some(content)
    });
    findings.extend(
        stale.map(|(place, _)| {
            format!("{place} is not what the code says. Run cargo xtask generate.")
        }),
    );
    Ok(findings)
}

/// The files in the folder of functions that are none of the pages, sorted.
fn leftovers(root: &Path, pages: &[(String, String)]) -> Result<Vec<String>, Failure> {
    let folder = root.join(FUNCTIONS);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let place = format!("{FUNCTIONS}/{}", entry?.file_name().to_string_lossy());
        if pages.iter().all(|(page, _)| *page != place) {
            found.push(place);
        }
    }
    found.sort();
    Ok(found)
}

const NOTE: &str = "<!-- Written by cargo xtask generate; do not edit. -->";

fn functions(engine: &Engine) -> String {
    let all = engine.registry().all();
    let mut page = format!(
        "# Functions\n\n{NOTE}\n\nA `?` marks a parameter that may be left out. Editors change \
         something and stand at the head of a statement; converters give a value. `ottlc functions` \
         shows the same.\n"
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
        let name = signature.name;
        let declaration = ottl::declaration(signature);
        let parameters = cell(declaration.strip_prefix(name).unwrap_or(&declaration));
        let home = reference::home_note(function.home())
            .map_or_else(String::new, |note| format!(" {note}"));
        let summary = cell(reference::summary(signature));
        let _ = writeln!(
            page,
            "| [`{name}`](functions/{name}.md)`{parameters}` | {summary}{home} |"
        );
    }
}

/// The page of one function.
fn page(function: &dyn Function) -> String {
    let signature = function.signature();
    let name = signature.name;
    let mut page = format!(
        "# {name}\n\n{NOTE}\n\n```text\n{}\n```\n\n{}\n\n",
        ottl::declaration(signature),
        signature.docs.trim_end()
    );
    let kind = match signature.is_editor() {
        true => "An editor",
        false => "A converter",
    };
    let contexts = if reference::is_everywhere(function) {
        "in every context".to_owned()
    } else {
        let contexts = reference::contexts_of(function).into_iter();
        let names: Vec<_> = contexts
            .map(|context| format!("`{}`", context_name(context)))
            .collect();
        let noun = if names.len() == 1 {
            "context"
        } else {
            "contexts"
        };
        format!("in the {noun} {}", names.join(", "))
    };
    let _ = write!(page, "{kind}, {contexts}.");
    if let Some(note) = reference::home_note(function.home()) {
        let _ = write!(page, " {note}");
    }
    page.push('\n');
    if !signature.params.is_empty() {
        page.push_str(
            "\n## Parameters\n\n| name | takes | may be left out |\n| --- | --- | --- |\n",
        );
    }
    for param in signature.params {
        let takes = cell(ottl::describe_param(param.kind));
        let optional = if param.optional { "yes" } else { "no" };
        let _ = writeln!(page, "| `{}` | {takes} | {optional} |", param.name);
    }
    if !signature.examples.is_empty() {
        page.push_str("\n## Examples\n");
    }
    for example in signature.examples {
        let _ = write!(
            page,
            "\n{}:\n\n```ottl\n{}\n```\n\n",
            example.title, example.source
        );
        page.push_str("```text\n");
        if reference::has_attributes(example) {
            let _ = writeln!(page, "attributes  {}", example.attributes);
        }
        let _ = write!(page, "result      {}\n```\n", reference::outcome(example));
    }
    page.push_str("\n[All functions](../functions.md)\n");
    page
}

/// Text that does not end the cell of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn diagnostics() -> String {
    let mut page = format!(
        "# Diagnostics\n\n{NOTE}\n\nA code names one kind of problem for good and is never reused. \
         `E` codes reject the source; `W` codes tell of what is legal and will not do what was \
         meant. `ottlc explain CODE` shows the same as here.\n"
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
            let _ = writeln!(
                page,
                "| [`{0}`](#{1}) | {2} |",
                code.as_str(),
                code.as_str().to_lowercase(),
                cell(code.title())
            );
        }
    }
    for code in Code::ALL {
        write_explanation(&mut page, *code);
    }
    page
}

fn write_explanation(page: &mut String, code: Code) {
    // The heading is the code alone, so that links to it last when the title changes.
    let _ = write!(page, "\n## {}\n\n*{}*\n", code.as_str(), code.title());
    for part in parts(code.explanation()) {
        match part {
            Part::Text(text) => {
                let _ = write!(page, "\n{text}\n");
            }
            Part::Example(example) => {
                let title = if example.is_wrong { "Wrong" } else { "Right" };
                let with = match example.arguments().join(" ") {
                    none if none.is_empty() => none,
                    arguments => format!(", with `{arguments}`"),
                };
                let (language, source) = (example.language, example.source);
                let _ = write!(page, "\n{title}{with}:\n\n```{language}\n{source}```\n");
            }
        }
    }
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
            let row = format!("| [`{}`](#", code.as_str());
            assert_eq!(page.matches(&row).count(), 1, "{}", code.as_str());
            let heading = format!("\n## {}\n", code.as_str());
            assert_eq!(page.matches(&heading).count(), 1, "{}", code.as_str());
        }
        let engine = Engine::default();
        let page = functions(&engine);
        for function in engine.registry().all() {
            let name = function.signature().name;
            let row = format!("\n| [`{name}`](functions/{name}.md)`(");
            assert_eq!(page.matches(&row).count(), 1, "{row}");
        }
    }

    #[test]
    fn pages_have_names_that_differ_in_every_file_system() {
        let mut names: Vec<_> = files(crate::root())
            .expect("the workspace is whole")
            .into_iter()
            .map(|(place, _)| place.to_lowercase())
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_function_page_has_everything() {
        let engine = Engine::default();
        for function in engine.registry().all() {
            let signature = function.signature();
            let page = page(&**function);
            assert!(page.contains(&ottl::declaration(signature)), "{page}");
            assert!(page.contains(signature.docs.trim_end()), "{page}");
            for param in signature.params {
                assert!(page.contains(&format!("| `{}` |", param.name)), "{page}");
            }
            for example in signature.examples {
                assert!(page.contains(example.source), "{page}");
            }
        }
    }

    #[test]
    fn a_stale_page_is_found() {
        let folder = std::env::temp_dir().join(format!("xtask-{}", std::process::id()));
        fs::create_dir_all(folder.join("docs")).expect("a folder for temporary files");
        write_files(&folder, pages()).expect("pages are written");
        assert_eq!(
            check_files(&folder, pages()).expect("pages are read"),
            Vec::<String>::new()
        );
        fs::write(folder.join("docs/functions.md"), "old").expect("a page is written");
        fs::write(folder.join("docs/functions/gone.md"), "old").expect("a page is written");
        let findings = check_files(&folder, pages()).expect("pages are read");
        write_files(&folder, pages()).expect("pages are written again");
        let after = check_files(&folder, pages()).expect("pages are read");
        fs::remove_dir_all(&folder).expect("the folder is removed");
        assert_eq!(findings.len(), 2);
        assert!(findings[0].contains("docs/functions/gone.md"));
        assert!(findings[1].contains("docs/functions.md"));
        assert_eq!(after, Vec::<String>::new());
    }
}
