//! The majority of three tests, which is what the paper reports.
//!
//! Takes a sample; gives the outcome of each test and whether two of them find dependence.

use super::{
    super::{StatisticsError, holm::check_level},
    IndependenceOutcome, Sample,
    chsic::Chsic,
    cmi_knn::CmiKnn,
    fcit::Fcit,
};

/// Three tests and the level at which they vote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vote {
    /// By kernels.
    pub chsic: Chsic,
    /// By nearest neighbours.
    pub cmi_knn: CmiKnn,
    /// By regression.
    pub fcit: Fcit,
    /// A p-value below it is a vote for dependence.
    pub alpha: f64,
}

impl Default for Vote {
    /// The settings of the tests, and the paper's 0.01 (Table 1).
    fn default() -> Self {
        Self {
            chsic: Chsic::default(),
            cmi_knn: CmiKnn::default(),
            fcit: Fcit::default(),
            alpha: 0.01,
        }
    }
}

/// What three tests found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ballot {
    /// By kernels.
    pub chsic: IndependenceOutcome,
    /// By nearest neighbours.
    pub cmi_knn: IndependenceOutcome,
    /// By regression.
    pub fcit: IndependenceOutcome,
    /// Tests whose p-value is below the level.
    pub votes: usize,
}

impl Ballot {
    fn count(outcomes: [IndependenceOutcome; 3], alpha: f64) -> Self {
        let [chsic, cmi_knn, fcit] = outcomes;
        let votes = outcomes.iter().filter(|outcome| outcome.p < alpha);
        Self {
            chsic,
            cmi_knn,
            fcit,
            votes: votes.count(),
        }
    }

    /// Whether most tests find that prediction and feature depend on each other given the label.
    #[must_use]
    pub const fn dependent(&self) -> bool {
        self.votes >= 2
    }
}

impl Vote {
    /// Runs the three tests on one sample, each with random numbers of its own.
    ///
    /// # Errors
    /// [`StatisticsError`] of the tests, for a level that is not between 0 and 1, and for so few
    /// permutations that a test could never vote.
    pub fn test(&self, sample: &Sample, seed: u64) -> Result<Ballot, StatisticsError> {
        check_level("alpha", self.alpha)?;
        for permutations in [self.chsic.permutations, self.cmi_knn.permutations] {
            if 1.0 / (permutations as f64 + 1.0) >= self.alpha {
                return Err(StatisticsError::Setting {
                    field: "permutations",
                    value: permutations as f64,
                    expected: "enough for p-values below alpha",
                });
            }
        }
        let outcomes = [
            self.chsic.test(sample, seed)?,
            self.cmi_knn.test(sample, seed.wrapping_add(1))?,
            self.fcit.test(sample, seed.wrapping_add(2))?,
        ];
        Ok(Ballot::count(outcomes, self.alpha))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Given, Variable};
    use super::*;

    #[test]
    fn two_of_three_decide_and_the_level_itself_is_no_vote() {
        let count = |p: [f64; 3]| {
            let outcome = |p| IndependenceOutcome { statistic: 0.0, p };
            let ballot = Ballot::count(p.map(outcome), 0.01);
            (ballot.votes, ballot.dependent())
        };
        assert_eq!(count([0.009, 0.5, 0.001]), (2, true));
        assert_eq!(count([0.009, 0.01, 0.01]), (1, false));
        assert_eq!(count([0.0; 3]), (3, true));
    }

    #[test]
    fn tests_that_could_never_vote_are_refused() {
        let column = || Variable::column((0..20).map(f64::from).collect()).unwrap();
        let sample = Sample::new(column(), column(), Given::Classes(vec![0; 20])).unwrap();
        let mut vote = Vote::default();
        vote.cmi_knn.permutations = 99;
        insta::assert_snapshot!(vote.test(&sample, 0).unwrap_err(), @"setting `permutations` is 99, but should be enough for p-values below alpha");
    }
}
