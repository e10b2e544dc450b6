//! How much memory this process had at most, as Linux tells it.

use std::fs;

/// Begins anew with what there is now. Where that cannot be done the peak is that of the whole process.
pub(super) fn forget_peak() {
    let reset = fs::write("/proc/self/clear_refs", "5");
    // Other systems have no such file, and there is no peak to forget there.
    drop(reset);
}

/// The most resident memory at once, in bytes, if the system tells it.
pub(super) fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
