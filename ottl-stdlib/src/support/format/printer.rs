//! Printing operands by their verbs.

use otlp_columns::{Entry, ListKind, MapKind, OpaqueKind, PoolRange, Slice, Timestamp, Value};
use ottl_vm::{CallContext, ExecError, ListArg, Zones, go, text};

use super::number::Base;
use super::pattern::{Action, Directive, MAX_SIZE, Pattern, Piece, Size};
use super::text::{Done, Sheet, Style};
use super::types::{element_type, type_name};
use crate::support::time::text as time_text;

/// How deep lists may nest to be printed.
const MAX_DEPTH: usize = 200;

/// The text of `pattern` for the elements of `operands`.
///
/// # Errors
/// When an operand's evaluation failed, or the text would be too long.
pub(crate) fn print(
    cx: &mut CallContext<'_>,
    pattern: &Pattern,
    operands: ListArg,
) -> Result<Value, ExecError> {
    let mut values = Vec::with_capacity(operands.len);
    for index in 0..operands.len {
        values.push(cx.element(operands, index)?);
    }
    let sheet = Sheet {
        out: cx.text(),
        style: Style::default(),
    };
    let mut printer = Printer {
        cx,
        sheet,
        complaining: false,
    };
    for piece in &pattern.pieces {
        match piece {
            Piece::Text(text) => printer.sheet.out.push(text)?,
            Piece::Directive(directive) => printer.directive(directive, &values)?,
        }
    }
    if let Some(first) = pattern.extra {
        printer.extra(&values[first..])?;
    }
    let Printer { cx, sheet, .. } = printer;
    Ok(Value::Str(cx.new_text(sheet.out)))
}

struct Printer<'c, 'b> {
    cx: &'c mut CallContext<'b>,
    sheet: Sheet,
    /// Whether the value is printed because its verb is wrong, where only its parts are looked at.
    complaining: bool,
}

/// What can be printed: values, and parts of values that are none.
#[derive(Clone, Copy, Debug)]
enum Item {
    Value(Value),
    Uint64(u64),
    Uint8(u8),
    /// The zone of a time, which is printed as the one that is nowhere, but for the machine's.
    Location {
        local: bool,
    },
}

impl Item {
    fn type_name(self) -> &'static str {
        match self {
            Self::Value(value) => type_name(value),
            Self::Uint64(_) => "uint64",
            Self::Uint8(_) => "uint8",
            Self::Location { .. } => "*time.Location",
        }
    }
}

impl Printer<'_, '_> {
    fn write(&mut self, text: &str) -> Done {
        self.sheet.out.push(text.as_bytes())
    }

    fn directive(&mut self, directive: &Directive, operands: &[Value]) -> Done {
        let mut style = Style {
            flags: directive.flags,
            ..Style::default()
        };
        match size(directive.width, operands) {
            Some(width) => {
                style.flags.minus |= width < 0;
                style.flags.zero &= width >= 0;
                style.width = Some(width.unsigned_abs() as usize);
            }
            None if matches!(directive.width, Size::Operand(_)) => self.write("%!(BADWIDTH)")?,
            None => {}
        }
        match size(directive.precision, operands).and_then(|size| usize::try_from(size).ok()) {
            Some(precision) => style.precision = Some(precision),
            None if matches!(directive.precision, Size::Operand(_)) => self.write("%!(BADPREC)")?,
            None => {}
        }
        self.sheet.style = style;
        match directive.action {
            Action::Print { operand, verb } => {
                if let 'v' | 'w' = verb {
                    let style = &mut self.sheet.style;
                    style.sharp_v = std::mem::take(&mut style.flags.sharp);
                    style.plus_v = std::mem::take(&mut style.flags.plus);
                }
                self.operand(operands[operand], verb)
            }
            Action::Percent => self.write("%"),
            Action::BadIndex(verb) => self.write(&format!("%!{verb}(BADINDEX)")),
            Action::Missing(verb) => self.write(&format!("%!{verb}(MISSING)")),
            Action::NoVerb => self.write("%!(NOVERB)"),
        }
    }

    /// Names what no directive prints.
    fn extra(&mut self, operands: &[Value]) -> Done {
        self.sheet.style = Style::default();
        self.write("%!(EXTRA ")?;
        for (index, &operand) in operands.iter().enumerate() {
            if index > 0 {
                self.write(", ")?;
            }
            self.write(type_name(operand))?;
            if operand != Value::Nil {
                self.write("=")?;
                self.operand(operand, 'v')?;
            }
        }
        self.write(")")
    }

