//! `merge_histogram_buckets(target_value, method?)`

use otlp_columns::{Field, Level, Shape, Value};
use ottl_vm::go::{f64_to_i64, parse_float};
use ottl_vm::{
    BindArg, BindArgs, BindError, Bound, CallContext, Example, ExecError, Function, Home, Literal,
    Param, ParamKind, Signature, Type, ValueKind,
};

/// The editor `merge_histogram_buckets`.
pub(crate) struct MergeHistogramBuckets;

static SIGNATURE: Signature = Signature {
    name: "merge_histogram_buckets",
    params: &[
        Param::new("target_value", ParamKind::Value(ValueKind::DoubleLike)),
        Param::optional("method", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: FIELDS,
    docs: "Makes fewer buckets of those of a histogram's data point.\n\n\
           With the method `\"remove_explicit_bound\"`, which is the default, `target_value` is a \
           bound: the buckets on both sides of it become one. With `\"limit_buckets\"` it is how many \
           buckets there may be: as many neighbours as needed become one, the same number \
           everywhere. That needs bounds that rise. Points of other metrics, and points whose buckets do \
           not fit their bounds, stay as they are.",
    examples: &[
        Example {
            title: "Without one bound",
            source: "merge_histogram_buckets(2.0)",
            attributes: r#"{"histogram":{"dataPoints":[{"bucketCounts":["1","2","4"],"explicitBounds":[1,2]}]}}"#,
            result: r#"[{"histogram":{"dataPoints":[{"bucketCounts":["1","6"],"explicitBounds":[1]}]}}]"#,
        },
        Example {
            title: "Two buckets at most",
            source: r#"merge_histogram_buckets(2, "limit_buckets")"#,
            attributes: r#"{"histogram":{"dataPoints":[{"bucketCounts":["1","2","4"],"explicitBounds":[1,2]}]}}"#,
            result: r#"[{"histogram":{"dataPoints":[{"bucketCounts":["3","4"],"explicitBounds":[2]}]}}]"#,
        },
        Example {
            title: "No buckets",
            source: r#"merge_histogram_buckets(0, "limit_buckets")"#,
            attributes: "{}",
            result: "rejected: The number of buckets has to be a positive integer, not 0.",
        },
        Example {
            title: "A bound that is missing",
            source: r#"merge_histogram_buckets(datapoint.attributes["missing"])"#,
            attributes: r#"{"histogram":{"dataPoints":[{}]}}"#,
            result: "error: Expected a number but got nil.",
        },
    ],
};

const FIELDS: &[Field] = &[Field::PointBucketCounts, Field::PointBounds];

impl Function for MergeHistogramBuckets {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn home(&self) -> Home {
        Home::Transform
    }

    fn contexts(&self) -> &'static [Level] {
        &[Level::DataPoint]
    }

    fn writes(&self) -> &'static [Field] {
        FIELDS
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        let merge: fn(&mut Buckets, f64) -> Result<bool, String> = match args.string(1) {
            None | Some(b"remove_explicit_bound") => |buckets, bound| Ok(buckets.remove(bound)),
            Some(b"limit_buckets") => |buckets, most| Ok(buckets.limit(count(most)?)),
            Some(other) => {
                return Err(BindError::param(
                    1,
                    format!(
                        "There is no method `{}`; there are `remove_explicit_bound` and \
                         `limit_buckets`.",
                        String::from_utf8_lossy(other)
                    ),
                ));
            }
        };
        if let Some(target) = literal(args)? {
            // What a method thinks of the number does not depend on the point.
            let checked = merge(&mut Buckets::default(), target);
            checked.map_err(|message| BindError::param(0, message))?;
        }
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            let (batch, position) = cx.batch();
            if batch.shape(Level::DataPoint, position.row) != Shape::Histogram {
                return Ok(Value::Nil);
            }
            let target = cx.double_like(0)?;
            let target = target.ok_or_else(|| ExecError::expected("a number", "nil"))?;
            let mut buckets = Buckets::read(cx)?;
            if merge(&mut buckets, target).map_err(ExecError::new)? {
                buckets.write(cx);
            }
            Ok(Value::Nil)
        }))
    }
}

/// The number that a literal argument is; one that is none fails when the program runs.
fn literal(args: &BindArgs<'_>) -> Result<Option<f64>, BindError> {
    Ok(match args.args.first() {
        Some(BindArg::Literal(Literal::Nil)) => {
            return Err(BindError::param(0, "The target value cannot be nil."));
        }
        Some(BindArg::Literal(Literal::Double(value))) => Some(*value),
        Some(BindArg::Literal(Literal::Int(value))) => Some(*value as f64),
        Some(BindArg::Literal(Literal::Bool(value))) => Some(f64::from(u8::from(*value))),
        Some(BindArg::Literal(Literal::String(text))) => parse_float(text).ok(),
        _ => None,
    })
}

/// How many buckets a number allows.
fn count(target: f64) -> Result<i64, String> {
    // 2^63 itself passes in the reference, and limits nothing.
    if target >= 1.0 && target.trunc() == target && target <= 9_223_372_036_854_775_808.0 {
        Ok(f64_to_i64(target))
    } else {
        Err(format!(
            "The number of buckets has to be a positive integer, not {target}."
        ))
    }
}

/// The buckets of a point.
#[derive(Default)]
struct Buckets {
    counts: Vec<u64>,
    bounds: Vec<f64>,
}

impl Buckets {
    fn read(cx: &mut CallContext<'_>) -> Result<Self, ExecError> {
        let (batch, position) = cx.batch();
        let column = |field| batch.packed(field, position.row).unwrap_or_default();
        let counts = column(Field::PointBucketCounts);
        let bounds = column(Field::PointBounds);
        cx.spend((counts.len() + bounds.len()) as u64)?;
        Ok(Self {
            counts,
            bounds: bounds.into_iter().map(f64::from_bits).collect(),
        })
    }

    fn write(&self, cx: &mut CallContext<'_>) {
        let bounds: Vec<_> = self.bounds.iter().map(|bound| bound.to_bits()).collect();
        let (batch, position) = cx.batch();
        let counted = batch.set_packed(Field::PointBucketCounts, position.row, &self.counts);
        let bounded = batch.set_packed(Field::PointBounds, position.row, &bounds);
        if counted || bounded {
            cx.note_change();
        }
    }

    fn fit(&self) -> bool {
        self.counts.len() > 1 && self.counts.len() == self.bounds.len() + 1
    }

    /// Takes a bound away, if it is there.
    fn remove(&mut self, bound: f64) -> bool {
        const EPSILON: f64 = 1e-12;
        let is_it = |known: &f64| (known - bound).abs() < EPSILON;
        let Some(index) = self.bounds.iter().position(is_it).filter(|_| self.fit()) else {
            return false;
        };
        let count = self.counts.remove(index);
        self.counts[index] = self.counts[index].wrapping_add(count);
        self.bounds.remove(index);
        true
    }

    /// Merges neighbours until there are `most` buckets or fewer.
    fn limit(&mut self, most: i64) -> bool {
        let len = self.counts.len() as i64;
        let rises = self.bounds.is_sorted_by(|left, right| left < right);
        if !self.fit() || len <= most || !rises {
            return false;
        }
        // At least one and at most the number of buckets.
        let merged = ((len - 1) / most + 1) as usize;
        let sum = |counts: &[u64]| counts.iter().copied().fold(0, u64::wrapping_add);
        self.counts = self.counts.chunks(merged).map(sum).collect();
        self.bounds = self.bounds[merged - 1..]
            .iter()
            .step_by(merged)
            .copied()
            .collect();
        true
    }
}
