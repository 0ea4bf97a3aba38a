//! How much a classifier's output changes with facial symmetry: the impact score.
//!
//! Takes the surface of one person and expression, scores over symmetry and time; gives the mean
//! derivative along symmetry (Eq. 6), and the mean of that over people (Eq. 7).
//!
//! The mean of the derivative is linear in the scores, so it is a weighted sum of the rows of the
//! surface: [`ImpactWeights`] holds one weight per symmetry, derived once from the grid.

use super::{
    StatisticsError,
    error::check_finite,
    gradient::{EdgeOrder, check_coordinates, gradient},
};

/// Weights below this share of the largest are what rounding left of zero.
const ROUNDING: f64 = 1e-12;

/// What one step along the symmetry axis counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Its length: scores are changes of output per unit of symmetry, as the derivative in Eq. 5. They
    /// do not depend on how fine the grid is.
    #[default]
    PerUnit,
    /// One: scores are changes of output per step of the grid, as the paper prints them in Table 2
    /// ("increasing the symmetry by one step"). On its ten equidistant symmetries from 0 to 1 they
    /// are a ninth of those per unit.
    PerStep,
}

/// A classifier's output for one expression of one person, over symmetry and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    symmetries: Vec<f64>,
    times: usize,
    values: Vec<f64>,
}

impl Surface {
    /// A surface from its rows: `values[s * times + t]` is the output at symmetry `s` and time `t`,
    /// so time runs fast, as in a NumPy array of shape `(symmetries, times)`.
    ///
    /// # Errors
    /// [`StatisticsError`] for fewer than 2 symmetries, symmetries that do not increase, no times,
    /// a number of values that does not fit, and values that are not finite.
    pub fn new(
        symmetries: Vec<f64>,
        times: usize,
        values: Vec<f64>,
    ) -> Result<Self, StatisticsError> {
        check_coordinates(&symmetries, EdgeOrder::First)?;
        if times == 0 {
            return Err(StatisticsError::TooFew {
                of: "times",
                found: 0,
                least: 1,
            });
        }
        let expected = symmetries.len() * times;
        if values.len() != expected {
            return Err(StatisticsError::Length {
                of: "values of the surface",
                found: values.len(),
                expected,
            });
        }
        check_finite("values of the surface", &values)?;
        Ok(Self {
            symmetries,
            times,
            values,
        })
    }

    /// The symmetries, increasing.
    #[must_use]
    pub fn symmetries(&self) -> &[f64] {
        &self.symmetries
    }

    /// How many times there are.
    #[must_use]
    pub const fn times(&self) -> usize {
        self.times
    }

    /// All values, time running fast.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values at the symmetry of place `symmetry`, one per time.
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    pub fn row(&self, symmetry: usize) -> &[f64] {
        &self.values[symmetry * self.times..][..self.times]
    }
}

/// The impact score as a weighted sum of the rows of a surface.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpactWeights {
    symmetries: Vec<f64>,
    weights: Vec<f64>,
}

impl ImpactWeights {
    /// The weights of a grid: weight `s` is the mean over the grid of the derivative of a surface
    /// that is 1 at symmetry `s` and 0 elsewhere.
    ///
    /// # Errors
    /// As [`gradient`] has them for coordinates.
    pub fn new(
        symmetries: &[f64],
        spacing: Spacing,
        edge_order: EdgeOrder,
    ) -> Result<Self, StatisticsError> {
        check_coordinates(symmetries, edge_order)?;
        let places = symmetries.len();
        let coordinates: Vec<f64> = match spacing {
            Spacing::PerUnit => symmetries.to_vec(),
            Spacing::PerStep => (0..places).map(|place| place as f64).collect(),
        };
        let mut weights = Vec::with_capacity(places);
        let mut unit = vec![0.0; places];
        for place in 0..places {
            unit[place] = 1.0;
            let derivative = gradient(&unit, &coordinates, edge_order)?;
            weights.push(derivative.iter().sum::<f64>() / places as f64);
            unit[place] = 0.0;
        }
        let largest = weights.iter().copied().map(f64::abs).fold(0.0, f64::max);
        for weight in &mut weights {
            if weight.abs() < ROUNDING * largest {
                *weight = 0.0;
            }
        }
        Ok(Self {
            symmetries: symmetries.to_vec(),
            weights,
        })
    }

    /// One weight per symmetry. On an equidistant grid most of the inner ones are zero, because the
    /// central differences of neighbours cancel.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The impact score of one person and expression (Eq. 6): above 0 when the output grows with
    /// symmetry.
    ///
    /// # Errors
    /// [`StatisticsError::Length`] or [`StatisticsError::OtherGrid`] when the surface has other
    /// symmetries than these weights.
    pub fn score(&self, surface: &Surface) -> Result<f64, StatisticsError> {
        self.check_grid(surface)?;
        let sum: f64 = self
            .weights
            .iter()
            .enumerate()
            .map(|(place, weight)| weight * surface.row(place).iter().sum::<f64>())
            .sum();
        Ok(sum / surface.times as f64)
    }

