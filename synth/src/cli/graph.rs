//! `synth graph`: prints the truth.

use std::fmt::Write;

use clap::Args;
use facs::{ActionUnit, Expression};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{End, ModelArgs};
use crate::{
    causal::{CausalModel, FaceState},
    dataset::ON,
};

#[derive(Args)]
#[command(after_help = "Examples:
  synth graph
  synth graph --samples 20000
  synth graph --model my-affect.toml")]
pub(super) struct GraphArgs {
    #[command(flatten)]
    model: ModelArgs,
    /// Also count how often units and expressions occur in this many samples.
    #[arg(long, default_value_t = 0)]
    samples: usize,
    /// Seed of the samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl GraphArgs {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let model = self.model.load()?;
        print!("{}", edges(&model));
        if self.samples > 0 {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            let faces: Vec<FaceState> =
                (0..self.samples).map(|_| model.observe(&mut rng)).collect();
            print!("\n{}", occurrence(&faces));
        }
        Ok(End::Done)
    }
}

fn edges(model: &CausalModel) -> String {
    let graph = model.graph();
    let mut text = String::new();
    for edge in &graph.au_au.edges {
        text += &format!(
            "{edge}  ({} acts on {})\n",
            edge.from.name(),
            edge.to.name()
        );
    }
    for edge in &graph.au_expression.edges {
        text += &format!("{edge}  ({})\n", edge.from.name());
    }
    text
}

/// Shares of active units, of expressions, and of active units per expression, in percent.
fn occurrence(faces: &[FaceState]) -> String {
    let active = |face: &FaceState, unit: ActionUnit| face.intensity[unit.index()] >= ON;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_read_as_sentences() {
        let text = edges(CausalModel::built_in());
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("AU09"))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        AU09 -> AU10 +0.60  (nose wrinkler acts on upper lip raiser)
        AU09 -> AU04 +0.25  (nose wrinkler acts on brow lowerer)
        AU09 -| sadness -0.40  (nose wrinkler)
        AU09 -| anger -0.30  (nose wrinkler)
        AU09 -> disgust +0.90  (nose wrinkler)
        ");
    }
}
