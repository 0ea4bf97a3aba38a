//! How near a found graph is to the true one; pure functions.
//!
//! Take two [`Graph`]s over the same nodes, wherever they come from; give [`Score`]s. Neither the
//! order of nodes nor that of edges matters. An edge of weight 0 and one from a node to itself are no
//! edges; of several edges between the same nodes in one direction the first counts.

use std::collections::{BTreeMap, BTreeSet};

use facs::{ActionUnit, Expression, Graph};
use serde::Serialize;

/// A node of either kind, so that graphs between units and towards expressions are scored alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// A movement.
    ActionUnit(ActionUnit),
    /// What the face shows.
    Expression(Expression),
}

impl From<ActionUnit> for Node {
    fn from(unit: ActionUnit) -> Self {
        Self::ActionUnit(unit)
    }
}

impl From<Expression> for Node {
    fn from(expression: Expression) -> Self {
        Self::Expression(expression)
    }
}

/// How two sets agree. Serialised with precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "Told")]
pub struct Agreement {
    /// Size of the found set, `|F|`.
    pub found: usize,
    /// Size of the true set, `|T|`.
    pub truth: usize,
    /// What is in both, `|F & T|`.
    pub right: usize,
}

#[derive(Serialize)]
struct Told {
    found: usize,
    truth: usize,
    right: usize,
    precision: f64,
    recall: f64,
    f1: f64,
}

impl From<Agreement> for Told {
    fn from(agreement: Agreement) -> Self {
        Self {
            found: agreement.found,
            truth: agreement.truth,
            right: agreement.right,
            precision: agreement.precision(),
            recall: agreement.recall(),
            f1: agreement.f1(),
        }
    }
}

impl Agreement {
    /// Of two sets.
    #[must_use]
    pub fn of<T: Ord>(found: &BTreeSet<T>, truth: &BTreeSet<T>) -> Self {
        Self {
            found: found.len(),
            truth: truth.len(),
            right: found.intersection(truth).count(),
        }
    }

    /// Share of what was found that is true; 0 where nothing was found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.found)
    }

    /// Share of what is true that was found; 0 where nothing is true.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.right, self.truth)
    }

    /// `2 |F & T| / (|F| + |T|)`; 0 where both are empty.
    #[must_use]
    pub fn f1(&self) -> f64 {
        ratio(2 * self.right, self.found + self.truth)
    }

    /// The F1 that is expected of a set of the same size drawn at random from `pairs` possible
    /// ones.
    #[must_use]
    pub fn f1_by_chance(&self, pairs: usize) -> f64 {
        let right = ratio(self.found * self.truth, pairs);
        2.0 * right / (self.found + self.truth).max(1) as f64
    }
}

/// A found graph against the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Ordered pairs (cause, effect).
    pub directed: Agreement,
    /// Unordered pairs: who is joined to whom.
    pub skeleton: Agreement,
    /// Structural Hamming distance: unordered pairs whose state (none, one way, the other way, both
    /// ways) differs.
    pub shd: usize,
    /// Share of the right directed edges whose sign is right; none where no edge is right.
    pub polarity: Option<f64>,
}

/// The threshold on `|weight|` with the best directed F1. It is chosen on the truth: a bound, not a
/// result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BestThreshold {
    /// Edges of this strength or more count as found.
    pub least: f32,
    /// Ordered pairs at this threshold.
    pub directed: Agreement,
}

/// Scores a graph whose every edge counts as found.
#[must_use]
pub fn score<F, T>(found: &Graph<F, T>, truth: &Graph<F, T>) -> Score
where
    F: Copy + Into<Node>,
    T: Copy + Into<Node>,
{
    let (found, truth) = (edges(found), edges(truth));
    let pairs = |edges: &Edges| edges.keys().copied().collect::<BTreeSet<_>>();
    let (found_pairs, true_pairs) = (pairs(&found), pairs(&truth));
    let (found_skeleton, true_skeleton) = (skeleton(&found), skeleton(&truth));
    let same_sign = |pair| found[pair].is_sign_negative() == truth[pair].is_sign_negative();
    let right: Vec<bool> = found_pairs
        .intersection(&true_pairs)
        .map(same_sign)
        .collect();
    let differs = |&&(a, b): &&(Node, Node)| {
        [(a, b), (b, a)]
            .iter()
            .any(|pair| found.contains_key(pair) != truth.contains_key(pair))
    };
    Score {
        directed: Agreement::of(&found_pairs, &true_pairs),
        skeleton: Agreement::of(&found_skeleton, &true_skeleton),
        shd: found_skeleton.union(&true_skeleton).filter(differs).count(),
        polarity: (!right.is_empty())
            .then(|| ratio(right.iter().filter(|same| **same).count(), right.len())),
    }
}

