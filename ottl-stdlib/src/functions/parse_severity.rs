//! `ParseSeverity(target, mapping)`

use std::ops::RangeInclusive;

use otlp_columns::{Heap, Value};
use ottl_vm::{
    BindArg, BindArgs, BindError, Bound, CallContext, Example, ExecError, Literal, Param,
    ParamKind, Signature, Type, ValueKind, type_name,
};

use crate::support::prepared::Prepared;

/// The converter `ParseSeverity`.
pub(crate) const PARSE_SEVERITY: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ParseSeverity",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Any)),
        Param::new("mapping", ParamKind::Value(ValueKind::Map)),
    ],
    result: Type::String,
    fields: &[],
    docs: "The level that a text or an integer stands for.\n\n\
           The mapping is a literal map from levels to lists of criteria. A criterion is a map: \
           `equals` is a list of texts, of which the target is one; `range` is a map of the smallest \
           integer `min` and the largest `max`, or one of `2xx`, `3xx`, `4xx` and `5xx`. The first \
           level with a criterion that holds is the result. That there is none is an error, as is \
           a mapping that is not literal or of another form.",
    examples: &[
        Example {
            title: "A text",
            source: r#"ParseSeverity(span.attributes["level"], {"error": [{"equals": ["err", "fatal"]}], "info": [{"equals": ["info"]}]})"#,
            attributes: r#"{"level":"fatal"}"#,
            result: r#"{"string":"error"}"#,
        },
        Example {
            title: "A status code",
            source: r#"ParseSeverity(span.attributes["status"], {"info": [{"range": "2xx"}], "warn": [{"range": {"min": 300, "max": 499}}]})"#,
            attributes: r#"{"status":404}"#,
            result: r#"{"string":"warn"}"#,
        },
        Example {
            title: "No level",
            source: r#"ParseSeverity("x", {"info": [{"range": "2xx"}]})"#,
            attributes: "{}",
            result: "error: No level of the mapping has a criterion that holds.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    // The reference rejects a malformed mapping only when it is used.
    let mapping = match args.args.get(1) {
        Some(BindArg::Literal(Literal::Map(mapping))) => levels(mapping),
        _ => Err("The mapping must be a literal map."),
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let levels = mapping
            .as_ref()
            .map_err(|&message| ExecError::new(message))?;
        severity(cx, levels)
    }))
}

struct Level {
    name: Vec<u8>,
    criteria: Vec<Criterion>,
}

#[derive(Default)]
struct Criterion {
    equals: Vec<Vec<u8>>,
    range: Option<RangeInclusive<i64>>,
}

impl Criterion {
    fn holds(&self, heap: &Heap, target: Value) -> bool {
        match target {
            Value::Str(text) => self.equals.iter().any(|known| known == heap.bytes(text)),
            Value::Int(number) => self
                .range
                .as_ref()
                .is_some_and(|range| range.contains(&number)),
            _ => false,
        }
    }
}

fn severity(cx: &mut CallContext<'_>, levels: &[Level]) -> Result<Value, ExecError> {
    let target = cx.value(0)?;
    if !matches!(target, Value::Str(_) | Value::Int(_)) {
        return Err(ExecError::expected("string or int", type_name(target)));
    }
    for level in levels {
        let criteria = level.criteria.iter();
        let texts: usize = criteria.map(|criterion| 1 + criterion.equals.len()).sum();
        cx.spend(texts as u64)?;
        let mut criteria = level.criteria.iter();
        if criteria.any(|criterion| criterion.holds(cx.heap(), target)) {
            return Ok(cx.new_string(&level.name));
        }
    }
    Err(ExecError::new(
        "No level of the mapping has a criterion that holds.",
    ))
}

type Entries = [(Vec<u8>, Literal)];

fn levels(mapping: &Entries) -> Result<Vec<Level>, &'static str> {
    let level = |(name, criteria): &(Vec<u8>, Literal)| {
        let Literal::List(criteria) = criteria else {
            return Err("The criteria of a level in the mapping must be a list.");
        };
        Ok(Level {
            name: name.clone(),
            criteria: criteria.iter().map(criterion).collect::<Result<_, _>>()?,
        })
    };
    mapping.iter().map(level).collect()
}

