//! "Did you mean": the known name nearest to an unknown one.
//!
//! The unknown name comes from a stranger and may be as long as the source.

/// The furthest that a name can be from what was meant, in letters.
const FURTHEST: usize = 4;

/// The candidate that differs least from `name`, if it differs little enough to be meant.
///
/// Neither counts whether letters are capital.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let limit = (length / 3).clamp(1, FURTHEST);
    let mut lower = None;
    candidates
        .into_iter()
        // Measuring a distance takes time and memory in proportion to both lengths.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| {
            let lower = lower.get_or_insert_with(|| name.to_lowercase());
            let distance = strsim::damerau_levenshtein(lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn transposed_and_missing_letters_are_understood() {
        let names = ["attributes", "name", "status.code"];
        assert_eq!(nearest("atributes", names), Some("attributes"));
        assert_eq!(nearest("attirbutes", names), Some("attributes"));
        assert_eq!(nearest("nmae", names), Some("name"));
    }

    #[test]
    fn what_is_far_away_is_not_suggested() {
        assert_eq!(nearest("color", ["attributes", "name"]), None);
    }

    #[test]
    fn case_does_not_count() {
        assert_eq!(nearest("sha256", ["SHA256", "SHA1"]), Some("SHA256"));
    }
}
