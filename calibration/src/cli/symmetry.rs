//! `calibration symmetry`: the audit.

use std::path::PathBuf;

use clap::Args;

use super::{
    End,
    design::{DesignArgs, audit_with_progress},
    stop_flag,
    work::Threads,
};
use crate::{
    audit::{self, Figures, Outcome, Policy, Testing, saliency},
    correction::fused,
    report::{FaceStrip, Report},
    subject::{Fused, Fusion, Look, Looks, OnnxSubject, Subject},
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
    /// Several looks at each face, made into one answer; by default what the bundle says, which the
    /// daemon does, and none for other subjects.
    #[arg(long, value_enum)]
    fusion: Option<Fusion>,
    /// Permutations per person and expression.
    #[arg(long, default_value_t = 10_000)]
    permutations: usize,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    design: DesignArgs,
}

impl Symmetry {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let policy = self.policy.as_deref().map(Policy::load).transpose()?;
        let (design, cast) = self.design.design(if self.quick { QUICK } else { PAPER })?;
        let model = OnnxSubject::open(&self.subject)?;
        let fusion = self.fusion.unwrap_or(model.fusion());
        let (classes, subject) = (model.classes(), Fused::new(&model, fusion));
        // Answers to all looks are kept: one audit tells what the fusion is worth.
        let looks = Looks::new(&model, fusion.looks());
        let threads = self.threads.set_up()?;
        let stop = stop_flag()?;

        let outcome = audit_with_progress(&design, &cast, &looks, &self.out, threads, &stop)?;
        let Outcome::Done(scores) = outcome else {
            return Ok(End::Stopped);
        };
        let testing = Testing {
            permutations: self.permutations,
            ..Testing::default()
        };
        let people: Vec<usize> = (0..design.identities).collect();
        let of = |fusion: Fusion, identity| {
            let mut scores = fused(&scores, looks.looks(), fusion, &people, classes);
            scores.subject = identity;
            Figures::new(&scores, &testing)
        };
        let figures = of(fusion, subject.identity())?;
        let compared = fusion != Fusion::None && fusion.looks().contains(&Look::Whole);
        let before = compared.then(|| of(Fusion::None, model.identity()));
        let before = before.transpose()?;
        let verdict = policy.map(|policy| policy.judge(&figures));
        let report = Report {
            figures: &figures,
            before: before.as_ref(),
            verdict: verdict.as_ref(),
            faces: &FaceStrip::all(&design, &cast, &subject),
            looks: &saliency(&design, &cast, &subject)?,
        };
        report.write(&self.out)?;
        if let Some(before) = &before {
            println!("without the fusion of looks");
            print(before);
            println!("with it");
        }
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
