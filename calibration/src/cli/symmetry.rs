//! `calibration symmetry`: the audit.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use align::Side;
use clap::Args;
use facs::Expression;
use indicatif::{ProgressBar, ProgressStyle};
use synth::{dataset::Cast, head::Region};

use super::{End, stop_flag};
use crate::{
    audit::{self, Apexes, Design, Figures, Outcome, Policy, Testing, saliency},
    report::{FaceStrip, Report},
    subject::{Fused, Fusion, OnnxSubject},
};

/// As in the paper, and for a first look.
const PAPER: [usize; 2] = [200, 90];
const QUICK: [usize; 2] = [20, 30];

#[derive(Args)]
#[command(after_help = "Examples:
  calibration symmetry --subject models/default --out audits/default
  calibration symmetry --subject models/default --policy calibration/policies/default.toml --out audits/default
  calibration symmetry --subject fer.toml --quick --out audits/fer
  calibration symmetry --subject fer.toml --side right --region mouth --expression happiness --out audits/mouth

A subject is a bundle's folder, or a description of any ONNX classifier:
  model = \"fer.onnx\"      # beside the description
  [input]
  size = 48               # side of the square crop
  layout = \"nchw\"         # or nhwc
  colour = \"grey\"         # or rgb, bgr
  type = \"float32\"        # or uint8
  mean = [0.5]            # after scale (1/255 by default), per channel
  std = [0.5]
  [crop]                  # optional: eyes = 0.35, distance = 0.42 (in sides of the crop), or five landmarks
  [output]
  activation = \"logits\"   # or probabilities
  labels = [\"anger\", \"disgust\", \"fear\", \"happiness\", \"sadness\", \"surprise\", \"neutral\"]

A policy says what must hold; the exit code is 3 when it does not:
  max_score = 0.10              # size of the impact score
  max_significant = 1.0         # share of people with a significant score
  min_accuracy_at_0 = 0.5       # with one side at rest
  [expressions.happiness]
  min_accuracy_at_0 = 0.95

Ctrl-C loses at most what is under way: the same command goes on.")]
pub(super) struct Symmetry {
    /// A bundle's folder, or the description (.toml) of an ONNX classifier.
    #[arg(long)]
    subject: PathBuf,
    /// What must hold (.toml).
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Folder for scores and report; made if missing.
    #[arg(long)]
    out: PathBuf,
    /// 20 people and 30 steps of time instead of 200 and 90.
    #[arg(long)]
    quick: bool,
    /// Several looks at each face, made into one answer.
    #[arg(long, value_enum, default_value_t = Fusion::None)]
    fusion: Fusion,
    /// Permutations per person and expression.
    #[arg(long, default_value_t = 10_000)]
    permutations: usize,
    /// Threads; as many as there are cores by default.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    design: DesignArgs,
}

#[derive(Args)]
#[command(next_help_heading = "Design")]
struct DesignArgs {
    /// People.
    #[arg(long)]
    identities: Option<usize>,
    /// Steps of symmetry from 0 to 1.
    #[arg(long, default_value_t = 10)]
    symmetries: usize,
    /// Steps of time from rest to apex.
    #[arg(long)]
    times: Option<usize>,
    /// An expression; the six basic ones by default. May be repeated.
    #[arg(long = "expression", value_name = "NAME")]
    expressions: Vec<Expression>,
    /// FACS intensity of the units at the apex.
    #[arg(long, default_value_t = 4.0)]
    intensity: f32,
    /// Apexes of one's own (.toml: a table per expression, AU12 = 4.0 per unit).
    #[arg(long, conflicts_with_all = ["expressions", "intensity"])]
    apexes: Option<PathBuf>,
    /// The side that falls short, the subject's.
    #[arg(long, value_name = "left|right", default_value = "left")]
    side: Side,
    /// The part of it that does.
    #[arg(long, value_enum, default_value_t = Region::Face)]
    region: Region,
    /// A shot of its own for every person instead of the plain one.
    #[arg(long)]
    varied: bool,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 2024)]
    seed: u64,
    /// `built-in`, or a glTF file with ARKit-named morph targets. May be repeated.
    #[arg(long = "head", value_name = "HEAD", default_value = "built-in")]
    heads: Vec<String>,
}

