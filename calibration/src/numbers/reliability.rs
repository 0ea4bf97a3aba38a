//! Reliability: whether what is said with 0.7 comes true in 70 of 100 cases.
//!
//! Takes (probability, truth); gives the bins of a reliability diagram and the errors made of them. For
//! distributions the probability is that of the likeliest class and the truth whether it was right
//! ([`Categorical::confidences`]), or each class for itself ([`classwise_ece`]).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Categorical;

/// Bins where nothing else is said.
pub const BINS: usize = 15;
/// Of [`ece_by_chance`].
const DRAWS: u32 = 20;
const DRAW_SEED: u64 = 7;

/// Cases of similar probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Probabilities are above this, or equal in the first bin.
    pub low: f64,
    /// And not above this.
    pub high: f64,
    /// Cases; 1 at least.
    pub count: usize,
    /// Cases that were true.
    pub hits: usize,
    /// Mean probability.
    pub confidence: f64,
}

impl Bin {
    /// Share of cases that were true.
    #[must_use]
    pub fn frequency(&self) -> f64 {
        self.hits as f64 / self.count as f64
    }

    /// Distance between what was said and what was so.
    #[must_use]
    pub fn gap(&self) -> f64 {
        (self.frequency() - self.confidence).abs()
    }
}

/// The bins that have cases, by rising probability.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// See [`Bin`].
    pub bins: Vec<Bin>,
}

impl Reliability {
    /// Of bins as wide as each other: `(0, 1/B]`, `(1/B, 2/B]` and so on (Guo et al. 2017, section 2).
    #[must_use]
    pub fn equal_width(cases: &[(f32, bool)], bins: usize) -> Self {
        let edges: Vec<f64> = (1..=bins).map(|edge| edge as f64 / bins as f64).collect();
        Self::between(cases, &edges)
    }

    /// Of bins with as many cases as each other, but for ties, which stay together in the lower bin: its
    /// upper edge is the case of rank `ceil(i N / B)` (Nguyen and O'Connor 2015).
    #[must_use]
    pub fn equal_mass(cases: &[(f32, bool)], bins: usize) -> Self {
        let mut sorted: Vec<f32> = cases.iter().map(|case| case.0).collect();
        sorted.sort_by(f32::total_cmp);
        let edge = |bin: usize| {
            let rank = (bin * sorted.len()).div_ceil(bins).max(1);
            sorted.get(rank - 1).map(|p| f64::from(*p))
        };
        let mut edges: Vec<f64> = (1..=bins).filter_map(edge).collect();
        edges.dedup();
        Self::between(cases, &edges)
    }

    /// Bins that end at `edges`, which rise; what is beyond the last is in the last.
    fn between(cases: &[(f32, bool)], edges: &[f64]) -> Self {
        let mut bins: Vec<Bin> = (0..edges.len())
            .map(|bin| Bin {
                low: bin.checked_sub(1).map_or(0.0, |before| edges[before]),
                high: edges[bin],
                count: 0,
                hits: 0,
                confidence: 0.0,
            })
            .collect();
        for &(p, truth) in cases {
            let p = f64::from(p);
            let bin = edges.partition_point(|edge| *edge < p);
            let Some(bin) = bins.get_mut(bin.min(edges.len().saturating_sub(1))) else {
                continue;
            };
            bin.count += 1;
            bin.hits += usize::from(truth);
            bin.confidence += p;
        }
        bins.retain(|bin| bin.count > 0);
        for bin in &mut bins {
            bin.confidence /= bin.count as f64;
        }
        Self { bins }
    }

    /// Expected calibration error: the mean gap over all cases (Naeini et al. 2015); 0 without any. With
    /// few cases per bin it is above 0 for the best calibrated, too: chance makes gaps.
    #[must_use]
    pub fn ece(&self) -> f64 {
        let count: usize = self.bins.iter().map(|bin| bin.count).sum();
        let gaps = self.bins.iter().map(|bin| bin.gap() * bin.count as f64);
        gaps.sum::<f64>() / count.max(1) as f64
    }

    /// Maximum calibration error: the widest gap of any bin, however few cases are in it; 0 without any.
    #[must_use]
    pub fn mce(&self) -> f64 {
        self.bins.iter().map(Bin::gap).fold(0.0, f64::max)
    }
}

