//! `calibration quantise`: a bundle whose affect model computes in 8-bit integers.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;
use facs::Split;

use super::{
    End,
    work::{Threads, faces_bar},
};
use crate::{
    affect_model::AffectModel,
    data::Data,
    numbers::flow::Pair,
    quantise::{
        Plan,
        flow::{Figures, Speed},
        grid::Activations,
        ranges::Method,
    },
};

/// Faces of a call whose speed is measured.
const BATCHES: [usize; 2] = [1, 8];

#[derive(Args)]
#[command(after_help = "Examples:
  synth crops --out data/crops --count 8000
  calibration quantise --bundle models/default --data data/crops --out out/int8
  calibration quantise --bundle models/default --data data/crops --keep backbone.neck --out out/int8
  calibration quantise --bundle models/default --data data/crops --activations int8 --out out/tensorrt
  edge-daemon run --bundle out/int8/bundle --input holiday.mp4

Data sets are folders of aligned faces, as `synth crops` and `trainer data` write them. Ranges are measured on
their training part, every figure is of their test part.

Written into the folder: bundle/ (the quantised affect model, the other models as they were), report.md,
figures.json.")]
pub(super) struct Quantise {
    /// The bundle whose affect model is quantised; it stays as it is.
    #[arg(long)]
    bundle: PathBuf,
    /// A data set of labelled crops. May be repeated.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Folder for the quantised bundle and the report; made if missing.
    #[arg(long)]
    out: PathBuf,
    /// Faces to measure ranges on, spread evenly over the training part.
    #[arg(long, default_value = "512")]
    faces: NonZeroUsize,
    /// How ranges are chosen.
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// What the codes of activations are.
    #[arg(long, value_enum, default_value_t)]
    activations: Activations,
    /// Weights of 7 bits, for processors with AVX2 or AVX-512 but without VNNI: sums of two products of 8 bits
    /// do not fit there.
    #[arg(long)]
    reduce_range: bool,
    /// A layer that stays in floats: its node's name, or what the name of its weights begins with. May be
    /// repeated.
    #[arg(long, value_name = "NAME")]
    keep: Vec<String>,
    /// How often to measure the speed with five calls of either model, for each size of a batch; 0 for never.
    #[arg(long, default_value_t = 50)]
    repeats: usize,
    #[command(flatten)]
    threads: Threads,
}

impl Quantise {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let model = AffectModel::open(&self.bundle)?;
        let size = model.manifest().input.width;
        let open = |part| {
            let open = |folder: &PathBuf| Data::open(folder, &[part])?.of_size(size);
            self.data.iter().map(open).collect::<Result<Vec<_>, _>>()
        };
        let (training, test) = (open(Split::Train)?, open(Split::Test)?);
        let threads = self.threads.set_up()?;
        let count = |data: &[Data], split| data.iter().map(|it| it.count(split)).sum::<usize>();
        let faces = self.faces.get().min(count(&training, Split::Train));
        let tested = count(&test, Split::Test);
        eprintln!("{faces} faces to measure ranges on, {tested} to measure figures on");

        let plan = Plan {
            method: self.method,
            activations: self.activations,
            reduce_range: self.reduce_range,
            keep: self.keep.clone(),
        };
        let bar = faces_bar(faces * plan.passes())?;
        let progress = |done| bar.set_position(done as u64);
        let mut done = model.quantise(&training, self.faces, &plan, &progress)?;
        bar.finish_and_clear();
        done.write(&self.out)?;

        let bar = faces_bar(2 * tested)?;
        let progress = |done| bar.set_position(done as u64);
        let figures = done.measure(&self.out, &test, threads, &progress)?;
        bar.finish_and_clear();
        let batches = BATCHES.iter().filter(|_| self.repeats > 0);
        let speed = |batch: &usize| done.speed(&self.out, &test, *batch, self.repeats);
        let speeds = batches.map(speed).collect::<Result<Vec<_>, _>>()?;
        done.report(&self.out, &figures, &speeds)?;
        print(&figures, &speeds, done.bytes);
        println!("{}", self.out.join("report.md").display());
        Ok(End::Done)
    }
}

fn print(figures: &Figures, speeds: &[Speed], bytes: Pair<usize>) {
    println!("test faces                        FP32    INT8");
    let row = |name: &str, pair: Pair<f64>| {
        println!("{name:30} {:7.4} {:7.4}", pair.before, pair.after);
    };
    row("units: F1", figures.mean(|unit| unit.f1));
    row("units: ECE", figures.mean(|unit| unit.ece));
    if let Some(expression) = &figures.expression {
        row("expression: accuracy", expression.accuracy);
        row(
            "expression: balanced accuracy",
            expression.balanced_accuracy,
        );
        row("expression: ECE", expression.ece);
    }
    let changed = 100.0 * figures.labels_changed;
    println!("another expression for {changed:.2} % of faces");
    let smaller = bytes.before as f64 / bytes.after as f64;
    println!("the file is {smaller:.2} times smaller");
    for Speed { batch, ratio, .. } in speeds {
        println!("{ratio:.2} times as fast, {batch} at once, one thread");
    }
}
