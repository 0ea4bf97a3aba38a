//! Structural expectation-maximisation (Friedman 1998): edges by greedy search, intentions in between.
//!
//! The search adds the edge that gains most, as long as one gains more than it costs and closes no cycle;
//! then drops edges that stopped paying, and turns those that fit better the other way.

use rayon::prelude::*;

use super::{
    StructureError, StructureSettings,
    acts::ActTable,
    dag::Paths,
    intention::Intentions,
    node::{Node, Target},
    samples::Samples,
    score,
    table::LevelTable,
};

/// Steps of one fit in the search.
const FIT_STEPS: usize = 25;
/// Causes that are fitted per unit, the best by the score test.
const TRIED: usize = 6;
/// A cause is tried when the score test promises this part of its cost.
const PROMISE: f64 = 0.3;
/// Most often that edges are turned in one round.
const TURNS: usize = 3;
/// Expectation steps before the first edge, at most and at least, and the gain that ends them.
const START_STEPS: usize = 40;
const LEAST_START_STEPS: usize = 6;
const START_GAIN: f64 = 20.0;
/// Expectation steps between two rounds of edges.
const STEPS_BETWEEN: usize = 15;

/// A change of the graph, by column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Added {
        from: usize,
        to: usize,
        weight: f64,
        gain: f64,
    },
    Dropped {
        from: usize,
        to: usize,
    },
    Turned {
        from: usize,
        to: usize,
        weight: f64,
        gain: f64,
    },
}

/// The present graph and what it was fitted to.
pub(super) struct Search {
    samples: Samples,
    table: ActTable,
    intentions: Intentions,
    /// What one edge costs in log-likelihood.
    cost: f64,
    min_weight: f64,
    rounds: usize,
    pub(super) nodes: Vec<Node>,
}

/// One edge more, fitted.
struct Addition {
    from: usize,
    gain: f64,
    node: Node,
}

impl Search {
    /// Prepares the table and finds the intentions that explain it without edges.
    pub(super) fn new(
        table: &LevelTable,
        settings: &StructureSettings,
    ) -> Result<Self, StructureError> {
        let samples = Samples::new(table)?;
        let intentions = Intentions::new(&samples, settings.intentions);
        let mut search = Self {
            nodes: vec![Node::alone(settings.intentions); samples.units.len()],
            cost: settings.parameter_cost(samples.rows),
            min_weight: settings.min_weight.into(),
            rounds: if settings.intentions > 1 {
                settings.rounds
            } else {
                1
            },
            table: ActTable::new(table.scale()),
            intentions,
            samples,
        };
        search.find_intentions();
        search.refit(20);
        Ok(search)
    }

    /// Finds the edges, telling of every change.
    pub(super) fn run(&mut self, tell: &mut dyn FnMut(Change)) {
        for _ in 0..self.rounds {
            self.grow(tell);
            self.prune(tell);
            self.turn(tell);
            if self.intentions.count() > 1 {
                for _ in 0..STEPS_BETWEEN {
                    self.refit(3);
                    self.intentions
                        .update(&self.samples, &self.table, &self.nodes);
                }
                self.refit(10);
                self.prune(tell);
            }
        }
    }

    fn find_intentions(&mut self) {
        if self.intentions.count() == 1 {
            return;
        }
        for step in 0..START_STEPS {
            let before = self.intentions.log_likelihood;
            self.refit(2);
            self.intentions
                .update(&self.samples, &self.table, &self.nodes);
            if step + 1 >= LEAST_START_STEPS && self.intentions.log_likelihood - before < START_GAIN
            {
                break;
            }
        }
    }

