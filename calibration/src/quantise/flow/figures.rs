//! What a quantisation changes, on faces that no range was measured on.
//!
//! Takes what both models say of the same faces; gives how right and how true to its word either is, and
//! how far apart they are.

use std::{collections::BTreeMap, path::PathBuf};

use facs::{ActionUnit, Model};
use serde::Serialize;

use super::QuantiseError;
use crate::{
    numbers::{
        Categorical, counts,
        flow::{Face, Pair, THRESHOLD, Told, said},
        reliability::{BINS, Reliability},
        threshold::Confusion,
    },
    subject::{BATCH, Images, Onnx, Rows},
};

/// Faces whose graphs are compared.
pub(super) const EDGE_FACES: usize = 512;

/// Everything measured; "before" is the model of floats, "after" the quantised one. Probabilities are
/// calibrated where the bundle has a calibration, as the daemon's are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Faces of the test part.
    pub faces: usize,
    /// In the order of the axis; those with active and inactive faces.
    pub units: Vec<UnitFigures>,
    /// None without labelled faces.
    pub expression: Option<ExpressionFigures>,
    /// Of units' probabilities.
    pub unit_change: Change,
    /// Of expressions' probabilities.
    pub expression_change: Change,
    /// Of the weights of both graphs' edges, over at most 512 faces.
    pub edge_change: Change,
    /// Share of faces whose likeliest expression is another.
    pub labels_changed: f64,
    /// Share of decisions about units that are other ones.
    pub decisions_changed: f64,
}

/// Of one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitFigures {
    /// Which.
    pub unit: ActionUnit,
    /// Active in so many of the labelled faces.
    pub positives: usize,
    /// At the threshold.
    pub f1: Pair<f64>,
    /// Expected calibration error, 15 bins of equal width.
    pub ece: Pair<f64>,
}

/// Of the expression.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpressionFigures {
    /// Labelled faces.
    pub faces: usize,
    /// Share of them whose likeliest expression is the true one.
    pub accuracy: Pair<f64>,
    /// The same, every expression counting alike.
    pub balanced_accuracy: Pair<f64>,
    /// Expected calibration error of the likeliest, 15 bins of equal width.
    pub ece: Pair<f64>,
}

/// How far two models are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// Mean difference.
    pub mean: f64,
    /// Largest difference.
    pub largest: f64,
}

impl Change {
    /// Of numbers in pairs.
    fn of<'v>(pairs: impl Iterator<Item = (&'v f32, &'v f32)>) -> Self {
        let (mut sum, mut largest, mut count) = (0.0, 0.0_f64, 0_u32);
        for (before, after) in pairs {
            let apart = (f64::from(*before) - f64::from(*after)).abs();
            sum += apart;
            largest = largest.max(apart);
            count += 1;
        }
        let mean = sum / f64::from(count.max(1));
        Self { mean, largest }
    }
}

impl Figures {
    pub(super) fn new(models: [&Model; 2], faces: [&[Face]; 2], edges: Change) -> Self {
        let [before, after] = [0, 1].map(|it| Told::of(models[it], faces[it]));
        let mut units = Vec::new();
        for (place, unit) in models[0].action_units.iter().enumerate() {
            let cases = [&before.units[place], &after.units[place]];
            let (positives, negatives) = counts(cases[0]);
            if positives == 0 || negatives == 0 {
                continue;
            }
            let threshold = models[0].thresholds.get(unit).copied();
            let threshold = threshold.unwrap_or(THRESHOLD);
            units.push(UnitFigures {
                unit: *unit,
                positives,
                f1: Pair::of(cases[0], cases[1], |it| Confusion::at(it, threshold).f1()),
                ece: Pair::of(cases[0], cases[1], |it| {
                    Reliability::equal_width(it, BINS).ece()
                }),
            });
        }
        let told = |figure: fn(&Categorical) -> f64| {
            Pair::of(&before.expression, &after.expression, figure)
        };
        let expression = (!before.expression.is_empty()).then(|| ExpressionFigures {
            faces: before.expression.len(),
            accuracy: told(Categorical::accuracy),
            balanced_accuracy: told(Categorical::balanced_accuracy),
            ece: told(|it| Reliability::equal_width(&it.confidences(), BINS).ece()),
        });
        let said = [0, 1].map(|it| {
            let said = faces[it].iter().map(|face| said(models[it], face));
            said.collect::<Vec<_>>()
        });
        let pairs = || said[0].iter().zip(&said[1]);
        let on = |p: &[f32]| -> Vec<bool> {
            let units = models[0].action_units.iter().zip(p);
            let threshold = |unit| models[0].thresholds.get(unit).unwrap_or(&THRESHOLD);
            units.map(|(unit, p)| p >= threshold(unit)).collect()
        };
        let decided = pairs().flat_map(|(a, b)| on(&a.0).into_iter().zip(on(&b.0)));
        Self {
            faces: faces[0].len(),
            units,
            expression,
            unit_change: Change::of(pairs().flat_map(|(a, b)| a.0.iter().zip(&b.0))),
            expression_change: Change::of(pairs().flat_map(|(a, b)| a.1.iter().zip(&b.1))),
            edge_change: edges,
            labels_changed: share(pairs().map(|(a, b)| likeliest(&a.1) != likeliest(&b.1))),
            decisions_changed: share(decided.map(|(a, b)| a != b)),
        }
    }

