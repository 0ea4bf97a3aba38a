//! Who is who: names that faces were given.
//!
//! Takes the faces of a frame and what people were told to be; gives the name of a track. The largest
//! face of a source with a resident is the resident.

use std::collections::BTreeMap;

use super::FORGET_NANOS;
use crate::crops::AlignedFace;

/// Most people of one source.
pub const MOST_PEOPLE: usize = 1000;
/// Longest name, in bytes.
const MOST_BYTES: usize = 128;
/// A face must be larger than the resident's by this share of its area to become the resident.
const HAND_OVER: f32 = 1.5;

/// Why a face does not get a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// The name is none.
    #[error("{0:?} is no name: 1 to {MOST_BYTES} bytes, without control characters")]
    Name(String),
    /// No such face is followed.
    #[error("track {0} is not there: take one of the last frame's record")]
    Track(u64),
    /// The source has people enough.
    #[error("this source has {MOST_PEOPLE} people already: forget one first")]
    TooMany,
}

/// Whether `name` can be a person's.
///
/// # Errors
/// [`EnrolError::Name`].
pub fn check_name(name: &str) -> Result<(), EnrolError> {
    let told = !name.trim().is_empty() && name.len() <= MOST_BYTES;
    if told && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(EnrolError::Name(name.to_owned()))
    }
}

/// The names of one source's faces.
#[derive(Debug)]
pub(super) struct Names {
    resident: Option<String>,
    /// The face that is the resident's.
    resident_track: Option<u64>,
    tracks: BTreeMap<u64, Track>,
}

#[derive(Debug)]
struct Track {
    seen_nanos: u64,
    name: Option<String>,
}

impl Names {
    pub(super) fn new(resident: Option<&str>) -> Self {
        Self {
            resident: resident.map(Into::into),
            resident_track: None,
            tracks: BTreeMap::new(),
        }
    }

    /// Looks at the faces of a frame: who is there, and which of them is the resident.
    pub(super) fn settle<'a>(
        &mut self,
        faces: impl Iterator<Item = &'a AlignedFace> + Clone,
        pts_nanos: u64,
    ) {
        let age = |seen_nanos: u64| pts_nanos.saturating_sub(seen_nanos);
        self.tracks
            .retain(|_, track| age(track.seen_nanos) <= FORGET_NANOS);
        for face in faces.clone() {
            let track = self.tracks.entry(face.face.track).or_insert(Track {
                seen_nanos: pts_nanos,
                name: None,
            });
            track.seen_nanos = pts_nanos;
        }
        self.resident_track = self.find_resident(faces);
    }

    fn find_resident<'a>(
        &self,
        faces: impl Iterator<Item = &'a AlignedFace> + Clone,
    ) -> Option<u64> {
        let resident = self.resident.as_deref()?;
        // Somebody was told to be the resident, or to be somebody else.
        let named = |face: &&AlignedFace| self.told(face.face.track);
        if faces.clone().any(|face| named(&face) == Some(resident)) {
            return None;
        }
        let area =
            |face: &AlignedFace| face.face.bounding_box.width * face.face.bounding_box.height;
        let free = faces.filter(|face| named(face).is_none());
        let largest = free.clone().max_by(|a, b| area(a).total_cmp(&area(b)))?;
        let before = free
            .clone()
            .find(|face| Some(face.face.track) == self.resident_track);
        let stays = before.filter(|before| area(largest) <= HAND_OVER * area(before));
        Some(stays.unwrap_or(largest).face.track)
    }

    /// The name that a face was told to have.
    fn told(&self, track: u64) -> Option<&str> {
        self.tracks.get(&track)?.name.as_deref()
    }

    /// The name of a face.
    pub(super) fn of(&self, track: u64) -> Option<&str> {
        let resident = || {
            self.resident
                .as_deref()
                .filter(|_| self.resident_track == Some(track))
        };
        self.told(track).or_else(resident)
    }

    /// Names a face; the face that had this name before has none.
    pub(super) fn enrol(&mut self, track: u64, name: &str) -> Result<(), EnrolError> {
        check_name(name)?;
        if !self.tracks.contains_key(&track) {
            return Err(EnrolError::Track(track));
        }
        self.forget(name);
        let resident_elsewhere = self.resident.as_deref() == Some(name);
        if resident_elsewhere || self.resident_track == Some(track) {
            self.resident_track = None;
        }
        if let Some(track) = self.tracks.get_mut(&track) {
            track.name = Some(name.to_owned());
        }
        Ok(())
    }

    /// Takes a name from the face that was told to have it; gives whether one had it.
    pub(super) fn forget(&mut self, name: &str) -> bool {
        let mut had = false;
        for track in self.tracks.values_mut() {
            had |= track.name.take_if(|told| told == name).is_some();
        }
        had
    }
}
