//! The variants of base64, by the names they have in the language.

use ::base64::alphabet;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Digits for any bits behind the last byte are read, as Go does.
const PADDED: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);

const RAW: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);

pub(crate) static STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDED);
static STANDARD_RAW: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, RAW);
static URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDED);
static URL_RAW: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, RAW);

/// The variant with a name.
pub(crate) fn variant(name: &[u8]) -> Option<&'static GeneralPurpose> {
    match name {
        b"base64" => Some(&STANDARD),
        b"base64-raw" => Some(&STANDARD_RAW),
        b"base64-url" => Some(&URL),
        b"base64-raw-url" => Some(&URL_RAW),
        _ => None,
    }
}
