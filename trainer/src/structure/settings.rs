//! What decides an estimate besides the table.

use super::StructureError;

/// Settings of [`au_graph`](super::au_graph) and [`expression_graph`](super::expression_graph).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructureSettings {
    /// Classes `K` of the hidden intention that may move several units at once; 1 assumes that there
    /// is none. At least the number of emotions that the faces were shown for.
    pub intentions: usize,
    /// Edges with a smaller weight are dropped: points of drive per point of the cause between units,
    /// log-odds per point towards expressions.
    pub min_weight: f32,
    /// What an edge must gain, in units of the Bayesian information criterion (Schwarz 1978): 1 keeps
    /// an edge that adds more than `ln(rows) / 2` to the log-likelihood.
    pub penalty: f32,
    /// How often edges and intentions are estimated in turn; one round is enough without intentions.
    pub rounds: usize,
}

impl Default for StructureSettings {
    fn default() -> Self {
        Self {
            intentions: 10,
            min_weight: 0.1,
            penalty: 1.0,
            rounds: 2,
        }
    }
}

impl StructureSettings {
    /// Checks every range.
    ///
    /// # Errors
    /// [`StructureError::Setting`] for the first field out of its range.
    pub fn check(&self) -> Result<(), StructureError> {
        let wrong = |field, value, expected| {
            Err(StructureError::Setting {
                field,
                value,
                expected,
            })
        };
        if !(1..=64).contains(&self.intentions) {
            return wrong("intentions", self.intentions as f64, "from 1 to 64");
        }
        if !(0.0..1.0).contains(&self.min_weight) {
            return wrong("min_weight", self.min_weight.into(), "at least 0, below 1");
        }
        if !(self.penalty > 0.0 && self.penalty.is_finite()) {
            return wrong("penalty", self.penalty.into(), "above 0");
        }
        if self.rounds == 0 {
            return wrong("rounds", 0.0, "at least 1");
        }
        Ok(())
    }

    /// What one parameter costs in log-likelihood.
    pub(super) fn parameter_cost(&self, rows: usize) -> f64 {
        f64::from(self.penalty) * 0.5 * (rows as f64).ln()
    }
}
