//! Merging points of exponential histograms.

use otlp_columns::metric::BucketCounts;
use ottl_vm::{CallContext, ExecError};

/// Adds the buckets of one point to those of another, the way the reference does: buckets of a
/// source that begins lower are put in front, without the empty ones.
///
/// `made` is the number of empty buckets that were made for the metric so far; the result is how
/// many there are now.
///
/// # Errors
/// When the offsets are so far apart that there is no room for the buckets between them.
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
