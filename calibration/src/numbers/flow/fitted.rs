//! What is fitted to the validation part.
//!
//! Takes faces and what the model says of them; gives temperature, maps, thresholds and limits of
//! confidence, and the manifest with them. Thresholds and limits are found on calibrated probabilities.

use facs::{ActionUnit, Calibration, Model};

use super::{Axes, Face, Plan};
use crate::numbers::{
    Categorical, FitError,
    abstain::{self, Guarantee},
    counts,
    map::{self, FittedMap},
    temperature::{self, Temperature},
    threshold,
};

/// Shares of wrong answers for which limits are told.
const RISKS: [f64; 6] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5];
/// Chance that the limit of a risk does not keep it.
const DOUBT: f64 = 0.05;

/// What was fitted.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Of the expression; none for a reason.
    pub temperature: Result<Temperature, FitError>,
    /// In the order of the axis.
    pub units: Vec<UnitFit>,
    /// By rising risk.
    pub limits: Vec<ConfidenceLimit>,
    /// The one that was asked for and can be kept.
    pub abstain_below: Option<f32>,
}

/// What was fitted to one unit.
#[derive(Clone, Debug)]
pub struct UnitFit {
    /// Which.
    pub unit: ActionUnit,
    /// Faces in which it is active.
    pub positives: usize,
    /// Faces in which it is not.
    pub negatives: usize,
    /// None for a reason.
    pub map: Result<FittedMap, FitError>,
    /// None where there is nothing to choose it by.
    pub threshold: Option<f32>,
}

/// From which confidence on the expression is wrong seldom enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceLimit {
    /// Share of wrong answers that is allowed.
    pub risk: f64,
    /// None where no confidence is enough.
    pub found: Option<Guarantee>,
}

/// What a model says of faces, by unit and of the expression; faces without a label are left out.
pub(crate) struct Told {
    /// In the order of the axis.
    pub(crate) units: Vec<Vec<(f32, bool)>>,
    pub(crate) expression: Categorical,
}

impl Told {
    /// With the model's calibration, if it has one.
    pub(crate) fn of<'f>(model: &Model, faces: impl IntoIterator<Item = &'f Face>) -> Self {
        let axes = Axes::of(model);
        let mut told = Self {
            units: vec![Vec::new(); axes.units.len()],
            expression: Categorical::new(axes.expressions.len()),
        };
        for face in faces {
            let (units, expressions) = said(model, face);
            for ((cases, p), active) in told.units.iter_mut().zip(units).zip(&face.active) {
                if let Some(active) = active {
                    cases.push((p, *active));
                }
            }
            if let Some(truth) = face.expression {
                told.expression.push(&expressions, truth);
            }
        }
        told
    }
}

/// Probabilities per unit and expression, calibrated where the model says how.
pub(crate) fn said(model: &Model, face: &Face) -> (Vec<f32>, Vec<f32>) {
    let (mut units, mut expressions) = (face.units.clone(), face.expressions.clone());
    if let Some(calibration) = &model.calibration {
        calibration.apply(&model.action_units, &mut units, &mut expressions);
    }
    (units, expressions)
}

impl Fitted {
    pub(super) fn new(model: &Model, faces: &[&Face], plan: &Plan) -> Self {
        let bare = Model {
            calibration: None,
            ..model.clone()
        };
        let told = Told::of(&bare, faces.iter().copied());
        let units = model.action_units.iter().zip(&told.units).enumerate();
        let units = units.map(|(place, (unit, cases))| {
            let labelled = faces.iter().filter(|face| face.active[place].is_some());
            let groups: Vec<u64> = labelled.map(|face| face.group).collect();
            let (positives, negatives) = counts(cases);
            UnitFit {
                unit: *unit,
                positives,
                negatives,
                map: map::fit(cases, &groups),
                threshold: None,
            }
        });
        let mut fitted = Self {
            temperature: temperature::fit(&told.expression),
            units: units.collect(),
            limits: Vec::new(),
            abstain_below: None,
        };
        let calibrated = fitted.model(&bare, "");
        let told = Told::of(&calibrated, faces.iter().copied());
        for (fit, cases) in fitted.units.iter_mut().zip(&told.units) {
            fit.threshold = match plan.false_alarms {
                None => threshold::best_f1(cases),
                Some(rate) => threshold::at_false_alarm_rate(cases, rate),
            };
        }
        let confidences = told.expression.confidences();
        let limit = |risk| ConfidenceLimit {
            risk,
            found: abstain::guaranteed(&confidences, risk, DOUBT),
        };
        fitted.limits = RISKS
            .into_iter()
            .chain(plan.expression_risk)
            .map(limit)
            .collect();
        fitted.limits.sort_by(|a, b| a.risk.total_cmp(&b.risk));
        fitted.limits.dedup_by_key(|limit| limit.risk);
        let asked = plan.expression_risk.and_then(|risk| limit(risk).found);
        fitted.abstain_below = asked.map(|found| found.selection.least);
        fitted
    }

    /// The calibration; `data`: what it was fitted to.
    #[must_use]
    pub fn calibration(&self, data: &str) -> Calibration {
        let maps = self.units.iter().filter_map(|fit| {
            let fitted = fit.map.as_ref().ok()?;
            Some((fit.unit, fitted.map.clone()?))
        });
        let temperature = self.temperature.as_ref().ok();
        Calibration {
            expression_temperature: temperature.map(|fitted| fitted.value as f32),
            action_units: maps.collect(),
            expression_abstain_below: self.abstain_below,
            quality: None,
            data: data.to_owned(),
            metrics: Default::default(),
        }
    }

    /// The manifest with the calibration and its thresholds. A unit for which no threshold was found keeps
    /// its own.
    #[must_use]
    pub fn model(&self, model: &Model, data: &str) -> Model {
        let mut model = Model {
            calibration: Some(self.calibration(data)),
            ..model.clone()
        };
        for fit in &self.units {
            if let Some(threshold) = fit.threshold {
                model.thresholds.insert(fit.unit, threshold);
            }
        }
        model
    }
}
