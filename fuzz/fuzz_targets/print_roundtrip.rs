//! What was parsed, printed and parsed again is the same tree.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::print_roundtrip(data));
