//! A permutation test within strata: do two circumstances differ among samples that are alike?
//!
//! Takes one row of numbers per sample (such as the edge weights of its graph), which of two
//! circumstances it was in,
//! and a stratum: what the compared samples must share, such as the set of active units. Gives a
//! statistic, its p-value and the edges that differ most. The statistic is the sum over edges of
//! the squared mean difference between the circumstances inside the strata, each edge in units of its
//! standard deviation inside strata; p is `(1 + #{permuted >= observed}) / (1 + permutations)`, with
//! circumstances permuted inside strata, so that the test is exact.

use std::collections::BTreeMap;

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// The result of [`compare`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StratifiedTest {
    /// Samples of the first and of the second circumstance that were compared.
    pub samples: [usize; 2],
    /// Strata that have samples of both.
    pub strata: usize,
    /// Sum of squared standardised differences.
    pub statistic: f64,
    /// Mean of the statistic over permutations: what chance gives.
    pub expected: f64,
    /// Probability of such a statistic, or a larger one, where circumstances make no difference.
    pub p: f64,
    /// Per edge, mean weight in the second circumstance minus that in the first, inside strata.
    pub differences: Vec<f64>,
}

/// One stratum: its samples, and how many of them belong to the second circumstance.
struct Stratum {
    samples: Vec<usize>,
    second: Vec<bool>,
}

/// Compares the rows of the samples of two circumstances. `None` when no stratum has both.
///
/// # Panics
/// When `rows`, `second` and `strata` differ in length.
#[must_use]
pub fn compare<K: Ord>(
    rows: &[Vec<f32>],
    second: &[bool],
    strata: &[K],
    permutations: usize,
    seed: u64,
) -> Option<StratifiedTest> {
    assert_eq!((rows.len(), rows.len()), (second.len(), strata.len()));
    let mut by_key = BTreeMap::<&K, Stratum>::new();
    for (index, key) in strata.iter().enumerate() {
        let stratum = by_key.entry(key).or_insert_with(|| Stratum {
            samples: Vec::new(),
            second: Vec::new(),
        });
        stratum.samples.push(index);
        stratum.second.push(second[index]);
    }
    let both = |it: &Stratum| it.second.contains(&true) && it.second.contains(&false);
    let strata: Vec<Stratum> = by_key.into_values().filter(both).collect();
    let centred = Centred::new(rows, &strata)?;

    let labels: Vec<Vec<bool>> = strata.iter().map(|it| it.second.clone()).collect();
    let differences = centred.differences(&labels);
    let statistic = centred.statistic(&differences);
    let permuted: Vec<f64> = (0..permutations as u64)
        .into_par_iter()
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            let mut labels = labels.clone();
            labels
                .iter_mut()
                .for_each(|labels| labels.shuffle(&mut rng));
            centred.statistic(&centred.differences(&labels))
        })
        .collect();
    let extreme = permuted.iter().filter(|&&value| value >= statistic).count();
    let seconds = labels.iter().flatten().filter(|&&second| second).count();
    Some(StratifiedTest {
        samples: [
            labels.iter().map(Vec::len).sum::<usize>() - seconds,
            seconds,
        ],
        strata: strata.len(),
        statistic,
        expected: permuted.iter().sum::<f64>() / permutations.max(1) as f64,
        p: (1 + extreme) as f64 / (1 + permutations) as f64,
        differences,
    })
}

/// Edge weights minus the mean of their stratum.
struct Centred {
    /// Per stratum, its samples' rows.
    strata: Vec<Vec<Vec<f64>>>,
    /// Standard deviation of each edge inside strata.
    deviations: Vec<f64>,
    edges: usize,
}

