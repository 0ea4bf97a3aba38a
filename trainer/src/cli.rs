//! The command line: one verb per step of the flow.

mod bundle;
mod data;
mod discover;
mod series;
mod structure;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use clap::{Parser, Subcommand, ValueEnum};
use facs::DatasetKind;

use crate::{
    ablation,
    affect::{AffectSettings, AffectTask, Embeddings, GivenGraphs},
    data::{Images, hide_labels},
    export,
    face_finder::FaceFinderTask,
    face_refiner::FaceRefinerTask,
    recipe::{ModelSettings, Recipe},
    run_dir::RunDir,
    task::Evaluation,
    train::{self, Outcome},
};

/// Exit code of a run that was stopped and can go on.
const INTERRUPTED: u8 = 130;

/// Trains Mien's models and bundles them for the daemon.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  trainer train trainer/recipes/affect.toml --run runs/affect
  trainer train trainer/recipes/affect.toml --run runs/affect      (goes on after Ctrl-C)
  trainer evaluate runs/affect
  trainer curve trainer/recipes/affect.toml --subjects 100,1000,8000 --domain built-in --run runs/curve
  trainer ablate trainer/recipes/ablation.toml --seeds 1,2,3 --run runs/ablation
  trainer discover runs/affect --truth built-in --out graphs
  trainer structure --data data/crops --truth built-in --out runs/structure
  trainer data check DISFA
  trainer data import raf-db RAF-DB --out data/raf-db
  trainer bundle runs/face_finder runs/face_refiner runs/affect --name default --out models/default
  trainer restore models/default --recipe trainer/recipes/affect.toml --run runs/default"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a recipe, or go on with a run that was stopped.
    Train {
        /// The recipe.
        recipe: PathBuf,
        /// The run folder [default: runs/NAME, after the recipe's file name].
        #[arg(long)]
        run: Option<PathBuf>,
        /// Where to compute.
        #[arg(long, value_enum, default_value_t)]
        device: DeviceChoice,
    },
    /// Take the figures and thresholds of a finished run again, into its report.json.
    ///
    /// With --data the figures are those on the test part of other data sets, at the thresholds
    /// that are best on the run's own validation part; the report stays as it is.
    Evaluate {
        /// The run folder.
        run: PathBuf,
        /// A data set folder to judge the run on instead; may be repeated.
        #[arg(long)]
        data: Vec<PathBuf>,
        /// Where to compute.
        #[arg(long, value_enum, default_value_t)]
        device: DeviceChoice,
    },
    /// Train a recipe on growing numbers of subjects and draw how well each does.
    ///
    /// Every run takes the same number of steps, so that the amount of data alone differs. With
    /// --domain the figures on the other domains tell how well a model does on what it never saw.
    Curve {
        /// The recipe.
        recipe: PathBuf,
        /// Numbers of training subjects, separated by commas.
        #[arg(long, required = true, value_delimiter = ',')]
        subjects: Vec<usize>,
        /// Steps per run [default: as many as the recipe takes on all subjects].
        #[arg(long)]
        steps: Option<NonZeroUsize>,
        /// Learn from this domain only; may be repeated.
        #[arg(long)]
        domain: Vec<String>,
        /// The folder of the curve, with a run folder per number.
        #[arg(long)]
        run: PathBuf,
        /// Where to compute.
        #[arg(long, value_enum, default_value_t)]
        device: DeviceChoice,
    },
    /// Train the rows of CausalAffect's ablation (Table 3) over several seeds and print the table.
    ///
    /// Every run is a folder; what is finished is not trained again, so more seeds or rows may be
    /// added later. Rows: 1-2 no graph, 3-6 global graphs, 7-10 sample graphs, 11-15 both.
    Ablate {
        /// The recipe, of the affect model.
        recipe: PathBuf,
        /// Rows, as numbers or ranges separated by commas.
        #[arg(long, value_delimiter = ',', value_parser = ablation::parse_rows, default_value = "1-15")]
        rows: Vec<std::ops::RangeInclusive<usize>>,
        /// Seeds, separated by commas.
        #[arg(long, value_delimiter = ',', default_value = "1,2,3")]
        seeds: Vec<u64>,
        /// The folder of the ablation, with a run folder per row and seed.
        #[arg(long)]
        run: PathBuf,
        /// Where to compute.
        #[arg(long, value_enum, default_value_t)]
        device: DeviceChoice,
    },
    /// Export finished runs to ONNX, prove parity with ONNX Runtime, write a bundle.
    Bundle(bundle::Bundle),
    /// Make a finished run of a bundle's model: to train on from it (`training.start`), to evaluate
    /// it, to look into its graphs.
    Restore(bundle::Restore),
    /// Show the graphs of a finished affect run: named, beside the literature, scored, drawn.
    Discover(discover::Discover),
    /// Estimate causal graphs from coded faces: from labels alone, or from what a run sees.
    Structure(structure::Structure),
    /// Real data sets: list, check, import.
    #[command(subcommand)]
    Data(data::DataCommand),
}

/// Where to compute.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum DeviceChoice {
    /// All cores of this machine.
    #[default]
    Cpu,
    /// The first NVIDIA GPU; needs a build with `--features cuda`.
    Cuda,
}

impl DeviceChoice {
    fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0)),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda => bail!(
                "this trainer was built without CUDA: build it with `cargo build --release -p trainer --features cuda`"
            ),
        }
    }
}

