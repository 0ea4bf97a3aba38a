//! Does a classifier's output depend on a feature, given what the face shows?
//!
//! Takes a [`Sample`] of predictions, features and labels, one row per face; gives per test a
//! statistic and a p-value for the hypothesis that prediction and feature are independent given the
//! label (Reimers et al. 2020, Section 4.1 and Appendix C.2 of the paper). No test of conditional
//! independence keeps its level against every distribution (Shah and Peters 2020), so there are
//! three, of different kinds, and a [`vote`].
//!
//! The question is about association in data as they were found, not about what would happen if the
//! feature were changed.

pub mod chsic;
mod cluster;
pub mod cmi_knn;
pub mod fcit;
mod kernel;
mod local_permutation;
mod neighbours;
mod regression_tree;
mod sample;
pub mod vote;

pub use sample::{Given, Sample, Variable};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What one test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndependenceOutcome {
    /// The statistic of the test, larger for stronger dependence; its scale is the test's own.
    pub statistic: f64,
    /// The p-value.
    pub p: f64,
}

/// The random numbers of one part of a test, independent of those of every other part.
fn stream(seed: u64, part: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(part as u64);
    rng
}
