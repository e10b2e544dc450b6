//! `UUID()`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Signature, Type};

use crate::support::impure::Impure;
use crate::support::plain::Plain;
use crate::support::uuid;

/// The converter `UUID`.
pub(crate) const UUID: Impure<Plain> = Impure(Plain {
    signature: &SIGNATURE,
    kernel: random_uuid,
});

static SIGNATURE: Signature = Signature {
    name: "UUID",
    params: &[],
    result: Type::String,
    fields: &[],
    docs: "A random UUID of version 4, as text.\n\nThe random bits come from the environment of the \
           run.",
    examples: &[
        Example {
            title: "Its length",
            source: "Len(UUID())",
            attributes: "{}",
            result: r#"{"int":"36"}"#,
        },
        Example {
            title: "Its version",
            source: "Substring(UUID(), 14, 1)",
            attributes: "{}",
            result: r#"{"string":"4"}"#,
        },
    ],
};

/// Version and variant are fixed bits; see RFC 9562, section 5.4.
fn random_uuid(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let high = cx.environment().random() & !0xf000 | 0x4000;
    let text = uuid::text(high, cx.environment().random());
    Ok(cx.new_string(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::convert;
    use serde_json::json;

    #[test]
    fn version_and_variant_are_set() {
        let text = convert(&UUID, &[]).expect("a UUID");
        assert_eq!(
            text,
            json!({"string": "00000000-0000-4000-8000-000000000001"})
        );
    }
}
