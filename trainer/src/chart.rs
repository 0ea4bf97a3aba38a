//! Line charts: what run folders and learning curves are drawn with.

use std::ops::Range;

use plotters::prelude::*;

/// One per line of a chart, over again where there are more.
pub(crate) const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(255, 127, 14),
    RGBColor(90, 90, 90),
];
/// Lines of at most this many points show them.
const FEW_POINTS: usize = 20;

/// A part of a drawing.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// What runs to the right.
pub(crate) struct Axis {
    name: &'static str,
    range: Range<f64>,
    logarithmic: bool,
}

impl Axis {
    /// From zero to `end`.
    pub(crate) const fn linear(name: &'static str, end: f64) -> Self {
        Self {
            name,
            range: 0.0..end,
            logarithmic: false,
        }
    }

    /// Around positive values, in equal ratios.
    pub(crate) fn logarithmic(name: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value.log10()), high.max(value.log10()))
        });
        Self {
            name,
            range: low - 0.1..high + 0.1,
            logarithmic: true,
        }
    }

    fn place(&self, value: f64) -> f64 {
        if self.logarithmic {
            value.log10()
        } else {
            value
        }
    }

    fn label(&self, place: f64) -> String {
        if self.logarithmic {
            format!("{:.0}", 10_f64.powf(place))
        } else {
            format!("{place:.0}")
        }
    }
}

/// Draws named lines of (value, height from 0 to `top`).
///
/// # Errors
/// What the backend cannot draw.
pub(crate) fn chart(
    area: &Area<'_>,
    title: &str,
    axis: &Axis,
    top: f64,
    lines: &[(String, Vec<(f64, f64)>)],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d(axis.range.clone(), 0.0..top.max(1e-6))?;
    chart
        .configure_mesh()
        .x_desc(axis.name)
        .x_label_formatter(&|place| axis.label(*place))
        .draw()?;
    for ((name, points), colour) in lines.iter().zip(COLOURS.into_iter().cycle()) {
        let places = || points.iter().map(|&(x, y)| (axis.place(x), y));
        chart
            .draw_series(LineSeries::new(places(), &colour))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
        if points.len() <= FEW_POINTS {
            chart.draw_series(places().map(|place| Circle::new(place, 3, colour.filled())))?;
        }
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    Ok(())
}
