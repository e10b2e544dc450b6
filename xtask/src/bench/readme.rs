//! The table in README.md, the whole report in docs/, and the chart.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::{Results, chart, report};
use crate::Failure;

/// What stands around the part of a file that this command writes.
const BEGIN: &str = "<!-- bench-vs-reference: begin -->";
const END: &str = "<!-- bench-vs-reference: end -->";

/// Writes the results to the files of the repository.
pub(super) fn update(root: &Path, results: &Results) -> Result<(), Failure> {
    replace(&root.join("README.md"), &table(results))?;
    let report = report::markdown(results);
    // Below a heading of the page, and one level further down than in a file of its own.
    let report = report.split_once('\n').map_or("", |(_, rest)| rest);
    replace(
        &root.join("docs/benchmarks.md"),
        report.trim().replace("\n## ", "\n### ").as_str(),
    )?;
    fs::write(
        root.join("docs/benchmarks.svg"),
        chart::svg(&results.scenarios),
    )?;
    Ok(())
}

fn replace(file: &Path, part: &str) -> Result<(), Failure> {
    let text = fs::read_to_string(file)?;
    let replaced = between(&text, part).ok_or_else(|| {
        format!(
            "{} has no lines {BEGIN} and {END} for the table to stand between.",
            file.display()
        )
    })?;
    Ok(fs::write(file, replaced)?)
}

/// The text with another part between the markers.
fn between(text: &str, part: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        part.trim()
    ))
}

/// What readers want to know first.
fn table(results: &Results) -> String {
    let mut text = format!(
        "How many times as fast as the reference, on one thread; measured on {}, on {} ({}).\n\n\
         | script | bytes in, bytes out | statements only |\n| --- | --- | --- |\n",
        results.date, results.machine, results.versions
    );
    for measured in &results.scenarios {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            measured.scenario.title,
            report::times(measured.ratio(|figures| figures.wire_items_per_s)),
            report::times(measured.ratio(|figures| figures.resident_items_per_s)),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::results;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("a\n{BEGIN}\nold\n{END}\nz\n");
        let new = between(&text, "new\n").expect("there are markers");
        assert_eq!(new, format!("a\n{BEGIN}\n\nnew\n\n{END}\nz\n"));
        assert_eq!(
            between(&new, "new"),
            Some(new.clone()),
            "twice is the same as once"
        );
        assert_eq!(between("a", "new"), None);
    }

    #[test]
    fn the_table_says_where_and_when() {
        let text = table(&results());
        assert!(text.contains("on 2026-11-23, on a machine"), "{text}");
        let row = "| hash an attribute where two conditions hold | 16.0 | 16.0 |";
        assert!(text.contains(row), "{text}");
    }
}
