//! Whether an impact score is more than chance: the paper's permutation test (Algorithm 1).
//!
//! Takes a surface and the weights of its grid; gives the score with its p-value. Outputs are
//! shuffled along symmetry with time fixed, the score is computed anew, and the p-value is how often
//! it is as far from zero as the one observed.
//!
//! A permutation draws only the rows whose weight is not zero, four of them on an equidistant grid,
//! and allocates nothing. All is read-only and seeded, so callers can run surfaces in parallel.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    StatisticsError,
    impact::{ImpactWeights, Surface},
};

/// Scores that differ by less than this share of the largest possible score are ties: sums of the
/// same numbers in another order differ by rounding.
const TIE: f64 = 1e-12;

/// What is exchanged along the symmetry axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Each time has a shuffle of its own ("we only shuffle values while fixing t";
    /// `Generator.permuted(surface, axis=0)` in NumPy).
    ///
    /// The paper's pseudo-code can be read either way, its results cannot: with whole rows even a
    /// straight rise with symmetry has p = 0.13 on ten symmetries, while Table 3 finds nearly every
    /// person significant.
    ///
    /// The null hypothesis is that outputs at one time are exchangeable **and independent between
    /// times**. Outputs that run smoothly over time are not, so any systematic wobble along
    /// symmetry, even without a trend, is soon significant: read the size of the score beside `p`.
    #[default]
    EachTime,
    /// One shuffle for all times: whole rows of the surface change places
    /// (`Generator.permutation(surface, axis=0)` in NumPy).
    ///
    /// Holds its level whatever the dependence over time is, and has little power: on an equidistant
    /// grid the score reads four rows, so ten symmetries have 5040 distinct arrangements. See
    /// [`PermutationTest::least_p`] before correcting over many people.
    WholeRows,
}

/// How counts become a p-value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PValue {
    /// `(b + 1) / (K + 1)`, where `b` of `K` permutations are at least as extreme: the observed
    /// arrangement is one of those that could have been, so p is never zero and the test holds its
    /// level exactly (Phipson and Smyth 2010, *Permutation p-values should never be zero*).
    #[default]
    PhipsonSmyth,
    /// `b / K`, where `b` permutations are strictly more extreme: the paper's Algorithm 1. It gives
    /// 0 where no permutation was more extreme, which Holm's correction leaves 0 for any number of
    /// people. A score of zero has p = 1 here as well, where the algorithm would give a constant
    /// surface, all of whose permutations tie, a p of 0.
    Share,
}

/// A permutation test of impact scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermutationTest {
    /// Number of permutations, K.
    pub permutations: usize,
    /// What is exchanged.
    pub scheme: Scheme,
    /// How counts become a p-value.
    pub p_value: PValue,
}

impl Default for PermutationTest {
    /// The paper's 10,000 permutations (Appendix B), each time on its own, p-values never zero.
    fn default() -> Self {
        Self {
            permutations: 10_000,
            scheme: Scheme::default(),
            p_value: PValue::default(),
        }
    }
}

/// What a permutation test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PermutationOutcome {
    /// The impact score of the surface as it is (Eq. 6).
    pub score: f64,
    /// How many permutations count against it, by the convention of the test.
    pub extreme: usize,
    /// The p-value, two-sided.
    pub p: f64,
}

impl PermutationTest {
    /// Tests one surface.
    ///
    /// # Errors
    /// [`StatisticsError`] for no permutations, and when the surface is on another grid than the
    /// weights.
    pub fn run(
        &self,
        weights: &ImpactWeights,
        surface: &Surface,
        seed: u64,
    ) -> Result<PermutationOutcome, StatisticsError> {
        let score = weights.score(surface)?;
        let mut shuffler = self.shuffler(weights, surface, seed)?;
        let tie = TIE * shuffler.largest_score();
        let counts: fn(f64, f64, f64) -> bool = match self.p_value {
            PValue::PhipsonSmyth => |permuted, score, tie| permuted >= score - tie,
            PValue::Share => |permuted, score, tie| permuted > score + tie,
        };
        let extreme = (0..self.permutations)
            .filter(|_| counts(shuffler.next_score().abs(), score.abs(), tie))
            .count();
        let p = match self.p_value {
            PValue::PhipsonSmyth => (extreme + 1) as f64 / (self.permutations + 1) as f64,
            PValue::Share if score.abs() <= tie => 1.0,
            PValue::Share => extreme as f64 / self.permutations as f64,
        };
        Ok(PermutationOutcome { score, extreme, p })
    }

