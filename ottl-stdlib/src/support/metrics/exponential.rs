//! Merging points of exponential histograms.

use otlp_columns::metric::BucketCounts;
use ottl_vm::{CallContext, ExecError};

/// Counts that are moved for one unit of work.
const COUNTS_PER_UNIT: usize = 8;

/// Adds the buckets of one point to those of another, the way the reference does: buckets of a
/// source that begins lower are put in front, without the empty ones.
///
/// `made` is the number of empty buckets that were made for the metric so far; the result is how
/// many there are now.
///
/// # Errors
/// When the offsets are so far apart that there is no room for the buckets between them, or the run
/// has to stop.
pub(crate) fn add_buckets(
    cx: &CallContext<'_>,
    target: &mut BucketCounts,
    source: &BucketCounts,
    mut made: usize,
) -> Result<usize, ExecError> {
    if target.offset == source.offset {
        let shared = target.counts.len().min(source.counts.len());
        let (common, more) = source.counts.split_at(shared);
        for (sum, &count) in target.counts.iter_mut().zip(common) {
            *sum = sum.wrapping_add(count);
        }
        target.counts.extend_from_slice(more);
        return Ok(made);
    }
    if source.offset < target.offset {
        // Those that are there move up, each time that a point begins lower than all before it.
        cx.spend((target.counts.len() / COUNTS_PER_UNIT) as u64)?;
        let in_front = source.counts.iter().copied().filter(|&count| count > 0);
        target.counts.splice(0..0, in_front);
    } else {
        made = add_above(cx, target, source, made)?;
    }
    if !source.counts.is_empty() {
        target.offset = target.offset.min(source.offset);
        let zeros = target
            .counts
            .iter()
            .take_while(|&&count| count == 0)
            .count();
        target.counts.drain(..zeros);
    }
    Ok(made)
}

fn add_above(
    cx: &CallContext<'_>,
    target: &mut BucketCounts,
    source: &BucketCounts,
    mut made: usize,
) -> Result<usize, ExecError> {
    let distance = i64::from(source.offset.wrapping_sub(target.offset));
    for (index, &count) in source.counts.iter().enumerate() {
        // Beyond 32 bits the distance is negative, and buckets that it puts below zero are lost.
        let Ok(at) = usize::try_from(index as i64 + distance) else {
            continue;
        };
        if count == 0 {
            continue;
        }
        if let Some(gap) = at.checked_sub(target.counts.len()) {
            made += gap;
            cx.room_for_list(made)?;
            cx.spend(gap as u64)?;
            target.counts.resize(at + 1, 0);
        }
        target.counts[at] = target.counts[at].wrapping_add(count);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    use otlp_columns::Value;
    use ottl_vm::{Signature, Type};

    use crate::support::plain::Plain;
    use crate::testing::{Failure, Span};
    use serde_json::json;

    static SIGNATURE: Signature = Signature {
        name: "Merged",
        params: &[],
        result: Type::Int,
        fields: &[],
        docs: "",
        examples: &[],
    };

    /// The number of buckets of so many points, each of which begins lower than the one before.
    fn merged<const POINTS: i32>(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        let point = |offset| BucketCounts {
            offset,
            counts: vec![1],
        };
        let mut target = point(0);
        for offset in 1..POINTS {
            add_buckets(cx, &mut target, &point(-offset), 0)?;
        }
        Ok(Value::Int(target.counts.len() as i64))
    }

    #[test]
    fn moving_buckets_up_again_and_again_is_work() {
        let call = |kernel| {
            let mut span = Span::new("{}");
            span.limits(|limits| limits.min_work = 1_000);
            let function = Plain {
                signature: &SIGNATURE,
                kernel,
            };
            span.call(&function, &[])
        };
        assert_eq!(call(merged::<100>), Ok(json!({"int": "100"})));
        assert!(matches!(call(merged::<1_000>), Err(Failure::Exec(_))));
    }
}
