//! Values as people read them.

use std::fmt::Write as _;

use otlp_columns::{Heap, OpaqueKind, Slice, Timestamp, Value};
use ottl_vm::{Type, Zones, text};

use crate::diff::{Node, quoted};

/// The longest text of a value, in bytes; behind it everything is left out.
const MAX_TEXT: usize = 64 << 10;

/// A value and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The name of the type, such as `string` or `trace id`.
    pub ty: &'static str,
    /// The value as a literal of OTTL where there is one: texts in quotes, bytes and ids in
    /// hexadecimal, times in RFC 3339, durations with units. Cut where it is very long.
    pub text: String,
}

/// What is needed to look at values.
pub(super) struct Viewer<'a> {
    pub(super) heap: &'a mut Heap,
    pub(super) zones: &'a Zones,
}

impl Viewer<'_> {
    pub(super) fn show(&mut self, value: Value) -> Shown {
        let value = self.heap.resolve(value);
        let mut out = String::new();
        self.write(value, &mut out);
        Shown {
            ty: Type::of(value).name(),
            text: out,
        }
    }

    /// A map's entries, each as text; for comparing caches.
    pub(super) fn node(&mut self, value: Value) -> Node {
        match self.heap.resolve(value) {
            Value::Map(_, range) => {
                let entries = self.heap.map(range).to_vec();
                let entry = |entry: otlp_columns::Entry| {
                    let key = self.heap.bytes(entry.key);
                    let key = String::from_utf8_lossy(key).into_owned();
                    (key, self.node(entry.value))
                };
                let mut nodes: Vec<_> = entries.into_iter().map(entry).collect();
                nodes.sort_by(|(one, _), (other, _)| one.cmp(other));
                Node::Map(nodes)
            }
            other => Node::Leaf(self.show(other).text),
        }
    }

    fn write(&mut self, value: Value, out: &mut String) {
        if out.len() > MAX_TEXT {
            if !out.ends_with('…') {
                out.push('…');
            }
            return;
        }
        match self.heap.resolve(value) {
            Value::Nil => out.push_str("nil"),
            Value::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
            Value::Int(number) => {
                let _ = write!(out, "{number}");
            }
            Value::Double(number) => out.push_str(&double(number)),
            Value::Str(slice) => self.write_text(slice, out),
            Value::Bytes(slice) => self.write_hex("0x", slice, out),
            Value::TraceId(slice) | Value::SpanId(slice) | Value::ProfileId(slice) => {
                self.write_hex("", slice, out);
            }
            Value::List(_, range) => {
                out.push('[');
                for (index, element) in self.heap.list(range).to_vec().into_iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.write(element, out);
                }
                out.push(']');
            }
            Value::Map(_, range) => {
                out.push('{');
                for (index, entry) in self.heap.map(range).to_vec().into_iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.write_text(entry.key, out);
                    out.push_str(": ");
                    self.write(entry.value, out);
                }
                out.push('}');
            }
            Value::Time {
                seconds,
                nanos,
                zone,
            } => {
                let time = Timestamp {
                    seconds,
                    nanos,
                    zone,
                };
                let local = text::rfc3339(time, self.zones);
                out.push_str(&local.unwrap_or_else(|| text::rfc3339_utc(time)));
            }
            Value::Duration(nanos) => out.push_str(&duration(nanos)),
            Value::Opaque(OpaqueKind::Byte | OpaqueKind::Number, number) => {
                let _ = write!(out, "{}", number.off);
            }
            Value::Opaque(kind, slice) => {
                let bytes = self.heap.bytes(slice).len();
                let _ = write!(out, "{} of {bytes} bytes", opaque(kind));
            }
            Value::Wire(_) | Value::Error(_) => out.push('?'),
        }
    }

    fn write_text(&self, slice: Slice, out: &mut String) {
        let bytes = self.heap.bytes(slice);
        let shown = &bytes[..bytes.len().min(MAX_TEXT)];
        out.push_str(&quoted(&String::from_utf8_lossy(shown)));
        if shown.len() < bytes.len() {
            out.push('…');
        }
    }

    fn write_hex(&self, prefix: &str, slice: Slice, out: &mut String) {
        let bytes = self.heap.bytes(slice);
        let shown = &bytes[..bytes.len().min(MAX_TEXT)];
        out.push_str(prefix);
        out.push_str(&text::hex(shown));
        if shown.len() < bytes.len() {
            out.push('…');
        }
    }
}

fn opaque(kind: OpaqueKind) -> &'static str {
    match kind {
        OpaqueKind::SpanEvents => "events",
        OpaqueKind::SpanLinks => "links",
        OpaqueKind::Status => "a status",
        OpaqueKind::Exemplars => "exemplars",
        OpaqueKind::Buckets => "buckets",
        OpaqueKind::Quantiles => "quantiles",
        OpaqueKind::NumberPoints
        | OpaqueKind::HistogramPoints
        | OpaqueKind::ExponentialPoints
        | OpaqueKind::SummaryPoints => "data points",
        OpaqueKind::ValueType => "a value type",
        OpaqueKind::Samples => "samples",
        OpaqueKind::Byte | OpaqueKind::Number => "a number",
    }
}

/// A double, told apart from an integer.
fn double(number: f64) -> String {
    let digits = text::double_or_name(number);
    let is_whole = digits.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    match is_whole {
        true => format!("{digits}.0"),
        false => digits,
    }
}

/// A duration as sums of units: `1h2m3.5s`, `250ms`, `10µs`, `0s`.
fn duration(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    let fraction = |unit: u64| {
        let (whole, rest) = (magnitude / unit, magnitude % unit);
        let width = unit.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        match digits.trim_end_matches('0') {
            "" => whole.to_string(),
            digits => format!("{whole}.{digits}"),
        }
    };
    const SECOND: u64 = 1_000_000_000;
    match magnitude {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{magnitude}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", fraction(1_000)),
        1_000_000..SECOND => format!("{sign}{}ms", fraction(1_000_000)),
        _ => {
            let (hours, rest) = (magnitude / (3_600 * SECOND), magnitude % (3_600 * SECOND));
            let (minutes, rest) = (rest / (60 * SECOND), rest % (60 * SECOND));
            let seconds = format!("{}.{:09}", rest / SECOND, rest % SECOND);
            let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
            match (hours, minutes) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, _) => format!("{sign}{minutes}m{seconds}s"),
                _ => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration(0), "0s");
        assert_eq!(duration(17), "17ns");
        assert_eq!(duration(1_500), "1.5µs");
        assert_eq!(duration(-250_000_000), "-250ms");
        assert_eq!(duration(3_723_500_000_000), "1h2m3.5s");
        assert_eq!(duration(60_000_000_000), "1m0s");
        assert_eq!(duration(i64::MIN), "-2562047h47m16.854775808s");
    }
}
