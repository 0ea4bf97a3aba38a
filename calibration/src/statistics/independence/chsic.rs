//! Conditional HSIC: dependence of prediction and feature given the label, by kernels.
//!
//! Takes a sample; gives the squared Hilbert-Schmidt norm of the normalised conditional
//! cross-covariance operator and a p-value by permutation (Fukumizu et al. 2007, *Kernel measures of
//! conditional dependence*).
//!
//! With `R = G (G + n ε I)⁻¹` of the centred kernel matrix `G`, Z the label, and Ÿ and Ẍ the
//! prediction and the feature each joined with the label (a product of kernels), the statistic is
//! `tr[R_Ÿ R_Ẍ - 2 R_Ÿ R_Ẍ R_Z + R_Ÿ R_Z R_Ẍ R_Z]`, which is the sum of the products of the elements
//! of `R_Ẍ` and `(I - R_Z) R_Ÿ (I - R_Z)`.
//!
//! Kernels are Gaussian with Gretton's median heuristic each. Classes enter as indicators, one
//! column per class, so that any two of them are equally far apart.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::{
    super::StatisticsError,
    Given, IndependenceOutcome, Sample,
    cluster::{groups, permutation_within, side_by_side},
    kernel::{gaussian, normalised},
    stream,
};

/// Permutations whose statistic differs by less than this share are ties.
const TIE: f64 = 1e-10;

/// The test by conditional HSIC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chsic {
    /// Regularisation ε of the inverses. It must vanish slowly with the number of rows for the
    /// statistic to converge; small values make the test blunt.
    pub epsilon: f64,
    /// Number of permutations.
    pub permutations: usize,
    /// For a label of numbers: the least rows of a cell within which features change places.
    pub cell: usize,
}

impl Default for Chsic {
    /// ε = 0.01, 1000 permutations, cells of 5 rows and more.
    fn default() -> Self {
        Self {
            epsilon: 0.01,
            permutations: 1000,
            cell: 5,
        }
    }
}

impl Chsic {
    /// Tests a sample. The p-value is `(b + 1) / (K + 1)`, where in `b` of `K` permutations of the
    /// feature among faces of the same label the statistic is at least as large.
    ///
    /// For classes the test is exact whatever the sample, and a permutation costs n² products
    /// because it leaves the kernel of the label as it is. For numbers it holds as far as a cell
    /// is narrow, and each permutation inverts a matrix anew: n³, a few hundred rows.
    ///
    /// # Errors
    /// [`StatisticsError`] for settings out of range and when no two rows share a label.
    pub fn test(&self, sample: &Sample, seed: u64) -> Result<IndependenceOutcome, StatisticsError> {
        self.check()?;
        let scattered = groups(sample.label(), self.cell);
        let groups = side_by_side(&scattered);
        let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
        if largest < 2 {
            return Err(StatisticsError::TooFew {
                of: "rows with the same label",
                found: largest,
                least: 2,
            });
        }
        // Rows of a group side by side: what a permutation reads lies close together.
        let sample = sample.reordered(&scattered.concat());
        let operators = Operators::new(&sample, self.epsilon)?;
        let statistic = operators.statistic();
        let bound = statistic - TIE * statistic.abs();
        let extreme = (0..self.permutations)
            .into_par_iter()
            .map(|part| {
                let order = permutation_within(&groups, &mut stream(seed, part));
                let permuted = match sample.label() {
                    Given::Classes(_) => operators.statistic_with(&order),
                    Given::Numbers(_) => operators.statistic_anew(&order, self.epsilon)?,
                };
                Ok(usize::from(permuted >= bound))
            })
            .sum::<Result<usize, StatisticsError>>()?;
        Ok(IndependenceOutcome {
            statistic,
            p: (extreme + 1) as f64 / (self.permutations + 1) as f64,
        })
    }

    fn check(&self) -> Result<(), StatisticsError> {
        let wrong = |field, value, expected| {
            Err(StatisticsError::Setting {
                field,
                value,
                expected,
            })
        };
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return wrong("epsilon", self.epsilon, "above 0");
        }
        if self.permutations == 0 {
            return wrong("permutations", 0.0, "at least 1");
        }
        if self.cell < 2 {
            return wrong("cell", self.cell as f64, "at least 2");
        }
        Ok(())
    }
}

