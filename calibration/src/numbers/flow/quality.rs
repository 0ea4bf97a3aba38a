//! Beyond which pose and blur a calibrated model errs too often.
//!
//! Takes its manifest and faces of both parts; gives limits found on the validation part, and what they do
//! on the test part.

use facs::{Model, QualityLimits};
use serde::Serialize;

use super::{Face, Plan, figures::THRESHOLD, fitted::said};
use crate::numbers::{
    Categorical,
    limit::{self, Limit, Worse},
};

/// What may explain errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Quantity {
    /// Turn of the head to either side.
    #[serde(rename = "|yaw|, degrees")]
    Yaw,
    /// Nod, up or down.
    #[serde(rename = "|pitch|, degrees")]
    Pitch,
    /// Variance of the Laplacian of the crop.
    #[serde(rename = "sharpness")]
    Sharpness,
}

impl Quantity {
    const ALL: [Self; 3] = [Self::Yaw, Self::Pitch, Self::Sharpness];

    /// With its unit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yaw => "|yaw|, degrees",
            Self::Pitch => "|pitch|, degrees",
            Self::Sharpness => "sharpness",
        }
    }

    fn of(self, face: &Face) -> Option<f64> {
        let value = match self {
            Self::Yaw => face.pose?.yaw.abs(),
            Self::Pitch => face.pose?.pitch.abs(),
            Self::Sharpness => face.sharpness,
        };
        Some(value.into())
    }

    const fn worse(self) -> Worse {
        match self {
            Self::Yaw | Self::Pitch => Worse::Above,
            Self::Sharpness => Worse::Below,
        }
    }
}

/// How errors grow with a quantity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QualityFigures {
    /// Which.
    pub quantity: Quantity,
    /// What errs: `expression`, or `action units`, of which the share that is decided wrongly counts.
    pub of: &'static str,
    /// The error that is allowed.
    pub allowed: f64,
    /// Where the expected error passes it, on the validation part.
    pub limit: Limit,
    /// Mean error within and beyond the limit on the test part; none without such faces.
    pub test: [Option<f64>; 2],
}

/// Limits for the manifest: of those of expression and action units the stricter, since a face abstains
/// as a whole. One that would leave no face is none.
pub(super) fn limits(figures: &[QualityFigures]) -> QualityLimits {
    let strictest = |quantity: Quantity| {
        let rows = figures.iter().filter(|row| row.quantity == quantity);
        let values = rows.filter_map(|row| match row.limit {
            Limit::At { value, .. } => Some(value as f32),
            Limit::Nowhere | Limit::Everywhere => None,
        });
        values.reduce(match quantity.worse() {
            Worse::Above => f32::min,
            Worse::Below => f32::max,
        })
    };
    QualityLimits {
        max_yaw_degrees: strictest(Quantity::Yaw),
        max_pitch_degrees: strictest(Quantity::Pitch),
        min_sharpness: strictest(Quantity::Sharpness),
    }
}

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
    for quantity in Quantity::ALL {
        let worse = quantity.worse();
        for (of, error) in ERRORS {
            let points = |faces: &[&Face]| {
                let point = |face: &&Face| Some((quantity.of(face)?, error(model, face)?));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_limit_counts_and_one_that_leaves_no_face_is_none() {
        let row = |quantity, limit| QualityFigures {
            quantity,
            of: "expression",
            allowed: 0.3,
            limit,
            test: [None; 2],
        };
        let at = |value| Limit::At {
            value,
            coverage: 0.9,
        };
        let found = limits(&[
            row(Quantity::Yaw, at(40.0)),
            row(Quantity::Yaw, at(51.0)),
            row(Quantity::Pitch, Limit::Everywhere),
            row(Quantity::Sharpness, Limit::Nowhere),
            row(Quantity::Sharpness, at(8.0)),
            row(Quantity::Sharpness, at(3.0)),
        ]);
        let wanted = QualityLimits {
            max_yaw_degrees: Some(40.0),
            max_pitch_degrees: None,
            min_sharpness: Some(8.0),
        };
        assert_eq!(found, wanted);
    }
}
