//! The statistics of audits: pure functions of numbers.