    fn operand(&mut self, value: Value, verb: char) -> Done {
        let item = Item::Value(value);
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.sheet.pad(b"<nil>"),
            (Value::Nil, _) => self.complain(item, verb),
            (value, 'T') => self.sheet.string(type_name(value).as_bytes()),
            // Where the reference prints an address.
            (_, 'p') => self.complain(item, verb),
            (Value::Bytes(bytes), 'v') if self.sheet.style.sharp_v => {
                self.byte_list("[]byte", bytes, verb)
            }
            // The verb `w` complains about each byte and not about all of them.
            (Value::Bytes(_), _) => self.item(item, verb, 0),
            _ if self.by_method(item, verb)? => Ok(()),
            _ => self.item(item, verb, 0),
        }
    }

    /// Says that a verb does not fit a value.
    fn complain(&mut self, item: Item, verb: char) -> Done {
        let before = std::mem::replace(&mut self.complaining, true);
        self.write(&format!("%!{verb}({}", item.type_name()))?;
        if !matches!(item, Item::Value(Value::Nil)) {
            self.write("=")?;
            self.item(item, 'v', 0)?;
        }
        self.complaining = before;
        self.write(")")
    }

    /// Prints what knows its own text, with a verb for text. Whether it did.
    fn by_method(&mut self, item: Item, verb: char) -> Result<bool, ExecError> {
        if self.complaining {
            return Ok(false);
        }
        if verb == 'w' {
            self.complain(item, verb)?;
            return Ok(true);
        }
        if self.sheet.style.sharp_v {
            let Item::Value(Value::Time { .. }) = item else {
                return Ok(false);
            };
        } else if !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return Ok(false);
        }
        let Some(own) = self.own_text(item) else {
            return Ok(false);
        };
        self.sheet.text_by_verb(own.as_bytes(), verb)?;
        Ok(true)
    }

    fn own_text(&mut self, item: Item) -> Option<String> {
        let Item::Value(value) = item else {
            return None;
        };
        match value {
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
                let go_syntax = self.sheet.style.sharp_v;
                let zones = self.cx.zones();
                Some(if go_syntax {
                    time_text::time_in_go(time, zones)
                } else {
                    time_text::time(time, zones)
                })
            }
            Value::Duration(nanos) => Some(time_text::duration(nanos)),
            Value::TraceId(id) | Value::SpanId(id) | Value::ProfileId(id) => {
                let bytes = self.cx.bytes(id);
                let is_empty = bytes.iter().all(|&byte| byte == 0);
                Some(if is_empty {
                    String::new()
                } else {
                    text::hex(bytes)
                })
            }
            _ => None,
        }
    }

    fn item(&mut self, item: Item, verb: char, depth: usize) -> Done {
        if depth > MAX_DEPTH {
            return Err(ExecError::new(
                "The value is nested too deep to be printed.",
            ));
        }
        self.sheet.out.spend(1)?;
        if depth > 0 && self.by_method(item, verb)? {
            return Ok(());
        }
        let value = match item {
            Item::Value(value) => value,
            Item::Uint64(value) => return self.integer(item, value, false, verb),
            Item::Uint8(value) => return self.integer(item, value.into(), false, verb),
            Item::Location { local } => return self.location(local, verb),
        };
        match value {
            Value::Nil | Value::Error(_) if self.sheet.style.sharp_v => {
                self.write("interface {}(nil)")
            }
            Value::Nil | Value::Error(_) => self.write("<nil>"),
            Value::Bool(value) if matches!(verb, 't' | 'v') => self.sheet.boolean(value),
            Value::Bool(_) => self.complain(item, verb),
            Value::Int(value) | Value::Duration(value) => {
                self.integer(item, value as u64, true, verb)
            }
            Value::Double(value) => self.double(item, value, verb),
            Value::Str(text) => self.string(item, text, verb),
            Value::Bytes(bytes)
            | Value::TraceId(bytes)
            | Value::SpanId(bytes)
            | Value::ProfileId(bytes) => self.bytes(item, bytes, verb),
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
                self.time(time, verb, depth)
            }
            Value::Opaque(kind @ (OpaqueKind::Byte | OpaqueKind::Number), number) => {
                let signed = kind == OpaqueKind::Number;
                self.integer(item, number.off.into(), signed, verb)
            }
            Value::List(ListKind::Slice, _)
            | Value::Map(MapKind::Map, _)
            | Value::Wire(_)
            | Value::Opaque(..) => self.attribute(item, value, verb),
            Value::List(kind, range) => self.list(kind, range, verb, depth),
            Value::Map(MapKind::Raw, range) => self.map(range, verb, depth),
        }
    }

    fn integer(&mut self, item: Item, bits: u64, signed: bool, verb: char) -> Done {
        let base = match verb {
            'v' if self.sheet.style.sharp_v && !signed => return self.sheet.hex_number(bits, true),
            'v' | 'd' => Base::Decimal,
            'b' => Base::Binary,
            'o' => Base::Octal,
            'O' => Base::OctalPrefixed,
            'x' => Base::Hex,
            'X' => Base::UpperHex,
            'c' => return self.sheet.character(bits),
            'q' => return self.sheet.quoted_character(bits),
            'U' => return self.sheet.code_point(bits),
            _ => return self.complain(item, verb),
        };
        self.sheet.integer(bits, signed, base)
    }

    fn double(&mut self, item: Item, value: f64, verb: char) -> Done {
        match verb {
            'v' => self.sheet.float(value, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.sheet.float(value, verb, None),
            'f' | 'e' | 'E' => self.sheet.float(value, verb, Some(6)),
            'F' => self.sheet.float(value, 'f', Some(6)),
            _ => self.complain(item, verb),
        }
    }

    fn string(&mut self, item: Item, text: Slice, verb: char) -> Done {
        let text = self.cx.bytes(text);
        match verb {
            'v' if self.sheet.style.sharp_v => self.sheet.quoted(text),
            'v' | 's' | 'x' | 'X' | 'q' => self.sheet.text_by_verb(text, verb),
            _ => self.complain(item, verb),
        }
    }

    fn bytes(&mut self, item: Item, bytes: Slice, verb: char) -> Done {
        match verb {
            's' | 'q' | 'x' | 'X' => self.sheet.text_by_verb(self.cx.bytes(bytes), verb),
            _ => self.byte_list(item.type_name(), bytes, verb),
        }
    }

    fn byte_list(&mut self, name: &str, bytes: Slice, verb: char) -> Done {
        if bytes.is_empty() && self.sheet.style.sharp_v {
            return self.write(&format!("{name}(nil)"));
        }
        self.elements(name, bytes.len as usize, |printer, index| {
            let byte = printer.cx.bytes(bytes)[index];
            printer.item(Item::Uint8(byte), verb, 1)
        })
    }

    /// Prints elements in brackets, or as Go programs have them.
    fn elements(
        &mut self,
        name: &str,
        count: usize,
        mut print: impl FnMut(&mut Self, usize) -> Done,
    ) -> Done {
        let go_syntax = self.sheet.style.sharp_v;
        let [open, between, close] = if go_syntax {
            ["{", ", ", "}"]
        } else {
            ["[", " ", "]"]
        };
        if go_syntax {
            self.write(name)?;
        }
        self.write(open)?;
        for index in 0..count {
            if index > 0 {
                self.write(between)?;
            }
            print(self, index)?;
        }
        self.write(close)
    }

    fn list(&mut self, kind: ListKind, range: PoolRange, verb: char, depth: usize) -> Done {
        let name = type_name(Value::List(kind, range));
        let is_repeated_field = matches!(kind, ListKind::Uints | ListKind::Doubles);
        if range.len == 0 && is_repeated_field && self.sheet.style.sharp_v {
            return self.write(&format!("{name}(nil)"));
        }
        self.elements(name, range.len as usize, |printer, index| {
            let heap = printer.cx.heap_mut();
            let element = heap.list(range)[index];
            let item = match (kind, heap.resolve(element)) {
                (ListKind::Uints, Value::Int(bits)) => Item::Uint64(bits as u64),
                (_, element) => Item::Value(element),
            };
            printer.item(item, verb, depth + 1)
        })
    }

    fn map(&mut self, range: PoolRange, verb: char, depth: usize) -> Done {
        let mut entries = self.cx.heap().map(range).to_vec();
        let heap = self.cx.heap();
        entries.sort_by(|left, right| heap.bytes(left.key).cmp(heap.bytes(right.key)));
        let name = type_name(Value::Map(MapKind::Raw, range));
        if !self.sheet.style.sharp_v {
            self.write("map")?;
        }
        self.elements(name, entries.len(), |printer, index| {
            let entry = entries[index];
            printer.item(Item::Value(Value::Str(entry.key)), verb, depth + 1)?;
            printer.write(":")?;
            let value = printer.cx.heap_mut().resolve(entry.value);
            printer.item(Item::Value(value), verb, depth + 1)
        })
    }

    /// Prints what a time consists of: nanoseconds, seconds since the year 1, and a zone.
    fn time(&mut self, time: Timestamp, verb: char, depth: usize) -> Done {
        let local = time.zone == Zones::LOCAL;
        let seconds = go::since_year_one(time.seconds);
        let fields = [
            ("wall:", Item::Uint64(time.nanos.into())),
            ("ext:", Item::Value(Value::Int(seconds))),
            ("loc:", Item::Location { local }),
        ];
        let Style {
            plus_v, sharp_v, ..
        } = self.sheet.style;
        self.write(if sharp_v { "time.Time{" } else { "{" })?;
        for (index, (name, item)) in fields.into_iter().enumerate() {
            if index > 0 {
                self.write(if sharp_v { ", " } else { " " })?;
            }
            if plus_v || sharp_v {
                self.write(name)?;
            }
            self.item(item, verb, depth + 1)?;
        }
        self.write("}")
    }

    fn location(&mut self, local: bool, verb: char) -> Done {
        let item = Item::Location { local };
        match verb {
            'v' if self.sheet.style.sharp_v => self.write("(*time.Location)(nil)"),
            'v' => self.sheet.pad(b"<nil>"),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(item, 0, false, verb),
            _ if local => self.local_zone(verb),
            _ => self.complain(item, verb),
        }
    }

    /// Prints the fields of the zone of a machine that is in UTC.
    fn local_zone(&mut self, verb: char) -> Done {
        self.write(&format!("%!{verb}(*time.Location=&{{"))?;
        self.sheet.text_by_verb(b"UTC", 'v')?;
        self.write(" [] [] ")?;
        self.sheet.text_by_verb(b"", 'v')?;
        for _ in 0..2 {
            self.write(" ")?;
            self.item(Item::Value(Value::Int(0)), 'v', 1)?;
        }
        self.write(" ")?;
        self.sheet.pad(b"<nil>")?;
        self.write("})")
    }

    /// Prints the text of a map, list or message part of the data model, but where the reference
    /// prints its fields and no address among them: wrong verbs and no values.
    fn attribute(&mut self, item: Item, value: Value, verb: char) -> Done {
        if !matches!(verb, 'v' | 'p' | 'b' | 'o' | 'd' | 'x' | 'X')
            && let Some((elements, keys)) = self.without_values(value)
        {
            let before = std::mem::replace(&mut self.complaining, true);
            self.fields(elements, &keys, verb)?;
            self.complaining = before;
            return Ok(());
        }
        if !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return self.complain(item, verb);
        }
        let mut own = self.cx.text();
        if let Value::Opaque(..) = value {
            own.push(b"{}")?;
        } else {
            text::attribute(self.cx.heap_mut(), value, &mut own)?;
        }
        self.sheet.text_by_verb(own.bytes(), verb)
    }
}

