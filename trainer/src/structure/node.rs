//! One action unit given its causes: likelihood, slope, and their maximum.
//!
//! ```text
//! drive = sum_j w_j points_j + act;   act | z ~ sum_c share_zc N(m_c, s_c)
//! log L = sum_rows log sum_z P(z | other units) P(level | mu = sum_j w_j points_j, z)
//! ```
//!
//! Rows in which the unit was set from outside say nothing about its causes and are left out (Hauser &
//! Bühlmann 2012). Weights take Gauss-Newton steps on the outer product of the gradient (Berndt, Hall,
//! Hall & Hausman 1974), shares the steps of expectation-maximisation, both at once.

use nalgebra::{DMatrix, DVector};

use super::{
    acts::{ActTable, COMPONENTS, Components, LINES_PER_POINT},
    samples::Samples,
};

/// Added to every likelihood: no single row, however odd, decides an edge.
pub(super) const SMALLEST_LIKELIHOOD: f32 = 1e-12;
/// Rows' worth of prior on every share.
const SHARE_PRIOR: f64 = 0.1;
/// Keeps the curvature of a weight invertible.
const RIDGE: f64 = 1e-3;
/// Largest change of a weight in one step.
const LARGEST_STEP: f64 = 0.5;
/// A fit ends when a step gains less log-likelihood than this.
const LEAST_GAIN: f64 = 0.1;

/// A unit with its causes and how it acts of its own accord.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The causes, as columns.
    pub(super) parents: Vec<usize>,
    /// Points of drive per point of each cause.
    pub(super) weights: Vec<f64>,
    /// Shares of the components of the act, per intention.
    pub(super) acts: Vec<Components>,
    pub(super) log_likelihood: f64,
    /// Slope of the log-likelihood in `mu`, per free row.
    pub(super) slopes: Vec<f32>,
}

impl Node {
    /// A unit without causes whose acts are all alike likely.
    pub(super) fn alone(intentions: usize) -> Self {
        Self {
            parents: Vec::new(),
            weights: Vec::new(),
            acts: vec![[1.0 / COMPONENTS as f32; COMPONENTS]; intentions],
            log_likelihood: f64::NEG_INFINITY,
            slopes: Vec::new(),
        }
    }

    /// The weight of one cause; 0 for a unit that is none.
    pub(super) fn weight(&self, parent: usize) -> f64 {
        let place = self.parents.iter().position(|&p| p == parent);
        place.map_or(0.0, |place| self.weights[place])
    }

    /// The same acts and causes, with one cause more.
    pub(super) fn with(&self, parent: usize) -> Self {
        let mut node = self.clone();
        node.parents.push(parent);
        node.weights.push(0.0);
        node
    }

    /// The same acts and causes, with one cause fewer.
    pub(super) fn without(&self, parent: usize) -> Self {
        let mut node = self.clone();
        if let Some(place) = node.parents.iter().position(|&p| p == parent) {
            node.parents.remove(place);
            node.weights.remove(place);
        }
        node
    }
}

/// What a node is fitted to.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) samples: &'a Samples,
    pub(super) table: &'a ActTable,
    /// The column of the unit.
    pub(super) unit: usize,
    /// Probability of every intention by the other units, `[rows, intentions]`.
    pub(super) posterior: &'a [f32],
}

/// One evaluation of the likelihood.
struct Evaluation {
    log_likelihood: f64,
    slopes: Vec<f32>,
    /// Expected rows in every component, per intention.
    rows: Vec<[f64; COMPONENTS]>,
}

