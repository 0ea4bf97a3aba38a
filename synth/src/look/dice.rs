//! Short words for chance.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// Uniform in `[low, high)`.
pub(crate) fn between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// Normal with mean 0.
pub(crate) fn normal(rng: &mut impl Rng, deviation: f32) -> f32 {
    rng.sample::<f32, _>(StandardNormal) * deviation
}

/// True in a share of cases.
pub(crate) fn chance(rng: &mut impl Rng, share: f64) -> bool {
    rng.random_bool(share)
}

/// An index drawn in proportion to `weights`.
pub(crate) fn pick(rng: &mut impl Rng, weights: &[f32]) -> usize {
    let mut left = rng.random::<f32>() * weights.iter().sum::<f32>();
    weights
        .iter()
        .position(|weight| {
            left -= weight;
            left < 0.0
        })
        .unwrap_or(weights.len() - 1)
}
