//! Baseline: what a face shows at rest, so that a change can be told from a habit.
//!
//! Takes the faces of a frame with their smoothed probabilities and the time; gives per face the
//! name of the person, if it is known, and the neutral probability of every unit once enough frames
//! were seen ([`BaselineSettings::min_samples`](crate::config::BaselineSettings)). A person's is kept by source and name and lasts
//! across tracks and, through a [`Store`], across runs; a face without a name has one for as long as
//! it is followed.
//!
//! ```text
//! start:      store.load(&mut baseline)
//! each frame: baseline.observe(faces, ..)   then   baseline.of(track)   per face
//! at times:   store.is_due(now)   then   store.save(&baseline.saved())
//! end:        store.save(&baseline.saved())
//! ```

mod archive;
mod events;
mod names;
mod neutral;
mod saved;
mod store;

use std::collections::BTreeMap;

use facs::{ActionUnit, BaselineInfo};

pub use self::{
    archive::Archive,
    names::{EnrolError, MOST_PEOPLE, check_name},
    saved::{Saved, SavedError, SavedPerson},
    store::{Store, StoreError},
};
use self::{names::Names, neutral::Neutral};
use crate::{config::BaselineSettings, crops::AlignedFace, infer::Axes};

pub(crate) use events::describe;

/// A face that was not seen for so long is forgotten: by then its track has ended.
const FORGET_NANOS: u64 = 30_000_000_000;
/// Most faces without a name that are remembered.
const MOST_TRACKS: usize = 256;

/// The stage of one source.
#[derive(Debug)]
pub struct Baseline {
    source: String,
    /// [`facs::Model::fingerprint`] of the affect model: what is neutral for one is not for another.
    model: String,
    units: Vec<ActionUnit>,
    /// None: off.
    min_samples: Option<u64>,
    names: Names,
    people: BTreeMap<String, Neutral>,
    tracks: BTreeMap<u64, Followed>,
    now_secs: i64,
}

/// A face without a name.
#[derive(Debug)]
struct Followed {
    seen_nanos: u64,
    neutral: Neutral,
}

/// What is known of a face beside this frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known<'a> {
    /// Who it is.
    pub person: Option<&'a str>,
    /// How it is at rest, where enough was seen.
    pub rest: Option<Rest<'a>>,
}

/// A face at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest<'a> {
    /// Of what it was made.
    pub info: BaselineInfo,
    neutral: &'a Neutral,
}

impl Rest<'_> {
    /// The neutral probability of a unit by its place on the axis; `change` is `p` minus this.
    #[must_use]
    pub fn p(&self, unit: usize) -> f32 {
        self.neutral.of(unit)
    }
}

/// Whose baseline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Somebody who was named.
    Person(String),
    /// A face that is followed.
    Track(u64),
}

impl Baseline {
    /// `resident`: the name of the largest face, if it has one; `model`: the affect model's
    /// [`facs::Model::fingerprint`].
    #[must_use]
    pub fn new(
        settings: &BaselineSettings,
        source: &str,
        resident: Option<&str>,
        model: &str,
        axes: &Axes,
    ) -> Self {
        Self {
            source: source.to_owned(),
            model: model.to_owned(),
            units: axes.action_units.clone(),
            min_samples: settings.min_samples.map(Into::into),
            names: Names::new(resident),
            people: BTreeMap::new(),
            tracks: BTreeMap::new(),
            now_secs: 0,
        }
    }

    /// Learns from a frame: its faces and the smoothed probabilities of their units. Faces that abstain
    /// teach nothing. `now_secs`: Unix time of the capture.
    pub fn observe<'a>(
        &mut self,
        faces: impl Iterator<Item = (&'a AlignedFace, &'a [f32])> + Clone,
        pts_nanos: u64,
        now_secs: i64,
    ) {
        self.now_secs = now_secs;
        let age = |seen_nanos: u64| pts_nanos.saturating_sub(seen_nanos);
        self.tracks
            .retain(|_, followed| age(followed.seen_nanos) <= FORGET_NANOS);
        self.names
            .settle(faces.clone().map(|(face, _)| face), pts_nanos);
        if self.min_samples.is_none() {
            return;
        }
        for (face, probabilities) in faces {
            if face.abstain.is_some() {
                continue;
            }
            let track = face.face.track;
            if let Some(name) = self.names.of(track) {
                if let Some(neutral) = self.people.get_mut(name) {
                    neutral.add(probabilities, now_secs);
                    continue;
                }
                // Somebody's first frame, or the first with this name.
                let followed = self.tracks.remove(&track);
                let mut neutral =
                    followed.map_or_else(|| Neutral::new(self.units.len()), |it| it.neutral);
                neutral.add(probabilities, now_secs);
                self.people.insert(name.to_owned(), neutral);
            } else {
                let followed = self.tracks.entry(track).or_insert_with(|| Followed {
                    seen_nanos: pts_nanos,
                    neutral: Neutral::new(self.units.len()),
                });
                followed.seen_nanos = pts_nanos;
                followed.neutral.add(probabilities, now_secs);
            }
        }
        self.drop_oldest();
    }

    /// What is known of a face of the last frame.
    #[must_use]
    pub fn of(&self, track: u64) -> Known<'_> {
        let person = self.names.of(track);
        let neutral = match person {
            Some(name) => self.people.get(name),
            None => self.tracks.get(&track).map(|followed| &followed.neutral),
        };
        let rest = neutral
            .filter(|neutral| self.is_ready(neutral))
            .map(|neutral| Rest {
                info: self.info(neutral),
                neutral,
            });
        Known { person, rest }
    }

    /// Says who a face is. What was learned of the face becomes the person's.
    ///
    /// # Errors
    /// [`EnrolError`] for a name that is none, a face that is not there, or too many people.
    pub fn enrol(&mut self, track: u64, name: &str) -> Result<(), EnrolError> {
        let new = !self.people.contains_key(name);
        if new && self.people.len() >= MOST_PEOPLE {
            return Err(EnrolError::TooMany);
        }
        self.names.enrol(track, name)?;
        if let Some(followed) = self.tracks.remove(&track) {
            match self.people.get_mut(name) {
                Some(neutral) => neutral.merge(&followed.neutral),
                None => {
                    self.people.insert(name.to_owned(), followed.neutral);
                }
            }
        }
        Ok(())
    }

    /// Forgets how somebody is at rest, and that a face has this name; gives whether there was anything
    /// to forget. The name of the source's resident stays: it is the configuration's.
    pub fn forget(&mut self, who: &Who) -> bool {
        match who {
            Who::Person(name) => self.names.forget(name) | self.people.remove(name).is_some(),
            Who::Track(track) => self.tracks.remove(track).is_some(),
        }
    }

    fn info(&self, neutral: &Neutral) -> BaselineInfo {
        let age_secs = self.now_secs.saturating_sub(neutral.changed_secs);
        BaselineInfo {
            samples: neutral.samples,
            age_secs: u64::try_from(age_secs).unwrap_or(0),
        }
    }

    fn is_ready(&self, neutral: &Neutral) -> bool {
        self.min_samples
            .is_some_and(|least| neutral.samples >= least)
    }

    fn drop_oldest(&mut self) {
        while self.tracks.len() > MOST_TRACKS {
            let oldest = self
                .tracks
                .iter()
                .min_by_key(|(_, followed)| followed.seen_nanos);
            let Some((&oldest, _)) = oldest else { return };
            self.tracks.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
