//! `ConvertCase(target, to_case)`

use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Function, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::case;

/// The converter `ConvertCase`.
pub(crate) struct ConvertCase;

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

impl Function for ConvertCase {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        let Some(convert) = args.string(1).and_then(case::by_name) else {
            let message = "The case must be `lower`, `upper`, `snake` or `camel`.";
            return Err(BindError::param(1, message));
        };
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            case::convert(cx, convert)
        }))
    }
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
            let result = convert(&ConvertCase, &[text("A_bC"), text(name)]);
            assert_eq!(result, Ok(json!({ "string": expected })), "{name}");
        }
    }

    #[test]
    fn other_cases_are_rejected() {
        for name in ["", "Lower", "kebab"] {
            let result = convert(&ConvertCase, &[text("x"), text(name)]);
            assert!(matches!(result, Err(Failure::Bind(_))));
        }
        assert!(convert(&ConvertCase, &[int(1).dynamic(), text("lower")]).is_err());
    }
}
