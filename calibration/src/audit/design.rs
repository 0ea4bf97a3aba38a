//! What an audit varies, and what it keeps.

use align::Side;
use facs::Expression;
use serde::{Deserialize, Serialize};
use synth::head::{Actions, Freeze, Region};

use super::{
    AuditError,
    apexes::{Apex, Apexes, Population, apex_actions},
};
use crate::subject::Subject;

/// The grid of Eq. 6 for every person and expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// Everything random follows from it.
    pub seed: u64,
    /// Names of the heads that people are made from.
    pub heads: Vec<String>,
    /// How many people (200 in the paper).
    pub identities: usize,
    /// Steps of symmetry from 0 to 1 (10 in the paper).
    pub symmetries: usize,
    /// Steps of time from rest, 0, to the apex, 1 (90 in the paper).
    pub times: usize,
    /// What the expressions are.
    pub apexes: Apexes,
    /// The side that falls short (the subject's left in the paper).
    pub side: Side,
    /// The part of it (all in the paper).
    pub region: Region,
    /// A shot of its own for every person instead of one for all.
    pub varied: bool,
}

/// One expression of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) person: usize,
    /// Position among the design's expressions.
    pub(super) expression: usize,
}

/// Symmetry between the steps of an even grid: what Table 4 asks for besides 0 and 1.
pub(super) const HALF: f64 = 0.5;

impl Design {
    /// Symmetries of the grid, equidistant from 0 to 1.
    #[must_use]
    pub fn symmetry_steps(&self) -> Vec<f64> {
        steps(self.symmetries)
    }

    /// Times of the grid, equidistant from 0 to 1.
    #[must_use]
    pub fn time_steps(&self) -> Vec<f64> {
        steps(self.times)
    }

    /// Pictures of one expression of one person: the grid, symmetries slowest, and one more at the
    /// apex with a symmetry of a half.
    #[must_use]
    pub const fn images_per_unit(&self) -> usize {
        self.symmetries * self.times + 1
    }

    /// Pictures of the whole audit.
    #[must_use]
    pub fn images(&self) -> usize {
        self.units() * self.images_per_unit()
    }

    /// Expressions of persons.
    pub(super) fn units(&self) -> usize {
        self.identities * self.apexes.shown.len()
    }

    /// What the face does at one place of the grid.
    pub(crate) fn actions(&self, apex: &Apex, symmetry: f64, time: f64) -> Actions {
        apex_actions(apex).at(time as f32).freeze(Freeze {
            side: self.side,
            region: self.region,
            share: 1.0 - symmetry as f32,
        })
    }

    /// # Errors
    /// [`AuditError::Design`] and [`AuditError::NoClass`].
    pub(super) fn check(&self, subject: &dyn Subject) -> Result<(), AuditError> {
        let counts = [
            ("identities", self.identities, 1),
            ("steps of symmetry", self.symmetries, 3),
            ("steps of time", self.times, 2),
            ("expressions", self.apexes.shown.len(), 1),
        ];
        for (field, value, least) in counts {
            if value < least {
                return Err(AuditError::Design {
                    field,
                    value: value.to_string(),
                    expected: format!("{least} or more"),
                });
            }
        }
        let population = Population {
            seed: self.seed,
            heads: self.heads.clone(),
        };
        self.apexes.check(&population, self.identities)?;
        for expression in self.apexes.expressions() {
            class_of(subject, expression)?;
        }
        Ok(())
    }
}

/// The class that stands for an expression.
pub(crate) fn class_of(subject: &dyn Subject, expression: Expression) -> Result<usize, AuditError> {
    let classes = subject.classes();
    let found = classes.iter().position(|class| *class == Some(expression));
    found.ok_or_else(|| {
        let names = classes.iter().flatten().map(|class| class.name());
        AuditError::NoClass {
            expression,
            classes: names.collect::<Vec<_>>().join(", "),
        }
    })
}

fn steps(count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|step| step as f64 / last).collect()
}
