//! `UUIDv7()`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Signature, Type};

use crate::support::impure::Impure;
use crate::support::plain::Plain;
use crate::support::uuid;

/// The converter `UUIDv7`.
pub(crate) const UUID_V7: Impure<Plain> = Impure(Plain {
    signature: &SIGNATURE,
    kernel: uuid_v7,
});

static SIGNATURE: Signature = Signature {
    name: "UUIDv7",
    params: &[],
    result: Type::String,
    fields: &[],
    docs: "A UUID of version 7, as text: sorted as text, UUIDs are sorted by the time they were \
           made at.\n\n\
           The time and the random bits come from the environment of the run. UUIDs that are made \
           within 256 nanoseconds are in no order.",
    examples: &[
        Example {
            title: "Its length",
            source: "Len(UUIDv7())",
            attributes: "{}",
            result: r#"{"int":"36"}"#,
        },
        Example {
            title: "Its version",
            source: "Substring(UUIDv7(), 14, 1)",
            attributes: "{}",
            result: r#"{"string":"7"}"#,
        },
    ],
};

/// Milliseconds of 48 bits, the version, and 12 bits for what is left of the millisecond; see
/// RFC 9562, sections 5.7 and 6.2 (method 3).
fn uuid_v7(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    const NANOS_PER_MILLI: i64 = 1_000_000;
    let nanos = cx.environment().now().unix_nanos();
    let millis = nanos.div_euclid(NANOS_PER_MILLI) as u64;
    let rest = nanos.rem_euclid(NANOS_PER_MILLI) as u64 >> 8;
    let high = millis << 16 | 0x7000 | rest;
    let text = uuid::text(high, cx.environment().random());
    Ok(cx.new_string(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::convert;
    use serde_json::json;

    #[test]
    fn the_environment_tells_time_and_chance() {
        // 2024-02-29T12:34:56.789Z is 0x18df4dc5495 milliseconds after the epoch.
        let text = convert(&UUID_V7, &[]);
        assert_eq!(
            text,
            Ok(json!({"string": "018df4dc-5495-7000-8000-000000000000"}))
        );
    }
}
