//! `calibration maximise`: what a classifier takes an expression for.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

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

The file holds FACS intensities per expression, or, with --each, per expression and person: an audit with
these apexes is of the same --seed and --head, and of as many people or fewer. Faces are searched in the
plain shot, by one look. What a classifier is surest of need not look like the expression to a person.
Searches are kept beside the file after every generation (in FILE.search/): a search that was stopped goes
on, and one that ended by its budget goes on with a larger one.")]
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
    /// Search for each person alone, as the paper does; without, one expression serves all of them, and the
    /// mean output over them counts.
    #[arg(long)]
    each: bool,
    /// Faces to try per expression (and person, with --each); the generation under way is finished.
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
        let threads = self.threads.set_up()?;
        let stop = stop_flag()?;
        let bar = ProgressBar::new((search.count() * budget.evaluations) as u64).with_style(
            ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len} faces, {eta} left")?,
        );
        let last = RefCell::new(BTreeMap::new());
        let progress = |progress: Progress| {
            let Progress {
                ended,
                expression,
                evaluations,
                probability,
            } = progress;
            let number = ended + 1;
            last.borrow_mut().insert(ended, progress);
            bar.set_message(format!(
                "{number}/{} {expression} {probability:.3}",
                search.count()
            ));
            let evaluations = evaluations.min(budget.evaluations);
            bar.set_position((ended * budget.evaluations + evaluations) as u64);
        };
        let mut state = self.out.clone().into_os_string();
        state.push(".search");
        let found = search.run(Path::new(&state), threads, &progress, &stop)?;
        bar.finish_and_clear();
        let Some(apexes) = found else {
            eprintln!("stopped; the same command goes on");
            return Ok(End::Stopped);
        };
        let text = format!(
            "# What {} is surest of.\n{}",
            subject.identity().name,
            toml::to_string(&apexes)?
        );
        fs::write(&self.out, &text)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        print(last.borrow().values(), &budget);
        println!("{}", self.out.display());
        Ok(End::Done)
    }
}

/// How sure the classifier is of what was found, from how each search ended.
fn print<'p>(ends: impl Iterator<Item = &'p Progress> + Clone, budget: &Budget) {
    println!("expression    probability  least  searches  ended by the budget");
    let names: BTreeSet<Expression> = ends.clone().map(|end| end.expression).collect();
    for name in names {
        let of: Vec<_> = ends.clone().filter(|end| end.expression == name).collect();
        let sure = of.iter().map(|end| end.probability);
        let spent = of
            .iter()
            .filter(|end| end.evaluations >= budget.evaluations);
        println!(
            "{:12} {:12.3} {:6.3} {:9} {:20}",
            name.name(),
            sure.clone().sum::<f32>() / of.len() as f32,
            sure.fold(1.0, f32::min),
            of.len(),
            spent.count()
        );
    }
}
