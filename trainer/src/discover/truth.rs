//! The true graph of synthetic people, and how near a found one comes to it.

use std::{fmt, path::Path};

use anyhow::{Result, anyhow};
use facs::{ActionUnit, Expression, Graph};
use serde::Serialize;
use synth::{
    causal::{CausalModel, Graphs},
    graph::Diagram,
};

use super::score::{
    Agreement, BestThreshold, Node, Score, average_precision, best_threshold, score,
};

/// Means [`CausalModel::built_in`].
const BUILT_IN: &str = "built-in";

/// The graphs of a causal model, between the nodes that a network has too.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    graphs: Graphs,
    /// Expressions that both have.
    expressions: Vec<Expression>,
}

/// Both graphs against the truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Between action units.
    pub au_au: GraphScore,
    /// From action units to expressions, those that the truth has.
    pub au_expression: GraphScore,
}

/// One graph against the truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GraphScore {
    /// The edges that count as found.
    pub score: Score,
    /// The best threshold in hindsight.
    pub best_on_truth: Option<BestThreshold>,
    /// Of the whole ranking by `|weight|`.
    pub average_precision: f64,
    /// What a random graph is expected to reach.
    pub by_chance: ByChance,
}

/// What chance gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ByChance {
    /// Directed F1 of a graph with as many edges.
    pub directed_f1: f64,
    /// F1 of a skeleton with as many joined pairs.
    pub skeleton_f1: f64,
    /// Average precision of a random ranking: the share of pairs that are true.
    pub average_precision: f64,
}

impl Truth {
    /// The graphs of `built-in` or of a causal model file, towards the given expressions.
    ///
    /// # Errors
    /// When the file is no causal model, with its line.
    pub fn load(name: &str, expressions: &[Expression]) -> Result<Self> {
        if name == BUILT_IN {
            return Ok(Self::of(CausalModel::built_in(), expressions));
        }
        // The error quotes its cause itself.
        let model = CausalModel::load(Path::new(name)).map_err(|error| anyhow!("{error}"))?;
        Ok(Self::of(&model, expressions))
    }

    /// The graphs of a model where no circumstance changes them.
    #[must_use]
    pub fn of(model: &CausalModel, expressions: &[Expression]) -> Self {
        let known = Expression::EIGHT.into_iter();
        let expressions: Vec<Expression> = known.filter(|it| expressions.contains(it)).collect();
        let mut graphs = model.graph().clone();
        graphs.au_expression = towards(&graphs.au_expression, &expressions);
        Self {
            graphs,
            expressions,
        }
    }

    /// The true graphs.
    #[must_use]
    pub const fn graphs(&self) -> &Graphs {
        &self.graphs
    }

    /// Scores what counts as found of a ranking of all edges.
    #[must_use]
    pub fn score(&self, found: &Graphs, ranked: &Graphs) -> Scores {
        let units = ActionUnit::COUNT;
        let towards = |graphs: &Graphs| towards(&graphs.au_expression, &self.expressions);
        Scores {
            au_au: GraphScore::of(
                [&found.au_au, &ranked.au_au, &self.graphs.au_au],
                [units * (units - 1), units * (units - 1) / 2],
            ),
            au_expression: GraphScore::of(
                [
                    &towards(found),
                    &towards(ranked),
                    &self.graphs.au_expression,
                ],
                [units * self.expressions.len(); 2],
            ),
        }
    }

    /// Says beside every edge of a diagram what the truth has there.
    pub fn annotate(&self, diagram: &mut Diagram) {
        let truth = Diagram::of_graphs(&self.graphs, &self.expressions);
        let weight = |from: &str, to: &str| {
            let name = |node: usize| truth.nodes[node].name;
            let mut arrows = truth.arrows.iter();
            let found = arrows.find(|arrow| name(arrow.from) == from && name(arrow.to) == to);
            found.map(|arrow| arrow.weight)
        };
        for arrow in &mut diagram.arrows {
            let (from, to) = (diagram.nodes[arrow.from].name, diagram.nodes[arrow.to].name);
            arrow.source = match (weight(from, to), weight(to, from)) {
                (Some(weight), _) => format!("true, {weight:+.2}"),
                (None, Some(weight)) => format!("true the other way, {weight:+.2}"),
                (None, None) if truth.nodes.iter().any(|node| node.name == to) => "not true".into(),
                (None, None) => String::new(),
            };
        }
    }
}

fn towards(
    graph: &Graph<ActionUnit, Expression>,
    expressions: &[Expression],
) -> Graph<ActionUnit, Expression> {
    let edges = graph.edges.iter().copied();
    Graph {
        edges: edges
            .filter(|edge| expressions.contains(&edge.to))
            .collect(),
    }
}

impl GraphScore {
    /// Scores a found graph, a ranking and the truth, where there are so many ordered and unordered
    /// pairs.
    fn of<T: Copy + Into<Node>>(
        [found, ranked, truth]: [&Graph<ActionUnit, T>; 3],
        [ordered, unordered]: [usize; 2],
    ) -> Self {
        let score = score(found, truth);
        Self {
            by_chance: ByChance {
                directed_f1: score.directed.f1_by_chance(ordered),
                skeleton_f1: score.skeleton.f1_by_chance(unordered),
                average_precision: score.directed.truth as f64 / ordered.max(1) as f64,
            },
            score,
            best_on_truth: best_threshold(ranked, truth),
            average_precision: average_precision(ranked, truth),
        }
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let au_au = &self.au_au;
        writeln!(f, "between action units")?;
        line(
            f,
            "directed",
            &au_au.score.directed,
            au_au.by_chance.directed_f1,
        )?;
        line(
            f,
            "skeleton",
            &au_au.score.skeleton,
            au_au.by_chance.skeleton_f1,
        )?;
        au_au.rest(f)?;
        // Towards expressions the skeleton is the graph.
        let towards = &self.au_expression;
        writeln!(f, "towards expressions")?;
        line(
            f,
            "directed",
            &towards.score.directed,
            towards.by_chance.directed_f1,
        )?;
        towards.rest(f)
    }
}

impl GraphScore {
    /// The figures that are no sets.
    fn rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  SHD {}", self.score.shd)?;
        match self.score.polarity {
            Some(share) => writeln!(
                f,
                "  polarity {share:.2} of the right edges have the right sign"
            )?,
            None => writeln!(f, "  polarity unknown: no directed edge is right")?,
        }
        writeln!(
            f,
            "  average precision {:.2} (by chance {:.2})",
            self.average_precision, self.by_chance.average_precision
        )?;
        let Some(BestThreshold { least, directed }) = &self.best_on_truth else {
            return Ok(());
        };
        writeln!(
            f,
            "  best directed F1 {:.2}, of {} edges of weight {least:.3} or more: chosen on the truth, a bound and no result",
            directed.f1(),
            directed.found
        )
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, set: &Agreement, chance: f64) -> fmt::Result {
    writeln!(
        f,
        "  {name} F1 {:.2} (by chance {chance:.2}), precision {:.2}, recall {:.2}: {} of {} found are right, {} are true",
        set.f1(),
        set.precision(),
        set.recall(),
        set.right,
        set.found,
        set.truth
    )
}