    pub(super) fn check_grid(&self, surface: &Surface) -> Result<(), StatisticsError> {
        if surface.symmetries.len() != self.symmetries.len() {
            return Err(StatisticsError::Length {
                of: "symmetries of the surface",
                found: surface.symmetries.len(),
                expected: self.symmetries.len(),
            });
        }
        let pairs = surface.symmetries.iter().zip(&self.symmetries);
        match pairs
            .clone()
            .position(|(found, expected)| found != expected)
        {
            Some(at) => Err(StatisticsError::OtherGrid {
                at,
                found: surface.symmetries[at],
                expected: self.symmetries[at],
            }),
            None => Ok(()),
        }
    }
}

/// The impact score over people (Eq. 7): the mean of theirs.
///
/// # Errors
/// [`StatisticsError::TooFew`] without people, [`StatisticsError::NotFinite`].
pub fn global_score(scores: &[f64]) -> Result<f64, StatisticsError> {
    if scores.is_empty() {
        return Err(StatisticsError::TooFew {
            of: "scores",
            found: 0,
            least: 1,
        });
    }
    check_finite("scores", scores)?;
    Ok(scores.iter().sum::<f64>() / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenths() -> Vec<f64> {
        (0..10).map(|place| f64::from(place) / 9.0).collect()
    }

    #[test]
    fn a_plane_scores_its_slope() {
        let symmetries = vec![0.0, 0.2, 0.3, 1.0];
        let values: Vec<f64> = symmetries
            .iter()
            .flat_map(|s| (0..6).map(move |t| 0.7 * s + f64::from(t)))
            .collect();
        let surface = Surface::new(symmetries, 6, values).unwrap();
        for order in [EdgeOrder::First, EdgeOrder::Second] {
            let weights =
                ImpactWeights::new(surface.symmetries(), Spacing::PerUnit, order).unwrap();
            assert!((weights.score(&surface).unwrap() - 0.7).abs() < 1e-12);
        }
    }

    #[test]
    fn a_step_of_ten_symmetries_is_a_ninth() {
        let values: Vec<f64> = tenths().iter().map(|s| (2.0 * s).sin()).collect();
        let surface = Surface::new(tenths(), 1, values).unwrap();
        let score = |spacing| {
            ImpactWeights::new(&tenths(), spacing, EdgeOrder::First)
                .and_then(|weights| weights.score(&surface))
                .unwrap()
        };
        let (unit, step) = (score(Spacing::PerUnit), score(Spacing::PerStep));
        assert!((unit - 9.0 * step).abs() < 1e-12 && unit > 0.8);
    }

    #[test]
    fn only_the_outer_rows_of_an_equidistant_grid_count() {
        let weights = ImpactWeights::new(&tenths(), Spacing::PerStep, EdgeOrder::First).unwrap();
        let expected = [-0.15, 0.05, 0., 0., 0., 0., 0., 0., -0.05, 0.15];
        for (weight, expected) in weights.weights().iter().zip(expected) {
            assert!((weight - expected).abs() < 1e-15, "{weight} {expected}");
        }
    }

    #[test]
    fn a_surface_on_another_grid_is_refused() {
        let weights =
            ImpactWeights::new(&[0.0, 0.5, 1.0], Spacing::PerUnit, EdgeOrder::First).unwrap();
        let surface = Surface::new(vec![0.0, 0.4, 1.0], 1, vec![0.0; 3]).unwrap();
        insta::assert_snapshot!(weights.score(&surface).unwrap_err(), @"the surface has symmetry 0.4 at place 1, the weights are for 0.5");
        let surface = Surface::new(vec![0.0, 1.0], 1, vec![0.0; 2]).unwrap();
        insta::assert_snapshot!(weights.score(&surface).unwrap_err(), @"2 symmetries of the surface, but 3 are expected");
    }

    #[test]
    fn no_surface_without_values_for_its_grid() {
        let refused = |times, values| Surface::new(vec![0.0, 1.0], times, values).unwrap_err();
        insta::assert_snapshot!(refused(0, vec![]), @"0 times, but at least 1 are needed");
        insta::assert_snapshot!(refused(2, vec![0.0; 3]), @"3 values of the surface, but 4 are expected");
        insta::assert_snapshot!(refused(1, vec![0.0, f64::NAN]), @"values of the surface, place 1: NaN is no finite number");
        assert!(global_score(&[]).is_err() && global_score(&[f64::NAN]).is_err());
        assert_eq!(global_score(&[1.0, 4.0]).unwrap(), 2.5);
    }
}
