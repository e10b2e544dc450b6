//! Times and durations as Go prints them.

use std::sync::LazyLock;

use otlp_columns::Timestamp;
use ottl_vm::Zones;
use ottl_vm::civil::Civil;

use super::format;
use super::layout::Layout;
use super::names::LONG_MONTHS;

static LAYOUT: LazyLock<Layout> =
    LazyLock::new(|| Layout::new(b"2006-01-02 15:04:05.999999999 -0700 MST".to_vec()));

/// A time as `2006-01-02 15:04:05.999999999 -0700 MST`.
pub(crate) fn time(time: Timestamp, zones: &Zones) -> String {
    let mut text = Vec::new();
    format::format(&LAYOUT, time, zones, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// A time as Go programs have it: `time.Date(2006, time.January, 2, 15, 4, 5, 0, time.UTC)`.
pub(crate) fn time_in_go(time: Timestamp, zones: &Zones) -> String {
    let civil = Civil::of(time, zones);
    let zone = match time.zone {
        0 | Zones::LOCAL => "time.UTC".to_owned(),
        index => {
            let name = zones.get(index).iana_name().unwrap_or_default();
            format!("time.Location(\"{name}\")")
        }
    };
    format!(
        "time.Date({}, time.{}, {}, {}, {}, {}, {}, {zone})",
        civil.year,
        LONG_MONTHS[usize::from(civil.month - 1)],
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        time.nanos
    )
}

/// A duration as `1h2m3.5s`, and one of less than a second as `1.5ms`.
pub(crate) fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let (unit, divisor) = match nanos {
        0 => return "0s".to_owned(),
        1..1_000 => ("ns", 1),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let mut text = sign.to_owned();
    let mut whole = nanos / divisor;
    if unit == "s" && whole >= 60 {
        let minutes = whole / 60;
        if minutes >= 60 {
            text.push_str(&format!("{}h", minutes / 60));
        }
        text.push_str(&format!("{}m", minutes % 60));
        whole %= 60;
    }
    text.push_str(&whole.to_string());
    let digits = divisor.ilog10() as usize;
    if digits > 0 {
        let fraction = format!(".{:0digits$}", nanos % divisor);
        text.push_str(fraction.trim_end_matches('0').trim_end_matches('.'));
    }
    text + unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_units_they_need() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (-2_000_000, "-2ms"),
            (3_723_500_000_000, "1h2m3.5s"),
            (3_600_000_000_000, "1h0m0s"),
            (60_000_000_000, "1m0s"),
            (59_999_999_999, "59.999999999s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }
}
