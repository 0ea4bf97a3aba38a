//! What a calibration gains, on faces that it was not fitted to.
//!
//! Takes the manifest before and after, and faces of both parts; gives figures of the test part.

use std::collections::{BTreeMap, BTreeSet};

use facs::{ActionUnit, Model};
use serde::Serialize;

use super::{
    Face, NumbersError, Plan,
    fitted::{Fitted, Told},
    quality::{QualityFigures, quality},
};
use crate::{
    numbers::{
        Categorical,
        abstain::{self, Selection},
        counts, log_loss,
        reliability::{BINS, Bin, Reliability, brier, classwise_ece, ece_by_chance},
        threshold::Confusion,
    },
    statistics::accuracy::Accuracy,
};

/// Of intervals in diagrams.
const CONFIDENCE: f64 = 0.95;
/// A unit without a threshold is on from here, as in the daemon.
pub(crate) const THRESHOLD: f32 = 0.5;
/// Points of a risk-coverage curve in a report.
const CURVE_POINTS: usize = 200;

/// The same figure of the bundle as it was and as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Pair<T> {
    /// As it was.
    pub before: T,
    /// Calibrated.
    pub after: T,
}

impl<T> Pair<T> {
    /// A figure of both.
    pub fn of<S>(before: &S, after: &S, figure: impl Fn(&S) -> T) -> Self {
        Self {
            before: figure(before),
            after: figure(after),
        }
    }
}

/// Everything measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// In the order of the axis; those with active and inactive faces.
    pub units: Vec<UnitFigures>,
    /// None without labelled faces.
    pub expression: Option<ExpressionFigures>,
    /// Where there are several domains.
    pub domains: Vec<DomainFigures>,
    /// Beyond which quality errors are many.
    pub quality: Vec<QualityFigures>,
}

/// One bar of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// Mean probability.
    pub confidence: f64,
    /// How often it came true, of how many, with Wilson's interval.
    pub frequency: Accuracy,
}

/// Of one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitFigures {
    /// Which.
    pub unit: ActionUnit,
    /// Labelled faces.
    pub faces: usize,
    /// Active in so many of them.
    pub positives: usize,
    /// On from here.
    pub threshold: Pair<f32>,
    /// Expected calibration error, bins of equal width.
    pub ece: Pair<f64>,
    /// The same, bins of equal mass.
    pub mass_ece: Pair<f64>,
    /// The ECE after, if it were perfectly calibrated.
    pub ece_by_chance: f64,
    /// Brier score.
    pub brier: Pair<f64>,
    /// Log loss.
    pub log_loss: Pair<f64>,
    /// At the thresholds.
    pub f1: Pair<f64>,
    /// Bins of equal width.
    pub diagram: Pair<Vec<Stage>>,
}

/// Of the expression.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpressionFigures {
    /// Labelled faces.
    pub faces: usize,
    /// Share of them whose likeliest expression is the true one; no temperature changes it.
    pub accuracy: f64,
    /// Of the likeliest expression, bins of equal width.
    pub ece: Pair<f64>,
    /// The ECE after, if it were perfectly calibrated.
    pub ece_by_chance: f64,
    /// Widest gap of a bin.
    pub mce: Pair<f64>,
    /// Mean over expressions of each one's ECE.
    pub classwise_ece: Pair<f64>,
    /// Brier score of the distribution.
    pub brier: Pair<f64>,
    /// Log loss.
    pub log_loss: Pair<f64>,
    /// Of the likeliest expression.
    pub diagram: Pair<Vec<Stage>>,
    /// Risk over coverage, calibrated.
    pub curve: Vec<Selection>,
    /// Limits of confidence.
    pub limits: Vec<LimitFigures>,
}

/// A limit of confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LimitFigures {
    /// Share of wrong answers that it is to keep.
    pub risk: f64,
    /// What it came to on the validation part.
    pub fitted: Selection,
    /// And on the test part.
    pub test: Selection,
}

/// Of one domain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DomainFigures {
    /// Which.
    pub domain: String,
    /// Its faces.
    pub faces: usize,
    /// Mean ECE over units.
    pub unit_ece: Pair<f64>,
    /// ECE of the likeliest expression.
    pub expression_ece: Pair<f64>,
}

impl Figures {
    pub(super) fn new(
        before: &Model,
        after: &Model,
        fitted: &Fitted,
        [validation, test]: [&[&Face]; 2],
        plan: &Plan,
    ) -> Result<Self, NumbersError> {
        let told = Pair::of(before, after, |model| Told::of(model, test.iter().copied()));
        let mut units = Vec::new();
        for (place, unit) in after.action_units.iter().enumerate() {
            let cases = Pair::of(&told.before, &told.after, |told| told.units[place].clone());
            let (positives, negatives) = counts(&cases.after);
            if positives > 0 && negatives > 0 {
                let threshold = Pair::of(before, after, |model| {
                    model.thresholds.get(unit).copied().unwrap_or(THRESHOLD)
                });
                units.push(UnitFigures::new(*unit, &cases, threshold)?);
            }
        }
        let expression = Pair {
            before: told.before.expression,
            after: told.after.expression,
        };
        let expression = (!expression.after.is_empty())
            .then(|| ExpressionFigures::new(&expression, fitted))
            .transpose()?;
        Ok(Self {
            units,
            expression,
            domains: domains(before, after, test),
            quality: quality(after, [validation, test], plan),
        })
    }

