//! Who is labelled with what: one data set as if it were several that share no labels.
//!
//! Joint training on sets that label different action units, or expressions alone, is what real
//! data ask for (CausalAffect, section 3). `[[data.supervision]]` deals the training subjects out to
//! groups and hides from each group what its labels lack, so that such training can be compared
//! with a truth that is known.

use std::collections::HashMap;

use facs::{ActionUnit, Split};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Images;

/// A group of training subjects and the labels that it keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supervision {
    /// What the group stands for, for the reader.
    pub name: String,
    /// How many subjects, beside the shares of the other groups.
    pub share: f64,
    /// Action units that are labelled.
    #[serde(default)]
    pub action_units: Vec<ActionUnit>,
    /// Whether expressions are labelled.
    #[serde(default)]
    pub expression: bool,
}

impl Supervision {
    /// The field that cannot be what it is, and why.
    #[must_use]
    pub fn problem(groups: &[Self]) -> Option<(&'static str, &'static str)> {
        let bad = |group: &Self| !(group.share > 0.0 && group.share.is_finite());
        if groups.iter().any(bad) {
            return Some(("data.supervision.share", "must be a positive number"));
        }
        None
    }
}

/// Hides labels of the training part; without groups nothing is hidden. Whole subjects belong to a
/// group, drawn by the seed.
pub fn hide_labels(images: &mut Images, groups: &[Supervision], seed: u64) {
    if groups.is_empty() {
        return;
    }
    let trained = |split| split == Split::Train;
    let mut subjects: Vec<(String, String)> = images
        .samples
        .iter()
        .filter(|sample| trained(sample.split))
        .map(|sample| (sample.domain.clone(), sample.subject.clone()))
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let total: f64 = groups.iter().map(|group| group.share).sum();
    let mut ends = groups.iter().scan(0.0, |sum, group| {
        *sum += group.share / total;
        Some(*sum)
    });
    let ends: Vec<f64> = ends.by_ref().collect();
    let count = subjects.len() as f64;
    let member: HashMap<(String, String), usize> = subjects
        .into_iter()
        .enumerate()
        .map(|(index, subject)| {
            let place = (index as f64 + 0.5) / count;
            let group = ends.iter().position(|&end| place < end);
            (subject, group.unwrap_or(groups.len() - 1))
        })
        .collect();
    for sample in images.samples.iter_mut().filter(|it| trained(it.split)) {
        let key = (sample.domain.clone(), sample.subject.clone());
        let group = &groups[member[&key]];
        sample
            .action_units
            .retain(|unit, _| group.action_units.contains(unit));
        if !group.expression {
            sample.expression = None;
        }
    }
}
