//! Platt scaling: a sigmoid of the logit, for units of which little is labelled.
//!
//! Takes (probability, truth); gives slope and offset of `p' = sigmoid(slope * logit(p) + offset)` (Platt
//! 1999, "Probabilistic Outputs for Support Vector Machines", with its targets, which keep few cases from
//! becoming certain). A temperature with an offset: slope 1 and offset 0 change nothing.

use super::{FitError, LEAST, counts};

/// Fewer cases of either kind say nothing about two numbers.
pub const LEAST_CASES: usize = 10;
const STEPS: usize = 100;

/// A fitted sigmoid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Platt {
    /// Above 0.
    pub slope: f64,
    /// Added to the logit.
    pub offset: f64,
}

impl Platt {
    /// The calibrated probability.
    #[must_use]
    pub fn apply(&self, p: f64) -> f64 {
        sigmoid(self.slope * logit(p) + self.offset)
    }
}

/// The sigmoid of least cross-entropy, by Newton's method with halved steps (Lin, Lin and Weng 2007, "A
/// note on Platt's probabilistic outputs").
///
/// # Errors
/// [`FitError::Few`] with fewer than [`LEAST_CASES`] of either kind, [`FitError::Falling`] where the slope
/// would not be above 0.
pub fn fit(cases: &[(f32, bool)]) -> Result<Platt, FitError> {
    let (positives, negatives) = counts(cases);
    if positives.min(negatives) < LEAST_CASES {
        return Err(FitError::Few {
            positives,
            negatives,
            least: LEAST_CASES,
        });
    }
    let high = (positives as f64 + 1.0) / (positives as f64 + 2.0);
    let low = 1.0 / (negatives as f64 + 2.0);
    let target = |truth| if truth { high } else { low };
    let points: Vec<(f64, f64)> = cases
        .iter()
        .map(|&(p, truth)| (logit(f64::from(p)), target(truth)))
        .collect();
    let mut fitted = Platt {
        slope: 1.0,
        offset: 0.0,
    };
    let mut loss = loss_of(&points, fitted);
    for _ in 0..STEPS {
        let [slope, offset] = newton(&points, fitted);
        if slope.abs().max(offset.abs()) < 1e-12 {
            break;
        }
        let shorter = std::iter::successors(Some(1.0), |share| Some(share / 2.0)).take(40);
        let step = shorter.map(|share| Platt {
            slope: fitted.slope + share * slope,
            offset: fitted.offset + share * offset,
        });
        let better = step
            .map(|step| (loss_of(&points, step), step))
            .find(|(next, _)| *next < loss);
        let Some(better) = better else { break };
        (loss, fitted) = better;
    }
    if fitted.slope > 0.0 {
        Ok(fitted)
    } else {
        Err(FitError::Falling)
    }
}

/// The full step: the inverse of the second derivatives times the first, negative.
fn newton(points: &[(f64, f64)], at: Platt) -> [f64; 2] {
    let (mut gradient, mut bend) = ([0.0; 2], [1e-12, 0.0, 1e-12]);
    for &(x, target) in points {
        let p = sigmoid(at.slope * x + at.offset);
        let (error, weight) = (p - target, p * (1.0 - p));
        gradient[0] += error * x;
        gradient[1] += error;
        bend[0] += weight * x * x;
        bend[1] += weight * x;
        bend[2] += weight;
    }
    let determinant = bend[0] * bend[2] - bend[1] * bend[1];
    [
        -(bend[2] * gradient[0] - bend[1] * gradient[1]) / determinant,
        -(bend[0] * gradient[1] - bend[1] * gradient[0]) / determinant,
    ]
}

/// Cross-entropy with the targets, by the logit `z`: `ln(1 + e^z) - t z`.
fn loss_of(points: &[(f64, f64)], at: Platt) -> f64 {
    let loss = |&(x, target): &(f64, f64)| {
        let z = at.slope * x + at.offset;
        z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z
    };
    points.iter().map(loss).sum()
}

pub(super) fn logit(p: f64) -> f64 {
    let p = p.clamp(LEAST, 1.0 - LEAST);
    (p / (1.0 - p)).ln()
}

pub(super) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_fitted_is_told() {
        let few: Vec<_> = (0..30).map(|n| (n as f32 / 30.0, n >= 25)).collect();
        let expected = FitError::Few {
            positives: 5,
            negatives: 25,
            least: LEAST_CASES,
        };
        assert_eq!(fit(&few), Err(expected));
        let falling: Vec<_> = (0..30).map(|n| (n as f32 / 30.0, n < 15)).collect();
        assert_eq!(fit(&falling), Err(FitError::Falling));
    }

    #[test]
    fn separated_cases_stay_short_of_certain() {
        let apart: Vec<_> = (0..40).map(|n| (n as f32 / 40.0 + 0.01, n >= 20)).collect();
        let fitted = fit(&apart).unwrap();
        assert!(fitted.apply(0.01) < 0.05 && fitted.apply(0.98) > 0.95);
        assert!(fitted.apply(0.98) < 1.0 - 1e-6);
    }
}
