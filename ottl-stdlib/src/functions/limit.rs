//! `limit(target, limit, priority_keys)`

use otlp_columns::{Entry, Heap, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type,
};

use crate::support::keys::KeySet;
use crate::support::maps::key;
use crate::support::prepared::Prepared;

/// The editor `limit`.
pub(crate) const LIMIT: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "limit",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("limit", ParamKind::IntLiteral),
        Param::new("priority_keys", ParamKind::StringLiterals),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Removes keys from a map until it has no more than a number of them.\n\n\
           `priority_keys`, of which there must not be more than `limit`, stay in any case; of the \
           others the first ones in the map stay.",
    examples: &[
        Example {
            title: "One key that matters, and one more",
            source: r#"limit(span.attributes, 2, ["c"])"#,
            attributes: r#"{"a":1,"b":2,"c":3}"#,
            result: r#"{"a":1,"c":3}"#,
        },
        Example {
            title: "Few enough",
            source: "limit(span.attributes, 2, [])",
            attributes: r#"{"a":1,"b":2}"#,
            result: r#"{"a":1,"b":2}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let limit = usize::try_from(args.int(1).unwrap_or(0))
        .map_err(|_| BindError::param(1, "The limit must not be negative."))?;
    let keys = args.strings(2).unwrap_or_default();
    if limit < keys.len() {
        let message = "There are more keys with priority than the limit lets stay.";
        return Err(BindError::param(2, message));
    }
    let set = KeySet::new(keys.iter().copied());
    // A key that is listed twice takes two places, as in the reference.
    let mut places = vec![0; set.len()];
    for key in keys {
        if let Some(at) = set.position(key) {
            places[at] += 1;
        }
    }
    let kernel = move |known: &mut Vec<bool>, cx: &mut CallContext<'_>| {
        let (count, mut taken) = cx.peek(0, |heap, entries| {
            let is_more = entries.len() > limit;
            let taken = is_more.then(|| taken_places((heap, entries), &set, &places, known));
            (entries.len(), taken.unwrap_or_default())
        })?;
        cx.spend(count as u64)?;
        if count <= limit {
            return Ok(Value::Nil);
        }
        cx.retain(0, |heap, entry| {
            if set.contains(key(heap, entry)) {
                return true;
            }
            taken += 1;
            taken <= limit
        })?;
        Ok(Value::Nil)
    };
    Ok(Bound::remembering(kernel))
}

/// How many places the keys with priority take that are there. A key that is there twice takes its
/// places once.
fn taken_places(
    (heap, entries): (&Heap, &[Entry]),
    set: &KeySet,
    places: &[usize],
    known: &mut Vec<bool>,
) -> usize {
    known.clear();
    known.resize(places.len(), false);
    let mut taken = 0;
    for entry in entries {
        if let Some(at) = set.position(key(heap, entry))
            && !std::mem::replace(&mut known[at], true)
        {
            taken += places[at];
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, Span, attributes, edit, int, texts};
    use serde_json::json;

    const BEFORE: &str = r#"{"a":1,"b":2,"c":3,"d":4}"#;

    #[test]
    fn a_priority_that_is_listed_twice_takes_two_places() {
        let args = [attributes(), int(2), texts(&["d", "d"])];
        assert_eq!(edit(&LIMIT, BEFORE, &args), Ok(json!({"d": 4})));
    }

    #[test]
    fn priorities_that_are_not_there_take_no_place() {
        let args = [attributes(), int(2), texts(&["x", "y"])];
        assert_eq!(edit(&LIMIT, BEFORE, &args), Ok(json!({"a": 1, "b": 2})));
    }

    #[test]
    fn zero_empties_the_map() {
        let args = [attributes(), int(0), texts(&[])];
        assert_eq!(edit(&LIMIT, BEFORE, &args), Ok(json!({})));
    }

    #[test]
    fn the_first_keys_of_the_map_stay() {
        let mut span = Span::otlp(
            r#"{"attributes":[{"key":"z","value":{}},{"key":"b","value":{}},{"key":"a","value":{}}]}"#,
        );
        assert!(
            span.call(&LIMIT, &[attributes(), int(2), texts(&["a"])])
                .is_ok()
        );
        assert_eq!(span.keys(), ["z", "a"]);
    }

    #[test]
    fn limits_that_cannot_be_kept_are_rejected() {
        for args in [
            [attributes(), int(-1), texts(&[])],
            [attributes(), int(1), texts(&["a", "b"])],
        ] {
            assert!(matches!(edit(&LIMIT, BEFORE, &args), Err(Failure::Bind(_))));
        }
    }
}
