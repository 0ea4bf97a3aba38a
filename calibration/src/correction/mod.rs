//! What makes a classifier answer less to symmetry, side by side.
//!
//! ```text
//! Subject -> Looks -> audit -> Scores of all looks -> every Correction -> Figures -> Row
//! ```
//!
//! Every picture is drawn once and looked at in every way once; corrections are arithmetic after that.
//! What is fitted is fitted to every other person, and all figures are those of the rest.

mod lift;

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
    pub const ALL: [Self; 7] = [
        Self::Fusion(Fusion::None),
        Self::Fusion(Fusion::Mirror),
        Self::Fusion(Fusion::Chimeras),
        Self::Fusion(Fusion::Stronger),
        Self::Fusion(Fusion::StrongerAndWhole),
        Self::Fusion(Fusion::Agreement),
        Self::Lift,
    ];

    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fusion(Fusion::None) => "none",
            Self::Fusion(Fusion::Mirror) => "mirror",
            Self::Fusion(Fusion::Chimeras) => "chimeras",
            Self::Fusion(Fusion::Stronger) => "stronger",
            Self::Fusion(Fusion::StrongerAndWhole) => "stronger-and-whole",
            Self::Fusion(Fusion::Agreement) => "agreement",
            Self::Lift => "lift",
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
    let (count, neutral) = (classes.len(), neutral(classes));
    let lift = Lift::fit(scores, (0..people).step_by(2), count);
    let name = &scores.subject.name;
    let row = |correction: Correction| {
        let answer = |looks: &[f32], answers: &mut Vec<f32>| match correction {
            Correction::Lift => lift.apply(looks, answers),
            Correction::Fusion(fusion) => {
                let seen = |look: &Look| {
                    let place = Look::ALL.iter().position(|it| it == look);
                    let first = place.expect("all looks are there") * count;
                    &looks[first..first + count]
                };
                let seen: Vec<&[f32]> = fusion.looks().iter().map(seen).collect();
                fusion.fuse(&seen, neutral, answers);
            }
        };
        let measured = (1..people).step_by(2);
        let answered = scores.answered(name, measured, count, answer);
        Ok(Row {
            correction,
            figures: Figures::new(&answered, testing)?,
        })
    };
    Correction::ALL.into_iter().map(row).collect()
}
