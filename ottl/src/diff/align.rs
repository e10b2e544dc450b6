//! Which elements of two lists belong together.

use super::Node;

/// Tables for more pairs than this are not made.
const MAX_PAIRS: usize = 1 << 20;

/// Pairs of elements in order, each element once: equal ones together as far as possible, and
/// between them those that differ, by their places.
pub(super) fn align(before: &[Node], after: &[Node]) -> Vec<(Option<usize>, Option<usize>)> {
    let pairs = before.iter().zip(after);
    let head = pairs.take_while(|(old, new)| old == new).count();
    let pairs = before[head..].iter().rev().zip(after[head..].iter().rev());
    let tail = pairs.take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (before.len() - tail, after.len() - tail);
    let mut pairs = Vec::new();
    let (mut old, mut new) = (head, head);
    for (same_old, same_new) in common(&before[head..old_end], &after[head..new_end]) {
        between(&mut pairs, old..head + same_old, new..head + same_new);
        (old, new) = (head + same_old + 1, head + same_new + 1);
    }
    between(&mut pairs, old..old_end, new..new_end);
    pairs
}

/// Pairs what is between equal elements.
fn between(
    pairs: &mut Vec<(Option<usize>, Option<usize>)>,
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
) {
    let both = old.len().min(new.len());
    pairs.extend(
        old.clone()
            .zip(new.clone())
            .map(|(o, n)| (Some(o), Some(n))),
    );
    pairs.extend(old.skip(both).map(|o| (Some(o), None)));
    pairs.extend(new.skip(both).map(|n| (None, Some(n))));
}

/// The longest sequence of equal elements, as their places in both lists.
fn common(before: &[Node], after: &[Node]) -> Vec<(usize, usize)> {
    let width = after.len() + 1;
    if before.len().saturating_mul(after.len()) > MAX_PAIRS {
        return Vec::new();
    }
    let mut lengths = vec![0_u32; (before.len() + 1) * width];
    for old in (0..before.len()).rev() {
        for new in (0..after.len()).rev() {
            lengths[old * width + new] = if before[old] == after[new] {
                lengths[(old + 1) * width + new + 1] + 1
            } else {
                lengths[(old + 1) * width + new].max(lengths[old * width + new + 1])
            };
        }
    }
    let mut found = Vec::new();
    let (mut old, mut new) = (0, 0);
    while old < before.len() && new < after.len() {
        if before[old] == after[new] {
            found.push((old, new));
            (old, new) = (old + 1, new + 1);
        } else if lengths[(old + 1) * width + new] >= lengths[old * width + new + 1] {
            old += 1;
        } else {
            new += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(before: &str, after: &str) -> Vec<(Option<usize>, Option<usize>)> {
        let list = |text: &str| -> Vec<_> {
            let leaf = |c: char| Node::Leaf(c.to_string());
            text.chars().map(leaf).collect()
        };
        align(&list(before), &list(after))
    }

    #[test]
    fn equal_elements_stay_together() {
        assert_eq!(aligned("abc", "abc"), []);
        assert_eq!(aligned("abc", "ac"), [(Some(1), None)]);
        assert_eq!(aligned("ac", "abc"), [(None, Some(1))]);
        assert_eq!(aligned("abc", "axc"), [(Some(1), Some(1))]);
        assert_eq!(aligned("", "a"), [(None, Some(0))]);
        assert_eq!(
            aligned("xaby", "abz"),
            [(Some(0), None), (Some(3), Some(2))]
        );
    }
}
