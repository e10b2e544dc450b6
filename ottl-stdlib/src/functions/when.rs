//! `When(condition, true_value, false_value)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::lambda::holds;
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `When`.
pub(crate) const WHEN: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: when,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "When",
    params: &[
        Param::new("condition", ParamKind::Lambda(0)),
        Param::new("true_value", ParamKind::Value(ValueKind::Any)),
        Param::new("false_value", ParamKind::Value(ValueKind::Any)),
    ],
    result: Type::Any,
    fields: &[],
    docs: "One of two values, as a condition says.\n\n\
           The condition is a lambda without parameters. A value that is not chosen cannot fail \
           the call.",
    examples: &[
        Example {
            title: "A choice",
            source: r#"When(() => span.attributes["status"] >= 500, "error", "ok")"#,
            attributes: r#"{"status":503}"#,
            result: r#"{"string":"error"}"#,
        },
        Example {
            title: "No condition",
            source: "When(() => 1, true, false)",
            attributes: "{}",
            result: "error: Expected a boolean as the result of the lambda but got int.",
        },
    ],
};

fn when(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    match holds(cx, 0, &[])? {
        true => cx.value(1),
        false => cx.value(2),
    }
}
