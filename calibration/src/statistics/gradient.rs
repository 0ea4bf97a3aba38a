//! Derivatives of sampled functions by finite differences, as `numpy.gradient` has them.
//!
//! Takes values at increasing, not necessarily equidistant coordinates; gives the derivative at each
//! of them. Inside, the estimate is second-order accurate: the three-point formula whose error
//! vanishes for every parabola (Fornberg 1988, *Generation of finite difference formulas on
//! arbitrarily spaced grids*, which is what NumPy implements). At the two ends it is a one-sided
//! difference of first order unless [`EdgeOrder::Second`] is asked for.

use super::{StatisticsError, error::check_finite};

/// Accuracy at the two ends of the grid; `edge_order` in NumPy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EdgeOrder {
    /// The difference of the two outermost values. NumPy's default, thus what the paper computed.
    #[default]
    First,
    /// The one-sided three-point formula, exact for parabolas.
    Second,
}

impl EdgeOrder {
    const fn least_points(self) -> usize {
        match self {
            Self::First => 2,
            Self::Second => 3,
        }
    }
}

/// The derivative of `values` along `coordinates`, one number per point, in units of the values per
/// unit of the coordinates.
///
/// # Errors
/// [`StatisticsError::TooFew`] for fewer points than 2 ([`EdgeOrder::First`]) or 3
/// ([`EdgeOrder::Second`]), [`StatisticsError::Length`] for another number of values than of
/// coordinates, [`StatisticsError::NotIncreasing`] and [`StatisticsError::NotFinite`].
pub fn gradient(
    values: &[f64],
    coordinates: &[f64],
    edge_order: EdgeOrder,
) -> Result<Vec<f64>, StatisticsError> {
    gradient_first_axis(values, 1, coordinates, edge_order)
}

/// The derivative along the first axis of a grid: `numpy.gradient(values, coordinates, axis=0)`.
///
/// `values` is a matrix of one row per coordinate and `columns` columns, row after row; the result
/// has the same shape. A grid of no columns has an empty derivative.
///
/// # Errors
/// As [`gradient`].
pub fn gradient_first_axis(
    values: &[f64],
    columns: usize,
    coordinates: &[f64],
    edge_order: EdgeOrder,
) -> Result<Vec<f64>, StatisticsError> {
    check_coordinates(coordinates, edge_order)?;
    let expected = coordinates.len() * columns;
    if values.len() != expected {
        return Err(StatisticsError::Length {
            of: "values of the grid",
            found: values.len(),
            expected,
        });
    }
    check_finite("values of the grid", values)?;
    let mut derivative = vec![0.0; values.len()];
    for row in 0..coordinates.len() {
        let stencil = Stencil::at(row, coordinates, edge_order);
        for column in 0..columns {
            derivative[row * columns + column] = stencil.apply(values, columns, column);
        }
    }
    Ok(derivative)
}

/// Fails for coordinates that have no derivative along them.
pub(super) fn check_coordinates(
    coordinates: &[f64],
    edge_order: EdgeOrder,
) -> Result<(), StatisticsError> {
    if coordinates.len() < edge_order.least_points() {
        return Err(StatisticsError::TooFew {
            of: "points along the axis",
            found: coordinates.len(),
            least: edge_order.least_points(),
        });
    }
    check_finite("coordinates", coordinates)?;
    match coordinates.windows(2).position(|pair| pair[1] <= pair[0]) {
        Some(before) => Err(StatisticsError::NotIncreasing {
            at: before + 1,
            value: coordinates[before + 1],
            before: coordinates[before],
        }),
        None => Ok(()),
    }
}

/// A derivative at one point as a weighted sum of three consecutive rows.
struct Stencil {
    first_row: usize,
    weights: [f64; 3],
    rows: usize,
}