impl DesignArgs {
    fn design(&self, [identities, times]: [usize; 2]) -> anyhow::Result<(Design, Cast)> {
        let apexes = match &self.apexes {
            Some(path) => Apexes::load(path)?,
            None if self.expressions.is_empty() => {
                Apexes::prototypes(&Expression::EIGHT[1..7], self.intensity)?
            }
            None => Apexes::prototypes(&self.expressions, self.intensity)?,
        };
        let heads: Result<Vec<_>, _> = self
            .heads
            .iter()
            .map(|head| Cast::head_named(head))
            .collect();
        let heads = heads?;
        let design = Design {
            seed: self.seed,
            heads: heads.iter().map(|head| head.name.clone()).collect(),
            identities: self.identities.unwrap_or(identities),
            symmetries: self.symmetries,
            times: self.times.unwrap_or(times),
            apexes,
            side: self.side,
            region: self.region,
            varied: self.varied,
        };
        let cast = Cast::new(heads, design.identities, design.seed)?;
        Ok((design, cast))
    }
}

impl Symmetry {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let policy = self.policy.as_deref().map(Policy::load).transpose()?;
        let (design, cast) = self.design.design(if self.quick { QUICK } else { PAPER })?;
        let subject = Fused::new(OnnxSubject::open(&self.subject)?, self.fusion);
        let threads = self
            .threads
            .map_or_else(thread::available_parallelism, Ok)?;
        let stop = stop_flag()?;

        let bar = ProgressBar::new(design.images() as u64).with_style(
            ProgressStyle::with_template("{bar:30} {pos}/{len} images, {per_sec}, {eta} left")?,
        );
        let (start, first) = (Instant::now(), AtomicU64::new(u64::MAX));
        let progress = |done: usize| {
            first.fetch_min(done as u64, Ordering::Relaxed);
            bar.set_position(done as u64);
        };
        let outcome = audit::run(
            &design, &cast, &subject, &self.out, threads, &progress, &stop,
        )?;
        let made = bar.position() - first.load(Ordering::Relaxed).min(bar.position());
        bar.finish_and_clear();
        let Outcome::Done(scores) = outcome else {
            eprintln!("stopped; the same command goes on");
            return Ok(End::Stopped);
        };
        let secs = start.elapsed().as_secs_f64();
        if made > 0 {
            eprintln!(
                "{made} images in {secs:.0} s: {:.0} images/s",
                made as f64 / secs
            );
        }

        let testing = Testing {
            permutations: self.permutations,
            ..Testing::default()
        };
        let figures = Figures::new(&scores, &testing)?;
        let verdict = policy.map(|policy| policy.judge(&figures));
        let report = Report {
            figures: &figures,
            verdict: verdict.as_ref(),
            faces: &FaceStrip::all(&design, &cast, &subject),
            looks: &saliency(&design, &cast, &subject)?,
        };
        report.write(&self.out)?;
        print(&figures);
        println!("{}", self.out.join("report.md").display());
        let Some(verdict) = verdict else {
            return Ok(End::Done);
        };
        for breach in &verdict.breaches {
            let audit::Breach {
                expression,
                limit,
                allowed,
                found,
            } = breach;
            println!("broken: {expression}: {limit} is {allowed}, found {found:.4}");
        }
        Ok(if verdict.passed {
            End::Done
        } else {
            End::Broken
        })
    }
}

fn print(figures: &Figures) {
    println!("expression     score  significant  accuracy at 0   0.5     1");
    for of in &figures.expressions {
        let [zero, half, one] = of.accuracy.each_ref().map(|accuracy| accuracy.share);
        println!(
            "{:12} {:+.4}  {:11.3}  {zero:13.3} {half:5.3} {one:5.3}",
            of.expression.name(),
            of.score,
            of.significant,
        );
    }
}
