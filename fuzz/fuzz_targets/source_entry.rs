//! See `source_entry` in `edge/tests/fuzz_bodies.rs`.

#![no_main]

#[path = "../../edge/tests/fuzz_bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::source_entry(bytes));
