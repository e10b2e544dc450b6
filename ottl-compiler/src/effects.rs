//! What statements read and write beyond their own item, and so in which order they must run.
//!
//! The reference runs every statement on one item, then every statement on the next. Running one
//! statement on all items first gives the same result exactly if no item sees what another one
//! wrote. An item sees of others only what it shares with them: the levels above its own. So two
//! statements conflict when one writes a shared place that the other reads or writes, and a
//! statement conflicts with itself when it reads a shared place that it writes. One that removes
//! rows above conflicts with all, since its own item's siblings may go. Conflicting statements, and
//! all between them, run by rows; all others run by columns.

use otlp_columns::{Field, Level, MapField};
use ottl_vm::path::{Access, Context};
use ottl_vm::{Group, GroupMode, ParamKind};

use crate::Registry;
use crate::hir::{ArgKind, Call, Condition, Expr, ExprKind, Key, Path, Statement};

/// A place that statements read and write.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A key of a map.
    Key(MapField, Vec<u8>),
    /// A whole map.
    Map(MapField),
    /// A field.
    Field(Field),
    /// The rows below one of the level.
    Rows(Level),
}

impl Place {
    fn level(&self) -> Level {
        match self {
            Self::Key(map, _) | Self::Map(map) => map.level(),
            Self::Field(field) => field.level(),
            Self::Rows(level) => *level,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(map, key), Self::Key(other, other_key)) => map == other && key == other_key,
            (Self::Key(map, _) | Self::Map(map), Self::Key(other, _) | Self::Map(other)) => {
                map == other
            }
            _ => self == other,
        }
    }

    fn describe(&self) -> String {
        let level = ottl_vm::path::context_name(self.level());
        match self {
            Self::Key(_, key) => format!("{level} attribute \"{}\"", key.escape_ascii()),
            Self::Map(_) => format!("{level} attributes"),
            Self::Field(field) => format!("{level} field {}", field.name()),
            Self::Rows(_) => format!("rows below a {level}"),
        }
    }
}

/// What one statement does to places it shares with other items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    reads: Vec<Place>,
    writes: Vec<Place>,
}

impl Effects {
    /// The effects of a statement in a program of `context`.
    pub(crate) fn of(statement: &Statement, registry: &Registry, context: Context) -> Self {
        let mut effects = Self::default();
        effects.call(&statement.editor, registry);
        if let Some(condition) = &statement.condition {
            effects.condition(condition, registry);
        }
        let shared = |place: &Place| place.level() != context;
        effects.reads.retain(shared);
        effects.writes.retain(shared);
        effects
    }

    /// The rows above that are removed, and with them perhaps the items that other statements, or
    /// this one, have not seen yet.
    fn removal(&self) -> Option<&Place> {
        self.writes
            .iter()
            .find(|place| matches!(place, Place::Rows(_)))
    }

    fn conflict<'e>(&'e self, other: &'e Self) -> Option<&'e Place> {
        if let Some(place) = self.removal().or_else(|| other.removal()) {
            return Some(place);
        }
        let touched = |place: &&Place| {
            other
                .reads
                .iter()
                .chain(&other.writes)
                .any(|known| known.overlaps(place))
        };
        let read = |place: &&Place| other.writes.iter().any(|known| known.overlaps(place));
        self.writes
            .iter()
            .find(touched)
            .or_else(|| self.reads.iter().find(read))
    }

    /// A statement over all items leaves what the last item wrote, as in the reference, unless it
    /// reads what it writes.
    fn self_conflict(&self) -> Option<&Place> {
        let read = |place: &&Place| self.reads.iter().any(|known| known.overlaps(place));
        self.removal().or_else(|| self.writes.iter().find(read))
    }

