//! What differs between two texts, for people, in the form of a unified diff.
//!
//! It ends after so many lines, and it is not always the shortest difference: behind a line that
//! differs, the nearest lines that are equal again are looked for within a window. So it takes
//! linear time whatever the texts are.

use std::ops::Range;

/// How many equal lines are shown before and behind what differs.
const CONTEXT: usize = 2;

/// How many lines an excerpt has at most, but for the one that says that there are more.
const LONGEST: usize = 60;

/// How far equal lines are looked for.
const WINDOW: usize = 60;

/// Lines of the old text and the lines of the new one that stand in their place.
#[derive(Clone, Debug)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// What differs between the texts `old` and `new` of the file `name`.
pub(super) fn excerpt(name: &str, old: &str, new: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let (changes, is_whole) = changes(&old, &new);
    let mut lines = Vec::new();
    let mut rest = changes.as_slice();
    while !rest.is_empty() {
        let near = |pair: &[Change]| pair[1].old.start - pair[0].old.end <= 2 * CONTEXT;
        let together = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        let (hunk, others) = rest.split_at(together);
        show_hunk(hunk, &old, &new, &mut lines);
        rest = others;
    }
    let is_whole = is_whole && lines.len() <= LONGEST;
    lines.truncate(LONGEST);
    if !is_whole {
        lines.push("… more lines differ\n".to_owned());
    }
    let name = visible(name);
    format!("--- {name}\n+++ {name}, formatted\n{}", lines.concat())
}

/// The changes from the first on, and whether these are all.
fn changes(old: &[&str], new: &[&str]) -> (Vec<Change>, bool) {
    let mut changes = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    let mut shown = 0;
    loop {
        let equal = old[at_old..].iter().zip(&new[at_new..]);
        let equal = equal.take_while(|(old, new)| old == new).count();
        at_old += equal;
        at_new += equal;
        if at_old == old.len() && at_new == new.len() {
            return (changes, true);
        }
        if shown > LONGEST {
            return (changes, false);
        }
        let (more_old, more_new) = until_equal(&old[at_old..], &new[at_new..]);
        changes.push(Change {
            old: at_old..at_old + more_old,
            new: at_new..at_new + more_new,
        });
        at_old += more_old;
        at_new += more_new;
        shown += more_old + more_new;
    }
}

/// How many lines of each differ until they are equal again: the fewest within the window, or all
/// of the window.
fn until_equal(old: &[&str], new: &[&str]) -> (usize, usize) {
    let (old_window, new_window) = (old.len().min(WINDOW), new.len().min(WINDOW));
    for both in 1..old_window + new_window {
        for more_old in both.saturating_sub(new_window)..=both.min(old_window) {
            let more_new = both - more_old;
            if let (Some(old), Some(new)) = (old.get(more_old), new.get(more_new))
                && old == new
            {
                return (more_old, more_new);
            }
        }
    }
    (old_window, new_window)
}

fn show_hunk(hunk: &[Change], old: &[&str], new: &[&str], lines: &mut Vec<String>) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
        return;
    };
    let before = first.old.start.min(first.new.start).min(CONTEXT);
    let behind = (old.len() - last.old.end).min(CONTEXT);
    lines.push(format!(
        "@@ -{} +{} @@\n",
        place(first.old.start - before..last.old.end + behind),
        place(first.new.start - before..last.new.end + behind),
    ));
    let mut at = first.old.start - before;
    for change in hunk {
        show(' ', &old[at..change.old.start], lines);
        show('-', &old[change.old.clone()], lines);
        show('+', &new[change.new.clone()], lines);
        at = change.old.end;
    }
    show(' ', &old[at..at + behind], lines);
}

/// The number of the first line and how many there are, as unified diffs have them.
fn place(lines: Range<usize>) -> String {
    let first = if lines.is_empty() {
        lines.start
    } else {
        lines.start + 1
    };
    format!("{first},{}", lines.len())
}

fn show(mark: char, lines: &[&str], out: &mut Vec<String>) {
    for line in lines {
        match line.strip_suffix('\n') {
            Some(line) => out.push(format!("{mark}{}\n", visible(line))),
            None => out.push(format!(
                "{mark}{}\n\\ No newline at end of file\n",
                visible(line)
            )),
        }
    }
}

/// The text with what would act on a terminal, or be invisible there, spelled out.
fn visible(text: &str) -> String {
    let acts = |c: char| c.is_control() && c != '\t';
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) || hides(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> String {
        excerpt("s", old, new)
    }

    #[test]
    fn changes_that_are_near_are_one_hunk() {
        assert_eq!(
            of("a\nb\nc\nd\ne\nf\n", "a\nB\nc\nd\nx\ny\nf\n"),
            "--- s\n+++ s, formatted\n@@ -1,6 +1,7 @@\n a\n-b\n+B\n c\n d\n-e\n+x\n+y\n f\n"
        );
        assert_eq!(
            of("a\nb\nc\nd\ne\nf\ng\n", "b\nc\nd\ne\nf\ng\nh\n"),
            "--- s\n+++ s, formatted\n@@ -1,3 +1,2 @@\n-a\n b\n c\n@@ -6,2 +5,3 @@\n f\n g\n+h\n"
        );
    }

    #[test]
    fn ends_without_a_line_end_are_told() {
        assert_eq!(
            of("a", "a\n"),
            "--- s\n+++ s, formatted\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"
        );
        assert_eq!(
            of("\n", ""),
            "--- s\n+++ s, formatted\n@@ -1,1 +0,0 @@\n-\n"
        );
    }

    #[test]
    fn nothing_acts_on_the_terminal() {
        let shown = of("\u{1b}[2J\r\n\t\u{202e}é", "");
        assert!(shown.contains("-\\u{1b}[2J\\r\n-\t\\u{202e}é\n"), "{shown}");
    }

    #[test]
    fn long_differences_are_cut() {
        let old: String = (0..5_000).map(|n| format!("{n}\n")).collect();
        let new: String = (0..5_000).map(|n| format!("{n} \n")).collect();
        let shown = of(&old, &new);
        assert_eq!(shown.lines().count(), 2 + LONGEST + 1);
        assert!(shown.ends_with("… more lines differ\n"), "{shown}");
    }
}