    fn target(&self, unit: usize) -> Target<'_> {
        Target {
            samples: &self.samples,
            table: &self.table,
            unit,
            posterior: self.intentions.by_others(unit),
        }
    }

    /// Fits all nodes again with the causes they have.
    fn refit(&mut self, steps: usize) {
        self.nodes = (0..self.nodes.len())
            .into_par_iter()
            .map(|unit| self.target(unit).fit(&self.nodes[unit], steps))
            .collect();
    }

    /// Adds edges, the best first, until none pays.
    fn grow(&mut self, tell: &mut dyn FnMut(Change)) {
        let paths = Paths::new(&self.nodes, None);
        let mut additions: Vec<Vec<Addition>> = (0..self.nodes.len())
            .into_par_iter()
            .map(|to| self.additions(to, &paths))
            .collect();
        loop {
            let paths = Paths::new(&self.nodes, None);
            let mut best: Option<(usize, usize)> = None;
            for (to, list) in additions.iter().enumerate() {
                for (place, addition) in list.iter().enumerate() {
                    let best_gain = best.map_or(0.0, |(to, place)| additions[to][place].gain);
                    if addition.gain > best_gain && !paths.reaches(to, addition.from) {
                        best = Some((to, place));
                    }
                }
            }
            let Some((to, place)) = best else {
                return;
            };
            let Addition { from, gain, node } = additions[to].swap_remove(place);
            let weight = node.weight(from);
            self.nodes[to] = node;
            tell(Change::Added {
                from,
                to,
                weight,
                gain,
            });
            additions[to] = self.additions(to, &Paths::new(&self.nodes, None));
        }
    }

    /// Further causes of a unit that would pay and close no cycle.
    fn additions(&self, to: usize, paths: &Paths) -> Vec<Addition> {
        let node = &self.nodes[to];
        let gains = score::gains(&self.samples, to, node);
        let mut causes: Vec<usize> = (0..gains.len())
            .filter(|&from| gains[from] >= PROMISE * self.cost && !paths.reaches(to, from))
            .collect();
        causes.sort_by(|&a, &b| gains[b].total_cmp(&gains[a]));
        causes.truncate(TRIED);
        causes
            .into_par_iter()
            .map(|from| {
                let fitted = self.target(to).fit(&node.with(from), FIT_STEPS);
                let gain = fitted.log_likelihood - node.log_likelihood - self.cost;
                Addition {
                    from,
                    gain,
                    node: fitted,
                }
            })
            .filter(|addition| self.is_an_edge(addition.node.weight(addition.from)))
            .collect()
    }

    fn is_an_edge(&self, weight: f64) -> bool {
        weight.abs() >= self.min_weight
    }

    /// Drops, node by node, the edge that loses least, as long as it loses less than it costs.
    fn prune(&mut self, tell: &mut dyn FnMut(Change)) {
        let pruned: Vec<(Node, Vec<usize>)> = (0..self.nodes.len())
            .into_par_iter()
            .map(|to| self.pruned(to))
            .collect();
        for (to, (node, dropped)) in pruned.into_iter().enumerate() {
            self.nodes[to] = node;
            for from in dropped {
                tell(Change::Dropped { from, to });
            }
        }
    }

    /// A node with the causes that pay, and those it lost.
    fn pruned(&self, to: usize) -> (Node, Vec<usize>) {
        let (mut node, mut dropped) = (self.nodes[to].clone(), Vec::new());
        loop {
            let mut weakest: Option<(f64, usize, Node)> = None;
            for &from in &node.parents {
                let without = self.target(to).fit(&node.without(from), FIT_STEPS);
                let loss = if self.is_an_edge(node.weight(from)) {
                    node.log_likelihood - without.log_likelihood - self.cost
                } else {
                    f64::NEG_INFINITY
                };
                if loss <= 0.0 && weakest.as_ref().is_none_or(|(least, ..)| loss < *least) {
                    weakest = Some((loss, from, without));
                }
            }
            let Some((_, from, without)) = weakest else {
                return (node, dropped);
            };
            node = without;
            dropped.push(from);
        }
    }

    /// Turns the edge that gains most the other way round, a few times.
    fn turn(&mut self, tell: &mut dyn FnMut(Change)) {
        for _ in 0..TURNS {
            let edges: Vec<(usize, usize)> = (0..self.nodes.len())
                .flat_map(|to| self.nodes[to].parents.iter().map(move |&from| (from, to)))
                .collect();
            let turned: Vec<_> = edges
                .into_par_iter()
                .filter_map(|(from, to)| self.turned(from, to))
                .collect();
            let best = turned
                .into_iter()
                .reduce(|a, b| if b.gain > a.gain { b } else { a });
            let Some(Turn {
                from,
                to,
                gain,
                old_effect,
                new_effect,
            }) = best
            else {
                return;
            };
            let weight = new_effect.weight(to);
            (self.nodes[to], self.nodes[from]) = (old_effect, new_effect);
            tell(Change::Turned {
                from: to,
                to: from,
                weight,
                gain,
            });
        }
    }

    /// The edge the other way round, where that closes no cycle and fits better.
    fn turned(&self, from: usize, to: usize) -> Option<Turn> {
        if Paths::new(&self.nodes, Some((from, to))).reaches(from, to) {
            return None;
        }
        let (cause, effect) = (&self.nodes[from], &self.nodes[to]);
        let old_effect = self.target(to).fit(&effect.without(from), FIT_STEPS);
        let new_effect = self.target(from).fit(&cause.with(to), FIT_STEPS);
        let after = old_effect.log_likelihood + new_effect.log_likelihood;
        let gain = after - cause.log_likelihood - effect.log_likelihood;
        (gain > 0.0 && self.is_an_edge(new_effect.weight(to))).then_some(Turn {
            from,
            to,
            gain,
            old_effect,
            new_effect,
        })
    }
}

/// An edge the other way round, fitted.
struct Turn {
    from: usize,
    to: usize,
    gain: f64,
    old_effect: Node,
    new_effect: Node,
}
