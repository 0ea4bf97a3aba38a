//! `calibration maximise`: what a classifier takes an expression for.

use std::{fs, num::NonZeroUsize, path::PathBuf, thread};

use anyhow::Context;
use clap::Args;
use facs::Expression;
use indicatif::{ProgressBar, ProgressStyle};
use synth::dataset::Cast;

use super::{End, stop_flag};
use crate::{
    maximise::{Budget, Progress, maximise},
    subject::OnnxSubject,
};

#[derive(Args)]
#[command(after_help = "Examples:
  calibration maximise --subject models/default --out audits/apexes.toml
  calibration symmetry --subject models/default --apexes audits/apexes.toml --out audits/maximised

The file holds FACS intensities per expression; what a classifier is surest of need not look like the
expression to a person. Searches are kept beside it after every generation (FILE.search.json): a search
that was stopped goes on, and one that ended goes on with a larger --budget.")]
pub(super) struct Maximise {
    /// A bundle's folder, or the description (.toml) of an ONNX classifier.
    #[arg(long)]
    subject: PathBuf,
    /// The file with what was found (.toml).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// An expression; the six basic ones by default. May be repeated.
    #[arg(long = "expression", value_name = "NAME")]
    expressions: Vec<Expression>,
    /// People over whom the output is averaged.
    #[arg(long, default_value_t = 4)]
    people: usize,
    /// Faces that are tried per expression at most, each on all people.
    #[arg(long, default_value_t = 2400)]
    budget: usize,
    /// Faces per generation.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(4..))]
    population: u16,
    /// Threads; as many as there are cores by default.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 4)]
    seed: u64,
    /// `built-in`, or a glTF file with ARKit-named morph targets. May be repeated.
    #[arg(long = "head", value_name = "HEAD", default_value = "built-in")]
    heads: Vec<String>,
}

impl Maximise {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let subject = OnnxSubject::open(&self.subject)?;
        let heads = self.heads.iter().map(|head| Cast::head_named(head));
        let cast = Cast::new(heads.collect::<Result<_, _>>()?, self.people, self.seed)?;
        let expressions = if self.expressions.is_empty() {
            Expression::EIGHT[1..7].to_vec()
        } else {
            self.expressions.clone()
        };
        let budget = Budget {
            population: usize::from(self.population),
            evaluations: self.budget,
            seed: self.seed,
        };
        let threads = self
            .threads
            .map_or_else(thread::available_parallelism, Ok)?;
        let stop = stop_flag()?;
        let bar = ProgressBar::new(budget.evaluations as u64).with_style(
            ProgressStyle::with_template("{msg:24} {bar:30} {pos}/{len} faces, {eta} left")?,
        );
        let progress = |progress: Progress| {
            let Progress {
                expression,
                evaluations,
                probability,
            } = progress;
            bar.set_message(format!("{expression} {probability:.3}"));
            bar.set_position(evaluations as u64);
        };
        let state = self.out.with_extension("search.json");
        let found = maximise(
            &expressions,
            &cast,
            &subject,
            &budget,
            &state,
            threads,
            &progress,
            &stop,
        )?;
        bar.finish_and_clear();
        let Some(apexes) = found else {
            eprintln!("stopped; the same command goes on");
            return Ok(End::Stopped);
        };
        let text = toml::to_string(&apexes)?;
        fs::write(&self.out, &text)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        print!("{text}");
        Ok(End::Done)
    }
}
