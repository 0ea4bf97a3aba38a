//! Multinomial logistic regression in which only some weights are free.
//!
//! ```text
//! P(k | x) = exp(b_k + sum_i w_ik x_i) / sum_l exp(b_l + sum_i w_il x_i)
//! ```
//!
//! Most units of a face rest, so faces are kept as their units that do not; sums then run over those.
//! Maximised by Newton's method (Böhning 1992) with a ridge so small that it only decides what the data
//! leave open.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// `ridge / 2 |w|^2` is taken from the log-likelihood.
const RIDGE: f64 = 1e-3;
const NEWTON_STEPS: usize = 50;
/// Newton's method ends when a step promises less log-likelihood than this.
const LEAST_GAIN: f64 = 1e-6;
/// Rows that one task sums over.
const BLOCK: usize = 1024;

/// Faces and what they show.
pub(super) struct Faces {
    /// Units that do not rest, with their level, per face.
    pub(super) active: Vec<Vec<(usize, f64)>>,
    /// Class per face.
    pub(super) class: Vec<usize>,
    pub(super) units: usize,
    pub(super) classes: usize,
}

/// Weights, `[units + 1, classes]`; the last row is the bias.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub(super) values: DMatrix<f64>,
    /// Which are free; the others stay 0.
    pub(super) free: DMatrix<bool>,
}

impl Weights {
    /// All free and 0.
    pub(super) fn new(faces: &Faces) -> Self {
        let (rows, columns) = (faces.units + 1, faces.classes);
        Self {
            values: DMatrix::zeros(rows, columns),
            free: DMatrix::from_element(rows, columns, true),
        }
    }

    /// Positions of the free weights: unit, class.
    pub(super) fn positions(&self) -> Vec<(usize, usize)> {
        let (rows, columns) = self.free.shape();
        (0..columns)
            .flat_map(|class| (0..rows).map(move |row| (row, class)))
            .filter(|&position| self.free[position])
            .collect()
    }
}

/// Log-likelihood (less ridge), its gradient and its negative curvature over the free weights.
pub(super) struct Derivatives {
    pub(super) log_likelihood: f64,
    gradient: DVector<f64>,
    pub(super) information: DMatrix<f64>,
}

impl Faces {
    /// Climbs from `weights` to the maximum; gives the log-likelihood there.
    pub(super) fn maximise(&self, weights: &mut Weights) -> Derivatives {
        let positions = weights.positions();
        let mut now = self.derivatives(weights);
        for _ in 0..NEWTON_STEPS {
            let Some(cholesky) = now.information.clone().cholesky() else {
                break;
            };
            let step = cholesky.solve(&now.gradient);
            let promise = 0.5 * step.dot(&now.gradient);
            if promise < LEAST_GAIN {
                break;
            }
            let Some(next) = self.shortened(weights, &positions, &step, now.log_likelihood) else {
                break;
            };
            *weights = next;
            now = self.derivatives(weights);
        }
        now
    }

    /// The longest of a step, its half, its quarter and so on that does not lose likelihood.
    fn shortened(
        &self,
        weights: &Weights,
        positions: &[(usize, usize)],
        step: &DVector<f64>,
        before: f64,
    ) -> Option<Weights> {
        (0..12).find_map(|halvings| {
            let mut next = weights.clone();
            for (&position, change) in positions.iter().zip(step) {
                next.values[position] += change / f64::from(1 << halvings);
            }
            (self.log_likelihood(&next) >= before).then_some(next)
        })
    }

    /// Log-likelihood less the ridge.
    pub(super) fn log_likelihood(&self, weights: &Weights) -> f64 {
        let of_face = |(active, &class): (&Vec<(usize, f64)>, &usize)| {
            self.log_probabilities(active, weights)[class]
        };
        let blocks: Vec<f64> = self
            .active
            .par_chunks(BLOCK)
            .zip(self.class.par_chunks(BLOCK))
            .map(|(active, class)| active.iter().zip(class).map(of_face).sum::<f64>())
            .collect();
        blocks.iter().sum::<f64>() - 0.5 * RIDGE * weights.values.norm_squared()
    }

    fn log_probabilities(&self, active: &[(usize, f64)], weights: &Weights) -> Vec<f64> {
        let mut logits: Vec<f64> = weights.values.row(self.units).iter().copied().collect();
        for (class, logit) in logits.iter_mut().enumerate() {
            *logit += active
                .iter()
                .map(|&(unit, level)| level * weights.values[(unit, class)])
                .sum::<f64>();
        }
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
        logits
            .iter()
            .map(|logit| logit - largest - sum.ln())
            .collect()
    }