/// The ECE that cases with these probabilities have when every one of them is exactly true: mean over draws
/// of the truth ("consistency resampling", Bröcker and Smith 2007). What is below it cannot be told from
/// calibrated.
#[must_use]
pub fn ece_by_chance(cases: &[(f32, bool)], bins: usize) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(DRAW_SEED);
    let mut drawn = cases.to_vec();
    let mut sum = 0.0;
    for _ in 0..DRAWS {
        for (p, truth) in &mut drawn {
            *truth = rng.random::<f32>() < *p;
        }
        sum += Reliability::equal_width(&drawn, bins).ece();
    }
    sum / f64::from(DRAWS)
}

/// Mean over the classes of each one's ECE, bins of equal width (Kull et al. 2019, Eq. 3).
#[must_use]
pub fn classwise_ece(cases: &Categorical, bins: usize) -> f64 {
    let of = |class| Reliability::equal_width(&cases.of_class(class), bins).ece();
    (0..cases.classes()).map(of).sum::<f64>() / cases.classes().max(1) as f64
}

/// Brier score (Brier 1950) of one probability per case: mean squared error in [0, 1]; 0 without any.
#[must_use]
pub fn brier(cases: &[(f32, bool)]) -> f64 {
    let square = |&(p, truth): &(f32, bool)| (f64::from(p) - f64::from(u8::from(truth))).powi(2);
    cases.iter().map(square).sum::<f64>() / cases.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_belong_to_the_bin_below() {
        let cases = [
            (0.0, false),
            (0.25, true),
            (0.26, false),
            (0.5, true),
            (1.0, true),
        ];
        let reliability = Reliability::equal_width(&cases, 4);
        let counts: Vec<_> = reliability
            .bins
            .iter()
            .map(|bin| (bin.high, bin.count, bin.hits))
            .collect();
        assert_eq!(counts, [(0.25, 2, 1), (0.5, 2, 1), (1.0, 1, 1)]);
        assert!((reliability.mce() - 0.375).abs() < 1e-7);
        assert!((reliability.ece() - (2.0 * 0.375 + 2.0 * 0.12) / 5.0).abs() < 1e-7);
        assert_eq!(Reliability::equal_width(&[], 4).ece(), 0.0);
        assert!(Reliability::equal_mass(&[], 4).bins.is_empty());
    }

    #[test]
    fn chance_makes_gaps_and_more_cases_smaller_ones() {
        let cases = |count: u16| {
            let p = |n: u16| f32::from(n) / f32::from(count);
            (0..count).map(|n| (p(n), false)).collect::<Vec<_>>()
        };
        let [few, many] = [200, 20_000].map(|count| ece_by_chance(&cases(count), 10));
        // Mean over bins of sqrt(2 p (1 - p) / (pi n)), n a tenth of the cases.
        let expected = |count: f64| {
            let bins = (0..10).map(|bin| (f64::from(bin) + 0.5) / 10.0);
            let gaps = bins.map(|p| (20.0 * p * (1.0 - p) / (std::f64::consts::PI * count)).sqrt());
            gaps.sum::<f64>() / 10.0
        };
        assert!((few - expected(200.0)).abs() < 0.2 * few, "{few}");
        assert!((many - expected(20_000.0)).abs() < 0.2 * many, "{many}");
    }

    proptest! {
        #[test]
        fn bins_hold_every_case_once_and_ties_together(
            cases in prop::collection::vec((0_u8..40, any::<bool>()), 1..200),
            bins in 1_usize..20,
        ) {
            let cases: Vec<_> = cases.iter().map(|(p, truth)| (f32::from(*p) / 40.0, *truth)).collect();
            for reliability in [Reliability::equal_width(&cases, bins), Reliability::equal_mass(&cases, bins)] {
                prop_assert_eq!(reliability.bins.iter().map(|bin| bin.count).sum::<usize>(), cases.len());
                prop_assert!(reliability.bins.len() <= bins);
                for (number, bin) in reliability.bins.iter().enumerate() {
                    let own = cases.iter().filter(|(p, _)| {
                        let p = f64::from(*p);
                        p <= bin.high && (p > bin.low || (number == 0 && p == bin.low))
                    });
                    prop_assert_eq!(own.count(), bin.count);
                }
                // The mean gap is never below the gap of the means.
                let mean: f64 = cases.iter().map(|(p, truth)| f64::from(*p) - f64::from(u8::from(*truth))).sum();
                prop_assert!(reliability.ece() >= (mean / cases.len() as f64).abs() - 1e-9);
                prop_assert!(reliability.mce() >= reliability.ece() - 1e-12);
            }
        }
    }
}
