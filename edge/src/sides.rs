//! Sides: what the left and the right half of a face show, and how alike they are.
//!
//! Takes the crops of a frame and, after inference, the scores of the rows that it added; gives per
//! track a probability on the subject's left and right for every action unit that has two sides,
//! and a symmetry. The affect model reads whole faces, so each half is shown to it as a whole one
//! ([`align::chimera`]): two more rows of the batch for a face whose turn it is. Every n-th frame of
//! a track is its turn, in between the last values are held. What the halves say of the expression is
//! heard by [`crate::fuse`]. A turned head has no values: its
//! halves are not the halves of the crop.

use std::{collections::BTreeMap, ops::Range};

use align::{Side, chimera};
use facs::Sidedness;

use crate::{
    config::SidesSettings,
    crops::{AlignedFace, Crops},
    infer::Axes,
    smooth::FORGET_SECS,
};

/// The stage.
#[derive(Debug)]
pub struct Sides {
    settings: SidesSettings,
    /// Side of a crop in pixels.
    size: usize,
    /// Which units have two sides, in the order of the axis.
    lateral: Vec<bool>,
    tracks: BTreeMap<u64, State>,
    /// Tracks whose rows were added to this frame's batch, two each: left, then right.
    due: Vec<u64>,
}

/// What the halves of one face show.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceSides {
    /// In the order of the action units; none for a unit of the middle of the face.
    pub units: Vec<Option<LeftRight>>,
    /// See [`symmetry`].
    pub symmetry: f32,
}

/// The probability that a unit is active, on either side of the subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeftRight {
    /// The subject's left.
    pub left: f32,
    /// The subject's right.
    pub right: f32,
}

/// What is remembered of one track.
#[derive(Debug)]
struct State {
    seen_nanos: u64,
    /// Frames until its next turn.
    wait: u64,
    measured: Option<Measured>,
}

#[derive(Debug)]
struct Measured {
    pts_nanos: u64,
    sides: FaceSides,
}

impl Sides {
    /// `size`: side of the affect model's crops.
    #[must_use]
    pub fn new(settings: &SidesSettings, axes: &Axes, size: usize) -> Self {
        let lateral = |unit: &facs::ActionUnit| unit.sidedness() == Sidedness::Lateral;
        Self {
            settings: *settings,
            size,
            lateral: axes.action_units.iter().map(lateral).collect(),
            tracks: BTreeMap::new(),
            due: Vec::new(),
        }
    }

    /// Appends the two halves of every face of a frame whose turn it is to the pixels of the batch;
    /// gives which rows these are. `crops.faces` stays; `faces`: which of them are the frame's.
    pub fn extend(
        &mut self,
        crops: &mut Crops,
        faces: Range<usize>,
        pts_nanos: u64,
    ) -> Range<usize> {
        self.due.clear();
        let bytes = self.size * self.size * 3;
        let first = crops.pixels.len() / bytes;
        let Some(rest) = self.settings.interval.checked_sub(1) else {
            return first..first;
        };
        self.tracks
            .retain(|_, state| secs(state.seen_nanos, pts_nanos) <= FORGET_SECS);
        for row in faces {
            let face = &crops.faces[row];
            let track = face.face.track;
            // Faces that came together take turns, so that no frame pays for all of them.
            let state = self.tracks.entry(track).or_insert_with(|| State {
                seen_nanos: pts_nanos,
                wait: track % (rest + 1),
                measured: None,
            });
            state.seen_nanos = pts_nanos;
            if !shows_both_sides(face, self.settings.max_yaw_degrees) {
                state.measured = None;
                continue;
            }
            if state.wait > 0 {
                state.wait -= 1;
                continue;
            }
            state.wait = rest;
            let start = crops.pixels.len();
            crops.pixels.resize(start + 2 * bytes, 0);
            let (rows, halves) = crops.pixels.split_at_mut(start);
            let crop = &rows[row * bytes..(row + 1) * bytes];
            let (left, right) = halves.split_at_mut(bytes);
            chimera(crop, self.size, Side::Left, left);
            chimera(crop, self.size, Side::Right, right);
            self.due.push(track);
        }
        first..first + 2 * self.due.len()
    }

