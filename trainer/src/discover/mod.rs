//! What graphs a trained network has found, and how good they are.
//!
//! The flow of [`Discovery`]: global graphs of a network, by name ([`graphs`]) -> what counts as found
//! ([`Cut`]) -> beside the literature ([`literature`]) -> against the truth, where it is known
//! ([`truth`], [`score`]) -> text, JSON, GML and drawings. [`samples`] looks at the graphs of single
//! images, [`contexts`] asks whether they differ between circumstances.

pub mod contexts;
mod draw;
pub mod graphs;
pub mod levels;
pub mod literature;
pub mod permutation;
pub mod samples;
pub mod score;
#[cfg(test)]
mod tests;
pub mod truth;

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result};
use facs::Expression;
use serde_json::json;
use synth::{causal::Graphs, graph::Diagram};

use contexts::ContextGraphs;
pub use graphs::Cut;
use literature::Comparison;
use samples::SampleGraphs;
use truth::{Scores, Truth};

/// Global graphs, what counts as found of them, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Edges of any weight, strongest first.
    pub all: Graphs,
    /// What counts as found.
    pub found: Graphs,
    /// How that was decided.
    pub cut: Cut,
    /// Targets of the second graph, in the order of the network.
    pub expressions: Vec<Expression>,
    /// Beside the published sources.
    pub literature: Comparison,
    /// The truth and the scores against it, where it is known.
    pub truth: Option<(Truth, Scores)>,
    diagram: Diagram,
}

impl Discovery {
    /// Looks at global graphs ([`graphs::global`]).
    #[must_use]
    pub fn of(all: Graphs, expressions: &[Expression], cut: Cut, truth: Option<Truth>) -> Self {
        let found = cut.apply(&all);
        let mut diagram = Diagram::of_graphs(&found, expressions);
        if let Some(truth) = &truth {
            truth.annotate(&mut diagram);
        }
        Self {
            literature: Comparison::of(&found.au_expression, expressions),
            truth: truth.map(|truth| {
                let scores = truth.score(&found, &all);
                (truth, scores)
            }),
            expressions: expressions.to_vec(),
            all,
            found,
            cut,
            diagram,
        }
    }

    /// Writes `discovery.json`, `graph.svg`, `graph.gml`, `au_au.svg` and `au_expression.svg` into a
    /// folder, which is made if missing.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        make(folder)?;
        let truth = self.truth.as_ref().map(|(truth, _)| truth);
        draw::save(folder, &self.diagram, &self.all, &self.expressions, truth)?;
        let graphs = |graphs: &Graphs| json!({ "au_au": graphs.au_au, "au_expression": graphs.au_expression });
        let cut = match self.cut {
            Cut::Least(least) => json!({ "least": least }),
            Cut::Strongest(count) => json!({ "strongest": count }),
        };
        let value = json!({
            "cut": cut,
            "found": graphs(&self.found),
            "all": graphs(&self.all),
            "literature": self.literature,
            "scores": self.truth.as_ref().map(|(_, scores)| scores),
        });
        let text = serde_json::to_string_pretty(&value)? + "\n";
        draw::write(folder, "discovery.json", &text)
    }
}

/// Writes `samples.json` and the maps `au_au_difference.svg` and `au_expression_difference.svg` into
/// a folder, which is made if missing.
///
/// # Errors
/// When the folder cannot be written.
pub fn save_samples(samples: &SampleGraphs, folder: &Path) -> Result<()> {
    make(folder)?;
    let text = serde_json::to_string_pretty(samples)? + "\n";
    draw::write(folder, "samples.json", &text)?;
    let [between, towards] = samples.heat_maps();
    draw::write(folder, "au_au_difference.svg", &between.to_svg())?;
    draw::write(folder, "au_expression_difference.svg", &towards.to_svg())
}

/// Writes `contexts.json` into a folder, which is made if missing.
///
/// # Errors
/// When the folder cannot be written.
pub fn save_contexts(test: &ContextGraphs, folder: &Path) -> Result<()> {
    make(folder)?;
    let text = serde_json::to_string_pretty(test)? + "\n";
    draw::write(folder, "contexts.json", &text)
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Least(least) => write!(f, "of weight {least} or more"),
            Self::Strongest(count) => write!(f, "the {count} strongest of each graph"),
        }
    }
}

impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (between, towards) = (&self.found.au_au.edges, &self.found.au_expression.edges);
        writeln!(
            f,
            "{} edges between action units and {} towards expressions, {}\n\n{}",
            between.len(),
            towards.len(),
            self.cut,
            self.diagram
        )?;
        writeln!(
            f,
            "units that show an expression, in six sources and here (* both name it)\n\n{}",
            self.literature
        )?;
        if let Some((_, scores)) = &self.truth {
            write!(f, "against the true graph\n\n{scores}")?;
        }
        Ok(())
    }
}