fn criterion(criterion: &Literal) -> Result<Criterion, &'static str> {
    let Literal::Map(entries) = criterion else {
        return Err("A criterion of the mapping must be a map.");
    };
    let equals = match get(entries, b"equals") {
        None => Vec::new(),
        Some(Literal::List(texts)) => texts.iter().map(text).collect::<Result<_, _>>()?,
        Some(_) => return Err("In the mapping `equals` must be a list of texts."),
    };
    let range = match get(entries, b"range") {
        None => None,
        Some(Literal::Map(range)) => Some(bound(range, b"min")?..=bound(range, b"max")?),
        Some(Literal::String(name)) => Some(named_range(name)?),
        Some(_) => return Err("In the mapping `range` must be a map or a text such as `2xx`."),
    };
    Ok(Criterion { equals, range })
}

fn get<'m>(entries: &'m Entries, key: &[u8]) -> Option<&'m Literal> {
    let entry = entries.iter().find(|(known, _)| known == key);
    entry.map(|(_, value)| value)
}

fn text(literal: &Literal) -> Result<Vec<u8>, &'static str> {
    match literal {
        Literal::String(text) => Ok(text.clone()),
        _ => Err("In the mapping `equals` must be a list of texts."),
    }
}

fn bound(range: &Entries, key: &[u8]) -> Result<i64, &'static str> {
    match get(range, key) {
        Some(Literal::Int(bound)) => Ok(*bound),
        _ => Err("In the mapping a `range` must have integers `min` and `max`."),
    }
}

fn named_range(name: &[u8]) -> Result<RangeInclusive<i64>, &'static str> {
    match name {
        [digit @ b'2'..=b'5', b'x', b'x'] => {
            let first = i64::from(digit - b'0') * 100;
            Ok(first..=first + 99)
        }
        _ => Err("In the mapping a `range` by name must be `2xx`, `3xx`, `4xx` or `5xx`."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, int, text};
    use serde_json::json;

    fn map(entries: &[(&str, Literal)]) -> Literal {
        let entries = entries.iter();
        Literal::Map(
            entries
                .map(|(key, value)| (key.as_bytes().to_vec(), value.clone()))
                .collect(),
        )
    }

    fn string(text: &str) -> Literal {
        Literal::String(text.as_bytes().to_vec())
    }

    fn mapping(criterion: Literal) -> Arg {
        Arg::Literal(map(&[("level", Literal::List(vec![criterion]))]))
    }

    #[test]
    fn ranges_include_their_ends() {
        let range = |from, to| map(&[("min", Literal::Int(from)), ("max", Literal::Int(to))]);
        let level = json!({"string": "level"});
        for (number, range, expected) in [
            (5, range(5, 5), true),
            (5, range(6, 4), false),
            (i64::MIN, range(i64::MIN, i64::MAX), true),
            (299, string("2xx"), true),
            (300, string("2xx"), false),
            (500, string("5xx"), true),
        ] {
            let criterion = map(&[("range", range)]);
            let result = convert(&PARSE_SEVERITY, &[int(number), mapping(criterion)]);
            assert_eq!(result.ok(), expected.then(|| level.clone()), "{number}");
        }
    }

    #[test]
    fn malformed_mappings_fail_on_the_item_before_the_target_does() {
        for criterion in [
            Literal::Nil,
            map(&[("equals", string("x"))]),
            map(&[("equals", Literal::List(vec![Literal::Int(1)]))]),
            map(&[("range", string("6xx"))]),
            map(&[("range", map(&[("min", Literal::Int(1))]))]),
        ] {
            let result = convert(&PARSE_SEVERITY, &[Arg::Failed, mapping(criterion)]);
            let Err(Failure::Exec(message)) = result else {
                panic!("the mapping is malformed");
            };
            assert!(message.contains("mapping"), "{message}");
        }
        let dynamic = mapping(map(&[])).dynamic();
        let result = convert(&PARSE_SEVERITY, &[text("x"), dynamic]);
        assert!(matches!(result, Err(Failure::Exec(message)) if message.contains("literal")));
    }

    #[test]
    fn targets_are_texts_and_integers() {
        let criterion = || map(&[("equals", Literal::List(vec![string("x")]))]);
        assert!(convert(&PARSE_SEVERITY, &[text("x"), mapping(criterion())]).is_ok());
        for target in [
            int(1),
            Arg::Dynamic(Literal::Nil),
            Arg::Dynamic(Literal::Double(1.0)),
        ] {
            let result = convert(&PARSE_SEVERITY, &[target, mapping(criterion())]);
            assert!(matches!(result, Err(Failure::Exec(_))));
        }
    }
}
