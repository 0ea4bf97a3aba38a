//! Published priors: which action units show which expression.
//!
//! Data only, read from `data/priors.json`: Table 2 of CausalAffect (five sources from the
//! literature and the paper's own global graph) and Table S4 of SSM.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;

use crate::Expression;

/// Action units per expression, as one publication states them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Short key: `ekman_1976`, `du_2014`, `ssm_s4`, ...
    pub key: String,
    /// The publication and the table it was read from.
    pub source: String,
    /// FACS numbers per expression. Numbers, not [`crate::ActionUnit`]: the literature names units
    /// that Mien does not score (AU27).
    pub action_units: BTreeMap<Expression, Vec<u8>>,
}

/// All published priors, in the order of the data file.
///
/// # Panics
/// Never: the data file is part of the crate and tested.
#[must_use]
pub fn published() -> &'static [Prior] {
    static PRIORS: OnceLock<Vec<Prior>> = OnceLock::new();
    PRIORS.get_or_init(|| {
        serde_json::from_str(include_str!("../data/priors.json"))
            .expect("priors.json is well formed")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_sources_of_table_2_and_one_of_table_s4() {
        let keys: Vec<&str> = published().iter().map(|prior| prior.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "ekman_1976",
                "lucey_2010",
                "karthick_2013",
                "du_2014",
                "clark_2020",
                "causal_affect",
                "ssm_s4"
            ]
        );
        for prior in &published()[..6] {
            assert_eq!(prior.action_units.len(), 6, "{}", prior.key);
        }
        assert_eq!(published()[6].action_units.len(), 11);
        assert_eq!(
            published()[3].action_units[&Expression::Fear],
            [1, 2, 4, 5, 20, 25, 26]
        );
    }
}
