//! `FormatTime(time, format)`

use otlp_columns::{Piece, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::prepared::Prepared;
use crate::support::time::format;
use crate::support::time::strptime::Format;

/// The converter `FormatTime`.
pub(crate) const FORMAT_TIME: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "FormatTime",
    params: &[
        Param::new("time", ParamKind::Value(ValueKind::Time)),
        Param::new("format", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "A time as text, as seen in its zone, by a format with the directives of `Time`.\n\n\
           Zeros at the end of `%L`, `%f` and `%s` are left out, and the point or comma before \
           them with the last digit. Without a point or comma before them they are the text \
           `999`, `999999` or `999999999`.",
    examples: &[
        Example {
            title: "A date",
            source: r#"FormatTime(Time("2024-02-29T12:34:56.5Z", "%Y-%m-%dT%H:%M:%SZ"), "%A, %d %B %Y %I:%M:%S.%L %p")"#,
            attributes: "{}",
            result: r#"{"string":"Thursday, 29 February 2024 12:34:56.5 PM"}"#,
        },
        Example {
            title: "An offset",
            source: r#"FormatTime(Time("2024-07-01 00:00 +0530", "%F %R %z"), "%F %T %j")"#,
            attributes: "{}",
            result: r#"{"string":"2024-07-01 00:00:00 +05:30"}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let format = Format::new(args.string(1).unwrap_or_default())
        .map_err(|message| BindError::param(1, message))?;
    let layout = format.print_layout();
    Ok(Bound::remembering(
        move |out: &mut Vec<u8>, cx: &mut CallContext<'_>| {
            let time = cx.time(0)?;
            out.clear();
            // As long as the format, which is in the source.
            format::format(&layout, time, cx.zones(), out);
            cx.joined(&[Piece::Bytes(out)]).map(Value::Str)
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, text};
    use otlp_columns::{Heap, Value};
    use serde_json::{Value as Json, json};

    fn formatted(make: fn(&mut Heap) -> Value, format: &str) -> Option<Json> {
        let result = convert(&FORMAT_TIME, &[Arg::Computed(make), text(format)]);
        Some(result.ok()?["string"].clone())
    }

    #[test]
    fn a_fraction_without_separator_is_its_sample() {
        let epoch = |_: &mut Heap| Value::Time {
            seconds: 0,
            nanos: 120_000_000,
            zone: 0,
        };
        assert_eq!(formatted(epoch, "%s"), Some(json!("999999999")));
        assert_eq!(formatted(epoch, ".%s"), Some(json!(".12")));
        assert_eq!(formatted(epoch, "%Y,%L"), Some(json!("1970,12")));
    }

    #[test]
    fn text_of_a_layout_is_not_literal() {
        let epoch = |_: &mut Heap| Value::Time {
            seconds: 0,
            nanos: 0,
            zone: 0,
        };
        assert_eq!(
            formatted(epoch, "Mon Month MST %%Y"),
            Some(json!("Thu Month UTC %Y"))
        );
        assert_eq!(formatted(epoch, "_%e"), Some(json!("  1")));
        assert_eq!(
            formatted(epoch, "%z %w %i %j %k"),
            Some(json!("Z +000000 +00 +00:00 +00:00:00"))
        );
    }

    #[test]
    fn years_before_the_first_are_negative() {
        let early = |_: &mut Heap| Value::Time {
            seconds: -70_000_000_000,
            nanos: 0,
            zone: 0,
        };
        assert_eq!(
            formatted(early, "%F %T %y"),
            Some(json!("-0249-10-15 19:33:20 49"))
        );
    }

    #[test]
    fn formats_are_checked_beforehand() {
        for format in ["", "%Q", "%Y1", " %L"] {
            let result = convert(&FORMAT_TIME, &[Arg::Computed(|_| Value::Nil), text(format)]);
            assert!(matches!(result, Err(Failure::Bind(_))), "{format}");
        }
    }
}
