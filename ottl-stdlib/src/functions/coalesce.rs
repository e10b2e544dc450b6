//! `Coalesce(values)`

use otlp_columns::Value;
use ottl_vm::{
    BindArg, BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind,
    Signature, Type, ValueKind,
};

use crate::support::prepared::Prepared;

/// The converter `Coalesce`.
pub(crate) const COALESCE: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "Coalesce",
    params: &[Param::new("values", ParamKind::List(ValueKind::Any))],
    result: Type::Any,
    fields: &[],
    docs: "The first of several values that is not nil, or nil when all are.\n\n\
           Values behind it are not looked at, so one of them may fail. An empty list is \
           rejected.",
    examples: &[
        Example {
            title: "The second one",
            source: r#"Coalesce([span.attributes["a"], span.attributes["b"]])"#,
            attributes: r#"{"b":1}"#,
            result: r#"{"int":"1"}"#,
        },
        Example {
            title: "A failure behind it",
            source: r#"Coalesce([span.name, ParseJSON("x")])"#,
            attributes: "{}",
            result: r#"{"string":"op"}"#,
        },
        Example {
            title: "Nothing",
            source: r#"Coalesce([nil, span.attributes["a"]])"#,
            attributes: "{}",
            result: "null",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    match args.args.first() {
        Some(BindArg::List(values)) if !values.is_empty() => Ok(Bound::kernel(coalesce)),
        _ => Err(BindError::param(0, "At least one value is needed.")),
    }
}

fn coalesce(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let Some(values) = cx.list(0)? else {
        return Ok(Value::Nil);
    };
    for index in 0..values.len {
        let value = cx.element(values, index)?;
        if value != Value::Nil {
            return Ok(value);
        }
    }
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, int};
    use serde_json::json;

    #[test]
    fn values_behind_the_result_may_fail() {
        let values = Arg::List(vec![int(1), Arg::Failed]);
        assert_eq!(convert(&COALESCE, &[values]), Ok(json!({"int": "1"})));
        let values = Arg::List(vec![Arg::Failed, int(1)]);
        assert!(matches!(
            convert(&COALESCE, &[values]),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn an_empty_list_is_rejected() {
        let result = convert(&COALESCE, &[Arg::List(Vec::new())]);
        assert!(matches!(result, Err(Failure::Bind(_))));
    }
}
