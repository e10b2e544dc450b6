//! What plain scalars mean, as `go.yaml.in/yaml/v3` has it.

use super::{Resolved, Scalar, Style};

const CORE: &str = "tag:yaml.org,2002:";

pub(super) fn resolve(scalar: &Scalar) -> Resolved<'_> {
    let value = scalar.value.as_str();
    if let Some(tag) = scalar.tag.as_deref().filter(|tag| *tag != "!") {
        let core = tag.strip_prefix(CORE);
        return match core {
            Some("null") => Resolved::Null,
            Some("bool") => boolean(value).map_or(Resolved::String(value), Resolved::Bool),
            Some("int") => Resolved::Int(value),
            Some("float") => Resolved::Float(value),
            _ => Resolved::String(value),
        };
    }
    if scalar.style != Style::Plain || scalar.tag.is_some() {
        return Resolved::String(value);
    }
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => match boolean(value) {
            Some(truth) => Resolved::Bool(truth),
            None if int(value).is_some() => Resolved::Int(value),
            None if is_float(value) => Resolved::Float(value),
            None => Resolved::String(value),
        },
    }
}

fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn unsigned(value: &str) -> &str {
    value.strip_prefix(['+', '-']).unwrap_or(value)
}

/// A whole number in one of the forms that the Collector's YAML knows: a zero in front alone means
/// base 8. Nothing when it is in none of them, or needs more than 64 bits.
pub(crate) fn int(value: &str) -> Option<i128> {
    if !value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) {
        return None;
    }
    let plain = value.replace('_', "");
    let digits = unsigned(&plain);
    let (digits, radix) = match digits.get(..2) {
        Some("0b" | "0B") => (&digits[2..], 2),
        Some("0o" | "0O") => (&digits[2..], 8),
        Some("0x" | "0X") => (&digits[2..], 16),
        Some(two) if two.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    // A second sign would be taken for one of the number.
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, radix).ok()?);
    match plain.starts_with('-') {
        true => Some(-number).filter(|number| *number >= i128::from(i64::MIN)),
        false => Some(number),
    }
}

fn is_float(value: &str) -> bool {
    let rest = unsigned(value);
    if matches!(rest, ".inf" | ".Inf" | ".INF") || matches!(value, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let is_number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && rest.contains(|c: char| c.is_ascii_digit())
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_'));
    is_number && rest.replace('_', "").parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: &str) -> Scalar {
        Scalar {
            value: value.to_owned(),
            style: Style::Plain,
            tag: None,
        }
    }

    #[test]
    fn plain_scalars_mean_what_they_look_like() {
        for null in ["", "~", "null", "NULL"] {
            assert_eq!(resolve(&plain(null)), Resolved::Null, "{null}");
        }
        for text in [
            "yes", "on", "y", "nULL", "tRUE", "1.2.3", "e5", "-", ".", "0x", "1__a", "_1", "0x-1",
        ] {
            assert_eq!(resolve(&plain(text)), Resolved::String(text));
        }
        for number in ["0", "-12", "+3", "0x1F", "0b10", "0o17", "1_000"] {
            assert_eq!(resolve(&plain(number)), Resolved::Int(number));
        }
        for number in [
            "1.5",
            "-.5",
            "1e3",
            "6.02E+23",
            ".inf",
            "-.INF",
            ".nan",
            "089",
            "18446744073709551616",
        ] {
            assert_eq!(resolve(&plain(number)), Resolved::Float(number));
        }
        assert_eq!(resolve(&plain("True")), Resolved::Bool(true));
    }

    #[test]
    fn whole_numbers_have_the_forms_of_go() {
        for (text, number) in [
            ("0", 0),
            ("-12", -12),
            ("0777", 511),
            ("-010", -8),
            ("0o17", 15),
            ("0x1F", 31),
            ("-0b101", -5),
            ("+1_000", 1_000),
            ("18446744073709551615", u64::MAX.into()),
            ("-9223372036854775808", i64::MIN.into()),
        ] {
            assert_eq!(int(text), Some(number), "{text}");
        }
        for text in [
            "08",
            "18446744073709551616",
            "-9223372036854775809",
            "--1",
            "1.0",
        ] {
            assert_eq!(int(text), None, "{text}");
        }
    }

    #[test]
    fn quotes_and_tags_make_text() {
        let mut scalar = plain("5");
        scalar.style = Style::SingleQuoted;
        assert_eq!(resolve(&scalar), Resolved::String("5"));
        let mut scalar = plain("5");
        scalar.tag = Some("tag:yaml.org,2002:str".to_owned());
        assert_eq!(resolve(&scalar), Resolved::String("5"));
        scalar.tag = Some("!".to_owned());
        assert_eq!(resolve(&scalar), Resolved::String("5"));
        scalar.tag = Some("tag:yaml.org,2002:int".to_owned());
        scalar.style = Style::DoubleQuoted;
        assert_eq!(resolve(&scalar), Resolved::Int("5"));
    }
}
