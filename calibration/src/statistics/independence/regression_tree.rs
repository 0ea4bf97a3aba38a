//! A regression tree for several outputs, grown as scikit-learn's `DecisionTreeRegressor` grows it.
//!
//! Takes features and targets of some rows; gives a tree that predicts the mean target of the
//! training rows in the leaf that a row falls into. Splits lower the squared error most (CART,
//! Breiman et al. 1984), over all outputs together, and the tree is as deep as it gets: a node is a
//! leaf when it has fewer rows than asked for, one target, or no two distinct values of a feature.
//!
//! As there, features are single precision, thresholds lie between neighbouring values, values
//! closer than 1e-7 are the same, and of equally good splits the first in random order wins.

use rand::{Rng, seq::SliceRandom};

/// Feature values closer than this are not told apart.
const SAME_VALUE: f32 = 1e-7;

/// Rows of features and of targets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    /// One slice of numbers per feature; none is fine.
    pub(super) features: &'a [Vec<f32>],
    /// One slice of numbers per output.
    pub(super) targets: &'a [Vec<f64>],
}

#[derive(Debug)]
enum Node {
    Leaf {
        means: Vec<f64>,
    },
    Split {
        feature: usize,
        threshold: f64,
        /// Where rows up to the threshold go on.
        low: usize,
        /// Where the others do.
        high: usize,
    },
}

/// A grown tree.
#[derive(Debug)]
pub(super) struct RegressionTree {
    nodes: Vec<Node>,
}

struct Split {
    feature: usize,
    threshold: f64,
    /// Twice the gain up to a constant: the sum over outputs and sides of (sum of targets)² / rows.
    score: f64,
}

impl RegressionTree {
    /// A tree on the `rows` of a table, at least one; nodes of fewer than `least_to_split` rows are
    /// leaves.
    pub(super) fn grow(
        table: Table<'_>,
        rows: &[usize],
        least_to_split: usize,
        rng: &mut impl Rng,
    ) -> Self {
        let mut nodes = vec![leaf(table, rows)];
        let mut open = vec![(0, rows.to_vec())];
        let mut order: Vec<usize> = (0..table.features.len()).collect();
        while let Some((node, rows)) = open.pop() {
            if rows.len() < least_to_split.max(2) || spread(table, &rows) <= f64::EPSILON {
                continue;
            }
            order.shuffle(rng);
            let Some(split) = best_split(table, &rows, &order) else {
                continue;
            };
            let values = &table.features[split.feature];
            let (low, high): (Vec<usize>, Vec<usize>) = rows
                .iter()
                .partition(|&&row| f64::from(values[row]) <= split.threshold);
            nodes[node] = Node::Split {
                feature: split.feature,
                threshold: split.threshold,
                low: nodes.len(),
                high: nodes.len() + 1,
            };
            for part in [low, high] {
                nodes.push(leaf(table, &part));
                open.push((nodes.len() - 1, part));
            }
        }
        Self { nodes }
    }

    /// The predicted targets of one row, one per output.
    pub(super) fn predict(&self, features: &[Vec<f32>], row: usize) -> &[f64] {
        let mut node = 0;
        loop {
            match &self.nodes[node] {
                Node::Leaf { means } => return means,
                Node::Split {
                    feature,
                    threshold,
                    low,
                    high,
                } => {
                    let goes_low = f64::from(features[*feature][row]) <= *threshold;
                    node = if goes_low { *low } else { *high };
                }
            }
        }
    }
}

fn leaf(table: Table<'_>, rows: &[usize]) -> Node {
    let mean = |target: &Vec<f64>| sum(target, rows) / rows.len() as f64;
    Node::Leaf {
        means: table.targets.iter().map(mean).collect(),
    }
}

fn sum(target: &[f64], rows: &[usize]) -> f64 {
    rows.iter().map(|&row| target[row]).sum()
}

