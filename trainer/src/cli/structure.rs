//! `trainer structure`: causal graphs from coded faces.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use facs::{DatasetKind, Expression, GlobalGraphs, Sample, Split};
use synth::causal::Graphs;

use super::{DeviceChoice, discover};
use crate::{
    data::Images,
    discover::{Cut, Discovery, levels, truth::Truth},
    run_dir::RunDir,
    structure::{self, LevelTable, Scale, StructureSettings},
};

#[derive(Args)]
#[command(after_help = "Examples:
  trainer structure --data data/crops --out runs/structure
  trainer structure --data data/crops --truth built-in --out runs/structure
  trainer structure --data data/crops --data data/pairs --intentions 1 --out runs/structure
  trainer structure --data data/crops --predictions runs/affect --truth built-in --out runs/seen

A recipe takes the graph with `graph = \"runs/structure/graph.json\"` under [affect].
docs/discovery.md says what is assumed.")]
pub(super) struct Structure {
    /// A data set folder of crops whose action units are coded; may be repeated. Images in which a unit
    /// was set (`synth interventions`) orient edges.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// What is read of a label: whole FACS levels, scores between them, or whether a unit is on.
    #[arg(long, value_enum, default_value_t)]
    scale: ScaleChoice,
    /// Instead of the labels of the training part, what this run sees in the images of the test part.
    #[arg(long, value_name = "RUN")]
    predictions: Option<PathBuf>,
    /// Faces to look at, spread over all.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    rows: usize,
    /// Classes of the hidden intention that may move several units at once; 1 for none.
    #[arg(long, value_name = "K", default_value_t = 10)]
    intentions: usize,
    /// Score against the true graph of synthetic people: built-in, or a causal model file.
    #[arg(long, value_name = "MODEL")]
    truth: Option<String>,
    /// Folder for graph.json, GML and drawings; made if missing.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Where to compute predictions.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
}

/// What is read of a label.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ScaleChoice {
    /// Whole FACS levels, 0 to 5.
    #[default]
    Levels,
    /// Intensities as they stand.
    Scores,
    /// On or off.
    OnOff,
}

#[expect(clippy::print_stdout, reason = "the graphs are the command's result")]
pub(super) fn run(command: &Structure) -> Result<()> {
    ensure!(command.rows > 0, "--rows: must be at least 1");
    let (table, expressions) = match &command.predictions {
        Some(run) => seen(command, run)?,
        None => (labels(command)?, Expression::EIGHT.to_vec()),
    };
    eprintln!("{} faces", table.rows());
    let settings = StructureSettings {
        intentions: command.intentions,
        ..StructureSettings::default()
    };
    let mut tell = |progress| eprintln!("{progress}");
    let all = Graphs {
        au_au: structure::au_graph(&table, &settings, &mut tell)?,
        au_expression: structure::expression_graph(&table, &settings)?,
    };
    let truth = command.truth.as_deref();
    let truth = truth
        .map(|name| Truth::load(name, &expressions))
        .transpose()?;
    let graphs = GlobalGraphs {
        au_au: all.au_au.edges.clone(),
        au_expression: all.au_expression.edges.clone(),
    };
    let discovery = Discovery::of(all, &expressions, Cut::Least(0.0), truth);
    print!("{discovery}");
    if let Some(out) = &command.out {
        discovery.save(out)?;
        let path = out.join("graph.json");
        let text = serde_json::to_string_pretty(&graphs)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("graph.json, scores and drawings are in {}", out.display());
    }
    Ok(())
}

/// The labels of the training part.
fn labels(command: &Structure) -> Result<LevelTable> {
    let scale = match command.scale {
        ScaleChoice::Levels => Scale::Levels,
        ScaleChoice::Scores => Scale::Scores,
        ScaleChoice::OnOff => Scale::OnOff,
    };
    let mut samples: Vec<Sample> = Vec::new();
    for folder in &command.data {
        let (_, labels) = facs::Dataset::load_labels(folder)?;
        samples.extend(labels.into_iter().filter(|it| it.split == Split::Train));
    }
    levels::coded(&samples, scale, command.rows)
}

/// What a run sees in the test part, and the expressions that it knows.
fn seen(command: &Structure, folder: &Path) -> Result<(LevelTable, Vec<Expression>)> {
    let device = command.device.open()?;
    let (task, network) = discover::load(folder, &device)?;
    let (run, _) = RunDir::open(folder)?;
    let report = run.load_json("report.json")?;
    let size = task.settings.size;
    let images = Images::load(&command.data, DatasetKind::Crops, size, size)?;
    let judged: Vec<usize> = (0..images.samples.len())
        .filter(|&index| images.samples[index].split == Split::Test)
        .collect();
    let chosen: Vec<usize> = levels::spread(judged.len(), command.rows)
        .into_iter()
        .map(|place| judged[place])
        .collect();
    let table = levels::predicted(&task, &network, &report, &images, &chosen, &device)?;
    Ok((table, task.settings.expressions))
}
