//! `calibration maximise`: what a classifier takes an expression for.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Args;
use facs::Expression;
use indicatif::{ProgressBar, ProgressStyle};
use synth::dataset::Cast;

use super::{End, stop_flag, work::Threads};
use crate::{
    maximise::{Budget, People, Progress, Search},
    subject::{OnnxSubject, Subject},
};

#[derive(Args)]
#[command(after_help = "Examples:
  calibration maximise --subject models/default --out audits/apexes.toml
  calibration symmetry --subject models/default --apexes audits/apexes.toml --out audits/maximised
  calibration maximise --subject models/default --people 20 --each --budget 1200 --out audits/own.toml
  calibration symmetry --subject models/default --apexes audits/own.toml --quick --out audits/own

The file holds FACS intensities per expression, or, with --each, per expression and person; people of the
same --seed and --head are the same in the audit. What a classifier is surest of need not look like the
expression to a person. Searches are kept beside it after every generation (in FILE.search/): a search that
was stopped goes on, and one that ended goes on with a larger --budget.")]
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
    /// People.
    #[arg(long, default_value_t = 4)]
    people: usize,
    /// Search for each person alone, as the paper does, instead of one expression for all of them: their
    /// mean output counts.
    #[arg(long)]
    each: bool,
    /// Faces that are tried per expression at most, each on all people.
    #[arg(long, default_value_t = 2400)]
    budget: usize,
    /// Faces per generation.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(4..))]
    population: u16,
    #[command(flatten)]
    threads: Threads,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 2024)]
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
            &Expression::EIGHT[1..7]
        } else {
            &self.expressions
        };
        let expressions = expressions.iter().copied().collect();
        let budget = Budget {
            population: usize::from(self.population),
            evaluations: self.budget,
            seed: self.seed,
        };
        let search = Search {
            subject: &subject,
            cast: &cast,
            people: if self.each {
                People::Each
            } else {
                People::Together
            },
            expressions: &expressions,
            budget: &budget,
        };
        let threads = self.threads.count()?;
        let stop = stop_flag()?;
        let bar = ProgressBar::new((search.count() * budget.evaluations) as u64).with_style(
            ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len} faces, {eta} left")?,
        );
        let progress = |progress: Progress| {
            let Progress {
                ended,
                expression,
                evaluations,
                probability,
            } = progress;
            let number = ended + 1;
            bar.set_message(format!(
                "{number}/{} {expression} {probability:.3}",
                search.count()
            ));
            bar.set_position((ended * budget.evaluations + evaluations) as u64);
        };
        let state = self.out.with_extension("search");
        let found = search.run(&state, threads, &progress, &stop)?;
        bar.finish_and_clear();
        let Some(apexes) = found else {
            eprintln!("stopped; the same command goes on");
            return Ok(End::Stopped);
        };
        let text = format!(
            "# What {} is surest of, in people 0 to {} of --seed {} and --head {}.\n{}",
            subject.identity().name,
            self.people.saturating_sub(1),
            self.seed,
            self.heads.join(" --head "),
            toml::to_string(&apexes)?
        );
        fs::write(&self.out, &text)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        println!("{}", self.out.display());
        Ok(End::Done)
    }
}
