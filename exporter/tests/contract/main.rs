//! What callers may rely on: listings, errors, equal bytes, weights that come back, a fresh list of
//! operators.

mod bytes;
#[path = "../common/mod.rs"]
mod common;
mod errors;
mod listing;
mod page;
mod restore;
