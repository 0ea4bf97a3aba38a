//! The HTTP server of a running daemon: orders, limits, tokens, TLS, streams and the page.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "../common/mod.rs"]
mod common;

mod api;
mod chromium;
mod client;
mod daemon;
mod limits;
mod page;
mod security;
mod streams;
