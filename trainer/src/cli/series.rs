//! Verbs that train many runs: `curve` and `ablate`. What is done is done: the same command goes on.

use std::{fs, num::NonZeroUsize, path::Path, process::ExitCode, sync::atomic::AtomicBool};

use anyhow::{Context, Result};
use burn::tensor::Device;

use super::{DeviceChoice, fit, images, interrupted, stop_on_ctrl_c};
use crate::{
    ablation, curve, data::Images, recipe::Recipe, run_dir::RunDir, task::Evaluation,
    train::Outcome,
};

/// How a run of a series ended: with its figures, or stopped after so many steps.
type Ended = Result<Evaluation, usize>;

/// Trains a run, or reads the figures of one that is finished.
fn run(
    recipe: &Recipe,
    images: &Images,
    place: &Path,
    device: &Device,
    stop: &AtomicBool,
) -> Result<Ended> {
    let run = RunDir::create(place, &toml::to_string(recipe)?)?;
    if run.is_finished() {
        return Ok(Ok(run.load_json("report.json")?));
    }
    let outcome = fit(recipe, images, &run, device, stop)?;
    Ok(match outcome {
        Outcome::Finished(figures) => Ok(figures),
        Outcome::Interrupted { step } => Err(step),
    })
}

/// `trainer curve`
pub(super) fn curve(
    recipe: &Recipe,
    subjects: &[usize],
    steps: Option<NonZeroUsize>,
    folder: &Path,
    device: DeviceChoice,
) -> Result<ExitCode> {
    let (images, device, stop) = (images(recipe)?, device.open()?, stop_on_ctrl_c()?);
    let steps = steps.map(NonZeroUsize::get);
    let mut points = Vec::new();
    for amount in curve::amounts(recipe, &images, subjects, steps)? {
        let place = folder.join(format!("{}-subjects", amount.subjects));
        eprintln!("{}: {} images", place.display(), amount.images);
        match run(&amount.recipe, &images, &place, &device, &stop)? {
            Ok(figures) => points.push(curve::Point::new(&amount, figures)),
            Err(step) => return Ok(interrupted(step)),
        }
    }
    curve::save(&points, folder)?;
    print_curve(&points);
    eprintln!("curve.json and curve.svg are in {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// `trainer ablate`
pub(super) fn ablate(
    recipe: &Recipe,
    rows: &[usize],
    seeds: &[u64],
    folder: &Path,
    device: DeviceChoice,
) -> Result<ExitCode> {
    let runs = ablation::runs(recipe, rows, seeds)?;
    let (device, stop) = (device.open()?, stop_on_ctrl_c()?);
    let mut finished = Vec::new();
    let count = runs.len();
    // Which subjects keep which labels follows from the seed.
    let mut loaded: Option<(u64, Images)> = None;
    for (number, ablation_run) in runs.into_iter().enumerate() {
        let place = folder.join(ablation_run.folder());
        let (name, seed) = (ablation_run.variant.name, ablation_run.seed);
        eprintln!("run {} of {count}: {name}, seed {seed}", number + 1);
        let images = match loaded.take() {
            Some((of, images)) if of == seed => images,
            _ => images(&ablation_run.recipe)?,
        };
        match run(&ablation_run.recipe, &images, &place, &device, &stop)? {
            Ok(figures) => finished.push((ablation_run, figures)),
            Err(step) => return Ok(interrupted(step)),
        }
        loaded = Some((seed, images));
    }
    let rows = ablation::rows(&finished);
    let table = ablation::table(&rows);
    let save = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    save(
        "ablation.json",
        &(serde_json::to_string_pretty(&rows)? + "\n"),
    )?;
    save("ablation.md", &table)?;
    print_table(&table);
    eprintln!("ablation.json and ablation.md are in {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the table is the command's result")]
fn print_table(table: &str) {
    print!("{table}");
}

#[expect(clippy::print_stdout, reason = "the figures are the command's result")]
fn print_curve(points: &[curve::Point]) {
    let names = curve::names(points);
    println!("{:>8} {:>8}  {}", "subjects", "images", names.join("  "));
    for point in points {
        print!("{:>8} {:>8}", point.subjects, point.images);
        for name in &names {
            let value = point.metrics.get(name).copied().unwrap_or(f64::NAN);
            print!("  {value:>width$.3}", width = name.len());
        }
        println!();
    }
}
