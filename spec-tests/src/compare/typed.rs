//! Comparison of the `results` of conditions and expressions.

use serde_json::{Map, Value};

use super::{Difference, base64_bytes, comparable_text, double, excerpt, integer, same_double};

/// Compares two lists of typed values element by element.
pub(super) fn compare_results(expected: &Value, found: &Value) -> Result<(), Difference> {
    lists("results", expected, found)
}

fn differs(path: &str, expected: &Value, found: &Value) -> Difference {
    Difference {
        path: path.to_owned(),
        expected: excerpt(expected),
        found: excerpt(found),
    }
}

fn lists(path: &str, expected: &Value, found: &Value) -> Result<(), Difference> {
    let (Some(wanted), Some(got)) = (expected.as_array(), found.as_array()) else {
        return Err(differs(path, expected, found));
    };
    for (i, (w, g)) in wanted.iter().zip(got).enumerate() {
        values(&format!("{path}[{i}]"), w, g)?;
    }
    if wanted.len() == got.len() {
        return Ok(());
    }
    Err(Difference {
        path: path.to_owned(),
        expected: format!("{} entries", wanted.len()),
        found: format!("{} entries", got.len()),
    })
}

/// Compares one entry: `null`, a boolean of a condition, or an object with one key.
fn values(path: &str, expected: &Value, found: &Value) -> Result<(), Difference> {
    let unequal = || differs(path, expected, found);
    let (Some(wanted), Some(got)) = (expected.as_object(), found.as_object()) else {
        return if expected == found {
            Ok(())
        } else {
            Err(unequal())
        };
    };
    let (kind, w) = only_entry(wanted).ok_or_else(unequal)?;
    let (other, g) = only_entry(got).ok_or_else(unequal)?;
    if kind != other {
        return Err(unequal());
    }
    match kind {
        "map" => maps(path, w, g),
        "list" => lists(&format!("{path}.list"), w, g),
        _ if same_scalar(kind, w, g) => Ok(()),
        _ => Err(unequal()),
    }
}

fn only_entry(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    let (key, value) = entries.next()?;
    entries.next().is_none().then_some((key, value))
}

fn same_scalar(kind: &str, w: &Value, g: &Value) -> bool {
    let texts = || Some((w.as_str()?, g.as_str()?));
    match kind {
        "error" | "opaque" => true,
        "double" => matches!((double(w), double(g)), (Some(a), Some(b)) if same_double(a, b)),
        "int" | "duration_ns" => integer(w).is_some() && integer(w) == integer(g),
        "string" => texts().is_some_and(|(a, b)| comparable_text(a) == comparable_text(b)),
        "trace_id" | "span_id" | "profile_id" => {
            texts().is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        }
        "time" => texts().is_some_and(|(a, b)| plain_time(a) == plain_time(b)),
        "bytes" => texts().is_some_and(|(a, b)| {
            base64_bytes(a).is_some_and(|bytes| Some(bytes) == base64_bytes(b))
        }),
        _ => w == g,
    }
}

/// An RFC 3339 time in UTC without what may be written in more than one way: a zone of `+00:00`
/// and zeros at the end of the fraction.
fn plain_time(text: &str) -> String {
    let text = text
        .strip_suffix("+00:00")
        .or_else(|| text.strip_suffix('Z'))
        .unwrap_or(text);
    match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            digits => format!("{whole}.{digits}"),
        },
        None => text.to_owned(),
    }
}

fn maps(path: &str, expected: &Value, found: &Value) -> Result<(), Difference> {
    let (Some(wanted), Some(got)) = (expected.as_object(), found.as_object()) else {
        return Err(differs(path, expected, found));
    };
    for (key, w) in wanted {
        let inner = format!("{path}.map[{key:?}]");
        let g = got
            .iter()
            .find(|(k, _)| comparable_text(k) == comparable_text(key));
        let Some((_, g)) = g else {
            return Err(Difference {
                path: inner,
                expected: excerpt(w),
                found: "nothing".into(),
            });
        };
        values(&inner, w, g)?;
    }
    match got.iter().find(|(k, _)| {
        !wanted
            .keys()
            .any(|w| comparable_text(w) == comparable_text(k))
    }) {
        None => Ok(()),
        Some((key, g)) => Err(Difference {
            path: format!("{path}.map[{key:?}]"),
            expected: "nothing".into(),
            found: excerpt(g),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(a: Value, b: Value) -> bool {
        compare_results(&json!([a]), &json!([b])).is_ok()
    }

    #[test]
    fn types_are_never_mixed() {
        assert!(!same(json!({"int": "1"}), json!({"double": 1.0})));
        assert!(!same(json!(null), json!({"string": ""})));
        assert!(!same(json!(true), json!({"bool": true})));
        assert!(same(json!({"int": "1"}), json!({"int": 1})));
    }

    #[test]
    fn doubles_compare_as_numbers() {
        assert!(same(json!({"double": 1}), json!({"double": 1.0})));
        assert!(same(json!({"double": "NaN"}), json!({"double": "NaN"})));
        assert!(same(
            json!({"double": "+Inf"}),
            json!({"double": "Infinity"})
        ));
        assert!(!same(json!({"double": "+Inf"}), json!({"double": "-Inf"})));
        assert!(!same(
            json!({"double": 0.1}),
            json!({"double": 0.100_000_000_000_000_02})
        ));
    }

    #[test]
    fn presence_is_enough_for_errors_and_opaque_values() {
        assert!(same(json!({"error": "a"}), json!({"error": "b"})));
        assert!(same(
            json!({"opaque": "pmetric.X"}),
            json!({"opaque": true})
        ));
        assert!(!same(json!({"error": "a"}), json!(null)));
    }

    #[test]
    fn times_ignore_the_way_they_are_written() {
        let t = |s: &str| json!({"time": s});
        assert!(same(
            t("2020-01-02T03:04:05Z"),
            t("2020-01-02T03:04:05.000+00:00")
        ));
        assert!(same(
            t("2020-01-02T03:04:05.1Z"),
            t("2020-01-02T03:04:05.100Z")
        ));
        assert!(!same(
            t("2020-01-02T03:04:05.1Z"),
            t("2020-01-02T03:04:05.01Z")
        ));
    }

    #[test]
    fn maps_have_no_order_and_lists_have() {
        assert!(same(
            json!({"map": {"a": null, "b": {"int": "2"}}}),
            json!({"map": {"b": {"int": "2"}, "a": null}})
        ));
        assert!(!same(
            json!({"map": {"a": null}}),
            json!({"map": {"a": null, "b": null}})
        ));
        assert!(!same(
            json!({"map": {"a": null, "b": null}}),
            json!({"map": {"a": null}})
        ));
        assert!(!same(
            json!({"list": [null, {"int": "1"}]}),
            json!({"list": [{"int": "1"}, null]})
        ));
        assert!(!same(json!({"list": [null]}), json!({"list": []})));
    }

    #[test]
    fn a_difference_says_where_it_is() {
        let d = compare_results(
            &json!([{"map": {"a": {"list": [{"int": "1"}]}}}]),
            &json!([{"map": {"a": {"list": [{"int": "2"}]}}}]),
        )
        .unwrap_err();
        assert_eq!(d.path, "results[0].map[\"a\"].list[0]");
        assert_eq!(d.expected, "{\"int\":\"1\"}");
    }

    #[test]
    fn bytes_compare_in_either_alphabet() {
        assert!(same(json!({"bytes": "+/8="}), json!({"bytes": "-_8"})));
        assert!(!same(json!({"bytes": "AA=="}), json!({"bytes": "AAA="})));
    }
}
