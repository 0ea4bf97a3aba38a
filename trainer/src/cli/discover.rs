//! `trainer discover`: the graphs of a finished run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::{module::Module, tensor::Device};
use clap::{Args, value_parser};
use facs::{ActionUnit, DatasetKind};

use super::DeviceChoice;
use crate::{
    affect::{AffectNetwork, AffectTask},
    data::Images,
    discover::{
        Cut, Discovery, contexts::Compared, graphs, samples::SampleGraphs, save_contexts,
        save_samples, truth::Truth,
    },
    recipe::ModelSettings,
    run_dir::RunDir,
    task::Task,
};

#[derive(Args)]
#[command(after_help = "Examples:
  trainer discover runs/affect
  trainer discover runs/affect --edges 40 --out graphs
  trainer discover runs/affect --truth built-in --out graphs
  trainer discover runs/affect --truth my-affect.toml --least 0.2
  trainer discover runs/affect --images data/crops --count 200 --out graphs
  trainer discover runs/affect --images data/crops --image 12 --image 40
  trainer discover runs/affect --images data/smiles --context smile --active AU06,AU12

docs/discovery.md says what the scores mean.")]
pub(super) struct Discover {
    /// The run folder of a finished affect model.
    run: PathBuf,
    /// Folder for JSON, GML and drawings; made if missing.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Edges of this weight or more, of either sign, count as found. A network begins with weights
    /// of about 0.1.
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.1, value_parser = weight)]
    least: f32,
    /// The N strongest edges of each graph count as found instead.
    #[arg(long, value_name = "N", conflicts_with = "least")]
    edges: Option<usize>,
    /// Score against the true graph of synthetic people: built-in, or a causal model file.
    #[arg(long, value_name = "MODEL")]
    truth: Option<String>,
    /// Also look at the graphs of single images of this folder of crops.
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// How many images, from the first on.
    #[arg(long, value_name = "N", default_value_t = 16, requires = "images", value_parser = value_parser!(u32).range(1..))]
    count: u32,
    /// This image instead, by its position from 0. May be repeated.
    #[arg(
        long,
        value_name = "INDEX",
        requires = "images",
        conflicts_with = "count"
    )]
    image: Vec<usize>,
    /// Test whether the images of the two values of this context (`smile`, `culture`) have different
    /// graphs although the same units are active. Looks at all images of the folder.
    #[arg(long, value_name = "NAME", requires = "images")]
    context: Option<String>,
    /// Only images in which these units are active.
    #[arg(
        long,
        value_name = "UNITS",
        requires = "context",
        value_delimiter = ','
    )]
    active: Vec<ActionUnit>,
    /// Permutations of that test.
    #[arg(long, value_name = "N", requires = "context", default_value_t = 9_999)]
    permutations: usize,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
}

fn weight(text: &str) -> Result<f32, String> {
    let weight = text.parse().ok();
    weight
        .filter(|weight| (0.0..1.0).contains(weight))
        .ok_or_else(|| "expected a number from 0 to 1".into())
}

#[expect(clippy::print_stdout, reason = "the graphs are the command's result")]
pub(super) fn run(command: &Discover) -> Result<()> {
    let device = command.device.open()?;
    let (task, network) = load(&command.run, &device)?;
    let expressions = &task.settings.expressions;
    let cut = command
        .edges
        .map_or(Cut::Least(command.least), Cut::Strongest);
    let truth = command.truth.as_deref();
    let truth = truth
        .map(|name| Truth::load(name, expressions))
        .transpose()?;

    let all = graphs::global(&network, expressions)?;
    let discovery = Discovery::of(all, expressions, cut, truth);
    print!("{discovery}");
    if let Some(out) = &command.out {
        discovery.save(out)?;
    }
    if let Some(folder) = &command.images {
        let size = task.settings.size;
        let images = Images::load(std::slice::from_ref(folder), DatasetKind::Crops, size, size)?;
        if let Some(context) = &command.context {
            let compared = Compared::new(&images, context, &command.active)?;
            let test = compared.test(&task, &network, &images, command.permutations, &device)?;
            print!("\n{test}");
            if let Some(out) = &command.out {
                save_contexts(&test, out)?;
            }
        }
        let chosen = chosen(command, images.samples.len())?;
        let samples = SampleGraphs::of(&task, &network, &images, &chosen, &device)?;
        print!("\n{samples}");
        if let Some(out) = &command.out {
            save_samples(&samples, out)?;
        }
    }
    if let Some(out) = &command.out {
        eprintln!("graphs, scores and drawings are in {}", out.display());
    }
    Ok(())
}

/// The network of a finished affect run.
pub(super) fn load(folder: &Path, device: &Device) -> Result<(AffectTask, AffectNetwork)> {
    let (run, recipe) = RunDir::open(folder)?;
    let ModelSettings::Affect(settings) = recipe.model else {
        bail!(
            "{} holds no affect model: only these have graphs; give the run of an [affect] recipe",
            folder.display()
        );
    };
    let task = AffectTask {
        settings,
        embeddings: None,
        graphs: None,
    };
    let network = task
        .network(device)
        .try_load_record(run.load_weights()?)
        .with_context(|| format!("{}: weights.bpk does not fit the recipe", folder.display()))?;
    Ok((task, network))
}

/// Positions of the images to look at.
fn chosen(command: &Discover, there: usize) -> Result<Vec<usize>> {
    if command.image.is_empty() {
        return Ok((0..there.min(command.count as usize)).collect());
    }
    for &image in &command.image {
        ensure!(
            image < there,
            "--image {image}: there are {there} images, counted from 0"
        );
    }
    Ok(command.image.clone())
}