/// The best directed F1 over all thresholds on `|weight|`; none for a graph without edges.
#[must_use]
pub fn best_threshold<F, T>(ranked: &Graph<F, T>, truth: &Graph<F, T>) -> Option<BestThreshold>
where
    F: Copy + Into<Node>,
    T: Copy + Into<Node>,
{
    let better = |best: Option<BestThreshold>, next: BestThreshold| match best {
        Some(best) if best.directed.f1() >= next.directed.f1() => Some(best),
        _ => Some(next),
    };
    thresholds(ranked, truth).into_iter().fold(None, better)
}

/// Average precision of the ranking by `|weight|`: the sum over thresholds of precision times the
/// gain in recall. Edges of equal strength come in together; true edges that are not ranked count as
/// never found; 0 where nothing is true. A random ranking has about the share of true pairs.
#[must_use]
pub fn average_precision<F, T>(ranked: &Graph<F, T>, truth: &Graph<F, T>) -> f64
where
    F: Copy + Into<Node>,
    T: Copy + Into<Node>,
{
    let mut recall = 0.0;
    let mut area = 0.0;
    for BestThreshold { directed, .. } in thresholds(ranked, truth) {
        area += (directed.recall() - recall) * directed.precision();
        recall = directed.recall();
    }
    area
}

type Edges = BTreeMap<(Node, Node), f32>;

fn edges<F, T>(graph: &Graph<F, T>) -> Edges
where
    F: Copy + Into<Node>,
    T: Copy + Into<Node>,
{
    let mut edges = Edges::new();
    for edge in &graph.edges {
        let (from, to) = (edge.from.into(), edge.to.into());
        if from != to && edge.weight.get() != 0.0 {
            edges.entry((from, to)).or_insert(edge.weight.get());
        }
    }
    edges
}

fn skeleton(edges: &Edges) -> BTreeSet<(Node, Node)> {
    let unordered = |&(a, b): &(Node, Node)| (a.min(b), a.max(b));
    edges.keys().map(unordered).collect()
}

