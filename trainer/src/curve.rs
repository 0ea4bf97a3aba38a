//! Learning curves: the same recipe on growing amounts of data.
//!
//! Takes a recipe and numbers of subjects; gives the recipe of each run, all of the same number of
//! steps, and from their figures `curve.json` and `curve.svg`.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, anyhow, ensure};
use plotters::prelude::*;
use serde::Serialize;

use crate::{
    chart::{Axis, chart},
    data::{BatchPlan, Images, Parts},
    recipe::Recipe,
    task::Evaluation,
};

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (520, 360);

/// One run of a curve, to be done.
#[derive(Clone, Debug)]
pub struct Amount {
    /// Training subjects.
    pub subjects: usize,
    /// Training images of these subjects.
    pub images: usize,
    /// The run's recipe.
    pub recipe: Recipe,
}

/// One run of a curve, done.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// Training subjects.
    pub subjects: usize,
    /// Training images.
    pub images: usize,
    /// Figures on the test part, by name.
    pub metrics: BTreeMap<String, f64>,
}

impl Point {
    /// A run's figures beside its amount of data.
    #[must_use]
    pub fn new(amount: &Amount, figures: Evaluation) -> Self {
        Self {
            subjects: amount.subjects,
            images: amount.images,
            metrics: figures.metrics,
        }
    }
}

/// The runs of a curve, from few subjects to many. All take `steps` steps, or as many as the recipe
/// takes on all subjects, and are evaluated at their end alone.
///
/// # Errors
/// When a number of subjects is not there, or too small for a batch.
pub fn amounts(
    recipe: &Recipe,
    images: &Images,
    subjects: &[usize],
    steps: Option<usize>,
) -> Result<Vec<Amount>> {
    let batch = recipe.training.batch;
    let steps_per_epoch = |data: &_| -> Result<(usize, usize)> {
        let train = Parts::new(images, data, recipe.seed)?.train;
        let images = train.len();
        Ok((
            images,
            BatchPlan::new(train, batch, recipe.seed).steps_per_epoch(),
        ))
    };
    let total = match steps {
        Some(steps) => steps,
        None => recipe.training.steps(steps_per_epoch(&recipe.data)?.1),
    };
    let mut subjects = subjects.to_vec();
    subjects.sort_unstable();
    subjects.dedup();
    let amount = |&subjects: &usize| {
        let mut recipe = recipe.clone();
        recipe.data.subjects = Some(subjects);
        let (images, per_epoch) = steps_per_epoch(&recipe.data)?;
        ensure!(
            images >= batch,
            "{subjects} subjects have {images} images, less than a batch of {batch}: ask for more"
        );
        recipe.training.epochs = total as f64 / per_epoch as f64;
        recipe.training.evaluate_epochs = recipe.training.epochs as usize + 1;
        Ok(Amount {
            subjects,
            images,
            recipe,
        })
    };
    subjects.iter().map(amount).collect()
}

/// Figures of the whole and of its domains, in order; those of single classes (`au_f1/AU01`) stay
/// in the run folders.
#[must_use]
pub fn names(points: &[Point]) -> Vec<String> {
    let Some(point) = points.first() else {
        return Vec::new();
    };
    let whole = |name: &str| {
        point
            .metrics
            .contains_key(name.split('/').next().unwrap_or(name))
    };
    point
        .metrics
        .keys()
        .filter(|name| whole(name))
        .cloned()
        .collect()
}

/// Writes `curve.json` and `curve.svg` into a folder.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(points: &[Point], folder: &Path) -> Result<()> {
    let path = folder.join("curve.json");
    fs::write(&path, serde_json::to_string_pretty(points)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    let path = folder.join("curve.svg");
    draw(points, &path).map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))
}

/// One panel per figure, one line per domain.
fn draw(points: &[Point], path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let names = names(points);
    let figures: Vec<&String> = names.iter().filter(|name| !name.contains('/')).collect();
    let axis = Axis::logarithmic(
        "training images",
        points.iter().map(|point| point.images as f64),
    );
    let size = (PANEL.0 * figures.len().max(1) as u32, PANEL.1);
    let root = SVGBackend::new(path, size).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, figure) in root
        .split_evenly((1, figures.len().max(1)))
        .iter()
        .zip(figures)
    {
        let of_figure = names
            .iter()
            .filter(|name| name.split('/').next() == Some(figure));
        let lines: Vec<(String, Vec<(f64, f64)>)> = of_figure
            .map(|name| {
                let label = name.split_once('/').map_or("all", |(_, domain)| domain);
                let values = points
                    .iter()
                    .filter_map(|point| Some((point.images as f64, *point.metrics.get(name)?)));
                (label.to_owned(), values.collect())
            })
            .collect();
        let heights = lines.iter().flat_map(|(_, line)| line).map(|&(_, y)| y);
        chart(area, figure, &axis, heights.fold(1.0, f64::max), &lines)?;
    }
    root.present()?;
    Ok(())
}