    /// Mean of a figure over the units; 0 without any.
    #[must_use]
    pub fn mean(&self, figure: impl Fn(&UnitFigures) -> Pair<f64>) -> Pair<f64> {
        let figures: Vec<Pair<f64>> = self.units.iter().map(figure).collect();
        let mean = |of: fn(&Pair<f64>) -> f64| {
            figures.iter().map(of).sum::<f64>() / figures.len().max(1) as f64
        };
        Pair {
            before: mean(|it| it.before),
            after: mean(|it| it.after),
        }
    }

    /// The figures that there are of both models, by name.
    pub(super) fn pairs(&self) -> Vec<(&'static str, Pair<f64>)> {
        let mut pairs = vec![
            ("au_f1", self.mean(|unit| unit.f1)),
            ("au_ece", self.mean(|unit| unit.ece)),
        ];
        if let Some(expression) = &self.expression {
            pairs.push(("expression_accuracy", expression.accuracy));
            pairs.push(("expression_balanced_accuracy", expression.balanced_accuracy));
            pairs.push(("expression_ece", expression.ece));
        }
        pairs
    }

    /// For the manifest.
    pub(super) fn metrics(&self) -> BTreeMap<String, f64> {
        let pairs = self.pairs().into_iter().flat_map(|(name, pair)| {
            [
                (format!("{name}_before"), pair.before),
                (format!("{name}_after"), pair.after),
            ]
        });
        let changes = [
            ("au_p_change_mean", self.unit_change.mean),
            ("au_p_change_largest", self.unit_change.largest),
            ("expression_p_change_mean", self.expression_change.mean),
            (
                "expression_p_change_largest",
                self.expression_change.largest,
            ),
            ("expression_labels_changed", self.labels_changed),
        ];
        let changes = changes.map(|(name, value)| (name.to_owned(), value));
        pairs.chain(changes).collect()
    }
}

/// Of equal ones the last, as in the daemon.
fn likeliest(p: &[f32]) -> Option<usize> {
    let best = p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map(|(place, _)| place)
}

fn share(cases: impl Iterator<Item = bool>) -> f64 {
    let (hits, all) = cases.fold((0_u32, 0_u32), |(hits, all), hit| {
        (hits + u32::from(hit), all + 1)
    });
    f64::from(hits) / f64::from(all.max(1))
}

/// How far the edges of both models' graphs are apart.
pub(super) fn edges(
    model: &Model,
    files: &[PathBuf; 2],
    pixels: &[u8],
) -> Result<Change, QuantiseError> {
    let size = model.input.width;
    let (units, expressions) = (model.action_units.len(), model.expressions.len());
    let shape = [pixels.len() / (size * size * 3), size, size, 3];
    let mut weights = [Vec::new(), Vec::new()];
    for (file, weights) in files.iter().zip(&mut weights) {
        let mut onnx = Onnx::open(file)?;
        let mut of_expressions = Vec::new();
        Images::Bytes(&shape, pixels).batches(BATCH, |batch| {
            let wanted = |name, columns, into| Rows {
                name: Some(name),
                columns,
                into,
            };
            onnx.run(
                batch,
                &mut [
                    wanted("au_graph", units * units, weights),
                    wanted("expression_graph", expressions * units, &mut of_expressions),
                ],
            )
        })?;
        weights.append(&mut of_expressions);
    }
    Ok(Change::of(weights[0].iter().zip(&weights[1])))
}
