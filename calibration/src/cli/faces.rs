//! `calibration faces`: what a classifier says of labelled faces, and how asymmetric they are.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use facs::Split;

use super::{
    End,
    work::{Threads, faces_bar},
};
use crate::{
    association::faces::{self, Face, yaw},
    data::Data,
    subject::{OnnxSubject, Subject},
};

/// The parts of a data set.
const PARTS: [(&str, Split); 3] = [
    ("train", Split::Train),
    ("validation", Split::Validation),
    ("test", Split::Test),
];

#[derive(Args)]
#[command(after_help = "Examples:
  synth crops --count 6000 --persons 600 --out data/crops
  calibration faces --subject models/default --data data/crops --out faces.csv
  calibration faces --subject fer.toml --data data/mine --data data/crops --part validation --part test --out faces.csv
  calibration association --table faces.csv --label expression --prediction logit_happiness \\
      --feature mirror_distance --feature landmark_asymmetry --one-per subject

Data sets are folders of aligned faces, as `synth crops` and `trainer data` write them; a subject is what
`calibration symmetry` takes; it gets the faces in its own window and looks once, whatever fusion a bundle has.

One row per face: data, image, subject, domain, expression (as labelled), says (the surest class), p_NAME and
logit_NAME per class (the log-odds ln(p / (1 - p)) of its probability), and what its answers may go with:
  mirror_distance      1 less the structural similarity of crop and mirror image over several scales
  landmark_asymmetry   how far eyes and mouth lie from their mirror images, in distances between the eyes
  action_asymmetry     mean difference of the sides over action units, of 1, where both sides are coded
  yaw, sharpness       as the daemon measures them
What is not known is an empty cell. A face that is turned looks asymmetric, whatever it does, and is
classified less well: --max-yaw leaves it out.")]
pub(super) struct Faces {
    /// A bundle's folder, or the description (.toml) of an ONNX classifier.
    #[arg(long)]
    subject: PathBuf,
    /// A data set of labelled crops. May be repeated.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// A part of the data. May be repeated.
    #[arg(long = "part", value_name = "train|validation|test", default_value = "test", value_parser = part)]
    parts: Vec<Split>,
    /// Leave out faces turned by more degrees, or without landmarks to tell; 180 takes all.
    #[arg(long, value_name = "DEGREES", default_value_t = 15.0)]
    max_yaw: f32,
    /// The table (.csv).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    threads: Threads,
}

fn part(text: &str) -> Result<Split, String> {
    let found = PARTS.iter().find(|(name, _)| *name == text);
    let found = found.map(|(_, part)| *part);
    found.ok_or_else(|| "expected train, validation or test".to_owned())
}

impl Faces {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let subject = OnnxSubject::open(&self.subject)?;
        let (mut data, mut turned) = (Vec::new(), 0);
        for folder in &self.data {
            let mut set = Data::open(folder, &self.parts)?;
            turned += set.keep(|sample| {
                yaw(sample).map_or(self.max_yaw >= 180.0, |yaw| yaw.abs() <= self.max_yaw)
            });
            data.push(set);
        }
        let count: usize = data.iter().map(|set| set.samples().len()).sum();
        eprintln!(
            "{count} faces; {turned} more are turned by more than {} degrees, or nobody knows",
            self.max_yaw
        );
        ensure!(
            count > 0,
            "no face is left; try another --part or --max-yaw"
        );
        let threads = self.threads.set_up()?;
        let bar = faces_bar(count)?;
        let progress = |done| bar.set_position(done as u64);
        let faces = faces::read(&subject, &data, threads, &progress)?;
        bar.finish_and_clear();
        faces::write(&self.out, subject.classes(), &faces)?;
        print(&faces);
        println!("{}", self.out.display());
        Ok(End::Done)
    }
}

fn print(faces: &[Face]) {
    println!("feature             faces   mean  deviation");
    let row = |name: &str, value: fn(&Face) -> Option<f64>| {
        let values: Vec<f64> = faces.iter().filter_map(value).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|value| (value - mean).powi(2));
        let deviation = (squares.sum::<f64>() / count).sqrt();
        println!("{name:18} {:6} {mean:6.4} {deviation:10.4}", values.len());
    };
    row("mirror_distance", |face| Some(face.mirror_distance));
    row("landmark_asymmetry", |face| face.landmark_asymmetry);
    row("action_asymmetry", |face| face.action_asymmetry);
}
