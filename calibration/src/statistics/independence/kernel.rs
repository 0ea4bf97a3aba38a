//! Kernel matrices and what the conditional HSIC makes of them.
//!
//! Takes a variable; gives its Gaussian kernel matrix, and from a kernel matrix the normalised
//! operator whose traces measure dependence.

use nalgebra::{Cholesky, DMatrix};

use super::{super::StatisticsError, Variable};

/// Blocks up to this size are inverted at once.
const BLOCK: usize = 96;

/// The Gaussian kernel matrix exp(-d² / 2σ²) of a variable, with 2σ² the median of the squared
/// distances that are not zero (the heuristic of Gretton et al. 2008, over all pairs of rows). A
/// constant variable has a kernel of ones.
pub(super) fn gaussian(variable: &Variable) -> DMatrix<f64> {
    let rows = variable.rows();
    let squared = |a: usize, b: usize| -> f64 {
        let pairs = variable.row(a).iter().zip(variable.row(b));
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let mut apart: Vec<f64> = (0..rows)
        .flat_map(|a| (0..a).map(move |b| (a, b)))
        .map(|(a, b)| squared(a, b))
        .filter(|&distance| distance > 0.0)
        .collect();
    let width = median(&mut apart).unwrap_or(1.0);
    let mut kernel = DMatrix::from_element(rows, rows, 1.0);
    for a in 0..rows {
        for b in 0..a {
            let value = (-squared(a, b) / width).exp();
            kernel[(a, b)] = value;
            kernel[(b, a)] = value;
        }
    }
    kernel
}

/// The median, the mean of the two in the middle for an even number; none of no numbers.
fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut high, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if !even {
        return Some(high);
    }
    let low = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(low, high))
}

/// `G (G + n ε I)⁻¹` of a kernel matrix, `G` the matrix centred in feature space.
///
/// # Errors
/// [`StatisticsError::Setting`] when `epsilon` is so small that `G + n ε I` is not positive definite
/// to the precision of the numbers.
pub(super) fn normalised(
    kernel: &DMatrix<f64>,
    epsilon: f64,
) -> Result<DMatrix<f64>, StatisticsError> {
    let rows = kernel.nrows();
    let ridge = epsilon * rows as f64;
    let means: Vec<f64> = kernel.column_iter().map(|column| column.mean()).collect();
    let mean = means.iter().sum::<f64>() / rows as f64;
    let mut matrix = kernel.clone();
    for (column, mut values) in matrix.column_iter_mut().enumerate() {
        for (row, value) in values.iter_mut().enumerate() {
            *value += mean - means[row] - means[column];
        }
        values[column] += ridge;
    }
    let Some(mut operator) = inverse(&matrix) else {
        return Err(StatisticsError::Setting {
            field: "epsilon",
            value: epsilon,
            expected: "large enough for the kernel matrices to be inverted",
        });
    };
    // G (G + ridge)⁻¹ = I - ridge (G + ridge)⁻¹.
    operator *= -ridge;
    for place in 0..rows {
        operator[(place, place)] += 1.0;
    }
    Ok(operator)
}

/// The inverse of a symmetric positive definite matrix, by halves (the Schur complement), so that
/// nearly all of the work is products of matrices.
fn inverse(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let rows = matrix.nrows();
    if rows <= BLOCK {
        return Cholesky::new(matrix.clone()).map(|factor| factor.inverse());
    }
    let half = rows / 2;
    let rest = rows - half;
    let corner = inverse(&matrix.view((0, 0), (half, half)).into_owned())?;
    let side = matrix.view((half, 0), (rest, half));
    let across = side * &corner;
    let schur = matrix.view((half, half), (rest, rest)) - &across * side.transpose();
    let low = inverse(&schur)?;
    let low_side = -(&low * &across);
    let high = corner - across.transpose() * &low_side;
    let mut whole = DMatrix::zeros(rows, rows);
    whole.view_mut((0, 0), (half, half)).copy_from(&high);
    whole.view_mut((half, 0), (rest, half)).copy_from(&low_side);
    whole
        .view_mut((0, half), (half, rest))
        .copy_from(&low_side.transpose());
    whole.view_mut((half, half), (rest, rest)).copy_from(&low);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(rows: u32) -> Variable {
        Variable::column((0..rows).map(|row| f64::from(row).sqrt()).collect()).unwrap()
    }

    #[test]
    fn the_width_is_the_median_of_what_is_apart() {
        // Squared distances: 0, 1, 1, 9, 9, 4 without the zero: median 4.
        let kernel = gaussian(&Variable::column(vec![0.0, 0.0, 1.0, 3.0]).unwrap());
        assert_eq!(kernel[(0, 1)], 1.0);
        assert!((kernel[(2, 3)] - f64::exp(-1.0)).abs() < 1e-15);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        let flat = gaussian(&Variable::column(vec![2.0; 3]).unwrap());
        assert_eq!(flat, DMatrix::from_element(3, 3, 1.0));
    }

    #[test]
    fn an_inverse_by_blocks_inverts() {
        let mut matrix = gaussian(&line(250));
        for place in 0..250 {
            matrix[(place, place)] += 0.1;
        }
        let unit = inverse(&matrix).unwrap() * &matrix;
        let far = (unit - DMatrix::identity(250, 250)).abs().max();
        assert!(far < 1e-9, "{far}");
        assert!(inverse(&DMatrix::from_element(3, 3, -1.0)).is_none());
    }

    #[test]
    fn the_operator_solves_its_definition() {
        let (rows, epsilon) = (20, 0.01);
        let kernel = gaussian(&line(20));
        let centring = DMatrix::identity(rows, rows) - DMatrix::from_element(rows, rows, 0.05);
        let centred = &centring * &kernel * &centring;
        let ridged = &centred + DMatrix::identity(rows, rows) * (rows as f64 * epsilon);
        let found = normalised(&kernel, epsilon).unwrap() * ridged;
        assert!((found - centred).abs().max() < 1e-12);
        assert!(normalised(&kernel, -0.5).is_err());
    }
}