    /// The tracks whose halves the last [`Self::extend`] added, in order, until they are read.
    #[must_use]
    pub fn due(&self) -> &[u64] {
        &self.due
    }

    /// Takes the action units' probabilities of the rows that the last [`Self::extend`] added, in
    /// order; none for a row whose scores are no numbers.
    pub fn read<'a>(&mut self, rows: impl IntoIterator<Item = Option<&'a [f32]>>, pts_nanos: u64) {
        let mut rows = rows.into_iter();
        for track in self.due.drain(..) {
            let (Some(left), Some(right)) = (rows.next(), rows.next()) else {
                break;
            };
            let (Some(left), Some(right), Some(state)) = (left, right, self.tracks.get_mut(&track))
            else {
                continue;
            };
            let pairs = left.iter().zip(right).zip(&self.lateral);
            let units = pairs
                .map(|((&left, &right), lateral)| lateral.then_some(LeftRight { left, right }));
            match &mut state.measured {
                Some(measured) => measured.mix(units, self.settings.smooth_secs, pts_nanos),
                None => {
                    let units: Vec<_> = units.collect();
                    let symmetry = symmetry(&units);
                    let sides = FaceSides { units, symmetry };
                    state.measured = Some(Measured { pts_nanos, sides });
                }
            }
        }
    }

    /// What the halves of a face showed when it was its turn last; none for a head that is turned,
    /// a face whose turn did not come yet, or when that is long ago.
    #[must_use]
    pub fn of(&self, track: u64, pts_nanos: u64) -> Option<&FaceSides> {
        let measured = self.tracks.get(&track)?.measured.as_ref()?;
        (secs(measured.pts_nanos, pts_nanos) <= FORGET_SECS).then_some(&measured.sides)
    }
}

impl Measured {
    /// An exponential mean with a time constant of `smooth_secs`.
    fn mix(
        &mut self,
        units: impl Iterator<Item = Option<LeftRight>>,
        smooth_secs: f32,
        pts_nanos: u64,
    ) {
        let elapsed_secs = secs(self.pts_nanos, pts_nanos);
        self.pts_nanos = pts_nanos;
        let share = if smooth_secs > 0.0 && elapsed_secs <= FORGET_SECS {
            1.0 - (-elapsed_secs / smooth_secs).exp()
        } else {
            1.0
        };
        for (mean, unit) in self.sides.units.iter_mut().zip(units) {
            if let (Some(mean), Some(unit)) = (mean, unit) {
                mean.left += share * (unit.left - mean.left);
                mean.right += share * (unit.right - mean.right);
            }
        }
        self.sides.symmetry = symmetry(&self.sides.units);
    }
}

/// Likeness of the two halves in [0, 1]: `1 - Σ|l - r| / max(1, Σ max(l, r))` over the units that
/// have two sides, the weighted Jaccard index of what the sides do (Ružička, 1958). The 1 below keeps
/// the noise of a face at rest from counting as asymmetry.
#[must_use]
pub fn symmetry(units: &[Option<LeftRight>]) -> f32 {
    let (apart, active) = units
        .iter()
        .flatten()
        .fold((0.0, 0.0), |(apart, active), unit| {
            let LeftRight { left, right } = *unit;
            (apart + (left - right).abs(), active + left.max(right))
        });
    (1.0 - apart / f32::max(active, 1.0)).clamp(0.0, 1.0)
}

/// Whether the middle of the crop is the middle of the face.
fn shows_both_sides(face: &AlignedFace, max_yaw_degrees: f32) -> bool {
    let frontal = face
        .pose
        .is_some_and(|pose| pose.yaw.abs() <= max_yaw_degrees);
    frontal && face.abstain.is_none()
}

fn secs(from_nanos: u64, to_nanos: u64) -> f32 {
    to_nanos.saturating_sub(from_nanos) as f32 / 1e9
}

#[cfg(test)]
mod tests;
