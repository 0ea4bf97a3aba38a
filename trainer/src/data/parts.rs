//! Which samples train a model, choose its thresholds and judge it.
//!
//! Takes images and the `[data]` section of a recipe; gives three lists of sample numbers. A part
//! holds subjects that no other part has: that is the data sets' promise, kept here.

use std::collections::{BTreeMap, HashSet};

use facs::Split;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::recipe::DataSettings;

use super::Images;

/// Numbers of the samples of each part, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What the network learns from.
    pub train: Vec<usize>,
    /// What thresholds are chosen on; of the domains that are learnt from.
    pub validation: Vec<usize>,
    /// What figures are taken on; of all domains.
    pub test: Vec<usize>,
}

/// Why a recipe's parts cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartsError {
    /// A part holds nothing.
    #[error("the data sets have no {0:?} part: generate more subjects")]
    Empty(Split),
    /// A domain that the recipe names is not there.
    #[error("data.domains: no sample is of {domain:?}; the data sets have {known:?}")]
    Domain {
        /// What was asked for.
        domain: String,
        /// What there is.
        known: Vec<String>,
    },
    /// More subjects are asked for than there are.
    #[error("data.subjects: {asked} of {there} training subjects")]
    Subjects {
        /// How many were asked for.
        asked: usize,
        /// How many there are.
        there: usize,
    },
}

impl Parts {
    /// Sorts out the samples; `seed` draws the subjects where the recipe limits their number.
    ///
    /// # Errors
    /// [`PartsError`]: a part is empty, or the recipe asks for what is not there.
    pub fn new(images: &Images, data: &DataSettings, seed: u64) -> Result<Self, PartsError> {
        let domains = domains(images, 0..images.samples.len());
        if let Some(domain) = data.domains.iter().find(|&it| !domains.contains_key(it)) {
            return Err(PartsError::Domain {
                domain: domain.clone(),
                known: domains.into_keys().collect(),
            });
        }
        let part = |split| -> Vec<usize> {
            let samples = 0..images.samples.len();
            samples
                .filter(|&index| images.samples[index].split == split)
                .collect()
        };
        let learnt = |index: &usize| {
            data.domains.is_empty() || data.domains.contains(&images.samples[*index].domain)
        };
        let mut parts = Self {
            train: part(Split::Train),
            validation: part(Split::Validation),
            test: part(Split::Test),
        };
        parts.train.retain(learnt);
        parts.validation.retain(learnt);
        if let Some(limit) = data.subjects {
            keep_subjects(images, &mut parts.train, limit, seed)?;
        }
        for (samples, split) in [
            (&parts.train, Split::Train),
            (&parts.validation, Split::Validation),
            (&parts.test, Split::Test),
        ] {
            if samples.is_empty() {
                return Err(PartsError::Empty(split));
            }
        }
        Ok(parts)
    }
}

/// Samples by domain.
pub(crate) fn domains(
    images: &Images,
    samples: impl IntoIterator<Item = usize>,
) -> BTreeMap<String, Vec<usize>> {
    let mut domains = BTreeMap::<String, Vec<usize>>::new();
    for index in samples {
        match domains.get_mut(&images.samples[index].domain) {
            Some(of_domain) => of_domain.push(index),
            None => {
                domains.insert(images.samples[index].domain.clone(), vec![index]);
            }
        }
    }
    domains
}

fn keep_subjects(
    images: &Images,
    samples: &mut Vec<usize>,
    limit: usize,
    seed: u64,
) -> Result<(), PartsError> {
    let name = |index: usize| {
        let sample = &images.samples[index];
        (sample.domain.as_str(), sample.subject.as_str())
    };
    let mut subjects: Vec<_> = samples.iter().map(|&index| name(index)).collect();
    subjects.sort_unstable();
    subjects.dedup();
    if limit > subjects.len() {
        return Err(PartsError::Subjects {
            asked: limit,
            there: subjects.len(),
        });
    }
    subjects.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let kept: HashSet<_> = subjects[..limit].iter().copied().collect();
    samples.retain(|&index| kept.contains(&name(index)));
    Ok(())
}
