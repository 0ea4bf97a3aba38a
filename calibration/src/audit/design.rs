//! What an audit varies, and what it keeps.

use std::{collections::BTreeMap, path::Path};

use align::Side;
use facs::{ActionUnit, Expression, FileError};
use serde::{Deserialize, Serialize};
use synth::{
    dataset::prototype,
    head::{Actions, Freeze, Region},
};

use super::AuditError;
use crate::subject::Subject;

/// FACS intensity, 0 to 5, of every unit that takes part in an expression at its apex.
pub type Apex = BTreeMap<ActionUnit, f32>;

/// The apex of every expression that is audited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Apexes(pub BTreeMap<Expression, Apex>);

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

impl Apexes {
    /// The units that Du et al. 2014 find in most faces of an expression, all of one intensity.
    ///
    /// # Errors
    /// [`AuditError::People`] for an expression that they do not describe.
    pub fn prototypes(expressions: &[Expression], intensity: f32) -> Result<Self, AuditError> {
        let apex = |expression: &Expression| {
            let actions = prototype(*expression, intensity)?;
            let strength = |unit: ActionUnit| 5.0 * actions.right[unit.index()];
            let units = ActionUnit::ALL
                .into_iter()
                .map(|unit| (unit, strength(unit)));
            let apex = units.filter(|(_, strength)| *strength > 0.0).collect();
            Ok((*expression, apex))
        };
        let apexes: Result<_, AuditError> = expressions.iter().map(apex).collect();
        Ok(Self(apexes?))
    }

    /// Reads a TOML file: a table per expression, `AU12 = 4.0` per unit.
    ///
    /// # Errors
    /// [`AuditError`], naming the file.
    pub fn load(path: &Path) -> Result<Self, AuditError> {
        let text = std::fs::read_to_string(path).map_err(FileError::io(path))?;
        toml::from_str(&text).map_err(|error| AuditError::Content {
            path: path.to_owned(),
            problem: error.to_string(),
        })
    }

    /// The expressions, in the order of the audit.
    pub fn expressions(&self) -> impl ExactSizeIterator<Item = Expression> + '_ {
        self.0.keys().copied()
    }
}

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
        self.identities * self.apexes.0.len()
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
            ("expressions", self.apexes.0.len(), 1),
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
        for (expression, apex) in &self.apexes.0 {
            for (unit, intensity) in apex {
                if !(0.0..=5.0).contains(intensity) {
                    return Err(AuditError::Design {
                        field: "an intensity",
                        value: format!("{intensity} ({unit} of {expression})"),
                        expected: "0 to 5".to_owned(),
                    });
                }
            }
            class_of(subject, *expression)?;
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

/// Both sides at the intensities of an apex.
pub(crate) fn apex_actions(apex: &Apex) -> Actions {
    let mut strengths = [0.0; ActionUnit::COUNT];
    for (unit, intensity) in apex {
        strengths[unit.index()] = intensity / 5.0;
    }
    Actions::symmetric(strengths)
}

fn steps(count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|step| step as f64 / last).collect()
}
