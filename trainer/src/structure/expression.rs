//! From action units to expressions: a sparse multinomial regression.
//!
//! Starts from every weight and drops, weakest first, those whose Wald statistic `(w / se)^2` does not
//! pay its cost by the Bayesian information criterion, fitting again in between.
//!
//! A softmax does not change when one number is added to a unit's weights towards all expressions. That
//! number is chosen so that the median expression has weight 0: most expressions know nothing of most units.

use facs::{ActionUnit, Edge, Expression, Graph, Weight};
use nalgebra::DMatrix;

use super::{
    LevelTable, StructureError, StructureSettings,
    multinomial::{Derivatives, Faces, Weights},
    samples::LEAST_ROWS,
    strongest_first,
};

/// Part of the weights that do not pay which is dropped before the next fit.
const DROPPED_AT_ONCE: f64 = 0.3;

/// The graph from the units of a table to the expressions that its rows state, edges strongest first.
/// Rows without an expression are left out.
///
/// A weight is `tanh(b / 2)` for log-odds `b` per level: twice the probability above one half that one
/// level of the unit gives an expression over the median one, from even odds. It never reaches 1 and keeps the
/// order.
///
/// # Errors
/// [`StructureError`] for fewer than 200 rows with an expression, for fewer than two expressions and for
/// settings out of their range.
pub fn expression_graph(
    table: &LevelTable,
    settings: &StructureSettings,
) -> Result<Graph<ActionUnit, Expression>, StructureError> {
    settings.check()?;
    let (faces, expressions) = faces(table)?;
    let weights = sparse(&faces, settings.parameter_cost(faces.class.len()));
    let mut edges = Vec::new();
    for (column, &to) in expressions.iter().enumerate() {
        for (row, &from) in table.units().iter().enumerate() {
            let log_odds = weights.values[(row, column)];
            if log_odds == 0.0 || log_odds.abs() < f64::from(settings.min_weight) {
                continue;
            }
            // A hyperbolic tangent is never refused.
            if let Ok(weight) = Weight::from_tanh((0.5 * log_odds).tanh() as f32) {
                edges.push(Edge { from, to, weight });
            }
        }
    }
    Ok(strongest_first(edges))
}

/// The rows that state an expression, and the expressions they state in the order of the vocabulary.
fn faces(table: &LevelTable) -> Result<(Faces, Vec<Expression>), StructureError> {
    let stated: Vec<(usize, Expression)> = (0..table.rows())
        .filter_map(|row| Some((row, table.expressions()[row]?)))
        .collect();
    let occurs = |&expression: &Expression| stated.iter().any(|&(_, stated)| stated == expression);
    let expressions: Vec<Expression> = Expression::ALL.into_iter().filter(occurs).collect();
    if stated.len() < LEAST_ROWS {
        return Err(StructureError::TooFewRows {
            found: stated.len(),
            of: "with an expression",
            least: LEAST_ROWS,
        });
    }
    if expressions.len() < 2 {
        return Err(StructureError::TooFewExpressions(expressions.len()));
    }
    let units = table.units().len();
    let active = |&(row, _): &(usize, Expression)| {
        (0..units)
            .map(|unit| (unit, f64::from(table.levels(unit)[row])))
            .filter(|&(_, level)| level != 0.0)
            .collect()
    };
    let class = |&(_, stated): &(usize, Expression)| {
        expressions
            .iter()
            .position(|&expression| expression == stated)
    };
    let faces = Faces {
        active: stated.iter().map(active).collect(),
        class: stated.iter().filter_map(class).collect(),
        units,
        classes: expressions.len(),
    };
    Ok((faces, expressions))
}

/// The weights that pay, fitted.
fn sparse(faces: &Faces, cost: f64) -> Weights {
    let mut weights = Weights::new(faces);
    // A softmax leaves one bias open.
    weights.free[(faces.units, 0)] = false;
    faces.maximise(&mut weights);
    centre(&mut weights, faces.units);
    loop {
        let fitted = faces.maximise(&mut weights);
        let mut weak: Vec<(f64, (usize, usize))> = wald(&weights, &fitted)
            .into_iter()
            .filter(|&(statistic, (row, _))| row < faces.units && statistic < 2.0 * cost)
            .collect();
        if weak.is_empty() {
            return weights;
        }
        weak.sort_by(|a, b| a.0.total_cmp(&b.0));
        weak.truncate(((weak.len() as f64 * DROPPED_AT_ONCE) as usize).max(1));
        for (_, position) in weak {
            weights.free[position] = false;
            weights.values[position] = 0.0;
        }
    }
}

/// Gives every unit's median expression the weight 0, for good.
fn centre(weights: &mut Weights, units: usize) {
    for unit in 0..units {
        let mut row: Vec<f64> = weights.values.row(unit).iter().copied().collect();
        let classes = row.len();
        row.sort_by(f64::total_cmp);
        let median = 0.5 * (row[(classes - 1) / 2] + row[classes / 2]);
        let mut nearest = 0;
        for class in 0..classes {
            weights.values[(unit, class)] -= median;
            if weights.values[(unit, class)].abs() < weights.values[(unit, nearest)].abs() {
                nearest = class;
            }
        }
        weights.values[(unit, nearest)] = 0.0;
        weights.free[(unit, nearest)] = false;
    }
}

/// `(w / se)^2` of every free weight.
fn wald(weights: &Weights, fitted: &Derivatives) -> Vec<(f64, (usize, usize))> {
    let size = fitted.information.nrows();
    let covariance = fitted.information.clone().cholesky().map_or_else(
        || DMatrix::identity(size, size),
        |cholesky| cholesky.inverse(),
    );
    let statistic = |(place, position): (usize, (usize, usize))| {
        let weight = weights.values[position];
        (weight * weight / covariance[(place, place)], position)
    };
    weights
        .positions()
        .into_iter()
        .enumerate()
        .map(statistic)
        .collect()
}
