//! "Did you mean": the known name nearest to an unknown one.

/// The candidate that differs least from `name`, if it differs little enough to be meant.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance =
                strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
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
