//! The daemon survives its world: the program with fixture models, and cameras, files, brokers and disks
//! that fail under it. Each test reads the records back and accounts for every number in them. What is
//! not installed or not allowed here is skipped with a note.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "../common/mod.rs"]
mod common;

mod brokers;
mod disk;
mod kills;
mod rtsp;
mod service;
mod streams;

/// A source to which nothing happens.
const STEADY: &str = "[[sources]]\ninput = 'test:'\nname = 'steady'\n";
