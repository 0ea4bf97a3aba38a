//! The figures of an audit, from what the classifier said.
//!
//! Takes [`Scores`]; gives per expression the impact score (Eq. 6 and 7), how many people it is
//! significant for (Algorithm 1, corrected by Holm), and the accuracy of Table 4.

use facs::Expression;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{AuditError, Design, Scores};
use crate::{
    statistics::{
        accuracy::Accuracy,
        gradient::EdgeOrder,
        holm::{Holm, holm},
        impact::{ImpactWeights, Spacing, Surface, global_score},
        permutation::PermutationTest,
    },
    subject::Identity,
};

/// How figures are tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Testing {
    /// Permutations per person and expression (10,000 in the paper).
    pub permutations: usize,
    /// Level of the family of people of one expression (0.05 in the paper).
    pub alpha: f64,
    /// Of the intervals about accuracies.
    pub confidence: f64,
}

impl Default for Testing {
    fn default() -> Self {
        Self {
            permutations: 10_000,
            alpha: 0.05,
            confidence: 0.95,
        }
    }
}

/// Everything that a report says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The classifier.
    pub subject: Identity,
    /// What was varied.
    pub design: Design,
    /// How it was tested.
    pub testing: Testing,
    /// In the order of the design.
    pub expressions: Vec<ExpressionFigures>,
}

/// The figures of one expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpressionFigures {
    /// Which one.
    pub expression: Expression,
    /// Impact score over people (Eq. 7), in probability per unit of symmetry.
    pub score: f64,
    /// Its standard deviation over people.
    pub deviation: f64,
    /// Share of people whose score is significant.
    pub significant: f64,
    /// Mean probability at the apex with full symmetry (Table 5).
    pub activation: f64,
    /// Share of people in whom it is the surest class at the apex, at a symmetry of 0, a half and 1
    /// (Table 4).
    pub accuracy: [Accuracy; 3],
    /// Mean probability over people, `[symmetries, times]`.
    pub surface: Vec<f64>,
    /// At the apex, for every symmetry: tenth, fiftieth and ninetieth percentile over people.
    pub spread: Vec<[f64; 3]>,
    /// Every person.
    pub people: Vec<PersonFigures>,
}

/// The figures of one person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonFigures {
    /// Impact score (Eq. 6).
    pub score: f64,
    /// Of the permutation test.
    pub p: f64,
    /// Corrected for the number of people.
    pub adjusted_p: f64,
}

impl Figures {
    /// Computes everything; permutations of all people run side by side.
    ///
    /// # Errors
    /// [`AuditError::Statistics`] for settings that no statistic can be made with.
    pub fn new(scores: &Scores, testing: &Testing) -> Result<Self, AuditError> {
        let design = &scores.design;
        let expressions = design.apexes.expressions().enumerate();
        let figures = expressions
            .map(|(index, expression)| ExpressionFigures::new(scores, testing, index, expression));
        Ok(Self {
            subject: scores.subject.clone(),
            design: design.clone(),
            testing: testing.clone(),
            expressions: figures.collect::<Result<_, _>>()?,
        })
    }
}

impl ExpressionFigures {
    fn new(
        scores: &Scores,
        testing: &Testing,
        index: usize,
        expression: Expression,
    ) -> Result<Self, AuditError> {
        let design = &scores.design;
        let people = 0..design.identities;
        let surfaces: Result<Vec<Surface>, _> = people
            .clone()
            .map(|person| scores.surface(person, index))
            .collect();
        let surfaces = surfaces?;
        let weights =
            ImpactWeights::new(&design.symmetry_steps(), Spacing::PerUnit, EdgeOrder::First)?;
        let test = PermutationTest {
            permutations: testing.permutations,
            ..PermutationTest::default()
        };
        let outcomes: Result<Vec<_>, _> = surfaces
            .par_iter()
            .enumerate()
            .map(|(person, surface)| {
                // Every surface has shuffles of its own.
                let stream = (index * design.identities + person) as u64;
                test.run(&weights, surface, design.seed ^ stream.rotate_left(32))
            })
            .collect();
        let outcomes = outcomes?;
        let p_values: Vec<f64> = outcomes.iter().map(|outcome| outcome.p).collect();
        let Holm { adjusted, rejected } = holm(&p_values, testing.alpha)?;
        let found: Vec<f64> = outcomes.iter().map(|outcome| outcome.score).collect();
        let right: Vec<[bool; 3]> = people
            .map(|person| scores.right_at_apex(person, index))
            .collect();
        let accuracy = |at: usize| {
            let right = right.iter().filter(|right| right[at]).count();
            Accuracy::new(right, design.identities, testing.confidence)
        };
        let spread = spread(&surfaces, design);
        let rejections = rejected.iter().filter(|rejected| **rejected).count();
        Ok(Self {
            expression,
            score: global_score(&found)?,
            deviation: deviation(&found),
            significant: rejections as f64 / design.identities as f64,
            activation: mean(
                surfaces
                    .iter()
                    .filter_map(|surface| surface.values().last().copied()),
            ),
            accuracy: [accuracy(0)?, accuracy(1)?, accuracy(2)?],
            surface: mean_surface(&surfaces),
            spread,
            people: found
                .iter()
                .zip(p_values)
                .zip(adjusted)
                .map(|((score, p), adjusted_p)| PersonFigures {
                    score: *score,
                    p,
                    adjusted_p,
                })
                .collect(),
        })
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

/// With Bessel's correction; 0 for one value.
fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / values.len().saturating_sub(1).max(1) as f64).sqrt()
}

fn mean_surface(surfaces: &[Surface]) -> Vec<f64> {
    let places = surfaces.first().map_or(0, |surface| surface.values().len());
    let at = |place: usize| mean(surfaces.iter().map(|surface| surface.values()[place]));
    (0..places).map(at).collect()
}

/// Percentiles over people at the apex, by linear interpolation.
fn spread(surfaces: &[Surface], design: &Design) -> Vec<[f64; 3]> {
    let at = |symmetry: usize| {
        let apex = |surface: &Surface| surface.row(symmetry).last().copied();
        let mut values: Vec<f64> = surfaces.iter().filter_map(apex).collect();
        values.sort_by(f64::total_cmp);
        [0.1_f64, 0.5, 0.9].map(|share| {
            let place: f64 = share * values.len().saturating_sub(1) as f64;
            let below = place as usize;
            let above = (below + 1).min(values.len() - 1);
            values[below] + (values[above] - values[below]) * place.fract()
        })
    };
    (0..design.symmetries).map(at).collect()
}
