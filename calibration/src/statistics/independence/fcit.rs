//! FCIT: dependence of prediction and feature given the label, by what a regression gains.
//!
//! Takes a sample; gives how much worse one variable is predicted from the label alone than from the
//! label and the other variable, and a p-value by a t-test over splits (Chalupka et al. 2018, *Fast
//! conditional independence test for vector variables with large sample sizes*), as the Python
//! package `fcit` 1.2.0: regression trees whose least number of rows to split is cross-validated,
//! eight splits, a tenth of the rows held out.
//!
//! The package cross-validates the trees from the label alone as well but grows them with what it
//! chose for those with the other variable; so does this. Trees of the same size are the fairer
//! comparison, and the level is kept better.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use statrs::function::beta::beta_reg;

use super::{
    super::StatisticsError,
    IndependenceOutcome, Sample, Variable,
    local_permutation::shuffled,
    regression_tree::{RegressionTree, Table},
    stream,
};

/// Splits of the cross-validation.
const FOLDS: usize = 3;
/// The fewest rows of which a tenth can be held out.
const LEAST_ROWS: usize = 10;

/// A least number of rows to split a node.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LeastToSplit {
    Rows(usize),
    Share(f64),
}

/// What the cross-validation chooses from; the order decides between equally good ones.
const GRID: [LeastToSplit; 7] = [
    LeastToSplit::Rows(2),
    LeastToSplit::Rows(8),
    LeastToSplit::Rows(64),
    LeastToSplit::Rows(512),
    LeastToSplit::Share(0.01),
    LeastToSplit::Share(0.2),
    LeastToSplit::Share(0.4),
];

impl LeastToSplit {
    fn of(self, rows: usize) -> usize {
        match self {
            Self::Rows(least) => least,
            Self::Share(share) => ((share * rows as f64).ceil() as usize).max(2),
        }
    }
}

/// The test by regression trees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fcit {
    /// Number of random splits into training and test rows.
    pub splits: usize,
    /// Share of rows that a split holds out.
    pub held_out: f64,
}

impl Default for Fcit {
    /// Eight splits, a tenth held out (Appendix C.2 of the paper).
    fn default() -> Self {
        Self {
            splits: 8,
            held_out: 0.1,
        }
    }
}

impl Fcit {
    /// Tests a sample. The statistic is the mean over splits of the ratio of two squared errors on
    /// held-out rows, without over with the other variable; the p-value is that of a one-sided
    /// t-test that it is above 1.
    ///
    /// The variable with fewer columns is predicted from the other, the prediction of the classifier
    /// from the feature where both have as many; a feature that was said to be
    /// [discrete](Variable::discrete) is predicted from a prediction that was not.
    ///
    /// Splits share rows and features, so the p-value is approximate: its level is not guaranteed.
    ///
    /// # Errors
    /// [`StatisticsError`] for settings out of range and for fewer than 10 rows.
    pub fn test(&self, sample: &Sample, seed: u64) -> Result<IndependenceOutcome, StatisticsError> {
        let held_out = self.check(sample)?;
        let (input, output) = roles(sample);
        let targets: Vec<Vec<f64>> = columns(output)
            .map(|column| standardised(&column))
            .collect();
        let single = |variable: &Variable| -> Vec<Vec<f32>> {
            let narrow = |column: Vec<f64>| column.into_iter().map(|value| value as f32);
            columns(variable)
                .map(|column| narrow(column).collect())
                .collect()
        };
        let label = single(&sample.label().codes());
        let both: Vec<Vec<f32>> = single(input).into_iter().chain(label.clone()).collect();
        let splits: Vec<Vec<usize>> = (0..self.splits)
            .map(|split| shuffled(sample.rows(), &mut stream(seed, split)))
            .collect();
        let errors = |features: &[Vec<f32>], least: LeastToSplit, rng: &mut ChaCha8Rng| {
            let table = Table {
                features,
                targets: &targets,
            };
            splits
                .iter()
                .map(|rows| held_out_error(table, rows, held_out, least, rng))
                .collect::<Vec<f64>>()
        };
        let mut rng = stream(seed, self.splits);
        let table = Table {
            features: &both,
            targets: &targets,
        };
        let least = choose(table, self.held_out, &mut rng);
        let with = errors(&both, least, &mut rng);
        let without = errors(&label, least, &mut rng);
        let ratios: Vec<f64> = without
            .iter()
            .zip(&with)
            .map(|(without, with)| without.max(f64::EPSILON) / with.max(f64::EPSILON))
            .collect();
        Ok(IndependenceOutcome {
            statistic: mean(&ratios),
            p: p_above(&ratios, 1.0),
        })
    }

    /// The number of rows to hold out.
    fn check(&self, sample: &Sample) -> Result<usize, StatisticsError> {
        let wrong = |field, value, expected| {
            Err(StatisticsError::Setting {
                field,
                value,
                expected,
            })
        };
        if self.splits < 2 {
            return wrong("splits", self.splits as f64, "at least 2");
        }
        sample.check_rows(LEAST_ROWS)?;
        let held_out = (self.held_out * sample.rows() as f64) as usize;
        if !(self.held_out > 0.0 && self.held_out < 0.9) || held_out == 0 {
            return wrong("held_out", self.held_out, "at least one row and below 0.9");
        }
        Ok(held_out)
    }
}

/// What is predicted from, and what is predicted.
fn roles(sample: &Sample) -> (&Variable, &Variable) {
    let (feature, prediction) = (sample.feature(), sample.prediction());
    let feature_is_output = if feature.is_discrete() && !prediction.is_discrete() {
        true
    } else {
        feature.columns() < prediction.columns()
    };
    if feature_is_output {
        (prediction, feature)
    } else {
        (feature, prediction)
    }
}

