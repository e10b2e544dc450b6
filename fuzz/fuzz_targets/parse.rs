//! Any text is parsed, and every diagnostic is about a place in it.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::parse(data));
