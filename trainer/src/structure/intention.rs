//! The hidden intention of a face: a class `z` that may change how every unit acts of its own accord.
//!
//! Faces of one emotion move several units at once without one being the cause of another. Given `z` and
//! its causes a unit depends on no other; `z` is told from all units together:
//!
//! ```text
//! P(z | face) ~ P(z) prod_i P(level_i | causes_i, z)
//! ```
//!
//! A unit's own likelihood uses the probabilities by the *other* units, so that it does not explain itself.

use rayon::prelude::*;

use super::{
    acts::{ActTable, Components},
    node::{Node, SMALLEST_LIKELIHOOD, push},
    samples::Samples,
    start,
};

/// What is known of the intentions of all faces.
pub(super) struct Intentions {
    /// `P(z)`.
    shares: Vec<f64>,
    /// Per unit: `P(z | the other units)`, `[rows, intentions]`.
    by_others: Vec<Vec<f32>>,
    /// Of all levels, with `z` summed out.
    pub(super) log_likelihood: f64,
}

impl Intentions {
    /// Begins at clusters of faces, nine parts in ten.
    pub(super) fn new(samples: &Samples, count: usize) -> Self {
        let mut posterior = vec![0.1 / count as f32; samples.rows * count];
        let mut shares = vec![0.1 / count as f64; count];
        for (row, cluster) in start::clusters(samples, count).into_iter().enumerate() {
            posterior[row * count + cluster] += 0.9;
            shares[cluster] += 0.9 / samples.rows as f64;
        }
        Self {
            shares,
            by_others: vec![posterior; samples.units.len()],
            log_likelihood: f64::NEG_INFINITY,
        }
    }

    /// `K`.
    pub(super) fn count(&self) -> usize {
        self.shares.len()
    }

    /// What the likelihood of a unit is conditioned on, `[rows, intentions]`.
    pub(super) fn by_others(&self, unit: usize) -> &[f32] {
        &self.by_others[unit]
    }

    /// The expectation step: probabilities of every `z` under the present nodes.
    pub(super) fn update(&mut self, samples: &Samples, table: &ActTable, nodes: &[Node]) {
        let count = self.count();
        let evidence: Vec<Vec<f32>> = (0..nodes.len())
            .into_par_iter()
            .map(|unit| evidence(samples, table, unit, &nodes[unit]))
            .collect();
        let prior: Vec<f32> = self.shares.iter().map(|share| share.ln() as f32).collect();
        let mut total = prior.repeat(samples.rows);
        for evidence in &evidence {
            for (total, evidence) in total.iter_mut().zip(evidence) {
                *total += evidence;
            }
        }
        self.by_others = evidence
            .into_par_iter()
            .map(|mut evidence| {
                for (own, all) in evidence.iter_mut().zip(&total) {
                    *own = all - *own;
                }
                evidence.chunks_exact_mut(count).for_each(|row| {
                    softmax(row);
                });
                evidence
            })
            .collect();
        self.log_likelihood = 0.0;
        let mut rows = vec![0.0; count];
        for logits in total.chunks_exact_mut(count) {
            self.log_likelihood += softmax(logits);
            for (sum, &p) in rows.iter_mut().zip(&*logits) {
                *sum += f64::from(p);
            }
        }
        // Half a row for each, so that a class that lost all of its rows keeps a finite logarithm.
        let whole = samples.rows as f64 + 0.5 * count as f64;
        self.shares = rows.iter().map(|rows| (rows + 0.5) / whole).collect();
    }
}

/// `log P(level | causes, z)` of one unit, `[rows, intentions]`; 0 where the unit was set from outside.
fn evidence(samples: &Samples, table: &ActTable, unit: usize, node: &Node) -> Vec<f32> {
    let column = &samples.units[unit];
    let count = node.acts.len();
    let points = |&parent: &usize| samples.units[parent].points.clone();
    let causes: Vec<Vec<f32>> = node.parents.iter().map(points).collect();
    let mu = push(&causes, &node.weights, samples.rows);
    let mut evidence = vec![0.0; samples.rows * count];
    for &row in &column.free {
        let row = row as usize;
        let place = table.place(column.interval[row], mu[row]);
        let likelihood: Components = std::array::from_fn(|c| {
            place.here[c] + place.fraction * (place.next[c] - place.here[c])
        });
        for (evidence, acts) in evidence[row * count..][..count].iter_mut().zip(&node.acts) {
            let p: f32 = acts.iter().zip(&likelihood).map(|(a, l)| a * l).sum();
            *evidence = (p + SMALLEST_LIKELIHOOD).ln();
        }
    }
    evidence
}

/// Turns logits into probabilities; gives the logarithm of their sum.
fn softmax(logits: &mut [f32]) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        sum += *logit;
    }
    for logit in logits.iter_mut() {
        *logit /= sum;
    }
    f64::from(largest) + f64::from(sum).ln()
}