impl Target<'_> {
    /// Climbs from `start` for at most `steps` steps.
    pub(super) fn fit(&self, start: &Node, steps: usize) -> Node {
        let causes = self.causes(&start.parents);
        let mut node = start.clone();
        let mut now = self.evaluate(&causes, &node.weights, &node.acts);
        for _ in 0..steps {
            let acts = shares(&now.rows);
            let step = newton_step(&causes, &now.slopes);
            let mut weights: Vec<f64> =
                node.weights.iter().zip(&step).map(|(w, s)| w + s).collect();
            let mut next = self.evaluate(&causes, &weights, &acts);
            for _ in 0..4 {
                if causes.is_empty() || next.log_likelihood >= now.log_likelihood - 1e-6 {
                    break;
                }
                for (weight, &before) in weights.iter_mut().zip(&node.weights) {
                    *weight = before + 0.3 * (*weight - before);
                }
                next = self.evaluate(&causes, &weights, &acts);
            }
            let gain = next.log_likelihood - now.log_likelihood;
            (node.weights, node.acts, now) = (weights, acts, next);
            if gain < LEAST_GAIN {
                break;
            }
        }
        node.log_likelihood = now.log_likelihood;
        node.slopes = now.slopes;
        node
    }

    /// Points of every cause on the free rows.
    fn causes(&self, parents: &[usize]) -> Vec<Vec<f32>> {
        let free = &self.samples.units[self.unit].free;
        let of = |&parent: &usize| {
            let points = &self.samples.units[parent].points;
            free.iter().map(|&row| points[row as usize]).collect()
        };
        parents.iter().map(of).collect()
    }

    fn evaluate(&self, causes: &[Vec<f32>], weights: &[f64], acts: &[Components]) -> Evaluation {
        let column = &self.samples.units[self.unit];
        let mut slopes = push(causes, weights, column.free.len());
        let mut log_likelihood = 0.0;
        let mut rows = vec![[0.0; COMPONENTS]; acts.len()];
        for (rows_of_block, slopes) in column.free.chunks(BLOCK).zip(slopes.chunks_mut(BLOCK)) {
            let mut counts = vec![[0.0_f32; COMPONENTS]; acts.len()];
            for (&row, mu) in rows_of_block.iter().zip(slopes) {
                let row = row as usize;
                let posterior = &self.posterior[row * acts.len()..][..acts.len()];
                let place = self.table.place(column.interval[row], *mu);
                let share = mix(posterior, acts);
                let mut likelihood = [0.0; COMPONENTS];
                let (mut total, mut slope) = (SMALLEST_LIKELIHOOD, 0.0);
                for c in 0..COMPONENTS {
                    let rise = place.next[c] - place.here[c];
                    likelihood[c] = place.here[c] + place.fraction * rise;
                    total += share[c] * likelihood[c];
                    slope += share[c] * rise;
                }
                log_likelihood += f64::from(total).ln();
                *mu = LINES_PER_POINT * slope / total;
                for (counts, &p) in counts.iter_mut().zip(posterior) {
                    let p = p / total;
                    for c in 0..COMPONENTS {
                        counts[c] += p * likelihood[c];
                    }
                }
            }
            for ((rows, counts), acts) in rows.iter_mut().zip(&counts).zip(acts) {
                for c in 0..COMPONENTS {
                    rows[c] += f64::from(counts[c] * acts[c]);
                }
            }
        }
        Evaluation {
            log_likelihood,
            slopes,
            rows,
        }
    }
}

/// Rows that are counted in 32 bits before they join the sum.
const BLOCK: usize = 512;

/// Shares of the components averaged over intentions.
#[inline]
pub(super) fn mix(posterior: &[f32], acts: &[Components]) -> Components {
    let mut share = [0.0; COMPONENTS];
    for (&p, acts) in posterior.iter().zip(acts) {
        for c in 0..COMPONENTS {
            share[c] += p * acts[c];
        }
    }
    share
}

/// What the causes add to the drive, per row.
pub(super) fn push(causes: &[Vec<f32>], weights: &[f64], rows: usize) -> Vec<f32> {
    let mut mu = vec![0.0; rows];
    for (points, &weight) in causes.iter().zip(weights) {
        let weight = weight as f32;
        for (mu, &points) in mu.iter_mut().zip(points) {
            *mu += weight * points;
        }
    }
    mu
}

/// Shares in proportion to expected rows and prior.
fn shares(rows: &[[f64; COMPONENTS]]) -> Vec<Components> {
    let of = |rows: &[f64; COMPONENTS]| {
        let total: f64 = rows.iter().map(|rows| rows + SHARE_PRIOR).sum();
        rows.map(|rows| ((rows + SHARE_PRIOR) / total) as f32)
    };
    rows.iter().map(of).collect()
}

