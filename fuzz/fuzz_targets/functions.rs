//! Every function takes any arguments, and the interpreters agree.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::functions(data));
