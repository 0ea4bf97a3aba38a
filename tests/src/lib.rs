//! End to end, parity and contracts: the one crate that sees all others. Its tests are in `tests/`.