/// Runs an expression with the task of a recipe's model.
macro_rules! with_task {
    ($recipe:expr, $images:expr, $device:expr, |$task:ident| $body:expr) => {
        match &$recipe.model {
            ModelSettings::Affect(settings) => {
                let $task = &affect_task(settings, $recipe, $images, $device)?;
                $body
            }
            ModelSettings::FaceFinder(settings) => {
                let $task = &FaceFinderTask {
                    settings: settings.clone(),
                };
                $body
            }
            ModelSettings::FaceRefiner(settings) => {
                let $task = &FaceRefinerTask {
                    settings: settings.clone(),
                };
                $body
            }
        }
    };
}

/// The affect model with what its recipe names besides data: given graphs, and embeddings of the
/// images where the backbone is frozen.
fn affect_task(
    settings: &AffectSettings,
    recipe: &Recipe,
    images: &Images,
    device: &Device,
) -> Result<AffectTask> {
    let embeddings = match &recipe.training.start {
        Some(start) if settings.frozen_backbone => {
            let (run, _) = RunDir::open(start).context("training.start")?;
            Some(Embeddings::of(images, &run, settings, device)?)
        }
        _ => None,
    };
    let graphs = match &settings.graph {
        Some(path) => Some(GivenGraphs::load(path, &settings.expressions)?),
        None => None,
    };
    Ok(AffectTask {
        settings: settings.clone(),
        embeddings,
        graphs,
    })
}

/// Runs the command line and tells the shell how it went.
#[must_use]
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("trainer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Data(command) => data::run(&command),
        Command::Discover(command) => {
            discover::run(&command)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Structure(command) => {
            structure::run(&command)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Train {
            recipe: path,
            run,
            device,
        } => {
            let (recipe, text) = Recipe::load(&path)?;
            let name = path.file_stem().context("the recipe has no file name")?;
            let folder = run.unwrap_or_else(|| Path::new("runs").join(name));
            let run = RunDir::create(&folder, &text)?;
            let (images, device, stop) = (images(&recipe)?, device.open()?, stop_on_ctrl_c()?);
            let outcome = fit(&recipe, &images, &run, &device, &stop)?;
            match outcome {
                Outcome::Finished(figures) => {
                    print(&figures);
                    eprintln!("weights, figures and plot are in {}", folder.display());
                    Ok(ExitCode::SUCCESS)
                }
                Outcome::Interrupted { step } => Ok(interrupted(step)),
            }
        }
        Command::Curve {
            recipe,
            subjects,
            steps,
            domain,
            run,
            device,
        } => {
            let (mut recipe, _) = Recipe::load(&recipe)?;
            if !domain.is_empty() {
                recipe.data.domains = domain;
            }
            series::curve(&recipe, &subjects, steps, &run, device)
        }
        Command::Ablate {
            recipe,
            rows,
            seeds,
            run,
            device,
        } => {
            let (recipe, _) = Recipe::load(&recipe)?;
            let rows: Vec<usize> = rows.into_iter().flatten().collect();
            series::ablate(&recipe, &rows, &seeds, &run, device)
        }
        Command::Evaluate {
            run: folder,
            data,
            device,
        } => {
            evaluate(&folder, &data, device)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Bundle(command) => command.run(),
        Command::Restore(command) => command.run(),
    }
}

/// Takes the figures of a finished run, on its own test part or on that of other data.
fn evaluate(folder: &Path, data: &[PathBuf], device: DeviceChoice) -> Result<()> {
    let (run, recipe) = RunDir::open(folder)?;
    let (mut images, device) = (images(&recipe)?, device.open()?);
    let own = images.samples.len();
    let figures = if data.is_empty() {
        with_task!(&recipe, &images, &device, |task| train::evaluate(
            task, &recipe, &images, &run, &device
        )?)
    } else {
        images.append_all(load(&recipe, data)?);
        with_task!(&recipe, &images, &device, |task| train::evaluate_on_other(
            task, &recipe, &images, own, &run, &device
        )?)
    };
    print(&figures);
    Ok(())
}

/// The images of a recipe, with the labels that it leaves them.
fn images(recipe: &Recipe) -> Result<Images> {
    let mut images = load(recipe, &recipe.data.folders)?;
    hide_labels(&mut images, &recipe.data.supervision, recipe.seed);
    Ok(images)
}

/// Images of the kind and size that a recipe's model needs.
fn load(recipe: &Recipe, folders: &[PathBuf]) -> Result<Images> {
    let (kind, width, height) = match &recipe.model {
        ModelSettings::Affect(settings) => (DatasetKind::Crops, settings.size, settings.size),
        ModelSettings::FaceFinder(settings) => {
            (DatasetKind::Scenes, settings.width, settings.height)
        }
        ModelSettings::FaceRefiner(settings) => {
            (DatasetKind::Scenes, settings.width, settings.height)
        }
    };
    Images::load(folders, kind, width, height)
        .context("make the data first with `synth crops` and `synth scenes`, see --help there")
}

/// Trains a run, whatever its model is.
fn fit(
    recipe: &Recipe,
    images: &Images,
    run: &RunDir,
    device: &Device,
    stop: &AtomicBool,
) -> Result<Outcome> {
    run.save_json(export::DATA_NOTE, &export::origins(recipe, images)?)?;
    with_task!(recipe, images, device, |task| train::train(
        task, recipe, images, run, device, stop
    ))
}

/// A flag that the first Ctrl-C sets; the second ends the process.
fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        eprintln!("\nstopping at the next step; once more to stop at once");
    })?;
    Ok(stop)
}

fn interrupted(step: usize) -> ExitCode {
    eprintln!("stopped after step {step}; the same command goes on from there");
    ExitCode::from(INTERRUPTED)
}

#[expect(clippy::print_stdout, reason = "the figures are the command's result")]
fn print(figures: &Evaluation) {
    for (name, value) in &figures.metrics {
        println!("{name:<36} {value:.4}");
    }
}
