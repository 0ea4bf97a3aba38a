//! Loss and figures over the steps, as an SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::run_dir::MetricsLine;

const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(255, 127, 14),
    RGBColor(90, 90, 90),
];

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

    let top = loss.iter().map(|&(_, value)| value).fold(0.0, f64::max);
    chart(
        &above,
        "training loss",
        last,
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
    chart(&below, "validation", last, 1.0, &figures).map_err(|error| failed(&error))?;
    root.present().map_err(|error| failed(&error))
}

fn series(lines: &[MetricsLine], part: &str, name: &str) -> Vec<(f64, f64)> {
    let of_part = lines.iter().filter(|line| line.part == part);
    of_part
        .filter_map(|line| Some((line.step as f64, *line.values.get(name)?)))
        .collect()
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn chart(
    area: &Area<'_>,
    title: &str,
    steps: usize,
    top: f64,
    series: &[(String, Vec<(f64, f64)>)],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..steps as f64, 0.0..top.max(1e-6))?;
    chart.configure_mesh().x_desc("step").draw()?;
    for ((name, points), colour) in series.iter().zip(COLOURS) {
        chart
            .draw_series(LineSeries::new(points.iter().copied(), &colour))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    Ok(())
}
