//! What makes a classifier answer less to symmetry, side by side.
//!
//! ```text
//! Subject -> Looks -> audit -> Scores of all looks -> every Correction -> Figures -> Row
//! ```
//!
//! Every picture is drawn once and looked at in every way once; corrections are arithmetic after that.
//! What is fitted is fitted to every other person, and all figures are those of the rest.

mod lift;

use clap::ValueEnum;
use facs::Expression;
use serde::{Deserialize, Serialize};

use crate::{
    audit::{AuditError, Figures, Scores, Testing},
    subject::{Fusion, Look, neutral},
};

pub use lift::Lift;

/// Of corrections that need no training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Several looks, one answer.
    Fusion(Fusion),
    /// [`Lift`].
    Lift,
}

impl Correction {
    /// All of them; the first changes nothing.
    pub fn all() -> impl Iterator<Item = Self> {
        let fusions = Fusion::value_variants().iter().copied();
        fusions.map(Self::Fusion).chain([Self::Lift])
    }

    /// For people; of a fusion its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Fusion(fusion) => {
                let value = fusion.to_possible_value();
                value.map_or_else(String::new, |value| value.get_name().to_owned())
            }
            Self::Lift => "lift".to_owned(),
        }
    }

    /// Pictures that the model sees for one answer.
    #[must_use]
    pub const fn looks(self) -> usize {
        match self {
            Self::Fusion(fusion) => fusion.looks().len(),
            Self::Lift => 3,
        }
    }
}

/// One classifier with one correction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which correction.
    pub correction: Correction,
    /// The figures of its answers.
    pub figures: Figures,
}

impl Row {
    /// Mean size of the impact score over expressions.
    #[must_use]
    pub fn mean_score(&self) -> f64 {
        let scores = self.figures.expressions.iter().map(|of| of.score.abs());
        scores.sum::<f64>() / self.figures.expressions.len() as f64
    }

    /// Mean accuracy over expressions, at a symmetry of 0, a half and 1.
    #[must_use]
    pub fn mean_accuracy(&self) -> [f64; 3] {
        let of = &self.figures.expressions;
        [0, 1, 2].map(|at| {
            let shares = of.iter().map(|of| of.accuracy[at].share);
            shares.sum::<f64>() / of.len() as f64
        })
    }
}

/// What a fusion makes of the answers to some of `people`; `looks`: those that `scores` hold, in order.
///
/// # Panics
/// When a look of the fusion is not among them.
#[must_use]
pub fn fused(
    scores: &Scores,
    looks: &[Look],
    fusion: Fusion,
    people: &[usize],
    classes: &[Option<Expression>],
) -> Scores {
    let (count, neutral) = (classes.len(), neutral(classes));
    let place = |look: &Look| {
        let place = looks.iter().position(|it| it == look);
        place.expect("a look of the fusion is there") * count
    };
    let places: Vec<usize> = fusion.looks().iter().map(place).collect();
    let answer = |row: &[f32], answers: &mut Vec<f32>| {
        let seen = places.iter().map(|first| &row[*first..first + count]);
        fusion.fuse(&seen.collect::<Vec<_>>(), neutral, answers);
    };
    scores.answered(&scores.subject, people, count, answer)
}

/// Every correction of a classifier with these `classes`, from what it said of all looks
/// ([`Looks`](crate::subject::Looks)).
///
/// # Errors
/// [`AuditError::Design`] with fewer than two people: one to fit to, one to measure.
pub fn compare(
    scores: &Scores,
    classes: &[Option<Expression>],
    testing: &Testing,
) -> Result<Vec<Row>, AuditError> {
    let people = scores.design.identities;
    if people < 2 {
        return Err(AuditError::Design {
            field: "identities",
            value: people.to_string(),
            expected: "2 or more: corrections are fitted to every other person".to_owned(),
        });
    }
    let count = classes.len();
    let lift = Lift::fit(scores, (0..people).step_by(2), count);
    let measured: Vec<usize> = (1..people).step_by(2).collect();
    let row = |correction: Correction| {
        let answered = match correction {
            Correction::Fusion(fusion) => fused(scores, &Look::ALL, fusion, &measured, classes),
            Correction::Lift => {
                let lift = |looks: &[f32], answers: &mut Vec<f32>| lift.apply(looks, answers);
                scores.answered(&scores.subject, &measured, count, lift)
            }
        };
        Ok(Row {
            correction,
            figures: Figures::new(&answered, testing)?,
        })
    };
    Correction::all().map(row).collect()
}
