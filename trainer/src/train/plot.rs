//! Loss and figures over the steps, as an SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::{
    chart::{Axis, COLOURS, chart},
    run_dir::MetricsLine,
};

/// Draws the training loss above and the validation figures below. A log without lines draws
/// nothing.
pub(super) fn draw(lines: &[MetricsLine], path: &Path) -> Result<()> {
    let loss: Vec<(f64, f64)> = series(lines, "train", "loss");
    let Some(last) = lines
        .iter()
        .map(|line| line.step)
        .max()
        .filter(|_| !loss.is_empty())
    else {
        return Ok(());
    };
    let root = SVGBackend::new(path, (900, 700)).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| anyhow!("cannot draw {}: {error}", path.display());
    root.fill(&WHITE).map_err(|error| failed(&error))?;
    let (above, below) = root.split_vertically(350);

    let steps = Axis::linear("step", last as f64);
    let top = loss.iter().map(|&(_, value)| value).fold(0.0, f64::max);
    chart(
        &above,
        "training loss",
        &steps,
        top * 1.05,
        &[("loss".into(), loss)],
    )
    .map_err(|error| failed(&error))?;

    let mut names: Vec<&str> = lines
        .iter()
        .filter(|line| line.part == "validation")
        .flat_map(|line| line.values.keys())
        .map(String::as_str)
        .filter(|name| !name.contains('/'))
        .collect();
    names.sort_unstable();
    names.dedup();
    let figures: Vec<(String, Vec<(f64, f64)>)> = names
        .iter()
        .take(COLOURS.len())
        .map(|name| ((*name).into(), series(lines, "validation", name)))
        .collect();
    chart(&below, "validation", &steps, 1.0, &figures).map_err(|error| failed(&error))?;
    root.present().map_err(|error| failed(&error))
}

fn series(lines: &[MetricsLine], part: &str, name: &str) -> Vec<(f64, f64)> {
    let of_part = lines.iter().filter(|line| line.part == part);
    of_part
        .filter_map(|line| Some((line.step as f64, *line.values.get(name)?)))
        .collect()
}
