//! See `truth` in `edge/tests/fuzz_bodies.rs`.

#![no_main]

#[path = "../../edge/tests/fuzz_bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::truth(bytes));
