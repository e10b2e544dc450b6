//! ottlc.

fn main() {}