    fn condition(&mut self, condition: &Condition, registry: &Registry) {
        match condition {
            Condition::Known(_) => {}
            Condition::Compare { lhs, rhs, .. } => {
                self.expr(lhs, registry);
                self.expr(rhs, registry);
            }
            Condition::Truth(expr) => self.expr(expr, registry),
            Condition::Not(inner) => self.condition(inner, registry),
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    self.condition(part, registry);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr, registry: &Registry) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Error => {}
            ExprKind::Path(path) => self.path(path, registry, false),
            ExprKind::Call(call) => self.call(call, registry),
            ExprKind::Index { base, keys } => {
                self.expr(base, registry);
                for key in keys {
                    self.expr(key, registry);
                }
            }
            ExprKind::List(elements) => {
                for element in elements {
                    self.expr(element, registry);
                }
            }
            ExprKind::Map(entries) => {
                for (_, value) in entries {
                    self.expr(value, registry);
                }
            }
            ExprKind::Negate(inner) => self.expr(inner, registry),
            ExprKind::Arithmetic { lhs, rhs, .. } => {
                self.expr(lhs, registry);
                self.expr(rhs, registry);
            }
        }
    }

    fn call(&mut self, call: &Call, registry: &Registry) {
        let signature = registry.get(call.function).signature();
        self.reads
            .extend(signature.fields.iter().copied().map(Place::Field));
        for (arg, param) in call.args.iter().zip(signature.params) {
            match &arg.kind {
                ArgKind::Absent | ArgKind::Function(_) | ArgKind::Output(_) => {}
                ArgKind::Value(expr) => self.expr(expr, registry),
                ArgKind::List(elements) => {
                    for element in elements {
                        self.expr(element, registry);
                    }
                }
                ArgKind::Path(path) => {
                    if param.kind != ParamKind::Setter {
                        self.path(path, registry, false);
                    }
                    self.path(path, registry, true);
                }
            }
        }
    }

    fn path(&mut self, path: &Path, registry: &Registry, write: bool) {
        for key in &path.keys {
            if let Key::Expr(expr) = key {
                self.expr(expr, registry);
            }
        }
        let places = places(path);
        if write {
            // A write through further keys also reads what is there.
            if path.keys.len() > 1 || path.def.access == Access::TraceState {
                self.reads.extend(places.iter().cloned());
            }
            self.writes.extend(places);
        } else {
            self.reads.extend(places);
        }
    }
}

fn places(path: &Path) -> Vec<Place> {
    let field = |field| vec![Place::Field(field)];
    match path.def.access {
        Access::Map(map) => match path.keys.first() {
            Some(Key::Str(key)) => vec![Place::Key(map, key.clone())],
            _ => vec![Place::Map(map)],
        },
        Access::Body | Access::BodyString => field(Field::LogBody),
        Access::Int(one, _)
        | Access::MetricInt(one)
        | Access::MetricBool(one)
        | Access::Double(one)
        | Access::Str(one)
        | Access::TimeNanos(one)
        | Access::Time(one)
        | Access::TraceId(one)
        | Access::TraceIdHex(one)
        | Access::SpanId(one)
        | Access::SpanIdHex(one)
        | Access::NumberDouble(one, _)
        | Access::NumberInt(one, _)
        | Access::Number(one, _)
        | Access::Uints(one)
        | Access::Doubles(one) => field(one),
        Access::TraceState => field(Field::SpanTraceState),
        Access::KindString | Access::KindDeprecatedString => field(Field::SpanKind),
        Access::Status => vec![
            Place::Field(Field::SpanStatusCode),
            Place::Field(Field::SpanStatusMessage),
        ],
        Access::DurationMillis => {
            vec![Place::Field(Field::SpanStart), Place::Field(Field::SpanEnd)]
        }
        Access::Messages(field, _) => vec![Place::Field(field), Place::Rows(field.level())],
        Access::Points => vec![
            Place::Field(Field::MetricPoints),
            Place::Rows(Level::Metric),
        ],
        Access::Buckets(_) => vec![
            Place::Field(Field::PointPositiveOffset),
            Place::Field(Field::PointNegativeOffset),
            Place::Field(Field::PointPositiveCounts),
            Place::Field(Field::PointNegativeCounts),
        ],
        Access::MetricType | Access::EventIndex => Vec::new(),
    }
}

/// Splits statements with these effects into groups.
pub(crate) fn groups(effects: &[Effects]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < effects.len() {
        let (end, reason) = conflicting_run(effects, at);
        match reason {
            Some(place) => groups.push(Group {
                parts: at..end,
                mode: GroupMode::Rows {
                    reason: format!("items see what others write to the {}", place.describe()),
                },
            }),
            None => push_columns(&mut groups, at..end),
        }
        at = end;
    }
    groups
}

/// Neighbouring groups that run by columns are one.
fn push_columns(groups: &mut Vec<Group>, parts: std::ops::Range<usize>) {
    match groups.last_mut() {
        Some(Group {
            parts: last,
            mode: GroupMode::Columns,
        }) => last.end = parts.end,
        _ => groups.push(Group {
            parts,
            mode: GroupMode::Columns,
        }),
    }
}

/// The statements from `start` on that must run together, and the place they conflict over.
fn conflicting_run(effects: &[Effects], start: usize) -> (usize, Option<&Place>) {
    let mut end = start + 1;
    let mut reason = effects[start].self_conflict();
    let mut at = start;
    while at < end {
        let last = (at + 1..effects.len()).rev().find_map(|later| {
            effects[at]
                .conflict(&effects[later])
                .map(|place| (later, place))
        });
        if let Some((later, place)) = last
            && later >= end
        {
            end = later + 1;
            reason = reason.or(Some(place));
        }
        at += 1;
    }
    // A single statement without conflict, or a run that conflicts.
    (end, reason)
}
