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

/// The most entries of a cache, with those of maps in it, that are looked at one by one, and the bytes
/// of their texts together. Maps in maps can be one and the same, so that there may be more than fit
/// into memory.
const MAX_ENTRIES: usize = 10_000;
const MAX_CACHE: usize = 4 << 20;

/// What is needed to look at values.
pub(super) struct Viewer<'a> {
    heap: &'a mut Heap,
    zones: &'a Zones,
    /// The longest text of a value.
    most: usize,
}

/// A cache as it can be compared.
pub(super) struct Cache {
    /// Its entries, each as text.
    pub(super) node: Node,
    /// The values whose text is cut, by their paths.
    pub(super) long: Vec<(String, Value)>,
    entries: usize,
    /// The bytes that further texts may have.
    room: usize,
}

impl<'a> Viewer<'a> {
    pub(super) fn new((heap, zones): (&'a mut Heap, &'a Zones)) -> Self {
        Self {
            heap,
            zones,
            most: MAX_TEXT,
        }
    }

    pub(super) fn show(&mut self, value: Value) -> Shown {
        self.show_or_cut(value).0
    }

    /// A value, and whether all of it is there.
    fn show_or_cut(&mut self, value: Value) -> (Shown, bool) {
        let value = self.heap.resolve(value);
        let mut text = String::new();
        let is_whole = self.write(value, &mut text);
        let ty = Type::of(value).name();
        (Shown { ty, text }, is_whole)
    }

    pub(super) fn cache(&mut self, value: Value) -> Cache {
        let mut cache = Cache {
            node: Node::Map(Vec::new()),
            long: Vec::new(),
            entries: 0,
            room: MAX_CACHE,
        };
        cache.node = self.node(value, String::new(), &mut cache);
        cache
    }

    fn node(&mut self, value: Value, path: String, cache: &mut Cache) -> Node {
        let value = self.heap.resolve(value);
        if let Value::Map(_, range) = value
            && cache.entries < MAX_ENTRIES
        {
            let entries = self.heap.map(range).to_vec();
            cache.entries += entries.len();
            let entry = |entry: otlp_columns::Entry| {
                let key = self.heap.bytes(entry.key);
                let end = key.len().min(cache.room.max(100));
                let key = String::from_utf8_lossy(&key[..end]).into_owned();
                cache.room = cache.room.saturating_sub(key.len());
                let path = format!("{path}[{}]", quoted(&key));
                (key, self.node(entry.value, path, cache))
            };
            let mut nodes: Vec<_> = entries.into_iter().map(entry).collect();
            nodes.sort_by(|(one, _), (other, _)| one.cmp(other));
            return Node::Map(nodes);
        }
        self.most = MAX_TEXT.min(cache.room);
        let (shown, is_whole) = self.show_or_cut(value);
        cache.room -= cache.room.min(shown.text.len());
        if !is_whole {
            cache.long.push((path, value));
        }
        Node::Leaf(shown.text)
    }

    /// Writes a value up to where it is cut, and tells whether it is not.
    fn write(&mut self, value: Value, out: &mut String) -> bool {
        if out.len() >= self.most {
            out.push('…');
            return false;
        }
        match self.heap.resolve(value) {
            Value::Nil => out.push_str("nil"),
            Value::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
            Value::Int(number) => {
                let _ = write!(out, "{number}");
            }
            Value::Double(number) => out.push_str(&double(number)),
            Value::Str(slice) => return self.write_text(slice, out),
            Value::Bytes(slice) => return self.write_hex("0x", slice, out),
            Value::TraceId(slice) | Value::SpanId(slice) | Value::ProfileId(slice) => {
                return self.write_hex("", slice, out);
            }
            Value::List(_, range) => {
                out.push('[');
                for (index, element) in self.heap.list(range).to_vec().into_iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    if !self.write(element, out) {
                        return false;
                    }
                }
                out.push(']');
            }
            Value::Map(_, range) => {
                out.push('{');
                for (index, entry) in self.heap.map(range).to_vec().into_iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    if !self.write_text(entry.key, out) {
                        return false;
                    }
                    out.push_str(": ");
                    if !self.write(entry.value, out) {
                        return false;
                    }
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
        true
    }

    fn write_text(&self, slice: Slice, out: &mut String) -> bool {
        let bytes = self.heap.bytes(slice);
        let mut end = bytes.len().min(self.most.saturating_sub(out.len()));
        // A character is there as a whole or not at all.
        while end < bytes.len() && end > 0 && bytes[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        out.push_str(&quoted(&String::from_utf8_lossy(&bytes[..end])));
        end_of(out, end == bytes.len())
    }

    fn write_hex(&self, prefix: &str, slice: Slice, out: &mut String) -> bool {
        let bytes = self.heap.bytes(slice);
        let end = bytes.len().min(self.most.saturating_sub(out.len()));
        out.push_str(prefix);
        out.push_str(&text::hex(&bytes[..end]));
        end_of(out, end == bytes.len())
    }
}

/// Shows whether a value is cut, and tells whether it is not.
fn end_of(out: &mut String, is_whole: bool) -> bool {
    if !is_whole {
        out.push('…');
    }
    is_whole
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
    use otlp_columns::{Batch, Entry, ListKind, MapKind, Signal};

    use super::*;

    fn zones() -> Zones {
        Zones::default()
    }

    fn shown(heap: &mut Heap, value: Value) -> String {
        Viewer::new((heap, &zones())).show(value).text
    }

    #[test]
    fn long_values_are_cut_once() {
        let mut batch = Batch::decode(Signal::Logs, Vec::new()).expect("an empty message");
        let heap = batch.heap_mut();
        let list = heap.alloc_list(&vec![Value::Int(7); 200_000]);
        let text = shown(heap, Value::List(ListKind::Any, list));
        assert!(text.len() < MAX_TEXT + 100, "{}", text.len());
        assert!(text.ends_with("7, …"), "{}", &text[text.len() - 20..]);
        let key = heap.alloc(&[b'k'; 100]);
        let entry = Entry::new(key, Value::Nil);
        let map = heap.alloc_map(&vec![entry; 20_000]);
        let map = Value::Map(MapKind::Map, map);
        let text = shown(heap, map);
        assert!(text.len() < MAX_TEXT + 300, "{}", text.len());
        assert!(text.ends_with('…'));
        let long = heap.alloc_str(&"🦀".repeat(MAX_TEXT));
        let text = shown(heap, long);
        assert!(text.ends_with("🦀\"…"), "{}", text.len());
    }

    #[test]
    fn maps_in_maps_end() {
        let mut batch = Batch::decode(Signal::Logs, Vec::new()).expect("an empty message");
        let heap = batch.heap_mut();
        let mut value = Value::Int(1);
        // Written out this would have 2 to the power of 40 entries.
        for _ in 0..40 {
            let keys = [heap.alloc(b"a"), heap.alloc(b"b")];
            let entries = keys.map(|key| Entry::new(key, value));
            value = Value::Map(MapKind::Map, heap.alloc_map(&entries));
        }
        let zones = zones();
        let cache = Viewer::new((heap, &zones)).cache(value);
        assert!(matches!(cache.node, Node::Map(_)));
        assert!(!cache.long.is_empty());
    }

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