/// The change of the weights that the gradient and its outer product ask for.
fn newton_step(causes: &[Vec<f32>], slopes: &[f32]) -> Vec<f64> {
    let count = causes.len();
    let mut gradient = DVector::<f64>::zeros(count);
    let mut curvature = DMatrix::<f64>::identity(count, count) * RIDGE;
    for (a, left) in causes.iter().enumerate() {
        gradient[a] = left
            .iter()
            .zip(slopes)
            .map(|(&x, &u)| f64::from(x * u))
            .sum();
        for (b, right) in causes.iter().enumerate().take(a + 1) {
            let pairs = left.iter().zip(right).zip(slopes);
            let sum: f64 = pairs.map(|((&x, &y), &u)| f64::from(x * u * (y * u))).sum();
            curvature[(a, b)] += sum;
            if a != b {
                curvature[(b, a)] += sum;
            }
        }
    }
    let Some(cholesky) = curvature.cholesky() else {
        return vec![0.0; count];
    };
    let step = cholesky.solve(&gradient);
    let shrink = (LARGEST_STEP / step.amax().max(LARGEST_STEP)).min(1.0);
    step.iter().map(|change| change * shrink).collect()
}

#[cfg(test)]
mod tests {
    use facs::ActionUnit;
    use serde::Deserialize;

    use super::*;
    use crate::structure::{LevelTable, Scale};

    #[derive(Deserialize)]
    struct Fixtures {
        node: Fixture,
    }

    /// Levels, causes and shares, and what scipy makes of them.
    #[derive(Deserialize)]
    struct Fixture {
        levels: Vec<f32>,
        causes: [Vec<f32>; 2],
        weights: Vec<f64>,
        shares: Vec<Components>,
        posterior: Vec<Vec<f32>>,
        log_likelihood: f64,
    }

    impl Fixture {
        fn read() -> Self {
            let text = include_str!("fixtures/reference.json");
            serde_json::from_str::<Fixtures>(text).unwrap().node
        }

        /// The rows four times, so that they are enough for a table.
        fn samples(&self) -> Samples {
            let units = [ActionUnit::Au12, ActionUnit::Au01, ActionUnit::Au02];
            let mut table = LevelTable::new(Scale::Levels, &units).unwrap();
            for row in (0..self.levels.len()).cycle().take(4 * self.levels.len()) {
                let levels = [self.levels[row], self.causes[0][row], self.causes[1][row]];
                table.push(&levels, &[], None).unwrap();
            }
            Samples::new(&table).unwrap()
        }

        fn evaluate(&self, weights: &[f64]) -> Evaluation {
            let samples = self.samples();
            let target = Target {
                samples: &samples,
                table: &ActTable::new(Scale::Levels),
                unit: 0,
                posterior: &self.posterior.concat().repeat(4),
            };
            target.evaluate(&target.causes(&[1, 2]), weights, &self.shares)
        }
    }

    #[test]
    fn the_likelihood_is_that_of_scipy() {
        let fixture = Fixture::read();
        let found = fixture.evaluate(&fixture.weights).log_likelihood / 4.0;
        let expected = fixture.log_likelihood;
        assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        let fixture = Fixture::read();
        let rows = fixture.levels.len();
        // Where the likelihood is steep.
        let weights = vec![0.3, -0.1];
        let here = fixture.evaluate(&weights);
        for cause in 0..2 {
            let at = |change: f64| {
                let mut weights = weights.clone();
                weights[cause] += change;
                fixture.evaluate(&weights).log_likelihood
            };
            let expected = (at(0.01) - at(-0.01)) / 0.02;
            let slopes = here.slopes.iter().enumerate();
            let of_row = |(row, &slope)| f64::from(slope * fixture.causes[cause][row % rows]);
            let found: f64 = slopes.map(of_row).sum();
            assert!(
                (found / expected - 1.0).abs() < 0.02,
                "{found} is not {expected}"
            );
        }
    }

    #[test]
    fn every_step_of_a_fit_climbs() {
        let fixture = Fixture::read();
        let samples = fixture.samples();
        let target = Target {
            samples: &samples,
            table: &ActTable::new(Scale::Levels),
            unit: 0,
            posterior: &fixture.posterior.concat().repeat(4),
        };
        let start = Node::alone(2).with(1).with(2);
        let climb: Vec<f64> = (0..12)
            .map(|steps| target.fit(&start, steps).log_likelihood)
            .collect();
        assert!(climb.is_sorted(), "{climb:?}");
        assert!(climb[11] > climb[0] + 10.0, "{climb:?}");
    }
}
