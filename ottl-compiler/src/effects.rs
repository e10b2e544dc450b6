//! What statements read and write.
//!
//! An item sees of others only what it shares with them: the levels above its own. So only places
//! of these levels count when statements are grouped; [`groups`](crate::groups) draws the
//! conclusions. What a statement writes to its own item is for those behind it; see
//! [`optimise`](crate::optimise).

use otlp_columns::{Field, Level, MapField};
use ottl_vm::ParamKind;
use ottl_vm::path::{Access, Context};

use crate::Registry;
use crate::hir::{
    ArgKind, Call, Condition, Expr, ExprKind, FunctionId, Key, LambdaBody, Path, Statement,
};

/// A place that statements read and write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A key of a map.
    Key(MapField, Vec<u8>),
    /// A whole map.
    Map(MapField),
    /// A field.
    Field(Field),
    /// The rows below one of the level.
    Rows(Level),
    /// The dictionary that all profiles of a message share.
    Dictionary,
}

impl Place {
    fn level(&self) -> Level {
        match self {
            Self::Key(map, _) | Self::Map(map) => map.level(),
            Self::Field(field) => field.level(),
            Self::Rows(level) => *level,
            // It lies beside the resources, and so above all that refers to it.
            Self::Dictionary => Level::Resource,
        }
    }

    /// Whether it is kept for items of later messages.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(
            self,
            Self::Key(MapField::Shared(_), _) | Self::Map(MapField::Shared(_))
        )
    }

    /// Whether it is a place in the rows above those of a level.
    fn is_above(&self, level: Level) -> bool {
        self.level() < level && *self != Self::Dictionary
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(map, key), Self::Key(other, other_key)) => map == other && key == other_key,
            (Self::Key(map, _) | Self::Map(map), Self::Key(other, _) | Self::Map(other)) => {
                map == other
            }
            _ => self == other,
        }
    }

    pub(crate) fn describe(&self) -> String {
        if self.is_kept() {
            return "shared cache".to_owned();
        }
        let level = ottl_vm::path::context_name(self.level());
        match self {
            Self::Key(_, key) => format!("{level} attribute \"{}\"", key.escape_ascii()),
            Self::Map(_) => format!("{level} attributes"),
            Self::Field(field) => format!("{level} field {}", field.name()),
            Self::Rows(_) => format!("rows below a {level}"),
            Self::Dictionary => "dictionary".to_owned(),
        }
    }
}

/// The level of what moves to another resource when an item of `context` writes to its own: the
/// item, or the one it is a part of.
pub(crate) fn moving_level(context: Context) -> Level {
    match context {
        Level::SpanEvent => Level::Span,
        Level::Exemplar => Level::DataPoint,
        Level::ProfileSample => Level::Profile,
        item => item,
    }
}

/// What one statement does to places it shares with other items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    pub(crate) reads: Vec<Place>,
    pub(crate) writes: Vec<Place>,
}

impl Effects {
    /// The effects of a statement, those on its own item included.
    pub(crate) fn of(statement: &Statement, registry: &Registry) -> Self {
        let mut walk = Walk {
            registry,
            effects: Self::default(),
        };
        walk.call(&statement.editor);
        if let Some(condition) = &statement.condition {
            walk.condition(condition);
        }
        walk.effects
    }

    /// The effects of a condition that stands on its own, those on its own item included.
    pub(crate) fn of_condition(condition: &Condition, registry: &Registry) -> Self {
        let mut walk = Walk {
            registry,
            effects: Self::default(),
        };
        walk.condition(condition);
        walk.effects
    }

    /// The effects on what other items can see, in a program of `context`.
    pub(crate) fn shared(mut self, context: Context) -> Self {
        let shared = |place: &Place| place.level() != context || place.is_kept();
        self.reads.retain(shared);
        self.writes.retain(shared);
        self
    }

    /// Whether something is written in the rows above those of a level.
    pub(crate) fn write_above(&self, level: Level) -> bool {
        self.writes.iter().any(|place| place.is_above(level))
    }

    /// Forgets what is done in the rows above those of a level, which no item shares with others.
    pub(crate) fn keep_to(&mut self, level: Level) {
        let is_shared = |place: &Place| !place.is_above(level) || matches!(place, Place::Rows(_));
        self.reads.retain(is_shared);
        self.writes.retain(is_shared);
    }

