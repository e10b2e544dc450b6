//! Machine code and both interpreters agree.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::native(data));
