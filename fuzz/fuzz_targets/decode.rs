//! Any bytes are a message or an error, and a message comes out as it went in.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ottl_fuzz::decode(data));
