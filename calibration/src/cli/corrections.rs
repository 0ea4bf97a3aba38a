//! `calibration corrections`: what makes a classifier answer less to symmetry, in one table.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use facs::write_whole;

use super::{
    End,
    design::{DesignArgs, audit_with_progress},
    stop_flag,
    work::Threads,
};
use crate::{
    audit::{Outcome, Testing},
    correction::{Row, compare},
    subject::{Look, Looks, OnnxSubject, Subject},
};

/// People and steps of time unless told otherwise.
const FEW: [usize; 2] = [100, 10];

#[derive(Args)]
#[command(after_help = "Examples:
  calibration corrections --subject models/default --out audits/corrections
  calibration corrections --subject models/default --subject retrained --subject fer.toml --out audits/corrections

Every picture is drawn once per subject and shown to it as it is, mirrored, and as both chimeras; then
  none                 the picture as it is
  mirror               mean of it and its mirror image
  chimeras             mean of the two chimeras, faces both of whose sides show what one does
  stronger             the chimera that is less neutral
  stronger-and-whole   mean of that and the picture
  agreement            the picture as far as the chimeras agree, the stronger one as far as they do not
  rest                 the picture, but as far as one side is at rest and the other not, that one's chimera
  lift                 log-odds raised with the chimeras' disagreement, as fitted to every other person
Figures are those of the people that nothing was fitted to. Retraining is a subject of its own: `synth crops
--one-sided` makes the data for it.")]
pub(super) struct Corrections {
    /// A bundle's folder, or the description (.toml) of an ONNX classifier. May be repeated.
    #[arg(long = "subject", value_name = "SUBJECT", required = true)]
    subjects: Vec<PathBuf>,
    /// Folder for answers and the table; made if missing.
    #[arg(long)]
    out: PathBuf,
    /// Permutations per person and expression.
    #[arg(long, default_value_t = 1000)]
    permutations: usize,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    design: DesignArgs,
}

impl Corrections {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let (design, cast) = self.design.design(FEW)?;
        let threads = self.threads.set_up()?;
        let testing = Testing {
            permutations: self.permutations,
            ..Testing::default()
        };
        let stop = stop_flag()?;
        let mut all = Vec::new();
        for (number, path) in self.subjects.iter().enumerate() {
            let subject = OnnxSubject::open(path)?;
            let (name, classes) = (subject.identity().name, subject.classes().to_vec());
            let looks = Looks::new(subject, &Look::ALL);
            let folder = self.out.join(format!("subject-{number}"));
            let ended = audit_with_progress(&design, &cast, &looks, &folder, threads, &stop)?;
            let Outcome::Done(scores) = ended else {
                return Ok(End::Stopped);
            };
            all.push((name, compare(&scores, &classes, &testing)?));
        }
        let table = table(&all);
        write_whole(&self.out.join("corrections.md"), table.as_bytes())?;
        let json: Vec<_> = all
            .iter()
            .map(|(name, rows)| serde_json::json!({ "subject": name, "rows": rows }))
            .collect();
        write_whole(
            &self.out.join("corrections.json"),
            &serde_json::to_vec_pretty(&json)?,
        )?;
        print!("{table}");
        println!("{}", self.out.join("corrections.md").display());
        Ok(End::Done)
    }
}

/// Markdown: score and, in brackets, accuracy at a symmetry of 0 and 1 for each expression.
fn table(all: &[(String, Vec<Row>)]) -> String {
    let Some(first) = all.first().and_then(|(_, rows)| rows.first()) else {
        return String::new();
    };
    let expressions = &first.figures.expressions;
    let mut text = format!(
        "Impact score, and accuracy at s = 0 / s = 1, of {} people that nothing was fitted to.\n\n\
         | classifier | correction | looks |",
        first.figures.design.identities
    );
    for of in expressions {
        let _ = write!(text, " {} |", of.expression.name());
    }
    text += " mean size | accuracy at 0, 0.5, 1 |\n|---|---|---:|";
    text += &"---:|".repeat(expressions.len() + 2);
    text.push('\n');
    for (name, rows) in all {
        for row in rows {
            let correction = row.correction;
            let _ = write!(
                text,
                "| {name} | {} | {} |",
                correction.name(),
                correction.looks()
            );
            for of in &row.figures.expressions {
                let [zero, _, one] = of.accuracy.each_ref().map(|accuracy| accuracy.share);
                let _ = write!(text, " {:+.3} ({zero:.2} / {one:.2}) |", of.score);
            }
            let [zero, half, one] = row.mean_accuracy();
            let score = row.mean_score();
            let _ = writeln!(text, " {score:.3} | {zero:.2}, {half:.2}, {one:.2} |");
        }
    }
    text
}
