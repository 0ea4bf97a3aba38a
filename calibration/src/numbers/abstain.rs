//! Abstaining: below which confidence a classifier should rather say nothing.
//!
//! Takes (confidence, whether it was right); gives how risk falls with coverage, and the least confidence
//! above which at most a wanted share of answers is wrong: with high probability so for new cases like
//! these, not only for these (Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural
//! Networks", algorithm SGR).

use serde::Serialize;

/// Halvings of an interval of probabilities: below the last digit.
const HALVINGS: usize = 60;

/// What comes of answering from a confidence on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Selection {
    /// Answers less confident than this are not given.
    pub least: f32,
    /// Share of cases that are answered.
    pub coverage: f64,
    /// Share of answers that are wrong.
    pub risk: f64,
}

impl Selection {
    /// What comes of it on these cases; no risk where none is answered.
    #[must_use]
    pub fn at(cases: &[(f32, bool)], least: f32) -> Self {
        let answered = cases.iter().filter(|(confidence, _)| *confidence >= least);
        let (answers, wrong) = answered.fold((0_usize, 0_usize), |(answers, wrong), (_, right)| {
            (answers + 1, wrong + usize::from(!right))
        });
        Self {
            least,
            coverage: answers as f64 / cases.len().max(1) as f64,
            risk: wrong as f64 / answers.max(1) as f64,
        }
    }
}

/// The risk-coverage curve: one point per confidence that occurs, by rising coverage.
#[must_use]
pub fn curve(cases: &[(f32, bool)]) -> Vec<Selection> {
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut answers, mut wrong) = (0_usize, 0_usize);
    let mut curve = Vec::new();
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        answers += same.len();
        wrong += same.iter().filter(|(_, right)| !right).count();
        curve.push(Selection {
            least: same[0].0,
            coverage: answers as f64 / cases.len() as f64,
            risk: wrong as f64 / answers as f64,
        });
    }
    curve
}

/// A limit with a guarantee.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guarantee {
    /// On the cases that it was found with.
    pub selection: Selection,
    /// The risk of new cases is at most this, but for a chance of `doubt`.
    pub bound: f64,
    /// Chance that the bound does not hold.
    pub doubt: f64,
}

/// The limit of largest coverage whose risk is at most `risk` for new cases, too, unless with a chance of
/// `doubt`: SGR, a search by halving over the ranks of the confidences, whose every step bounds the risk by
/// [`upper_bound`] and shares the doubt. None where no step's bound is low enough.
#[must_use]
pub fn guaranteed(cases: &[(f32, bool)], risk: f64, doubt: f64) -> Option<Guarantee> {
    let mut confidences: Vec<f32> = cases.iter().map(|case| case.0).collect();
    confidences.sort_by(f32::total_cmp);
    let (mut low, mut high) = (1, confidences.len());
    // ceil(log2 m), and one step for a single case.
    let steps = high.max(2).next_power_of_two().ilog2();
    let mut best: Option<Guarantee> = None;
    for _ in 0..steps {
        let rank = (low + high).div_ceil(2);
        let least = *confidences.get(rank.checked_sub(1)?)?;
        let selection = Selection::at(cases, least);
        let answers = (selection.coverage * cases.len() as f64).round() as usize;
        let wrong = (selection.risk * answers as f64).round() as usize;
        let bound = upper_bound(wrong, answers, doubt / f64::from(steps));
        if bound <= risk {
            high = rank;
            let better = |best: &Guarantee| selection.coverage > best.selection.coverage;
            if best.as_ref().is_none_or(better) {
                best = Some(Guarantee {
                    selection,
                    bound,
                    doubt,
                });
            }
        } else {
            low = rank;
        }
    }
    best
}

/// The largest rate at which `hits` or fewer of `trials` still happen with a chance of `doubt` (Clopper and
/// Pearson 1934, one-sided; Lemma 3.1 of Geifman and El-Yaniv). 1 without any trial.
#[must_use]
pub fn upper_bound(hits: usize, trials: usize, doubt: f64) -> f64 {
    if hits >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (hits as f64 / trials as f64, 1.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if at_most(hits, trials, middle) > doubt {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Chance of `hits` or fewer of `trials` at a rate in (0, 1).
fn at_most(hits: usize, trials: usize, rate: f64) -> f64 {
    let n = trials as f64;
    let log_choose = libm::lgamma(n + 1.0)
        - libm::lgamma(hits as f64 + 1.0)
        - libm::lgamma(n - hits as f64 + 1.0);
    let last = log_choose + hits as f64 * rate.ln() + (n - hits as f64) * (-rate).ln_1p();
    // From the last term down, each from the one after.
    let (mut term, mut sum) = (1.0, 1.0);
    for k in (1..=hits).rev() {
        term *= k as f64 * (1.0 - rate) / ((n - k as f64 + 1.0) * rate);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    last.exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_curve_ends_with_everything_and_keeps_ties_together() {
        let cases = [(0.9, true), (0.5, false), (0.5, true), (0.2, false)];
        let points: Vec<_> = curve(&cases)
            .iter()
            .map(|point| (point.least, point.coverage, point.risk))
            .collect();
        assert_eq!(
            points,
            [(0.9, 0.25, 0.0), (0.5, 0.75, 1.0 / 3.0), (0.2, 1.0, 0.5)]
        );
        for point in curve(&cases) {
            assert_eq!(Selection::at(&cases, point.least), point);
        }
        assert_eq!(Selection::at(&cases, 0.95).coverage, 0.0);
    }

    #[test]
    fn what_is_promised_holds_for_new_cases() {
        let draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let case = move |_| {
                let confidence: f32 = rng.random_range(0.3..1.0);
                (confidence, rng.random::<f32>() < confidence)
            };
            (0..2000).map(case).collect::<Vec<_>>()
        };
        let fresh = draw(1000);
        let mut broken = 0;
        for seed in 0..40 {
            let limit = guaranteed(&draw(seed), 0.2, 0.05).unwrap();
            assert!(limit.bound <= 0.2 && limit.selection.risk < limit.bound);
            // The true risk is 1 - the mean of confidence: 0.2 from 0.6 on.
            assert!(limit.selection.coverage > 0.3, "{limit:?}");
            let truly = f64::from(1.0 - (limit.selection.least + 1.0) / 2.0);
            broken += usize::from(truly > 0.2);
            let risk = Selection::at(&fresh, limit.selection.least).risk;
            assert!((risk - truly).abs() < 0.03);
        }
        assert!(broken <= 4, "{broken} of 40 promises are broken");
    }

    #[test]
    fn a_promise_that_cannot_be_kept_is_not_given() {
        assert_eq!(guaranteed(&[], 0.5, 0.05), None);
        assert_eq!(
            guaranteed(&[(0.9, true)], 0.5, 0.05),
            None,
            "one case proves nothing"
        );
        let wrong: Vec<_> = (0..500).map(|n| (n as f32 / 500.0, false)).collect();
        assert_eq!(guaranteed(&wrong, 0.3, 0.05), None);
        let right: Vec<_> = (0..500).map(|n| (n as f32 / 500.0, true)).collect();
        let all = guaranteed(&right, 0.3, 0.05).unwrap();
        assert!(all.selection.coverage > 0.99);
    }
}
