//! Which unit is worth trying as a further cause: the score test (Rao 1948), without a fit.

use nalgebra::{DMatrix, DVector};

use super::{node::Node, samples::Samples};

/// Estimated gain in log-likelihood of every column as a further cause of `unit`, half the score
/// statistic after the present causes and the shares of the acts (by their common slope) are projected
/// out. Zero for the unit itself, its causes and constant columns.
pub(super) fn gains(samples: &Samples, unit: usize, node: &Node) -> Vec<f64> {
    let slopes = &node.slopes;
    let free = &samples.units[unit].free;
    let product = |column: usize| -> Vec<f32> {
        let points = &samples.units[column].points;
        free.iter()
            .zip(slopes)
            .map(|(&row, &slope)| points[row as usize] * slope)
            .collect()
    };
    let mut known = vec![slopes.clone()];
    known.extend(node.parents.iter().map(|&parent| product(parent)));
    let size = known.len();
    let gram = DMatrix::from_fn(size, size, |a, b| dot(&known[a], &known[b]));
    let sums = DVector::from_fn(size, |a, _| sum(&known[a]));
    let Ok(inverse) = gram.pseudo_inverse(1e-9) else {
        return vec![0.0; samples.units.len()];
    };
    let gain = |column: usize| {
        if column == unit || node.parents.contains(&column) || samples.units[column].constant {
            return 0.0;
        }
        let product = product(column);
        let shared = DVector::from_fn(size, |a, _| dot(&product, &known[a]));
        let projection = &inverse * &shared;
        let slope = sum(&product) - projection.dot(&sums);
        let total = dot(&product, &product);
        let variance = total - projection.dot(&shared);
        if variance <= 1e-6 * total {
            return 0.0; // a copy of the present causes
        }
        0.5 * slope * slope / variance
    };
    (0..samples.units.len()).map(gain).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a * b)).sum()
}

fn sum(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum()
}