/// The variance of the targets, the mean over outputs.
fn spread(table: Table<'_>, rows: &[usize]) -> f64 {
    let count = rows.len() as f64;
    let variance = |target: &Vec<f64>| {
        let mean = sum(target, rows) / count;
        let squares: f64 = rows.iter().map(|&row| target[row] * target[row]).sum();
        squares / count - mean * mean
    };
    let outputs = table.targets.len() as f64;
    table.targets.iter().map(variance).sum::<f64>() / outputs
}

/// The split with the highest score, of equal ones the first in `order` and then by value.
fn best_split(table: Table<'_>, rows: &[usize], order: &[usize]) -> Option<Split> {
    let totals: Vec<f64> = table
        .targets
        .iter()
        .map(|target| sum(target, rows))
        .collect();
    let mut best: Option<Split> = None;
    let mut sorted = rows.to_vec();
    for &feature in order {
        let values = &table.features[feature];
        sorted.copy_from_slice(rows);
        sorted.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut low = vec![0.0; totals.len()];
        for place in 1..sorted.len() {
            for (low, target) in low.iter_mut().zip(table.targets) {
                *low += target[sorted[place - 1]];
            }
            let (below, above) = (values[sorted[place - 1]], values[sorted[place]]);
            if above <= below + SAME_VALUE {
                continue;
            }
            let (count_low, count_high) = (place as f64, (sorted.len() - place) as f64);
            let sides = low.iter().zip(&totals).map(|(low, total)| {
                let high = total - low;
                low * low / count_low + high * high / count_high
            });
            let score = sides.sum();
            if best.as_ref().is_none_or(|best| score > best.score) {
                best = Some(Split {
                    feature,
                    threshold: between(below, above),
                    score,
                });
            }
        }
    }
    best
}

/// The middle of two values, the lower one where rounding makes it the upper.
fn between(below: f32, above: f32) -> f64 {
    let middle = f64::midpoint(f64::from(below), f64::from(above));
    if middle < f64::from(above) {
        middle
    } else {
        f64::from(below)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::stream;
    use super::*;

    #[test]
    fn predictions_are_those_of_scikit_learn() {
        #[derive(Deserialize)]
        struct Case {
            name: String,
            least_to_split: usize,
            features: Vec<Vec<f32>>,
            targets: Vec<Vec<f64>>,
            train: usize,
            /// None where equally good splits lead to others.
            predictions: Vec<Option<Vec<f64>>>,
        }
        #[derive(Deserialize)]
        struct Fixture {
            trees: Vec<Case>,
        }
        let json = include_str!("../../../tests/fixtures/statistics/fcit_reference.json");
        let fixture: Fixture = serde_json::from_str(json).unwrap();
        assert!(fixture.trees.len() > 4);
        for case in fixture.trees {
            let table = Table {
                features: &case.features,
                targets: &case.targets,
            };
            let rows: Vec<usize> = (0..case.train).collect();
            let tree = RegressionTree::grow(table, &rows, case.least_to_split, &mut stream(1, 0));
            for (row, expected) in case.predictions.iter().enumerate() {
                let found = tree.predict(&case.features, row);
                for (found, expected) in found.iter().zip(expected.iter().flatten()) {
                    assert!((found - expected).abs() < 1e-9, "{} {row}", case.name);
                }
            }
        }
    }

    #[test]
    fn without_features_the_mean_is_predicted() {
        let targets = [vec![1.0, 3.0, 100.0]];
        let table = Table {
            features: &[],
            targets: &targets,
        };
        let tree = RegressionTree::grow(table, &[0, 1], 2, &mut stream(1, 0));
        assert_eq!(tree.predict(&[], 2), [2.0]);
    }

    #[test]
    fn equal_values_are_not_parted() {
        let features = [vec![0.5, 0.5, 0.5 + 1e-8, 0.75]];
        let targets = [vec![0.0, 3.0, 6.0, 10.0]];
        let table = Table {
            features: &features,
            targets: &targets,
        };
        let tree = RegressionTree::grow(table, &[0, 1, 2, 3], 2, &mut stream(1, 0));
        assert_eq!(tree.predict(&features, 1), [3.0]);
        assert_eq!(tree.predict(&features, 3), [10.0]);
    }
}
