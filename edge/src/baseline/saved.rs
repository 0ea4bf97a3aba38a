//! Baselines as they are kept: version 1, one file per source.
//!
//! Takes a [`Baseline`]; gives a [`Saved`] and back, or why it does not fit. People alone are kept: a
//! track means nothing in another run.

use std::collections::BTreeMap;

use facs::ActionUnit;
use serde::{Deserialize, Serialize};

use super::{
    Baseline, MOST_PEOPLE, check_name,
    neutral::{BINS, Neutral, REMEMBERED},
};

/// The version of the files in this module.
const SCHEMA_ID: &str = "mien.baseline/1";

/// The people of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Always `mien.baseline/1`.
    pub schema: String,
    /// Which source.
    pub source: String,
    /// The affect model whose probabilities were counted: [`facs::Model::fingerprint`].
    pub model: String,
    /// By name.
    pub people: BTreeMap<String, SavedPerson>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPerson {
    /// Frames that were seen.
    pub samples: u64,
    /// Unix time of the last of them, in seconds.
    pub changed_secs: i64,
    /// Frames per unit in equal intervals of probability from 0 to 1, older frames faded.
    pub counts: BTreeMap<ActionUnit, Vec<u32>>,
}

/// Why what was kept is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// Another version.
    #[error("schema is {0:?}, this program reads {SCHEMA_ID:?}")]
    Schema(String),
    /// Of another source.
    #[error("it is of source {0:?}")]
    Source(String),
    /// Of another affect model, or another calibration.
    #[error("it was learned from another affect model, or from one calibrated otherwise: {0}")]
    Model(String),
    /// A person's counts cannot be.
    #[error(
        "the counts of {0:?} are not {BINS} per action unit of the model, or of more frames than were seen"
    )]
    Counts(String),
    /// Too many people, or a name that is none.
    #[error("it has more than {MOST_PEOPLE} people, or a name that is none")]
    People,
}

impl Baseline {
    /// What is to be kept.
    #[must_use]
    pub fn saved(&self) -> Saved {
        let people = self.people.iter().map(|(name, neutral)| {
            let counts = self.units.iter().zip(&neutral.counts);
            let person = SavedPerson {
                samples: neutral.samples,
                changed_secs: neutral.changed_secs,
                counts: counts
                    .map(|(unit, counts)| (*unit, counts.to_vec()))
                    .collect(),
            };
            (name.clone(), person)
        });
        Saved {
            schema: SCHEMA_ID.into(),
            source: self.source.clone(),
            model: self.model.clone(),
            people: people.collect(),
        }
    }

    /// Goes on from what was kept; gives how many people there are. What people have here already is
    /// replaced.
    ///
    /// # Errors
    /// [`SavedError`]; nothing has changed then.
    pub fn restore(&mut self, saved: Saved) -> Result<usize, SavedError> {
        if saved.schema != SCHEMA_ID {
            return Err(SavedError::Schema(saved.schema));
        }
        if saved.source != self.source {
            return Err(SavedError::Source(saved.source));
        }
        if saved.model != self.model {
            return Err(SavedError::Model(saved.model));
        }
        let names = saved.people.keys();
        if saved.people.len() > MOST_PEOPLE
            || names.map(|name| check_name(name)).any(|it| it.is_err())
        {
            return Err(SavedError::People);
        }
        let mut people = BTreeMap::new();
        for (name, person) in saved.people {
            let Some(neutral) = neutral(&person, &self.units) else {
                return Err(SavedError::Counts(name));
            };
            people.insert(name, neutral);
        }
        self.people = people;
        Ok(self.people.len())
    }
}

fn neutral(person: &SavedPerson, units: &[ActionUnit]) -> Option<Neutral> {
    let counts = units.iter().map(|unit| {
        let counts: [u32; BINS] = person.counts.get(unit)?.as_slice().try_into().ok()?;
        let frames: u64 = counts.iter().copied().map(u64::from).sum();
        (frames < 2 * u64::from(REMEMBERED) && frames <= person.samples).then_some(counts)
    });
    let counts: Vec<_> = counts.collect::<Option<_>>()?;
    (person.counts.len() == units.len()).then_some(Neutral {
        samples: person.samples,
        changed_secs: person.changed_secs,
        counts,
    })
}
