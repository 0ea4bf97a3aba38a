//! The graphs of single images beside the global ones: where they differ, and how much.
//!
//! Takes a network and labelled images; gives per image the edges that differ most from the global
//! graphs, and per edge its mean and spread over the images.

use std::fmt;

use anyhow::Result;
use burn::tensor::Device;
use facs::{ActionUnit, Expression};
use serde::Serialize;
use synth::graph::HeatMap;

use super::{
    draw,
    graphs::{edges, host},
};
use crate::{
    affect::{AffectNetwork, AffectTask},
    data::Images,
};

/// Images that go through the network at once.
const BATCH: usize = 32;
/// Edges that are kept per image.
const KEPT: usize = 10;
/// Edges that are printed per image, and of all images.
const PRINTED: usize = 3;
const PRINTED_SPREADS: usize = 15;
/// Weights that differ by no more are the same: rounding.
const ROUNDING: f32 = 1e-6;

/// The graphs of some images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SampleGraphs {
    /// One per image.
    pub images: Vec<ImageGraph>,
    /// One per edge of both graphs, those that differ most first.
    pub edges: Vec<EdgeSpread>,
    #[serde(skip)]
    between: Tally,
    #[serde(skip)]
    towards: Tally,
}

/// The graph of one image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageGraph {
    /// Position in the data set, from 0.
    pub image: usize,
    /// Whose face.
    pub subject: String,
    /// Its label.
    pub expression: Option<Expression>,
    /// The edges that differ most from the global graphs, most first.
    pub changes: Vec<Change>,
}

/// An edge of one image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The cause.
    pub from: &'static str,
    /// The effect.
    pub to: &'static str,
    /// Weight in the global graph.
    pub global: f32,
    /// Weight in the graph of this image.
    pub here: f32,
}

/// An edge over all images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EdgeSpread {
    /// The cause.
    pub from: &'static str,
    /// The effect.
    pub to: &'static str,
    /// Weight in the global graph.
    pub global: f32,
    /// Mean weight over the images.
    pub mean: f64,
    /// Standard deviation over the images.
    pub spread: f64,
    /// Mean of `|weight - global|`.
    pub difference: f64,
}

/// The weights of one graph over the images, rows first.
#[derive(Clone, Debug, PartialEq)]
struct Tally {
    targets: Vec<&'static str>,
    global: Vec<f32>,
    images: usize,
    sums: Vec<f64>,
    squares: Vec<f64>,
    differences: Vec<f64>,
}

impl SampleGraphs {
    /// Runs the network on images, by their positions.
    ///
    /// # Errors
    /// When the network has no global graphs to compare with.
    pub fn of(
        task: &AffectTask,
        network: &AffectNetwork,
        images: &Images,
        chosen: &[usize],
        device: &Device,
    ) -> Result<Self> {
        let (au, expression) = edges(network)?;
        let units = ActionUnit::ALL.map(ActionUnit::code).to_vec();
        let expressions = task.settings.expressions.iter().map(|it| it.name());
        let mut graphs = Self {
            images: Vec::with_capacity(chosen.len()),
            edges: Vec::new(),
            between: Tally::new(units, host(au)),
            towards: Tally::new(expressions.collect(), host(expression)),
        };
        for chunk in chosen.chunks(BATCH) {
            let output = task.output(network, images, chunk, device);
            let (between, towards) = (host(output.au_graph), host(output.expression_graph));
            let sizes = [graphs.between.global.len(), graphs.towards.global.len()];
            let matrices = between
                .chunks_exact(sizes[0])
                .zip(towards.chunks_exact(sizes[1]));
            for (&image, (between, towards)) in chunk.iter().zip(matrices) {
                graphs.add(images, image, between, towards);
            }
        }
        let mut edges: Vec<EdgeSpread> = graphs.between.spreads().collect();
        edges.extend(graphs.towards.spreads());
        edges.sort_by(|a, b| b.difference.total_cmp(&a.difference));
        graphs.edges = edges;
        Ok(graphs)
    }

    fn add(&mut self, images: &Images, image: usize, between: &[f32], towards: &[f32]) {
        self.between.add(between);
        self.towards.add(towards);
        let mut changes: Vec<Change> = self.between.changes(between).collect();
        changes.extend(self.towards.changes(towards));
        changes.retain(|change| change.size() > ROUNDING);
        changes.sort_by(|a, b| b.size().total_cmp(&a.size()));
        changes.truncate(KEPT);
        let sample = &images.samples[image];
        self.images.push(ImageGraph {
            image,
            subject: sample.subject.clone(),
            expression: sample.expression,
            changes,
        });
    }

    /// Mean absolute difference from the global graphs, one map each.
    #[must_use]
    pub fn heat_maps(&self) -> [HeatMap<'_>; 2] {
        let map = |tally: &'_ Tally, title| {
            let means = tally.differences.iter();
            let means = means.map(|sum| (sum / tally.images.max(1) as f64) as f32);
            draw::heat_map(title, tally.targets.clone(), means.collect())
        };
        [
            map(
                &self.between,
                "Between units: mean difference from the global graph",
            ),
            map(
                &self.towards,
                "Towards expressions: mean difference from the global graph",
            ),
        ]
    }
}

