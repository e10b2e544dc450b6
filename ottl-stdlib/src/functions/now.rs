//! `Now()`

use otlp_columns::{Timestamp, Value};
use ottl_vm::{CallContext, Example, ExecError, Signature, Type};

use crate::support::impure::Impure;
use crate::support::plain::Plain;

/// The converter `Now`.
pub(crate) const NOW: Impure<Plain> = Impure(Plain {
    signature: &SIGNATURE,
    kernel: now,
});

static SIGNATURE: Signature = Signature {
    name: "Now",
    params: &[],
    result: Type::Time,
    fields: &[],
    docs: "The present time, in the machine's zone.",
    examples: &[
        Example {
            title: "It is a time",
            source: "IsEmpty(Now())",
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "The year has four digits",
            source: r#"Len(FormatTime(Now(), "%Y"))"#,
            attributes: "{}",
            result: r#"{"int":"4"}"#,
        },
    ],
};

fn now(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let now = cx.environment().now();
    let local = cx.environment().local_zone();
    let zone = cx.zones().intern_local(&local);
    Ok(Timestamp { zone, ..now }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::convert;
    use serde_json::json;

    #[test]
    fn the_environment_tells_the_time() {
        assert_eq!(
            convert(&NOW, &[]),
            Ok(json!({"time": "2024-02-29T12:34:56.789Z"}))
        );
    }
}
