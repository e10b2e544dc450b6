//! `ConvertCase(target, to_case)`

use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::case;
use crate::support::prepared::Prepared;

/// The converter `ConvertCase`.
pub(crate) const CONVERT_CASE: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ConvertCase",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("to_case", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "Text in another case.\n\n\
           `to_case` is `lower`, `upper`, `snake` or `camel`; the result is that of `ToLowerCase`, \
           `ToUpperCase`, `ToSnakeCase` or `ToCamelCase`.",
    examples: &[
        Example {
            title: "Snake case",
            source: r#"ConvertCase("someName", "snake")"#,
            attributes: "{}",
            result: r#"{"string":"some_name"}"#,
        },
        Example {
            title: "Uppercase",
            source: r#"ConvertCase("someName", "upper")"#,
            attributes: "{}",
            result: r#"{"string":"SOMENAME"}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let Some(convert) = args.string(1).and_then(case::by_name) else {
        let message = "The case must be `lower`, `upper`, `snake` or `camel`.";
        return Err(BindError::param(1, message));
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        case::convert(cx, convert)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, convert, int, text};
    use serde_json::json;

    #[test]
    fn each_case_has_a_name() {
        for (name, expected) in [
            ("lower", "a_bc"),
            ("upper", "A_BC"),
            ("snake", "a_b_c"),
            ("camel", "ABC"),
        ] {
            let result = convert(&CONVERT_CASE, &[text("A_bC"), text(name)]);
            assert_eq!(result, Ok(json!({ "string": expected })), "{name}");
        }
    }

    #[test]
    fn other_cases_are_rejected() {
        for name in ["", "Lower", "kebab"] {
            let result = convert(&CONVERT_CASE, &[text("x"), text(name)]);
            assert!(matches!(result, Err(Failure::Bind(_))));
        }
        assert!(convert(&CONVERT_CASE, &[int(1).dynamic(), text("lower")]).is_err());
    }
}