impl Change {
    fn size(&self) -> f32 {
        (self.here - self.global).abs()
    }
}

impl Tally {
    fn new(targets: Vec<&'static str>, global: Vec<f32>) -> Self {
        let zeros = vec![0.0; global.len()];
        Self {
            targets,
            global,
            images: 0,
            sums: zeros.clone(),
            squares: zeros.clone(),
            differences: zeros,
        }
    }

    fn add(&mut self, weights: &[f32]) {
        self.images += 1;
        for (index, (&here, &global)) in weights.iter().zip(&self.global).enumerate() {
            let here = f64::from(here);
            self.sums[index] += here;
            self.squares[index] += here * here;
            self.differences[index] += (here - f64::from(global)).abs();
        }
    }

    /// Names of an entry's cause and effect.
    fn names(&self, index: usize) -> (&'static str, &'static str) {
        let (row, column) = (index / ActionUnit::COUNT, index % ActionUnit::COUNT);
        (ActionUnit::ALL[column].code(), self.targets[row])
    }

    /// The entries of an image's graph, self-edges left out.
    fn changes(&self, weights: &[f32]) -> impl Iterator<Item = Change> {
        let entries = weights.iter().zip(&self.global).enumerate();
        entries
            .map(|(index, (&here, &global))| {
                let (from, to) = self.names(index);
                Change {
                    from,
                    to,
                    global,
                    here,
                }
            })
            .filter(|change| change.from != change.to)
    }

    fn spreads(&self) -> impl Iterator<Item = EdgeSpread> {
        let count = self.images.max(1) as f64;
        (0..self.global.len())
            .map(move |index| {
                let (from, to) = self.names(index);
                let mean = self.sums[index] / count;
                EdgeSpread {
                    from,
                    to,
                    global: self.global[index],
                    mean,
                    spread: (self.squares[index] / count - mean * mean).max(0.0).sqrt(),
                    difference: self.differences[index] / count,
                }
            })
            .filter(|edge| edge.from != edge.to)
    }
}

impl fmt::Display for SampleGraphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.images.len();
        if self
            .edges
            .iter()
            .all(|edge| edge.difference <= f64::from(ROUNDING))
        {
            return writeln!(
                f,
                "every one of {count} images has the global graphs: this network has no graphs per image"
            );
        }
        writeln!(f, "edges that differ most over {count} images")?;
        writeln!(
            f,
            "{:<24} {:>8} {:>8} {:>8} {:>12}",
            "", "global", "mean", "spread", "|difference|"
        )?;
        for edge in self.edges.iter().take(PRINTED_SPREADS) {
            let name = format!("{} to {}", edge.from, edge.to);
            writeln!(
                f,
                "{name:<24} {:>+8.2} {:>+8.2} {:>8.2} {:>12.2}",
                edge.global, edge.mean, edge.spread, edge.difference
            )?;
        }
        writeln!(
            f,
            "\nper image, the edges that differ most (global weight -> weight here)"
        )?;
        for image in &self.images {
            let changes = image.changes.iter().take(PRINTED).map(|change| {
                let Change {
                    from,
                    to,
                    global,
                    here,
                } = change;
                format!("{from} to {to} {global:+.2} -> {here:+.2}")
            });
            let changes = changes.collect::<Vec<_>>().join(", ");
            let label = image.expression.map_or("no label", Expression::name);
            writeln!(f, "{:>7} {label:<14} {changes}", image.image)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_and_changes_by_hand() {
        let mut global = vec![0.0; ActionUnit::COUNT];
        global[9] = 0.5;
        let mut tally = Tally::new(vec!["happiness"], global.clone());
        let mut here = global.clone();
        here[9] = 0.9;
        tally.add(&here);
        here[9] = 0.3;
        here[0] = -0.1;
        tally.add(&here);
        let spreads: Vec<EdgeSpread> = tally.spreads().collect();
        let edge = spreads[9];
        assert_eq!(
            (edge.from, edge.to, edge.global),
            ("AU12", "happiness", 0.5)
        );
        for (value, expected) in [(edge.mean, 0.6), (edge.spread, 0.3), (edge.difference, 0.3)] {
            assert!((value - expected).abs() < 1e-6, "{edge:?}");
        }
        let changes: Vec<Change> = tally.changes(&here).collect();
        assert_eq!((changes[0].from, changes[0].here), ("AU01", -0.1));
    }

    #[test]
    fn no_unit_changes_its_edge_to_itself() {
        let units = ActionUnit::ALL.map(ActionUnit::code).to_vec();
        let tally = Tally::new(units, vec![0.0; 400]);
        assert_eq!(tally.changes(&vec![1.0; 400]).count(), 380);
        assert_eq!(tally.spreads().count(), 380);
    }
}
