//! MurmurHash3 without a seed, by its public description (SMHasher, `MurmurHash3.cpp`).

/// The hash of 32 bits.
pub(crate) fn hash_32(bytes: &[u8]) -> u32 {
    let mix = |block: u32| {
        let mixed = block.wrapping_mul(0xcc9e_2d51).rotate_left(15);
        mixed.wrapping_mul(0x1b87_3593)
    };
    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut hash = blocks.iter().fold(0u32, |hash, &block| {
        let hash = (hash ^ mix(u32::from_le_bytes(block))).rotate_left(13);
        hash.wrapping_mul(5).wrapping_add(0xe654_6b64)
    });
    let mut last = [0; 4];
    last[..tail.len()].copy_from_slice(tail);
    hash ^= mix(u32::from_le_bytes(last));
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

/// The two halves of the hash of 128 bits, in the variant for machines with 64 bits.
pub(crate) fn hash_128(bytes: &[u8]) -> [u64; 2] {
    const FIRST: u64 = 0x87c3_7b91_1142_53d5;
    const SECOND: u64 = 0x4cf5_ad43_2745_937f;
    let mix_low = |low: u64| {
        let mixed = low.wrapping_mul(FIRST).rotate_left(31);
        mixed.wrapping_mul(SECOND)
    };
    let mix_high = |high: u64| {
        let mixed = high.wrapping_mul(SECOND).rotate_left(33);
        mixed.wrapping_mul(FIRST)
    };
    let (blocks, tail) = bytes.as_chunks::<16>();
    let [mut one, mut two] = [0u64; 2];
    for &block in blocks {
        let [low, high] = halves(block);
        one = (one ^ mix_low(low)).rotate_left(27).wrapping_add(two);
        one = one.wrapping_mul(5).wrapping_add(0x52dc_e729);
        two = (two ^ mix_high(high)).rotate_left(31).wrapping_add(one);
        two = two.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let mut last = [0; 16];
    last[..tail.len()].copy_from_slice(tail);
    let [low, high] = halves(last);
    one ^= mix_low(low) ^ bytes.len() as u64;
    two ^= mix_high(high) ^ bytes.len() as u64;
    one = one.wrapping_add(two);
    two = two.wrapping_add(one);
    [one, two] = [finish(one), finish(two)];
    one = one.wrapping_add(two);
    [one, two.wrapping_add(one)]
}

fn halves(block: [u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(block);
    [both as u64, (both >> 64) as u64]
}

fn finish(mut half: u64) -> u64 {
    half = (half ^ half >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    half = (half ^ half >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    half ^ half >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_come_out() {
        assert_eq!(hash_32(b""), 0);
        assert_eq!(hash_32(b"hello"), 0x248b_fa47);
        assert_eq!(hash_128(b""), [0, 0]);
        assert_eq!(
            hash_128(b"hello"),
            [0xcbd8_a7b3_41bd_9b02, 0x5b1e_906a_48ae_1d19]
        );
    }
}
