//! Equality of text without case.

/// Whether two texts are equal by Unicode's simple folding of letters. `name` has no letter whose
/// capital is several letters.
pub(crate) fn equal_fold(text: &[u8], name: &str) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let mut letters = text.chars();
    let same = |right| letters.next().is_some_and(|left| same_letter(left, right));
    name.chars().all(same) && letters.next().is_none()
}

fn same_letter(left: char, right: char) -> bool {
    // The dotless i, whose capital is `I` as well, is a letter of its own.
    left == right
        || left.to_lowercase().eq(right.to_lowercase())
        || capital(left).is_some_and(|letter| letter != 'I' && capital(right) == Some(letter))
}

/// The capital of a letter that is one letter.
fn capital(letter: char) -> Option<char> {
    let mut letters = letter.to_uppercase();
    let capital = letters.next()?;
    letters.next().is_none().then_some(capital)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_compared_as_the_reference_does() {
        assert!(equal_fold("ΣΆς".as_bytes(), "ςάσ"));
        assert!(equal_fold("remar\u{212a}".as_bytes(), "remark"));
        assert!(equal_fold("\u{17f}tart".as_bytes(), "start"));
        for (text, name) in [("ı", "I"), ("ı", "i"), ("ß", "s"), ("ab", "a"), ("a", "ab")] {
            assert!(!equal_fold(text.as_bytes(), name), "{text} {name}");
        }
        assert!(!equal_fold(b"\xff", "\u{fffd}"));
    }
}
