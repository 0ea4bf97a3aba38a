//! The graphs on paper: heat maps of whole matrices, and a drawing of what counts as found.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use facs::{ActionUnit, Expression, Graph};
use synth::{
    causal::Graphs,
    graph::{Diagram, HeatMap},
};

use super::truth::Truth;

/// A heat map whose sources are the action units; no unit acts on itself.
pub(super) fn heat_map<'a>(title: &'a str, rows: Vec<&'a str>, values: Vec<f32>) -> HeatMap<'a> {
    let columns = ActionUnit::ALL.map(ActionUnit::code).to_vec();
    let names = |index: usize| (rows[index / columns.len()], columns[index % columns.len()]);
    let values = values.into_iter().enumerate();
    let values = values.map(|(index, value)| {
        let (to, from) = names(index);
        (from != to).then_some(value)
    });
    HeatMap {
        title,
        values: values.collect(),
        framed: Vec::new(),
        frame: "",
        rows,
        columns,
    }
}

/// Writes `graph.svg` and `graph.gml` of what was found, and `au_au.svg` and `au_expression.svg` of
/// all weights. Frames show where the truth has an edge.
pub(super) fn save(
    folder: &Path,
    diagram: &Diagram,
    all: &Graphs,
    expressions: &[Expression],
    truth: Option<&Truth>,
) -> Result<()> {
    write(folder, "graph.svg", &diagram.to_svg())?;
    write(folder, "graph.gml", &diagram.to_gml())?;
    let truth = truth.map(Truth::graphs);
    let (units, unit) = (&ActionUnit::ALL, ActionUnit::code);
    let between = framed(
        matrix(
            "Action units (columns) act on action units (rows)",
            &all.au_au,
            units,
            unit,
        ),
        truth.map(|truth| matrix("", &truth.au_au, units, unit)),
    );
    write(folder, "au_au.svg", &between.to_svg())?;
    let name = Expression::name;
    let towards = framed(
        matrix(
            "Action units (columns) show expressions (rows)",
            &all.au_expression,
            expressions,
            name,
        ),
        truth.map(|truth| matrix("", &truth.au_expression, expressions, name)),
    );
    write(folder, "au_expression.svg", &towards.to_svg())
}

/// Writes a text file.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// All weights of a graph; what it has no edge for is 0.
fn matrix<T: Copy + PartialEq>(
    title: &'static str,
    graph: &Graph<ActionUnit, T>,
    targets: &[T],
    name: fn(T) -> &'static str,
) -> HeatMap<'static> {
    let mut values = vec![0.0; targets.len() * ActionUnit::COUNT];
    for edge in &graph.edges {
        if let Some(row) = targets.iter().position(|target| *target == edge.to) {
            values[row * ActionUnit::COUNT + edge.from.index()] = edge.weight.get();
        }
    }
    heat_map(
        title,
        targets.iter().map(|target| name(*target)).collect(),
        values,
    )
}

fn framed<'a>(map: HeatMap<'a>, truth: Option<HeatMap<'_>>) -> HeatMap<'a> {
    let framed = truth.map_or_else(Vec::new, |truth| {
        let values = truth.values.into_iter();
        values
            .map(|value| value.is_some_and(|value| value != 0.0))
            .collect()
    });
    HeatMap {
        framed,
        frame: "an edge of the truth",
        ..map
    }
}