    /// The rows above that are removed, and with them perhaps the items that other statements, or
    /// this one, have not seen yet.
    pub(crate) fn removal(&self) -> Option<&Place> {
        let is_removal = |place: &&Place| matches!(place, Place::Rows(_));
        self.writes.iter().find(is_removal)
    }
}

/// Collects the effects of a statement, those on its own level included.
struct Walk<'a> {
    registry: &'a Registry,
    effects: Effects,
}

impl Walk<'_> {
    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Known { .. } => {}
            Condition::Compare { lhs, rhs, .. } => {
                self.expr(lhs);
                self.expr(rhs);
            }
            Condition::In { value, .. } | Condition::Truth(value) => self.expr(value),
            Condition::Not(inner) => self.condition(inner),
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => {}
            ExprKind::Path(path) => {
                self.keys(path);
                self.read(path);
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Index { base, keys } => {
                self.expr(base);
                for key in keys {
                    self.expr(key);
                }
            }
            ExprKind::List(elements) => {
                for element in elements {
                    self.expr(element);
                }
            }
            ExprKind::Map(entries) => {
                for (_, value) in entries {
                    self.expr(value);
                }
            }
            ExprKind::Negate(inner) => self.expr(inner),
            ExprKind::Arithmetic { lhs, rhs, .. } => {
                self.expr(lhs);
                self.expr(rhs);
            }
        }
    }

    fn call(&mut self, call: &Call) {
        self.function(call.function);
        let signature = self.registry.get(call.function).signature();
        for (arg, param) in call.args.iter().zip(signature.params) {
            match &arg.kind {
                ArgKind::Absent | ArgKind::Output(_) => {}
                ArgKind::Function(id) => self.function(*id),
                ArgKind::Value(expr) => self.expr(expr),
                ArgKind::Lambda(lambda) => match &*lambda.body {
                    LambdaBody::Value(expr) => self.expr(expr),
                    LambdaBody::Condition(condition) => self.condition(condition),
                },
                ArgKind::List(elements) => {
                    for element in elements {
                        self.expr(element);
                    }
                }
                ArgKind::Path(path) => {
                    self.keys(path);
                    if param.kind != ParamKind::Setter {
                        self.read(path);
                    }
                    self.write(path);
                }
            }
        }
    }

    /// What a function reads and writes without being given the paths, called or handed on to be
    /// called.
    fn function(&mut self, id: FunctionId) {
        let function = self.registry.get(id);
        let field = |&field: &Field| Place::Field(field);
        let map = |&map: &MapField| Place::Map(map);
        let effects = &mut self.effects;
        effects
            .reads
            .extend(function.signature().fields.iter().map(field));
        effects.writes.extend(function.writes().iter().map(field));
        effects.reads.extend(function.maps().iter().map(map));
        effects.writes.extend(function.maps().iter().map(map));
    }

    fn keys(&mut self, path: &Path) {
        for key in &path.keys {
            if let Key::Expr(expr) = key {
                self.expr(expr);
            }
        }
    }

    fn read(&mut self, path: &Path) {
        self.effects.reads.extend(places(path));
    }

    fn write(&mut self, path: &Path) {
        // A write through further keys also reads what is there.
        if path.keys.len() > 1 || path.def.access == Access::TraceState {
            self.read(path);
        }
        self.effects.writes.extend(places(path));
    }
}

pub(crate) fn places(path: &Path) -> Vec<Place> {
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
        | Access::Doubles(one)
        | Access::Bytes(one)
        | Access::ProfileId(one)
        | Access::ProfileIdHex(one)
        | Access::Ints(one, _)
        | Access::Times(one) => field(one),
        // An index that led nowhere may lead to a new entry, so that even reading sees what others
        // write.
        Access::Attributes(one) | Access::DictionaryStr(one) => {
            vec![Place::Field(one), Place::Dictionary]
        }
        Access::ValueType(one, other) => vec![Place::Field(one), Place::Field(other)],
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
        Access::MetricType | Access::EventIndex | Access::Request(_) => Vec::new(),
    }
}
