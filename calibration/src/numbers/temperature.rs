//! Temperature scaling: one number that makes a distribution as sure as it should be.
//!
//! Takes distributions and true classes; gives the temperature of least negative log-likelihood (Guo et
//! al. 2017, "On Calibration of Modern Neural Networks", section 4.2). Logits are not needed: those of a
//! softmax are the logarithms of its probabilities up to a constant, which cancels.

use super::{Categorical, FitError, LEAST};

/// Outside, a temperature is no correction any more but a verdict.
const RANGE: [f64; 2] = [0.01, 100.0];
/// Of the logarithm of the temperature.
const TOLERANCE: f64 = 1e-10;
/// Halving the range so often ends below [`TOLERANCE`].
const STEPS: usize = 60;

/// A fitted temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature {
    /// What logits are divided by: above 1 where the classifier is too sure.
    pub value: f64,
    /// Mean negative log-likelihood as it was.
    pub before: f64,
    /// And with this temperature.
    pub after: f64,
}

/// The temperature of least loss, by Newton's method on its logarithm, kept within halving brackets. The
/// loss is convex in `1 / T`, so there is one minimum.
///
/// # Errors
/// [`FitError::Empty`] without any row, [`FitError::NoMinimum`] where the best is outside 0.01 to 100.
pub fn fit(cases: &Categorical) -> Result<Temperature, FitError> {
    if cases.is_empty() {
        return Err(FitError::Empty);
    }
    let log = |p: &f32| f64::from(*p).max(LEAST).ln();
    let rows: Vec<(Vec<f64>, usize)> = cases
        .rows()
        .map(|(p, truth)| (p.iter().map(log).collect(), truth))
        .collect();
    let [mut low, mut high] = RANGE.map(f64::ln);
    if Loss::at(&rows, low).slope >= 0.0 || Loss::at(&rows, high).slope <= 0.0 {
        return Err(FitError::NoMinimum);
    }
    let mut place = 0.0;
    for _ in 0..STEPS {
        let Loss { slope, bend, .. } = Loss::at(&rows, place);
        if slope < 0.0 {
            low = place;
        } else {
            high = place;
        }
        let newton = place - slope / bend;
        let next = if bend > 0.0 && (low..=high).contains(&newton) {
            newton
        } else {
            (low + high) / 2.0
        };
        let step = (next - place).abs();
        place = next;
        if step < TOLERANCE {
            break;
        }
    }
    Ok(Temperature {
        value: place.exp(),
        before: Loss::at(&rows, 0.0).value,
        after: Loss::at(&rows, place).value,
    })
}

/// Mean loss at the logarithm of a temperature, with its first two derivatives there.
struct Loss {
    value: f64,
    slope: f64,
    bend: f64,
}

impl Loss {
    fn at(rows: &[(Vec<f64>, usize)], log_temperature: f64) -> Self {
        let cold = (-log_temperature).exp();
        let (mut value, mut first, mut second) = (0.0, 0.0, 0.0);
        for (logits, truth) in rows {
            let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (mut sum, mut mean, mut square) = (0.0, 0.0, 0.0);
            for logit in logits {
                let logit = logit - largest;
                let power = (cold * logit).exp();
                sum += power;
                mean += power * logit;
                square += power * logit * logit;
            }
            mean /= sum;
            let truth = logits[*truth] - largest;
            value += sum.ln() - cold * truth;
            // By 1 / T: the mean of the logits less the true one's, and their variance.
            first += mean - truth;
            second += square / sum - mean * mean;
        }
        let count = rows.len() as f64;
        let (first, second) = (first / count, second / count);
        Self {
            value: value / count,
            slope: -cold * first,
            bend: cold * first + cold * cold * second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(rows: &[([f32; 2], usize)]) -> Categorical {
        let mut cases = Categorical::new(2);
        rows.iter().for_each(|(p, truth)| cases.push(p, *truth));
        cases
    }

    #[test]
    fn a_coin_that_is_thought_too_sure_is_warmed_to_its_rate() {
        // 0.9 comes true in three of four cases: ln 9 / T = ln 3, so T = 2.
        let row = |truth| ([0.9, 0.1], truth);
        let fitted = fit(&cases(&[row(0), row(0), row(0), row(1)])).unwrap();
        assert!((fitted.value - 2.0).abs() < 1e-6, "{fitted:?}");
        let entropy = -(0.75 * 0.75_f64.ln() + 0.25 * 0.25_f64.ln());
        assert!((fitted.after - entropy).abs() < 1e-9 && fitted.before > entropy);
    }

    #[test]
    fn what_has_no_best_temperature_is_told() {
        assert_eq!(fit(&cases(&[])), Err(FitError::Empty));
        let right = cases(&[([0.9, 0.1], 0), ([0.4, 0.6], 1)]);
        assert_eq!(fit(&right), Err(FitError::NoMinimum));
        let random = cases(&[([0.9, 0.1], 0), ([0.9, 0.1], 1)]);
        assert_eq!(fit(&random), Err(FitError::NoMinimum));
        let wrong = cases(&[([0.9, 0.1], 1)]);
        assert_eq!(fit(&wrong), Err(FitError::NoMinimum));
    }
}
