//! `calibration numbers`: probabilities that are true to their word.

use std::{path::PathBuf, time::Instant};

use anyhow::ensure;
use clap::Args;
use facs::Split;

use super::{
    End,
    work::{Threads, faces_bar},
};
use crate::{
    affect_model::AffectModel,
    data::Data,
    numbers::flow::{Calibrated, Figures, PARTS, Pair, Plan, UnitFigures},
};

#[derive(Args)]
#[command(after_help = "Examples:
  synth crops --out data/crops --count 40000
  calibration numbers --bundle models/default --data data/crops --out out/numbers
  calibration numbers --bundle models/default --data data/crops --data data/mine --expression-risk 0.2 --out out/numbers
  edge-daemon run --bundle out/numbers/bundle --input holiday.mp4

Data sets are folders of aligned faces, as `synth crops` and `trainer data` write them. Temperature, maps,
thresholds and limits are fitted to their validation part, every figure is of their test part.

Written into the folder: bundle/ (the models as they were, the manifest with the calibration), report.md with
its diagrams, figures.json.")]
pub(super) struct Numbers {
    /// The bundle whose affect model is calibrated; it stays as it is.
    #[arg(long)]
    bundle: PathBuf,
    /// A data set of labelled crops. May be repeated.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Folder for the calibrated bundle and the report; made if missing.
    #[arg(long)]
    out: PathBuf,
    /// Thresholds with at most this share of false alarms, instead of those with the best F1.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    false_alarms: Option<f64>,
    /// Let the expression abstain so that at most this share of its answers is wrong, in the data.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    expression_risk: Option<f64>,
    /// Pose and blur are told to be bad where errors are expected to be so many times the mean.
    #[arg(long, value_name = "TIMES", default_value_t = 1.2)]
    worse: f64,
    /// Write those limits into the bundle: the daemon abstains beyond the stricter of them and its own.
    #[arg(long)]
    limit_quality: bool,
    #[command(flatten)]
    threads: Threads,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if share > 0.0 && share < 1.0 {
        Ok(share)
    } else {
        Err("not between 0 and 1".to_owned())
    }
}

impl Numbers {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        ensure!(self.worse > 1.0, "--worse {}: not above 1", self.worse);
        let model = AffectModel::open(&self.bundle)?;
        let size = model.manifest().input.width;
        let open = |folder: &PathBuf| Data::open(folder, &PARTS)?.of_size(size);
        let data = self.data.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let threads = self.threads.set_up()?;
        let count = |split| data.iter().map(|data| data.count(split)).sum::<usize>();
        let (validation, test) = (count(Split::Validation), count(Split::Test));
        eprintln!("{validation} faces to fit to, {test} to measure on");

        let bar = faces_bar(validation + test)?;
        let start = Instant::now();
        let faces = model.read(&data, threads, &|done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        let secs = start.elapsed().as_secs_f64();
        eprintln!(
            "read in {secs:.0} s: {:.0} faces/s",
            faces.len() as f64 / secs
        );

        let plan = Plan {
            false_alarms: self.false_alarms,
            expression_risk: self.expression_risk,
            worse: self.worse,
            limit_quality: self.limit_quality,
        };
        let calibrated = model.calibrate(&faces, &data, &plan)?;
        calibrated.write(&self.out)?;
        print(&calibrated);
        println!("{}", self.out.join("report.md").display());
        Ok(End::Done)
    }
}

fn print(calibrated: &Calibrated) {
    let Calibrated {
        figures, fitted, ..
    } = calibrated;
    println!("test faces                before   after");
    let row = |name: &str, pair: Pair<f64>| {
        println!("{name:24} {:7.4} {:7.4}", pair.before, pair.after);
    };
    let mean = |name: &str, figure: fn(&UnitFigures) -> Pair<f64>| {
        row(name, Figures::mean(figures, figure));
    };
    mean("units: ECE", |unit| unit.ece);
    mean("units: Brier score", |unit| unit.brier);
    mean("units: F1", |unit| unit.f1);
    if let Some(expression) = &figures.expression {
        row("expression: ECE", expression.ece);
        row("expression: Brier score", expression.brier);
    }
    match (calibrated.plan.expression_risk, fitted.abstain_below) {
        (Some(risk), None) => println!("the expression never abstains: no confidence keeps {risk}"),
        (Some(_), Some(least)) => println!("the expression abstains below {least:.4}"),
        (None, _) => {}
    }
}