/// What the statistic is the product of.
struct Operators {
    /// Kernel of the label.
    label_kernel: DMatrix<f64>,
    /// Kernel of the feature.
    feature_kernel: DMatrix<f64>,
    /// `R_Ẍ`, of the feature joined with the label.
    feature: DMatrix<f64>,
    /// `(I - R_Z) R_Ÿ (I - R_Z)`, of the prediction beyond the label.
    prediction: DMatrix<f64>,
}

impl Operators {
    fn new(sample: &Sample, epsilon: f64) -> Result<Self, StatisticsError> {
        let label_kernel = gaussian(&sample.label().indicators());
        let feature_kernel = gaussian(sample.feature());
        let join =
            |kernel: &DMatrix<f64>| normalised(&kernel.component_mul(&label_kernel), epsilon);
        let feature = join(&feature_kernel)?;
        let prediction = join(&gaussian(sample.prediction()))?;
        let rows = sample.rows();
        let beyond = DMatrix::identity(rows, rows) - normalised(&label_kernel, epsilon)?;
        Ok(Self {
            label_kernel,
            feature_kernel,
            feature,
            prediction: &beyond * prediction * &beyond,
        })
    }

    fn statistic(&self) -> f64 {
        self.prediction.dot(&self.feature)
    }

    /// The statistic with the feature of row `order[i]` at row `i`, where each row has the label of
    /// the row whose feature it gets: the operator of the feature is permuted like its rows.
    fn statistic_with(&self, order: &[usize]) -> f64 {
        let mut below_diagonal = 0.0;
        let mut diagonal = 0.0;
        for (place, &from) in order.iter().enumerate() {
            let prediction = self.prediction.column(place);
            let feature = self.feature.column(from);
            let feature = feature.as_slice();
            diagonal += prediction[place] * feature[from];
            let values = prediction.iter().zip(order).skip(place + 1);
            below_diagonal += values
                .map(|(value, &row)| value * feature[row])
                .sum::<f64>();
        }
        // Both operators are symmetric.
        diagonal + 2.0 * below_diagonal
    }

    /// The same for any order: the operator of the feature is computed anew.
    fn statistic_anew(&self, order: &[usize], epsilon: f64) -> Result<f64, StatisticsError> {
        let rows = order.len();
        let joined = DMatrix::from_fn(rows, rows, |a, b| {
            self.feature_kernel[(order[a], order[b])] * self.label_kernel[(a, b)]
        });
        Ok(self.prediction.dot(&normalised(&joined, epsilon)?))
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::super::Variable;
    use super::*;

    fn sample(label: Given, seed: u64) -> Sample {
        let rows = label.rows();
        let mut rng = stream(seed, 0);
        let mut column = || (0..rows).map(|_| rng.random::<f64>()).collect::<Vec<_>>();
        let feature = column();
        let prediction = column().iter().zip(&feature).map(|(a, b)| a + b).collect();
        let variable = |values| Variable::column(values).unwrap();
        Sample::new(variable(prediction), variable(feature), label).unwrap()
    }

    #[test]
    fn permuting_the_operator_is_permuting_the_feature() {
        let classes = Given::Classes((0..30).map(|row| row % 3).collect());
        let sample = sample(classes, 2);
        let operators = Operators::new(&sample, 0.01).unwrap();
        let groups = groups(sample.label(), 5);
        let order = permutation_within(&groups, &mut stream(5, 0));
        let short = operators.statistic_with(&order);
        let long = operators.statistic_anew(&order, 0.01).unwrap();
        assert!((short - long).abs() < 1e-9 * long.abs());
        assert!((short - operators.statistic()).abs() > 1e-3 * long.abs());
    }

    #[test]
    fn what_cannot_be_permuted_is_refused() {
        let alone = sample(Given::Classes((0..6).collect()), 1);
        insta::assert_snapshot!(Chsic::default().test(&alone, 0).unwrap_err(), @"1 rows with the same label, but at least 2 are needed");
        let test = Chsic {
            epsilon: 0.0,
            ..Chsic::default()
        };
        insta::assert_snapshot!(test.test(&alone, 0).unwrap_err(), @"setting `epsilon` is 0, but should be above 0");
    }

    #[test]
    fn one_class_is_plain_dependence() {
        let found = |seed| Chsic::default().test(&sample(Given::Classes(vec![0; 80]), seed), 3);
        assert!(found(1).unwrap().p < 0.01);
    }
}
