//! How often units are active in public data sets, as published.

use std::{collections::BTreeMap, sync::OnceLock};

use facs::ActionUnit;
use serde::Deserialize;

use super::error::Unknown;

/// Base rates of one data set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// The publication they were read from.
    pub source: String,
    /// Least FACS intensity that counts as active there.
    pub threshold: f32,
    /// Share of frames in which a unit is active; units that the set does not label are absent.
    pub units: BTreeMap<ActionUnit, f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: String,
    presets: BTreeMap<String, Rates>,
}

impl Rates {
    /// All presets of `data/rates.toml`, by name.
    ///
    /// # Panics
    /// Never: the file is part of the crate and tested.
    #[must_use]
    pub fn published() -> &'static BTreeMap<String, Self> {
        static RATES: OnceLock<BTreeMap<String, Rates>> = OnceLock::new();
        RATES.get_or_init(|| {
            let text = include_str!("../../data/rates.toml");
            let file: File = toml::from_str(text).expect("rates.toml is well formed");
            file.presets
        })
    }

    /// One preset.
    ///
    /// # Errors
    /// [`Unknown`], listing the presets.
    pub fn of(name: &str) -> Result<&'static Self, Unknown> {
        Self::published().get(name).ok_or_else(|| Unknown {
            what: "preset of base rates",
            name: name.to_owned(),
            known: Self::published()
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_hold_the_units_that_detectors_are_compared_on() {
        let listing = |name: &str| {
            let rates = Rates::of(name).unwrap();
            let listed = rates
                .units
                .iter()
                .map(|(unit, share)| format!("{}:{share}", unit.number()));
            listed.collect::<Vec<_>>().join(" ")
        };
        insta::assert_snapshot!(listing("bp4d"), @"1:0.211 2:0.171 4:0.203 6:0.462 7:0.549 10:0.594 12:0.562 14:0.466 15:0.169 17:0.344 23:0.165 24:0.152");
        insta::assert_snapshot!(listing("disfa"), @"1:0.05 2:0.04 4:0.15 6:0.081 9:0.043 12:0.132 25:0.278 26:0.089");
        insta::assert_snapshot!(
            Rates::of("gft").unwrap_err(),
            @r#"unknown preset of base rates "gft": expected one of bp4d disfa"#
        );
    }
}
