//! Any message through any statement, and the interpreters agree.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::messages(data));
