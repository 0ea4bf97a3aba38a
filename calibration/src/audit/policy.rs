//! What is asked of a classifier, and whether it holds.
//!
//! Takes a [`Policy`] (a small TOML file) and [`Figures`]; gives a [`Verdict`] that names every
//! breach.
//!
//! ```toml
//! max_score = 0.10               # of any expression, in either direction
//! max_significant = 1.0          # share of people
//! min_accuracy_at_0 = 0.5        # with one side at rest
//!
//! [expressions.happiness]        # in place of the above, for one expression
//! min_accuracy_at_0 = 0.95
//! ```

use std::{collections::BTreeMap, path::Path};

use facs::{Expression, FileError};
use serde::{Deserialize, Serialize};

use super::{AuditError, ExpressionFigures, Figures};

/// Limits for every expression, and others for some.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Largest size of the impact score.
    pub max_score: Option<f64>,
    /// Largest share of people with a significant score.
    pub max_significant: Option<f64>,
    /// Least accuracy with one side at rest.
    pub min_accuracy_at_0: Option<f64>,
    /// Expressions with limits of their own; what they leave out is that of all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expressions: BTreeMap<Expression, Limits>,
}

/// Limits of one expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest size of the impact score.
    pub max_score: Option<f64>,
    /// Largest share of people with a significant score.
    pub max_significant: Option<f64>,
    /// Least accuracy with one side at rest.
    pub min_accuracy_at_0: Option<f64>,
}

/// Whether a policy holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// No breach.
    pub passed: bool,
    /// What does not hold.
    pub breaches: Vec<Breach>,
    /// What was asked.
    pub policy: Policy,
}

/// A figure beyond its limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// Of which expression.
    pub expression: Expression,
    /// Which limit.
    pub limit: String,
    /// What it allows.
    pub allowed: f64,
    /// What was found.
    pub found: f64,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`AuditError`], naming the file and the field.
    pub fn load(path: &Path) -> Result<Self, AuditError> {
        let text = std::fs::read_to_string(path).map_err(FileError::io(path))?;
        let refuse = |problem: String| AuditError::Content {
            path: path.to_owned(),
            problem,
        };
        let policy: Self = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let limits = policy.expressions.values().copied();
        for Limits {
            max_score,
            max_significant,
            min_accuracy_at_0,
        } in limits.chain([policy.general()])
        {
            for (field, value) in [
                ("max_score", max_score),
                ("max_significant", max_significant),
                ("min_accuracy_at_0", min_accuracy_at_0),
            ] {
                if let Some(value) = value.filter(|value| !(0.0..=1.0).contains(value)) {
                    return Err(refuse(format!("{field} is {value}, expected 0 to 1")));
                }
            }
        }
        Ok(policy)
    }

    const fn general(&self) -> Limits {
        Limits {
            max_score: self.max_score,
            max_significant: self.max_significant,
            min_accuracy_at_0: self.min_accuracy_at_0,
        }
    }

    /// Judges an audit.
    #[must_use]
    pub fn judge(&self, figures: &Figures) -> Verdict {
        let of_one = |figures: &ExpressionFigures| {
            let own = self.expressions.get(&figures.expression).copied();
            let own = own.unwrap_or_default();
            let limits = [
                (
                    "max_score",
                    own.max_score.or(self.max_score),
                    figures.score.abs(),
                ),
                (
                    "max_significant",
                    own.max_significant.or(self.max_significant),
                    figures.significant,
                ),
                (
                    "min_accuracy_at_0",
                    own.min_accuracy_at_0.or(self.min_accuracy_at_0),
                    figures.accuracy[0].share,
                ),
            ];
            let expression = figures.expression;
            limits
                .into_iter()
                .filter_map(move |(limit, allowed, found)| {
                    let allowed = allowed?;
                    let broken = if limit.starts_with("max") {
                        found > allowed
                    } else {
                        found < allowed
                    };
                    broken.then(|| Breach {
                        expression,
                        limit: limit.to_owned(),
                        allowed,
                        found,
                    })
                })
        };
        let breaches: Vec<Breach> = figures.expressions.iter().flat_map(of_one).collect();
        Verdict {
            passed: breaches.is_empty(),
            breaches,
            policy: self.clone(),
        }
    }
}