    /// Mean of a figure over the units; 0 without any.
    #[must_use]
    pub fn mean(&self, figure: impl Fn(&UnitFigures) -> Pair<f64>) -> Pair<f64> {
        let count = self.units.len().max(1) as f64;
        let mut mean = Pair::default();
        for unit in &self.units {
            let Pair { before, after } = figure(unit);
            mean.before += before / count;
            mean.after += after / count;
        }
        mean
    }

    /// For the manifest.
    pub(super) fn metrics(&self) -> BTreeMap<String, f64> {
        let mut named = vec![
            ("au_ece", self.mean(|unit| unit.ece)),
            ("au_brier", self.mean(|unit| unit.brier)),
            ("au_f1", self.mean(|unit| unit.f1)),
        ];
        if let Some(expression) = &self.expression {
            named.push(("expression_ece", expression.ece));
            named.push(("expression_brier", expression.brier));
        }
        let both = named.into_iter().flat_map(|(name, pair)| {
            [
                (format!("{name}_before"), pair.before),
                (format!("{name}_after"), pair.after),
            ]
        });
        both.collect()
    }
}

impl UnitFigures {
    fn new(
        unit: ActionUnit,
        cases: &Pair<Vec<(f32, bool)>>,
        threshold: Pair<f32>,
    ) -> Result<Self, NumbersError> {
        let of = |figure: fn(&[(f32, bool)]) -> f64| {
            Pair::of(&cases.before, &cases.after, |cases| figure(cases))
        };
        let f1 = |cases: &[(f32, bool)], threshold| Confusion::at(cases, threshold).f1();
        Ok(Self {
            unit,
            faces: cases.after.len(),
            positives: counts(&cases.after).0,
            threshold,
            ece: of(|cases| Reliability::equal_width(cases, BINS).ece()),
            mass_ece: of(|cases| Reliability::equal_mass(cases, BINS).ece()),
            ece_by_chance: ece_by_chance(&cases.after, BINS),
            brier: of(brier),
            log_loss: of(log_loss),
            f1: Pair {
                before: f1(&cases.before, threshold.before),
                after: f1(&cases.after, threshold.after),
            },
            diagram: Pair {
                before: diagram(&cases.before)?,
                after: diagram(&cases.after)?,
            },
        })
    }
}

impl ExpressionFigures {
    fn new(cases: &Pair<Categorical>, fitted: &Fitted) -> Result<Self, NumbersError> {
        let of = |figure: fn(&Categorical) -> f64| Pair::of(&cases.before, &cases.after, figure);
        let width = |cases: &Categorical| Reliability::equal_width(&cases.confidences(), BINS);
        let reliability = Pair::of(&cases.before, &cases.after, width);
        let of_bins = |figure: fn(&Reliability) -> f64| {
            Pair::of(&reliability.before, &reliability.after, figure)
        };
        let confidences = cases.after.confidences();
        let curve = abstain::curve(&confidences);
        let every = curve.len().div_ceil(CURVE_POINTS).max(1);
        let limits = fitted.limits.iter().filter_map(|limit| {
            let selection = limit.found?.selection;
            Some(LimitFigures {
                risk: limit.risk,
                fitted: selection,
                test: Selection::at(&confidences, selection.least),
            })
        });
        Ok(Self {
            faces: cases.after.len(),
            accuracy: cases.after.accuracy(),
            ece: of_bins(Reliability::ece),
            ece_by_chance: ece_by_chance(&confidences, BINS),
            mce: of_bins(Reliability::mce),
            classwise_ece: of(|cases| classwise_ece(cases, BINS)),
            brier: of(Categorical::brier),
            log_loss: of(Categorical::log_loss),
            diagram: Pair {
                before: diagram(&cases.before.confidences())?,
                after: diagram(&confidences)?,
            },
            curve: curve.into_iter().step_by(every).collect(),
            limits: limits.collect(),
        })
    }
}

fn diagram(cases: &[(f32, bool)]) -> Result<Vec<Stage>, NumbersError> {
    let bins = Reliability::equal_width(cases, BINS).bins.into_iter();
    let stage = |bin: Bin| {
        Ok(Stage {
            confidence: bin.confidence,
            frequency: Accuracy::new(bin.hits, bin.count, CONFIDENCE)?,
        })
    };
    bins.map(stage).collect()
}

fn domains(before: &Model, after: &Model, test: &[&Face]) -> Vec<DomainFigures> {
    let names: BTreeSet<&str> = test.iter().map(|face| &*face.domain).collect();
    if names.len() < 2 {
        return Vec::new();
    }
    let ece = |cases: &[(f32, bool)]| Reliability::equal_width(cases, BINS).ece();
    let of = |name: &str| {
        let faces = || test.iter().copied().filter(|face| face.domain == name);
        let told = Pair::of(before, after, |model| Told::of(model, faces()));
        let units = |told: &Told| {
            let units = told.units.iter().filter(|cases| !cases.is_empty());
            let (sum, count) = units.fold((0.0, 0.0_f64), |(sum, count), cases| {
                (sum + ece(cases), count + 1.0)
            });
            sum / count.max(1.0)
        };
        DomainFigures {
            domain: name.to_owned(),
            faces: faces().count(),
            unit_ece: Pair::of(&told.before, &told.after, units),
            expression_ece: Pair::of(&told.before, &told.after, |told| {
                ece(&told.expression.confidences())
            }),
        }
    };
    names.into_iter().map(of).collect()
}