    /// The scores of all permutations in the order drawn: the null distribution (Fig. 6 of the
    /// paper). The same seed gives the permutations of [`Self::run`].
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn null_scores(
        &self,
        weights: &ImpactWeights,
        surface: &Surface,
        seed: u64,
    ) -> Result<Vec<f64>, StatisticsError> {
        weights.check_grid(surface)?;
        let mut shuffler = self.shuffler(weights, surface, seed)?;
        Ok((0..self.permutations)
            .map(|_| shuffler.next_score())
            .collect())
    }

    /// The lowest p-value to be expected on a grid with these weights and `times` times, however
    /// strong the effect: the share of arrangements that are as extreme as the most extreme one, or
    /// what the number of permutations resolves. 0 under [`PValue::Share`].
    ///
    /// Where this exceeds the level divided by the number of tests, a Holm-Bonferroni correction
    /// can find nothing.
    #[must_use]
    pub fn least_p(&self, weights: &ImpactWeights, times: usize) -> f64 {
        if self.p_value == PValue::Share {
            return 0.0;
        }
        let mut sorted = weights.weights().to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut arrangements = 1.0;
        let mut equal = 0;
        for place in 0..sorted.len() {
            equal = if place > 0 && alike(sorted[place], sorted[place - 1]) {
                equal + 1
            } else {
                1
            };
            arrangements *= (place + 1) as f64 / f64::from(equal);
        }
        let mirrored = sorted.iter().zip(sorted.iter().rev());
        let most_extreme = if mirrored.clone().all(|(a, b)| alike(*a, -b)) {
            2.0
        } else {
            1.0
        };
        let independent = match self.scheme {
            Scheme::EachTime => times,
            Scheme::WholeRows => 1,
        };
        let attainable = most_extreme / f64::powf(arrangements, independent as f64);
        attainable.max(1.0 / (self.permutations + 1) as f64)
    }

    fn shuffler(
        &self,
        weights: &ImpactWeights,
        surface: &Surface,
        seed: u64,
    ) -> Result<Shuffler, StatisticsError> {
        if self.permutations == 0 {
            return Err(StatisticsError::Setting {
                field: "permutations",
                value: 0.0,
                expected: "at least 1",
            });
        }
        let times = surface.times();
        let places = surface.symmetries().len();
        let columns: Vec<f64> = match self.scheme {
            Scheme::EachTime => (0..times)
                .flat_map(|time| (0..places).map(move |place| (place, time)))
                .map(|(place, time)| surface.row(place)[time] / times as f64)
                .collect(),
            Scheme::WholeRows => (0..places)
                .map(|place| surface.row(place).iter().sum::<f64>() / times as f64)
                .collect(),
        };
        let read = weights.weights().iter().copied();
        Ok(Shuffler {
            columns,
            places,
            weights: read.filter(|&weight| weight != 0.0).collect(),
            rng: ChaCha8Rng::seed_from_u64(seed),
        })
    }
}

fn alike(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// Surfaces with their outputs exchanged, one after the other.
struct Shuffler {
    /// What is shuffled, each run of `places` numbers on its own; their sum over times is a mean.
    columns: Vec<f64>,
    places: usize,
    /// Those that are not zero. Which symmetries they belong to does not matter to shuffled values.
    weights: Vec<f64>,
    rng: ChaCha8Rng,
}

impl Shuffler {
    /// The score of the next permutation, which is drawn from the one before: shuffling what was
    /// shuffled is as good.
    fn next_score(&mut self) -> f64 {
        let mut score = 0.0;
        for column in self.columns.chunks_exact_mut(self.places) {
            let (drawn, _) = column.partial_shuffle(&mut self.rng, self.weights.len());
            for (weight, value) in self.weights.iter().zip(drawn) {
                score += weight * *value;
            }
        }
        score
    }

    /// A bound on the absolute value of every score.
    fn largest_score(&self) -> f64 {
        let weight: f64 = self.weights.iter().copied().map(f64::abs).sum();
        let columns = self.columns.chunks_exact(self.places);
        let largest = |column: &[f64]| column.iter().copied().map(f64::abs).fold(0.0, f64::max);
        weight * columns.map(largest).sum::<f64>()
    }
}