/// What is found at every threshold, the highest first.
fn thresholds<F, T>(ranked: &Graph<F, T>, truth: &Graph<F, T>) -> Vec<BestThreshold>
where
    F: Copy + Into<Node>,
    T: Copy + Into<Node>,
{
    let truth = edges(truth);
    let ranked = edges(ranked).into_iter();
    let mut ranked: Vec<(f32, bool)> = ranked
        .map(|(pair, weight)| (weight.abs(), truth.contains_key(&pair)))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut directed = Agreement {
        truth: truth.len(),
        ..Agreement::default()
    };
    let mut thresholds = Vec::new();
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        directed.found += tied.len();
        directed.right += tied.iter().filter(|(_, right)| *right).count();
        thresholds.push(BestThreshold {
            least: tied[0].0,
            directed,
        });
    }
    thresholds
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use facs::{AuEdge, Edge, Weight};
    use proptest::prelude::*;

    use super::*;

    type AuGraph = Graph<ActionUnit, ActionUnit>;

    /// Edges between units by their position.
    fn graph(edges: &[(usize, usize, f32)]) -> AuGraph {
        let edge = |&(from, to, weight): &(usize, usize, f32)| Edge {
            from: ActionUnit::ALL[from],
            to: ActionUnit::ALL[to],
            weight: Weight::new(weight).unwrap(),
        };
        Graph {
            edges: edges.iter().map(edge).collect(),
        }
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} and {b}");
    }

    #[test]
    fn a_small_graph_by_hand() {
        // Right: 0 -> 1, and 2 -> 3 with the wrong sign. Turned round: 4 -> 5. Too many: 6 -> 7 and
        // the way back from 1 to 0. Missed: 8 -> 9.
        let truth = graph(&[(0, 1, 0.5), (2, 3, 0.5), (5, 4, -0.4), (8, 9, 0.1)]);
        let found = graph(&[
            (0, 1, 0.9),
            (2, 3, -0.8),
            (4, 5, -0.7),
            (6, 7, 0.6),
            (1, 0, 0.5),
        ]);
        let score = score(&found, &truth);
        let agreement = |found, truth, right| Agreement {
            found,
            truth,
            right,
        };
        assert_eq!(score.directed, agreement(5, 4, 2));
        assert_eq!(score.skeleton, agreement(4, 4, 3));
        assert_eq!(
            score.shd, 4,
            "0-1 both ways, 4-5 turned, 6-7 more, 8-9 less"
        );
        assert_eq!(score.polarity, Some(0.5));
        close(score.directed.precision(), 0.4);
        close(score.directed.recall(), 0.5);
        close(score.directed.f1(), 4.0 / 9.0);
        close(score.skeleton.f1(), 0.75);
        // Of 380 pairs, 5 drawn at random hit 5 * 4 / 380 true ones.
        close(score.directed.f1_by_chance(380), 2.0 * (20.0 / 380.0) / 9.0);

        let best = best_threshold(&found, &truth).unwrap();
        assert_eq!((best.least, best.directed), (0.8, agreement(2, 4, 2)));
        // Precision 1 where recall goes to a quarter and to a half, nothing after.
        close(average_precision(&found, &truth), 0.5);
    }

    #[test]
    fn equal_strengths_come_in_together() {
        let truth = graph(&[(0, 1, 0.5)]);
        for found in [
            graph(&[(0, 1, 0.5), (2, 3, -0.5)]),
            graph(&[(2, 3, -0.5), (0, 1, 0.5)]),
        ] {
            close(average_precision(&found, &truth), 0.5);
        }
    }

    #[test]
    fn nothing_is_scored_without_a_division_by_zero() {
        let (none, one) = (graph(&[]), graph(&[(0, 1, 0.5)]));
        let score = score(&none, &one);
        assert_eq!((score.shd, score.polarity), (1, None));
        close(score.directed.f1(), 0.0);
        assert_eq!(best_threshold(&none, &one), None);
        close(average_precision(&none, &one), 0.0);
        close(average_precision(&one, &none), 0.0);
        // Neither is an edge.
        let hollow = graph(&[(0, 1, 0.0), (2, 2, 0.9)]);
        assert_eq!(super::score(&hollow, &none).directed.found, 0);
    }

    #[test]
    fn towards_expressions_the_skeleton_is_the_graph() {
        let edge = |from, weight| Edge {
            from,
            to: Expression::Happiness,
            weight: Weight::new(weight).unwrap(),
        };
        let truth = Graph {
            edges: vec![edge(ActionUnit::Au12, 0.8), edge(ActionUnit::Au04, -0.5)],
        };
        let found = Graph {
            edges: vec![edge(ActionUnit::Au12, 0.2), edge(ActionUnit::Au06, 0.1)],
        };
        let score = score(&found, &truth);
        assert_eq!(score.directed, score.skeleton);
        assert_eq!((score.shd, score.polarity), (2, Some(1.0)));
    }

    fn any_graph() -> impl Strategy<Value = AuGraph> {
        let edge = (0..20_usize, 0..20_usize, -9..=9_i8);
        proptest::collection::vec(edge, 0..60).prop_map(|edges| {
            let mut seen = BTreeSet::new();
            let edges = edges
                .into_iter()
                .filter(|(from, to, _)| seen.insert((*from, *to)))
                .map(|(from, to, weight)| (from, to, f32::from(weight) / 10.0));
            graph(&edges.collect::<Vec<_>>())
        })
    }

    fn renamed(graph: &AuGraph, names: &[ActionUnit]) -> AuGraph {
        let edge = |edge: &AuEdge| Edge {
            from: names[edge.from.index()],
            to: names[edge.to.index()],
            weight: edge.weight,
        };
        Graph {
            edges: graph.edges.iter().rev().map(edge).collect(),
        }
    }

    proptest! {
        #[test]
        fn neither_the_order_of_nodes_nor_of_edges_matters(
            found in any_graph(),
            truth in any_graph(),
            names in Just(ActionUnit::ALL.to_vec()).prop_shuffle(),
        ) {
            let (other_found, other_truth) = (renamed(&found, &names), renamed(&truth, &names));
            prop_assert_eq!(score(&found, &truth), score(&other_found, &other_truth));
            prop_assert_eq!(best_threshold(&found, &truth), best_threshold(&other_found, &other_truth));
            prop_assert_eq!(average_precision(&found, &truth), average_precision(&other_found, &other_truth));
        }

        #[test]
        fn the_truth_itself_is_without_fault(truth in any_graph()) {
            let score = score(&truth, &truth);
            prop_assert_eq!(score.shd, 0);
            prop_assert_eq!(score.directed.right, score.directed.truth);
            if score.directed.truth > 0 {
                prop_assert_eq!(score.polarity, Some(1.0));
                prop_assert!((average_precision(&truth, &truth) - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn turning_a_graph_round_keeps_its_skeleton(found in any_graph(), truth in any_graph()) {
            let turned = Graph {
                edges: found.edges.iter().map(|edge| Edge { from: edge.to, to: edge.from, weight: edge.weight }).collect(),
            };
            prop_assert_eq!(score(&turned, &truth).skeleton, score(&found, &truth).skeleton);
        }
    }
}
