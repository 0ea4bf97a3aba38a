//! The baselines of all sources, for those who name people, list and forget.
//!
//! Takes the name of a source; gives its stage, or what the stage answers.

use std::collections::BTreeMap;

use super::{Baseline, EnrolError, Listed, Who};

/// One stage per source.
#[derive(Debug, Default)]
pub struct Baselines {
    sources: BTreeMap<String, Baseline>,
}

impl Baselines {
    /// Adds the stage of a source; one that was there with its name is replaced.
    pub fn add(&mut self, baseline: Baseline) {
        self.sources.insert(baseline.source.clone(), baseline);
    }

    /// The stage of a source.
    pub fn source(&mut self, source: &str) -> Option<&mut Baseline> {
        self.sources.get_mut(source)
    }

    /// All stages, to be loaded or kept.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Baseline> {
        self.sources.values_mut()
    }

    /// Says who a face of a source is.
    ///
    /// # Errors
    /// [`EnrolError`], for a source that is none too.
    pub fn enrol(&mut self, source: &str, track: u64, name: &str) -> Result<(), EnrolError> {
        match self.source(source) {
            Some(baseline) => baseline.enrol(track, name),
            None => Err(EnrolError::Source(source.to_owned())),
        }
    }

    /// Forgets a baseline; gives whether there was one.
    pub fn forget(&mut self, source: &str, who: &Who) -> bool {
        self.source(source)
            .is_some_and(|baseline| baseline.forget(who))
    }

    /// All baselines, by source.
    pub fn list(&self) -> impl Iterator<Item = (&str, Vec<Listed>)> {
        let sources = self.sources.iter();
        sources.map(|(source, baseline)| (source.as_str(), baseline.list()))
    }
}
