//! Checked `[sides]`, `[baseline]` and `[[people]]`: what is told of a face beside its scores.
//!
//! Takes the raw sections; gives settings without invalid states, or the key that is wrong.

use std::{collections::BTreeMap, num::NonZeroU64, path::PathBuf, time::Duration};

use super::{
    ConfigError,
    error::{refuse, some_text, within},
    raw,
};
use crate::baseline::check_name;

/// Checked `[sides]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SidesSettings {
    /// Look at the halves of a face on every n-th frame of its track; 0: never.
    pub interval: u64,
    /// Heads that are turned further have no sides.
    pub max_yaw_degrees: f32,
    /// Time constant of the mean over looks, in seconds; 0 turns it off.
    pub smooth_secs: f32,
}

/// Checked `[baseline]` and `[[people]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineSettings {
    /// Frames of a face before its scores are compared to it at rest; none: never.
    pub min_samples: Option<NonZeroU64>,
    /// Where people's baselines are kept; none: nowhere.
    pub folder: Option<PathBuf>,
    /// They are kept at least this often.
    pub save_interval: Duration,
    /// Who the largest face of a source is, by source.
    pub residents: BTreeMap<String, String>,
}

impl TryFrom<raw::RawSides> for SidesSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawSides) -> Result<Self, ConfigError> {
        let yaw = raw.max_yaw_degrees;
        Ok(Self {
            interval: raw.interval,
            max_yaw_degrees: within("sides.max_yaw_degrees", yaw, 0.0, 90.0)?,
            smooth_secs: within("sides.smooth_secs", raw.smooth_secs, 0.0, 3600.0)?,
        })
    }
}

impl BaselineSettings {
    /// Both sections.
    pub(super) fn check(
        baseline: &raw::RawBaseline,
        people: &[raw::RawPerson],
    ) -> Result<Self, ConfigError> {
        if baseline.save_secs == 0 {
            return Err(refuse("baseline.save_secs", "must be at least 1"));
        }
        let mut residents = BTreeMap::new();
        for raw::RawPerson { source, name } in people {
            check_name(name).map_err(|error| refuse("people.name", error.to_string()))?;
            if source.is_empty() {
                return Err(refuse("people.source", format!("{name} has none")));
            }
            if let Some(other) = residents.insert(source.clone(), name.clone()) {
                let problem =
                    format!("{source:?} is that of {other} and of {name}: one is its largest face");
                return Err(refuse("people.source", problem));
            }
        }
        Ok(Self {
            min_samples: NonZeroU64::new(baseline.min_samples),
            folder: some_text(&baseline.folder).map(Into::into),
            save_interval: Duration::from_secs(baseline.save_secs),
            residents,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, raw::RawConfig};

    fn check(text: &str) -> Result<Settings, String> {
        let raw: RawConfig = toml::from_str(text).unwrap();
        Settings::try_from(raw).map_err(|error| error.to_string())
    }

    #[test]
    fn a_source_has_one_resident() {
        let ann = "[[people]]\nsource = 'desk'\nname = 'Ann'\n";
        let bob = "[[people]]\nsource = 'door'\nname = 'Bob'\n";
        let residents = check(&format!("{ann}{bob}")).unwrap().baseline.residents;
        assert_eq!(residents["desk"], "Ann");
        assert_eq!(residents["door"], "Bob");
        let both = check(&format!("{ann}{}", bob.replace("door", "desk"))).unwrap_err();
        insta::assert_snapshot!(both, @r#"configuration key people.source: "desk" is that of Ann and of Bob: one is its largest face"#);
    }

    #[test]
    fn a_value_that_cannot_be_is_named() {
        let refused = |text: &str| check(text).unwrap_err();
        insta::assert_snapshot!(refused("[[people]]\nsource = 'desk'\nname = ' '"), @r#"configuration key people.name: " " is no name: 1 to 128 bytes, without control characters"#);
        insta::assert_snapshot!(refused("[[people]]\nsource = ''\nname = 'Ann'"), @"configuration key people.source: Ann has none");
        insta::assert_snapshot!(refused("[sides]\nmax_yaw_degrees = 91.0"), @"configuration key sides.max_yaw_degrees: 91 is not between 0 and 90");
        insta::assert_snapshot!(refused("[baseline]\nsave_secs = 0"), @"configuration key baseline.save_secs: must be at least 1");
    }

    #[test]
    fn nothing_is_kept_unless_a_folder_is_named() {
        let settings = check("").unwrap().baseline;
        assert_eq!(settings.folder, None);
        assert_eq!(settings.min_samples.unwrap().get(), 120);
        assert_eq!(
            check("[baseline]\nmin_samples = 0")
                .unwrap()
                .baseline
                .min_samples,
            None
        );
    }
}