fn columns(variable: &Variable) -> impl Iterator<Item = Vec<f64>> {
    (0..variable.columns()).map(|column| variable.numbers(column))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sum of squares around the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum()
}

/// The column with mean 0 and deviation 1; a constant one is only centred.
fn standardised(column: &[f64]) -> Vec<f64> {
    let mean = mean(column);
    let deviation = (squares(column) / column.len() as f64).sqrt();
    let scale = if deviation > 0.0 { deviation } else { 1.0 };
    column.iter().map(|value| (value - mean) / scale).collect()
}

/// The least number of rows to split with the highest mean R² over random folds.
fn choose(table: Table<'_>, held_out: f64, rng: &mut impl Rng) -> LeastToSplit {
    let rows = table.targets.first().map_or(0, Vec::len);
    let test_rows = (held_out * rows as f64).ceil() as usize;
    let folds: Vec<Vec<usize>> = (0..FOLDS).map(|_| shuffled(rows, rng)).collect();
    let mut best = (f64::NEG_INFINITY, GRID[0]);
    for least in GRID {
        let scores = folds.iter().map(|fold| {
            let (test, train) = fold.split_at(test_rows);
            let tree = RegressionTree::grow(table, train, least.of(train.len()), rng);
            determination(table, &tree, test)
        });
        let score = scores.sum::<f64>();
        if score > best.0 {
            best = (score, least);
        }
    }
    best.1
}

/// The coefficient of determination on test rows, the mean over outputs. An output that is the same
/// in all of them counts 1 when it is predicted exactly, else 0.
fn determination(table: Table<'_>, tree: &RegressionTree, test: &[usize]) -> f64 {
    let scores = table.targets.iter().enumerate().map(|(output, target)| {
        let truth: Vec<f64> = test.iter().map(|&row| target[row]).collect();
        let error: f64 = test
            .iter()
            .map(|&row| (target[row] - tree.predict(table.features, row)[output]).powi(2))
            .sum();
        let total = squares(&truth);
        if total > 0.0 {
            1.0 - error / total
        } else {
            f64::from(u8::from(error == 0.0))
        }
    });
    scores.sum::<f64>() / table.targets.len() as f64
}

/// The mean squared error on the first rows of a split of a tree on the others.
fn held_out_error(
    table: Table<'_>,
    split: &[usize],
    held_out: usize,
    least: LeastToSplit,
    rng: &mut impl Rng,
) -> f64 {
    let (test, train) = split.split_at(held_out);
    let tree = RegressionTree::grow(table, train, least.of(train.len()), rng);
    let mut error = 0.0;
    for &row in test {
        let predicted = tree.predict(table.features, row);
        for (target, predicted) in table.targets.iter().zip(predicted) {
            error += (target[row] - predicted).powi(2);
        }
    }
    error / (test.len() * table.targets.len()) as f64
}

/// The p-value of a one-sided, one-sample t-test that the mean of `values` is above `null`. Values
/// that do not vary give 1 where they are `null` or below, else 0.
fn p_above(values: &[f64], null: f64) -> f64 {
    let freedom = values.len() as f64 - 1.0;
    let error = (squares(values) / freedom / values.len() as f64).sqrt();
    let difference = mean(values) - null;
    if error == 0.0 {
        return if difference > 0.0 { 0.0 } else { 1.0 };
    }
    let t = difference / error;
    // The survival function of Student's t by the incomplete beta function.
    let tail = 0.5 * beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    if t > 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn t_tests_are_those_of_scipy() {
        #[derive(Deserialize)]
        struct Case {
            values: Vec<f64>,
            p: f64,
        }
        #[derive(Deserialize)]
        struct Fixture {
            t_tests: Vec<Case>,
        }
        let json = include_str!("../../../tests/fixtures/statistics/fcit_reference.json");
        let fixture: Fixture = serde_json::from_str(json).unwrap();
        assert!(fixture.t_tests.len() > 4);
        for case in fixture.t_tests {
            let found = p_above(&case.values, 1.0);
            assert!(
                (found - case.p).abs() < 1e-10 * case.p,
                "{found} {}",
                case.p
            );
        }
    }

    #[test]
    fn values_that_do_not_vary_are_decided() {
        assert_eq!(p_above(&[1.0; 8], 1.0), 1.0);
        assert_eq!(p_above(&[1.5; 8], 1.0), 0.0);
    }

    #[test]
    fn what_is_predicted_follows_columns_and_kinds() {
        let table = |columns: usize| Variable::table(vec![0.0; 6 * columns], columns).unwrap();
        let label = || super::super::Given::Classes(vec![0; 6]);
        let output = |prediction: Variable, feature: Variable| {
            let sample = Sample::new(prediction, feature, label()).unwrap();
            let (_, output) = roles(&sample);
            std::ptr::eq(output, sample.prediction())
        };
        assert!(output(table(1), table(1)) && output(table(1), table(2)));
        assert!(!output(table(3), table(2)) && !output(table(1), table(1).discrete()));
        assert!(output(table(1).discrete(), table(1).discrete()));
    }

    #[test]
    fn too_few_rows_are_refused() {
        let column = |rows| Variable::column(vec![0.0; rows]).unwrap();
        let sample = Sample::new(
            column(9),
            column(9),
            super::super::Given::Numbers(column(9)),
        );
        let refused = Fcit::default().test(&sample.unwrap(), 0).unwrap_err();
        insta::assert_snapshot!(refused, @"9 rows, but at least 10 are needed");
    }
}
