//! `synth graph`: the truth, printed, drawn or for other programs.

use std::{fmt::Write, fs, path::PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use facs::{ActionUnit, Expression};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{End, model::ModelArgs};
use crate::{
    causal::FaceState,
    graph::{Diagram, Part},
};

#[derive(Args)]
#[command(after_help = "Examples:
  synth graph
  synth graph --format svg --out graph.svg
  synth graph --format svg --context smile=social --context culture=western --out social.svg
  synth graph --format gml --out graph.gml              # networkx.read_gml
  synth graph --format causal-learn --part units --out truth.txt
  synth graph --samples 20000 --rates disfa
  synth graph --model my-affect.toml")]
pub(super) struct GraphArgs {
    #[command(flatten)]
    model: ModelArgs,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Which edges.
    #[arg(long, value_enum, default_value_t = Part::All)]
    part: Part,
    /// The file to write instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also print how often units and expressions occur in this many samples.
    #[arg(long, default_value_t = 0)]
    samples: usize,
    /// Seed of the samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How to write a graph.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One line per edge, with its source.
    Text,
    /// A drawing.
    Svg,
    /// Graphviz.
    Dot,
    /// networkx.
    Gml,
    /// The text form of causal-learn's general graph.
    CausalLearn,
    /// The matrix of causal-learn's general graph, comma separated.
    Matrix,
}

impl GraphArgs {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let model = self.model.load()?;
        let diagram = Diagram::of(&model, self.part);
        let text = match self.format {
            Format::Text => diagram.to_string(),
            Format::Svg => diagram.to_svg(),
            Format::Dot => diagram.to_dot(),
            Format::Gml => diagram.to_gml(),
            Format::CausalLearn => diagram.to_causal_learn(),
            Format::Matrix => diagram.to_matrix(),
        };
        match &self.out {
            None => print!("{text}"),
            Some(path) => {
                fs::write(path, text)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                eprintln!("{}", path.display());
            }
        }
        if self.samples > 0 {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            let faces: Vec<FaceState> =
                (0..self.samples).map(|_| model.observe(&mut rng)).collect();
            let threshold = self.model.threshold()?;
            print!("\n{}", occurrence(&faces, threshold));
        }
        Ok(End::Done)
    }
}

/// Shares of active units, of expressions, and of active units per expression, in percent.
fn occurrence(faces: &[FaceState], threshold: f32) -> String {
    let active = |face: &FaceState, unit: ActionUnit| face.intensity[unit.index()] >= threshold;
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let mut text = String::from("share of samples, and of active units among them, in percent\n");
    text += &format!("{:12} {:>6} {:>6}", "", "share", "sure");
    for unit in ActionUnit::ALL {
        // Writing to a string cannot fail.
        let _ = write!(text, " {unit}");
    }
    text.push('\n');
    let all = Expression::EIGHT.into_iter().map(Some).chain([None]);
    for expression in all {
        let wanted = |face: &&FaceState| expression.is_none_or(|wanted| face.expression == wanted);
        let chosen: Vec<&FaceState> = faces.iter().filter(wanted).collect();
        let best = |face: &&FaceState| face.expression_prob.iter().copied().fold(0.0, f32::max);
        let sure = chosen.iter().map(best).sum::<f32>() / chosen.len().max(1) as f32;
        let name = expression.map_or("all", Expression::name);
        let share = percent(chosen.len(), faces.len());
        let _ = write!(text, "{name:12} {share:6.1} {:6.1}", 100.0 * sure);
        for unit in ActionUnit::ALL {
            let count = chosen.iter().filter(|face| active(face, unit)).count();
            let _ = write!(text, " {:4.0}", percent(count, chosen.len()));
        }
        text.push('\n');
    }
    text
}
