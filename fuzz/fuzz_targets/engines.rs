//! The row interpreter and the column interpreter agree.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::engines(data));