/// Maps, lists and message parts as the structs that they are in the reference.
impl Printer<'_, '_> {
    /// The type of the elements of what has none or only nil, and for each element the key if it is
    /// an entry.
    fn without_values(&mut self, value: Value) -> Option<(&'static str, Vec<Option<Slice>>)> {
        let heap = self.cx.heap_mut();
        match heap.resolve(value) {
            Value::Map(MapKind::Map, range) => {
                let entries = heap.map(range).to_vec();
                let is_nil = |entry: &Entry| heap.resolve(entry.value) == Value::Nil;
                let keys = entries.iter().map(|entry| Some(entry.key)).collect();
                let elements = "internal.KeyValue";
                entries.iter().all(is_nil).then_some((elements, keys))
            }
            Value::List(ListKind::Slice, range) => {
                let elements = heap.list(range);
                let keys = vec![None; elements.len()];
                let is_nil = |&element: &Value| element == Value::Nil;
                let type_name = "internal.AnyValue";
                elements.iter().all(is_nil).then_some((type_name, keys))
            }
            Value::Opaque(kind, count) if kind.is_sequence() && count.off == 0 => {
                Some((element_type(kind)?, Vec::new()))
            }
            _ => None,
        }
    }

    fn fields(&mut self, elements: &str, keys: &[Option<Slice>], verb: char) -> Done {
        self.write(&format!("{{%!{verb}(*[]{elements}=&["))?;
        for (index, key) in keys.iter().enumerate() {
            self.write(if index > 0 { " " } else { "" })?;
            match *key {
                None => self.write("{<nil>}")?,
                Some(key) => {
                    self.write("{{<nil>} ")?;
                    self.item(Item::Value(Value::Str(key)), 'v', 1)?;
                    self.write(" ")?;
                    self.item(Item::Value(Value::Int(0)), 'v', 1)?;
                    self.write("}")?;
                }
            }
        }
        // How often the message is referred to, and whether it may be changed.
        self.write(&format!("]) %!{verb}(*internal.State=&{{{{{{}} "))?;
        self.item(Item::Value(Value::Int(1)), 'v', 1)?;
        self.write("} ")?;
        self.item(Item::Uint64(0), 'v', 1)?;
        self.write("})}")
    }
}

/// A width or a precision; none when an operand is no integer or too large.
fn size(size: Size, operands: &[Value]) -> Option<i64> {
    match size {
        Size::Absent => None,
        Size::Given(size) => Some(size as i64),
        Size::Operand(index) => match operands.get(index) {
            Some(&(Value::Int(size) | Value::Duration(size))) => {
                (size.unsigned_abs() <= MAX_SIZE as u64).then_some(size)
            }
            Some(number) => {
                let number = number.as_opaque_number();
                number.filter(|size| *size <= MAX_SIZE as i64)
            }
            None => None,
        },
    }
}
