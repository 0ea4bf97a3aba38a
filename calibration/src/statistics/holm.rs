//! Many tests at once: the Holm-Bonferroni correction.
//!
//! Takes the p-values of a family of tests; gives adjusted p-values and which hypotheses are
//! rejected while the chance of any false rejection in the family stays below the level (Holm 1979,
//! *A simple sequentially rejective multiple test procedure*).

use super::StatisticsError;

/// A family of tests after correction, in the order in which its p-values were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Holm {
    /// Adjusted p-values: the lowest levels at which each hypothesis is rejected, at most 1.
    pub adjusted: Vec<f64>,
    /// Which hypotheses are rejected at the level of the family.
    pub rejected: Vec<bool>,
}

impl Holm {
    /// The share of rejected hypotheses, the paper's "ratio of significant results"; 0 for no tests.
    #[must_use]
    pub fn share_rejected(&self) -> f64 {
        let rejected = self.rejected.iter().filter(|&&rejected| rejected).count();
        rejected as f64 / self.rejected.len().max(1) as f64
    }
}

/// Corrects a family of p-values for the level `alpha`.
///
/// In order of size, the `i`-th smallest of `n` p-values is held against `alpha / (n - i)`, `i` from
/// 0, and the first that exceeds its bound ends the rejections. A p-value on its bound is rejected,
/// as Holm and statsmodels have it.
///
/// # Errors
/// [`StatisticsError::NoProbability`] for a p-value outside 0 to 1, NaN included, and
/// [`StatisticsError::Setting`] for a level that is not between 0 and 1.
pub fn holm(p_values: &[f64], alpha: f64) -> Result<Holm, StatisticsError> {
    check_level("alpha", alpha)?;
    if let Some(at) = p_values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(StatisticsError::NoProbability {
            at,
            value: p_values[at],
        });
    }
    let tests = p_values.len();
    let mut order: Vec<usize> = (0..tests).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; tests];
    let mut rejected = vec![false; tests];
    let mut highest = 0.0_f64;
    let mut open = true;
    for (rank, &test) in order.iter().enumerate() {
        let hypotheses_left = (tests - rank) as f64;
        highest = highest.max(p_values[test] * hypotheses_left);
        adjusted[test] = highest.min(1.0);
        open = open && p_values[test] <= alpha / hypotheses_left;
        rejected[test] = open;
    }
    Ok(Holm { adjusted, rejected })
}

/// Fails for a level or a confidence that is not strictly between 0 and 1.
pub(super) fn check_level(field: &'static str, value: f64) -> Result<(), StatisticsError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(StatisticsError::Setting {
        field,
        value,
        expected: "between 0 and 1",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fails_stops_the_rest() {
        // Bounds: 0.0125, 0.0167, 0.025, 0.05. The third fails; the fourth alone would pass.
        let family = holm(&[0.045, 0.01, 0.03, 0.015], 0.05).unwrap();
        assert_eq!(family.rejected, [false, true, false, true]);
        assert_eq!(family.adjusted, [0.06, 0.04, 0.06, 0.045]);
        assert_eq!(family.share_rejected(), 0.5);
    }

    #[test]
    fn an_adjusted_p_value_is_at_most_one() {
        let family = holm(&[0.4, 0.9], 0.05).unwrap();
        assert_eq!(family.adjusted, [0.8, 0.9]);
        assert_eq!(holm(&[0.6, 0.7], 0.05).unwrap().adjusted, [1.0, 1.0]);
    }

    #[test]
    fn no_tests_reject_nothing() {
        let none = holm(&[], 0.05).unwrap();
        assert_eq!(none.share_rejected(), 0.0);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        insta::assert_snapshot!(holm(&[0.5, f64::NAN], 0.05).unwrap_err(), @"p-value 1 is NaN, which is no probability");
        insta::assert_snapshot!(holm(&[0.5], 1.0).unwrap_err(), @"setting `alpha` is 1, but should be between 0 and 1");
    }
}
