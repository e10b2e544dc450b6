//! The text of a UUID.

/// The UUID of two halves, the second of which gets the variant of RFC 9562.
pub(crate) fn text(high: u64, low: u64) -> String {
    let low = low & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
