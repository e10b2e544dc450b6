//! Semantic versions, written loosely.

/// A version as far as its order needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) numbers: [u64; 3],
    /// Whether it comes before the release with its numbers.
    pub(crate) is_early: bool,
}

/// The most bytes that a version has.
const LONGEST: usize = 256;

impl Version {
    /// Reads `1.2.3-beta.1+build`. A `v` may stand before it, the second and third number may be
    /// missing, and numbers may begin with zeros.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if text.len() > LONGEST {
            return None;
        }
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = cut(text, '+');
        let (text, early) = cut(text, '-');
        let mut numbers = [0; 3];
        for (index, digits) in text.split('.').enumerate() {
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            *numbers.get_mut(index)? = digits.parse().ok().filter(|_| is_number)?;
        }
        let is_valid = build.is_none_or(|build| build.split('.').all(is_name))
            && early.is_none_or(|early| early.split('.').all(is_early_name));
        is_valid.then_some(Self {
            numbers,
            is_early: early.is_some(),
        })
    }
}

fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

fn is_name(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_known)
}

/// Numbers here do not begin with zeros.
fn is_early_name(text: &str) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_name(text) && !(is_number && text.len() > 1 && text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_written_loosely() {
        for (text, numbers, is_early) in [
            ("1.37.0", [1, 37, 0], false),
            ("v1.037", [1, 37, 0], false),
            ("2", [2, 0, 0], false),
            ("1.2.3-rc.1+b.01", [1, 2, 3], true),
            ("1.2+x-y", [1, 2, 0], false),
            ("1-0a", [1, 0, 0], true),
        ] {
            let version = Version { numbers, is_early };
            assert_eq!(Version::read(text.as_bytes()), Some(version), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_versions() {
        let long = format!("1.{}", "0".repeat(255));
        for text in [
            "",
            "v",
            "x",
            "1.",
            ".1",
            "1.2.3.4",
            "1.+2",
            "+1",
            "1.2-",
            "1.2+",
            "1-01",
            "1-a..b",
            "V1",
            " 1",
            "1.2.3-é",
            "99999999999999999999",
            &long,
        ] {
            assert_eq!(Version::read(text.as_bytes()), None, "{text}");
        }
    }
}
