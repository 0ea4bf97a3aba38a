//! What makes a classifier's numbers true to their word.
//!
//! A probability is calibrated when of all cases with 0.7 seven in ten come true. [`temperature`] makes
//! distributions so, [`map`] single probabilities (by [`isotonic`] regression or [`platt`] scaling);
//! [`reliability`] measures it. [`threshold`] turns probabilities into decisions, [`abstain`] says from
//! where on none should be made, [`limit`] beyond which blur or pose. These are pure functions of
//! probabilities and labels; [`flow`] leads them over a bundle and its data.
//!
//! Every number is checked against NumPy, SciPy or scikit-learn: `fixtures/reference.py`.

pub mod abstain;
mod categorical;
pub mod flow;
pub mod isotonic;
pub mod limit;
pub mod map;
pub mod platt;
pub mod reliability;
pub mod temperature;
#[cfg(test)]
mod tests;
pub mod threshold;

pub use categorical::Categorical;

/// Probabilities nearer to 0 than this count as this where a logarithm is taken.
pub(crate) const LEAST: f64 = 1e-12;

/// Why nothing was fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Too few cases of one kind.
    #[error(
        "{positives} positive and {negatives} negative cases, at least {least} of each are needed"
    )]
    Few {
        /// Cases that are true.
        positives: usize,
        /// Cases that are not.
        negatives: usize,
        /// How many of each there must be.
        least: usize,
    },
    /// Higher probabilities do not mean more truth.
    #[error("what is more probable is not more often true")]
    Falling,
    /// The least loss is beyond any temperature that means something.
    #[error(
        "no temperature from 0.01 to 100 is best: the cases are all decided rightly, or at random"
    )]
    NoMinimum,
    /// There is no case at all.
    #[error("there is no labelled case")]
    Empty,
}

/// Mean negative log-likelihood of (probability, truth); 0 without any.
#[must_use]
pub fn log_loss(cases: &[(f32, bool)]) -> f64 {
    let loss = |&(p, truth): &(f32, bool)| {
        let p = f64::from(p);
        -(if truth { p } else { 1.0 - p }).max(LEAST).ln()
    };
    cases.iter().map(loss).sum::<f64>() / cases.len().max(1) as f64
}

/// Positive and negative cases.
pub(crate) fn counts(cases: &[(f32, bool)]) -> (usize, usize) {
    let positives = cases.iter().filter(|(_, truth)| *truth).count();
    (positives, cases.len() - positives)
}
