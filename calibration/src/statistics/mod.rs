//! The statistics of audits: pure functions of numbers, the same for the same seed.
//!
//! Takes scores that a classifier gave; gives estimates with their p-values and intervals. Nothing
//! here reads a file, knows a network or keeps a clock.
//!
//! The paper is Büchner et al. 2025, *Facing Asymmetry*.

pub mod accuracy;
mod error;
pub mod gradient;
pub mod holm;
pub mod impact;
pub mod independence;
mod log_odds;
pub mod permutation;

pub use error::StatisticsError;
pub use log_odds::log_odds;
