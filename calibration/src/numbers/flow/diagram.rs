//! Reliability diagrams and the risk-coverage curve, as SVG.

use plotters::{coord::Shift, prelude::*};

use super::figures::{ExpressionFigures, Figures, Pair, Stage};

const COLUMNS: usize = 5;
const PANEL: (u32, u32) = (240, 240);
const BEFORE: RGBColor = RGBColor(150, 150, 150);
const AFTER: RGBColor = RGBColor(31, 119, 180);

type Problem = Box<dyn std::error::Error>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Reliability of the likeliest expression, and risk over coverage beside it.
pub(super) fn expression(figures: &Figures) -> Result<String, Problem> {
    drawing((760, 380), (1, 2), |areas| {
        let Some(expression) = &figures.expression else {
            return Ok(());
        };
        reliability(&areas[0], "the likeliest expression", &expression.diagram)?;
        risk(&areas[1], expression)
    })
}

/// One reliability diagram per unit.
pub(super) fn units(figures: &Figures) -> Result<String, Problem> {
    let rows = figures.units.len().div_ceil(COLUMNS).max(1);
    let size = (COLUMNS as u32 * PANEL.0, rows as u32 * PANEL.1);
    drawing(size, (rows, COLUMNS), |areas| {
        for (area, unit) in areas.iter().zip(&figures.units) {
            let title = format!("{} {}", unit.unit, unit.unit.name());
            reliability(area, &title, &unit.diagram)?;
        }
        Ok(())
    })
}

fn drawing(
    size: (u32, u32),
    split: (usize, usize),
    draw: impl Fn(&[Area<'_>]) -> Result<(), Problem>,
) -> Result<String, Problem> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        draw(&root.split_evenly(split))?;
        root.present()?;
    }
    Ok(svg)
}

/// How often what was said came true: grey as it was, blue with intervals as it is now. On the diagonal
/// it is calibrated.
fn reliability(area: &Area<'_>, title: &str, stages: &Pair<Vec<Stage>>) -> Result<(), Problem> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 14))
        .margin(8)
        .x_label_area_size(30)
        .y_label_area_size(38)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("probability")
        .y_desc("came true")
        .x_labels(5)
        .y_labels(5)
        .draw()?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], BLACK.mix(0.4)))?;
    let points = |stages: &[Stage]| {
        let point = |stage: &Stage| (stage.confidence, stage.frequency.share);
        stages.iter().map(point).collect::<Vec<_>>()
    };
    chart.draw_series(LineSeries::new(
        points(&stages.before),
        BEFORE.stroke_width(2),
    ))?;
    chart.draw_series(stages.after.iter().map(|stage| {
        let (x, frequency) = (stage.confidence, stage.frequency);
        PathElement::new([(x, frequency.low), (x, frequency.high)], AFTER.mix(0.5))
    }))?;
    chart.draw_series(LineSeries::new(
        points(&stages.after),
        AFTER.stroke_width(2),
    ))?;
    let after = points(&stages.after).into_iter();
    chart.draw_series(after.map(|point| Circle::new(point, 2, AFTER.filled())))?;
    Ok(())
}

/// Share of wrong answers over the share of faces that get one.
fn risk(area: &Area<'_>, expression: &ExpressionFigures) -> Result<(), Problem> {
    let most = expression.curve.iter().map(|point| point.risk);
    let mut chart = ChartBuilder::on(area)
        .caption("abstaining from the least confident", ("sans-serif", 14))
        .margin(8)
        .x_label_area_size(30)
        .y_label_area_size(38)
        .build_cartesian_2d(0.0..1.0, 0.0..most.fold(0.05, f64::max) * 1.1)?;
    chart
        .configure_mesh()
        .x_desc("share of faces answered")
        .y_desc("share of answers wrong")
        .x_labels(5)
        .y_labels(5)
        .draw()?;
    let point = |point: &crate::numbers::abstain::Selection| (point.coverage, point.risk);
    let curve = expression.curve.iter().map(point);
    chart.draw_series(LineSeries::new(curve, AFTER.stroke_width(2)))?;
    let limits = expression.limits.iter().map(|limit| point(&limit.test));
    chart.draw_series(limits.map(|place| Circle::new(place, 4, AFTER.filled())))?;
    Ok(())
}
