//! What was formatted is the same program, and stays as it is.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::format(data));
