//! CMIknn: dependence of prediction and feature given the label, by nearest neighbours.
//!
//! Takes a sample; gives the conditional mutual information in nats and a p-value by local
//! permutation (Runge 2018, *Conditional independence testing based on a nearest-neighbor estimator
//! of conditional mutual information*), as tigramite's `CMIknn` with `transform='ranks'` and
//! `permute='X'`.
//!
//! The method is made for continuous variables. Equal values are ranked in random order, anew for
//! every estimate, which makes classes bands of ranks. tigramite breaks ties of the label by their
//! order in the table when it looks for neighbours to exchange with; here that is random too.

use rand::Rng;
use rayon::prelude::*;

use super::{
    super::StatisticsError,
    IndependenceOutcome, Sample, Variable,
    local_permutation::{Neighbourhoods, shuffled},
    neighbours::{MOST_ROWS, conditional_mutual_information, ranks},
    stream,
};

/// The test by nearest neighbours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CmiKnn {
    /// Neighbours that the estimate looks at, as a share of the rows, at least one neighbour.
    pub neighbours: f64,
    /// Neighbours in the label among which a row gets its permuted feature, itself counted.
    pub exchanged: usize,
    /// Number of permutations.
    pub permutations: usize,
}

impl Default for CmiKnn {
    /// A tenth of the rows and 5 neighbours (Appendix C.2 of the paper), and the 500 permutations
    /// of tigramite.
    fn default() -> Self {
        Self {
            neighbours: 0.1,
            exchanged: 5,
            permutations: 500,
        }
    }
}

impl CmiKnn {
    /// Tests a sample. The p-value is `(b + 1) / (K + 1)`, where in `b` of `K` permutations of the
    /// feature the estimate is at least as large. A permutation costs n² comparisons.
    ///
    /// A label that is the same everywhere is left out, and rows then exchange freely.
    ///
    /// # Errors
    /// [`StatisticsError`] for settings out of range and for for fewer rows than are
    /// exchanged or than 8, and for more than 65,535.
    pub fn test(&self, sample: &Sample, seed: u64) -> Result<IndependenceOutcome, StatisticsError> {
        self.check()?;
        sample.check_rows(8.max(self.exchanged))?;
        if sample.rows() > MOST_ROWS {
            return Err(StatisticsError::TooMany {
                of: "rows",
                found: sample.rows(),
                most: MOST_ROWS,
            });
        }
        let label = sample.label().codes();
        let label = (0..label.rows())
            .any(|row| label.row(row) != label.row(0))
            .then_some(label);
        let mut rng = stream(seed, 0);
        let near = label
            .as_ref()
            .map(|label| Neighbourhoods::new(&ranks(label, &mut rng), self.exchanged));
        let statistic = self.estimate(sample, sample.feature(), label.as_ref(), &mut rng);
        let extreme = (1..=self.permutations)
            .into_par_iter()
            .filter(|&part| {
                let mut rng = stream(seed, part);
                let order = match &near {
                    Some(near) => near.draw(&mut rng),
                    None => shuffled(sample.rows(), &mut rng),
                };
                let feature = sample.feature().reordered(&order);
                self.estimate(sample, &feature, label.as_ref(), &mut rng) >= statistic
            })
            .count();
        Ok(IndependenceOutcome {
            statistic,
            p: (extreme + 1) as f64 / (self.permutations + 1) as f64,
        })
    }

    fn estimate(
        &self,
        sample: &Sample,
        feature: &Variable,
        label: Option<&Variable>,
        rng: &mut impl Rng,
    ) -> f64 {
        let k = ((self.neighbours * sample.rows() as f64) as usize).max(1);
        let x = ranks(feature, rng);
        let y = ranks(sample.prediction(), rng);
        let z = label.map_or_else(Vec::new, |label| ranks(label, rng));
        conditional_mutual_information(&x, &y, &z, k)
    }

    fn check(&self) -> Result<(), StatisticsError> {
        let wrong = |field, value, expected| {
            Err(StatisticsError::Setting {
                field,
                value,
                expected,
            })
        };
        if !(self.neighbours > 0.0 && self.neighbours < 1.0) {
            return wrong("neighbours", self.neighbours, "between 0 and 1");
        }
        if self.exchanged < 2 {
            return wrong("exchanged", self.exchanged as f64, "at least 2");
        }
        if self.permutations == 0 {
            return wrong("permutations", 0.0, "at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Given;
    use super::*;

    fn line(rows: u32) -> Sample {
        let column = || Variable::column((0..rows).map(f64::from).collect()).unwrap();
        Sample::new(column(), column(), Given::Classes(vec![3; rows as usize])).unwrap()
    }

    #[test]
    fn a_label_that_is_the_same_everywhere_is_left_out() {
        // Of two equal variables k = 3 neighbours are as near in both: ψ(3) - 2 mean ψ(n) + ψ(30).
        let found = CmiKnn::default().test(&line(30), 1).unwrap();
        assert!(found.statistic > 1.5 && found.p < 0.01, "{found:?}");
    }

    #[test]
    fn what_cannot_be_estimated_is_refused() {
        let test = CmiKnn::default();
        insta::assert_snapshot!(test.test(&line(7), 1).unwrap_err(), @"7 rows, but at least 8 are needed");
        insta::assert_snapshot!(test.test(&line(65_536), 1).unwrap_err(), @"65536 rows, but at most 65535 are possible");
        let all = CmiKnn {
            neighbours: 1.0,
            ..test
        };
        insta::assert_snapshot!(all.test(&line(9), 1).unwrap_err(), @"setting `neighbours` is 1, but should be between 0 and 1");
        let none = CmiKnn {
            permutations: 0,
            ..test
        };
        insta::assert_snapshot!(none.test(&line(9), 1).unwrap_err(), @"setting `permutations` is 0, but should be at least 1");
    }
}
