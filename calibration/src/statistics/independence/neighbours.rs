//! Conditional mutual information by nearest neighbours.
//!
//! Takes ranks of prediction, feature and label; gives the estimate of Frenzel and Pompe (2007,
//! *Partial mutual information for coupling analysis of multivariate time series*): with ε of a row
//! the distance to its k-th neighbour in all variables together, by the largest difference, and
//! `n_Z`, `n_XZ`, `n_YZ` the rows closer than ε in some of them, the row itself counted,
//! `ψ(k) + mean[ψ(n_Z) - ψ(n_XZ) - ψ(n_YZ)]`, in nats.

use rand::{Rng, RngExt};

use super::Variable;

/// Places of the values of one column in order of size, from 0.
pub(super) type Ranks = Vec<u16>;

/// The most rows that can be ranked.
pub(super) const MOST_ROWS: usize = u16::MAX as usize;

/// The ranks of every column, equal values in random order.
///
/// tigramite adds uniform noise of a millionth of the deviation before it ranks, to the same end.
pub(super) fn ranks(variable: &Variable, rng: &mut impl Rng) -> Vec<Ranks> {
    (0..variable.columns())
        .map(|column| {
            let values = variable.numbers(column);
            let keys: Vec<u64> = values.iter().map(|_| rng.random()).collect();
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_unstable_by(|&a, &b| {
                let by_value = values[a].total_cmp(&values[b]);
                by_value.then(keys[a].cmp(&keys[b]))
            });
            let mut ranks = vec![0; values.len()];
            for (rank, row) in (0..).zip(order) {
                ranks[row] = rank;
            }
            ranks
        })
        .collect()
}

/// The conditional mutual information of two variables given a third, which may have no columns.
/// All have the same number of rows, more than `k`, which is at
/// least 1, and at most [`MOST_ROWS`].
pub(super) fn conditional_mutual_information(
    x: &[Ranks],
    y: &[Ranks],
    z: &[Ranks],
    k: usize,
) -> f64 {
    let rows = x.first().map_or(0, Vec::len);
    let digamma = digammas(rows);
    let mut far_z = vec![0; rows];
    let mut far_xz = vec![0; rows];
    let mut far_yz = vec![0; rows];
    let mut far = vec![0; rows];
    let mut sum = 0.0;
    for row in 0..rows {
        far_z.fill(0);
        raise(&mut far_z, z, row);
        far_xz.copy_from_slice(&far_z);
        raise(&mut far_xz, x, row);
        far_yz.copy_from_slice(&far_z);
        raise(&mut far_yz, y, row);
        for (far, (xz, yz)) in far.iter_mut().zip(far_xz.iter().zip(&far_yz)) {
            *far = *xz.max(yz);
        }
        let radius = radius(&far, k);
        let count_z = if z.is_empty() {
            rows
        } else {
            within(&far_z, radius)
        };
        sum +=
            digamma[count_z] - digamma[within(&far_xz, radius)] - digamma[within(&far_yz, radius)];
    }
    digamma[k] + sum / rows as f64
}

/// Raises distances to that of `row` in these columns, where it is larger.
fn raise(far: &mut [u16], columns: &[Ranks], row: usize) {
    for ranks in columns {
        let own = ranks[row];
        for (far, &rank) in far.iter_mut().zip(ranks) {
            *far = (*far).max(own.abs_diff(rank));
        }
    }
}

/// How many distances are below a radius. There are at most [`MOST_ROWS`], so that they can be counted
/// in the narrow numbers which processors take many of at once.
fn within(far: &[u16], radius: u16) -> usize {
    let count: u16 = far.iter().map(|&far| u16::from(far < radius)).sum();
    usize::from(count)
}

/// The distance of the `k`-th neighbour; the row itself, at 0, is not one.
fn radius(far: &[u16], k: usize) -> u16 {
    // The lowest radius with more than k rows at or within it, by bisection: faster than sorting.
    let (mut low, mut high) = (0, far.len() as u16);
    while low < high {
        let middle = low + (high - low) / 2;
        if within(far, middle + 1) > k {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The digamma function at 0 (never read) to `highest`: ψ(1) = -γ, ψ(n + 1) = ψ(n) + 1 / n.
fn digammas(highest: usize) -> Vec<f64> {
    let mut values = vec![f64::NAN, -std::f64::consts::EULER_GAMMA];
    for n in 1..highest {
        values.push(values[n] + 1.0 / n as f64);
    }
    values
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::stream;
    use super::*;

    #[test]
    fn estimates_are_those_of_tigramite() {
        #[derive(Deserialize)]
        struct Case {
            name: String,
            k: usize,
            x: Vec<Vec<f64>>,
            y: Vec<Vec<f64>>,
            z: Vec<Vec<f64>>,
            cmi: f64,
        }
        #[derive(Deserialize)]
        struct Fixture {
            estimates: Vec<Case>,
        }
        let json = include_str!("../../../tests/fixtures/statistics/cmi_knn.json");
        let fixture: Fixture = serde_json::from_str(json).unwrap();
        assert!(fixture.estimates.len() > 4);
        for case in fixture.estimates {
            let ranked = |columns: &[Vec<f64>]| -> Vec<Ranks> {
                let column = |values: &Vec<f64>| Variable::column(values.clone()).unwrap();
                let columns = columns.iter().map(column);
                columns
                    .flat_map(|column| ranks(&column, &mut stream(1, 0)))
                    .collect()
            };
            let (x, y, z) = (ranked(&case.x), ranked(&case.y), ranked(&case.z));
            let found = conditional_mutual_information(&x, &y, &z, case.k);
            let expected = case.cmi;
            assert!(
                (found - expected).abs() < 1e-12,
                "{}: {found} {expected}",
                case.name
            );
        }
    }

    #[test]
    fn a_radius_is_the_distance_of_its_neighbour() {
        let far = [3, 0, 5, 3, 1, 7, 3, 4];
        let sorted = [0, 1, 3, 3, 3, 4, 5, 7];
        for (k, &expected) in sorted.iter().enumerate().skip(1) {
            assert_eq!(radius(&far, k), expected);
        }
        assert_eq!((within(&far, 3), within(&far, 4)), (2, 5));
    }

    #[test]
    fn ties_are_ranked_at_random() {
        let ties = Variable::column(vec![1.0, 0.0, 1.0, 1.0]).unwrap();
        let mut seen: Vec<Vec<Ranks>> = (0..60)
            .map(|part| ranks(&ties, &mut stream(1, part)))
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 6);
        assert!(seen.iter().all(|ranks| ranks[0][1] == 0));
    }

    #[test]
    fn digammas_are_those_of_tables() {
        let values = digammas(10);
        assert!((values[1] + 0.577_215_664_901_532_9).abs() < 1e-15);
        assert!((values[10] - 2.251_752_589_066_721).abs() < 1e-14);
    }
}
