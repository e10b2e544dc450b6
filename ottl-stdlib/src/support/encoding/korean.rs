//! EUC-KR, with the additions of code page 949.

use std::sync::LazyLock;

use super::pairs::Pairs;

static PAIRS: LazyLock<Pairs> = LazyLock::new(|| Pairs::new(encoding_rs::EUC_KR, &[]));

pub(super) fn euc_kr() -> impl Fn(&[u8]) -> (char, usize) {
    let pairs = &*PAIRS;
    move |text| match *text {
        [lead @ 0x81..=0xfe, trail, ..] => match pairs.get(lead, trail) {
            // ASCII behind a wrong byte is text.
            char::REPLACEMENT_CHARACTER if trail.is_ascii() => (char::REPLACEMENT_CHARACTER, 1),
            char => (char, 2),
        },
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}
