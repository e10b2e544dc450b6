//! `TruncateTime(time, duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind, go};

use crate::support::plain::Plain;
use crate::support::time::NANOS_PER_SECOND;

/// The converter `TruncateTime`.
pub(crate) const TRUNCATE_TIME: Plain = Plain {
    signature: &SIGNATURE,
    kernel: truncate_time,
};

static SIGNATURE: Signature = Signature {
    name: "TruncateTime",
    params: &[
        Param::new("time", ParamKind::Value(ValueKind::Time)),
        Param::new("duration", ParamKind::Value(ValueKind::Duration)),
    ],
    result: Type::Time,
    fields: &[],
    docs: "The last multiple of a duration before a time, or the time itself.\n\n\
           Multiples are counted from January 1 of the year 1 in UTC. With a duration of zero \
           or less the time stays as it is.",
    examples: &[
        Example {
            title: "Full hours",
            source: r#"TruncateTime(Unix(1709210096), Duration("1h"))"#,
            attributes: "{}",
            result: r#"{"time":"2024-02-29T12:00:00Z"}"#,
        },
        Example {
            title: "Nothing to round to",
            source: r#"TruncateTime(Unix(1709210096), Duration("0s"))"#,
            attributes: "{}",
            result: r#"{"time":"2024-02-29T12:34:56Z"}"#,
        },
    ],
};

fn truncate_time(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let duration = cx.duration(1)?;
    if duration <= 0 {
        return Ok(time.into());
    }
    let second = i128::from(NANOS_PER_SECOND);
    let nanos = |seconds: i64| i128::from(seconds) * second + i128::from(time.nanos);
    // The reference counts from the year one in 64 bits, which overflow.
    let rest = nanos(go::since_year_one(time.seconds)).rem_euclid(duration.into());
    let truncated = nanos(time.seconds) - rest;
    Ok(Value::Time {
        seconds: truncated.div_euclid(second) as i64,
        nanos: truncated.rem_euclid(second) as u32,
        zone: time.zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use serde_json::json;

    #[test]
    fn multiples_are_counted_from_the_year_one() {
        let time = || {
            Arg::Computed(|_| Value::Time {
                seconds: 0,
                nanos: 5,
                zone: 0,
            })
        };
        let week = Arg::Computed(|_| Value::Duration(7 * 86_400_000_000_000));
        let result = convert(&TRUNCATE_TIME, &[time(), week]);
        assert_eq!(result, Ok(json!({"time": "1969-12-29T00:00:00Z"})));
        let negative = Arg::Computed(|_| Value::Duration(-1));
        let result = convert(&TRUNCATE_TIME, &[time(), negative]);
        assert_eq!(
            result,
            Ok(json!({"time": "1970-01-01T00:00:00.000000005Z"}))
        );
    }

    #[test]
    fn the_time_is_looked_at_first() {
        let result = convert(
            &TRUNCATE_TIME,
            &[Arg::Computed(|_| Value::Nil), Arg::Failed],
        );
        assert!(result.is_err_and(|failure| format!("{failure:?}").contains("time")));
    }
}