impl Centred {
    fn new(rows: &[Vec<f32>], strata: &[Stratum]) -> Option<Self> {
        let edges = rows.get(strata.first()?.samples[0])?.len();
        let mut squares = vec![0.0; edges];
        let mut count = 0;
        let centre = |stratum: &Stratum| {
            let n = stratum.samples.len() as f64;
            let mut means = vec![0.0; edges];
            for &sample in &stratum.samples {
                for (mean, &weight) in means.iter_mut().zip(&rows[sample]) {
                    *mean += f64::from(weight) / n;
                }
            }
            let minus = |&sample: &usize| -> Vec<f64> {
                let pairs = rows[sample].iter().zip(&means);
                pairs
                    .map(|(&weight, mean)| f64::from(weight) - mean)
                    .collect()
            };
            stratum.samples.iter().map(minus).collect::<Vec<_>>()
        };
        let strata: Vec<Vec<Vec<f64>>> = strata.iter().map(centre).collect();
        for row in strata.iter().flatten() {
            count += 1;
            for (square, weight) in squares.iter_mut().zip(row) {
                *square += weight * weight;
            }
        }
        let freedom = (count - strata.len()).max(1) as f64;
        Some(Self {
            strata,
            deviations: squares.iter().map(|it| (it / freedom).sqrt()).collect(),
            edges,
        })
    }

    /// Mean difference of each edge, strata weighted by `n1 n2 / (n1 + n2)`.
    fn differences(&self, labels: &[Vec<bool>]) -> Vec<f64> {
        let mut sums = vec![0.0; self.edges];
        let mut weights = 0.0;
        for (rows, labels) in self.strata.iter().zip(labels) {
            let seconds = labels.iter().filter(|&&second| second).count() as f64;
            let firsts = labels.len() as f64 - seconds;
            let weight = firsts * seconds / (firsts + seconds);
            weights += weight;
            for (row, &second) in rows.iter().zip(labels) {
                let share = weight * if second { 1.0 / seconds } else { -1.0 / firsts };
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += share * value;
                }
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= weights);
        sums
    }

    fn statistic(&self, differences: &[f64]) -> f64 {
        let pairs = differences.iter().zip(&self.deviations);
        pairs
            .filter(|&(_, &deviation)| deviation > 1e-9)
            .map(|(difference, deviation)| (difference / deviation).powi(2))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    /// `n` samples of three edges in four strata; the second edge differs by `effect` between the
    /// circumstances, the first between the strata.
    fn drawn(n: usize, effect: f32, seed: u64) -> (Vec<Vec<f32>>, Vec<bool>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut rows, mut second, mut strata) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..n {
            let stratum = rng.random_range(0..4_usize);
            // Circumstances differ in how often they show what a stratum stands for.
            let other = rng.random::<f32>() < 0.2 + 0.2 * stratum as f32;
            let mut noise = || rng.random::<f32>() - 0.5;
            let shift = if other { effect } else { 0.0 };
            rows.push(vec![noise() + stratum as f32, noise() + shift, noise()]);
            second.push(other);
            strata.push(stratum);
        }
        (rows, second, strata)
    }

    #[test]
    fn a_planted_difference_is_found_where_it_is() {
        let (rows, second, strata) = drawn(200, 0.3, 1);
        let test = compare(&rows, &second, &strata, 499, 1).unwrap();
        assert_eq!(test.strata, 4);
        assert_eq!(test.samples.iter().sum::<usize>(), 200);
        assert_eq!(test.p, 1.0 / 500.0);
        assert!((test.differences[1] - 0.3).abs() < 0.1, "{test:?}");
        assert!(test.differences[0].abs() < 0.15 && test.differences[2].abs() < 0.15);
    }

    #[test]
    fn without_a_difference_p_is_uniform_though_strata_differ() {
        let mut values: Vec<f64> = (0..200)
            .map(|seed| {
                let (rows, second, strata) = drawn(60, 0.0, 100 + seed);
                compare(&rows, &second, &strata, 99, seed).unwrap().p
            })
            .collect();
        values.sort_by(f64::total_cmp);
        let largest_gap = values
            .iter()
            .enumerate()
            .map(|(index, p)| (p - (index as f64 + 1.0) / 200.0).abs())
            .fold(0.0, f64::max);
        // Kolmogorov-Smirnov at the 0.1 % level: 1.95 / sqrt(200).
        assert!(largest_gap < 0.138, "{largest_gap}");
    }

    #[test]
    fn strata_without_both_say_nothing() {
        let rows = vec![vec![0.0], vec![1.0]];
        assert!(compare(&rows, &[false, true], &[1, 2], 9, 1).is_none());
    }
}
