//! Any file is a configuration or has problems, each at a place in it.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::configs(data));
