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
            None if is_int(value) => Resolved::Int(value),
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

fn is_int(value: &str) -> bool {
    let digits = unsigned(value);
    let (digits, radix) = match digits.get(..2) {
        Some("0b") => (&digits[2..], 2),
        Some("0o") => (&digits[2..], 8),
        Some("0x") => (&digits[2..], 16),
        _ => (digits, 10),
    };
    let mut chars = digits.chars();
    chars.next().is_some_and(|first| first.is_digit(radix))
        && chars.all(|c| c == '_' || c.is_digit(radix))
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
            "yes", "on", "y", "nULL", "tRUE", "1.2.3", "e5", "-", ".", "0x", "1__a",
        ] {
            assert_eq!(resolve(&plain(text)), Resolved::String(text));
        }
        for number in ["0", "-12", "+3", "0x1F", "0b10", "0o17", "1_000"] {
            assert_eq!(resolve(&plain(number)), Resolved::Int(number));
        }
        for number in ["1.5", "-.5", "1e3", "6.02E+23", ".inf", "-.INF", ".nan"] {
            assert_eq!(resolve(&plain(number)), Resolved::Float(number));
        }
        assert_eq!(resolve(&plain("True")), Resolved::Bool(true));
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