    /// Derivatives at some weights.
    pub(super) fn derivatives(&self, weights: &Weights) -> Derivatives {
        let width = self.units + 1;
        let size = width * self.classes;
        let blocks: Vec<(DVector<f64>, DMatrix<f64>)> = self
            .active
            .par_chunks(BLOCK.max(self.active.len() / 16))
            .zip(self.class.par_chunks(BLOCK.max(self.active.len() / 16)))
            .map(|(active, class)| {
                let mut gradient = DVector::zeros(size);
                let mut information = DMatrix::zeros(size, size);
                for (active, &class) in active.iter().zip(class) {
                    let log_p = self.log_probabilities(active, weights);
                    let p: Vec<f64> = log_p.into_iter().map(f64::exp).collect();
                    let mut face = active.clone();
                    face.push((self.units, 1.0));
                    add_face(&face, &p, class, width, &mut gradient, &mut information);
                }
                (gradient, information)
            })
            .collect();
        let mut gradient = DVector::zeros(size);
        let mut information = DMatrix::zeros(size, size);
        for (of_gradient, of_information) in blocks {
            gradient += of_gradient;
            information += of_information;
        }
        information.fill_lower_triangle_with_upper_triangle();
        let free: Vec<usize> = weights
            .positions()
            .into_iter()
            .map(|(row, class)| class * width + row)
            .collect();
        gradient -= DVector::from_column_slice(weights.values.as_slice()) * RIDGE;
        for place in 0..size {
            information[(place, place)] += RIDGE;
        }
        Derivatives {
            log_likelihood: self.log_likelihood(weights),
            gradient: gradient.select_rows(&free),
            information: information.select_rows(&free).select_columns(&free),
        }
    }
}

/// Adds a face to the gradient and to the upper triangle of the curvature.
fn add_face(
    face: &[(usize, f64)],
    p: &[f64],
    class: usize,
    width: usize,
    gradient: &mut DVector<f64>,
    information: &mut DMatrix<f64>,
) {
    for (a, &p_a) in p.iter().enumerate() {
        let error = f64::from(u8::from(a == class)) - p_a;
        for &(unit, level) in face {
            gradient[a * width + unit] += error * level;
        }
        for (b, &p_b) in p.iter().enumerate().take(a + 1) {
            let covariance = if a == b {
                p_a * (1.0 - p_a)
            } else {
                -p_a * p_b
            };
            for &(right, of_right) in face {
                let column = a * width + right;
                for &(left, of_left) in face {
                    information[(b * width + left, column)] += covariance * of_left * of_right;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Fixtures {
        multinomial: Fixture,
    }

    /// Levels and classes, and what scikit-learn makes of them without a penalty.
    #[derive(Deserialize)]
    struct Fixture {
        units: Vec<[f64; 3]>,
        classes: Vec<usize>,
        /// `[units, classes]`, class 0 is the reference.
        weights: [[f64; 3]; 3],
        biases: [f64; 3],
        log_likelihood: f64,
    }

    #[test]
    fn the_maximum_is_that_of_scikit_learn() {
        let text = include_str!("fixtures/reference.json");
        let fixture = serde_json::from_str::<Fixtures>(text).unwrap().multinomial;
        let active = |units: &[f64; 3]| {
            units
                .iter()
                .copied()
                .enumerate()
                .filter(|unit| unit.1 > 0.0)
                .collect()
        };
        let faces = Faces {
            active: fixture.units.iter().map(active).collect(),
            class: fixture.classes,
            units: 3,
            classes: 3,
        };
        let mut weights = Weights::new(&faces);
        weights.free.column_mut(0).fill(false);
        let found = faces.maximise(&mut weights).log_likelihood;
        let expected = fixture.log_likelihood;
        assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
        for class in 0..3 {
            let bias = weights.values[(3, class)];
            assert!((bias - fixture.biases[class]).abs() < 1e-3, "{weights:?}");
            for unit in 0..3 {
                let weight = weights.values[(unit, class)];
                assert!(
                    (weight - fixture.weights[unit][class]).abs() < 1e-3,
                    "{weights:?}"
                );
            }
        }
    }
}
