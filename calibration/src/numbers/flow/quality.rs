//! Beyond which pose and blur a calibrated model errs too often.
//!
//! Takes its manifest and faces of both parts; gives limits found on the validation part, and what they do
//! on the test part.

use facs::Model;
use serde::Serialize;

use super::{Face, Plan, figures::THRESHOLD, fitted::said};
use crate::numbers::{
    Categorical,
    limit::{self, Limit, Worse},
};

/// How errors grow with a quantity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QualityFigures {
    /// Which, with its unit.
    pub quantity: &'static str,
    /// What errs: `expression`, or `action units`, of which the share that is decided wrongly counts.
    pub of: &'static str,
    /// The error that is allowed.
    pub allowed: f64,
    /// Where the expected error passes it, on the validation part.
    pub limit: Limit,
    /// Mean error within and beyond the limit on the test part; none without such faces.
    pub test: [Option<f64>; 2],
}

/// What may explain errors: name, value, and which way it is worse.
type Quantity = (&'static str, fn(&Face) -> Option<f64>, Worse);

const QUANTITIES: [Quantity; 3] = [
    (
        "|yaw|, degrees",
        |face| Some(face.pose?.yaw.abs().into()),
        Worse::Above,
    ),
    (
        "|pitch|, degrees",
        |face| Some(face.pose?.pitch.abs().into()),
        Worse::Above,
    ),
    (
        "sharpness",
        |face| Some(face.sharpness.into()),
        Worse::Below,
    ),
];

/// What may err: name, and how much in one face, in [0, 1].
type Error = (&'static str, fn(&Model, &Face) -> Option<f64>);

const ERRORS: [Error; 2] = [
    ("expression", expression_error),
    ("action units", unit_error),
];

/// One row per quantity and error of which the validation part has some.
pub(super) fn quality(
    model: &Model,
    [validation, test]: [&[&Face]; 2],
    plan: &Plan,
) -> Vec<QualityFigures> {
    let mut figures = Vec::new();
    for (quantity, value, worse) in QUANTITIES {
        for (of, error) in ERRORS {
            let points = |faces: &[&Face]| {
                let point = |face: &&Face| Some((value(face)?, error(model, face)?));
                faces.iter().filter_map(point).collect::<Vec<(f64, f64)>>()
            };
            let (fitted, test) = (points(validation), points(test));
            let Some(all) = mean(fitted.iter()) else {
                continue;
            };
            let allowed = plan.worse * all;
            let limit = limit::of(&fitted, worse, allowed);
            let part = |within| {
                mean(
                    test.iter()
                        .filter(|point| limit.holds(point.0, worse) == within),
                )
            };
            figures.push(QualityFigures {
                quantity,
                of,
                allowed,
                limit,
                test: [part(true), part(false)],
            });
        }
    }
    figures
}

/// Mean error of points (value, error); none without any.
fn mean<'p>(points: impl Iterator<Item = &'p (f64, f64)>) -> Option<f64> {
    let (sum, count) = points.fold((0.0, 0_u32), |(sum, count), point| {
        (sum + point.1, count + 1)
    });
    (count > 0).then(|| sum / f64::from(count))
}

/// 1 where the likeliest expression is not the true one.
fn expression_error(model: &Model, face: &Face) -> Option<f64> {
    let mut one = Categorical::new(model.expressions.len());
    one.push(&said(model, face).1, face.expression?);
    Some(1.0 - one.accuracy())
}

/// Share of the labelled units that are decided wrongly.
fn unit_error(model: &Model, face: &Face) -> Option<f64> {
    let (units, _) = said(model, face);
    let decided = model.action_units.iter().zip(units).zip(&face.active);
    let wrong: Vec<(f64, f64)> = decided
        .filter_map(|((unit, p), active)| {
            let threshold = model.thresholds.get(unit).copied().unwrap_or(THRESHOLD);
            let wrong = (p >= threshold) != (*active)?;
            Some((0.0, f64::from(u8::from(wrong))))
        })
        .collect();
    mean(wrong.iter())
}
