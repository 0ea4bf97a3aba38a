//! Plots of an audit: surfaces, curves and scores, one panel per expression.

use plotters::{coord::Shift, prelude::*};

use crate::audit::{ExpressionFigures, Figures};

const COLUMNS: usize = 3;
const PANEL: [u32; 2] = [300, 240];
const LINE: RGBColor = RGBColor(31, 119, 180);

type Problem = Box<dyn std::error::Error>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Mean probability over symmetry and time, as heat maps.
pub(super) fn surfaces(figures: &Figures) -> Result<String, Problem> {
    let symmetries = figures.design.symmetries;
    let times = figures.design.times;
    panels(figures, |area, of| {
        let mut chart = panel(area, of).build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        let cells = of.surface.iter().enumerate().map(|(place, p)| {
            let [s, t] = [place / times, place % times];
            let corner =
                |s: usize, t: usize| (t as f64 / times as f64, s as f64 / symmetries as f64);
            Rectangle::new([corner(s, t), corner(s + 1, t + 1)], heat(*p).filled())
        });
        chart.draw_series(cells)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc("time")
            .y_desc("symmetry")
            .x_labels(3)
            .y_labels(3)
            .draw()?;
        Ok(())
    })
}

/// Probability at the apex over symmetry: the middle person, and nine of ten people.
pub(super) fn curves(figures: &Figures) -> Result<String, Problem> {
    let steps = figures.design.symmetry_steps();
    panels(figures, |area, of| {
        let mut chart = panel(area, of).build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        chart
            .configure_mesh()
            .x_desc("symmetry")
            .y_desc("probability")
            .x_labels(5)
            .y_labels(5)
            .draw()?;
        let at = |share: usize| {
            steps
                .iter()
                .zip(&of.spread)
                .map(move |(s, row)| (*s, row[share]))
        };
        let band: Vec<(f64, f64)> = at(0)
            .chain(at(2).collect::<Vec<_>>().into_iter().rev())
            .collect();
        chart.draw_series([Polygon::new(band, LINE.mix(0.2).filled())])?;
        chart.draw_series(LineSeries::new(at(1), LINE.stroke_width(2)))?;
        Ok(())
    })
}

/// The score of every person, sorted.
pub(super) fn scores(figures: &Figures) -> Result<String, Problem> {
    let people = figures.expressions.iter().flat_map(|of| &of.people);
    let most = people.map(|person| person.score.abs()).fold(0.05, f64::max) * 1.1;
    panels(figures, |area, of| {
        let mut scores: Vec<f64> = of.people.iter().map(|person| person.score).collect();
        scores.sort_by(f64::total_cmp);
        let mut chart =
            panel(area, of).build_cartesian_2d(0.0..scores.len() as f64, -most..most)?;
        chart
            .configure_mesh()
            .x_desc("people")
            .y_desc("impact score")
            .x_labels(3)
            .y_labels(5)
            .draw()?;
        let places = scores.iter().enumerate();
        chart
            .draw_series(places.map(|(place, score)| {
                Circle::new((place as f64 + 0.5, *score), 2, LINE.filled())
            }))?;
        Ok(())
    })
}

/// The frame of one expression's panel.
fn panel<'a, 'b>(
    area: &'a Area<'b>,
    of: &ExpressionFigures,
) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut chart = ChartBuilder::on(area);
    chart
        .caption(of.expression.name(), ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(30)
        .y_label_area_size(40);
    chart
}

/// A drawing with one panel per expression.
fn panels(
    figures: &Figures,
    draw: impl Fn(&Area<'_>, &ExpressionFigures) -> Result<(), Problem>,
) -> Result<String, Problem> {
    let count = figures.expressions.len();
    let columns = COLUMNS.min(count.max(1));
    let rows = count.div_ceil(columns).max(1);
    let mut svg = String::new();
    {
        let size = (columns as u32 * PANEL[0], rows as u32 * PANEL[1]);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let areas = root.split_evenly((rows, columns));
        for (area, of) in areas.iter().zip(&figures.expressions) {
            draw(area, of)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// From dark blue, 0, over green to yellow, 1: perceived brightness grows evenly.
fn heat(share: f64) -> RGBColor {
    const STOPS: [[f64; 3]; 5] = [
        [68.0, 1.0, 84.0],
        [59.0, 82.0, 139.0],
        [33.0, 145.0, 140.0],
        [94.0, 201.0, 98.0],
        [253.0, 231.0, 37.0],
    ];
    let place = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let below = (place as usize).min(STOPS.len() - 2);
    let [low, high] = [STOPS[below], STOPS[below + 1]];
    let mix = |channel: usize| {
        (low[channel] + (high[channel] - low[channel]) * (place - below as f64)).round() as u8
    };
    RGBColor(mix(0), mix(1), mix(2))
}