impl Stencil {
    /// The formula for one row; the coordinates were checked.
    fn at(row: usize, coordinates: &[f64], edge_order: EdgeOrder) -> Self {
        let last = coordinates.len() - 1;
        let step = |from: usize| coordinates[from + 1] - coordinates[from];
        let pair = |first_row: usize| Self {
            first_row,
            weights: [-1.0 / step(first_row), 1.0 / step(first_row), 0.0],
            rows: 2,
        };
        match (row, edge_order) {
            (0, EdgeOrder::First) => pair(0),
            (_, EdgeOrder::First) if row == last => pair(last - 1),
            (0, EdgeOrder::Second) => {
                let (h, k) = (step(0), step(1));
                Self::triple(
                    0,
                    [
                        -(2.0 * h + k) / (h * (h + k)),
                        (h + k) / (h * k),
                        -h / (k * (h + k)),
                    ],
                )
            }
            (_, EdgeOrder::Second) if row == last => {
                let (h, k) = (step(last - 2), step(last - 1));
                Self::triple(
                    last - 2,
                    [
                        k / (h * (h + k)),
                        -(h + k) / (h * k),
                        (2.0 * k + h) / (k * (h + k)),
                    ],
                )
            }
            _ => {
                let (h, k) = (step(row - 1), step(row));
                Self::triple(
                    row - 1,
                    [-k / (h * (h + k)), (k - h) / (h * k), h / (k * (h + k))],
                )
            }
        }
    }

    const fn triple(first_row: usize, weights: [f64; 3]) -> Self {
        Self {
            first_row,
            weights,
            rows: 3,
        }
    }

    fn apply(&self, values: &[f64], columns: usize, column: usize) -> f64 {
        (0..self.rows)
            .map(|k| self.weights[k] * values[(self.first_row + k) * columns + column])
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNEVEN: [f64; 5] = [0.0, 0.1, 0.4, 0.5, 1.0];

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_parabola_is_exact_inside_and_at_edges_of_second_order() {
        let values = UNEVEN.map(|x| 3.0 * x * x - x + 2.0);
        let exact = UNEVEN.map(|x| 6.0 * x - 1.0);
        close(
            &gradient(&values, &UNEVEN, EdgeOrder::Second).unwrap(),
            &exact,
        );
        let first = gradient(&values, &UNEVEN, EdgeOrder::First).unwrap();
        close(&first[1..4], &exact[1..4]);
        assert!((first[0] - exact[0]).abs() > 0.1);
    }

    #[test]
    fn columns_of_a_grid_do_not_mix() {
        let line = UNEVEN.map(|x| 2.0 * x);
        let grid: Vec<f64> = line.iter().flat_map(|&value| [value, 5.0]).collect();
        let found = gradient_first_axis(&grid, 2, &UNEVEN, EdgeOrder::First).unwrap();
        close(&found, &[2.0, 0.0].repeat(5));
    }

    #[test]
    fn what_has_no_derivative_is_refused() {
        let refused = |values: &[f64], at: &[f64], order| gradient(values, at, order).unwrap_err();
        insta::assert_snapshot!(refused(&[1.0], &[0.0], EdgeOrder::First), @"1 points along the axis, but at least 2 are needed");
        insta::assert_snapshot!(refused(&[1.0; 2], &[0.0, 1.0], EdgeOrder::Second), @"2 points along the axis, but at least 3 are needed");
        insta::assert_snapshot!(refused(&[1.0; 3], &[0.0, 0.5, 0.5], EdgeOrder::First), @"coordinate 2 is 0.5, which is not above 0.5, the one before it");
        insta::assert_snapshot!(refused(&[1.0; 2], &[0.0, f64::INFINITY], EdgeOrder::First), @"coordinates, place 1: inf is no finite number");
        insta::assert_snapshot!(refused(&[1.0, f64::NAN], &[0.0, 1.0], EdgeOrder::First), @"values of the grid, place 1: NaN is no finite number");
        insta::assert_snapshot!(refused(&[1.0; 3], &[0.0, 1.0], EdgeOrder::First), @"3 values of the grid, but 2 are expected");
    }
}
